"""The terms that the imitator stage minimises; the engine's own render is judged by the same functions."""

import torch
from torch import Tensor

from facewright.datatypes import PART_NAMES

CONTENT_PARTS = ("brows", "eyes", "upper_lip", "lower_lip", "nose", "skin")
"""Parts whose outlines are compared."""


def identity_loss(embedding: Tensor, target: Tensor) -> Tensor:
    """Return one minus the cosine similarity.

    Args:
        embedding: (B, D) unit vectors.
        target: (D,) unit vector of the photo.

    Returns:
        (B,) in [0, 2].

    Source: Shi et al. 2019, equation 3.
    """
    return 1.0 - embedding @ target


def content_loss(part_maps: Tensor, target: Tensor) -> Tensor:
    """Return the mean absolute difference of part maps, each part divided by its share of the target's pixels.

    Small parts (lips, brows) thus count as much as the skin.

    Args:
        part_maps: (B, N, S, S) soft part maps in the order of PART_NAMES.
        target: (N, S, S) part maps of the photo with head pose and expression removed.

    Returns:
        (B,) mean over CONTENT_PARTS.

    Source: after the facial content loss of Shi et al. 2019, equation 4, on class probabilities alone.
    """
    chosen = torch.tensor([PART_NAMES.index(name) for name in CONTENT_PARTS], device=part_maps.device)
    expected = target[chosen]
    area = expected.sum((1, 2)).clamp(min=1.0)
    difference = (part_maps[:, chosen] - expected).abs().sum((2, 3)) / area  # (B, parts)
    return difference.mean(1)


def prior_loss(code: Tensor, start: Tensor, trust: float) -> Tensor:
    """Return how far a prior code strays from the landmark fit and from the mean head, per dimension.

    Args:
        code: (B, R) coordinates in the prior, unit normal.
        start: (R,) the landmark fit.
        trust: weight of staying near the start against staying near the mean.

    Returns:
        (B,) mean squared distances.
    """
    return trust * (code - start).square().mean(1) + code.square().mean(1)
