"""What the cases share, in Blender: an empty file with what heads need, heads, their vertices."""

import json
import sys
from pathlib import Path

import bpy
import numpy as np
from facewright.scene import shape_keys

from facewright import properties
from facewright import shape_properties as sliders

STAGE, OUT = Path(sys.argv[1]), Path(sys.argv[2])
PEOPLE = json.loads((STAGE / "people.json").read_text())
RIG = (STAGE / "rig.bin").read_bytes()


def start():
    """Register what heads need, in an empty file."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    for made in properties.CLASSES:
        bpy.utils.register_class(made)
    bpy.types.Object.facewright = bpy.props.PointerProperty(type=properties.FACEWRIGHT_PG_head)


def files(name):
    """Return the files of a scene folder as the backend sends them."""
    return {path.name: path.read_bytes() for path in (STAGE / name).iterdir()}


def add(name="Anna", look="short", values=None, scene=None):
    """Add a head, to the scene that is shown unless another is named."""
    scene = bpy.context.scene if scene is None else scene
    values = PEOPLE[0] if values is None else values
    return sliders.add_head(bpy.context, scene, files(look), RIG, name, values, {"hair": "short"})


def vertices(armature):
    """Return the evaluated vertices of the head's mesh in world space."""
    made = shape_keys.head_meshes(armature)[0].evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = np.empty(3 * len(made.data.vertices), np.float32)
    made.data.vertices.foreach_get("co", points)
    world = np.array(made.matrix_world)
    return points.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]


def moved_mm(before, after):
    """Return how far vertices are apart, at most."""
    return float(1000 * np.linalg.norm(after - before, axis=1).max())


def close(found, wanted):
    """Whether sliders have the values."""
    return all(abs(found[name] - value) < 1e-5 for name, value in wanted.items())
