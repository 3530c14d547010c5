"""Takes the light off an unwrapped photo: what is left is the skin's own colour, as a ratio to the rig's plain skin.

The model, in linear light and for every colour channel c of a texel x with normal n:

    photo_c(x) = plain_c(x) exp(r_c(x)) sum_k L_kc Y_k(n) + gloss

`plain` is the rig's skin in the colours that were measured on the photo, and stands for the prior: it fixes what no
photo can tell, the level and the white balance. L are the nine coefficients of second-order spherical harmonics in
colour, fitted robustly to plain skin. What is left, r, is split by size: wide patches are mostly the light's (bounces,
soft shadows, another lamp), middle ones are cast shadows and highlights where they are strong, small ones are skin.

Source: Ramamoorthi and Hanrahan 2001 (nine coefficients for diffuse light); the dichromatic model, Shafer 1985 (gloss).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from facewright.engine.smoothstep import smoothstep
from facewright.rig import colours
from facewright.texture.atlas import SkinAtlas
from facewright.texture.unwrap import TexelView

LUMINANCE = colours.LUMINANCE.astype(np.float32)
SAMPLES = 8000
ROBUST_ROUNDS = 8
HARMONIC_RIDGE = (0.0, 2e-4, 2e-4, 2e-4, 4e-3, 4e-3, 4e-3, 4e-3, 4e-3)
"""Pull of each coefficient towards 0, as a share of the data: light is mostly a sky and one lamp."""

COLOUR_RIDGE = 0.01
"""Pull of the light's directions towards having one colour."""

DARKEST_LIGHT = 0.12
"""Least light, over the mean light, that is divided by."""

WIDE_M, MIDDLE_M = 0.012, 0.003
"""Sizes (standard deviations) of what is wide and of what is middle."""

WIDE_TAKEN, WIDE_HUE_TAKEN = 0.85, 0.75
"""Share of the wide patches of lightness and of hue that is taken for light."""

MIDDLE_LIMITS = (0.16, 0.10, 0.10)
"""Darkness, lightness and difference in hue (log) of middle patches that skin may have; the rest is the light's."""

BRIGHTER_HAIR = 0.6
"""Grey brows and lips may be lighter by so much more, as a share of that."""

HAIR_TONES = (0.15, 0.45)
"""How much darker than the skin brows and beard have to be to have a hue of their own."""

LINE_DARKNESS = 0.08
TOO_SHADED = (0.5, 0.9)
"""Darkness of middle patches from which a texel is believed less, and not at all."""

SMALL_LIMITS, OWN_LIMIT = (0.7, 0.25), 3.0
"""Darkness and lightness (log) of small marks at most, and of lips, brows and beard."""

LIKENESS_M = 0.0015
TOO_DARK, TOO_LIGHT, TOO_ODD = (0.6, 1.0), (0.5, 0.9), (0.30, 0.55)
TOO_LIGHT_LIPS = (0.15, 0.4)
"""Logarithms of lightness and hue, against the median of the skin, from which it can hardly be, and cannot be skin."""

GLOSS_M, GLOSS_MARGIN = 0.0012, 0.05
LIT_ENOUGH = (0.12, 0.35)
"""Light, over the mean light, at which a texel is too dark to believe, and bright enough."""


@dataclass(frozen=True, eq=False)
class BareTexels:
    """An unwrapped photo without its light.

    Attributes:
        ratio: (T, T, 3) float32 natural logarithm of the skin's linear albedo over the plain skin's.
        confidence: (T, T) float32 in [0, 1].
        light: (9, 3) spherical harmonics of the light, in camera space.
        sharpness: photo px for each texel.
    """

    ratio: np.ndarray
    confidence: np.ndarray
    light: np.ndarray
    sharpness: float


def delight(
    atlas: SkinAtlas, view: TexelView, plain_linear: np.ndarray, keeps_dark: np.ndarray, lips: np.ndarray
) -> BareTexels:
    """Estimate light and skin together.

    Args:
        atlas: of the rig.
        view: what the photo shows.
        plain_linear: (T, T, 3) linear albedo of the rig's plain skin in the photo's colours.
        keeps_dark: (T, T) in [0, 1]: lips, brows, beard, rims of eyes and nostrils, whose darkness is their own.
        lips: (T, T) in [0, 1]: whose hue is their own.
    """
    trust = view.confidence * atlas.trust
    plain_skin = trust * (1 - view.own_dark)
    linear = np.maximum(view.linear, 1e-4)
    if view.is_grey:
        linear = np.repeat((linear @ LUMINANCE)[..., None], 3, 2)
    target = (plain_linear @ LUMINANCE)[..., None].repeat(3, 2) if view.is_grey else plain_linear
    light = fit_light(view.normals, linear, target, plain_skin)
    mean_light = float(np.maximum(harmonics(view.normals[plain_skin > 0.5]) @ light, 0).mean()) if (
        plain_skin > 0.5).any() else 1.0  # fmt: skip
    lit = np.maximum(harmonics(view.normals) @ light, DARKEST_LIGHT * mean_light)  # (T, T, 3)
    flat = linear / lit
    if not view.is_grey:
        flat = _without_gloss(flat, target, plain_skin, atlas.texel_m)
    ratio = np.log(np.maximum(flat, 1e-4) / np.maximum(target, 1e-4)).astype(np.float32)
    likely = skin_likeness(ratio, plain_skin, keeps_dark, lips, atlas.texel_m)
    ratio, unshadowed = _split_by_size(ratio, plain_skin * likely, keeps_dark, lips, atlas.texel_m)
    brightness = smoothstep(*LIT_ENOUGH, lit.mean(-1) / mean_light)
    return BareTexels(ratio, (trust * brightness * likely * unshadowed).astype(np.float32), light, view.sharpness)


def skin_likeness(
    ratio: np.ndarray, weights: np.ndarray, keeps_dark: np.ndarray, lips: np.ndarray, texel_m: float
) -> np.ndarray:
    """Return (T, T) in [0, 1] how far a texel could be skin by its lightness and its hue, whatever it was taken for.

    Args:
        ratio: (T, T, 3) logarithm of what is seen over the plain skin's.
        weights: (T, T) plain skin.
        keeps_dark: (T, T) in [0, 1] where darkness and hue are no argument.
        lips: (T, T) in [0, 1] where what is light is gloss or a tooth.
        texel_m: size of a texel.
    """
    smooth = cv2.GaussianBlur(ratio, (0, 0), max(LIKENESS_M / texel_m, 0.5))
    known = weights > 0.3
    if known.sum() < 50:
        return np.ones_like(weights)
    smooth = smooth - np.median(smooth[known], axis=0)
    tone = smooth @ LUMINANCE
    hue = np.abs(smooth - tone[..., None]).max(-1)
    odd = np.maximum(smoothstep(*TOO_DARK, -tone), smoothstep(*TOO_ODD, hue)) * (1 - keeps_dark)
    light = np.maximum(smoothstep(*TOO_LIGHT, tone), lips * smoothstep(*TOO_LIGHT_LIPS, tone))
    return ((1 - odd) * (1 - light)).astype(np.float32)


def harmonics(normals: np.ndarray) -> np.ndarray:
    """Return (..., 9) real spherical harmonics up to second order at unit vectors (..., 3), without their factors."""
    x, y, z = (normals[..., k] for k in range(3))
    one = np.ones_like(x)
    return np.stack([one, x, y, z, x * y, y * z, x * z, x * x - y * y, 3 * z * z - 1], axis=-1)


def fit_light(normals: np.ndarray, linear: np.ndarray, albedo: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Fit spherical harmonics of the light to texels of known albedo, robustly.

    Args:
        normals: (T, T, 3) unit, camera space.
        linear: (T, T, 3) what is seen.
        albedo: (T, T, 3).
        weights: (T, T) trust in each texel.

    Returns:
        (9, 3) light for each colour channel; the mean of what is seen over the albedo, in all directions, when
        too few texels count.
    """
    places = np.flatnonzero(weights.ravel() > 0.3)
    if len(places) < 50:
        level = np.median(linear.reshape(-1, 3) / np.maximum(albedo.reshape(-1, 3), 1e-3), axis=0)
        return np.concatenate([level[None], np.zeros((8, 3))]).astype(np.float32)
    places = places[np.linspace(0, len(places) - 1, min(SAMPLES, len(places))).astype(int)]
    basis = harmonics(normals.reshape(-1, 3)[places].astype(np.float64))  # (M, 9)
    seen = (linear.reshape(-1, 3)[places] / np.maximum(albedo.reshape(-1, 3)[places], 1e-3)).astype(np.float64)
    trust = weights.ravel()[places].astype(np.float64)
    ridge = np.diag(HARMONIC_RIDGE) * trust.sum()
    grey = seen @ LUMINANCE.astype(np.float64)
    common = _robust_solve(basis, grey, trust, ridge, np.zeros(9))
    light = np.empty((9, 3))
    for channel in range(3):
        level = np.average(seen[:, channel], weights=trust) / max(np.average(grey, weights=trust), 1e-6)
        pull = ridge + COLOUR_RIDGE * trust.sum() * np.diag([0.0] + [1.0] * 8)
        light[:, channel] = _robust_solve(basis, seen[:, channel], trust, pull, common * level)
    return light.astype(np.float32)


def _robust_solve(
    basis: np.ndarray, seen: np.ndarray, trust: np.ndarray, ridge: np.ndarray, prior: np.ndarray
) -> np.ndarray:
    """Solve weighted least squares; highlights and shadows lose their weight round by round."""
    weights = trust
    for _ in range(ROBUST_ROUNDS):
        normal = basis.T @ (weights[:, None] * basis) + ridge
        solved = np.linalg.solve(normal, basis.T @ (weights * seen) + ridge @ prior)
        residual = seen - basis @ solved
        spread = 1.48 * np.median(np.abs(residual)) + 1e-4
        residual = np.where(residual > 0, 1.3, 1.0) * residual  # gloss only ever adds
        weights = trust / np.maximum(1, np.abs(residual) / (1.5 * spread)) ** 2
    return solved


def _without_gloss(flat: np.ndarray, plain: np.ndarray, weights: np.ndarray, texel_m: float) -> np.ndarray:
    """Take the whitish reflection off skin: it lowers the share of red that skin of that place has."""
    ratio = np.log(np.maximum(flat, 1e-4) / np.maximum(plain, 1e-4))
    wide = masked_blur(ratio, weights, WIDE_M / texel_m)
    expected = plain * np.exp(wide)
    blueness = np.minimum(expected[..., 2] / np.maximum(expected[..., 0], 1e-4), 0.9)
    gloss = (flat[..., 2] - blueness * flat[..., 0]) / (1 - blueness)
    brighter = (flat - expected) @ LUMINANCE
    usual = GLOSS_MARGIN * (expected @ LUMINANCE)
    gloss = np.clip(np.minimum(gloss, brighter) - usual, 0, None) * np.clip(2 * weights, 0, 1)
    gloss = cv2.GaussianBlur(gloss.astype(np.float32), (0, 0), max(GLOSS_M / texel_m, 0.5))
    return np.maximum(flat - gloss[..., None], 0.3 * flat)


def _split_by_size(
    ratio: np.ndarray, weights: np.ndarray, keeps_dark: np.ndarray, lips: np.ndarray, texel_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """Take wide patches and strong middle ones out of the ratio (T, T, 3) of plain skin.

    Returns:
        What is left, and (T, T) in [0, 1] how little of it lies in a shadow that the light does not explain.
    """
    measured = weights * (1 - keeps_dark)
    wide = masked_blur(ratio, measured, WIDE_M / texel_m)
    darker = np.maximum((wide - ratio) @ LUMINANCE - LINE_DARKNESS, 0)  # lines, stubble, strands: not the light's
    measured = measured * np.exp(-((darker / LINE_DARKNESS) ** 2))
    wide = masked_blur(ratio, measured, WIDE_M / texel_m)
    mean = (ratio * measured[..., None]).sum((0, 1)) / (measured.sum() + 1e-6)
    lightness = (wide @ LUMINANCE)[..., None]
    hue = wide - lightness
    mean_lightness = mean @ LUMINANCE
    taken = mean + WIDE_TAKEN * (lightness - mean_lightness) + WIDE_HUE_TAKEN * (hue - (mean - mean_lightness))
    ratio = ratio - taken
    middle = masked_blur(ratio, weights * (1 - keeps_dark), MIDDLE_M / texel_m)
    tone = middle @ LUMINANCE
    hue = middle - tone[..., None]
    dark, brightest, odd = MIDDLE_LIMITS
    bright = brightest * (1 + BRIGHTER_HAIR * keeps_dark)
    kept = np.where(tone < 0, -dark * np.tanh(-tone / dark), bright * np.tanh(tone / bright))
    change = (tone - kept) * np.where(tone < 0, 1 - keeps_dark, 1.0)
    has_own_hue = np.maximum(lips, keeps_dark * smoothstep(*HAIR_TONES, -tone))
    hue_change = (hue - odd * np.tanh(hue / odd)) * (1 - has_own_hue)[..., None]
    ratio = ratio - change[..., None] - hue_change
    darkest, lightest = SMALL_LIMITS
    limit = np.where((ratio @ LUMINANCE) > 0, lightest, darkest)
    limit = np.where(keeps_dark > 0.5, OWN_LIMIT, limit)[..., None]
    unshadowed = 1 - smoothstep(*TOO_SHADED, -tone) * (1 - keeps_dark)
    return (limit * np.tanh(ratio / limit)).astype(np.float32), unshadowed.astype(np.float32)


def masked_blur(values: np.ndarray, weights: np.ndarray, sigma_px: float) -> np.ndarray:
    """Blur (T, T, C) values with weights (T, T); where no weight is near, values come from ever farther away.

    Wide blurs are computed on a coarser grid.
    """
    side = len(values)
    step = max(1, int(sigma_px // 3))
    small = (max(1, side // step),) * 2
    weighed = cv2.resize(values * weights[..., None], small, interpolation=cv2.INTER_AREA)
    share = cv2.resize(weights, small, interpolation=cv2.INTER_AREA)
    weighed = weighed.reshape(*small, -1)
    top: np.ndarray = np.zeros_like(weighed)
    bottom: np.ndarray = np.zeros_like(share)
    for reach, trust in ((1.0, 1.0), (3.0, 1e-3), (9.0, 1e-6)):
        sigma = max(reach * sigma_px / step, 0.3)
        top += trust * cv2.GaussianBlur(weighed, (0, 0), sigma).reshape(weighed.shape)
        bottom += trust * cv2.GaussianBlur(share, (0, 0), sigma)
    blurred = top / (bottom[..., None] + 1e-9)
    return cv2.resize(blurred, (side, side), interpolation=cv2.INTER_LINEAR).reshape(values.shape)
