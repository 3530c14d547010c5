"""Builds pieces out of strips: cards along guide curves, with normals of the mass that they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

HAIR, LENS = 0, 1
"""Materials of a triangle."""


@dataclass(frozen=True, eq=False)
class PieceMesh:
    """A piece before it is bound to a head.

    Attributes:
        vertices_m: (n, 3) world space at rest.
        normals: (n, 3) unit, smooth, pointing out of the mass.
        triangles: (t, 3) int.
        uv: (n, 2) in [0, 1], v up.
        openness: (n,) factor in [0, 1] on the baked share of sky.
        material: (t,) HAIR or LENS.
    """

    vertices_m: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    openness: np.ndarray
    material: np.ndarray


def join(meshes: Sequence[PieceMesh]) -> PieceMesh:
    """Put meshes side by side into one; their order is the order of the triangles."""
    starts = np.cumsum([0, *(len(mesh.vertices_m) for mesh in meshes)])
    return PieceMesh(
        np.concatenate([mesh.vertices_m for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.triangles + start for mesh, start in zip(meshes, starts[:-1], strict=True)]),
        np.concatenate([mesh.uv for mesh in meshes]),
        np.concatenate([mesh.openness for mesh in meshes]),
        np.concatenate([mesh.material for mesh in meshes]),
    )


def resample(curves: np.ndarray, points: int, spacing: float = 1.0) -> np.ndarray:
    """Place points along curves by arc length.

    Args:
        curves: (k, m, 3) polylines, roots first.
        points: how many points each new curve has.
        spacing: exponent of the places; 1 is even, above 1 puts more points near the roots.

    Returns:
        (k, points, 3).
    """
    steps = np.linalg.norm(np.diff(curves, axis=1), axis=2)
    along = np.concatenate([np.zeros((len(curves), 1)), np.cumsum(steps, axis=1)], axis=1)
    wanted = np.linspace(0, 1, points)[None] ** spacing * along[:, -1:]
    index = np.clip((along[:, None, :] <= wanted[:, :, None]).sum(axis=2) - 1, 0, curves.shape[1] - 2)  # (k, points)
    start, end = np.take_along_axis(along, index, 1), np.take_along_axis(along, index + 1, 1)
    share = ((wanted - start) / np.maximum(end - start, 1e-12))[..., None]
    row = np.arange(len(curves))[:, None]
    return curves[row, index] * (1 - share) + curves[row, index + 1] * share


def tangents(curves: np.ndarray) -> np.ndarray:
    """Return the unit directions of curves at their points, from root to tip; (k, m, 3)."""
    along = np.gradient(curves, axis=1)
    return along / np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-12)


def across(curves: np.ndarray, normals: np.ndarray, twist_rad: np.ndarray | float = 0.0) -> np.ndarray:
    """Return the unit directions in which cards extend sideways, so that they lie flat on a surface.

    Args:
        curves: (k, m, 3).
        normals: (k, m, 3) unit normals of the surface.
        twist_rad: turn of each card about its own direction, a number or (k, 1) or (k, m).

    Returns:
        (k, m, 3), at right angles to the curves.
    """
    along = tangents(curves)
    flat = np.cross(along, normals)
    flat /= np.maximum(np.linalg.norm(flat, axis=2, keepdims=True), 1e-9)
    upward = np.cross(flat, along)
    turn = np.asarray(twist_rad, np.float64)
    turn = np.broadcast_to(turn if turn.ndim else turn[None, None], flat.shape[:2])[..., None]
    return flat * np.cos(turn) + upward * np.sin(turn)


def strips(
    curves: np.ndarray,
    sideways: np.ndarray,
    widths_m: np.ndarray,
    boxes: np.ndarray,
    normals: np.ndarray,
    splay_rad: float = 0.35,
    openness: np.ndarray | float = 1.0,
) -> PieceMesh:
    """Lay one card of two columns along each curve.

    Args:
        curves: (k, m, 3) middle lines, roots first.
        sideways: (k, m, 3) unit directions across the cards.
        widths_m: (k, m) whole widths.
        boxes: (k, 4) left, bottom, right, top of each card's part of the texture; the root lies at the top.
        normals: (k, m, 3) unit normals of the mass at the curves.
        splay_rad: how far the normals of the two edges lean outwards, which makes a card look round.
        openness: (k, m) or a number, factor on the baked openness.

    Returns:
        k strips of 2 (m - 1) triangles.
    """
    count, points = curves.shape[:2]
    half = sideways * (widths_m[..., None] / 2)
    vertices = np.stack([curves - half, curves + half], axis=2).reshape(-1, 3)
    lean = np.tan(splay_rad) * sideways
    normal = np.stack([normals - lean, normals + lean], axis=2).reshape(-1, 3)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    steps = np.linalg.norm(np.diff(curves, axis=1), axis=2)
    along = np.concatenate([np.zeros((count, 1)), np.cumsum(steps, axis=1)], axis=1)
    along /= np.maximum(along[:, -1:], 1e-12)
    v = boxes[:, None, 3] + (boxes[:, 1] - boxes[:, 3])[:, None] * along
    u = np.broadcast_to(boxes[:, None, [0, 2]], (count, points, 2))
    uv = np.stack([u, np.broadcast_to(v[..., None], u.shape)], axis=-1).reshape(-1, 2)
    shade = np.broadcast_to(np.asarray(openness, np.float64), (count, points))
    triangles = _ladder(points)[None] + (np.arange(count) * 2 * points)[:, None, None]
    triangles = triangles.reshape(-1, 3)
    return PieceMesh(vertices, normal, triangles, uv, np.repeat(shade.ravel(), 2), np.zeros(len(triangles), np.uint8))


def sheet(
    grid_m: np.ndarray, normals: np.ndarray, uv: np.ndarray, is_ring: bool, openness: np.ndarray | float = 1.0
) -> PieceMesh:
    """Span a surface over a grid of points.

    Args:
        grid_m: (r, c, 3) points; rows and columns turn counter-clockwise seen from outside where rows point down
            and columns to the right.
        normals: (r, c, 3) unit.
        uv: (r, c, 2).
        is_ring: whether the last column joins the first; give it its own column of uv by repeating the first point.
        openness: (r, c) or a number, factor on the baked openness.

    Returns:
        The sheet, without the triangles that have no area.
    """
    rows, columns = grid_m.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    right = np.roll(index, -1, axis=1) if is_ring else index[:, 1:]
    left = index if is_ring else index[:, :-1]
    a, b, c, d = left[:-1].ravel(), left[1:].ravel(), right[1:].ravel(), right[:-1].ravel()
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    flat = grid_m.reshape(-1, 3)
    corners = flat[triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    triangles = triangles[area > 1e-12]
    shade = np.broadcast_to(np.asarray(openness, np.float64), (rows, columns)).ravel()
    return PieceMesh(
        flat, normals.reshape(-1, 3), triangles, uv.reshape(-1, 2), shade, np.zeros(len(triangles), np.uint8)
    )


def smooth_normals(
    vertices_m: np.ndarray, places_m: np.ndarray, normals: np.ndarray, neighbours: int = 12
) -> np.ndarray:
    """Take normals over from a smooth surface nearby, as the mean of its nearest points.

    Args:
        vertices_m: (n, 3) where normals are wanted.
        places_m: (m, 3) points of the surface.
        normals: (m, 3) its unit normals.
        neighbours: how many points are averaged.

    Returns:
        (n, 3) unit normals.
    """
    distance, nearest = cKDTree(places_m).query(vertices_m, k=min(neighbours, len(places_m)))
    weight = 1 / (distance + distance.mean(axis=1, keepdims=True) + 1e-9)
    mean = (normals[nearest] * weight[..., None]).sum(axis=1)
    return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)


def _ladder(points: int) -> np.ndarray:
    """Return the (2 (points - 1), 3) triangles of one strip with two vertices at each point."""
    rung = 2 * np.arange(points - 1)[:, None]
    both = np.concatenate([rung + [0, 2, 3], rung + [0, 3, 1]], axis=1)
    return both.reshape(-1, 3)
