"""Random but plausible colours for random characters and training renders."""

import numpy as np

from facewright.datatypes import FaceColours

SKIN_RAMP = np.array(
    [
        [0.96, 0.84, 0.77],
        [0.92, 0.76, 0.66],
        [0.85, 0.66, 0.53],
        [0.72, 0.52, 0.39],
        [0.55, 0.37, 0.26],
        [0.36, 0.24, 0.17],
    ]
)
"""sRGB albedo of skin from least to most melanin."""

HAIR_COLOURS = np.array(
    [
        [0.06, 0.05, 0.05],
        [0.16, 0.10, 0.07],
        [0.30, 0.19, 0.12],
        [0.55, 0.40, 0.24],
        [0.46, 0.20, 0.10],
        [0.62, 0.60, 0.58],
    ]
)
"""sRGB of black, dark brown, brown, blond, red and grey hair."""

HAIR_SHARE_LIGHT = np.array([0.15, 0.28, 0.27, 0.15, 0.05, 0.10])
HAIR_SHARE_DARK = np.array([0.75, 0.15, 0.02, 0.0, 0.0, 0.08])
"""Share of the hair colours on the lightest and the darkest skin; between them they are mixed."""

IRIS_COLOURS = np.array(
    [[0.23, 0.13, 0.07], [0.36, 0.23, 0.12], [0.40, 0.36, 0.20], [0.33, 0.44, 0.52], [0.45, 0.49, 0.50]]
)
"""sRGB of dark brown, brown, hazel, blue and grey irises."""

IRIS_SHARE_LIGHT = np.array([0.2, 0.25, 0.2, 0.25, 0.1])
IRIS_SHARE_DARK = np.array([0.8, 0.2, 0.0, 0.0, 0.0])

LIP_TINT = np.array([0.93, 0.66, 0.66])
"""Lip colour over skin colour."""


def sample_colours(generator: np.random.Generator) -> FaceColours:
    """Draw the colours of one head: hair and iris go with the skin's melanin, brows with the hair.

    Args:
        generator: source of randomness.
    """
    melanin = generator.beta(1.1, 1.6)
    skin = _on_ramp(melanin) * generator.normal(1.0, 0.03) * (1.0 + generator.normal(0.0, 0.012, 3))
    hair_share = (1 - melanin) * HAIR_SHARE_LIGHT + melanin * HAIR_SHARE_DARK
    iris_share = (1 - melanin) * IRIS_SHARE_LIGHT + melanin * IRIS_SHARE_DARK
    hair = HAIR_COLOURS[generator.choice(len(HAIR_COLOURS), p=hair_share / hair_share.sum())]
    hair = hair * generator.uniform(0.8, 1.2)
    iris = IRIS_COLOURS[generator.choice(len(IRIS_COLOURS), p=iris_share / iris_share.sum())]
    lip = skin * (LIP_TINT + generator.normal(0.0, 0.04, 3))
    brow = 0.75 * hair * generator.uniform(0.7, 1.1) + 0.25 * skin * 0.4
    return FaceColours(
        *(
            np.clip(colour, 0.02, 0.98).astype(np.float32)
            for colour in (skin, lip, brow, iris * generator.uniform(0.8, 1.2), hair, 0.8 * hair)
        )
    )


def _on_ramp(melanin: float) -> np.ndarray:
    place = melanin * (len(SKIN_RAMP) - 1)
    return np.array([np.interp(place, np.arange(len(SKIN_RAMP)), SKIN_RAMP[:, channel]) for channel in range(3)])
