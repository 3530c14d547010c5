"""Measures what a picture shows of hair, brows, beard and glasses: the same numbers of photos and of renders."""

import cv2
import numpy as np

from facewright.datatypes import Camera, StyleCues
from facewright.perception.alignment import apply_transform, face_from_photo, warp
from facewright.perception.face_details import DETAIL_FRAME, SIDE_PX, measure_details
from facewright.perception.hair import HairMap
from facewright.perception.person import PersonCrop

GRID = 16
"""Cells along each side of the grid over the person's crop in which hair is counted."""


def read_style(photo: np.ndarray, landmarks_px: np.ndarray, person: PersonCrop, hair_map: HairMap) -> StyleCues:
    """Measure a photo.

    Args:
        photo: (H, W, 3) RGB uint8.
        landmarks_px: (K, 3) in px of the photo.
        person: head and shoulders of the same face.
        hair_map: of that crop.
    """
    transform = face_from_photo(landmarks_px, DETAIL_FRAME, SIDE_PX)
    crop = warp(photo, transform, (SIDE_PX, SIDE_PX))
    details = measure_details(crop, apply_transform(transform, landmarks_px))
    side = len(person.image)
    inside = np.ones(photo.shape[:2], np.float32)
    shown = cv2.warpAffine(inside, person.crop_from_photo, (side, side), flags=cv2.INTER_LINEAR)
    return StyleCues(hair_cells(hair_map), _pooled(shown), details.brows, details.beard, details.glasses)


def hair_cells(hair_map: HairMap) -> np.ndarray:
    """Return the share of hair (n,) in each cell of the grid."""
    return _pooled(hair_map.hair)


def crop_camera(camera: Camera, crop_from_photo: np.ndarray, side_px: int) -> Camera:
    """Return the camera that draws straight into an upright crop of a photo.

    Args:
        camera: of the photo.
        crop_from_photo: (2, 3) similarity in px.
        side_px: side of the crop.
    """
    scale = float(np.sqrt(np.linalg.det(crop_from_photo[:, :2])))
    turn = np.eye(4)
    turn[:2, :2] = crop_from_photo[:, :2] / scale
    centre = apply_transform(crop_from_photo, np.asarray(camera.centre_px, np.float64))
    return Camera(turn @ camera.camera_from_world, camera.focal_px * scale, centre, (side_px, side_px))


def _pooled(values: np.ndarray) -> np.ndarray:
    return cv2.resize(values, (GRID, GRID), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
