"""Part maps from landmarks: which share of each pixel of a crop is lip, eye, brow, nose or skin."""

import cv2
import numpy as np

from facewright.datatypes import PART_NAMES

FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
LIPS_OUTER_UPPER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LIPS_INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LIPS_INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LIPS_OUTER_LOWER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
NOSE = (
    168, 417, 351, 412, 399, 437, 420, 429, 279, 358, 294, 327, 326, 2,
    97, 98, 64, 129, 49, 209, 198, 217, 174, 188, 122, 193,
)  # fmt: skip
"""Polygons of landmark indices, right and left being the person's.

Source: face_mesh_connections of MediaPipe for oval, lips, eyes and brows; the nose is chosen from the mesh here.
"""

IRIS_FROM_EYE_WIDTH = 0.2
"""Radius of the iris over the width of the eye: 11.7 mm across in an eye of 29 mm."""

SUPERSAMPLING = 4


def part_maps(landmarks_px: np.ndarray, side_px: int, irises_px: np.ndarray | None = None) -> np.ndarray:
    """Rasterise the parts with soft edges.

    Hair, ears, neck, lashes, beard and glasses have no landmarks: their maps are zero, and what lies outside the face
    oval is background. The other maps are exclusive: the maps of a pixel sum to 1.

    Args:
        landmarks_px: (K, 2) or (K, 3) in px of the crop; of a photo, or of a rig that was projected.
        side_px: S, side of the crop.
        irises_px: (2, 5, 2) centre and rim in px of the crop; without them the iris sits in the middle of the eye.

    Returns:
        (N, S, S) float32 in [0, 1], in the order of PART_NAMES.
    """
    fine = side_px * SUPERSAMPLING
    labels = np.zeros((fine, fine), np.uint8)
    points = landmarks_px[:, :2]
    for name, outline in part_polygons():
        _fill(labels, points[list(outline)], PART_NAMES.index(name))
    for side, eye in enumerate((RIGHT_EYE, LEFT_EYE)):
        centre, radius = iris_circle(points, eye, None if irises_px is None else irises_px[side])
        opening, disc = np.zeros_like(labels), np.zeros_like(labels)
        _fill(opening, points[list(eye)], 1)
        angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
        _fill(disc, centre + radius * np.stack([np.cos(angles), np.sin(angles)], 1), 1)
        labels[(opening & disc) == 1] = PART_NAMES.index("iris")
    maps = np.zeros((len(PART_NAMES), side_px, side_px), np.float32)
    for index in np.unique(labels):
        maps[index] = cv2.resize((labels == index).astype(np.float32), (side_px, side_px), interpolation=cv2.INTER_AREA)
    return maps


def part_polygons() -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return part names with their polygons in painting order: later ones cover earlier ones."""
    return (
        ("skin", FACE_OVAL),
        ("nose", NOSE),
        ("brows", RIGHT_BROW),
        ("brows", LEFT_BROW),
        ("eyes", RIGHT_EYE),
        ("eyes", LEFT_EYE),
        ("upper_lip", LIPS_OUTER_UPPER + LIPS_INNER_UPPER[::-1]),
        ("lower_lip", LIPS_OUTER_LOWER + LIPS_INNER_LOWER[::-1]),
        ("inner_mouth", LIPS_INNER_UPPER + LIPS_INNER_LOWER[-2:0:-1]),
    )


def iris_circle(
    points_px: np.ndarray, eye: tuple[int, ...], iris_px: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Return centre (2,) and radius of an iris, measured where it was located, else assumed in the eye's middle.

    Args:
        points_px: (K, 2) landmarks.
        eye: RIGHT_EYE or LEFT_EYE.
        iris_px: (5, 2) centre and rim, or None.
    """
    if iris_px is not None:
        return iris_px[0], float(np.linalg.norm(iris_px[1:] - iris_px[0], axis=1).mean())
    contour = points_px[list(eye)]
    width = np.linalg.norm(contour[8] - contour[0])
    return contour.mean(0), float(IRIS_FROM_EYE_WIDTH * width)


def _fill(labels: np.ndarray, outline_px: np.ndarray, value: int) -> None:
    """Give a value to the samples whose centres lie inside a polygon (N, 2), given in px of the crop.

    Along every row the edges that cross it toggle between outside and inside; OpenCV's fillPoly would count the
    outline in and thicken closed lips.
    """
    start = outline_px * SUPERSAMPLING - 0.5  # samples have their centres at whole numbers
    step = np.roll(start, -1, 0) - start
    top, bottom = (int(np.clip(edge, 0, len(labels))) for edge in (start[:, 1].min(), start[:, 1].max() + 1))
    rows = np.arange(top, bottom)[:, None]
    crosses = (start[:, 1] <= rows) != (start[:, 1] + step[:, 1] <= rows)  # (rows, N)
    row, edge = np.nonzero(crosses)
    place = start[edge, 0] + (row + top - start[edge, 1]) * step[edge, 0] / step[edge, 1]
    toggles = np.zeros((bottom - top, labels.shape[1] + 1), np.uint8)
    np.add.at(toggles, (row, np.clip(np.ceil(place), 0, labels.shape[1]).astype(int)), 1)
    inside = np.add.accumulate(toggles, 1, dtype=np.uint8)[:, :-1] & 1
    labels[top:bottom][inside == 1] = value
