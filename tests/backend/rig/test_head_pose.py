"""The head pose projects, differentiates and guesses as geometry says."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from facewright.rig.head_pose import (
    CAMERA_DISTANCE_M,
    CAMERA_FROM_WORLD_FRONTAL,
    HeadPose,
    first_head_pose,
    project_with_jacobian,
    robust_weight,
    rotation_in_photo,
    rotation_vector,
)

POINTS_M = np.random.default_rng(1).normal(size=(30, 3)) * [0.07, 0.04, 0.09] + [0.0, -0.1, 1.6]
TURN = Rotation.from_euler("yxz", [20.0, -11.0, 8.0], degrees=True).as_matrix()
POSE = HeadPose(TURN @ CAMERA_FROM_WORLD_FRONTAL, 1300.0, np.array([310.0, 190.0]), POINTS_M.mean(0))


def test_the_projection_is_that_of_the_camera():
    camera = POSE.camera((640, 480))
    seen = (np.column_stack([POINTS_M, np.ones(30)]) @ camera.camera_from_world.T)[:, :3]
    expected = camera.focal_px * seen[:, :2] / seen[:, 2:] + camera.centre_px
    projected, _ = project_with_jacobian(POINTS_M, POSE, np.zeros((30, 3, 0)))
    np.testing.assert_allclose(projected, expected, atol=1e-9)
    np.testing.assert_allclose(camera.camera_from_world[:3, :3] @ POSE.pivot_m + camera.camera_from_world[:3, 3],
                               [0, 0, CAMERA_DISTANCE_M], atol=1e-12)  # fmt: skip


def test_the_derivative_is_that_of_finite_differences():
    by_shape = np.random.default_rng(2).normal(size=(30, 3, 4)) * 0.01
    _, jacobian = project_with_jacobian(POINTS_M, POSE, by_shape)
    assert jacobian.shape == (30, 2, 10)

    def moved(values: np.ndarray) -> np.ndarray:
        return project_with_jacobian(POINTS_M + by_shape @ values[6:], POSE.moved(values[:6]), by_shape)[0]

    for axis in range(10):
        step = np.eye(10)[axis] * 1e-5
        np.testing.assert_allclose(jacobian[:, :, axis], (moved(step) - moved(-step)) / 2e-5, rtol=1e-5, atol=1e-4)


def test_a_pose_as_a_vector_and_back_is_the_same_pose():
    again = HeadPose.from_vector(POSE.vector(640.0), 640.0, POSE.pivot_m)
    np.testing.assert_allclose(again.rotation, POSE.rotation, atol=1e-12)
    np.testing.assert_allclose(again.centre_px, POSE.centre_px)
    assert again.focal_px == pytest.approx(POSE.focal_px)
    frontal = HeadPose(CAMERA_FROM_WORLD_FRONTAL, 640.0, np.array([320.0, 160.0]), np.zeros(3))
    np.testing.assert_allclose(frontal.vector(640.0), [0, 0, 0, 0, 0.5, 0.25], atol=1e-12)


def test_the_first_guess_from_landmarks_with_depth_is_near_the_pose():
    turned = (POINTS_M - POSE.pivot_m) @ POSE.rotation.T
    landmarks = np.column_stack([project_with_jacobian(POINTS_M, POSE, np.zeros((30, 3, 0)))[0],
                                 turned[:, 2] * POSE.focal_px / CAMERA_DISTANCE_M])  # fmt: skip
    guess = first_head_pose(POINTS_M, landmarks)
    assert np.degrees(Rotation.from_matrix(guess.rotation @ POSE.rotation.T).magnitude()) < 4.0
    assert guess.focal_px == pytest.approx(POSE.focal_px, rel=0.06)
    np.testing.assert_allclose(guess.centre_px, POSE.centre_px, atol=6)


def test_residuals_beyond_the_limit_count_linearly():
    weight = robust_weight(np.array([[0.3, 0.4], [3.0, 4.0], [0.0, 0.0]]), 1.0)
    np.testing.assert_allclose(weight, [1.0, np.sqrt(0.2), 1.0])


@pytest.mark.parametrize("turn", [(0.0, 0.0, 0.0), (1e-6, 0.0, 0.0), (0.3, -0.7, 0.2), (0.0, 2.9, 0.0)])
def test_a_rotation_vector_is_that_of_scipy(turn):
    np.testing.assert_allclose(rotation_vector(Rotation.from_rotvec(turn).as_matrix()), turn, atol=1e-9)


def test_a_tilted_crop_of_a_frontal_head_gives_the_tilted_head():
    angle = np.radians(20.0)
    tilt = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    crop_from_photo = np.column_stack([0.5 * tilt, [30.0, 40.0]])
    found = rotation_in_photo(np.zeros(3), crop_from_photo)
    expected = np.eye(3)
    expected[:2, :2] = tilt.T  # the crop undoes the tilt that the head has in the photo
    np.testing.assert_allclose(found, expected @ CAMERA_FROM_WORLD_FRONTAL, atol=1e-12)
