"""Heads of any topology and any axes: read from OBJ, aligned to a rig's neutral head and registered to its mesh."""

from itertools import permutations, product
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from facewright.errors import ConfigInvalid
from facewright.training.head_regions import HeadRegions
from facewright.training.registration import align_rigidly, fit_surface

_SAMPLES = 1500
_FIRST_ROUNDS, _ROUNDS = 6, 60
_LIKELY = 3
"""So many of the 24 ways to turn a head are looked at closely."""

_WORST_SHARE = 0.3
"""This share of the worst pairs is not believed: a head may lack its neck or bring its shoulders."""


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the vertices (V, 3) and, fanned out, the triangles (F, 3) of an OBJ file.

    Raises:
        ConfigInvalid: the file holds no mesh.
    """
    vertices, triangles = [], []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split()
        if words and words[0] == "v":
            vertices.append([float(word) for word in words[1:4]])
        elif words and words[0] == "f":
            corners = [int(word.split("/")[0]) for word in words[1:]]
            corners = [corner - 1 if corner > 0 else corner + len(vertices) for corner in corners]
            triangles += [(corners[0], *pair) for pair in zip(corners[1:-1], corners[2:], strict=True)]
    if not triangles:
        raise ConfigInvalid(f"--obj: {path.name} holds no faces", "export the head as a mesh with faces")
    return np.array(vertices), np.array(triangles)


def register_head(
    neutral_m: np.ndarray, regions: HeadRegions, vertices: np.ndarray, triangles: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Carry a head over to a rig's topology.

    Args:
        neutral_m: (V, 3) the rig's neutral head.
        regions: of the rig.
        vertices: (W, 3) the head, in any unit and turned by any quarter turns.
        triangles: (G, 3).

    Returns:
        The head in the rig's topology (V, 3), and its own vertices (W, 3) in the same place, both in m.
    """
    trust = skin_trust(regions)
    counted = np.flatnonzero(trust > 0)
    ours = neutral_m[counted][:: max(1, len(counted) // _SAMPLES)]
    tried = [_iterate(ours, _scaled_head(ours, vertices @ turn.T), _FIRST_ROUNDS) for turn in _quarter_turns()]
    likely = sorted(tried, key=lambda trial: trial[1])[:_LIKELY]
    best = min((_iterate(ours, placed, _ROUNDS) for placed, _ in likely), key=lambda trial: trial[1])[0]
    return fit_surface(neutral_m, regions.skin_triangles, best, triangles, trust, reach_m=0.02), best


def skin_trust(regions: HeadRegions) -> np.ndarray:
    """Return (V,) in [0, 1]: how far each vertex of the skin has a counterpart on other heads; 0 for inner parts."""
    is_skin = np.isin(np.arange(len(regions.weights)), regions.skin_triangles)
    return np.clip(regions.weights, 0.0, 1.0) * is_skin


def _quarter_turns() -> list[np.ndarray]:
    """The 24 rotations (3, 3) that carry axes onto axes."""
    turns = []
    for order, signs in product(permutations(range(3)), product((-1.0, 1.0), repeat=3)):
        turn = np.eye(3)[list(order)] * np.array(signs)[:, None]
        if np.linalg.det(turn) > 0:
            turns.append(turn)
    return turns


def _scaled_head(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Scale and shift a head (W, 3) so that the part above its shoulders spans ours (n, 3)."""
    width, top = np.ptp(theirs[:, 0]), theirs[:, 2].max()
    for _ in range(4):  # the head is what lies within one and a half of its own widths below the top
        width = np.ptp(theirs[theirs[:, 2] >= top - 1.5 * width, 0])
    head = theirs[theirs[:, 2] >= top - 1.5 * width]
    size = np.ptp(ours[:, 0]) / max(float(width), 1e-9)
    return size * theirs + (ours.max(0) + ours.min(0)) / 2 - size * (head.max(0) + head.min(0)) / 2


def _iterate(ours: np.ndarray, theirs: np.ndarray, rounds: int) -> tuple[np.ndarray, float]:
    """Iterate closest points with scale; return the moved head (W, 3) and the trimmed mean distance (m)."""
    error = np.inf
    for _ in range(rounds):
        distance, nearest = cKDTree(theirs).query(ours)
        kept = distance <= np.quantile(distance, 1 - _WORST_SHARE)
        error = float(distance[kept].mean())
        weights = np.ones(int(kept.sum()))
        scale, rotation, shift = align_rigidly(theirs[nearest[kept]], ours[kept], weights, with_scale=True)
        theirs = scale * theirs @ rotation.T + shift
    return theirs, error
