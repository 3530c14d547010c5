"""Cameras: the canonical frames that photos and renders share, orbiting views, projection."""

from dataclasses import dataclass

import numpy as np

from facewright.datatypes import Camera

CANONICAL_DISTANCE_M = 1.2
"""Distance of the camera from the midpoint of the eyes; a portrait lens, little foreshortening."""

HEAD_CENTRE_FROM_EYES_M = np.array([0.0, 0.075, 0.002])
"""From the midpoint of the eyes to the middle of an adult head, in world axes: what an orbiting camera looks at."""

HEAD_FRAME_HEIGHT_M = 0.30
"""Height of the view of an orbiting camera at the head's middle: crown to throat, with a margin."""


@dataclass(frozen=True)
class CanonicalFrame:
    """Where the eye centres of an upright frontal face lie, as fractions of the side of a square image.

    Attributes:
        eye_right: (x, y) of the person's right eye, on the image's left.
        eye_left: (x, y) of the person's left eye.
    """

    eye_right: tuple[float, float]
    eye_left: tuple[float, float]


FACE_FRAME = CanonicalFrame((0.35, 0.42), (0.65, 0.42))
"""Brows to chin: what the imitator and the embedder see."""

PORTRAIT_FRAME = CanonicalFrame((0.385, 0.46), (0.615, 0.46))
"""The whole head with some neck: what people look at."""


def canonical_camera(eye_centres_m: np.ndarray, frame: CanonicalFrame, size_px: int) -> Camera:
    """Build the frontal camera that puts both eye centres on the frame's points.

    The camera stands CANONICAL_DISTANCE_M in front of the midpoint of the eyes and looks along world +Y; it is rolled
    about its axis, and its focal length and centre chosen, so that the two projections are exact.

    Args:
        eye_centres_m: (2, 3) world positions, the person's right eye first.
        frame: Where the eyes shall appear.
        size_px: Side of the square image.

    Returns:
        The camera.

    Raises:
        ValueError: The eyes coincide in the view, or are not two finite points.
    """
    eyes = _checked_eyes(eye_centres_m)
    position = eyes.mean(axis=0) - np.array([0.0, CANONICAL_DISTANCE_M, 0.0])
    level = _look_along(np.array([0.0, 1.0, 0.0]))
    seen = (eyes - position) @ level.T  # (2, 3) in the unrolled camera
    wanted = np.array([frame.eye_right, frame.eye_left], np.float64) * size_px
    planar = seen[:, :2] / seen[:, 2:]
    seen_span, wanted_span = planar[1] - planar[0], wanted[1] - wanted[0]
    if np.hypot(*seen_span) < 1e-6:
        raise ValueError("the two eye centres coincide when seen from the front")
    roll = np.arctan2(wanted_span[1], wanted_span[0]) - np.arctan2(seen_span[1], seen_span[0])
    focal = float(np.hypot(*wanted_span) / np.hypot(*seen_span))
    turn = np.array([[np.cos(roll), -np.sin(roll), 0.0], [np.sin(roll), np.cos(roll), 0.0], [0.0, 0.0, 1.0]])
    centre = wanted[0] - focal * (turn[:2, :2] @ planar[0])
    return Camera(_rigid(turn @ level, position), focal, centre, (size_px, size_px))


def orbit_camera(
    eye_centres_m: np.ndarray, yaw_rad: float, pitch_rad: float, size_px: int, height_m: float = HEAD_FRAME_HEIGHT_M
) -> Camera:
    """Build a camera that circles the head's middle and keeps the whole head in a square view.

    Args:
        eye_centres_m: (2, 3) world positions, the person's right eye first.
        yaw_rad: 0 is frontal; positive moves the camera to the character's left (+X), so that pi/2 shows the
            left profile, the nose pointing to the image's left.
        pitch_rad: positive raises the camera, in (-pi/2, pi/2).
        size_px: Side of the square image.
        height_m: Height of the view at the head's middle.

    Returns:
        The camera, CANONICAL_DISTANCE_M away.
    """
    target = _checked_eyes(eye_centres_m).mean(axis=0) + HEAD_CENTRE_FROM_EYES_M
    forward = np.array([
        -np.sin(yaw_rad) * np.cos(pitch_rad),
        np.cos(yaw_rad) * np.cos(pitch_rad),
        -np.sin(pitch_rad),
    ])  # fmt: skip
    focal = size_px * CANONICAL_DISTANCE_M / height_m
    position = target - CANONICAL_DISTANCE_M * forward
    return Camera(_rigid(_look_along(forward), position), focal, np.full(2, size_px / 2.0), (size_px, size_px))


def project(camera: Camera, points_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Project world points.

    Args:
        camera: The camera.
        points_m: (..., 3) world positions.

    Returns:
        (..., 2) continuous pixel coordinates and (...) depth along the camera's axis in metres.
    """
    matrix = np.asarray(camera.camera_from_world)
    seen = np.asarray(points_m) @ matrix[:3, :3].T + matrix[:3, 3]
    depth = seen[..., 2]
    return seen[..., :2] / depth[..., None] * camera.focal_px + np.asarray(camera.centre_px), depth


def _checked_eyes(eye_centres_m: np.ndarray) -> np.ndarray:
    eyes = np.asarray(eye_centres_m, np.float64)
    if eyes.shape != (2, 3) or not np.isfinite(eyes).all():
        raise ValueError(f"eye centres must be two finite points (2, 3), right first; got shape {eyes.shape}")
    return eyes


def _look_along(forward: np.ndarray) -> np.ndarray:
    """Return the (3, 3) rotation camera-from-world of a level camera that looks along `forward`."""
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])


def _rigid(rotation: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Return the (4, 4) camera-from-world transform of a rotation and the camera's world position."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = -rotation @ position
    return matrix
