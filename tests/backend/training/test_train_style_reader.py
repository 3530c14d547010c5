"""The reader's metric is learnt from differences of the right choices, and scenes dress heads before backgrounds."""

import numpy as np
import pytest

from facewright.datatypes import PART_NAMES
from facewright.fitting.style_choice import choice_probabilities
from facewright.training.style_scenes import compose_scene, random_background
from facewright.training.train_style_reader import Sample, learn_metric

CHOICES = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
BIAS = np.array([0.4, -0.2, 0.0, 0.1])
SPREAD = np.array([0.15, 0.15, 3.0, 0.1])


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    """Return samples whose third cue is noise and whose cues are biased."""
    generator = np.random.default_rng(3)
    found = []
    for index in range(120):
        truth = int(generator.integers(3))
        seen = CHOICES[truth] + BIAS + generator.normal(0, SPREAD)
        found.append(Sample(seen, CHOICES[truth], CHOICES if index % 2 else None, truth, np.ones(3), np.ones(4)))
    return found


def test_bias_and_noise_are_found(samples):
    metric, _ = learn_metric(samples)
    np.testing.assert_allclose(metric.bias[[0, 1, 3]], BIAS[[0, 1, 3]], atol=0.05)
    assert metric.precision[0, 0] > 50 * metric.precision[2, 2]


def test_a_learnt_metric_tells_choices_apart_that_plain_differences_do_not(samples):
    metric, score = learn_metric(samples)
    assert score["accuracy"] > 0.85
    plain = np.mean([np.argmin(((s.seen - CHOICES) ** 2).sum(1)) == s.truth for s in samples])
    learnt = np.mean([choice_probabilities(s.seen, CHOICES, metric, s.prior).argmax() == s.truth for s in samples])
    assert learnt > plain + 0.05


def test_a_scene_keeps_the_head_changes_the_background_and_dresses_the_bust():
    labels = np.zeros((120, 120), np.uint8)
    labels[20:70, 40:80] = PART_NAMES.index("skin")
    labels[70:120, 20:100] = PART_NAMES.index("neck")
    image = np.full((120, 120, 3), (180, 60, 60), np.uint8)
    scene = compose_scene(np.random.default_rng(4), image, labels).astype(float)
    assert np.abs(scene[30:60, 50:70].mean((0, 1)) - (180, 60, 60)).max() < 3
    assert np.abs(scene[72:78, 45:75].mean((0, 1)) - (180, 60, 60)).max() < 6
    for part in (scene[:15, :], scene[112:, 40:80]):
        assert np.abs(part.mean((0, 1)) - (180, 60, 60)).max() > 20


def test_backgrounds_are_muted_and_all_different():
    first, second = (random_background(np.random.default_rng(seed), 64) for seed in (1, 2))
    assert first.shape == (64, 64, 3) and first.min() >= 0 and first.max() <= 255
    assert np.abs(first - second).mean() > 5
