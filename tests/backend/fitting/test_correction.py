"""The learnt correction: its features take pose and expression out, its map is the ridge regression that it says."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save_file
from scipy.spatial.transform import Rotation

from backend.rig.tiny_rig import write_tiny_rig
from facewright.datatypes import ARKIT_52
from facewright.errors import RigInvalid
from facewright.fitting.correction import (
    LandmarkCorrection,
    canonical_landmarks,
    correction_features,
    load_correction,
    neutral_landmarks,
    observed_depth,
)
from facewright.fitting.landmark_fit import LandmarkFit, LandmarkModel
from facewright.rig.head_pose import CAMERA_DISTANCE_M, CAMERA_FROM_WORLD_FRONTAL
from facewright.rig.installed import load_rig
from facewright.rig.nouns import LandmarkMap

SEEN = np.random.default_rng(5).normal(size=(40, 3))


@pytest.fixture
def model(tmp_path) -> LandmarkModel:
    write_tiny_rig(tmp_path)
    rig = load_rig("tiny", rigs_dir=tmp_path, cache_dir=tmp_path / "cache")
    count = 40
    barycentric = np.random.default_rng(2).dirichlet(np.ones(3), count).astype(np.float32)
    chosen = LandmarkMap(np.arange(count, dtype=np.int32), barycentric, np.ones(count, np.float32))
    return LandmarkModel(replace(rig, landmarks=chosen))


def shown(model: LandmarkModel, moved: np.ndarray, yaw: float, smile: float) -> LandmarkFit:
    """A fit of the mean head whose photo shows every landmark `moved` (3,) m beside the model's."""
    expression = np.zeros(52)
    expression[ARKIT_52.index("mouthSmileLeft")] = smile
    code = np.zeros(2)
    points = model.points(code, expression)
    pivot = points.mean(0)
    rotation = Rotation.from_euler("yxz", [yaw, 8, 3], degrees=True).as_matrix() @ CAMERA_FROM_WORLD_FRONTAL
    focal = 1000.0
    pixels = []
    for shift in (np.zeros(3), moved):
        turned = (points + shift - pivot) @ rotation.T + [0, 0, CAMERA_DISTANCE_M]
        pixels.append(focal * turned[:, :2] / turned[:, 2:])
    return LandmarkFit(code, expression, rotation, focal, np.zeros(2), pivot, pixels[1] - pixels[0], 0.0)


def test_neutral_landmarks_undo_head_pose_and_expression(model):
    moved = np.array([0.0, 0.0, 0.002])
    neutral = neutral_landmarks(model, shown(model, moved, yaw=20.0, smile=0.7))
    expected = model.points(np.zeros(2), np.zeros(52)) + moved
    np.testing.assert_allclose(neutral[:, 2], expected[:, 2], atol=2e-4)


def test_features_of_a_perfect_fit_do_not_depend_on_the_smile(model):
    serious = correction_features(model, shown(model, np.zeros(3), 0.0, 0.0), SEEN)
    smiling = correction_features(model, shown(model, np.zeros(3), 0.0, 0.9), SEEN)
    count = 2 * model.count
    np.testing.assert_allclose(smiling[:count], serious[:count], atol=1e-6)
    assert smiling[count + model.count :].max() == pytest.approx(0.9)


def test_features_are_free_of_size_and_place(model):
    fit = shown(model, np.zeros(3), 0.0, 0.0)
    frontal = correction_features(model, fit, SEEN)[: 2 * model.count].reshape(-1, 2)
    np.testing.assert_allclose(frontal.mean(0), 0.0, atol=1e-9)
    assert (frontal**2).sum(1).mean() == pytest.approx(1.0)


def test_observed_depth_does_not_depend_on_the_head_pose_or_the_size():
    turn = Rotation.from_euler("yx", [25, -12], degrees=True).as_matrix()
    straight = observed_depth(SEEN, np.eye(3))
    np.testing.assert_allclose(observed_depth(7.0 * SEEN @ turn.T + [3.0, 1.0, 9.0], turn), straight, atol=1e-9)


def test_canonical_landmarks_are_the_projection_of_the_neutral_ones(model):
    fit = shown(model, np.zeros(3), 10.0, 0.5)
    camera = replace(fit, rotation=CAMERA_FROM_WORLD_FRONTAL, centre_px=np.array([50.0, 60.0])).camera((100, 100))
    points = model.points(np.zeros(2), np.zeros(52)) - fit.pivot_m
    turned = points @ CAMERA_FROM_WORLD_FRONTAL.T + [0, 0, CAMERA_DISTANCE_M]
    expected = 1000.0 * turned[:, :2] / turned[:, 2:] + [50.0, 60.0]
    np.testing.assert_allclose(canonical_landmarks(model, fit, camera), expected, atol=1e-6)


def test_file_round_trip_and_damage(tmp_path):
    generator = np.random.default_rng(0)
    arrays = {
        "mean": generator.normal(size=4),
        "scale": generator.uniform(1, 2, 4),
        "basis": generator.normal(size=(4, 3)),
        "matrix": generator.normal(size=(3, 2)),
        "bias": generator.normal(size=2),
    }
    path = tmp_path / "correction.safetensors"
    assert load_correction(path, 2, "1") is None
    save_file({name: array.astype(np.float32) for name, array in arrays.items()}, path, {"rig_version": "1"})
    loaded, features = load_correction(path, 2, "1"), generator.normal(size=4)
    expected = ((features - arrays["mean"]) / arrays["scale"]) @ arrays["basis"] @ arrays["matrix"] + arrays["bias"]
    assert isinstance(loaded, LandmarkCorrection)
    np.testing.assert_allclose(loaded.code(features), expected, atol=1e-5)
    with pytest.raises(RigInvalid, match="prior of 2 factors, the rig's has 7"):
        load_correction(path, 7, "1")
    with pytest.raises(RigInvalid, match="learnt on rig version 1, the rig is 2"):
        load_correction(path, 2, "2")
    path.write_bytes(b"no tensors")
    with pytest.raises(RigInvalid, match=r"correction\.safetensors"):
        load_correction(path, 2, "1")
