"""Finding one face in a stream of frames and following it, faster and less thorough than for a photo."""

import numpy as np

from facewright.networks.detector import Detector
from facewright.networks.landmarker import FaceLandmarker
from facewright.perception.detection import detect_faces
from facewright.perception.landmarks import PRESENCE_THRESHOLD, LocatedFace, locate_landmarks, refine_landmarks

FOLLOWED_PRESENCE = 0.5
"""A face that was there a frame ago is believed in more readily than a new one."""

SEARCHED_LEVELS = (1, 2)
"""Levels of the detection pyramid: the whole frame, and only where that shows no face, smaller ones as well."""

SMALLEST_FACE_PX = 12.0
"""Below this width, landmarks mean nothing."""


def find_face(
    detector: Detector, landmarker: FaceLandmarker, frame: np.ndarray, last_px: np.ndarray | None = None
) -> LocatedFace | None:
    """Search a frame for a face.

    Args:
        detector: on any device.
        landmarker: on any device.
        frame: (H, W, 3) RGB uint8.
        last_px: (K, 3) landmarks of the face that was lost a moment ago; only a face at that place counts then.

    Returns:
        The largest face that counts, None if there is none.
    """
    for levels in SEARCHED_LEVELS:
        for detection in detect_faces(detector, frame, levels):
            if last_px is not None and not _is_near(detection.box_px, last_px):
                continue
            located = locate_landmarks(landmarker, frame, detection, with_mirror=False)
            if located.presence >= PRESENCE_THRESHOLD and _is_sound(located.landmarks_px, frame):
                return located
    return None


def follow_face(landmarker: FaceLandmarker, frame: np.ndarray, last_px: np.ndarray) -> LocatedFace | None:
    """Locate the landmarks of a face near where it was.

    Args:
        landmarker: on any device.
        frame: (H, W, 3) RGB uint8, of the same size as the frame before.
        last_px: (K, 3) landmarks of the frame before.

    Returns:
        The face, None if it is not there.
    """
    located = refine_landmarks(landmarker, frame, last_px, with_mirror=False)
    is_there = located.presence >= FOLLOWED_PRESENCE and _is_sound(located.landmarks_px, frame)
    return located if is_there else None


def _is_near(box_px: np.ndarray, last_px: np.ndarray) -> bool:
    """Tell whether the middle of a box lies within a face's width of the middle of landmarks."""
    distance = np.linalg.norm(box_px.reshape(2, 2).mean(0) - last_px[:, :2].mean(0))
    return bool(distance < np.ptp(last_px[:, 0]))


def _is_sound(landmarks_px: np.ndarray, frame: np.ndarray) -> bool:
    """Tell whether landmarks are large enough and their middle lies in the frame."""
    middle, size = landmarks_px[:, :2].mean(0), np.ptp(landmarks_px[:, :2], axis=0).max()
    return bool(size >= SMALLEST_FACE_PX and (middle >= 0).all() and (middle < frame.shape[1::-1]).all())
