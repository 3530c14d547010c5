"""Normals of meshes."""

import numpy as np


def smooth_normals(vertices_m: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return (n, 3) float32 unit normals of vertices (n, 3), weighted by the areas of their triangles (t, 3)."""
    vertices = vertices_m.astype(np.float64)
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    area = np.cross(b - a, c - a)
    corners, shares = triangles.T.ravel(), np.tile(area, (3, 1))
    normals = np.stack([np.bincount(corners, shares[:, axis], len(vertices)) for axis in range(3)], axis=1)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(length > 1e-14, normals / np.maximum(length, 1e-14), [0.0, 0.0, 1.0]).astype(np.float32)
