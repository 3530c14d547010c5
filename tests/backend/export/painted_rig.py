"""The tiny rig with paint: a seam, twelve mask channels that are all different, and labels."""

import dataclasses
from pathlib import Path

import numpy as np

from backend.rig.tiny_rig import write_tiny_rig
from facewright.datatypes import FaceColours
from facewright.rig.nouns import Appearance, Rig
from facewright.rig.spec import load_rig

COLOURS = FaceColours(
    np.array([0.8, 0.6, 0.5], np.float32),
    np.array([0.7, 0.3, 0.3], np.float32),
    np.array([0.2, 0.1, 0.05], np.float32),
    np.array([0.3, 0.5, 0.6], np.float32),
    np.array([0.1, 0.2, 0.3], np.float32),
    np.array([0.4, 0.2, 0.1], np.float32),
)


def tiny_rig(folder: Path) -> Rig:
    """Load the tiny rig as it is, without paint."""
    write_tiny_rig(folder / "rigs")
    return load_rig("tiny", folder / "rigs", folder / "cache")


def painted_rig(folder: Path) -> Rig:
    """Load the tiny rig and paint it; the corners of its first triangle are render vertices of their own.

    Every second blendshape moves a fifth of the vertices only, one moves none; some bones have no weight on a vertex.
    """
    rig = tiny_rig(folder)
    count = len(rig.mesh.vertices_m)
    triangles = rig.mesh.triangles.copy()
    render_vertex = np.concatenate([np.arange(count), triangles[0]]).astype(np.int32)
    triangles[0] = count + np.arange(3)
    generator = np.random.default_rng(2)
    uv = generator.uniform(0.05, 0.95, (len(render_vertex), 2)).astype(np.float32)
    masks = generator.integers(0, 256, (16, 16, 12), dtype=np.uint8)
    labels = generator.integers(1, 13, (16, 16), dtype=np.uint8)
    blendshapes, weights = rig.blendshapes.copy(), rig.skin_weights.copy()
    blendshapes[::2, np.arange(count) % 5 != 0] = 0
    blendshapes[7] = 0
    weights[::4, 2] = 0
    weights /= weights.sum(1, keepdims=True)
    appearance = Appearance(uv, render_vertex, triangles, masks, labels)
    return dataclasses.replace(rig, appearance=appearance, blendshapes=blendshapes, skin_weights=weights)
