"""Faces are found large and small, once each, the largest first."""

import cv2
import numpy as np
import pytest

from facewright import weights
from facewright.perception.detection import detect_faces, merge_overlapping, tile_sides
from facewright.perception.observe import find_faces

FACE_MIDDLE = np.array([225, 126])


@pytest.fixture(scope="module")
def detector():
    """Return the real detector."""
    return weights.load_detector()


def group_photo(photo: np.ndarray, sizes: tuple[int, ...]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Paste copies of a portrait of several sizes onto a grey wall; return it and the middles of the faces."""
    canvas = np.full((700, 1000, 3), 90, np.uint8)
    middles, left = [], 30
    for index, size in enumerate(sizes):
        top = 60 + 130 * (index % 3)
        canvas[top : top + size, left : left + size] = cv2.resize(photo, (size, size), interpolation=cv2.INTER_AREA)
        middles.append(np.array([left, top]) + FACE_MIDDLE * size / 512)
        left += size + 20
    return canvas, middles


def centre(detection) -> np.ndarray:
    """Return the middle of a detection's box."""
    return detection.box_px.reshape(2, 2).mean(0)


def test_the_face_of_a_portrait_is_found_once(detector, photo):
    (found,) = [candidate for candidate in detect_faces(detector, photo) if candidate.score > 0.8]
    np.testing.assert_allclose(centre(found), FACE_MIDDLE, atol=6)
    right_eye, left_eye, nose, mouth = found.keypoints_px[:4]
    np.testing.assert_allclose([right_eye, left_eye], [[204, 102], [247, 105]], atol=5)
    assert right_eye[0] < nose[0] < left_eye[0]  # the person's right is on the image's left
    assert max(right_eye[1], left_eye[1]) < nose[1] < mouth[1]


def test_faces_of_forty_pixels_are_found_in_a_group_photo_the_largest_first(detector, photo):
    canvas, middles = group_photo(photo, (190, 400, 280))  # faces of about 40, 85 and 60 px
    found = [detection for detection, _ in find_faces(detector, weights.load_landmarker(), canvas)]
    assert len(found) == 3
    for detection, expected in zip(found, (middles[1], middles[2], middles[0]), strict=True):
        assert np.linalg.norm(centre(detection) - expected) < 0.3 * (detection.box_px[2] - detection.box_px[0])


def test_a_picture_without_faces_gives_none(detector):
    assert detect_faces(detector, np.full((300, 500, 3), 128, np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (7, 500), (900, 3)])
def test_odd_shapes_are_no_problem(detector, shape):
    assert detect_faces(detector, np.full((*shape, 3), 60, np.uint8)) == []


def test_the_pyramid_reaches_from_the_whole_picture_to_the_smallest_tile():
    assert tile_sides(120) == [120.0]
    sides = tile_sides(1600)
    assert sides[0] == pytest.approx(1600) and sides[-1] == pytest.approx(300)
    assert max(np.array(sides[:-1]) / sides[1:]) <= 2.4


def test_overlapping_candidates_are_averaged_by_score_and_boxes_inside_are_dropped():
    def candidate(left, top, side):
        return np.concatenate([[[left, top], [left + side, top + side]], np.full((6, 2), left + side / 2)])

    boxes = np.stack([candidate(0, 0, 100), candidate(8, 0, 100), candidate(30, 30, 30), candidate(300, 40, 50)])
    first, second = merge_overlapping(boxes, np.array([0.9, 0.6, 0.7, 0.8]))
    np.testing.assert_allclose(first.box_px, [3.2, 0, 103.2, 100])
    np.testing.assert_allclose(first.keypoints_px[0], [53.2, 53.2])
    assert (first.score, second.score) == (0.9, 0.8)
    np.testing.assert_allclose(second.box_px, [300, 40, 350, 90])
