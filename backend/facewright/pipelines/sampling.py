"""Random characters: a head from the rig's prior with a look that goes with it."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from facewright.datatypes import Look, Style
from facewright.errors import RigInvalid
from facewright.pipelines.styling import merged
from facewright.rig.looks import CharacterReader, sample_look
from facewright.rig.nouns import Rig
from facewright.rig.prior import sample

CHARACTER_SPREAD = 0.85
"""Random characters keep this share of the prior's variety: few people in a street are extreme."""


def random_characters(
    rig: Rig, count: int, seed: int, forced: Style | None = None
) -> Iterator[tuple[np.ndarray, Look]]:
    """Draw random heads with looks that go with them.

    Args:
        rig: a rig with a prior.
        count: how many.
        seed: head number n of a seed is always the same.
        forced: choices that all of them wear; None for none.

    Yields:
        (P,) parameters and the look of each head.

    Raises:
        RigInvalid: the rig has no prior.
    """
    if rig.prior is None:
        raise RigInvalid(f"rig {rig.id} has no prior to draw heads from", "take another rig")
    reader = CharacterReader(rig)
    for index in range(count):
        generator = np.random.default_rng((seed, index))
        parameters = rig.prior.mean + CHARACTER_SPREAD * (sample(rig.prior, 1, generator)[0] - rig.prior.mean)
        look = sample_look(generator, rig, parameters, reader)
        yield parameters, dataclasses.replace(look, style=merged(look.style, forced or Style()))
