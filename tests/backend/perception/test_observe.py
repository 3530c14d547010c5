"""The observer chooses a face, measures it once, and refuses what it cannot measure."""

import time

import cv2
import numpy as np
import pytest

from facewright import weights
from facewright.errors import FaceNotFound, FaceTooSmall
from facewright.perception.alignment import apply_transform, eye_centres
from facewright.perception.observe import LandmarkReader, choose_face, find_faces


@pytest.fixture(scope="module")
def two_faces(photo) -> np.ndarray:
    """Return a photo with a smaller face on the left of a larger one."""
    small = cv2.resize(photo, (300, 300), interpolation=cv2.INTER_AREA)
    return np.hstack([np.vstack([small, np.full((212, 300, 3), 90, np.uint8)]), photo])


def test_the_aligned_face_has_its_eyes_on_the_canonical_points(observations):
    aligned = observations.aligned
    eyes = eye_centres(apply_transform(aligned.crop_from_photo, observations.landmarks_px))[:, :2]
    assert aligned.image.shape == (256, 256, 3)
    np.testing.assert_allclose(eyes.mean(0), [128, 0.42 * 256], atol=0.1)
    np.testing.assert_allclose(eyes[1] - eyes[0], [0.3 * 256, 0], atol=2)


def test_nothing_that_was_measured_needs_gradients_and_the_photo_is_left_alone(observer, photo):
    before = photo.copy()
    observations = observer(photo)
    np.testing.assert_array_equal(photo, before)
    assert type(observations.embedding) is np.ndarray and observations.landmarks_px.dtype == np.float32


def test_a_second_look_sees_the_same(observer, observations, photo):
    again = observer(photo)
    np.testing.assert_array_equal(again.landmarks_px, observations.landmarks_px)
    np.testing.assert_array_equal(again.colours.vector(), observations.colours.vector())


def test_faces_are_numbered_from_the_largest(observer, observations, two_faces):
    largest, second = observer(two_faces), observer(two_faces, 1)
    np.testing.assert_allclose(largest.landmarks_px[:, :2], observations.landmarks_px[:, :2] + [300, 0], atol=2.5)
    np.testing.assert_allclose(second.landmarks_px[:, :2], observations.landmarks_px[:, :2] * 300 / 512, atol=2.5)


def test_a_face_that_is_not_there_is_refused(observer, two_faces):
    with pytest.raises(FaceNotFound, match="face 2 was asked for, the photo shows 2") as caught:
        observer(two_faces, 2)
    assert caught.value.remedy == "choose a face from 0 to 1"
    with pytest.raises(FaceNotFound, match="face -1"):
        observer(two_faces, -1)
    with pytest.raises(FaceNotFound, match="the photo shows 1") as caught:
        choose_face([(None, None)], 3)
    assert caught.value.remedy == "leave the number of the face out"


def test_a_photo_without_a_face_is_refused(observer):
    noise = np.random.default_rng(9).integers(0, 256, (400, 300, 3), np.uint8)
    with pytest.raises(FaceNotFound, match="no face was found"):
        observer(noise)


def test_a_tiny_face_is_refused(observer, photo):
    with pytest.raises((FaceTooSmall, FaceNotFound)):
        observer(cv2.resize(photo, (150, 150), interpolation=cv2.INTER_AREA))


def test_what_only_looks_like_a_face_is_dropped(photo):
    faces = find_faces(weights.load_detector(), weights.load_landmarker(), photo[200:])
    assert faces == []


def test_the_landmark_reader_reads_the_largest_face(observations, photo):
    reader = LandmarkReader(weights.load_detector(), weights.load_landmarker())
    np.testing.assert_array_equal(reader(photo), observations.landmarks_px)
    with pytest.raises(FaceNotFound):
        reader(np.zeros((64, 64, 3), np.uint8))


def test_an_observation_takes_less_than_two_seconds(observer, photo):
    start = time.process_time()
    observer(photo)
    assert time.process_time() - start < 2
