"""Finds which point of one head lies on which point of another, and carries shapes across: rigid and free alignment."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.interpolate import RBFInterpolator
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

_CANDIDATES = 16


@dataclass(frozen=True, eq=False)
class SurfaceMap:
    """Points on a mesh: for each the triangle's corners, the barycentric coordinates and the distance it was found at.

    Attributes:
        corners: (N, 3) vertex numbers.
        barycentric: (N, 3), sums to 1.
        distance_m: (N,) from the query point.
    """

    corners: np.ndarray
    barycentric: np.ndarray
    distance_m: np.ndarray

    def points(self, vertices: np.ndarray) -> np.ndarray:
        """Read the points off a mesh of the same topology.

        Args:
            vertices: (..., V, 3).

        Returns:
            (..., N, 3).
        """
        return (vertices[..., self.corners, :] * self.barycentric[:, :, None]).sum(-2)


def align_rigidly(
    source: np.ndarray, target: np.ndarray, weights: np.ndarray, with_scale: bool = False
) -> tuple[float, np.ndarray, np.ndarray]:
    """Find the similarity that carries one point set onto another by least squares.

    Source: Umeyama, "Least-squares estimation of transformation parameters", PAMI 1991.

    Args:
        source: (N, 3).
        target: (N, 3).
        weights: (N,) importance of each pair.
        with_scale: also solve for the scale, otherwise it is 1.

    Returns:
        scale, (3, 3) rotation and (3,) translation: target = scale * rotation @ source + translation.
    """
    share = weights / weights.sum()
    source_mean, target_mean = share @ source, share @ target
    source_centred, target_centred = source - source_mean, target - target_mean
    left, values, right = np.linalg.svd((target_centred * share[:, None]).T @ source_centred)
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left * flip) @ right
    scale = float((values * flip).sum() / (share @ (source_centred**2).sum(1))) if with_scale else 1.0
    return scale, rotation, target_mean - scale * rotation @ source_mean


def align_heads(heads: np.ndarray, references: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Move each head rigidly onto its reference.

    Args:
        heads: (N, V, 3).
        references: (N, V, 3).
        weights: (V,) importance of each vertex.

    Returns:
        (N, V, 3).
    """
    moved = np.empty_like(heads)
    for index, (head, reference) in enumerate(zip(heads, references, strict=True)):
        _, rotation, shift = align_rigidly(head, reference, weights)
        moved[index] = head @ rotation.T + shift
    return moved


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Compute area-weighted unit normals.

    Args:
        vertices: (V, 3).
        triangles: (F, 3).

    Returns:
        (V, 3), zero for vertices without triangles.
    """
    corners = vertices[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], faces)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def graph_laplacian(triangles: np.ndarray, vertices: int) -> sparse.csr_matrix:
    """Build the normalised graph Laplacian: each row is a vertex minus the mean of its neighbours.

    Args:
        triangles: (F, 3).
        vertices: V.

    Returns:
        (V, V); rows of vertices without triangles are zero.
    """
    rows, columns = triangles[:, [0, 1, 2, 1, 2, 0]].ravel(), triangles[:, [1, 2, 0, 0, 1, 2]].ravel()
    adjacency = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(vertices, vertices))
    adjacency.data[:] = 1.0
    degree = np.asarray(adjacency.sum(1)).ravel()
    mean = sparse.diags(1.0 / np.maximum(degree, 1)) @ adjacency
    return (sparse.diags((degree > 0).astype(float)) - mean).tocsr()


def seen_points(
    vertices: np.ndarray, triangles: np.ndarray, across: np.ndarray, towards: np.ndarray, cell_m: float = 0.002
) -> np.ndarray:
    """Tell which vertices a far observer sees from their outer side.

    Args:
        vertices: (V, 3) m.
        triangles: (F, 3).
        across: (2, 3) unit axes of the picture plane.
        towards: (3,) unit direction of the look.
        cell_m: resolution.

    Returns:
        (V,) bool.
    """
    steps = 8
    grid = [(i / steps, j / steps) for i in range(steps + 1) for j in range(steps + 1 - i)]
    shares = np.array([(a, b, 1 - a - b) for a, b in grid])
    samples = np.concatenate([vertices, np.einsum("sc,fcx->fsx", shares, vertices[triangles]).reshape(-1, 3)])
    place = np.floor((samples @ across.T) / cell_m).astype(np.int64)
    place -= place.min(0)
    cell = place[:, 0] * (place[:, 1].max() + 1) + place[:, 1]
    depth = samples @ towards
    nearest = np.full(cell.max() + 1, np.inf)
    np.minimum.at(nearest, cell, depth)
    is_turned_here = vertex_normals(vertices, triangles) @ towards < 0.1
    return is_turned_here & (depth[: len(vertices)] <= nearest[cell[: len(vertices)]] + cell_m)


def hit_surface(
    vertices: np.ndarray, triangles: np.ndarray, across: np.ndarray, towards: np.ndarray, places: np.ndarray
) -> np.ndarray:
    """Find the first surface point under each place of a parallel view.

    Args:
        vertices: (V, 3) m.
        triangles: (F, 3).
        across: (2, 3) unit axes of the picture plane.
        towards: (3,) unit direction of the look.
        places: (N, 2) in the picture plane, m.

    Returns:
        (N, 3) m.

    Raises:
        ValueError: a place lies beside the surface.
    """
    flat = (vertices @ across.T)[triangles]  # (F, 3, 2)
    first, second = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    area = np.where(np.abs(area) < 1e-15, np.inf, area)
    found = []
    for place in places:
        offset = place - flat[:, 0]
        second_share = (first[:, 0] * offset[:, 1] - first[:, 1] * offset[:, 0]) / area
        first_share = (offset[:, 0] * second[:, 1] - offset[:, 1] * second[:, 0]) / area
        shares = np.stack([1 - first_share - second_share, first_share, second_share], 1)
        inside = np.flatnonzero((shares >= -1e-6).all(1) & np.isfinite(area))
        if not len(inside):
            raise ValueError(f"no surface at {place * 1000} mm")
        points = (vertices[triangles[inside]] * shares[inside, :, None]).sum(1)
        found.append(points[np.argmin(points @ towards)])
    return np.array(found)


def closest_points(points: np.ndarray, vertices: np.ndarray, triangles: np.ndarray) -> SurfaceMap:
    """Find the closest point of a mesh to each query; exact as long as triangles are small and even.

    Args:
        points: (N, 3).
        vertices: (V, 3).
        triangles: (F, 3).

    Returns:
        The points on the mesh.
    """
    count = min(_CANDIDATES, len(triangles))
    near = cKDTree(vertices[triangles].mean(1)).query(points, k=count)[1].reshape(len(points), count)
    corners = vertices[triangles[near]]  # (N, C, 3, 3)
    shares = _closest_barycentric(points[:, None], corners)
    distance = np.linalg.norm((corners * shares[..., None]).sum(2) - points[:, None], axis=2)
    best = np.argmin(distance, axis=1)
    rows = np.arange(len(points))
    return SurfaceMap(triangles[near[rows, best]], shares[rows, best], distance[rows, best])


def warp_by_points(points: np.ndarray, sources: np.ndarray, targets: np.ndarray, smoothing: float) -> np.ndarray:
    """Bend space so that source points come to lie on target points: thin-plate-like in three dimensions.

    Args:
        points: (N, 3) to be carried along.
        sources: (M, 3).
        targets: (M, 3).
        smoothing: how far the targets may be missed, 0 for not at all.

    Returns:
        (N, 3).
    """
    return points + RBFInterpolator(sources, targets - sources, kernel="linear", smoothing=smoothing)(points)


def fit_surface(
    vertices: np.ndarray,
    triangles: np.ndarray,
    target_vertices: np.ndarray,
    target_triangles: np.ndarray,
    trust: np.ndarray,
    stiffness: tuple[float, ...] = (30.0, 10.0, 3.0, 1.0, 0.5, 0.3),
    reach_m: float = 0.012,
) -> np.ndarray:
    """Lay one mesh over another: closest points with a bending term that is relaxed step by step.

    Args:
        vertices: (V, 3) m, roughly aligned.
        triangles: (F, 3).
        target_vertices: (W, 3) m.
        target_triangles: (G, 3).
        trust: (V,) in [0, 1]; 0 for vertices that have no counterpart and only follow their neighbours.
        stiffness: weight of the bending term in each round; each round iterates three times.
        reach_m: pairs further apart than this, at the last round a third of it, are not believed.

    Returns:
        (V, 3) deformed vertices.
    """
    laplacian = graph_laplacian(triangles, len(vertices))
    bending = (laplacian.T @ laplacian).tocsc()
    target_normals = vertex_normals(target_vertices, target_triangles)
    fitted = vertices.copy()
    for step, weight in enumerate(np.repeat(stiffness, 3)):
        reach = reach_m * (1.0 - 0.67 * step / (3 * len(stiffness) - 1))
        found = closest_points(fitted, target_vertices, target_triangles)
        agreement = (vertex_normals(fitted, triangles) * found.points(target_normals)).sum(1)
        believed = trust * (found.distance_m < reach) * np.clip((agreement - 0.5) * 4.0, 0.0, 1.0)
        system = sparse.diags(believed + 1e-6).tocsc() + weight * bending
        goal = (believed + 1e-6)[:, None] * (found.points(target_vertices) - vertices)
        fitted = vertices + splu(system).solve(goal)
    return fitted


def _closest_barycentric(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Barycentric coordinates of the closest points of triangles (..., 3, 3) to points (..., 3)."""
    origin, first, second = corners[..., 0, :], corners[..., 1, :], corners[..., 2, :]
    edge_1, edge_2, offset = first - origin, second - origin, points - origin
    a, b, c = (edge_1**2).sum(-1), (edge_1 * edge_2).sum(-1), (edge_2**2).sum(-1)
    d, e = (edge_1 * offset).sum(-1), (edge_2 * offset).sum(-1)
    area = np.maximum(a * c - b * b, 1e-18)
    v, w = (c * d - b * e) / area, (a * e - b * d) / area
    inside = np.stack([1 - v - w, v, w], -1)
    on_1 = np.clip(d / np.maximum(a, 1e-18), 0, 1)
    on_2 = np.clip(e / np.maximum(c, 1e-18), 0, 1)
    across = second - first
    on_3 = np.clip(((points - first) * across).sum(-1) / np.maximum((across**2).sum(-1), 1e-18), 0, 1)
    zero = np.zeros_like(on_1)
    edges = np.stack(
        [
            np.stack([1 - on_1, on_1, zero], -1),
            np.stack([1 - on_2, zero, on_2], -1),
            np.stack([zero, 1 - on_3, on_3], -1),
        ],
        axis=-2,
    )  # (..., 3 edges, 3)
    distance = np.linalg.norm((edges[..., None] * corners[..., None, :, :]).sum(-2) - points[..., None, :], axis=-1)
    best = np.take_along_axis(edges, np.argmin(distance, -1)[..., None, None], -2)[..., 0, :]
    return np.where((inside >= 0).all(-1, keepdims=True), inside, best)
