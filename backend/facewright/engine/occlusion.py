"""How much of the sky each vertex of the neutral head sees, by shadow maps from many directions."""

import numpy as np

from facewright.engine.raster import covered_samples

DIRECTIONS = 40
MAP_SIDE_PX = 112
BIAS_M = 0.004
"""A vertex is lit when nothing lies further than this in front of it; hides the maps' coarseness."""


def sky_openness(vertices_m: np.ndarray, normals: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Measure the share of the sky, weighted by the cosine to the normal, that reaches each vertex.

    Args:
        vertices_m: (V, 3) the neutral head.
        normals: (V, 3) unit normals.
        triangles: (F, 3) those that cast shadows.

    Returns:
        (V,) float32 in [0, 1].
    """
    vertices = np.asarray(vertices_m, np.float64) - np.mean(vertices_m, axis=0)
    radius = np.linalg.norm(vertices, axis=1).max() * 1.01
    received, possible = np.zeros(len(vertices)), np.full(len(vertices), 1e-6)
    for direction in _spread_directions(DIRECTIONS):
        cosine = np.maximum(normals @ direction, 0)
        received += cosine * _lit_share(vertices, triangles, direction, radius)
        possible += cosine
    return (received / possible).astype(np.float32)


def _spread_directions(count: int) -> np.ndarray:
    """Return (count, 3) unit vectors spread evenly over the sphere (Fibonacci spiral)."""
    index = np.arange(count) + 0.5
    z, turn = 1 - 2 * index / count, np.pi * (1 + 5**0.5) * index
    ring = np.sqrt(1 - z * z)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), z], axis=1)


def _lit_share(vertices: np.ndarray, triangles: np.ndarray, direction: np.ndarray, radius: float) -> np.ndarray:
    """Return how far each vertex is lit from a direction, (V,), smoothed over four texels of the map."""
    side = MAP_SIDE_PX
    helper = np.eye(3)[np.argmin(np.abs(direction))]
    right = np.cross(direction, helper)
    right /= np.linalg.norm(right)
    frame = np.stack([right, np.cross(direction, right), -direction])
    seen = vertices @ frame.T  # z grows away from the light
    xy = (seen[:, :2] / radius + 1) * (side / 2)
    nearest: np.ndarray = np.full(side * side, np.inf)
    distance = seen[:, 2] + 2 * radius
    for triangle, pixel, weights in covered_samples(
        xy[triangles], np.ones(triangles.shape), np.arange(len(triangles)), side, side
    ):
        np.minimum.at(nearest, pixel, np.einsum("ij,ij->i", weights, distance[triangles[triangle]]))
    nearest = nearest.reshape(side, side)
    corner = np.clip(np.floor(xy - 0.5), 0, side - 2).astype(np.int64)
    across, down = np.clip(xy - 0.5 - corner, 0, 1).T
    lit = np.zeros(len(vertices))
    for dx, dy, share in (
        (0, 0, (1 - across) * (1 - down)),
        (1, 0, across * (1 - down)),
        (0, 1, (1 - across) * down),
        (1, 1, across * down),
    ):
        lit += share * (nearest[corner[:, 1] + dy, corner[:, 0] + dx] > distance - BIAS_M)
    return lit
