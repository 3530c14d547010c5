"""Random heads from a rig's prior."""

import numpy as np

from facewright.rig.nouns import Prior


def sample(prior: Prior, count: int, generator: np.random.Generator) -> np.ndarray:
    """Draw random heads.

    Args:
        prior: the rig's prior.
        count: how many.
        generator: source of randomness.

    Returns:
        (count, P) float32 in [0, 1].
    """
    coefficients = generator.standard_normal((count, prior.factors.shape[1]))
    return parameters_from_coefficients(prior, coefficients)


def parameters_from_coefficients(prior: Prior, coefficients: np.ndarray) -> np.ndarray:
    """Turn whitened coefficients into rig parameters.

    Args:
        prior: the rig's prior.
        coefficients: (B, R), N(0, 1) for real heads.

    Returns:
        (B, P) float32 in [0, 1].
    """
    return np.clip(prior.mean + coefficients @ prior.factors.T, 0.0, 1.0).astype(np.float32)
