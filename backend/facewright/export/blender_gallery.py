"""A script that Blender runs: builds many characters in one file, a collection each, in a grid.

    blender --background --factory-startup --python blender_gallery.py -- FOLDER OUT
    python -I blender_gallery.py FOLDER OUT        where the module bpy is installed

It needs nothing but Blender 4.2 or newer, the NumPy inside it, and blender_scene.py beside it.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path

import bpy
import numpy as np

GRID_PITCH_M, LABEL_SIZE_M = 0.6, 0.04


def build_gallery(folder, scene):
    """Build many characters in an empty scene, each in a collection of its own, in a grid with their names before them.

    Args:
        folder: What `facewright.export.blender.write_gallery_with_blender` wrote: gallery.json and a folder each.
        scene: The module blender_scene.

    Returns:
        The armature object and the meshes of the first one.
    """
    entries = json.loads((folder / "gallery.json").read_text(encoding="utf-8"))
    scene.empty_scene()
    columns, built = int(np.ceil(np.sqrt(len(entries)))), []
    for index, entry in enumerate(entries):
        collection = bpy.data.collections.new(entry["name"])
        bpy.context.scene.collection.children.link(collection)
        armature, meshes = scene.build_character(folder / entry["folder"], collection)
        armature.name = entry["name"]
        armature.location = (GRID_PITCH_M * (index % columns), GRID_PITCH_M * (index // columns), 0.0)
        collection.objects.link(build_label(entry["name"], armature, meshes[0]))
        built.append((armature, meshes))
    return built[0]


def build_label(name, armature, head):
    """Build a text with the name of a character that stands before the lower rim of its bust."""
    curve = bpy.data.curves.new(f"name of {name}", "FONT")
    curve.body, curve.size, curve.align_x = name, LABEL_SIZE_M, "CENTER"
    label = bpy.data.objects.new(curve.name, curve)
    points = np.array([corner[:] for corner in head.bound_box])
    label.location = (0.0, points[:, 1].min() - LABEL_SIZE_M, points[:, 2].min() - LABEL_SIZE_M)
    label.rotation_euler = (np.pi / 2, 0.0, 0.0)
    label.parent = armature
    return label


def load_scene_builder():
    """Load blender_scene.py, which Blender's Python does not find by its name."""
    spec = importlib.util.spec_from_file_location("blender_scene", Path(__file__).with_name("blender_scene.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(arguments):
    """Build the gallery of a folder and save it; arguments: the folder, and the file to write."""
    folder, out = (Path(argument).absolute() for argument in arguments)
    scene = load_scene_builder()
    scene.save_blend(out, *build_gallery(folder, scene))


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # the module bpy may hang or crash while it is taken down
