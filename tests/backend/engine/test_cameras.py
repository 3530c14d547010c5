"""Canonical and orbiting cameras, and projection."""

import numpy as np
import pytest

from facewright.engine.cameras import (
    CANONICAL_DISTANCE_M,
    FACE_FRAME,
    PORTRAIT_FRAME,
    CanonicalFrame,
    canonical_camera,
    orbit_camera,
    project,
)

EYES = np.array([[-0.033, -0.11, 1.61], [0.030, -0.105, 1.615]])


@pytest.mark.parametrize("frame", [FACE_FRAME, PORTRAIT_FRAME, CanonicalFrame((0.3, 0.5), (0.6, 0.45))])
def test_both_eyes_land_on_the_points_of_the_frame(frame: CanonicalFrame) -> None:
    pixels, depth = project(canonical_camera(EYES, frame, 256), EYES)
    np.testing.assert_allclose(pixels, np.array([frame.eye_right, frame.eye_left]) * 256, atol=1e-6)
    assert depth.mean() == pytest.approx(CANONICAL_DISTANCE_M, abs=1e-6)


def test_a_frontal_view_shows_the_characters_left_on_the_right_and_up_above() -> None:
    camera = canonical_camera(EYES, FACE_FRAME, 256)
    middle = EYES.mean(axis=0)
    pixels, _ = project(camera, middle + np.array([[0.05, 0, 0], [-0.05, 0, 0], [0, 0, 0.05], [0, 0, -0.05]]))
    assert pixels[0, 0] > pixels[1, 0] + 50
    assert pixels[2, 1] < pixels[3, 1] - 50


def test_projection_agrees_with_similar_triangles() -> None:
    camera = orbit_camera(EYES, 0.0, 0.0, 100, height_m=0.4)
    position = np.linalg.inv(camera.camera_from_world)[:3, 3]
    pixel, depth = project(camera, position + np.array([0.2, 2.0, -0.1]))
    np.testing.assert_allclose(pixel, [50 + camera.focal_px * 0.1, 50 + camera.focal_px * 0.05])
    assert depth == pytest.approx(2.0)


def test_a_positive_yaw_shows_the_left_profile_with_the_nose_to_the_left() -> None:
    camera = orbit_camera(EYES, np.pi / 2, 0.0, 256)
    middle = EYES.mean(axis=0)
    pixels, depth = project(camera, middle + np.array([[0, -0.05, 0], [0, 0.1, 0], [0.07, 0, 0], [-0.07, 0, 0]]))
    assert pixels[0, 0] < pixels[1, 0]
    assert depth[2] < depth[3]


def test_a_positive_pitch_looks_down_from_above() -> None:
    camera = orbit_camera(EYES, 0.3, 0.4, 256)
    assert np.linalg.inv(camera.camera_from_world)[2, 3] > EYES[:, 2].max() + 0.3


def test_camera_rotations_are_proper() -> None:
    for camera in (canonical_camera(EYES, FACE_FRAME, 64), orbit_camera(EYES, -1.0, 0.3, 64)):
        rotation = camera.camera_from_world[:3, :3]
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1)


@pytest.mark.parametrize("eyes", [np.zeros((3, 3)), np.full((2, 3), np.nan)])
def test_eyes_of_a_wrong_shape_or_value_are_refused(eyes: np.ndarray) -> None:
    with pytest.raises(ValueError, match="two finite points"):
        canonical_camera(eyes, FACE_FRAME, 64)


def test_eyes_that_coincide_are_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        canonical_camera(np.array([[0, 0, 1.0], [0, 0.1, 1.0]]), FACE_FRAME, 64)
