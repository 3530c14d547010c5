"""Which vertices are the face, and how far two faces are apart."""

import numpy as np
from scipy.spatial import ConvexHull, Delaunay

from facewright.engine.cameras import FACE_FRAME, canonical_camera, project
from facewright.engine.mesh import SKIN
from facewright.rig.anchors import eye_centres, landmark_points
from facewright.rig.nouns import Rig
from facewright.training.registration import align_rigidly, seen_points

FRONT_VIEW = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""Axes of the picture plane of a look along +Y."""


def shown_skin(rig: Rig) -> np.ndarray:
    """Return (V,) bool, the skin vertices that the frontal view of the neutral head shows; nothing inside the mouth.

    Args:
        rig: the rig.
    """
    is_skin = rig.mesh.surfaces == SKIN
    triangles = rig.mesh.triangles[is_skin[rig.mesh.triangles].all(1)]
    vertices = rig.mesh.vertices_m.astype(np.float64)
    return is_skin & seen_points(vertices, triangles, FRONT_VIEW, np.array([0.0, 1.0, 0.0]))


def face_vertices(rig: Rig) -> np.ndarray:
    """Return the skin vertices (n,) that the frontal view shows inside the outline of the landmarks.

    Args:
        rig: a rig with a landmark map.
    """
    vertices = rig.mesh.vertices_m
    camera = canonical_camera(eye_centres(rig, vertices), FACE_FRAME, 256)
    pixels, _ = project(camera, vertices)
    outline, _ = project(camera, landmark_points(rig, vertices))
    hull = Delaunay(outline[ConvexHull(outline).vertices])
    return np.flatnonzero(shown_skin(rig) & (hull.find_simplex(pixels) >= 0))


def aligned_error_mm(source: np.ndarray, target: np.ndarray) -> float:
    """Return the mean distance of corresponding points (n, 3) in mm after rigid alignment."""
    _, rotation, shift = align_rigidly(source, target, np.ones(len(source)))
    return float(1000 * np.linalg.norm(source @ rotation.T + shift - target, axis=1).mean())
