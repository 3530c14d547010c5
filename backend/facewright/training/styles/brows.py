"""Draws the brow styles hair by hair: up at the inner end, fanning out along the arch, thin at the tail."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter

from facewright.rig.nouns import Rig
from facewright.training.styles.strokes import draw_hairs
from facewright.training.styles.surface import FaceSurface, face_surface, save_layer

SEED = 31
MOST_COVERAGE = 0.94


@dataclass(frozen=True)
class BrowStyle:
    """One shape of brow.

    Attributes:
        line: x, up and height (mm, as in FaceSurface) of the left brow from its inner end to its tail.
        hairs: how many hairs a brow has.
        length: factor on the length of hairs.
        disorder: factor on the spread of their directions.
        strength: opacity of the strongest hairs.
        width_mm: thickness of a hair at its root.
        ground: strength of the soft shade under the hairs.
    """

    line: tuple[tuple[float, float, float], ...]
    hairs: int = 620
    length: float = 1.0
    disorder: float = 1.0
    strength: float = 0.85
    width_mm: float = 0.17
    ground: float = 0.30


NATURAL = BrowStyle(
    (
        (12.0, 15.4, 6.4),
        (18.5, 16.6, 7.0),
        (26.0, 18.4, 6.4),
        (34.0, 19.3, 5.4),
        (41.0, 18.3, 4.2),
        (47.5, 15.4, 2.8),
        (53.0, 11.4, 0.9),
    )
)


def _with_line(style: BrowStyle, up: tuple[float, ...], height: tuple[float, ...]) -> BrowStyle:
    """Return the style with other heights of its line above the eyes, and other thicknesses."""
    line = [(x, u, h) for (x, _, _), u, h in zip(style.line, up, height, strict=True)]
    return replace(style, line=tuple(line))


def _scaled(style: BrowStyle, factor: float, lift: float = 0.0) -> tuple[tuple[float, float, float], ...]:
    return tuple((x, up + lift, height * factor) for x, up, height in style.line)


ARCHED = _with_line(NATURAL, (14.4, 16.6, 19.6, 22.0, 21.2, 17.2, 11.8), (5.6, 6.2, 5.6, 4.6, 3.4, 2.2, 0.8))
BROW_STYLES = {
    "natural": NATURAL,
    "straight": _with_line(NATURAL, (16.6, 17.0, 17.5, 17.9, 17.5, 16.2, 14.0), (6.2, 6.8, 6.4, 5.6, 4.6, 3.2, 1.2)),
    "arched": ARCHED,
    "soft_arch": _with_line(NATURAL, (14.8, 16.6, 19.0, 20.6, 19.8, 16.4, 11.6), (5.4, 5.9, 5.5, 4.7, 3.6, 2.4, 0.8)),
    "thick": replace(NATURAL, line=_scaled(NATURAL, 1.34), hairs=860, length=1.1, strength=0.88, ground=0.32),
    "thin": replace(ARCHED, line=_scaled(ARCHED, 0.50, 0.3), hairs=330, length=0.66, width_mm=0.15),
    "bushy": replace(
        NATURAL, line=_scaled(NATURAL, 1.30, -0.3), hairs=700, length=1.45, disorder=2.3, width_mm=0.18, ground=0.26
    ),
    "sparse": replace(NATURAL, hairs=230, strength=0.72, width_mm=0.15, disorder=1.4, ground=0.16),
    "rounded": _with_line(NATURAL, (13.4, 17.2, 20.4, 21.2, 19.4, 15.8, 10.6), (4.8, 5.2, 5.0, 4.6, 3.8, 2.8, 1.0)),
    "angular": _with_line(NATURAL, (13.8, 15.8, 18.4, 20.8, 21.3, 17.2, 12.0), (6.6, 7.0, 6.2, 5.0, 3.8, 2.4, 0.8)),
}


def build(rig: Rig, folder: Path) -> None:
    """Write a layer of each brow style.

    Args:
        rig: the rig.
        folder: the rig's folder.
    """
    surface = face_surface(rig)
    for name, style in BROW_STYLES.items():
        save_layer(brow_coverage(surface, style), folder / "styles" / "brows" / f"{name}.png")


def brow_coverage(surface: FaceSurface, style: BrowStyle, seed: int = SEED) -> np.ndarray:
    """Return (S, S) float32 coverage of both brows.

    Args:
        surface: the face chart.
        style: what to draw.
        seed: seed of the hairs; the brows of the two sides differ hair by hair.
    """
    generator = np.random.default_rng(seed)
    hairs, strengths, widths = [], [], []
    for side in (1, -1):
        line = np.array(style.line)
        middle = surface.texels_at(line[:, :2] * [side, 1])
        per_mm = np.linalg.norm(np.diff(middle, axis=0), axis=1).sum() / np.hypot(*np.diff(line[:, :2], axis=0).T).sum()
        for hair, strength in _hairs(style, middle, per_mm, side, generator):
            hairs.append(hair)
            strengths.append(strength)
            widths.append(style.width_mm * per_mm * generator.uniform(0.75, 1.15))
    drawn = draw_hairs(surface.side, hairs, np.array(strengths), np.array(widths))
    ground = gaussian_filter(drawn, 1.1 * per_mm) * style.ground
    return np.minimum(1 - (1 - drawn) * (1 - ground), MOST_COVERAGE) * surface.is_face


def _hairs(
    style: BrowStyle, middle_px: np.ndarray, per_mm: float, side: int, generator: np.random.Generator
) -> list[tuple[np.ndarray, float]]:
    """Return the hairs of one brow, (n, 2) px from root to tip, and their strengths."""
    steps = np.linalg.norm(np.diff(middle_px, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum()
    centre, height = PchipInterpolator(along, middle_px), PchipInterpolator(along, np.array(style.line)[:, 2])
    hairs = []
    for _ in range(style.hairs):
        t = generator.random() ** 0.92
        across = np.clip(generator.normal(0, 0.27), -0.52, 0.52)
        tangent = centre(min(t + 0.02, 1.0)) - centre(max(t - 0.02, 0.0))
        tangent /= np.linalg.norm(tangent)
        normal = np.array([tangent[1], -tangent[0]]) * side  # up in the picture on either side
        ragged = 1.6 * generator.random() * (t < 0.06)
        root = centre(t) + (normal * across * height(t) + tangent * ragged) * per_mm
        upward = np.interp(t, [0.0, 0.10, 0.3, 0.6, 1.0], [86.0, 62.0, 36.0, 18.0, 4.0])
        lean = upward - 64.0 * (across + 0.12) * np.interp(t, [0, 0.25, 1], [0.25, 1.0, 0.8])
        lean += generator.normal(0, 7.0) * style.disorder
        thin = np.interp(height(t), [0.5, 3.0, 7.0], [0.62, 0.85, 1.05])
        length = np.interp(t, [0, 0.15, 0.6, 1], [5.0, 6.6, 7.0, 5.2]) * style.length * thin
        length *= generator.uniform(0.65, 1.15) * (1 + 0.35 * (style.disorder - 1) * generator.random())
        bend = generator.normal(-14.0, 8.0 * style.disorder)
        angles = np.radians(lean + bend * np.linspace(0, 1, 5))
        moves = (tangent * np.cos(angles)[:, None] + normal * np.sin(angles)[:, None]) * length * per_mm / 5
        hair = root - moves[0] * 1.5 + np.concatenate([[[0.0, 0.0]], np.cumsum(moves, axis=0)])
        fade = np.interp(t, [0, 0.05, 0.16, 0.88, 1], [0.35, 0.6, 1.0, 1.0, 0.7])
        hairs.append((hair, style.strength * fade * generator.uniform(0.5, 1.0)))
    return hairs
