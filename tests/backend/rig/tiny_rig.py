"""Writes a tiny rig folder (source "file") whose numbers are all different, so that a swapped operand shows."""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from facewright.datatypes import ARKIT_52

BONES = (
    ("root", "", (0.01, 0.02, 1.40), (0.01, 0.02, 1.55), 0.0, "neck"),
    ("head", "root", (0.00, 0.01, 1.55), (0.01, 0.03, 1.72), 0.20, "head"),
    ("nose", "head", (0.002, -0.08, 1.62), (0.003, -0.11, 1.61), -0.40, "nose"),
    ("cheek.L", "head", (0.04, -0.06, 1.60), (0.06, -0.07, 1.61), 1.10, "cheek"),
    ("cheek.R", "head", (-0.04, -0.06, 1.60), (-0.06, -0.07, 1.61), -1.10, "cheek"),
    ("tip", "nose", (0.003, -0.11, 1.61), (0.003, -0.14, 1.612), 0.70, "nose"),
)

PARAMETERS = """
[[parameter]]
name = "nose_length"
label = "Nose length"
group = "nose"
unit = "mm"
minimum = -4
neutral = 0
maximum = 6
mirrored = true
asymmetry = false
residual_mm = 0.1
channels = [["nose", "location_y", -0.004, 0, 0.006], ["tip", "scale_y", -0.2, 0, 0.3]]

[[parameter]]
name = "cheek_width"
label = "Cheek width"
group = "cheek"
unit = "ratio"
minimum = 0.9
neutral = 1.0
maximum = 1.2
mirrored = true
asymmetry = false
residual_mm = 0.2
channels = [
    ["cheek.L", "scale_x", -0.1, 0, 0.2], ["cheek.R", "scale_x", -0.1, 0, 0.2],
    ["cheek.L", "rotation_z", -0.15, 0, 0.25], ["cheek.R", "rotation_z", 0.15, 0, -0.25],
]

[[parameter]]
name = "head_tilt"
label = "Head tilt"
group = "head"
unit = "degree"
minimum = -10
neutral = 0
maximum = 12
mirrored = false
asymmetry = true
residual_mm = 0.0
channels = [["head", "rotation_x", -0.17, 0, 0.21], ["head", "scale_z", -0.05, 0, 0.1],
            ["nose", "location_y", -0.001, 0, 0.002]]
"""


def write_tiny_rig(rigs_dir: Path, rig_id: str = "tiny", vertices: int = 60, seed: int = 5) -> Path:
    """Write a rig of 6 bones and 3 parameters with a lumpy, asymmetric closed mesh, a prior and landmarks.

    Args:
        rigs_dir: folder of rig folders.
        rig_id: the rig's id.
        vertices: how many vertices the mesh has.
        seed: of the mesh's lumps, its skin weights and its blendshapes.

    Returns:
        The rig's folder.
    """
    generator = np.random.default_rng(seed)
    folder = rigs_dir / rig_id
    folder.mkdir(parents=True)
    points, triangles = _lumpy_ball(vertices, generator)
    nearest = np.argsort(np.linalg.norm(points[:, None] - [bone[2] for bone in BONES], axis=2), axis=1)[:, :4]
    weights = generator.dirichlet(np.ones(4), vertices)
    write_toml(folder)
    surfaces = np.zeros(vertices, np.uint8)
    surfaces[:4] = 1
    blendshapes = generator.normal(0, 0.003, (len(ARKIT_52), vertices, 3)).astype(np.float32)
    mesh = {
        "vertices_m": points.astype(np.float32),
        "triangles": triangles.astype(np.int32),
        "surfaces": surfaces,
        "blendshapes": blendshapes,
    }
    save_file(mesh, folder / "mesh.safetensors")
    skin = {
        "indices": nearest.astype(np.int32),
        "weights": weights.astype(np.float32),
        "base_offset_m": generator.normal(0, 0.001, (vertices, 3)).astype(np.float32),
    }
    save_file(skin, folder / "skin.safetensors")
    prior = {
        "mean": np.array([0.45, 0.52, 0.5], np.float32),
        "factors": np.array([[0.10, 0.02], [-0.03, 0.08], [0.01, 0.02]], np.float32),
        "residual_std": np.array([0.02, 0.01, 0.03], np.float32),
    }
    save_file(prior, folder / "prior.safetensors")
    landmarks = {
        "triangles": np.array([0, 3, 7], np.int32),
        "barycentric": np.array([[0.2, 0.3, 0.5], [1, 0, 0], [0.6, 0.3, 0.1]], np.float32),
        "weight": np.array([1.0, 0.5, 0.25], np.float32),
    }
    save_file(landmarks, folder / "landmarks.safetensors")
    return folder


def write_toml(folder: Path) -> None:
    """Write the text files of the tiny rig."""
    anchors = "eye_centre.L = [0, 1]\neye_centre.R = [2, 3]\nnose_tip = [9]\n"
    quoted = "\n".join(f'"{line.split(" = ")[0]}" = {line.split(" = ")[1]}' for line in anchors.splitlines())
    header = f'id = "{folder.name}"\nversion = "0.1.0"\nlicence = "CC0-1.0"\nsource = "file"\n'
    (folder / "rig.toml").write_text(f"{header}\n[anchors]\n{quoted}\n")
    rows = []
    for name, parent, head, tail, roll, region in BONES:
        place = f"head = {list(head)}\ntail = {list(tail)}\nroll = {roll}\n"
        rows.append(f'[[bone]]\nname = "{name}"\nparent = "{parent}"\n{place}region = "{region}"\n')
    (folder / "skeleton.toml").write_text("\n".join(rows))
    (folder / "parameters.toml").write_text(PARAMETERS)


def _lumpy_ball(vertices: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    from scipy.spatial import ConvexHull

    turn = np.arange(vertices) * np.pi * (3.0 - np.sqrt(5.0))
    height = 1.0 - 2.0 * (np.arange(vertices) + 0.5) / vertices
    ring = np.sqrt(1.0 - height**2)
    unit = np.stack([ring * np.cos(turn), ring * np.sin(turn), height], axis=1)
    triangles = ConvexHull(unit).simplices
    corners = unit[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = (normals * corners.mean(1)).sum(1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    points = unit * [0.08, 0.10, 0.12] * generator.uniform(0.9, 1.1, (vertices, 1)) + [0.003, 0.004, 1.60]
    return points, triangles
