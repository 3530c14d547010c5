"""Expressions that do not look the same in any mirror or order."""

import numpy as np
from scipy.spatial.transform import Rotation

from facewright.datatypes import ARKIT_52, Camera, LiveExpression
from facewright.rig.head_pose import CAMERA_FROM_WORLD_FRONTAL


def seen_by_camera(turn_in_camera: Rotation) -> Camera:
    """Return the camera that shows a head turned so, in camera axes: x right, y down, z away."""
    transform = np.eye(4)
    transform[:3, :3] = turn_in_camera.as_matrix() @ CAMERA_FROM_WORLD_FRONTAL
    transform[:3, 3] = [0.1, -1.4, 1.2]
    return Camera(transform, 900.0, np.array([300.0, 200.0]), (640, 480))


def expression(values: dict[str, float] | None = None, camera: Camera | None = None, state: str = "tracked"):
    """Return an expression of named coefficients; each has a value of its own when none is given."""
    coefficients = np.arange(1, 53) / 64.0 if values is None else np.zeros(52)
    for name, value in (values or {}).items():
        coefficients[ARKIT_52.index(name)] = value
    return LiveExpression(coefficients, camera, state)
