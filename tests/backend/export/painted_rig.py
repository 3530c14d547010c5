"""The tiny rig with paint: a seam, twelve mask channels that are all different, labels; and one that wears things."""

import dataclasses
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

from backend.rig.test_styles import tiny_piece
from backend.rig.tiny_rig import write_tiny_rig
from facewright.datatypes import FaceColours, Look, Style
from facewright.rig.installed import load_rig
from facewright.rig.nouns import Appearance, Rig

COLOURS = FaceColours(
    np.array([0.8, 0.6, 0.5], np.float32),
    np.array([0.7, 0.3, 0.3], np.float32),
    np.array([0.2, 0.1, 0.05], np.float32),
    np.array([0.3, 0.5, 0.6], np.float32),
    np.array([0.1, 0.2, 0.3], np.float32),
    np.array([0.4, 0.2, 0.1], np.float32),
)

WORN = """
[[group]]
name = "hair"
label = "Hair"
default = "bald"
choice = [{ name = "bald", label = "Bald" }, { name = "bob", label = "A bob" }]

[[group]]
name = "beard"
label = "Beard"
default = "none"
choice = [{ name = "none", label = "None" }, { name = "full", label = "Full" }]

[[group]]
name = "glasses"
label = "Glasses"
default = "none"
choice = [{ name = "none", label = "None" }, { name = "round", label = "Round", colour = [0.1, 0.2, 0.3] }]
"""
DRESSED = Look(COLOURS, style=Style(hair="bob", beard="full", glasses="round"))


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


def dressed_rig(folder: Path) -> Rig:
    """Load the painted rig with hair that stays, a beard that follows the face, and glasses with a lens."""
    write_tiny_rig(folder / "rigs")
    (folder / "rigs" / "tiny" / "styles.toml").write_text(WORN)
    plain = load_rig("tiny", folder / "rigs", folder / "cache")
    counts = (len(plain.bones), len(plain.mesh.triangles), len(plain.mesh.vertices_m))
    generator = np.random.default_rng(4)
    for group, choice, follow in (("hair", "bob", 0.0), ("beard", "full", 1.0), ("glasses", "round", 0.0)):
        target = folder / "rigs" / "tiny" / "styles" / group
        target.mkdir(parents=True)
        arrays = tiny_piece(*counts)
        arrays["vertices_m"] += generator.normal(0, 0.01, (5, 3)).astype(np.float32)
        arrays["follow"] = np.full(5, follow, np.float32)
        arrays["material"] = np.array([0, 0, int(group == "glasses")], np.uint8)
        save_file(arrays, target / f"{choice}.safetensors")
        if group != "glasses":
            strands = generator.integers(0, 256, (8, 8, 4), dtype=np.uint8)
            strands[2:5, 3:6, 3] = 0
            Image.fromarray(strands).save(target / "strands.png")
    worn = load_rig("tiny", folder / "rigs", folder / "cache").styles
    (folder / "paint").mkdir()
    return dataclasses.replace(painted_rig(folder / "paint"), styles=worn)
