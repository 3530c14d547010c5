"""Colours of people: skin by melanin and redness, hair by its pigments, and plausible draws for random characters."""

import numpy as np
from scipy.interpolate import PchipInterpolator

from facewright.datatypes import FaceColours

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Linear sRGB to luminance. Source: ITU-R BT.709."""

SKIN_RAMP = np.array(
    [
        [0.915, 0.775, 0.700],
        [0.885, 0.720, 0.620],
        [0.825, 0.640, 0.525],
        [0.738, 0.553, 0.438],
        [0.634, 0.454, 0.343],
        [0.510, 0.350, 0.257],
        [0.375, 0.248, 0.182],
        [0.258, 0.170, 0.127],
    ]
)
"""sRGB albedo of skin from least to most melanin, in even steps, at an average redness."""

REDNESS_HUE = np.array([0.010, -0.042, -0.030])
"""By what share redness 1 changes the channels of the palest skin; redness 0 changes them the other way."""

REDNESS_OF_DARK = 0.45
"""How much of that is left on the darkest skin."""

HAIR_RAMP = np.array(
    [
        [0.80, 0.69, 0.50],
        [0.66, 0.52, 0.33],
        [0.47, 0.34, 0.21],
        [0.30, 0.20, 0.125],
        [0.17, 0.115, 0.08],
        [0.10, 0.075, 0.06],
        [0.055, 0.047, 0.045],
    ]
)
"""sRGB of hair from light blond over browns to black, in even steps of its dark pigment."""

RED_HAIR_RAMP = np.array([[0.72, 0.42, 0.20], [0.52, 0.235, 0.105], [0.32, 0.13, 0.07], [0.14, 0.07, 0.05]])
"""sRGB of red hair, in even steps of its dark pigment."""

GREY_HAIR, WHITE_HAIR = np.array([0.60, 0.59, 0.58]), np.array([0.86, 0.85, 0.83])
"""sRGB of dark and of light hair that has lost all its pigment."""

IRIS_COLOURS = np.array(
    [
        [0.16, 0.09, 0.05],
        [0.27, 0.165, 0.085],
        [0.31, 0.27, 0.15],
        [0.24, 0.33, 0.27],
        [0.25, 0.34, 0.42],
        [0.35, 0.39, 0.41],
    ]
)
"""sRGB of dark brown, brown, hazel, green, blue and grey irises."""

IRIS_SHARE_LIGHT = np.array([0.16, 0.24, 0.18, 0.09, 0.24, 0.09])
IRIS_SHARE_DARK = np.array([0.8, 0.2, 0.0, 0.0, 0.0, 0.0])
"""Share of the iris colours on the lightest and the darkest skin; between them they are mixed."""

LIP_TINT_LIGHT, LIP_TINT_DARK = np.array([0.865, 0.605, 0.645]), np.array([0.94, 0.77, 0.83])
"""Lip colour over skin colour on the lightest and on the darkest skin."""


NEUTRAL_COLOURS = FaceColours(
    skin=np.array([0.80, 0.63, 0.54], np.float32),
    lip=np.array([0.70, 0.44, 0.42], np.float32),
    brow=np.array([0.27, 0.20, 0.15], np.float32),
    iris=np.array([0.32, 0.24, 0.16], np.float32),
    hair=np.array([0.27, 0.20, 0.15], np.float32),
    beard=np.array([0.27, 0.20, 0.15], np.float32),
)
"""Colours of the neutral head when none are asked for."""


def linear_from_srgb(srgb: np.ndarray) -> np.ndarray:
    """Return linear values of sRGB values in [0, 1], of the same precision. Source: IEC 61966-2-1."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(linear: np.ndarray) -> np.ndarray:
    """Return sRGB values of linear values in [0, 1], of the same precision. Source: IEC 61966-2-1."""
    safe = np.maximum(linear, 0)
    return np.where(safe <= 0.0031308, 12.92 * safe, 1.055 * safe ** (1 / 2.4) - 0.055)


def skin_colour(melanin: float, redness: float = 0.5) -> np.ndarray:
    """Mix the albedo of skin.

    Args:
        melanin: from 0 (palest) to 1 (darkest).
        redness: blood near the surface, from 0 (sallow) to 1 (ruddy).

    Returns:
        (3,) sRGB in [0, 1].
    """
    colour = _on_ramp(SKIN_RAMP, melanin)
    strength = (2.0 * np.clip(redness, 0, 1) - 1.0) * (1.0 + (REDNESS_OF_DARK - 1.0) * np.clip(melanin, 0, 1))
    return np.clip(colour * (1.0 + REDNESS_HUE * strength), 0.0, 1.0)


def melanin_redness(colour: np.ndarray) -> tuple[float, float]:
    """Find the melanin and the redness whose skin colour comes nearest to a colour.

    Args:
        colour: (3,) sRGB.

    Returns:
        Melanin and redness in [0, 1], to within 0.01.
    """
    steps = np.linspace(0.0, 1.0, 101)
    ramp = PchipInterpolator(np.linspace(0, 1, len(SKIN_RAMP)), SKIN_RAMP)(steps)  # (101, 3)
    strength = (2.0 * steps - 1.0)[None, :] * (1.0 + (REDNESS_OF_DARK - 1.0) * steps)[:, None]  # (melanin, redness)
    colours = ramp[:, None] * (1.0 + REDNESS_HUE * strength[..., None])
    apart = ((colours - np.asarray(colour, float)) ** 2).sum(-1)
    melanin, redness = np.unravel_index(apart.argmin(), apart.shape)
    return float(steps[melanin]), float(steps[redness])


def lip_colour(skin: np.ndarray) -> np.ndarray:
    """Return the (3,) sRGB colour of bare lips on skin of an (3,) sRGB colour."""
    melanin, _ = melanin_redness(skin)
    return np.asarray(skin) * (LIP_TINT_LIGHT + (LIP_TINT_DARK - LIP_TINT_LIGHT) * melanin)


def hair_colour(melanin: float, redness: float = 0.0, grey: float = 0.0) -> np.ndarray:
    """Mix the colour of hair.

    Args:
        melanin: dark pigment, from 0 (light blond) over browns to 1 (black).
        redness: red pigment, from 0 (none) to 1 (red hair).
        grey: from 0 (none of it) to 1: grey, or white where the hair was light.

    Returns:
        (3,) sRGB in [0, 1].
    """
    plain, red = _on_ramp(HAIR_RAMP, melanin), _on_ramp(RED_HAIR_RAMP, melanin)
    colour = plain + (red - plain) * np.clip(redness, 0, 1)
    faded = WHITE_HAIR + (GREY_HAIR - WHITE_HAIR) * np.clip(1.5 * melanin, 0, 1)
    return colour + (faded - colour) * np.clip(grey, 0, 1)


def sample_colours(generator: np.random.Generator) -> FaceColours:
    """Draw the colours of one head: hair and iris go with the skin's melanin, brows with the hair; nothing is grey.

    Args:
        generator: source of randomness.
    """
    melanin = generator.beta(1.1, 1.6)
    skin = skin_colour(melanin, np.clip(generator.normal(0.5, 0.2), 0, 1)) * (1.0 + generator.normal(0.0, 0.012, 3))
    hair = _sample_hair(generator, melanin)
    brown_share = np.sqrt(melanin)  # light eyes are rare on any but pale skin
    iris_share = (1 - brown_share) * IRIS_SHARE_LIGHT + brown_share * IRIS_SHARE_DARK
    iris = IRIS_COLOURS[generator.choice(len(IRIS_COLOURS), p=iris_share / iris_share.sum())]
    lip = lip_colour(skin) * (1.0 + generator.normal(0.0, 0.04, 3))
    brow = 0.75 * hair * generator.uniform(0.7, 1.1) + 0.25 * skin * 0.4
    return FaceColours(
        *(
            np.clip(colour, 0.02, 0.98).astype(np.float32)
            for colour in (skin, lip, brow, iris * generator.uniform(0.8, 1.2), hair, 0.8 * hair)
        )
    )


def _sample_hair(generator: np.random.Generator, melanin: float) -> np.ndarray:
    """Draw hair for skin of some melanin: any pigment on pale skin, nearly black on dark skin."""
    is_red = generator.uniform() < 0.10 * max(0.0, 1.0 - 2.5 * melanin)
    pigment = generator.beta(2.2, 1.6) if generator.uniform() > 2.0 * melanin else 1.0 - 0.25 * generator.beta(1.0, 2.0)
    if is_red:
        return hair_colour(generator.uniform(0.05, 0.6), generator.uniform(0.7, 1.0))
    return hair_colour(pigment, 0.15 * generator.beta(1.0, 3.0))


def _on_ramp(ramp: np.ndarray, place: float) -> np.ndarray:
    """Return the colour at a place from 0 to 1 on a ramp of even steps."""
    return PchipInterpolator(np.linspace(0, 1, len(ramp)), ramp)(np.clip(place, 0, 1))
