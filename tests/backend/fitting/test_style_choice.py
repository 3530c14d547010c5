"""Choices are relaxed by the distance of their renders, judged less surely far away, and compromised when unsure."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from facewright.errors import RigInvalid
from facewright.fitting.style_choice import (
    READ_GROUPS,
    CueMetric,
    choice_probabilities,
    common_choices,
    decide,
    distances,
    read_metrics,
)
from facewright.rig.nouns import Choice, StyleGroup

METRIC = CueMetric(np.array([0.5, 0.0, 0.0]), np.diag([1.0, 4.0, 0.25]), 2.0)
DRAWN = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [3.0, 0.0, 1.0]])
EVEN = np.ones(3)


def choice(name: str, frequency: tuple[float, float], ages=(18.0, 90.0), curl: float = 0.5) -> Choice:
    return Choice(name, name, None, 0.0, frequency, ages, None, None, curl)


GROUP = StyleGroup(
    "hair", "Hair", "a", (choice("a", (1, 9)), choice("b", (9, 1), curl=0.9), choice("c", (0, 4), (50, 90))), None
)


def test_distances_are_mahalanobis_without_the_bias():
    seen = np.array([0.7, 0.3, 2.0])
    expected = [(0.2**2 + 4 * 0.3**2 + 0.25 * 4) / 3, (0.8**2 + 4 * 0.7**2 + 1) / 3, (2.8**2 + 4 * 0.3**2 + 0.25) / 3]
    np.testing.assert_allclose(distances(seen, DRAWN, METRIC), expected, rtol=1e-9)


def test_what_the_picture_does_not_show_does_not_count():
    near = distances(np.array([0.5, 5.0, 0.0]), DRAWN, METRIC, np.array([1.0, 0.0, 1.0]))
    np.testing.assert_allclose(near[0], 0.01)


def test_probabilities_follow_ratios_of_distances_and_the_prior():
    seen = np.array([0.7, 0.3, 2.0])
    far = distances(seen, DRAWN, METRIC)
    found = choice_probabilities(seen, DRAWN, METRIC, np.array([2.0, 1.0, 1.0]))
    share = np.array([0.5, 0.25, 0.25]) + 1e-4
    np.testing.assert_allclose(found, far**-2.0 * share / (far**-2.0 * share).sum(), rtol=1e-9)


def test_the_same_difference_decides_less_far_away():
    near, far = (
        choice_probabilities(np.array([0.6, 0.1, 0.0]) + [0, 0, away], DRAWN, METRIC, EVEN)[0] for away in (0, 6)
    )
    assert near > 0.9 > far > 1 / 3


def test_common_choices_go_with_looks_age_and_melanin():
    feminine, masculine = (common_choices(GROUP, femininity, 30.0, 0.45) for femininity in (0.9, 0.1))
    assert feminine[1] > 2 * feminine[0] and masculine[0] > 2 * masculine[1]
    assert common_choices(GROUP, 0.1, 60.0, 0.45)[2] > 3 * common_choices(GROUP, 0.1, 30.0, 0.45)[2]
    assert common_choices(GROUP, 0.5, 30.0, 0.9)[1] > 2 * common_choices(GROUP, 0.5, 30.0, 0.1)[1]


def test_a_sure_choice_is_worn_and_an_unsure_one_is_a_compromise():
    assert decide(GROUP, np.array([0.2, 0.2, 0.6]), DRAWN, METRIC, 0.5) == "c"
    line = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]])
    assert decide(GROUP, np.array([0.36, 0.3, 0.34]), line, METRIC, 0.5) == "b"


def test_metrics_come_back_from_their_file(tmp_path):
    path = tmp_path / "style_reader.safetensors"
    arrays = {}
    for index, group in enumerate(READ_GROUPS):
        arrays[f"{group}.bias"] = np.full(3, index, np.float32)
        arrays[f"{group}.precision"] = np.eye(3, dtype=np.float32) * (index + 1)
        arrays[f"{group}.steepness"] = np.array([index + 0.5], np.float32)
    save_file(arrays, path, {"rig_version": "2.0.0"})
    metric = read_metrics(path, "2.0.0")["beard"]
    assert (metric.bias[0], metric.precision[1, 1], metric.steepness) == (2.0, 3.0, 2.5)
    with pytest.raises(RigInvalid) as error_info:
        read_metrics(tmp_path / "other.safetensors", "2.0.0")
    assert "choose_styles=false" in error_info.value.remedy
    with pytest.raises(RigInvalid, match=r"version 2.0.0, the rig is 2.1.0"):
        read_metrics(path, "2.1.0")
