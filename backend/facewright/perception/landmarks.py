"""Locating the 468 landmarks and the irises of a detected face, and what follows from them directly."""

from dataclasses import dataclass

import numpy as np
import torch

from facewright.datatypes import Detection
from facewright.errors import FaceNotFrontal, FaceTooSmall
from facewright.networks import iris, landmarker
from facewright.perception.alignment import (
    LEFT_EYE_CORNERS,
    RIGHT_EYE_CORNERS,
    apply_transform,
    eye_centres,
    invert_transform,
    to_tensor,
    warp,
)

CROP_FROM_BOX = 1.5
"""Side of the crop over the longer side of the face box. Source: MediaPipe, face_detection_front_detection_to_roi."""

CROP_FROM_EYE = 2.3
"""Side of the eye crop over the eye's width. Source: MediaPipe, iris_landmark_landmarks_to_roi."""

PRESENCE_THRESHOLD = 0.8
SMALLEST_EYE_DISTANCE_PX = 16.0
LARGEST_YAW_RAD = np.radians(50.0)
SYMMETRIC_PAIRS = ((33, 263), (133, 362), (61, 291), (48, 278), (234, 454), (132, 361))
"""Landmarks of the person's right and left side that tell how far the head is turned."""


@dataclass(frozen=True, eq=False)
class LocatedFace:
    """Landmarks of one face.

    Attributes:
        landmarks_px: (K, 3) in photo px, z away from the camera at the same scale.
        presence: probability that a face is there, in [0, 1].
        crop: (S, S, 3) uint8 that the network looked at, in which the face is upright.
        in_crop: (K, 3) the landmarks in px of the crop.
        crop_from_photo: (2, 3) similarity.
    """

    landmarks_px: np.ndarray
    presence: float
    crop: np.ndarray
    in_crop: np.ndarray
    crop_from_photo: np.ndarray


def locate_landmarks(
    network: landmarker.FaceLandmarker, photo: np.ndarray, detection: Detection, with_mirror: bool = True
) -> LocatedFace:
    """Locate the landmarks of a detected face: roughly, then precisely on a crop around the rough ones.

    Args:
        network: on any device.
        photo: (H, W, 3) RGB uint8.
        detection: which face.
        with_mirror: whether the mirror image is looked at as well; without it is faster and less precise.

    Returns:
        The landmarks; where presence is low they mean nothing.
    """
    eyes = detection.keypoints_px[:2]
    located = _run(network, photo, _square_crop(detection.box_px.reshape(2, 2), eyes, landmarker.SIZE_PX), with_mirror)
    if located.presence < PRESENCE_THRESHOLD:
        return located
    return refine_landmarks(network, photo, located.landmarks_px, with_mirror)


def refine_landmarks(
    network: landmarker.FaceLandmarker, photo: np.ndarray, landmarks_px: np.ndarray, with_mirror: bool = True
) -> LocatedFace:
    """Locate the landmarks again on a crop around known ones.

    Args:
        network: on any device.
        photo: (H, W, 3) RGB uint8.
        landmarks_px: (K, 2) or (K, 3), roughly right.
        with_mirror: whether the mirror image is looked at as well; without it is faster and less precise.

    Returns:
        The landmarks.
    """
    return _run(network, photo, landmark_crop(landmarks_px), with_mirror)


def landmark_crop(landmarks_px: np.ndarray) -> np.ndarray:
    """Return crop-from-photo (2, 3) of the landmark network's crop around known landmarks (K, 2) or (K, 3)."""
    outer_eye_corners = landmarks_px[[RIGHT_EYE_CORNERS[0], LEFT_EYE_CORNERS[0]], :2]
    return _square_crop(landmarks_px[:, :2], outer_eye_corners, landmarker.SIZE_PX)


def _run(
    network: landmarker.FaceLandmarker, photo: np.ndarray, crop_from_photo: np.ndarray, with_mirror: bool
) -> LocatedFace:
    """Locate in a crop; with its mirror image, which the network does not treat alike, the mean of both."""
    crop = warp(photo, crop_from_photo, (landmarker.SIZE_PX, landmarker.SIZE_PX), is_quick=not with_mirror)
    crops = np.stack([crop, crop[:, ::-1]] if with_mirror else [crop])
    with torch.inference_mode():
        points, presence = network(to_tensor(crops, next(network.buffers()).device))
    located = points.cpu().numpy().astype(np.float64)
    if with_mirror:
        located[1] = located[1, list(landmarker.MIRRORED)]
        located[1, :, 0] = landmarker.SIZE_PX - located[1, :, 0]
    in_crop = located.mean(0)
    in_photo = apply_transform(invert_transform(crop_from_photo), in_crop)
    return LocatedFace(in_photo.astype(np.float32), float(presence.mean()), crop, in_crop, crop_from_photo)


def _square_crop(points: np.ndarray, level: np.ndarray, side_px: int) -> np.ndarray:
    """Return crop-from-photo (2, 3) of a square around points (N, 2), upright with respect to `level` (2, 2)."""
    direction = level[1] - level[0]
    direction = direction / np.linalg.norm(direction)
    crop_axes = np.array([direction, (-direction[1], direction[0])])
    centre = (points.min(0) + points.max(0)) / 2
    if len(points) > 2:
        turned = points @ crop_axes.T
        centre = crop_axes.T @ ((turned.min(0) + turned.max(0)) / 2)
        extent = np.ptp(turned, axis=0).max()
    else:
        extent = np.ptp(points, axis=0).max()
    linear = crop_axes * side_px / (CROP_FROM_BOX * extent)
    return np.concatenate([linear, (side_px / 2 - linear @ centre)[:, None]], 1)


def locate_irises(network: iris.IrisLandmarker, photo: np.ndarray, landmarks_px: np.ndarray) -> np.ndarray:
    """Locate both irises.

    Args:
        network: on any device.
        photo: (H, W, 3) RGB uint8.
        landmarks_px: (K, 2) or (K, 3).

    Returns:
        (2, 5, 2) photo px, the person's right eye first: the centre, then four points of the rim.
    """
    crops, transforms = [], []
    for corners, mirrored in ((RIGHT_EYE_CORNERS, False), (LEFT_EYE_CORNERS, True)):
        outer, inner = landmarks_px[list(corners), :2].astype(np.float64)
        direction = (outer - inner if mirrored else inner - outer) / np.linalg.norm(inner - outer)
        linear = np.array([direction, (-direction[1], direction[0])])
        linear *= iris.SIZE_PX / (CROP_FROM_EYE * np.linalg.norm(inner - outer))
        transform = np.concatenate([linear, (iris.SIZE_PX / 2 - linear @ (inner + outer) / 2)[:, None]], 1)
        crop = warp(photo, transform, (iris.SIZE_PX, iris.SIZE_PX))
        crops.append(crop[:, ::-1] if mirrored else crop)
        transforms.append(transform)
    with torch.inference_mode():
        points = network(to_tensor(np.stack(crops), next(network.buffers()).device)).cpu().numpy().astype(np.float64)
    points[1, :, 0] = iris.SIZE_PX - points[1, :, 0]
    return np.stack([
        apply_transform(invert_transform(transform), eye) for transform, eye in zip(transforms, points, strict=True)
    ])  # fmt: skip


def estimate_yaw(landmarks_px: np.ndarray) -> float:
    """Estimate how far the head is turned, from the depth difference between its sides.

    Args:
        landmarks_px: (K, 3).

    Returns:
        Radians, positive when the person looks to the image's right.
    """
    right, left = (landmarks_px[[pair[side] for pair in SYMMETRIC_PAIRS]] for side in (0, 1))
    across = (left - right).sum(0)
    return float(np.arctan2(across[2], np.hypot(across[0], across[1])))


def check_measurable(landmarks_px: np.ndarray) -> None:
    """Refuse faces that cannot be measured.

    Args:
        landmarks_px: (K, 3).

    Raises:
        FaceTooSmall: the eyes are closer than SMALLEST_EYE_DISTANCE_PX.
        FaceNotFrontal: the head is turned by more than LARGEST_YAW_RAD.
    """
    right, left = eye_centres(landmarks_px)
    distance = float(np.linalg.norm(left - right))
    if distance < SMALLEST_EYE_DISTANCE_PX:
        raise FaceTooSmall(
            f"the eyes are {distance:.0f} px apart, at least {SMALLEST_EYE_DISTANCE_PX:.0f} px are needed",
            "use a larger photo or one taken from nearer",
        )
    yaw = estimate_yaw(landmarks_px)
    if abs(yaw) > LARGEST_YAW_RAD:
        raise FaceNotFrontal(
            f"the head is turned by {abs(np.degrees(yaw)):.0f} degrees, at most {np.degrees(LARGEST_YAW_RAD):.0f} work",
            "use a photo where the person looks towards the camera",
        )
