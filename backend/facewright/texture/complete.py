"""Completes the skin that photos show: merges them, mirrors what one side hides, and blends into the rig's own skin.

Everything is a ratio to the rig's plain skin, in logarithms, so that blending ratios is blending gradients: where
nothing was seen, the ratio is the smooth membrane that meets what was seen at its border (the Poisson equation
with the plain skin's own gradients as guidance), pulled weakly to the mean ratio far away.

Source: Perez et al. 2003 (Poisson image editing); Burt and Adelson 1983 (splitting by size).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from facewright.engine.smoothstep import smoothstep
from facewright.texture.atlas import SkinAtlas
from facewright.texture.delight import BareTexels, masked_blur
from facewright.texture.unwrap import sample

MIRROR_BELIEF = 0.6
"""Confidence of a mirrored texel over that of the texel that it mirrors."""

SEEN_FROM = (0.25, 0.70)
"""Confidences at which a texel is filled, and kept as it was seen."""

MEMBRANE_SIDE = 192
HELD_WEIGHT = 4.0
MEAN_PULL = 2e-4
"""Pull towards the mean ratio over the membrane's stiffness: felt some 70 texels of the coarse grid away."""

LEAST_LIPS = 0.1
"""Share of the lips that has to be seen for their tone to be known."""

TONE_M = 0.004
"""What the membrane is held by is smoothed so much: pores and lines shall not run into what is filled."""

WRINKLE_M = 0.007
WRINKLE_STRAINS = (0.06, 0.22)
WRINKLES_TAKEN = 0.75
"""Of dark lines where an expression folds the skin, at those strains none and at most this share is taken out."""


@dataclass(frozen=True, eq=False)
class CompleteSkin:
    """The skin of a head, complete; T is the side of the texture.

    Attributes:
        ratio: (T, T, 3) float32 logarithm of linear albedo over the plain skin's.
        seen: (T, T) float32 in [0, 1] share that a photo showed.
        mirrored: (T, T) float32 share that the other side showed.
        sharpness: (T, T) float32 in [0, 1] how much of the finest detail the photos resolved.
    """

    ratio: np.ndarray
    seen: np.ndarray
    mirrored: np.ndarray
    sharpness: np.ndarray


def complete(atlas: SkinAtlas, photos: Sequence[BareTexels], keeps_dark: np.ndarray, lips: np.ndarray) -> CompleteSkin:
    """Merge, mirror and fill.

    Args:
        atlas: of the rig.
        photos: one or more, of one person.
        keeps_dark: (T, T) in [0, 1]: lips, brows, beard and rims, whose darkness must not run into filled skin.
        lips: (T, T) in [0, 1]: what is not seen of them takes their own mean tone.
    """
    ratio, confidence, sharpness = merge(photos)
    mirrored, facing, facing_dark = (
        sample(one, atlas.mirror_px + 0.5, cv2.BORDER_CONSTANT) for one in (ratio, confidence, keeps_dark)
    )
    mirrored_trust = MIRROR_BELIEF * facing * atlas.is_skin
    seen = smoothstep(*SEEN_FROM, confidence) * atlas.is_skin
    other = (1 - seen) * smoothstep(SEEN_FROM[0] * MIRROR_BELIEF, SEEN_FROM[1] * MIRROR_BELIEF, mirrored_trust)
    both = seen + other
    known = (seen[..., None] * ratio + other[..., None] * mirrored) / np.maximum(both, 1e-6)[..., None]
    light = seen * (1 - keeps_dark) + other * (1 - np.maximum(keeps_dark, facing_dark))
    tone = membrane(atlas.is_skin, known, light, atlas.texel_m)
    lips_seen = both * lips
    if lips_seen.sum() > LEAST_LIPS * lips.sum() > 0:
        lip_tone = (known * lips_seen[..., None]).sum((0, 1)) / lips_seen.sum()
        tone = tone + cv2.GaussianBlur(lips, (0, 0), 1.0)[..., None] * (lip_tone - tone)
    full = tone + both[..., None] * (known - tone)
    return CompleteSkin(full.astype(np.float32), seen, other, np.clip(sharpness * both, 0, 1))


def merge(photos: Sequence[BareTexels]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Merge photos of one person by confidence; the tones of all are brought to that of the first.

    Returns:
        Ratio (T, T, 3), confidence (T, T) and sharpness (T, T).
    """
    first = photos[0]
    total = np.zeros_like(first.confidence)
    ratio, best, sharp = np.zeros_like(first.ratio), np.zeros_like(total), np.zeros_like(total)
    for photo in photos:
        both = np.minimum(photo.confidence, first.confidence)[..., None]
        shift = ((first.ratio - photo.ratio) * both).sum((0, 1)) / max(float(both.sum()), 1.0)
        weight = photo.confidence**3 * min(photo.sharpness, 1.0) + 1e-6 * photo.confidence
        ratio += weight[..., None] * (photo.ratio + shift)
        sharp += weight * min(photo.sharpness, 1.0)
        total += weight
        best = np.maximum(best, photo.confidence)
    return ratio / np.maximum(total, 1e-9)[..., None], best, sharp / np.maximum(total, 1e-9)


def membrane(is_skin: np.ndarray, ratio: np.ndarray, weights: np.ndarray, texel_m: float) -> np.ndarray:
    """Stretch a smooth ratio over the skin that meets what is known: a screened Poisson equation on a coarse grid.

    Args:
        is_skin: (T, T) bool.
        ratio: (T, T, 3) what is known.
        weights: (T, T) in [0, 1] how far it is.
        texel_m: size of a texel.

    Returns:
        (T, T, 3) float32.
    """
    side, coarse = len(is_skin), min(MEMBRANE_SIDE, len(is_skin))
    toned = masked_blur(ratio, weights, TONE_M / texel_m)
    share = cv2.resize(weights.astype(np.float32), (coarse, coarse), interpolation=cv2.INTER_AREA)
    inside = cv2.resize(is_skin.astype(np.float32), (coarse, coarse), interpolation=cv2.INTER_AREA) > 0
    values = cv2.resize(toned, (coarse, coarse), interpolation=cv2.INTER_AREA)
    mean = (values * share[..., None]).sum((0, 1)) / max(float(share.sum()), 1e-6)
    number = np.where(inside, np.cumsum(inside.ravel()).reshape(inside.shape) - 1, -1)
    count = int(inside.sum())
    pairs = [
        np.stack([one[linked], two[linked]])
        for one, two in ((number[:, :-1], number[:, 1:]), (number[:-1], number[1:]))
        for linked in [(one >= 0) & (two >= 0)]
    ]
    rows, columns = np.concatenate(pairs, 1)
    links = sparse.coo_matrix((np.ones(len(rows)), (rows, columns)), (count, count)).tocsr()
    links = links + links.T
    held = HELD_WEIGHT * share[inside] + MEAN_PULL
    system = sparse.diags(np.asarray(links.sum(1)).ravel() + held) - links
    right = HELD_WEIGHT * share[inside][:, None] * values[inside] + MEAN_PULL * mean
    solved = np.zeros((coarse, coarse, 3), np.float32)
    solved[inside] = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(right)
    solved = masked_blur(solved, inside.astype(np.float32), 1.0)
    return cv2.resize(solved, (side, side), interpolation=cv2.INTER_CUBIC)


def soften_wrinkles(atlas: SkinAtlas, photo: BareTexels, strain: np.ndarray, keeps_dark: np.ndarray) -> BareTexels:
    """Lighten the lines that an expression folds into the skin.

    Args:
        atlas: of the rig.
        photo: without its light.
        strain: (T, T) how much the expression stretches or compresses the skin.
        keeps_dark: (T, T) in [0, 1]: what is dark of its own.
    """
    weights = photo.confidence * (1 - keeps_dark) + 1e-4
    around = masked_blur(photo.ratio, weights, WRINKLE_M / atlas.texel_m)
    lines = np.minimum(photo.ratio - around, 0)
    share = WRINKLES_TAKEN * smoothstep(*WRINKLE_STRAINS, strain) * (1 - keeps_dark)
    return BareTexels(photo.ratio - share[..., None] * lines, photo.confidence, photo.light, photo.sharpness)


def expression_strain(triangles: np.ndarray, neutral_m: np.ndarray, posed_m: np.ndarray) -> np.ndarray:
    """Return (V,) the largest share by which an expression lengthens or shortens the edges around a vertex."""
    strain = np.zeros(len(neutral_m))
    for first, second in ((0, 1), (1, 2), (2, 0)):
        one, two = triangles[:, first], triangles[:, second]
        before = np.linalg.norm(neutral_m[one] - neutral_m[two], axis=1)
        after = np.linalg.norm(posed_m[one] - posed_m[two], axis=1)
        change = np.abs(np.log(np.maximum(after, 1e-9) / np.maximum(before, 1e-9)))
        for vertex in (one, two):
            np.maximum.at(strain, vertex, change)
    return strain
