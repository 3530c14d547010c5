"""A script that Blender runs: builds a character from the folder that `blender.py` wrote, and saves it.

    blender --background --factory-startup --python blender_scene.py -- FOLDER OUT
    python -I blender_scene.py FOLDER OUT          where the module bpy is installed

It needs nothing but Blender 4.2 or newer and the NumPy inside it.
"""

import colorsys
import json
import os
import sys
from pathlib import Path

import bpy
import numpy as np

LONG_BONE_M = 0.04
"""Longer bones are drawn as sticks, the many short ones of a face as balls."""

BALL_RADIUS_M = 0.0022

SUBSURFACE_RADIUS = (1.0, 0.35, 0.2)
SUBSURFACE_SCALE_M = 0.006
CLEARCOAT_ROUGHNESS = 0.03
CAMERA_DISTANCE_M, CAMERA_LENS_MM = 1.1, 105.0


def build_scene(folder, is_plain=False):
    """Build a character in an empty scene.

    Args:
        folder: What `facewright.export.blender.write_scene_folder` wrote.
        is_plain: Materials of textures alone, which is all that exporters understand.

    Returns:
        The armature object and the list of mesh objects.
    """
    empty_scene()
    return build_character(folder, bpy.context.scene.collection, is_plain)


def empty_scene():
    """Begin a file with nothing in it, measured in centimetres."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    units = bpy.context.scene.unit_settings
    units.system, units.scale_length, units.length_unit = "METRIC", 1.0, "CENTIMETERS"


def build_character(folder, collection, is_plain=False):
    """Build a character into a collection of the scene, beside whatever is there; the mode must be Object Mode.

    Args:
        folder: As for `build_scene`.
        collection: Where its objects go; it must be visible in the view layer.
        is_plain: As for `build_scene`.

    Returns:
        The armature object, which is active then, and the list of mesh objects in the order of the parts.
    """
    scene, arrays = read_folder(folder)
    armature = build_armature(scene["bones"], collection)
    armature["facewright_rig"] = f"{scene['rig']} {scene['rig_version']}"
    pose_bones(armature, [bone["name"] for bone in scene["bones"]], arrays["channels"])
    materials = build_materials(folder, scene, is_plain)
    parts = range(len(scene["parts"]))
    return armature, [build_mesh(arrays, index, scene, materials, armature, collection) for index in parts]


def read_folder(folder):
    """Return the description of a character and its arrays."""
    scene = json.loads((folder / "scene.json").read_text(encoding="utf-8"))
    return scene, dict(np.load(folder / "arrays.npz", allow_pickle=False))


def build_materials(folder, scene, is_plain=False):
    """Build the materials of a character, in the order in which its parts count them."""
    pictures = {name: load_picture(folder / f"{name}.png", name) for name in scene["pictures"]}
    materials = [build_material(spec, pictures, is_plain) for spec in scene["materials"]]
    if scene["skin_layers"] and not is_plain:
        skin = next(one for one, spec in zip(materials, scene["materials"], strict=True) if spec["name"] == "skin")
        layer_skin(skin, *(pictures[name] for name in scene["skin_layers"]), scene["photo_share"])
    return materials


def build_armature(bones, collection):
    """Build the skeleton: bones at rest, one collection and colour for each region, short bones as balls in front."""
    data = bpy.data.armatures.new("skeleton")
    armature = bpy.data.objects.new("skeleton", data)
    collection.objects.link(armature)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    made = []
    for bone in bones:
        edited = data.edit_bones.new(bone["name"])
        edited.head, edited.tail, edited.roll = bone["head"], bone["tail"], bone["roll"]
        if bone["parent"] >= 0:
            edited.parent = made[bone["parent"]]
        made.append(edited)
    bpy.ops.object.mode_set(mode="OBJECT")
    armature.show_in_front = True
    data.display_type = "STICK"
    regions = sorted({bone["region"] for bone in bones})
    collections = {region: data.collections.new(region) for region in regions}
    ball = build_ball()
    for bone in bones:
        own, posed = data.bones[bone["name"]], armature.pose.bones[bone["name"]]
        collections[bone["region"]].assign(own)
        hue = regions.index(bone["region"]) / len(regions)
        own.color.palette = "CUSTOM"
        own.color.custom.normal = colorsys.hsv_to_rgb(hue, 0.72, 0.86)
        own.color.custom.select = colorsys.hsv_to_rgb(hue, 0.35, 1.0)
        own.color.custom.active = (1.0, 1.0, 1.0)
        posed.rotation_mode = "XYZ"
        if own.length < LONG_BONE_M:
            posed.custom_shape, posed.use_custom_shape_bone_size = ball, False
            posed.custom_shape_scale_xyz = (BALL_RADIUS_M,) * 3
    return armature


def build_ball():
    """Build the shape of short bones: three rings of radius 1, in no collection, so that it is nowhere in the scene."""
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn), np.zeros(16)], axis=1)
    points = np.concatenate([np.roll(ring, shift, axis=1) for shift in range(3)])
    edges = [(16 * k + i, 16 * k + (i + 1) % 16) for k in range(3) for i in range(16)]
    mesh = bpy.data.meshes.new("bone_ball")
    mesh.from_pydata(points.tolist(), edges, [])
    return bpy.data.objects.new("bone_ball", mesh)


def pose_bones(armature, names, channels):
    """Set location (m), Euler XYZ rotation (rad) and scale of the named bones from (J, 9); Blender orders its own."""
    for name, row in zip(names, channels.tolist(), strict=True):
        bone = armature.pose.bones[name]
        bone.location, bone.rotation_euler, bone.scale = row[:3], row[3:6], row[6:]
    bpy.context.view_layer.update()


def load_picture(path, name):
    """Load a texture into the file itself; colours are sRGB, all else is plain numbers."""
    image = bpy.data.images.load(str(path))
    image.name = name
    if name in ("normal", "roughness"):
        image.colorspace_settings.name = "Non-Color"
    image.pack()
    return image


def build_material(spec, pictures, is_plain):
    """Build a Principled material for Eevee and Cycles; keys of `spec` are fields of `facewright`'s Material."""
    material = bpy.data.materials.new(spec["name"])
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    values = {
        "Base Color": (*linear(spec["colour"]), 1.0),
        "Roughness": spec["roughness"],
        "Metallic": 0.0,
        "Alpha": spec["opacity"],
        "Coat Weight": spec["clearcoat"],
        "Coat Roughness": CLEARCOAT_ROUGHNESS,
        "Subsurface Weight": spec["subsurface"],
        "Subsurface Radius": SUBSURFACE_RADIUS,
        "Subsurface Scale": SUBSURFACE_SCALE_M,
    }
    for name, value in values.items():
        shader.inputs[name].default_value = value
    material.diffuse_color = values["Base Color"][:3] + (spec["opacity"],)
    if spec["albedo"]:
        texture = add_texture(nodes, pictures[spec["albedo"]], 300)
        colour = texture.outputs["Color"]
        if spec["uses_openness"] and not is_plain:
            colour = darken(nodes, links, colour)
            links.new(unturned_normal(nodes, links), shader.inputs["Normal"])
            strands = np.empty((len(texture.image.pixels) // 4, 4), np.float32)
            texture.image.pixels.foreach_get(strands.reshape(-1))
            seen = np.average(strands[:, :3], axis=0, weights=strands[:, 3] + 1e-6)
            # Solid shading: the strands' own colour, and no highlights, which would show that cards are flat.
            material.diffuse_color, material.roughness = (*linear(seen), 1.0), 1.0
        links.new(colour, shader.inputs["Base Color"])
        if spec["cut_out"]:
            links.new(texture.outputs["Alpha"], shader.inputs["Alpha"])
    if spec["roughness_picture"]:
        links.new(
            add_texture(nodes, pictures[spec["roughness_picture"]], 0).outputs["Color"], shader.inputs["Roughness"]
        )
    if spec["normal"]:
        bump = nodes.new("ShaderNodeNormalMap")
        bump.location = (-250, -300)
        links.new(add_texture(nodes, pictures[spec["normal"]], -300).outputs["Color"], bump.inputs["Color"])
        links.new(bump.outputs["Normal"], shader.inputs["Normal"])
    material.use_backface_culling = not spec["double_sided"]
    if not (spec["double_sided"] or is_plain):
        links.new(front_alone(nodes, links), shader.inputs["Alpha"])
    material.surface_render_method = "BLENDED" if spec["opacity"] < 1.0 else "DITHERED"
    return material


def layer_skin(material, procedural, photo, share):
    """Mix the skin of two pictures; the node "Photo skin" says how much of the photo's lies over the other."""
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    under, over = add_texture(nodes, procedural, 900), add_texture(nodes, photo, 600)
    amount, factor, mix = (nodes.new(kind) for kind in ("ShaderNodeValue", "ShaderNodeMath", "ShaderNodeMix"))
    amount.name = amount.label = "Photo skin"
    amount.outputs[0].default_value = share
    factor.operation, mix.data_type = "MULTIPLY", "RGBA"
    amount.location, factor.location, mix.location = (-600, 1150), (-350, 900), (-200, 700)
    links.new(amount.outputs[0], factor.inputs[0])
    links.new(over.outputs["Alpha"], factor.inputs[1])
    links.new(factor.outputs[0], mix.inputs["Factor"])
    links.new(under.outputs["Color"], mix.inputs[6])
    links.new(over.outputs["Color"], mix.inputs[7])
    links.new(mix.outputs[2], shader.inputs["Base Color"])


def add_texture(nodes, image, height):
    """Add an image texture node at a height of the node editor."""
    texture = nodes.new("ShaderNodeTexImage")
    texture.image, texture.location = image, (-600, height)
    return texture


def darken(nodes, links, colour):
    """Multiply a colour by the mesh attribute `openness`; returns the socket of the product."""
    attribute, product = nodes.new("ShaderNodeAttribute"), nodes.new("ShaderNodeMix")
    attribute.attribute_name, attribute.location = "openness", (-600, 600)
    product.data_type, product.blend_type, product.location = "RGBA", "MULTIPLY", (-250, 300)
    product.inputs["Factor"].default_value = 1.0
    links.new(colour, product.inputs[6])
    links.new(attribute.outputs["Color"], product.inputs[7])
    return product.outputs[2]


def front_alone(nodes, links):
    """Return opacity 1 on front and 0 on back faces: Cycles culls none, and a mouth's lining may touch the skin."""
    geometry, front = nodes.new("ShaderNodeNewGeometry"), nodes.new("ShaderNodeMath")
    geometry.location, front.location = (-600, -600), (-250, -600)
    front.operation, front.inputs[0].default_value = "SUBTRACT", 1.0
    links.new(geometry.outputs["Backfacing"], front.inputs[1])
    return front.outputs[0]


def unturned_normal(nodes, links):
    """Undo Blender's turning of normals on back faces: cards carry the normals of the whole mass of hair."""
    geometry, sign, normal = (nodes.new(f"ShaderNode{kind}") for kind in ("NewGeometry", "Math", "VectorMath"))
    geometry.location, sign.location, normal.location = (-800, -300), (-600, -450), (-400, -300)
    sign.operation, normal.operation = "MULTIPLY_ADD", "SCALE"
    sign.inputs[1].default_value, sign.inputs[2].default_value = -2.0, 1.0
    links.new(geometry.outputs["Backfacing"], sign.inputs[0])
    links.new(geometry.outputs["Normal"], normal.inputs[0])
    links.new(sign.outputs[0], normal.inputs["Scale"])
    return normal.outputs[0]


def build_mesh(arrays, index, scene, materials, armature, collection):
    """Build the skinned mesh of one part with its shape keys, as a child of the armature."""
    part = scene["parts"][index]

    def array(name):
        return arrays[f"{index}.{name}"]

    points, triangles = array("vertices_m"), array("triangles")
    mesh = bpy.data.meshes.new(part["name"])
    mesh.vertices.add(len(points))
    mesh.vertices.foreach_set("co", points.ravel())
    mesh.loops.add(3 * len(triangles))
    mesh.loops.foreach_set("vertex_index", triangles.ravel())
    mesh.polygons.add(len(triangles))
    mesh.polygons.foreach_set("loop_start", np.arange(0, 3 * len(triangles), 3, dtype=np.int32))
    slots = np.unique(array("material"), return_inverse=True)[1]
    for material in used_materials(arrays, index, materials):
        mesh.materials.append(material)
    mesh.polygons.foreach_set("material_index", slots.reshape(-1).astype(np.int32))
    if part["has_uv"]:
        mesh.uv_layers.new(name="UVMap").data.foreach_set("uv", array("uv")[array("uv_triangles").ravel()].ravel())
    mesh.update()
    mesh.validate()
    mesh.polygons.foreach_set("use_smooth", np.ones(len(triangles), bool))
    if part["has_own_normals"]:
        mesh.normals_split_custom_set_from_vertices(array("normals").tolist())
    if part["has_openness"]:
        colours = np.repeat(array("openness")[:, None], 4, axis=1)
        colours[:, 3] = 1.0
        mesh.attributes.new("openness", "FLOAT_COLOR", "POINT").data.foreach_set("color", colours.ravel())
    made = bpy.data.objects.new(part["name"], mesh)
    collection.objects.link(made)
    add_skin(made, armature, [bone["name"] for bone in scene["bones"]], array("indices"), array("weights"))
    if part["has_blendshapes"]:
        add_shape_keys(made, points, scene["shape_names"], array("blendshapes"))
    return made


def used_materials(arrays, index, materials):
    """Return the materials of one part in the order of its slots."""
    return [materials[number] for number in np.unique(arrays[f"{index}.material"])]


def add_skin(made, armature, names, indices, weights):
    """Add a vertex group for each bone that moves a vertex, and the modifier; a bone may stand twice in a row."""
    vertices = np.repeat(np.arange(len(indices)), indices.shape[1])
    order = np.argsort(indices.ravel(), kind="stable")
    for vertex, bone, weight in zip(vertices[order], indices.ravel()[order], weights.ravel()[order], strict=True):
        if weight > 0:
            group = made.vertex_groups.get(names[bone]) or made.vertex_groups.new(name=names[bone])
            group.add([int(vertex)], float(weight), "ADD")
    made.parent = armature
    modifier = made.modifiers.new("skeleton", "ARMATURE")
    modifier.object = armature


def add_shape_keys(made, points, names, blendshapes):
    """Add the basis and one shape key for each of the (E, n, 3) offsets."""
    made.shape_key_add(name="Basis")
    for name, offsets in zip(names, blendshapes, strict=True):
        key = made.shape_key_add(name=name, from_mix=False)
        key.data.foreach_set("co", (points + offsets).astype(np.float32).ravel())
        key.slider_min, key.slider_max, key.value = 0.0, 1.0, 0.0


def add_camera_and_light(meshes):
    """Add a portrait camera and a soft key light, so that the first render shows a face."""
    head = meshes[0]
    points = np.empty(3 * len(head.data.vertices), np.float32)
    evaluated = head.evaluated_get(bpy.context.evaluated_depsgraph_get())
    evaluated.data.vertices.foreach_get("co", points)
    top, front = points.reshape(-1, 3)[:, 2].max(), points.reshape(-1, 3)[:, 1].min()
    middle = top - 0.12
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.lens, camera.data.clip_start = CAMERA_LENS_MM, 0.05
    camera.location = (0.0, front - CAMERA_DISTANCE_M, middle)
    camera.rotation_euler = (np.pi / 2, 0.0, 0.0)
    key = bpy.data.objects.new("key", bpy.data.lights.new("key", "AREA"))
    key.data.energy, key.data.size = 30.0, 0.5
    key.location = (0.7, front - 0.8, middle + 0.6)
    key.rotation_euler = (np.radians(60), 0.0, np.radians(41))
    for made in (camera, key):
        bpy.context.scene.collection.objects.link(made)
    bpy.context.scene.camera = camera
    world = bpy.data.worlds.new("world")
    world.use_nodes = True
    background = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value = (0.10, 0.11, 0.13, 1.0)
    bpy.context.scene.world = world


def linear(colour):
    """Return linear values of an sRGB colour."""
    srgb = np.asarray(colour, np.float64)
    return tuple(np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).tolist())


def save_blend(out, armature, meshes):
    """Save everything in one compressed file with the textures in it, and no path of this machine."""
    add_camera_and_light(meshes)
    for image in bpy.data.images:
        image.filepath = f"//{image.name}.png"
    bpy.context.scene.render.resolution_x = bpy.context.scene.render.resolution_y = 1024
    bpy.context.view_layer.objects.active = armature
    bpy.ops.wm.save_as_mainfile(filepath=str(out), compress=True)


def save_fbx(out, armature, meshes):
    """Save for game engines: Y up, the face along -Z's opposite, node scales 1, textures inside the file."""
    for made in bpy.context.scene.objects:
        made.select_set(made is armature or made in meshes)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.export_scene.fbx(
        filepath=str(out),
        use_selection=True,
        object_types={"ARMATURE", "MESH"},
        apply_scale_options="FBX_SCALE_ALL",
        axis_forward="-Z",
        axis_up="Y",
        use_mesh_modifiers=False,
        mesh_smooth_type="OFF",
        add_leaf_bones=False,
        primary_bone_axis="Y",
        secondary_bone_axis="X",
        bake_anim=False,
        path_mode="COPY",
        embed_textures=True,
    )


def main(arguments):
    """Build the character of a folder and save it; arguments: the folder, and the file to write."""
    folder, out = (Path(argument).absolute() for argument in arguments)
    is_fbx = out.suffix.lower() == ".fbx"
    armature, meshes = build_scene(folder, is_plain=is_fbx)
    (save_fbx if is_fbx else save_blend)(out, armature, meshes)


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # the module bpy may hang or crash while it is taken down
