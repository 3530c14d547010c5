"""Cues change where a beard, a brow or a frame is painted on a face, and not elsewhere."""

import cv2
import numpy as np
import pytest

from facewright.perception.alignment import apply_transform, eye_centres, face_from_photo, warp
from facewright.perception.face_details import (
    BEARD_PLACES,
    BROW_COLUMNS,
    DETAIL_FRAME,
    EYE_DISTANCE_PX,
    SIDE_PX,
    measure_details,
)


@pytest.fixture(scope="module")
def crop(observations, photo):
    """Return the photo's face crop and its landmarks."""
    transform = face_from_photo(observations.landmarks_px, DETAIL_FRAME, SIDE_PX)
    return warp(photo, transform, (SIDE_PX, SIDE_PX)), apply_transform(transform, observations.landmarks_px)


def painted(image: np.ndarray, places: np.ndarray, radius: int, colour=(35, 25, 20)) -> np.ndarray:
    """Return the picture with discs."""
    copy = image.copy()
    for x, y in places:
        cv2.circle(copy, (round(float(x)), round(float(y))), radius, colour, -1)
    return copy


def test_a_painted_chin_is_darker_there_and_nowhere_else(crop):
    image, points = crop
    plain = measure_details(image, points)
    chin = painted(image, points[[199, 175, 200, 208, 428], :2], 7)
    bearded = measure_details(chin, points)
    change = (bearded.beard - plain.beard)[: 3 * len(BEARD_PLACES)].reshape(-1, 3)
    assert change[4, 0] < -0.8  # chin
    assert np.abs(change[[0, 8, 9], 0]).max() < 0.1  # moustache, sideburns
    assert np.abs(bearded.glasses - plain.glasses).max() < 1e-6


def test_rings_around_the_eyes_change_the_glasses_cues_only(crop):
    image, points = crop
    framed = image.copy()
    for x, y in eye_centres(points)[:, :2]:
        cv2.circle(framed, (round(float(x)), round(float(y) + 4)), round(0.36 * EYE_DISTANCE_PX), (20, 20, 20), 2)
    plain, worn = measure_details(image, points), measure_details(framed, points)
    assert np.linalg.norm(worn.glasses - plain.glasses) > 1.5
    assert np.linalg.norm(worn.beard - plain.beard) < 0.5


def test_a_higher_brow_is_the_same_brow_but_a_thicker_one_is_not(crop):
    image, points = crop
    smooth = np.full_like(image, (205, 165, 140))
    line = np.array([[46, 53, 52, 65, 55], [276, 283, 282, 295, 285]])

    def brows(raise_px: float, thickness: int) -> np.ndarray:
        canvas = smooth.copy()
        for side in line:
            outline = np.rint(points[side, :2] - [0, raise_px + 4]).astype(np.int32)
            cv2.polylines(canvas, [outline], False, (50, 40, 35), thickness, cv2.LINE_AA)
        return measure_details(canvas, points).brows

    low, high, thick = brows(0, 3), brows(2, 3), brows(0, 7)
    strength, spread = slice(0, 1), slice(1 + 2 * BROW_COLUMNS, None)
    assert np.abs(low - high)[1:].mean() < 0.35 * np.abs(low - thick)[1:].mean() + 0.1
    assert thick[strength] > low[strength] + 0.3
    assert thick[spread].mean() > low[spread].mean() + 0.1
