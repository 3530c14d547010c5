"""Heads to learn a prior from, in the topology and the place of a rig's neutral head: scans and MakeHuman's own."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import splu

from facewright.errors import ConfigInvalid
from facewright.rig.sources import makehuman
from facewright.training.registration import (
    SurfaceMap,
    align_rigidly,
    closest_points,
    fit_surface,
    graph_laplacian,
    hit_surface,
    seen_points,
    vertex_normals,
    warp_by_points,
)
from facewright.training.rig_shapes import read_shapes

SKIN_VERTICES = 14062
"""The scans' first vertices are skin; behind them come mouth, teeth, eyes and lashes."""

VIEWS = {
    "front": (np.array([[1.0, 0, 0], [0, 0, 1]]), np.array([0.0, 1, 0])),
    "left": (np.array([[0.0, 1, 0], [0, 0, 1]]), np.array([-1.0, 0, 0])),
}
"""Picture axes and direction of the look of the views in registration.toml."""

SIZE_SHARE = 0.3
"""How much of a head's size, as an exponent, is kept: a camera cannot tell size from distance."""

CALM_GROUPS, CALM_SHARE = ("head", "neck"), 0.5
"""Targets of the whole head vary less than the others: at full sigma skulls differ twice as much as scans do."""


@dataclass(frozen=True, eq=False)
class Scans:
    """A population of scans in world axes.

    Attributes:
        mean: (W, 3) m, skin only.
        modes: (M, W, 3) m; a random head is mean + sum of N(0, 1) * mode.
        triangles: (G, 3).
    """

    mean: np.ndarray
    modes: np.ndarray
    triangles: np.ndarray


@dataclass(frozen=True, eq=False)
class Correspondence:
    """Where a rig's vertices lie on the scans.

    Attributes:
        surface: the points on the scans' mesh.
        trust: (V,) in [0, 1], 0 where a vertex has no counterpart.
        scale, rotation: that turn scan offsets into offsets of the rig.
        mean_m: (V, 3) the scans' mean head in the rig's topology and place.
    """

    surface: SurfaceMap
    trust: np.ndarray
    scale: float
    rotation: np.ndarray
    mean_m: np.ndarray


def read_scans(path: Path) -> Scans:
    """Read the packed scans (centimetres, y up, z towards the viewer).

    Raises:
        ConfigInvalid: the file is missing.
    """
    if not path.is_file():
        raise ConfigInvalid(f"--scans: no file {path}", "give the path of the packed scans")
    with np.load(path) as file:
        quads = file["quads"]
        mean, modes = (file[name][..., :SKIN_VERTICES, :].astype(np.float64) for name in ("mean", "identity"))
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[quads[:, 3] >= 0][:, [0, 2, 3]]])
    world = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]) * 0.01
    return Scans(mean @ world.T, modes @ world.T, triangles[triangles.max(1) < SKIN_VERTICES])


def correspond(vertices_m: np.ndarray, skin_triangles: np.ndarray, scans: Scans, points_file: Path) -> Correspondence:
    """Find each rig vertex on the scans' mean head.

    Args:
        vertices_m: (V, 3) the rig's neutral head.
        skin_triangles: (F, 3) its skin.
        scans: the scans.
        points_file: `registration.toml` with hand-picked corresponding points.
    """
    ours, theirs = _picked_points(vertices_m, skin_triangles, scans, points_file)
    scale, rotation, shift = align_rigidly(theirs, ours, np.ones(len(ours)), with_scale=True)
    mean = scale * scans.mean @ rotation.T + shift
    trust = visible_skin(vertices_m, skin_triangles).astype(np.float64)
    warped = warp_by_points(vertices_m, ours, scale * theirs @ rotation.T + shift, smoothing=1e-6)
    fitted = fit_surface(warped, skin_triangles, mean, scans.triangles, trust)
    surface = closest_points(fitted, mean, scans.triangles)
    normals = surface.points(vertex_normals(mean, scans.triangles))
    agreement = (vertex_normals(fitted, skin_triangles) * normals).sum(1)
    trust *= (surface.distance_m < 0.0015) * (agreement > 0.7)
    return Correspondence(surface, trust, scale, rotation, fitted)


def scan_heads(
    scans: Scans, found: Correspondence, skin_triangles: np.ndarray, count: int, generator: np.random.Generator
) -> np.ndarray:
    """Draw random scans and carry them over to the rig's topology; untrusted vertices follow their neighbours.

    Returns:
        (count, V, 3) m.
    """
    laplacian = graph_laplacian(skin_triangles, len(found.trust))
    system = sparse.diags(found.trust + 1e-6) + 0.05 * (laplacian.T @ laplacian)
    solver = splu(system.tocsc())
    surface_modes = found.surface.points(scans.modes) @ (found.scale * found.rotation.T)  # (M, V, 3)
    coefficients = generator.standard_normal((count, len(scans.modes)))
    offsets = np.einsum("nm,mvx->vnx", coefficients, surface_modes)
    offsets *= found.trust[:, None, None]
    smooth = solver.solve(offsets.reshape(len(offsets), -1)).reshape(offsets.shape)
    return found.mean_m + smooth.transpose(1, 0, 2)


def macro_heads(
    vertices_m: np.ndarray, aligned: np.ndarray, count: int, generator: np.random.Generator, sigma: float = 0.12
) -> np.ndarray:
    """Draw random MakeHuman heads: sex, age, build and ancestry, and every capped face target a little.

    Args:
        vertices_m: (V, 3) MakeHuman's mean head.
        aligned: (V,) bool, vertices by which heads are aligned.
        count: how many.
        generator: source of randomness.
        sigma: standard deviation of each target on the scale on which its whole range is 1.

    Returns:
        (count, V, 3) m.
    """
    shapes = [s for s in read_shapes(vertices_m, np.ones(len(vertices_m)), aligned) if s.group != "character"]
    low, high = (np.stack([getattr(shape, end) for shape in shapes]) for end in ("low_m", "high_m"))
    calm = np.array([CALM_SHARE if shape.group in CALM_GROUPS else 1.0 for shape in shapes])
    heads = np.empty((count, *vertices_m.shape))
    for index in range(count):
        gender, age = generator.uniform(0, 1), generator.uniform(0.45, 0.85)
        muscle, weight = np.clip(generator.normal(0.5, 0.15, 2), 0, 1)
        ancestry = generator.dirichlet(np.ones(3))
        amounts = np.clip(2 * sigma * calm * generator.standard_normal(len(shapes)), -1, 1)
        heads[index] = vertices_m + makehuman.macro_delta(gender, age, muscle, weight, ancestry.tolist())
        heads[index] += np.tensordot(np.maximum(-amounts, 0), low, 1) + np.tensordot(np.maximum(amounts, 0), high, 1)
    return heads


def remove_size(heads: np.ndarray, reference: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Bring heads into the place and nearly the size of a reference; a mild share of the size differences stays.

    Args:
        heads: (N, V, 3) m.
        reference: (V, 3) m.
        weights: (V,) of the vertices that count.

    Returns:
        (N, V, 3) m.
    """
    moved = np.empty_like(heads)
    for index, head in enumerate(heads):
        scale, rotation, shift = align_rigidly(head, reference, weights, with_scale=True)
        centre = np.average(reference, axis=0, weights=weights)
        moved[index] = ((scale * head @ rotation.T + shift) - centre) * scale**-SIZE_SHARE + centre
    return moved


def _picked_points(
    vertices_m: np.ndarray, skin_triangles: np.ndarray, scans: Scans, points_file: Path
) -> tuple[np.ndarray, np.ndarray]:
    """Corresponding points (M, 3) of both mean heads, with mirror images."""
    ours, theirs = [], []
    mirror = np.array([-1.0, 1, 1])
    for point in tomllib.loads(points_file.read_text(encoding="utf-8"))["point"]:
        across, towards = VIEWS[point["view"]]
        our = hit_surface(vertices_m, skin_triangles, across, towards, np.array([point["rig_mm"]]) / 1000)[0]
        their = hit_surface(scans.mean, scans.triangles, across, towards, np.array([point["scan_mm"]]) / 1000)[0]
        ours.append(our)
        theirs.append(their)
        if abs(our[0]) > 0.001:
            ours.append(our * mirror)
            theirs.append(their * mirror)
    return np.array(ours), np.array(theirs)


def visible_skin(vertices_m: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Vertices (V,) of the skin that can be seen from somewhere in front; the rest lies in mouth, nose and sockets."""
    seen = np.zeros(len(vertices_m), bool)
    for yaw in (-1.2, -0.6, 0.0, 0.6, 1.2):
        for pitch in (-0.5, 0.0, 0.5):
            right = np.array([np.cos(yaw), -np.sin(yaw), 0.0])
            forward = np.array([np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), -np.sin(pitch)])
            seen |= seen_points(vertices_m, triangles, np.stack([right, np.cross(right, forward)]), forward)
    is_skin = np.zeros(len(vertices_m), bool)
    is_skin[triangles] = True
    return seen & is_skin
