"""The landmark fit recovers what was projected."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.rig.tiny_rig import write_tiny_rig
from facewright.datatypes import ARKIT_52
from facewright.fitting.landmark_fit import LandmarkFitConfig, LandmarkModel, fit_landmarks
from facewright.rig.head_pose import CAMERA_DISTANCE_M, CAMERA_FROM_WORLD_FRONTAL
from facewright.rig.installed import load_rig
from facewright.rig.nouns import LandmarkMap, Rig

EXACT = LandmarkFitConfig(sigma_ratio=1e-4, iterations=25, huber_ratio=10.0)
SMILE = ARKIT_52.index("mouthSmileLeft")


@pytest.fixture
def rig(tmp_path) -> Rig:
    write_tiny_rig(tmp_path)
    tiny = load_rig("tiny", rigs_dir=tmp_path, cache_dir=tmp_path / "cache")
    count = len(tiny.mesh.triangles)
    barycentric = np.random.default_rng(2).dirichlet(np.ones(3), count).astype(np.float32)
    return replace(
        tiny, landmarks=LandmarkMap(np.arange(count, dtype=np.int32), barycentric, np.ones(count, np.float32))
    )


def projected(model: LandmarkModel, code, expression, rotation, focal, centre) -> np.ndarray:
    points = model.points(code, expression)
    pivot = model.points(np.zeros_like(code), np.zeros_like(expression)).mean(0)
    turned = (points - pivot) @ rotation.T + [0, 0, CAMERA_DISTANCE_M]
    return np.column_stack([focal * turned[:, :2] / turned[:, 2:] + centre, focal * turned[:, 2] / CAMERA_DISTANCE_M])


def turned(yaw: float, pitch: float, roll: float) -> np.ndarray:
    return Rotation.from_euler("yxz", [yaw, pitch, roll], degrees=True).as_matrix() @ CAMERA_FROM_WORLD_FRONTAL


def test_exact_landmarks_give_back_code_expression_head_pose_and_camera(rig):
    model = LandmarkModel(rig)
    code, expression = np.array([0.9, -0.7]), np.zeros(52)
    expression[SMILE] = 0.6
    rotation = turned(17.0, -9.0, 6.0)
    landmarks = projected(model, code, expression, rotation, 1500.0, np.array([310.0, 190.0]))
    fit = fit_landmarks(model, landmarks, EXACT)
    np.testing.assert_allclose(fit.code, code, atol=0.02)
    np.testing.assert_allclose(fit.expression, expression, atol=0.03)
    np.testing.assert_allclose(fit.rotation, rotation, atol=2e-3)
    assert fit.focal_px == pytest.approx(1500.0, rel=2e-3)
    assert fit.residual_ratio < 1e-3


def test_camera_of_a_fit_projects_the_model_onto_the_landmarks(rig):
    model = LandmarkModel(rig)
    landmarks = projected(
        model, np.array([0.3, 0.5]), np.zeros(52), turned(-12.0, 5.0, 3.0), 900.0, np.array([120.0, 80.0])
    )
    fit = fit_landmarks(model, landmarks, EXACT)
    camera = fit.camera((256, 200))
    points = (
        model.points(fit.code, fit.expression) @ camera.camera_from_world[:3, :3].T + camera.camera_from_world[:3, 3]
    )
    shown = camera.focal_px * points[:, :2] / points[:, 2:] + camera.centre_px
    np.testing.assert_allclose(shown, landmarks[:, :2], atol=0.2)


def test_code_stays_fixed_when_only_the_head_pose_is_solved(rig):
    model = LandmarkModel(rig)
    code = np.array([1.1, 0.4])
    landmarks = projected(model, np.zeros(2), np.zeros(52), turned(5.0, 0.0, 0.0), 900.0, np.zeros(2))
    fit = fit_landmarks(model, landmarks, LandmarkFitConfig(solve_code=False), code)
    np.testing.assert_array_equal(fit.code, code)


def test_expression_never_leaves_its_bounds(rig):
    model = LandmarkModel(rig)
    expression = np.zeros(52)
    expression[SMILE] = 3.0
    landmarks = projected(model, np.zeros(2), expression, turned(0.0, 0.0, 0.0), 900.0, np.zeros(2))
    fit = fit_landmarks(model, landmarks, EXACT)
    assert fit.expression.min() >= 0.0
    assert fit.expression.max() <= 1.0
    assert fit.expression[SMILE] > 0.9


def test_weak_evidence_leaves_the_mean_head(rig):
    model = LandmarkModel(rig)
    landmarks = projected(model, np.array([2.0, -2.0]), np.zeros(52), turned(0.0, 0.0, 0.0), 900.0, np.zeros(2))
    doubting = fit_landmarks(model, landmarks, replace(EXACT, sigma_ratio=50.0))
    assert np.abs(doubting.code).max() < 0.05


def test_one_wild_landmark_hardly_moves_the_fit(rig):
    model = LandmarkModel(rig)
    landmarks = projected(
        model, np.array([0.5, 0.5]), np.zeros(52), turned(4.0, 2.0, 0.0), 900.0, np.array([200.0, 200.0])
    )
    clean = fit_landmarks(model, landmarks, LandmarkFitConfig())
    spoilt = landmarks.copy()
    spoilt[11, :2] += [60.0, -45.0]
    robust = fit_landmarks(model, spoilt, LandmarkFitConfig())
    trusting = fit_landmarks(model, spoilt, LandmarkFitConfig(huber_ratio=10.0))
    assert np.linalg.norm(robust.centre_px - clean.centre_px) < 0.5 * np.linalg.norm(
        trusting.centre_px - clean.centre_px
    )


def test_code_scale_keeps_the_head_near_the_one_it_starts_from(rig):
    model = LandmarkModel(rig)
    landmarks = projected(model, np.array([1.5, -1.5]), np.zeros(52), turned(0.0, 0.0, 0.0), 900.0, np.zeros(2))
    start = np.array([0.4, 0.4])
    held = fit_landmarks(model, landmarks, LandmarkFitConfig(code_scale=1e-3), start)
    np.testing.assert_allclose(held.code, start, atol=0.01)
    free = fit_landmarks(model, landmarks, replace(EXACT, code_scale=1.0), start)
    np.testing.assert_allclose(free.code, [1.5, -1.5], atol=0.05)


def test_code_jacobian_matches_finite_differences(rig):
    model = LandmarkModel(rig)
    code, expression = np.array([0.2, -0.3]), np.zeros(52)
    jacobian = model.code_jacobian(code, expression)
    for axis in range(2):
        step = np.eye(2)[axis] * 0.05
        numeric = (model.points(code + step, expression) - model.points(code - step, expression)) / 0.1
        np.testing.assert_allclose(jacobian[:, :, axis], numeric, atol=3e-5)


def test_derivatives_that_several_threads_take_at_once_are_those_of_one(rig):
    model = LandmarkModel(rig)
    generator = np.random.default_rng(5)
    codes = [0.3 * generator.normal(size=model.rank) for _ in range(4)]
    neutral = np.zeros(rig.blendshapes.shape[0])
    expected = [model.code_jacobian(code, neutral) for code in codes]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: model.code_jacobian(codes[number % 4], neutral), range(80)))
    for number, derivative in enumerate(found):
        np.testing.assert_array_equal(derivative, expected[number % 4])
