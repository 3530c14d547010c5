"""Tangents of a textured mesh, for normal maps."""

import numpy as np


def vertex_tangents(points: np.ndarray, normals: np.ndarray, uv: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Compute the tangents of a mesh whose vertices have one texture point each.

    Every corner weighs by its angle, as in MikkTSpace. Where the texture has no extent, any tangent is given.

    Args:
        points: (n, 3) vertices.
        normals: (n, 3) unit normals.
        uv: (n, 2) texture points, v up.
        triangles: (t, 3) vertices.

    Returns:
        (n, 4) float32: unit tangents in the direction of growing u, and 1 or -1, the sign with which
        cross(normal, tangent) points to growing v.
    """
    corners, places = points.astype(np.float64)[triangles], uv.astype(np.float64)[triangles]
    edges, steps = corners[:, 1:] - corners[:, :1], places[:, 1:] - places[:, :1]  # (t, 2, 3), (t, 2, 2)
    area = steps[:, 0, 0] * steps[:, 1, 1] - steps[:, 1, 0] * steps[:, 0, 1]
    turned = np.sign(area)[:, None]
    along_u = (edges[:, 0] * steps[:, 1, 1, None] - edges[:, 1] * steps[:, 0, 1, None]) * turned
    along_v = (edges[:, 1] * steps[:, 0, 0, None] - edges[:, 0] * steps[:, 1, 0, None]) * turned
    tangents, bitangents = np.zeros((len(points), 3)), np.zeros((len(points), 3))
    for k in range(3):
        before, after = (_unit(corners[:, (k + step) % 3] - corners[:, k]) for step in (2, 1))
        angle = np.arccos(np.clip((before * after).sum(1), -1.0, 1.0))[:, None]
        at = triangles[:, k]
        np.add.at(tangents, at, angle * _unit(_flatten(along_u, normals[at])))
        np.add.at(bitangents, at, angle * _unit(_flatten(along_v, normals[at])))
    helper = np.where(np.abs(normals[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    tangents = _flatten(tangents, normals)
    is_lost = np.linalg.norm(tangents, axis=1, keepdims=True) < 1e-6
    tangents = _unit(np.where(is_lost, _flatten(helper, normals), tangents))
    is_mirrored = (np.cross(normals, tangents) * bitangents).sum(1) < 0
    return np.concatenate([tangents, np.where(is_mirrored, -1.0, 1.0)[:, None]], axis=1).astype(np.float32)


def _flatten(vectors: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Remove the part of vectors (n, 3) along unit normals (n, 3)."""
    return vectors - normals * (vectors * normals).sum(1, keepdims=True)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-20)
