"""Angles that other programs ask for: of the head, from the camera that shows it; of the eyes, from coefficients."""

import numpy as np
from scipy.spatial.transform import Rotation

from facewright.datatypes import ARKIT_52, Camera
from facewright.rig.head_pose import CAMERA_FROM_WORLD_FRONTAL

EYE_TURN_RAD = {
    "Up": np.radians(10.1),
    "Down": np.radians(15.0),
    "In": np.radians(21.3),
    "Out": np.radians(20.4),
}
"""How far the eyeball of the default rig turns at an eyeLook coefficient of 1."""


def head_rotation(camera: Camera | None) -> np.ndarray:
    """Return the (3, 3) rotation of a head away from the frontal view, in world axes (x the person's left, z up).

    Args:
        camera: shows the head; None, as while no face has been seen, gives the frontal view.
    """
    if camera is None:
        return np.eye(3)
    return CAMERA_FROM_WORLD_FRONTAL.T @ np.asarray(camera.camera_from_world, np.float64)[:3, :3]


def head_angles(camera: Camera | None) -> np.ndarray:
    """Return (3,) yaw, pitch and roll of a head in rad, as `photo.head_pose` of rig.json has them in degrees.

    Yaw is positive when the person looks to the image's right (their own left), pitch when they look up, roll when
    the head's top leans to the image's right. The head is turned by yaw first, then by pitch and roll in its own axes.

    Args:
        camera: as for `head_rotation`.
    """
    yaw, down, roll = Rotation.from_matrix(head_rotation(camera)).as_euler("ZXY")
    return np.array([yaw, -down, roll])


def eye_angles(coefficients: np.ndarray) -> np.ndarray:
    """Return (2, 2) yaw and pitch in rad of the left and the right eye in the head, signs as in `head_angles`.

    Args:
        coefficients: (E,) ARKit-52 in [0, 1].
    """

    def turn(direction: str, side: str) -> float:
        return EYE_TURN_RAD[direction] * float(coefficients[ARKIT_52.index(f"eyeLook{direction}{side}")])

    def yaw(side: str, to_own_left: float) -> float:
        return to_own_left * (turn("Out", side) - turn("In", side))

    return np.array([
        [yaw("Left", 1.0), turn("Up", "Left") - turn("Down", "Left")],
        [yaw("Right", -1.0), turn("Up", "Right") - turn("Down", "Right")],
    ])  # fmt: skip
