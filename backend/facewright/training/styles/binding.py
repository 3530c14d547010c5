"""Binds pieces to a rig: skin weights of the skin beneath, anchors, baked openness; writes them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.spatial import cKDTree

from facewright.engine.occlusion import sky_openness
from facewright.engine.smoothstep import smoothstep
from facewright.export.files import atomic_write
from facewright.rig.nouns import SURFACES, Rig
from facewright.rig.skinning import dense_skin_weights
from facewright.training.styles.cards import LENS, PieceMesh

NEAR_TRIANGLES = 24
"""Triangles among which the nearest point of the skin is sought, by the distance of their middles."""

SMOOTHING_ROUNDS = 24
OPENNESS_ROUNDS = 2
SHADOW_STRENGTH = 0.68
"""How much of the shadow of opaque cards remains, because light falls between strands."""

LEAST_OPENNESS = 0.22


@dataclass(frozen=True)
class Attachment:
    """How a piece holds on to the head.

    Attributes:
        without_regions: bones of these regions (`Bone.region`) do not move the piece: the skin's other bones do.
        follow: share of the face's blendshapes that the piece follows, 0 for hair, 1 for beards.
        near_m, far_m: vertices nearer to the skin than `near_m` move as the skin does, those further than `far_m` as
            the mean of the mass around them.
        reach_m: cards nearer to each other than this move as one.
        influences: bones a vertex.
    """

    without_regions: tuple[str, ...] = ()
    follow: float = 0.0
    near_m: float = 0.006
    far_m: float = 0.03
    reach_m: float = 0.008
    influences: int = 8


@dataclass(frozen=True, eq=False)
class Hold:
    """What the vertices of a piece follow.

    Attributes:
        triangle: (n,) nearest triangle of the head.
        barycentric: (n, 3) place in it.
        indices: (n, I) uint8 bones.
        weights: (n, I), rows sum to 1.
    """

    triangle: np.ndarray
    barycentric: np.ndarray
    indices: np.ndarray
    weights: np.ndarray


def bind_piece(
    rig: Rig, mesh: PieceMesh, attachment: Attachment, roots_m: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Make all arrays of a piece's file, as rigs/README.md lists them.

    Args:
        rig: the rig that wears it.
        mesh: the piece on the neutral head.
        attachment: what it holds on to.
        roots_m: (n, 3) places at which each vertex holds on to the skin; its own place when None.

    Returns:
        Arrays by name.
    """
    held = hold_on(rig, mesh, attachment, roots_m)
    graph = _neighbours(mesh, attachment.reach_m)
    openness, head_openness = _bake_openness(rig, mesh)
    for _ in range(OPENNESS_ROUNDS):
        openness = graph @ openness
    openness = np.clip(openness * mesh.openness, LEAST_OPENNESS, 1)
    return {
        "vertices_m": mesh.vertices_m.astype(np.float32),
        "normals": mesh.normals.astype(np.float16),
        "triangles": mesh.triangles.astype(np.uint16 if len(mesh.vertices_m) < 1 << 16 else np.int32),
        "uv": mesh.uv.astype(np.float16),
        "material": mesh.material.astype(np.uint8),
        "indices": held.indices,
        "weights": held.weights.astype(np.float16),
        "anchor_triangle": held.triangle.astype(np.uint16 if len(rig.mesh.triangles) < 1 << 16 else np.int32),
        "anchor_barycentric": held.barycentric.astype(np.float16),
        "follow": np.full(len(held.triangle), attachment.follow, np.float16),
        "openness": np.round(openness * 255).astype(np.uint8),
        "head_openness": np.round(head_openness * 255).astype(np.uint8),
    }


def hold_on(rig: Rig, mesh: PieceMesh, attachment: Attachment, roots_m: np.ndarray | None = None) -> Hold:
    """Find the bones and the place on the head that each vertex of a piece follows.

    Args:
        rig: the rig that wears it.
        mesh: the piece on the neutral head.
        attachment: what it holds on to.
        roots_m: (n, 3) places at which each vertex holds on to the skin; its own place when None.
    """
    dense = _allowed_weights(rig, attachment.without_regions)
    skin = _skin_triangles(rig, dense.sum(axis=1) > 0)
    holds = mesh.vertices_m if roots_m is None else roots_m
    triangle, barycentric, distance = nearest_on_skin(rig.mesh.vertices_m, rig.mesh.triangles, skin, holds)
    corners = rig.mesh.triangles[triangle]
    own = np.einsum("nk,nkj->nj", barycentric, dense[corners])
    own /= np.maximum(own.sum(axis=1, keepdims=True), 1e-9)
    mean = own
    graph = _neighbours(mesh, attachment.reach_m)
    for _ in range(SMOOTHING_ROUNDS):
        mean = graph @ mean
    share = smoothstep(attachment.near_m, attachment.far_m, distance)[:, None]
    indices, weights = _strongest(own * (1 - share) + mean * share, attachment.influences)
    return Hold(triangle, barycentric, indices, weights)


def write_piece(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a piece's file, whole or not at all.

    Raises:
        OutputNotWritable: the folder cannot be written to.
    """
    contiguous = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
    atomic_write(path, lambda temporary: save_file(contiguous, temporary))


def nearest_on_skin(
    vertices_m: np.ndarray, triangles: np.ndarray, chosen: np.ndarray, points_m: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the nearest point of some triangles to each of n points.

    Args:
        vertices_m: (V, 3).
        triangles: (F, 3).
        chosen: indices of the triangles to look at.
        points_m: (n, 3).

    Returns:
        (n,) triangle, (n, 3) barycentric place in it, (n,) distance in m.
    """
    corners = np.asarray(vertices_m, np.float64)[triangles[chosen]]
    count = min(NEAR_TRIANGLES, len(chosen))
    _, near = cKDTree(corners.mean(axis=1)).query(points_m, k=count)
    near = near.reshape(len(points_m), count)
    best = np.full(len(points_m), np.inf)
    triangle, barycentric = np.zeros(len(points_m), np.int64), np.zeros((len(points_m), 3))
    for column in near.T:
        place = _closest_barycentric(corners[column], points_m)
        distance = np.linalg.norm(np.einsum("nk,nkd->nd", place, corners[column]) - points_m, axis=1)
        better = distance < best
        best[better], triangle[better], barycentric[better] = distance[better], chosen[column[better]], place[better]
    return triangle, barycentric, best


def _closest_barycentric(corners: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return (n, 3) places of the points of triangles (n, 3, 3) that are nearest to points (n, 3)."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    e, f, p = b - a, c - a, points - a
    ee, ef, ff, pe, pf = (np.einsum("nd,nd->n", u, v) for u, v in ((e, e), (e, f), (f, f), (p, e), (p, f)))
    determinant = np.maximum(ee * ff - ef * ef, 1e-30)
    s, t = (ff * pe - ef * pf) / determinant, (ee * pf - ef * pe) / determinant
    best = np.stack([1 - s - t, s, t], axis=1)
    inside = np.asarray((best >= 0).all(axis=1))
    places = []
    for start, end in ((0, 1), (1, 2), (2, 0)):
        way = corners[:, end] - corners[:, start]
        share = np.einsum("nd,nd->n", points - corners[:, start], way) / np.maximum((way * way).sum(1), 1e-30)
        place = np.zeros((len(points), 3))
        place[:, end] = np.clip(share, 0, 1)
        place[:, start] = 1 - place[:, end]
        places.append(place)
    edges = np.stack(places)  # (3, n, 3)
    gap = np.linalg.norm(np.einsum("enk,nkd->end", edges, corners) - points, axis=2)
    nearest = edges[gap.argmin(axis=0), np.arange(len(points))]
    return np.where(inside[:, None], best, nearest)


def _allowed_weights(rig: Rig, without_regions: tuple[str, ...]) -> np.ndarray:
    """Return (V, J) skin weights without some bones; rows of vertices that hang mostly on those are zero."""
    dense = dense_skin_weights(rig.skin_indices, rig.skin_weights, len(rig.bones)).astype(np.float64)
    dense[:, [bone.region in without_regions for bone in rig.bones]] = 0
    total = dense.sum(axis=1, keepdims=True)
    return np.where(total > 0.3, dense / np.maximum(total, 1e-9), 0)


def _skin_triangles(rig: Rig, is_allowed: np.ndarray) -> np.ndarray:
    """Return the triangles of skin whose corners may all be held on to."""
    skin = rig.mesh.surfaces == SURFACES.index("skin")
    return np.flatnonzero((skin & is_allowed)[rig.mesh.triangles].all(axis=1))


def _neighbours(mesh: PieceMesh, reach_m: float) -> csr_matrix:
    """Return the (n, n) matrix that averages each vertex with those that it shares triangles with or lies beside."""
    count = len(mesh.vertices_m)
    edges = mesh.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    pairs = np.concatenate([edges, cKDTree(mesh.vertices_m).query_pairs(reach_m, output_type="ndarray")])
    pairs = np.concatenate([pairs, pairs[:, ::-1], np.repeat(np.arange(count)[:, None], 2, axis=1)])
    graph = coo_matrix((np.ones(len(pairs)), pairs.T), (count, count)).tocsr()
    return diags(1 / np.asarray(graph.sum(axis=1)).ravel()) @ graph


def _strongest(dense: np.ndarray, influences: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the strongest bones (n, I) uint8 and their weights (n, I), which sum to 1."""
    order = np.argsort(-dense, axis=1, kind="stable")[:, :influences]
    weights = np.take_along_axis(dense, order, axis=1)
    return order.astype(np.uint8), weights / weights.sum(axis=1, keepdims=True)


def _bake_openness(rig: Rig, mesh: PieceMesh) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of the sky (n,) that the piece sees, and the factor (V,) on the head's while it is worn."""
    head = rig.mesh.vertices_m
    skin = rig.mesh.triangles[(rig.mesh.surfaces == SURFACES.index("skin"))[rig.mesh.triangles].all(axis=1)]
    opaque = mesh.triangles[mesh.material != LENS] + len(head)
    vertices = np.concatenate([head, mesh.vertices_m])
    normals = np.concatenate([_vertex_normals(head, rig.mesh.triangles), mesh.normals])
    bare = sky_openness(vertices, normals, skin)
    worn = sky_openness(vertices, normals, np.concatenate([skin, opaque]))
    left = 1 - SHADOW_STRENGTH * (1 - np.clip(worn / np.maximum(bare, 1e-3), 0, 1))
    return (bare * left)[len(head) :], left[: len(head)]


def _vertex_normals(vertices_m: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    corners = np.asarray(vertices_m, np.float64)[triangles]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros(vertices_m.shape)
    for k in range(3):
        np.add.at(normals, triangles[:, k], areas)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
