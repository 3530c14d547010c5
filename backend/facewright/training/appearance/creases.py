"""Draws the lines of an ageing face: where they run on the neutral head, how deep and how wide they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import PchipInterpolator

STEP_MM = 0.1
"""Distance of the points of a line."""


@dataclass(frozen=True)
class Crease:
    """One line in the skin, seen from the front.

    Attributes:
        points: (n, 2) x and up in mm from the middle between the eyes, STEP_MM apart.
        depth_mm: how deep it is at its deepest.
        width_mm: half width of the groove.
        fold_mm: how far the flesh to the left of its direction stands out over the flesh to its right.
        reach_mm: how far behind the fold the flesh has sunk back.
        end_share: depth left at its two ends, 0 to 1.
    """

    points: np.ndarray
    depth_mm: float
    width_mm: float
    fold_mm: float = 0.0
    reach_mm: float = 8.0
    end_share: float = 0.0


FOREHEAD_MM = ((27, 2.5, 0.45), (33, 3.4, 0.8), (40, 3.6, 1.0), (47, 3.0, 0.8), (54, 2.2, 0.5), (60, 1.6, 0.25))
"""Height in the middle, rise over the brow's peak and depth of the lines across the forehead."""

NASOLABIAL_MM = ((17.5, -31.5), (22.0, -36.5), (26.0, -44.5), (29.0, -54.0), (31.0, -63.0), (31.6, -71.0))
MARIONETTE_MM = ((25.0, -68.5), (27.3, -74.5), (29.3, -82.0), (29.8, -90.0))
UNDER_EYE_MM = ((16.5, -8.5), (20.5, -13.0), (27.0, -16.6), (34.5, -16.6), (41.5, -13.0))
TEAR_TROUGH_MM = ((17.0, -10.5), (21.5, -17.5), (28.0, -23.0), (35.0, -26.0))
CHIN_MM = ((-13.0, -90.5), (-6.5, -88.6), (0.0, -88.2), (6.5, -88.6), (13.0, -90.5))
"""Folds of the left half of the face, from the top down or from the inside out; the one over the chin is whole."""


def face_creases(generator: np.random.Generator) -> list[Crease]:
    """Draw all lines of the face; both sides have the same kinds of lines, none of them alike."""
    lines = _forehead(generator)
    for side in (1.0, -1.0):
        half = _frown(generator) + _crows_feet(generator) + _round_the_eye(generator)
        half += _folds(generator) + _lip_lines(generator) + _cheek(generator)
        lines += [_on_side(line, side) for line in half]
    lines += _broken(generator, CHIN_MM, 0.16, 1.6, parts=1, wobble=0.3, gap=0.0)
    for up, half_width, depth in ((-2.5, 6.0, 0.26), (1.2, 4.5, 0.16), (-6.0, 4.5, 0.12)):
        curve = ((-half_width, up - 0.8), (0.0, up + 0.4), (half_width, up - 0.8))
        lines += _broken(generator, curve, depth, 0.75, parts=1, wobble=0.4, gap=0.0)
    return lines


def _on_side(line: Crease, side: float) -> Crease:
    """Return a line of the left half on the given side; a mirrored line runs backwards to keep its left."""
    points = line.points if side > 0 else (line.points * [-1.0, 1.0])[::-1]
    return Crease(points, line.depth_mm, line.width_mm, line.fold_mm, line.reach_mm, line.end_share)


def _curve(line: ArrayLike, generator: np.random.Generator, wobble_mm: float) -> np.ndarray:
    """Return a smooth curve through points, STEP_MM apart, that wavers a little."""
    points = np.asarray(line, float)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    fine = np.linspace(0.0, along[-1], max(int(along[-1] / STEP_MM), 6))
    curve = PchipInterpolator(along, points)(fine)
    tangent = np.gradient(curve, axis=0)
    normal = tangent[:, ::-1] * [-1.0, 1.0] / np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    sway = np.zeros(len(fine))
    for spacing, share in ((9.0, 1.0), (2.6, 0.3)):
        knots = np.arange(0.0, along[-1] + 2 * spacing, spacing * generator.uniform(0.8, 1.2))
        sway = sway + PchipInterpolator(knots, generator.normal(0.0, wobble_mm * share, len(knots)))(fine)
    return curve + normal * sway[:, None]


def _broken(
    generator: np.random.Generator,
    points: ArrayLike,
    depth_mm: float,
    width_mm: float,
    parts: int,
    wobble: float,
    gap: float,
) -> list[Crease]:
    """Break a line into parts that overlap or leave gaps, each of its own depth and a little aside of the others."""
    whole = _curve(points, generator, wobble)
    cuts = np.linspace(0.0, 1.0, parts + 1)
    cuts[1:-1] += generator.uniform(-0.3, 0.3, parts - 1) / parts
    lines = []
    for start, end in zip(cuts[:-1], cuts[1:], strict=True):
        reach = end - start
        start, end = start - reach * generator.uniform(-gap, 0.25), end + reach * generator.uniform(-gap, 0.25)
        first, last = (int(np.clip(share, 0.0, 1.0) * (len(whole) - 1)) for share in (start, end))
        if last - first < 16:
            continue
        aside = generator.normal(0.0, 0.5, 2) * (parts > 1)
        depth = depth_mm * generator.uniform(0.6, 1.15)
        lines.append(Crease(whole[first : last + 1] + aside, depth, width_mm * generator.uniform(0.8, 1.2)))
    return lines


def _forehead(generator: np.random.Generator) -> list[Crease]:
    lines = []
    for up, rise, depth in FOREHEAD_MM:
        half = generator.uniform(36.0, 46.0, 2)
        tilt = generator.normal(0.0, 0.6)
        curve = [(-half[0], up - 1.0 + rise * 0.35 - tilt), (-24.0, up + rise - tilt), (-9.0, up + 0.3 * rise)]
        curve += [(0.0, up), (9.0, up + 0.3 * rise), (24.0, up + rise + tilt), (half[1], up - 1.0 + rise * 0.35 + tilt)]
        parts = int(generator.integers(2, 4))
        lines += _broken(generator, curve, 0.62 * depth, 1.35, parts, wobble=0.55, gap=0.10)
        for _ in range(2):  # faint branches
            x = generator.uniform(-30.0, 30.0)
            offset = up + generator.uniform(1.5, 5.0) + rise * np.exp(-(((abs(x) - 24.0) / 14.0) ** 2))
            branch = ((x - 8.0, offset), (x, offset + generator.normal(0, 0.8)), (x + 8.0, offset))
            lines += _broken(generator, branch, 0.16 * depth, 0.8, 1, wobble=0.4, gap=0.1)
    return lines


def _frown(generator: np.random.Generator) -> list[Crease]:
    x = generator.uniform(6.2, 7.8)
    main = ((x - 1.2, 6.0), (x, 12.0), (x + 0.8, 19.0), (x + 2.2, 25.0))
    lines = _broken(generator, main, 0.46, 1.25, 1, wobble=0.3, gap=0.05)
    x = x + generator.uniform(3.5, 5.0)
    lines += _broken(generator, ((x, 13.0), (x + 1.0, 19.0), (x + 2.5, 24.0)), 0.17, 0.8, 1, wobble=0.4, gap=0.1)
    x = generator.uniform(1.0, 3.0)
    return lines + _broken(generator, ((x, 10.0), (x + 0.4, 19.0)), 0.14, 0.7, 1, wobble=0.4, gap=0.1)


def _crows_feet(generator: np.random.Generator) -> list[Crease]:
    lines = []
    for degrees in (46.0, 28.0, 12.0, -6.0, -22.0, -38.0, -54.0):
        degrees += generator.normal(0.0, 4.0)
        start = np.array([44.5, -1.5]) + generator.uniform(0.0, 4.0) * _direction(degrees)
        length = generator.uniform(11.0, 19.0) * (0.7 if abs(degrees) > 40 else 1.0)
        bend = generator.normal(6.0, 5.0) * np.sign(degrees + 1.0)
        points = [start]
        for k in range(4):
            points.append(points[-1] + length / 4 * _direction(degrees + bend * (k - 0.5)))
        depth = 0.44 * generator.uniform(0.55, 1.1)
        lines += _broken(generator, points, depth, 0.75, int(generator.integers(1, 3)), wobble=0.28, gap=0.12)
    for _ in range(9):  # fine lines between them
        degrees = generator.uniform(-60.0, 50.0)
        start = np.array([44.0, -2.0]) + generator.uniform(2.0, 12.0) * _direction(degrees)
        end = start + generator.uniform(4.0, 8.0) * _direction(degrees + generator.normal(0.0, 12.0))
        lines += _broken(generator, (start, (start + end) / 2, end), 0.11, 0.5, 1, wobble=0.2, gap=0.0)
    return lines


def _direction(degrees: float) -> np.ndarray:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


def _round_the_eye(generator: np.random.Generator) -> list[Crease]:
    bag = _curve(UNDER_EYE_MM, generator, 0.3)
    lines = [Crease(bag, 0.10, 0.9, 1.05, 5.5), Crease(_curve(TEAR_TROUGH_MM, generator, 0.4), 0.0, 2.0, 0.7, 6.5)]
    lower, upper = np.array([[17, -6.0], [24, -8.6], [31, -9.4], [38, -7.8], [44, -4.0]]), []
    for k in range(6):
        drop = 1.0 + 1.25 * k + generator.normal(0.0, 0.3)
        spread = 1.0 + 0.02 * k
        curve = (lower - [30.0, 0.0]) * [spread, 1.0] + [30.0, -drop]
        first = generator.uniform(0.0, 0.35)
        whole = _curve(curve, generator, 0.25)
        cut = whole[int(first * len(whole)) : int((first + generator.uniform(0.4, 0.65)) * len(whole))]
        lines.append(Crease(cut, 0.10 * generator.uniform(0.6, 1.2), 0.5))
    for k in range(3):
        lid = np.array([[20, 3.0], [28, 7.0], [36, 6.4], [43, 2.5]]) + [0.0, 2.0 + 1.7 * k]
        upper += _broken(generator, lid, 0.09, 0.7, 2, wobble=0.12, gap=0.2)
    return lines + upper


def _folds(generator: np.random.Generator) -> list[Crease]:
    cheek = _curve(NASOLABIAL_MM, generator, 0.25)
    sharp = cheek[int(0.18 * len(cheek)) : int(0.86 * len(cheek))]
    lines = [Crease(cheek, 0.0, 2.4, 2.3, 14.0), *_broken(generator, sharp[::12], 0.20, 1.1, 2, wobble=0.3, gap=0.1)]
    corner = _curve(MARIONETTE_MM, generator, 0.3)
    lines += [Crease(corner, 0.0, 1.9, 1.3, 9.0), Crease(corner[: int(0.7 * len(corner))], 0.13, 0.9, end_share=0.2)]
    return lines


def _lip_lines(generator: np.random.Generator) -> list[Crease]:
    lines = []
    for x in np.arange(2.6, 21.0, 1.9):
        x = x + generator.normal(0.0, 0.5)
        border = np.interp(x, [0.0, 5.5, 13.0, 22.0], [-57.8, -56.7, -59.6, -67.0])
        lean = 0.30 * x / 20.0 + generator.normal(0.0, 0.06)
        length = generator.uniform(3.0, 7.5) * np.interp(x, [0, 14, 21], [1.0, 1.0, 0.7])
        line = (
            (x - 0.1 * lean, border - 1.4),
            (x + 0.4 * lean * length, border + 0.4 * length),
            (x + lean * length, border + length),
        )
        lines += _broken(generator, line, 0.19, 0.6, 1, wobble=0.15, gap=0.1)
    for x in np.arange(3.0, 19.0, 3.0):
        x = x + generator.normal(0.0, 0.7)
        border = np.interp(x, [0.0, 10.0, 18.0], [-79.0, -77.8, -72.9])
        lean, length = 0.25 * x / 18.0, generator.uniform(2.5, 5.0)
        line = (
            (x, border + 1.0),
            (x + 0.5 * lean * length, border - 0.5 * length),
            (x + lean * length, border - length),
        )
        lines += _broken(generator, line, 0.10, 0.55, 1, wobble=0.15, gap=0.1)
    return lines


def _cheek(generator: np.random.Generator) -> list[Crease]:
    lines = []
    for k in range(4):  # where a smile folds the cheek
        x = 37.0 + 4.6 * k + generator.normal(0.0, 0.8)
        curve = ((x - 2.0, -34.0 - 3 * k), (x + 1.4, -45.0 - 2 * k), (x + 1.8, -57.0 - k), (x - 1.5, -68.0))
        lines += _broken(generator, curve, 0.14 - 0.015 * k, 1.1, 3, wobble=0.7, gap=0.3)
    return lines
