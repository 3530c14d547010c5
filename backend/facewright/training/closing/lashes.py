"""Ties lashes to the skin of their lid: roots to the nearest skin, and the hairs to their roots."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from facewright.rig.nouns import SURFACES, Rig
from facewright.training.closing.lid_rings import BEHIND, Lids

ROOT_M = 0.0013
"""Lash vertices nearer than this to a vertex of the lid are roots."""

SKIN_RINGS = slice(BEHIND - 1, BEHIND + 1)
"""Rings in which lashes are rooted."""

FAR_M = 0.02


@dataclass(frozen=True, eq=False)
class Lash:
    """A strip of lashes.

    Attributes:
        is_upper: whether it is on the upper lid.
        vertices: (n,).
        roots: (r,) rows of `vertices`.
        skin: (s,) vertices of the lid's edge.
        hold: (r, s) shares of the skin in each root.
        spread: (n, r) shares of the roots in each vertex.
    """

    is_upper: bool
    vertices: np.ndarray
    roots: np.ndarray
    skin: np.ndarray
    hold: np.ndarray
    spread: np.ndarray


def lashes_of(rig: Rig, lids: Lids) -> list[Lash]:
    """Return the strips of lashes of one eye."""
    rest, rim = rig.mesh.vertices_m.astype(np.float64), lids.rim
    middle, half = rest[rim].mean(0), len(rim) // 2
    columns = {True: np.arange(half + 1), False: np.append(np.arange(half, len(rim)), 0)}
    found = []
    for vertices in pieces(rig, "lash"):
        if np.linalg.norm(rest[vertices].mean(0) - middle) > FAR_M:
            continue
        is_upper = bool(rest[vertices, 2].mean() > middle[2])
        skin = np.unique(lids.rings[SKIN_RINGS][:, columns[is_upper]])
        away = np.linalg.norm(rest[vertices, None] - rest[skin], axis=2)  # (n, s)
        roots = np.flatnonzero(away.min(1) < ROOT_M)
        hold = 1 / (away[roots] + 1e-5) ** 4
        hold /= hold.sum(1, keepdims=True)
        found.append(Lash(is_upper, vertices, roots, skin, hold, _spread(rig, vertices, roots)))
    return found


def pieces(rig: Rig, surface: str) -> list[np.ndarray]:
    """Return the vertices of each connected piece of a surface."""
    count = len(rig.mesh.vertices_m)
    edges = rig.mesh.triangles[:, [0, 1, 1, 2]].reshape(-1, 2)
    _, piece = connected_components(coo_matrix((np.ones(len(edges)), edges.T), (count, count)), directed=False)
    of_surface = rig.mesh.surfaces == SURFACES.index(surface)
    return [np.flatnonzero(piece == number) for number in np.unique(piece[of_surface])]


def _spread(rig: Rig, vertices: np.ndarray, roots: np.ndarray) -> np.ndarray:
    """Return (n, r): the harmonic continuation of values at the roots over the strip's edges."""
    number = np.full(len(rig.mesh.vertices_m), -1)
    number[vertices] = np.arange(len(vertices))
    triangles = number[rig.mesh.triangles]
    edges = triangles[(triangles >= 0).all(1)][:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    lengths = np.linalg.norm(
        rig.mesh.vertices_m[vertices[edges[:, 0]]] - rig.mesh.vertices_m[vertices[edges[:, 1]]], axis=1
    )
    laplacian = np.zeros((len(vertices), len(vertices)))
    np.add.at(laplacian, (edges[:, 0], edges[:, 1]), -1 / lengths)
    laplacian = laplacian + laplacian.T
    np.fill_diagonal(laplacian, -laplacian.sum(1))
    free = np.setdiff1d(np.arange(len(vertices)), roots)
    spread = np.zeros((len(vertices), len(roots)))
    spread[roots, np.arange(len(roots))] = 1
    spread[free] = -np.linalg.solve(laplacian[np.ix_(free, free)], laplacian[np.ix_(free, roots)])
    return spread
