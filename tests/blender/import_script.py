"""Runs in Blender: imports a .glb, .fbx or .obj file and writes what arrived as JSON.

python import_script.py FILE OUT_JSON
"""

import json
import os
import sys
from pathlib import Path

import bpy
import numpy as np

IMPORTERS = {
    ".glb": lambda path: bpy.ops.import_scene.gltf(filepath=path),
    ".fbx": lambda path: bpy.ops.import_scene.fbx(filepath=path, use_custom_props=False),
    ".obj": lambda path: bpy.ops.wm.obj_import(filepath=path),
    ".blend": lambda path: bpy.ops.wm.open_mainfile(filepath=path),
}


def evaluated_vertices(made):
    """Return the vertices of an object in world space, deformed."""
    evaluated = made.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    points = np.empty(3 * len(evaluated.vertices), np.float32)
    evaluated.vertices.foreach_get("co", points)
    world = np.array(made.matrix_world)
    return (points.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]).tolist()


def describe_mesh(made):
    """Return names, evaluated world vertices, shape keys, groups and materials with the images of their inputs."""
    keys = made.data.shape_keys.key_blocks if made.data.shape_keys else []
    neutral = evaluated_vertices(made)
    if len(keys):
        keys["jawOpen"].value = 1.0
        made.data.shape_keys.update_tag()
        bpy.context.view_layer.update()
    return {
        "vertices": neutral,
        "with_open_jaw": evaluated_vertices(made),
        "triangles": sum(len(polygon.vertices) - 2 for polygon in made.data.polygons),
        "shape_keys": [key.name for key in keys][1:],
        "groups": [group.name for group in made.vertex_groups],
        "weighted": sum(bool(vertex.groups) for vertex in made.data.vertices),
        "materials": {slot.material.name: describe_material(slot.material) for slot in made.material_slots},
    }


def describe_material(material):
    """Return, for each input of the Principled node that a texture feeds, the name and size of its picture."""
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    fed = {}
    for socket in shader.inputs:
        image = image_behind(socket)
        if image is not None:
            fed[socket.name] = [image.name, list(image.size), bool(image.has_data or len(image.pixels))]
    return {
        "textures": fed,
        "amounts": {
            node.label: node.outputs[0].default_value for node in material.node_tree.nodes if node.type == "VALUE"
        },
        "pictures": [node.image.name for node in material.node_tree.nodes if node.type == "TEX_IMAGE" and node.image],
        "alpha": shader.inputs["Alpha"].default_value,
        "roughness": shader.inputs["Roughness"].default_value,
    }


def image_behind(socket):
    """Return the picture of the nearest texture node that feeds a socket."""
    for link in socket.links:
        if link.from_node.type == "TEX_IMAGE":
            return link.from_node.image
        for above in link.from_node.inputs:
            image = image_behind(above)
            if image is not None:
                return image
    return None


path, out = sys.argv[1:3]
bpy.ops.wm.read_factory_settings(use_empty=True)
IMPORTERS[Path(path).suffix](path)
armatures = [made for made in bpy.data.objects if made.type == "ARMATURE"]
shown = [made for made in bpy.context.scene.objects if made.type == "MESH" and made.material_slots]
described = {
    "bones": {
        bone.name: {
            "parent": bone.parent.name if bone.parent else "",
            "head": list(armature.matrix_world @ armature.pose.bones[bone.name].head),
            "rest_head": list(armature.matrix_world @ bone.head_local),
            "collections": [collection.name for collection in bone.collections],
            "scale": list(armature.pose.bones[bone.name].scale),
        }
        for armature in armatures
        for bone in armature.data.bones
    },
    "armature_scale": [list(armature.matrix_world.to_scale()) for armature in armatures],
    "meshes": {made.name: describe_mesh(made) for made in shown},
    "pictures": {
        image.name: [image.packed_file is not None, image.filepath] for image in bpy.data.images if image.users
    },
    "objects": [made.name for made in bpy.data.objects],
}
Path(out).write_text(json.dumps(described))
os._exit(0)
