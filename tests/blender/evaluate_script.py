"""Runs in Blender: poses a character by numbers and writes the vertices that Blender evaluates.

python evaluate_script.py BLENDER_SCENE_PY FOLDER, where FOLDER holds a character and poses.npz:
`channels` (B, J, 9) and `expressions` (B, E). Writes evaluated.npz with one (B, n, 3) array for each mesh.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path

import bpy
import numpy as np

spec = importlib.util.spec_from_file_location("blender_scene", sys.argv[1])
blender_scene = importlib.util.module_from_spec(spec)
spec.loader.exec_module(blender_scene)
folder = Path(sys.argv[2])
armature, meshes = blender_scene.build_scene(folder)
scene = json.loads((folder / "scene.json").read_text())
names = [bone["name"] for bone in scene["bones"]]
poses = np.load(folder / "poses.npz")
found = {made.name: [] for made in meshes}
for channels, expression in zip(poses["channels"], poses["expressions"], strict=True):
    for made in meshes:
        if made.data.shape_keys:
            for name, value in zip(scene["shape_names"], expression.tolist(), strict=True):
                made.data.shape_keys.key_blocks[name].value = value
            made.data.shape_keys.update_tag()
    blender_scene.pose_bones(armature, names, channels)
    graph = bpy.context.evaluated_depsgraph_get()
    for made in meshes:
        evaluated = made.evaluated_get(graph).to_mesh()
        points = np.empty(3 * len(evaluated.vertices), np.float32)
        evaluated.vertices.foreach_get("co", points)
        world = np.array(made.matrix_world)
        found[made.name].append(points.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3])
np.savez(folder / "evaluated.npz", **{name: np.stack(points) for name, points in found.items()})
os._exit(0)
