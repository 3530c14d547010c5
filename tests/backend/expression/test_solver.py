"""The live solver recovers what was projected, agrees with the landmark fit, and stays in bounds."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from facewright.datatypes import ARKIT_52
from facewright.expression.morphable_model import MorphableModel, morphable_model
from facewright.expression.solver import Expectation, ExpressionFit, ExpressionSolver, SolverConfig
from facewright.fitting.landmark_fit import LandmarkFitConfig, fit_landmarks
from facewright.rig.anchors import landmark_points
from facewright.rig.decoder import RigDecoder
from facewright.rig.expression_prior import sample_expression, seen_coefficients
from facewright.rig.head_pose import HeadPose, project_with_jacobian

EXACT = SolverConfig(sigma_ratio=1e-3, huber_ratio=10.0, first_iterations=25)


@pytest.fixture(scope="module")
def model(landmark_model, identity) -> MorphableModel:
    """Return the head's landmark points."""
    return morphable_model(landmark_model.landmark_points, identity)


@pytest.fixture(scope="module")
def expression() -> np.ndarray:
    """Return (E,) coefficients of an open, one-sided smile with one eye closed."""
    values = np.zeros(52)
    for name, value in (("jawOpen", 0.45), ("mouthSmileLeft", 0.8), ("mouthSmileRight", 0.3), ("eyeBlinkRight", 0.9)):
        values[ARKIT_52.index(name)] = value
    return values


def seen(model: MorphableModel, pose: HeadPose, expression: np.ndarray, noise_px: float = 0.0) -> np.ndarray:
    """Return (K, 2) landmarks of the head in px."""
    projected, _ = project_with_jacobian(
        model.neutral_m + model.by_expression @ expression, pose, np.zeros((468, 3, 0))
    )
    return projected + np.random.default_rng(6).normal(size=projected.shape) * noise_px


def turn_deg(first: np.ndarray, second: np.ndarray) -> float:
    """Return the angle between two rotations."""
    return float(np.degrees(Rotation.from_matrix(first @ second.T).magnitude()))


def test_the_points_of_the_model_are_those_of_the_whole_decoded_head(rig, model, identity, expression):
    shape = torch.from_numpy(expression.astype(np.float32))[None]
    vertices = RigDecoder(rig).vertices(torch.from_numpy(identity)[None], shape)[0].numpy()
    expected = landmark_points(rig, vertices)
    np.testing.assert_allclose(model.neutral_m + model.by_expression @ expression, expected, atol=1e-6)


def test_an_identity_of_the_wrong_length_is_refused(landmark_model, identity):
    with pytest.raises(ValueError, match="parameters: expected"):
        morphable_model(landmark_model.landmark_points, identity[:-1])


def test_exact_landmarks_give_back_expression_and_head_pose(model, pose, expression):
    fit = ExpressionSolver(model, EXACT)(seen(model, pose, expression))
    np.testing.assert_allclose(fit.coefficients, expression, atol=0.03)
    assert turn_deg(fit.pose.rotation, pose.rotation) < 0.1
    assert fit.pose.focal_px == pytest.approx(1500.0, rel=2e-3)
    np.testing.assert_allclose(fit.pose.centre_px, pose.centre_px, atol=0.2)
    assert fit.residual_ratio < 1e-3


def test_the_camera_of_a_fit_shows_the_head_on_the_landmarks(model, pose, expression):
    landmarks = seen(model, pose, expression)
    fit = ExpressionSolver(model, EXACT)(landmarks)
    camera = fit.pose.camera((640, 480))
    world = np.column_stack([model.neutral_m + model.by_expression @ fit.coefficients, np.ones(468)])
    points = (world @ camera.camera_from_world.T)[:, :3]
    np.testing.assert_allclose(camera.focal_px * points[:, :2] / points[:, 2:] + camera.centre_px, landmarks, atol=0.1)
    assert camera.size_px == (640, 480)


@pytest.mark.parametrize("noise_px", [0.0, 2.0])
def test_it_agrees_with_the_landmark_fit_of_a_photo(landmark_model, model, code, pose, expression, noise_px):
    landmarks = seen(model, pose, expression, noise_px)
    photo_fit = fit_landmarks(landmark_model, landmarks, LandmarkFitConfig(solve_code=False), code)
    solver = ExpressionSolver(model)
    cold = solver(landmarks)
    warm = solver(landmarks, replace(cold, coefficients=np.clip(cold.coefficients + 0.05, 0, 1)))
    for fit, tolerance in ((cold, 1e-3), (warm, 5e-3)):
        np.testing.assert_allclose(fit.coefficients, photo_fit.expression, atol=tolerance)
        assert turn_deg(fit.pose.rotation, photo_fit.rotation) < 0.02
        assert fit.pose.focal_px == pytest.approx(photo_fit.focal_px, rel=1e-3)


def test_frame_after_frame_it_stays_where_a_fresh_start_would_be(model, pose):
    generator, solver, before = np.random.default_rng(7), ExpressionSolver(model), None
    start, end = (sample_expression(generator, 1.5) for _ in range(2))
    for index in range(40):
        wave = 0.5 - 0.5 * np.cos(index / 6)
        step = np.r_[0.3 * np.sin(index / 9), 0.2 * np.cos(index / 7), 0.1 * wave, 0.2 * wave, 40 * wave, -25 * wave]
        landmarks = seen(model, pose.moved(step), (1 - wave) * start + wave * end, 1.0)
        before = solver(landmarks, before)
        if index % 8 == 7:
            fresh = solver(landmarks)
            np.testing.assert_allclose(before.coefficients, fresh.coefficients, atol=0.02)
            assert turn_deg(before.pose.rotation, fresh.pose.rotation) < 0.1


def test_still_landmarks_end_in_one_solution(model, pose, expression):
    solver, landmarks = ExpressionSolver(model), seen(model, pose, expression, 1.5)
    fit = solver(landmarks)
    for _ in range(5):
        fit = solver(landmarks, fit)
    again = solver(landmarks, fit)
    np.testing.assert_allclose(again.coefficients, fit.coefficients, atol=1e-6)


@pytest.mark.parametrize("scale", [0.01, 1.0, 300.0])
def test_landmarks_of_no_face_give_finite_coefficients_in_bounds(model, scale):
    generator, solver = np.random.default_rng(9), ExpressionSolver(model)
    before: ExpressionFit | None = None
    for _ in range(4):
        before = solver(generator.normal(size=(468, 3)) * scale + [20, 30, 0], before)
        assert np.isfinite(before.coefficients).all() and np.isfinite(before.pose.rotation).all()
        assert before.coefficients.min() >= 0.0 and before.coefficients.max() <= 1.0


def test_coefficients_that_landmarks_do_not_show_stay_zero(model, pose):
    fit = ExpressionSolver(model)(seen(model, pose, np.full(52, 0.3), 1.0))
    unseen = np.setdiff1d(np.arange(52), seen_coefficients())
    assert (fit.coefficients[unseen] == 0).all() and len(unseen) == 10


def test_wild_landmarks_hardly_move_the_fit(model, pose, expression):
    landmarks = seen(model, pose, expression)
    spoilt = landmarks.copy()
    spoilt[[50, 187, 205, 425]] += [70.0, -45.0]
    robust, trusting = ExpressionSolver(model), ExpressionSolver(model, SolverConfig(huber_ratio=10.0))
    moved = [np.abs(s(spoilt).coefficients - s(landmarks).coefficients).sum() for s in (robust, trusting)]
    assert moved[0] < 0.5 * moved[1]


def test_what_comes_in_is_left_alone(model, pose, expression):
    solver, landmarks = ExpressionSolver(model), seen(model, pose, expression)
    before = solver(landmarks)
    kept = before.coefficients.copy(), before.pose.rotation.copy(), landmarks.copy()
    solver(landmarks, before)
    for now, then in zip((before.coefficients, before.pose.rotation, landmarks), kept, strict=True):
        np.testing.assert_array_equal(now, then)


def test_a_frame_takes_a_few_milliseconds(model, pose, expression):
    solver, landmarks = ExpressionSolver(model), seen(model, pose, expression, 1.0)
    before, took_s = solver(landmarks), []
    for _ in range(30):
        start = time.process_time()
        before = solver(landmarks, before)
        took_s.append(time.process_time() - start)
    assert np.median(took_s) < 0.010


def test_what_is_expected_decides_where_landmarks_are_not_trusted(model, pose, expression):
    turned = Rotation.from_rotvec([0.03, -0.05, 0.02]).as_matrix() @ pose.rotation
    expected = Expectation(np.full(52, 0.3), np.full(52, 0.01), turned, 1e-3)
    fit = ExpressionSolver(model, SolverConfig(sigma_ratio=5.0))(seen(model, pose, expression), None, expected)
    np.testing.assert_allclose(fit.coefficients, 0.3, atol=0.02)
    assert turn_deg(fit.pose.rotation, turned) < 0.1


def test_exact_landmarks_outweigh_a_vague_expectation_but_for_what_they_do_not_show(model, pose, expression):
    turned = Rotation.from_rotvec([0.03, -0.05, 0.02]).as_matrix() @ pose.rotation
    expected = Expectation(np.full(52, 0.3), np.full(52, 0.5), turned, 1.0)
    shown = seen_coefficients()
    unseen = np.setdiff1d(np.arange(52), shown)
    expression = expression.copy()
    expression[unseen] = 0.3
    fit = ExpressionSolver(model, EXACT)(seen(model, pose, expression), None, expected)
    np.testing.assert_allclose(fit.coefficients[shown], expression[shown], atol=0.04)
    assert turn_deg(fit.pose.rotation, pose.rotation) < 0.2
    np.testing.assert_array_equal(fit.coefficients[unseen], 0.3)


def test_a_third_of_exact_landmarks_tells_as_much(model, pose, expression):
    landmarks = seen(model, pose, expression)
    all_of_them = ExpressionSolver(model, EXACT)(landmarks)
    third = ExpressionSolver(model, replace(EXACT, landmark_step=3))(landmarks)
    assert turn_deg(third.pose.rotation, all_of_them.pose.rotation) < 0.2
    assert np.abs(third.coefficients - all_of_them.coefficients).mean() < 0.02
    assert not np.array_equal(third.coefficients, all_of_them.coefficients)
