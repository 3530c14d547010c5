"""Smoothing takes jitter out, follows quickly, and survives bad time stamps."""

import math

import numpy as np
import pytest

from facewright.expression.smoothing import NOMINAL_STEP_S, FrameClock, OneEuroFilter

TIMES_S = np.cumsum([0.0, 0.03, 0.05, 0.02, 0.04, 0.033, 0.1, 0.01])


def filtered_as_published(values: list[float], times_s: np.ndarray, cutoff: float, gain: float) -> list[float]:
    """Filter one value as algorithm 1 and 2 of Casiez et al. 2012 say, one frame after the other."""

    def alpha(rate: float, cutoff_hz: float) -> float:
        return 1.0 / (1.0 + (1.0 / (2 * math.pi * cutoff_hz)) * rate)

    smooth, before, slope, result = values[0], values[0], 0.0, [values[0]]
    for value, step in zip(values[1:], np.diff(times_s), strict=True):
        rate = 1.0 / step
        share = alpha(rate, 1.0)
        slope = share * (value - before) * rate + (1 - share) * slope
        share = alpha(rate, cutoff + gain * abs(slope))
        smooth = share * value + (1 - share) * smooth
        before = value
        result.append(smooth)
    return result


def test_each_value_is_filtered_as_published():
    values = np.random.default_rng(1).uniform(size=(len(TIMES_S), 3))
    smooth = OneEuroFilter(0.7, 2.5)
    found = np.stack([smooth(row, time) for row, time in zip(values, TIMES_S, strict=True)])
    for column in range(3):
        expected = filtered_as_published(values[:, column].tolist(), TIMES_S, 0.7, 2.5)
        np.testing.assert_allclose(found[:, column], expected, atol=1e-12)


def test_a_resting_value_loses_most_of_its_jitter():
    generator, smooth = np.random.default_rng(2), OneEuroFilter()
    raw = 0.4 + generator.normal(size=(200, 1)) * 0.01
    found = np.stack([smooth(value, index / 30) for index, value in enumerate(raw)])
    assert found[30:].std() < 0.5 * raw[30:].std()
    assert found[30:].mean() == pytest.approx(0.4, abs=0.005)


def test_a_blink_arrives_within_three_frames():
    smooth = OneEuroFilter()
    for index in range(20):
        smooth(np.zeros(1), index / 30)
    shown = [float(smooth(np.ones(1), (20 + index) / 30)[0]) for index in range(3)]
    assert shown == sorted(shown) and shown[2] > 0.85


def test_smoothed_values_stay_between_those_that_came_in():
    generator, smooth = np.random.default_rng(3), OneEuroFilter()
    for index in range(200):
        found = smooth(generator.integers(0, 2, 5).astype(float), index * generator.uniform(0, 0.2))
        assert (found >= 0).all() and (found <= 1).all()


def test_what_comes_in_and_what_came_out_is_left_alone():
    smooth, values = OneEuroFilter(), np.array([0.2, 0.8])
    for time_s in (0.0, 0.1):
        smooth(values, time_s)[:] = 9.0
    np.testing.assert_array_equal(values, [0.2, 0.8])
    np.testing.assert_allclose(smooth(values, 0.2), values)


@pytest.mark.parametrize("bad", [0.1, 0.05, -7.0, math.nan, -math.inf, math.inf])
def test_a_time_stamp_that_does_not_grow_counts_as_a_usual_step(bad):
    clock = FrameClock()
    assert clock(0.05) == NOMINAL_STEP_S
    assert clock(0.1) == pytest.approx(0.05)
    assert clock(bad) == NOMINAL_STEP_S
    last = []
    for times in ((0.05, 0.1, 0.1 + NOMINAL_STEP_S), (0.05, 0.1, bad)):
        smooth = OneEuroFilter()
        last.append([smooth(np.array([value]), time) for value, time in zip((0.1, 0.5, 0.3), times, strict=True)][-1])
    np.testing.assert_allclose(last[1], last[0])


def test_a_clock_that_starts_again_is_followed():
    clock = FrameClock()
    steps = [clock(time) for time in (100.0, 100.04, 0.0, 0.03)]
    np.testing.assert_allclose(steps, [NOMINAL_STEP_S, 0.04, NOMINAL_STEP_S, 0.03])


def test_each_value_can_have_a_cutoff_of_its_own():
    smooth = OneEuroFilter(np.array([0.5, 5.0]), 0.0)
    smooth(np.zeros(2), 0.0)
    quiet, quick = smooth(np.ones(2), 1 / 30)
    assert 0.0 < quiet < 0.2 < quick < 0.7


def test_looking_ahead_carries_a_steady_move_on_and_leaves_rest_alone():
    smooth = OneEuroFilter(1.0, 50.0, 20.0)
    for index in range(60):
        now = smooth(np.array([0.01 * index]), index / 30, 0.1)
    assert now[0] == pytest.approx(0.59 + 0.1 * 0.3, abs=0.012)  # 0.3 a second
    for index in range(60, 120):
        now = smooth(np.array([0.59]), index / 30, 0.1)
    assert now[0] == pytest.approx(0.59, abs=1e-3)
