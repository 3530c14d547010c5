"""What a rig's vertices mean to the registration: how much each counts, which lie in the face, which touch."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from facewright.rig.nouns import SURFACES, Rig
from facewright.training.registration import seen_points

HELD_WEIGHT = 0.2
INNER_WEIGHT = 0.2
TOUCH_M = 0.0025
APART_M = 0.015
NEAR_EYE_M = 0.003


@dataclass(frozen=True, eq=False)
class HeadRegions:
    """What the vertices mean.

    Attributes:
        skin_triangles: (F, 3) triangles of the skin.
        weights: (V,) importance in the registration: 1 in the face, HELD_WEIGHT on cranium, ears and neck, 0 inside.
        face: (V,) bool, the part of the face that the frontal view shows; all errors are measured on it.
        free: (V,) bool, hidden skin (mouth, nostrils, sockets) that only follows its surroundings.
        touching: (Q, 2) pairs of vertices that touch across the lips, the upper one first.
        followers: inner parts, each with the skin that it follows: an eyeball its lids, teeth and tongue the lips.
    """

    skin_triangles: np.ndarray
    weights: np.ndarray
    face: np.ndarray
    free: np.ndarray
    touching: np.ndarray
    followers: tuple[tuple[np.ndarray, np.ndarray], ...]


def find_regions(rig: Rig, trust: np.ndarray, held_regions: list[str], lowest_m: float) -> HeadRegions:
    """Work out what the vertices mean.

    Args:
        rig: the rig.
        trust: (V,) in [0, 1], how far the scans know the vertex.
        held_regions: bones of these regions carry vertices that are only held.
        lowest_m: vertices below do not count at all.
    """
    vertices, skin = rig.mesh.vertices_m.astype(np.float64), skin_triangles(rig)
    is_held = np.array([bone.region in held_regions for bone in rig.bones])
    held = (rig.skin_weights * is_held[rig.skin_indices]).sum(1)
    weights = trust * (1.0 - (1.0 - HELD_WEIGHT) * np.clip(held, 0.0, 1.0)) * (vertices[:, 2] > lowest_m)
    is_face = weights > 0.7
    middle = (vertices[is_face, 1].min() + vertices[is_face, 1].max()) / 2
    shown = seen_points(vertices, skin, np.array([[1.0, 0, 0], [0, 0, 1]]), np.array([0.0, 1, 0]))
    is_skin = np.isin(np.arange(len(vertices)), skin)
    touching = _touching(vertices, skin, np.flatnonzero(is_face))
    followers = [(ball, _around(vertices, ball, np.flatnonzero(is_face))) for ball in _eyeballs(rig)]
    mouth = np.flatnonzero(np.isin(rig.mesh.surfaces, [SURFACES.index("teeth"), SURFACES.index("tongue")]))
    if len(touching):
        followers.append((mouth, np.unique(touching)))
    for inner, _ in followers:
        weights[inner] = INNER_WEIGHT
    return HeadRegions(
        skin_triangles=skin,
        weights=weights,
        face=is_face & shown & (vertices[:, 1] < middle),
        free=is_skin & (trust == 0) & (held < 0.5),
        touching=touching,
        followers=tuple(followers),
    )


def skin_triangles(rig: Rig) -> np.ndarray:
    """Return the triangles (F, 3) whose corners are all skin."""
    is_skin = rig.mesh.surfaces == SURFACES.index("skin")
    return rig.mesh.triangles[is_skin[rig.mesh.triangles].all(1)]


def carry_inner_parts(heads: np.ndarray, reference: np.ndarray, regions: HeadRegions) -> np.ndarray:
    """Let eyeballs follow the mean motion of their lids, and teeth and tongue that of the lips.

    Args:
        heads: (N, V, 3) m.
        reference: (V, 3) m, the head that they are displaced from.
        regions: of the rig.

    Returns:
        (N, V, 3) m.
    """
    carried = heads.copy()
    for inner, around in regions.followers:
        motion = (heads[:, around] - reference[around]).mean(1, keepdims=True)
        carried[:, inner] = reference[inner] + motion
    return carried


def share_skull(heads: np.ndarray, mean_head: np.ndarray, regions: HeadRegions, variety: float) -> np.ndarray:
    """Give a population the mean cranium, ears and neck of another and calm theirs; its faces stay.

    Args:
        heads: (N, V, 3) m.
        mean_head: (V, 3) m, the other population's mean.
        regions: of the rig.
        variety: share of their own variety that cranium, ears and neck keep.

    Returns:
        (N, V, 3) m.
    """
    held = np.clip((1.0 - regions.weights) / (1.0 - HELD_WEIGHT), 0.0, 1.0) * (regions.weights > 0)
    for inner, _ in regions.followers:
        held[inner] = 0.0
    return heads + held[:, None] * (mean_head + variety * (heads - heads.mean(0)) - heads)


def close_touching(offset: np.ndarray, regions: HeadRegions, by_m: float) -> np.ndarray:
    """Bring touching skin together by half of a distance (m) from above and half from below."""
    closed = offset.copy()
    upper, lower = (np.unique(column) for column in regions.touching.T)
    closed[np.setdiff1d(upper, lower), 2] -= by_m / 2
    closed[np.setdiff1d(lower, upper), 2] += by_m / 2
    return closed


def spread_offset(rig: Rig, regions: HeadRegions, offset: np.ndarray, smoothing: float) -> np.ndarray:
    """Smooth an offset of the face, fade it to nothing outside, and let eyes, lashes, teeth and tongue follow.

    Args:
        rig: the rig.
        regions: of the rig.
        offset: (V, 3) m, read in the face only.
        smoothing: weight of the stretching term; it never overshoots, as a bending term would inside the mouth.

    Returns:
        (V, 3) m.
    """
    vertices = rig.mesh.vertices_m
    trusted = regions.weights > 0.7
    certainty = np.where(trusted, regions.weights, np.where(regions.free, 0.0, 1.0))
    edges = np.unique(np.sort(regions.skin_triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)), axis=0)
    ends, rows = edges.ravel(), np.repeat(np.arange(len(edges)), 2)
    differences = sparse.csr_matrix((np.tile([1.0, -1.0], len(edges)), (rows, ends)), shape=(len(edges), len(vertices)))
    system = sparse.diags(certainty + 1e-6) + smoothing * (differences.T @ differences)
    spread = splu(system.tocsc()).solve(certainty[:, None] * np.where(trusted[:, None], offset, 0.0))
    for inner, around in regions.followers:
        spread[inner] = spread[around].mean(0)
    skin = np.unique(regions.skin_triangles)
    lashes = np.flatnonzero(rig.mesh.surfaces == SURFACES.index("lash"))
    near = cKDTree(vertices[skin]).query(vertices[lashes], k=3)[1]
    spread[lashes] = spread[skin[near]].mean(1)
    return spread


def _eyeballs(rig: Rig) -> list[np.ndarray]:
    triangles = rig.mesh.triangles
    is_eye = rig.mesh.surfaces == SURFACES.index("eye")
    edges = triangles[is_eye[triangles].all(1)][:, [0, 1, 1, 2]].reshape(-1, 2)
    count = len(is_eye)
    graph = sparse.csr_matrix((np.ones(len(edges)), edges.T), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    return [np.flatnonzero(component == label) for label in np.unique(component[is_eye])]


def _around(vertices: np.ndarray, ball: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    distance = cKDTree(vertices[ball]).query(vertices[candidates])[0]
    return candidates[distance < NEAR_EYE_M]


def _touching(vertices: np.ndarray, triangles: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Pairs (Q, 2) of candidates that are close in space and far apart along the skin, the upper one first."""
    edges = triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    lengths = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    graph = sparse.coo_matrix((lengths, edges.T), shape=(len(vertices),) * 2).tocsr()
    graph = graph.maximum(graph.T)
    close = cKDTree(vertices[candidates]).query_pairs(TOUCH_M, output_type="ndarray")
    pairs = candidates[close].reshape(-1, 2)
    is_upside_down = vertices[pairs[:, 0], 2] < vertices[pairs[:, 1], 2]
    pairs[is_upside_down] = pairs[is_upside_down, ::-1]
    starts, rows = np.unique(pairs[:, 0], return_inverse=True)
    along = dijkstra(graph, indices=starts, limit=APART_M)
    return pairs[np.isinf(along[rows, pairs[:, 1]])]
