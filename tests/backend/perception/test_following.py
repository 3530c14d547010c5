"""One face is found in a frame and followed through the next ones."""

import cv2
import numpy as np
import pytest

from facewright import weights
from facewright.perception.detection import detect_faces
from facewright.perception.following import find_face, follow_face


@pytest.fixture(scope="module")
def networks():
    """Return the real detector and landmark network."""
    return weights.load_detector(), weights.load_landmarker()


@pytest.fixture(scope="module")
def pair(photo) -> np.ndarray:
    """Return a frame of a large face on the left and a smaller one on the right."""
    small = cv2.resize(photo, (360, 360), interpolation=cv2.INTER_AREA)
    return np.hstack([photo, np.vstack([small, np.full((152, 360, 3), 90, np.uint8)])])


def test_the_landmarks_are_near_those_of_a_photo(networks, observations, photo):
    found = find_face(*networks, photo).landmarks_px
    error = np.linalg.norm((found - observations.landmarks_px)[:, :2], axis=1)
    assert found.shape == (468, 3) and error.mean() < 0.03 * 45


def test_the_largest_face_is_found_first_and_a_lost_one_at_its_own_place(networks, observations, pair):
    largest = find_face(*networks, pair).landmarks_px
    np.testing.assert_allclose(largest[:, :2].mean(0), observations.landmarks_px[:, :2].mean(0), atol=4)
    second = observations.landmarks_px * 360 / 512 + [512, 0, 0]
    found = find_face(*networks, pair, second + [8.0, -6.0, 0.0]).landmarks_px
    np.testing.assert_allclose(found[:, :2].mean(0), second[:, :2].mean(0), atol=4)
    assert find_face(*networks, pair, second + [0.0, 300.0, 0.0]) is None


def test_a_face_too_small_for_the_first_level_is_found_on_the_second(networks, photo):
    wide = np.full((480, 640, 3), 90, np.uint8)
    wide[100:400, 300:600] = cv2.resize(photo, (300, 300), interpolation=cv2.INTER_AREA)  # a face of 53 px
    assert detect_faces(networks[0], wide, levels=1) == []
    found = find_face(*networks, wide).landmarks_px
    np.testing.assert_allclose(found[[33, 263], :2].mean(0), np.array([225, 104]) * 300 / 512 + [300, 100], atol=6)


def test_a_face_that_moved_is_followed(networks, observations, photo):
    moved = np.roll(photo, (9, -14), (0, 1))
    found = follow_face(networks[1], moved, observations.landmarks_px).landmarks_px
    expected = observations.landmarks_px[:, :2] + [-14, 9]
    assert np.linalg.norm(found[:, :2] - expected, axis=1).mean() < 0.05 * 45


def test_where_no_face_is_there_is_none(networks, observations, photo):
    black = np.zeros_like(photo)
    assert find_face(*networks, black) is None
    assert follow_face(networks[1], black, observations.landmarks_px) is None
