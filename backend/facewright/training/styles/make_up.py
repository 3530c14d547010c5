"""Paints the make-up styles of lips and eyes as layers that follow the vermilion border and the lid margins."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from facewright.datatypes import PART_NAMES
from facewright.engine.smoothstep import smoothstep
from facewright.rig.appearance import MASK_CHANNELS
from facewright.rig.nouns import Appearance, Rig
from facewright.rig.parts import appearance_of
from facewright.training.appearance.texels import polygon_distance
from facewright.training.styles.surface import FaceSurface, face_surface, save_layer

SEED = 32
EDGE = (0.30, 0.62)
"""Share of the lip mask's strength at which lip colour begins and is full: sharper than the lip's own border."""

INNER_FADE_PX = 2.0
BLUR_PX = 2.5


@dataclass(frozen=True)
class LipStyle:
    """How lip colour is put on.

    Attributes:
        edge: coverage along the vermilion border.
        middle: coverage inside the border, `reach_mm` away from it.
        reach_mm: how far the edge's coverage reaches inwards.
        inner: coverage beside the opening of the mouth.
    """

    edge: float
    middle: float
    reach_mm: float
    inner: float


LIP_STYLES = {
    "nude": LipStyle(0.45, 0.50, 1.5, 0.50),
    "rose": LipStyle(0.58, 0.72, 2.0, 0.78),
    "coral": LipStyle(0.70, 0.80, 1.5, 0.80),
    "red": LipStyle(0.93, 0.90, 1.5, 0.90),
    "berry": LipStyle(0.95, 0.84, 2.5, 0.88),
    "plum": LipStyle(0.96, 0.86, 2.5, 0.90),
    "gloss": LipStyle(0.10, 0.26, 4.0, 0.55),
}


@dataclass(frozen=True)
class EyeStyle:
    """How the lids are painted; widths in mm as in FaceSurface.

    Attributes:
        liner: width of the line along the upper lashes at the outer corner; it thins towards the inner one.
        lower_liner: strength of the thin line under the eye.
        wing: length of the stroke beyond the outer corner.
        shadow: strength of the shadow at the lashes.
        shadow_reach: how far above the lashes the shadow ends.
        outer: how much stronger the shadow is at the outer corner, in [0, 1].
        smudge: strength of the shadow below the eye.
    """

    liner: float = 0.0
    lower_liner: float = 0.0
    wing: float = 0.0
    shadow: float = 0.0
    shadow_reach: float = 8.0
    outer: float = 0.0
    smudge: float = 0.0


EYE_STYLES = {
    "liner": EyeStyle(liner=1.1, lower_liner=0.35),
    "winged": EyeStyle(liner=1.7, wing=8.5, lower_liner=0.10),
    "smoky": EyeStyle(liner=1.2, lower_liner=0.55, shadow=0.86, shadow_reach=9.5, outer=0.45, smudge=0.55),
    "warm_shadow": EyeStyle(liner=0.8, shadow=0.62, shadow_reach=11.5, outer=0.55, smudge=0.16),
    "cool_shadow": EyeStyle(liner=0.8, shadow=0.66, shadow_reach=8.5, outer=0.20, smudge=0.10),
}


def build(rig: Rig, folder: Path) -> None:
    """Write a layer of each make-up style.

    Args:
        rig: the rig.
        folder: the rig's folder.
    """
    surface = face_surface(rig)
    for name, style in LIP_STYLES.items():
        save_layer(lip_coverage(surface, appearance_of(rig), style), folder / "styles" / "lips" / f"{name}.png")
    for name, eye_style in EYE_STYLES.items():
        save_layer(eye_coverage(surface, eye_style), folder / "styles" / "eyes" / f"{name}.png")


def lip_coverage(surface: FaceSurface, look: Appearance, style: LipStyle) -> np.ndarray:
    """Return (S, S) float32 coverage of lip colour.

    Args:
        surface: the face chart.
        look: the rig's appearance, whose lip mask says where the lips end.
        style: what to paint.
    """
    mask = look.masks[..., MASK_CHANNELS.index("lip")].astype(np.float32)
    mask = _blurred(mask, surface.is_face, 1.8)
    full = np.percentile(mask[surface.is_face & (mask > 0)], 95)
    lips = smoothstep(*EDGE, mask / full)
    is_lip = np.isin(look.labels, [PART_NAMES.index("upper_lip"), PART_NAMES.index("lower_lip")])
    per_mm = _texels_per_mm(surface, is_lip & surface.is_face)
    depth = distance_transform_edt((mask / full > np.mean(EDGE)) | ~surface.is_face) / per_mm
    opening = distance_transform_edt(surface.is_face) / per_mm
    coverage = style.edge + (style.middle - style.edge) * smoothstep(0.0, style.reach_mm, depth)
    coverage += (style.inner - coverage) * smoothstep(4.5, 1.0, opening)
    grain = gaussian_filter(np.random.default_rng(SEED).standard_normal(mask.shape), (3.0, 0.7))
    coverage *= 1 + 0.05 * grain / grain.std()
    inside = np.where(surface.is_face, 0.0, gaussian_filter(is_lip.astype(np.float32), INNER_FADE_PX))
    return np.clip(coverage * np.where(surface.is_face, lips, inside * is_lip), 0, 1).astype(np.float32)


def eye_coverage(surface: FaceSurface, style: EyeStyle) -> np.ndarray:
    """Return (S, S) float32 coverage of eye make-up on both sides.

    Args:
        surface: the face chart.
        style: what to paint.
    """
    lines, shadow = (np.zeros((surface.side, surface.side), np.float32) for _ in range(2))
    near = surface.is_face & (surface.place[..., 1] > -45) & (np.abs(surface.place[..., 2]) < 32)
    for rim in surface.eye_rims():
        side = np.sign(rim[:, 0].mean())
        at = near & (surface.place[..., 0] * side > 5)
        place = surface.place[at] * [side, 1, 1]
        lines[at], shadow[at] = _one_eye(place, rim * [side, 1, 1], style)
    return 1 - (1 - lines) * (1 - _blurred(shadow, surface.is_face, BLUR_PX))


def _one_eye(place: np.ndarray, rim: np.ndarray, style: EyeStyle) -> tuple[np.ndarray, np.ndarray]:
    """Return the (n,) coverage of lines and of shadow at places beside the left eye whose lid margin is `rim`."""
    # Seen from the front the margin of the upper lid lies edge on, so that distances begin at the lid's front edge.
    distance = np.maximum(-polygon_distance(rim[:, [0, 2]], place[:, 0], place[:, 2], 0.05), 0)
    inner, outer = rim[rim[:, 0].argmin()], rim[rim[:, 0].argmax()]
    along = (place[:, 0] - inner[0]) / (outer[0] - inner[0])
    upper = smoothstep(-0.9, 0.5, place[:, 2] - inner[2] - (outer[2] - inner[2]) * along)
    lines = np.zeros(len(place))
    if style.liner:
        width = style.liner * (0.30 + 0.70 * np.clip(along, 0, 1))
        lines = smoothstep(width + 0.3, width - 0.15, distance) * smoothstep(0.04, 0.22, along) * upper
    below = style.lower_liner * smoothstep(0.9, 0.2, distance) * smoothstep(0.2, 0.6, along) * (1 - upper)
    lid = style.shadow * smoothstep(style.shadow_reach, style.shadow_reach * 0.15, distance)
    lid *= (1 - style.outer * (1 - smoothstep(0.05, 0.8, along))) * smoothstep(-0.15, 0.25, along) * upper
    smudge = style.smudge * smoothstep(4.0, 0.2, distance) * smoothstep(0.05, 0.6, along) * (1 - upper)
    if style.wing:
        lines = np.maximum(lines, _wing(place, outer, style))
    return np.maximum(lines, below), lid + smudge


def _wing(place: np.ndarray, corner: np.ndarray, style: EyeStyle) -> np.ndarray:
    """Return the (n,) coverage of a stroke that leaves the outer corner upwards and ends in a point."""
    way = np.array([np.cos(np.radians(27)), np.sin(np.radians(27))])
    offset = place[:, [0, 2]] - corner[[0, 2]] - [-1.2, 0.7]
    along = offset @ way
    away = np.abs(offset @ [-way[1], way[0]] - 0.02 * along**2)
    half = style.liner * 0.55 * np.clip(1 - along / style.wing, 0, 1) ** 0.8
    return smoothstep(half + 0.2, half - 0.2, away) * smoothstep(-0.8, 0.2, along) * (along < style.wing)


def _blurred(values: np.ndarray, where: np.ndarray, sigma_px: float) -> np.ndarray:
    """Return values (S, S) blurred among the texels of `where`, and 0 elsewhere."""
    share = gaussian_filter(where.astype(np.float32), sigma_px)
    return np.where(where, gaussian_filter(values * where, sigma_px) / np.maximum(share, 1e-6), 0)


def _texels_per_mm(surface: FaceSurface, where: np.ndarray) -> float:
    """Return the median resolution of the face texture at some texels."""
    slope = np.linalg.norm(surface.slopes()[where], axis=1)  # (n, 2)
    return float(1 / np.median(slope))
