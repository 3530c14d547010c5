"""Which pixels around a face belong to the person."""

from dataclasses import dataclass

import numpy as np
import torch

from facewright.engine.cameras import CanonicalFrame
from facewright.networks.segmenter import SIZE_PX, Segmenter
from facewright.perception.alignment import face_from_photo, to_tensor, warp

BUST_FRAME = CanonicalFrame((0.43, 0.44), (0.57, 0.44))
"""Head, hair and shoulders: what the segmenter was trained on."""


@dataclass(frozen=True)
class PersonCrop:
    """The person around a face.

    Attributes:
        image: (S, S, 3) RGB uint8, upright, eyes on BUST_FRAME.
        probability: (S, S) float32 that a pixel belongs to the person; 0 beyond the photo's border.
        crop_from_photo: (2, 3) similarity.
    """

    image: np.ndarray
    probability: np.ndarray
    crop_from_photo: np.ndarray


def segment_person(segmenter: Segmenter, photo: np.ndarray, landmarks_px: np.ndarray) -> PersonCrop:
    """Cut head and shoulders out and tell the person from the background.

    Args:
        segmenter: on any device.
        photo: (H, W, 3) RGB uint8.
        landmarks_px: (K, 3).

    Returns:
        The crop.
    """
    crop_from_photo = face_from_photo(landmarks_px, BUST_FRAME, SIZE_PX)
    crop = warp(photo, crop_from_photo, (SIZE_PX, SIZE_PX))
    with torch.inference_mode():
        probability = segmenter(to_tensor(crop[None], next(segmenter.buffers()).device))[0].cpu().numpy()
    rows, columns = np.mgrid[:SIZE_PX, :SIZE_PX] + 0.5
    inverse = np.linalg.inv(np.vstack([crop_from_photo, (0, 0, 1)]))
    x, y = np.tensordot(inverse[:2, :2], np.stack([columns, rows]), 1) + inverse[:2, 2, None, None]
    inside = (x >= 0) & (y >= 0) & (x < photo.shape[1]) & (y < photo.shape[0])
    return PersonCrop(crop, (probability * inside).astype(np.float32), crop_from_photo)
