"""Heads as objects of a scene: built from the files of the backend, given another look, found again."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path

import bpy

from . import blender_scene
from .recording import follow_animation
from .rig_data import attach_rig
from .shape_keys import IS_HEAD, head_meshes, read_expression, set_expression

PART = "facewright_part"
"""Custom property of a mesh object: what the backend calls the part."""


def build_head(context, scene, files: Mapping[str, bytes], rig_response: bytes, name: str):
    """Build a head in a collection of its own, named after the head.

    Args:
        context: of Blender; any mode. The bones are made in its scene, for Blender makes them nowhere else.
        scene: where the head shall be.
        files: name -> bytes of EXPORT_FORMAT_SCENE.
        rig_response: GetRigResponse with offsets, as bytes.
        name: of head and collection; Blender numbers it if it is taken.

    Returns:
        The armature object, active and selected alone in that scene, with its bones as the files say.
        `shape_properties.add_head` sets the sliders too.

    Raises:
        ValueError: the files or the description of the rig cannot be read.
    """
    layer, active = _layer_of(context, scene), context.view_layer.objects.active
    if active is not None and active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    with _files_on_disk(files) as folder:
        collection = bpy.data.collections.new(name)
        context.scene.collection.children.link(collection)
        try:
            armature, meshes = blender_scene.build_character(folder, collection)
            description, _ = blender_scene.read_folder(folder)
            rig = attach_rig(armature, rig_response)
        except (KeyError, OSError, RuntimeError, StopIteration, ValueError) as error:
            _remove_collection(collection)
            raise ValueError(f"the head cannot be built: {error}") from error
        _settle_pictures(meshes)
        if scene != context.scene:
            context.scene.collection.children.unlink(collection)
            scene.collection.children.link(collection)
            context.view_layer.objects.active = active
            layer.update()  # the layer does not know its new objects before
    armature.name = armature.data.name = name
    del armature["facewright_rig"]  # that of the file is more
    for part, made in zip(description["parts"], meshes, strict=True):
        made[PART] = part["name"]
        made.name = made.data.name = f"{armature.name} {part['name']}"
    meshes[0][IS_HEAD] = True
    armature.facewright.rig_id, armature.facewright.rig_version = rig.id, rig.version
    for one in layer.objects:
        one.select_set(one == armature, view_layer=layer)
    layer.objects.active = armature
    return armature


def replace_look(armature, files: Mapping[str, bytes]) -> None:
    """Give a head other hair, colours and skin; armature, the head's mesh, expression and animation stay.

    Args:
        armature: the armature object of the head.
        files: name -> bytes of EXPORT_FORMAT_SCENE for the same rig.

    Raises:
        ValueError: the files are of another rig or cannot be read, the head's mesh is gone, or the head is linked from
            another file.
    """
    meshes = head_meshes(armature)
    if not meshes or not meshes[0].get(IS_HEAD):
        raise ValueError(f"the mesh of the head {armature.name} is not there any more; add the head again")
    head, worn = meshes[0], [made for made in meshes[1:] if PART in made]
    if not is_whole(armature):
        raise ValueError(f"{armature.name} is linked from another file; make it local to change its look")
    expression = read_expression(armature)
    with _files_on_disk(files) as folder:
        try:
            scene, arrays = blender_scene.read_folder(folder)
            if len(arrays["0.vertices_m"]) != len(head.data.vertices):
                raise ValueError("it was made for another rig")
            materials = blender_scene.build_materials(folder, scene)
        except (KeyError, OSError, RuntimeError, StopIteration, ValueError) as error:
            raise ValueError(f"the look cannot be read: {error}") from error
        old = {slot.material for made in (head, *worn) for slot in made.material_slots if slot.material}
        for one in worn:
            _remove_mesh(one)
        _dress_skin(head.data, blender_scene.used_materials(arrays, 0, materials))
        collection = head.users_collection[0]
        made = [
            blender_scene.build_mesh(arrays, index, scene, materials, armature, collection)
            for index in range(1, len(scene["parts"]))
        ]
        _settle_pictures([head, *made])
    for part, piece in zip(scene["parts"][1:], made, strict=True):
        piece[PART] = part["name"]
        piece.name = piece.data.name = f"{armature.name} {part['name']}"
        if piece.data.shape_keys and head.data.shape_keys:
            follow_animation(piece.data.shape_keys, head.data.shape_keys)
    set_expression(armature, expression)
    _remove_unused(old)


def is_whole(armature) -> bool:
    """Whether a head with its data and meshes is this file's own; of a library override only the objects are."""
    meshes = head_meshes(armature)
    parts = [armature, armature.data, *meshes, *(made.data for made in meshes)]
    return all(one.is_editable and one.override_library is None for one in parts)


def heads(scene) -> list:
    """Return the armature objects of a scene that are heads."""
    return [made for made in scene.objects if is_head(made)]


def active_head(context):
    """Return the head that is active: the active object, or the armature that it hangs from; None if it is none."""
    made = context.view_layer.objects.active
    while made is not None and not is_head(made):
        made = made.parent
    return made


def is_head(made) -> bool:
    """Whether an object is the armature of a head."""
    return made.type == "ARMATURE" and bool(made.facewright.rig_id)


@contextmanager
def _files_on_disk(files: Mapping[str, bytes]):
    """Write files into a folder of Blender's session, and delete it again.

    Raises:
        ValueError: a name is more than a name.
    """
    folder = Path(tempfile.mkdtemp(prefix="facewright-", dir=bpy.app.tempdir or None))
    try:
        for name, content in files.items():
            if name != os.path.basename(name) or name in ("", ".", ".."):
                raise ValueError(f"the backend sent a file with the name {name!r}")
            (folder / name).write_bytes(content)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _layer_of(context, scene):
    """Return the view layer of a scene that the user sees, or its first."""
    if scene == context.scene:
        return context.view_layer
    shown = (window.view_layer for window in context.window_manager.windows if window.scene == scene)
    return next(shown, scene.view_layers[0])


def _settle_pictures(meshes) -> None:
    """Give the pictures of materials, which are inside the file, names of files beside it, and none of this machine."""
    for image in {image for made in meshes for slot in made.material_slots for image in _pictures(slot.material)}:
        image.filepath = f"//{image.name}.png"


def _dress_skin(mesh, materials) -> None:
    """Put materials into the slots of a mesh; its polygons keep their slots, which clearing them would not let."""
    for place, material in enumerate(materials):
        if place < len(mesh.materials):
            mesh.materials[place] = material
        else:
            mesh.materials.append(material)


def _pictures(material) -> list:
    if material is None or material.node_tree is None:
        return []
    return [node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE" and node.image]


def _remove_mesh(made) -> None:
    mesh = made.data
    bpy.data.objects.remove(made)
    if not mesh.users:
        bpy.data.meshes.remove(mesh)


def _remove_collection(collection) -> None:
    """Take back a head that could not be finished."""
    for made in list(collection.objects):
        bpy.data.objects.remove(made)
    bpy.data.collections.remove(collection)


def _remove_unused(materials) -> None:
    """Remove materials that nothing uses any more, and their pictures."""
    for material in materials:
        if not material.users:
            pictures = _pictures(material)
            bpy.data.materials.remove(material)
            for image in dict.fromkeys(pictures):
                if not image.users:
                    bpy.data.images.remove(image)
