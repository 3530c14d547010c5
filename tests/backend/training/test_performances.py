"""Performances are plausible, in bounds, begin at rest and hold what benchmarks ask of them."""

import numpy as np
import pytest

from facewright.datatypes import ARKIT_52
from facewright.training.expression_data import motion_blur, spoil
from facewright.training.performances import INDEX, extremes, look_gaze, sample_performance, speech


@pytest.fixture(scope="module")
def moments() -> np.ndarray:
    """Return (N, E) moments drawn at random."""
    generator = np.random.default_rng(4)
    return np.stack([sample_performance(generator) for _ in range(600)])


def test_moments_use_every_coefficient_and_rest_most_of_the_time(moments):
    assert moments.min() >= 0.0 and moments.max() <= 1.0
    assert (moments.max(0) > 0.2).all()
    assert 0.03 < moments.mean() < 0.12


def test_both_eyes_look_the_same_way():
    values = np.zeros(52)
    look_gaze(values, 0.4, -0.2)
    named = {name: value for name, value in zip(ARKIT_52, values, strict=True) if value}
    assert named == {"eyeLookOutLeft": 0.4, "eyeLookInRight": 0.4, "eyeLookDownLeft": 0.2, "eyeLookDownRight": 0.2}


def test_one_eye_alone_can_shut(moments):
    left, right = moments[:, INDEX["eyeBlinkLeft"]], moments[:, INDEX["eyeBlinkRight"]]
    assert ((left > 0.8) & (right < 0.2)).sum() > 5 and ((right > 0.8) & (left < 0.2)).sum() > 5


@pytest.mark.parametrize("perform", [speech, extremes])
def test_a_performance_begins_at_rest_moves_smoothly_and_blinks_fully(perform):
    shown = perform(np.random.default_rng(8), 300)
    assert shown.coefficients.shape == (300, 52) and shown.turn_deg.shape == (300, 3)
    assert shown.coefficients.min() >= 0.0 and shown.coefficients.max() <= 1.0
    assert (shown.coefficients[:15] == 0.0).all() and (shown.turn_deg[:15] == 0.0).all()
    assert shown.coefficients[:, INDEX["eyeBlinkLeft"]].max() > 0.9
    turns = np.abs(np.diff(shown.turn_deg, axis=0)).max()
    assert 0.1 < turns < 15.0


def test_the_same_seed_performs_the_same():
    one, other = (speech(np.random.default_rng(3), 60) for _ in range(2))
    np.testing.assert_array_equal(one.coefficients, other.coefficients)


def test_motion_blur_smears_along_the_way_only_and_keeps_the_light():
    dot = np.zeros((31, 31, 3), np.float32)
    dot[15, 15] = 100.0
    blurred = motion_blur(dot, np.array([8.0, 0.0]))
    assert blurred.sum() == pytest.approx(300.0, rel=1e-3)
    assert blurred[15, 12:19].min() > 5.0 and blurred[:13].max() < 1.0


def test_spoilt_images_stay_images():
    generator = np.random.default_rng(5)
    image = generator.integers(0, 255, (64, 64, 3)).astype(np.uint8)
    changed = [spoil(generator, image) for _ in range(20)]
    assert all(one.shape == image.shape and one.dtype == np.uint8 for one in changed)
    assert any((one != image).any() for one in changed)
