"""Which vertices are the face, and how far two faces are apart."""

import numpy as np
from scipy.spatial import ConvexHull, Delaunay

from facewright.engine.cameras import FACE_FRAME, canonical_camera, project
from facewright.engine.mesh import SKIN
from facewright.rig.anchors import eye_centres, landmark_points
from facewright.rig.nouns import Rig
from facewright.training.registration import align_rigidly

HIDDEN_M = 0.004
"""A vertex this far behind the nearest one of its 2 px cell is inside the mouth, the nose or the lids."""


def face_vertices(rig: Rig) -> np.ndarray:
    """Return the skin vertices (n,) that the frontal view shows inside the outline of the landmarks.

    Args:
        rig: a rig with a landmark map.
    """
    vertices = rig.mesh.vertices_m
    camera = canonical_camera(eye_centres(rig, vertices), FACE_FRAME, 256)
    pixels, depth = project(camera, vertices)
    outline, _ = project(camera, landmark_points(rig, vertices))
    hull = Delaunay(outline[ConvexHull(outline).vertices])
    inside = (rig.mesh.surfaces == SKIN) & (hull.find_simplex(pixels) >= 0)
    cells = np.floor(pixels / 4).astype(int)
    nearest: dict[tuple[int, int], float] = {}
    for index in np.flatnonzero(inside):
        cell = (cells[index, 0], cells[index, 1])
        nearest[cell] = min(nearest.get(cell, np.inf), depth[index])
    seen = [
        index for index in np.flatnonzero(inside) if depth[index] < nearest[cells[index, 0], cells[index, 1]] + HIDDEN_M
    ]
    return np.array(seen)


def aligned_error_mm(source: np.ndarray, target: np.ndarray) -> float:
    """Return the mean distance of corresponding points (n, 3) in mm after rigid alignment."""
    _, rotation, shift = align_rigidly(source, target, np.ones(len(source)))
    return float(1000 * np.linalg.norm(source @ rotation.T + shift - target, axis=1).mean())
