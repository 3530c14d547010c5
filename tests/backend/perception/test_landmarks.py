"""Landmarks move with the face, and faces that cannot be measured are refused."""

import cv2
import numpy as np
import pytest

from facewright import weights
from facewright.errors import FaceNotFrontal, FaceTooSmall
from facewright.networks.landmarker import MIRRORED
from facewright.perception.alignment import apply_transform, eye_centres, warp
from facewright.perception.landmarks import (
    check_measurable,
    estimate_yaw,
    locate_irises,
    refine_landmarks,
)


@pytest.fixture(scope="module")
def landmarker():
    """Return the real landmark network."""
    return weights.load_landmarker()


def turn(landmarks_px: np.ndarray, yaw_rad: float) -> np.ndarray:
    """Turn a head so that a face that looks into the camera looks to the image's right."""
    cosine, sine = np.cos(yaw_rad), np.sin(yaw_rad)
    rotation = np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])
    middle = landmarks_px.mean(0)
    return (landmarks_px - middle) @ rotation.T + middle


def test_the_landmarks_lie_on_the_features(observations):
    points = observations.landmarks_px
    assert points.shape == (468, 3)
    right_eye, left_eye = eye_centres(points)
    np.testing.assert_allclose(right_eye[:2], [204, 103], atol=3)
    np.testing.assert_allclose(left_eye[:2], [247, 105], atol=3)
    assert points[1, 1] > left_eye[1] and points[152, 1] > points[17, 1] > points[13, 1] > points[1, 1]
    assert points[1, 2] < points[[234, 454], 2].min()  # the nose is nearer to the camera than the ears


def test_landmarks_of_a_turned_enlarged_photo_are_the_turned_enlarged_landmarks(landmarker, observations, photo):
    angle, scale = np.radians(25), 1.7
    transform = scale * np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0]])
    transform[:, 2] = (130, -120)
    expected = apply_transform(transform, observations.landmarks_px)
    turned = warp(photo, transform, (800, 800))
    found = refine_landmarks(landmarker, turned, expected + [6.0, -4.0, 0.0])
    error = np.linalg.norm((found.landmarks_px - expected)[:, :2], axis=1)
    assert found.presence > 0.99
    assert error.mean() < 0.03 * scale * 45


def test_a_mirrored_photo_has_mirrored_landmarks(landmarker, observations, photo):
    mirrored = observations.landmarks_px[list(MIRRORED)]
    mirrored[:, 0] = 512 - mirrored[:, 0]
    plain = refine_landmarks(landmarker, photo, observations.landmarks_px).landmarks_px
    again = refine_landmarks(landmarker, np.ascontiguousarray(photo[:, ::-1]), mirrored).landmarks_px
    np.testing.assert_allclose(again[list(MIRRORED)] * [-1, 1, 1] + [512, 0, 0], plain, atol=0.1)


def test_every_landmark_has_one_on_the_other_side(observations):
    mirrored = np.array(MIRRORED)
    np.testing.assert_array_equal(mirrored[mirrored], np.arange(468))
    assert (mirrored == np.arange(468)).sum() == 28  # the middle line
    for right, left in ((33, 263), (61, 291), (78, 308), (80, 310), (159, 386), (107, 336), (234, 454), (98, 327)):
        assert mirrored[right] == left
    frontal = turn(observations.landmarks_px, -estimate_yaw(observations.landmarks_px))
    middles = (frontal + frontal[mirrored])[:, 0] / 2
    assert np.abs(middles - np.median(middles)).max() < 0.06 * 43


def test_presence_is_low_where_no_face_is(landmarker, observations, photo):
    shifted = observations.landmarks_px + [180.0, 250.0, 0.0]
    assert refine_landmarks(landmarker, photo, shifted).presence < 0.5


def test_both_irises_lie_in_their_eyes_and_have_the_same_size(observations, photo):
    network = weights.load_iris_landmarker()
    irises = locate_irises(network, photo, observations.landmarks_px)
    centres = eye_centres(observations.landmarks_px)[:, :2]
    assert np.linalg.norm(irises[:, 0] - centres, axis=1).max() < 4
    radii = np.linalg.norm(irises[:, 1:] - irises[:, :1], axis=2).mean(1)
    assert 0.08 < radii.mean() / 45 < 0.11 and abs(radii[0] - radii[1]) < 0.15 * radii.mean()


def test_a_mirrored_photo_has_mirrored_irises(observations, photo):
    network = weights.load_iris_landmarker()
    irises = locate_irises(network, photo, observations.landmarks_px)
    mirrored = observations.landmarks_px[:, :2].copy()
    mirrored[:, 0] = 512 - mirrored[:, 0]
    pairs = {33: 263, 133: 362, 263: 33, 362: 133}
    mirrored[list(pairs)] = mirrored[list(pairs.values())]
    again = locate_irises(network, np.ascontiguousarray(photo[:, ::-1]), mirrored)
    np.testing.assert_allclose(again[::-1, 0] * [-1, 1] + [512, 0], irises[:, 0], atol=0.05)


def test_the_yaw_is_positive_when_the_person_looks_to_the_images_right(observations):
    frontal = turn(observations.landmarks_px, -estimate_yaw(observations.landmarks_px))
    for yaw in (-0.4, 0.0, 0.6):
        assert estimate_yaw(turn(frontal, yaw)) == pytest.approx(yaw, abs=0.01)
    nose, ears = turn(frontal, 0.6)[1], turn(frontal, 0.6)[[234, 454]]
    assert nose[0] > ears[:, 0].mean()


def test_a_mirrored_photo_turns_the_yaw_around(observer, observations, photo):
    mirrored = observer(cv2.flip(photo, 1))
    yaw = estimate_yaw(observations.landmarks_px)
    assert estimate_yaw(mirrored.landmarks_px) == pytest.approx(-yaw, abs=0.08)


def test_small_faces_and_profiles_are_refused(observations):
    check_measurable(observations.landmarks_px)
    with pytest.raises(FaceTooSmall, match="11 px apart, at least 16 px") as caught:
        check_measurable(observations.landmarks_px * 0.25)
    assert "larger photo" in caught.value.remedy
    with pytest.raises(FaceNotFrontal, match="degrees, at most 50") as caught:
        check_measurable(turn(observations.landmarks_px, 1.2))
    assert "towards the camera" in caught.value.remedy
