"""Face detection over a pyramid of overlapping tiles, so that small faces of group photos are found as well."""

import cv2
import numpy as np
import torch

from facewright.datatypes import Detection
from facewright.networks.detector import SIZE_PX, Detector
from facewright.perception.alignment import to_tensor

SMALLEST_TILE_PX = 300
"""The detector finds faces from about an eighth of a tile: 40 px."""

TILE_RATIO = 2.4
"""Largest ratio of tile sides between two levels; a face lost between two tiles of one level shows in the other."""

TILE_STEP = 0.72
SCORE_THRESHOLD = 0.5
SAME_FACE_OVERLAP = 0.3
INSIDE_OVERLAP = 0.7
CUT_MARGIN = 0.06
"""A box that sticks out of its tile by this share of its size is cut; another tile shows it whole."""

BATCH = 16


def detect_faces(detector: Detector, photo: np.ndarray, levels: int | None = None) -> list[Detection]:
    """Find faces.

    Args:
        detector: on any device.
        photo: (H, W, 3) RGB uint8.
        levels: how many levels of the pyramid are searched, the whole picture first; all of them when None.

    Returns:
        Detections, the largest first; empty if there are none.
    """
    boxes, scores = [], []
    for side in tile_sides(max(photo.shape[:2]))[:levels]:
        level_boxes, level_scores = _detect_level(detector, photo, side)
        boxes.append(level_boxes)
        scores.append(level_scores)
    merged = merge_overlapping(np.concatenate(boxes), np.concatenate(scores))
    return sorted(merged, key=lambda found: -float(np.prod(found.box_px[2:] - found.box_px[:2])))


def tile_sides(longest_px: int) -> list[float]:
    """Return the tile sides of the pyramid, from the whole picture down to the smallest tile."""
    if longest_px <= SMALLEST_TILE_PX:
        return [float(longest_px)]
    levels = int(np.ceil(np.log(longest_px / SMALLEST_TILE_PX) / np.log(TILE_RATIO)))
    return [float(side) for side in np.geomspace(longest_px, SMALLEST_TILE_PX, levels + 1)]


def _detect_level(detector: Detector, photo: np.ndarray, side: float) -> tuple[np.ndarray, np.ndarray]:
    """Detect in all tiles of one side; returns (N, 8, 2) boxes with keypoints in photo px and (N,) scores."""
    scale = SIZE_PX / side
    width, height = (max(1, round(extent * scale)) for extent in photo.shape[1::-1])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    level = cv2.resize(photo, (width, height), interpolation=method)
    padded = np.zeros((max(height, SIZE_PX), max(width, SIZE_PX), 3), np.uint8)
    padded[:height, :width] = level
    origins = [(x, y) for y in _tile_starts(padded.shape[0]) for x in _tile_starts(padded.shape[1])]
    device = detector.anchors.device
    points, scores = [], []
    with torch.inference_mode():
        for first in range(0, len(origins), BATCH):
            tiles = np.stack([padded[y : y + SIZE_PX, x : x + SIZE_PX] for x, y in origins[first : first + BATCH]])
            tile_points, tile_scores = detector(to_tensor(tiles, device))
            points.append(tile_points.cpu().numpy() * SIZE_PX)
            scores.append(tile_scores.cpu().numpy())
    all_points, all_scores = np.concatenate(points), np.concatenate(scores)  # (T, 896, 8, 2), (T, 896)
    offsets = np.array(origins, np.float32)[:, None, None]  # (T, 1, 1, 2)
    whole = _is_whole(all_points[:, :, :2] + offsets, offsets, np.array([width, height]))
    keep = (all_scores > SCORE_THRESHOLD) & whole
    to_photo = np.array(photo.shape[1::-1]) / np.array([width, height])
    return ((all_points + offsets) * to_photo)[keep], all_scores[keep]


def _tile_starts(extent: int) -> list[int]:
    """Spread tiles evenly so that neighbours overlap and the last one ends at the border."""
    count = int(np.ceil((extent - SIZE_PX) / (TILE_STEP * SIZE_PX))) + 1
    return [round(start) for start in np.linspace(0, extent - SIZE_PX, count)]


def _is_whole(corners: np.ndarray, offsets: np.ndarray, level_size: np.ndarray) -> np.ndarray:
    """Tell which (T, N, 2, 2) boxes lie inside their tile, or leave it only where the picture ends: (T, N) bool."""
    margin = CUT_MARGIN * (corners[:, :, 1] - corners[:, :, 0])
    low, high = offsets[:, :, 0], offsets[:, :, 0] + SIZE_PX
    inside_low = (corners[:, :, 0] > low - margin) | (low <= 0)
    inside_high = (corners[:, :, 1] < high + margin) | (high >= level_size)
    return (inside_low & inside_high).all(-1)


def merge_overlapping(boxes: np.ndarray, scores: np.ndarray) -> list[Detection]:
    """Average the candidates that show the same face, weighted by their scores.

    Args:
        boxes: (N, 8, 2) left top, right bottom, six keypoints, in px.
        scores: (N,).

    Returns:
        One detection per face, the best score first.

    Source: weighted non-maximum suppression of Bazarevsky et al. 2019, section 3.
    """
    order = np.argsort(-scores)
    boxes, scores = boxes[order], scores[order]
    area = np.prod(boxes[:, 1] - boxes[:, 0], -1)
    found = []
    left = np.ones(len(scores), bool)
    for best in range(len(scores)):
        if not left[best]:
            continue
        low = np.maximum(boxes[best, 0], boxes[:, 0])
        high = np.minimum(boxes[best, 1], boxes[:, 1])
        shared = np.prod(np.clip(high - low, 0, None), -1)
        same = left & (shared / (area[best] + area - shared) > SAME_FACE_OVERLAP)
        inside = left & (shared / np.minimum(area[best], area) > INSIDE_OVERLAP)
        points = np.average(boxes[same], axis=0, weights=scores[same])
        found.append(Detection(points[:2].reshape(4), points[2:], float(scores[best])))
        left &= ~(same | inside)
    return found
