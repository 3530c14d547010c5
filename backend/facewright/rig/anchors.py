"""Named points and landmarks of a posed head."""

import numpy as np

from facewright.rig.nouns import Rig
from facewright.rig.parts import landmarks_of

EYE_CENTRES = ("eye_centre.R", "eye_centre.L")


def anchor_points(rig: Rig, vertices_m: np.ndarray) -> dict[str, np.ndarray]:
    """Return every anchor's (3,) position on posed vertices (V, 3), in metres."""
    return {name: vertices_m[indices].mean(0) for name, indices in rig.anchors.items()}


def eye_centres(rig: Rig, vertices_m: np.ndarray) -> np.ndarray:
    """Return the (2, 3) eye centres of posed vertices (V, 3), the character's right eye first."""
    return np.stack([vertices_m[rig.anchors[name]].mean(0) for name in EYE_CENTRES])


def landmark_points(rig: Rig, vertices_m: np.ndarray) -> np.ndarray:
    """Return the (K, 3) surface points of the landmarks on posed vertices (V, 3); the rig must have a landmark map."""
    landmarks = landmarks_of(rig)
    corners = vertices_m[rig.mesh.triangles[landmarks.triangles]]  # (K, 3, 3)
    return (corners * landmarks.barycentric[..., None]).sum(1)
