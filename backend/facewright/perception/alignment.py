"""Similarity transforms between the photo and upright crops, and warps that do not alias."""

import cv2
import numpy as np
import torch
from torch import Tensor

from facewright.datatypes import AlignedFace
from facewright.engine.cameras import CanonicalFrame

RIGHT_EYE_CORNERS = (33, 133)
LEFT_EYE_CORNERS = (263, 362)
"""Landmarks, outer corner first; right and left are the person's."""

EMBEDDER_LANDMARKS = (33, 133, 362, 263, 1, 2, 61, 291, 168)
EMBEDDER_TEMPLATE_PX = np.array([
    (36.6, 46.4), (59.2, 47.4), (88.4, 47.5), (111.4, 45.6), (73.1, 81.6), (73.4, 85.9), (51.8, 102.3), (98.2, 101.7),
    (73.4, 43.2),
])  # fmt: skip
"""Where those landmarks lie in the crops that the embedder was trained on (means over real faces)."""


def eye_centres(landmarks_px: np.ndarray) -> np.ndarray:
    """Return the midpoints between the eye corners: (2, 2) or (2, 3), the person's right eye first."""
    return np.stack([
        landmarks_px[list(RIGHT_EYE_CORNERS)].mean(0),
        landmarks_px[list(LEFT_EYE_CORNERS)].mean(0),
    ])  # fmt: skip


def face_from_photo(landmarks_px: np.ndarray, frame: CanonicalFrame, side_px: int) -> np.ndarray:
    """Find the similarity that brings the eyes onto a canonical frame.

    The eyes' line becomes level, their midpoint falls on the frame's midpoint, and the scale follows the distance of
    the eyes in depth as well, so that a turned head is not enlarged. For a frontal head both eyes land exactly.

    Args:
        landmarks_px: (K, 3).
        frame: where the eye centres shall be.
        side_px: side of the square crop.

    Returns:
        (2, 3) crop from photo.
    """
    right, left = eye_centres(landmarks_px)
    wanted = np.array([frame.eye_right, frame.eye_left]) * side_px
    span, wanted_span = left - right, wanted[1] - wanted[0]
    scale = np.linalg.norm(wanted_span) / np.linalg.norm(span)
    turn = np.arctan2(wanted_span[1], wanted_span[0]) - np.arctan2(span[1], span[0])
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shift = wanted.mean(0) - linear @ ((right + left) / 2)[:2]
    return np.concatenate([linear, shift[:, None]], 1)


def embedder_from_photo(landmarks_px: np.ndarray) -> np.ndarray:
    """Find the similarity onto the embedder's template.

    Args:
        landmarks_px: (K, 2) or (K, 3).

    Returns:
        (2, 3) crop from photo, for a crop of `networks.embedder.SIZE_PX`.
    """
    return fit_similarity(landmarks_px[list(EMBEDDER_LANDMARKS), :2], EMBEDDER_TEMPLATE_PX)


def fit_similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Find the similarity with the least squared distances from source to target points.

    Args:
        source: (N, 2).
        target: (N, 2).

    Returns:
        (2, 3) target from source.

    Source: closed form with complex numbers; a similarity of the plane is z -> a z + b.
    """
    z, w = source[:, 0] + 1j * source[:, 1], target[:, 0] + 1j * target[:, 1]
    centred = z - z.mean()
    a = np.vdot(centred, w - w.mean()) / np.vdot(centred, centred).real
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def apply_transform(target_from_source: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Transform points; a third coordinate (relative depth) is scaled along.

    Args:
        target_from_source: (2, 3) similarity.
        points: (..., 2) or (..., 3).

    Returns:
        Points of the same shape.
    """
    moved = points[..., :2] @ target_from_source[:, :2].T + target_from_source[:, 2]
    if points.shape[-1] == 2:
        return moved
    return np.concatenate([moved, points[..., 2:] * np.sqrt(np.linalg.det(target_from_source[:, :2]))], -1)


def invert_transform(target_from_source: np.ndarray) -> np.ndarray:
    """Return the (2, 3) source from target."""
    linear = np.linalg.inv(target_from_source[:, :2])
    return np.concatenate([linear, -linear @ target_from_source[:, 2:]], 1)


def warp(
    image: np.ndarray, target_from_source: np.ndarray, size_px: tuple[int, int], is_quick: bool = False
) -> np.ndarray:
    """Resample an image through a similarity; where it shrinks, areas are averaged first.

    Args:
        image: (H, W) or (H, W, C), uint8 or float32.
        target_from_source: (2, 3) similarity in continuous px (pixel centres at +0.5).
        size_px: width and height of the result.
        is_quick: average whole numbers of px only, which takes a third of the time; what is shrunk by less than half
            may alias a little.

    Returns:
        The warped image; beyond the border its edge pixels repeat.
    """
    (a, b, _), (c, d, _) = target_from_source.tolist()
    scale = np.sqrt(a * d - b * c)
    across, down = np.array([d, -c]) / scale**2, np.array([-b, a]) / scale**2  # source px for a px of the target
    origin = -(across * target_from_source[0, 2] + down * target_from_source[1, 2])
    corners = np.array([origin, origin + size_px[0] * across, origin + size_px[1] * down])
    corners = np.concatenate([corners, corners[1:2] + corners[2:] - corners[:1]])
    bounds = np.array(image.shape[1::-1])
    together = max(1, min(int(1 / scale), *image.shape[:2])) if is_quick else 1
    low = np.clip(np.floor(corners.min(0)) - 4, 0, bounds - 1).astype(int) // together * together
    high = np.clip(np.ceil(corners.max(0)) + 4, low + 1, bounds).astype(int)
    region = image[low[1] : high[1], low[0] : high[0]]
    transform = target_from_source.copy()
    transform[:, 2] += transform[:, :2] @ low
    if is_quick:
        together = min(together, *region.shape[:2])  # hardly anything of the image is in the crop
        region = region[: region.shape[0] // together * together, : region.shape[1] // together * together]
        reduced = np.array(region.shape[1::-1]) // together
    else:
        reduced = np.maximum(1, np.rint(np.array(region.shape[1::-1]) * min(scale, 1.0))).astype(int)
    if tuple(reduced) != region.shape[1::-1]:
        transform[:, :2] = transform[:, :2] * (np.array(region.shape[1::-1]) / reduced)
        region = cv2.resize(region, tuple(int(side) for side in reduced), interpolation=cv2.INTER_AREA)
    transform[:, 2] += transform[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV counts from pixel centres
    return cv2.warpAffine(region, transform, size_px, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def align_face(photo: np.ndarray, landmarks_px: np.ndarray, frame: CanonicalFrame, side_px: int) -> AlignedFace:
    """Cut the canonical crop out of a photo.

    Args:
        photo: (H, W, 3) RGB uint8.
        landmarks_px: (K, 3).
        frame: where the eye centres shall be.
        side_px: side of the crop.

    Returns:
        The crop and its transform.
    """
    crop_from_photo = face_from_photo(landmarks_px, frame, side_px)
    return AlignedFace(warp(photo, crop_from_photo, (side_px, side_px)), crop_from_photo)


def to_tensor(images: np.ndarray, device: torch.device | str = "cpu") -> Tensor:
    """Turn (B, H, W, 3) uint8 images into a (B, 3, H, W) float32 tensor in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(images)).to(device).permute(0, 3, 1, 2).float().div(255)
