"""How strongly each ARKit-52 coefficient is expected in a photo: a smile shall not bend bones, a brow stay identity."""

import numpy as np

from facewright.datatypes import ARKIT_52

UNSEEN = ("tongueOut", "cheekPuff", "eyeLook")
"""Coefficients (by prefix) that 468 landmarks of the skin do not show: they stay zero."""

SCALE_BY_PREFIX = (
    ("jawOpen", 0.5),
    ("mouthSmile", 0.5),
    ("mouthUpperUp", 0.35),
    ("mouthLowerDown", 0.35),
    ("eyeBlink", 0.4),
    ("eyeSquint", 0.35),
    ("brow", 0.2),
    ("noseSneer", 0.2),
    ("jaw", 0.12),
    ("mouth", 0.25),
)
"""Standard deviation of a coefficient by the first matching prefix; measured nowhere, chosen so that strong smiles and
open mouths are cheap and sideways jaws and brow shapes, which soak up identity, are dear."""

DEFAULT_SCALE = 0.25


def seen_coefficients() -> np.ndarray:
    """Return the indices into ARKIT_52 that landmarks can show."""
    return np.array([i for i, name in enumerate(ARKIT_52) if not name.startswith(UNSEEN)])


def coefficient_scales() -> np.ndarray:
    """Return the (E,) expected standard deviation of every coefficient."""
    return np.array(
        [
            next((scale for prefix, scale in SCALE_BY_PREFIX if name.startswith(prefix)), DEFAULT_SCALE)
            for name in ARKIT_52
        ]
    )


def sample_expression(generator: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """Draw a plausible random expression: a few coefficients, left and right alike.

    Args:
        generator: source of randomness.
        strength: factor on every coefficient; 0 gives the neutral face.

    Returns:
        (E,) coefficients in [0, 1].
    """
    scales = coefficient_scales()
    values = np.zeros(len(ARKIT_52))
    drawn: dict[str, float] = {}
    for index in seen_coefficients():
        name = ARKIT_52[index]
        pair = name.removesuffix("Left").removesuffix("Right")
        if pair in ("jaw", "mouth"):  # jawLeft / jawRight exclude each other
            pair = name
        if pair not in drawn:
            active = generator.random() < 0.3
            drawn[pair] = abs(generator.normal()) * scales[index] * active
        values[index] = drawn[pair] * generator.uniform(0.8, 1.2)
    return np.clip(values * strength, 0.0, 1.0)
