"""Tests of drawing random heads."""

import numpy as np
from facewright.rig.nouns import Prior
from facewright.rig.prior import parameters_from_coefficients, sample

PRIOR = Prior(
    np.array([0.5, 0.4, 0.6]), np.array([[0.05, 0.02], [-0.03, 0.04], [0.0, 0.06]]), np.array([0.01, 0.0, 0.0])
)


def test_samples_have_the_priors_mean_and_covariance():
    drawn = sample(PRIOR, 40000, np.random.default_rng(0))
    assert np.allclose(drawn.mean(0), PRIOR.mean, atol=0.002)
    assert np.allclose(np.cov(drawn.T), PRIOR.factors @ PRIOR.factors.T, atol=1e-4)


def test_the_same_seed_draws_the_same_heads():
    first, second = (sample(PRIOR, 5, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, sample(PRIOR, 5, np.random.default_rng(8)))


def test_far_coefficients_are_clipped_to_the_ranges():
    far = parameters_from_coefficients(PRIOR, np.array([[30.0, 0.0], [0.0, 1.0]]))
    assert far[0].tolist() == [1.0, 0.0, np.float32(0.6)]
    assert np.allclose(far[1], [0.52, 0.44, 0.66])
