"""The terms that the imitator stage minimises and their weights; the engine's own render is judged by the same."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from facewright.config import FittingConfig
from facewright.datatypes import PART_NAMES

CONTENT_PARTS = ("skin", "brows", "eyes", "upper_lip", "lower_lip", "nose")
"""Parts whose outlines are compared; a last map holds everything else."""


@dataclass(frozen=True)
class FittingTarget:
    """What the photo asks for.

    Attributes:
        embedding: (D,) unit identity vector.
        part_maps: (N, S, S) part maps of the photo with head pose and expression removed.
        look: (A,) look vector of the head; what it holds of relaxed groups are probabilities.
        relaxed: entries of the look that hold the choices of a group that may change.
    """

    embedding: Tensor
    part_maps: Tensor
    look: Tensor
    relaxed: tuple[slice, ...] = ()


def weigh_terms(
    embedding: Tensor,
    part_maps: Tensor,
    code: Tensor,
    look: Tensor,
    start: Tensor,
    target: FittingTarget,
    config: FittingConfig,
) -> dict[str, Tensor]:
    """Return every loss term by name with its weight applied, and their sum as `total`; all of shape (B,).

    Args:
        embedding: (B, D) identity of the drawn heads.
        part_maps: (B, N, S, S) of the drawn heads.
        code: (B, R) prior codes.
        look: (A,) look vector of the drawn heads.
        start: (R,) prior code of the landmark fit.
        target: what the photo asks for.
        config: loss weights; a weight of 0 switches its term off.
    """
    terms = {
        "identity": config.identity_weight * identity_loss(embedding, target.embedding),
        "content": config.content_weight * content_loss(part_maps, target.part_maps),
        "prior": config.prior_weight * prior_loss(code, start, config.start_trust),
    }
    if target.relaxed:
        terms["choice"] = config.choice_weight * choice_loss(look, target.look, target.relaxed).expand(len(code))
    return terms | {"total": sum(terms.values(), code.new_zeros(()))}


def content_maps(part_maps: np.ndarray) -> np.ndarray:
    """Reduce part maps to those that the content loss compares.

    Args:
        part_maps: (len(PART_NAMES), S, S) soft part maps, in the order of PART_NAMES.

    Returns:
        (N, S, S) float32 in the order of CONTENT_PARTS, then one for everything else; they sum to 1.
    """
    chosen = part_maps[[PART_NAMES.index(name) for name in CONTENT_PARTS]]
    other = np.clip(1.0 - chosen.sum(0, keepdims=True), 0.0, 1.0)
    return np.concatenate([chosen, other]).astype(np.float32)


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
        part_maps: (B, N, S, S) as of `content_maps`.
        target: (N, S, S) such maps of the photo with head pose and expression removed.

    Returns:
        (B,) mean over CONTENT_PARTS.

    Source: after the facial content loss of Shi et al. 2019, equation 4, on class probabilities alone.
    """
    area = target[:-1].sum((1, 2)).clamp(min=1.0)
    difference = (part_maps[:, :-1] - target[:-1]).abs().sum((2, 3)) / area  # (B, N - 1)
    return difference.mean(1)


def choice_loss(look: Tensor, likely: Tensor, groups: tuple[slice, ...]) -> Tensor:
    """Return how unlikely the worn choices are, as cross entropy summed over groups.

    Args:
        look: (A,) look vector; the entries of a group are probabilities or one-hot.
        likely: (A,) look vector whose entries of a group say how likely each choice was at the start.
        groups: entries of the look that hold the choices of a group.

    Returns:
        () at least 0.
    """
    terms = (-(look[group] * likely[group].clamp_min(1e-4).log()).sum() for group in groups)
    return sum(terms, look.new_zeros(()))


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
