"""Hair that hangs: long and straight, long and wavy, bobbed, with a fringe."""

import numpy as np

from facewright.engine.smoothstep import smoothstep
from facewright.training.appearance.features import HAIRLINE
from facewright.training.styles.cards import PieceMesh, join
from facewright.training.styles.hair_coats import Amount, Coat, constant, hairs_at_edge, lay_coat
from facewright.training.styles.hair_growth import Cap, Comb, Lay, span_cap
from facewright.training.styles.scalp import Scalp

FRINGE_END_MM = 27.0
"""Height above the eyes at which a fringe ends."""


def part_and_fall(part_mm: float, back: float = 0.5, tuck: tuple[float, float] | None = None) -> Comb:
    """Return a combing direction that leads away from a parting and down the sides.

    Args:
        part_mm: where the parting lies, x.
        back: how far the top is combed backwards.
        tuck: height in mm at which hair begins to turn inwards, and how strongly; None for hair that hangs.
    """

    def comb(places: np.ndarray, roots: np.ndarray, share: float) -> np.ndarray:
        side = np.tanh((roots[:, 0] - part_mm) / 6.0)
        behind = smoothstep(-95, -150, roots[:, 1])
        outward = np.clip(1.1 - np.abs(places[:, 0]) / 85.0, 0.0, 1.0) * smoothstep(20, 60, places[:, 2])
        backward = back * smoothstep(0, 70, places[:, 2]) * (0.4 + behind)
        down = 0.25 + 1.6 * smoothstep(75, 10, places[:, 2]) + 0.8 * behind
        shoulder = 0.9 * np.sign(roots[:, 1] + 88.0) * smoothstep(-55, -105, places[:, 2])
        wanted = np.stack([side * outward * (1 - 0.7 * behind), shoulder - backward, -down], axis=1)
        if tuck is not None:
            inward = tuck[1] * smoothstep(tuck[0], tuck[0] - 35, places[:, 2])
            wanted -= inward[:, None] * np.stack([places[:, 0], places[:, 1] + 60.0, 0 * side], axis=1) / 80.0
        return wanted

    return comb


def fend_face(places: np.ndarray) -> np.ndarray:
    """Push hair sideways out of the face."""
    least = smoothstep(-28, 5, places[:, 1]) * np.interp(places[:, 2], (40, 60, 74), (66, 46, 0))
    x, brow = places[:, 0], smoothstep(42, 56, places[:, 2]) * smoothstep(90, 78, places[:, 2])
    over = np.maximum(places[:, 1] - (11.0 - 0.012 * x * x), 0) * brow
    pushed = np.where(np.abs(x) < least, np.sign(x) * (np.abs(x) + 0.35 * (least - np.abs(x))), x)
    widest = np.interp(places[:, 2], (-120, 0, 40), (98, 88, 120))
    pushed -= 0.3 * np.sign(x) * np.maximum(np.abs(pushed) - widest, 0)
    front = np.interp(places[:, 2], (34, 60), (-8, 60))
    forward = places[:, 1] - 0.4 * over - 0.3 * np.maximum(places[:, 1] - front, 0)
    return np.stack([pushed, forward, places[:, 2]], axis=1)


def long_straight(scalp: Scalp, generator: np.random.Generator) -> PieceMesh:
    """Straight hair to the collar bones, parted near the middle."""
    straight = ("dense",), ("straight_a", "dense"), ("straight_a", "straight_b"), ("straight_c", "edge_a")
    return _hanging(scalp, generator, part_and_fall(7.0), 7.0, constant(-165.0), straight, 1.0)


def long_wavy(scalp: Scalp, generator: np.random.Generator) -> PieceMesh:
    """Wavy hair to below the shoulders, parted on the right, full at the sides."""
    wavy = ("dense", "wavy_a"), ("wavy_a", "wavy_b"), ("wavy_a", "wavy_b"), ("wavy_c",)
    comb = part_and_fall(-17.0, 0.35)
    return _hanging(scalp, generator, comb, -17.0, lambda p: -155 + 0.12 * p[:, 0], wavy, 1.3, 12.0, (9.5, 120.0))


def bob(scalp: Scalp, generator: np.random.Generator) -> PieceMesh:
    """A bob that ends at the jaw and turns inwards, parted on the right."""
    straight = ("dense",), ("straight_a", "dense"), ("straight_a", "straight_b"), ("straight_b", "straight_c")
    comb = part_and_fall(-20.0, 0.35, (-45.0, 0.9))
    return _hanging(
        scalp, generator, comb, -20.0, lambda p: -82 - 16 * smoothstep(-110, -30, p[:, 1]), straight, 1.2, 5.0
    )


def fringe(scalp: Scalp, generator: np.random.Generator) -> PieceMesh:
    """Straight hair to the shoulders with a full fringe over the forehead."""
    straight = ("dense",), ("straight_a", "dense"), ("straight_a", "straight_b"), ("straight_c", "edge_a")
    comb = part_and_fall(2.0, 0.55, (-95.0, 0.35))
    parts = [_hanging(scalp, generator, comb, 2.0, constant(-128.0), straight, 1.1, 6.0)]
    for spacing, lift, names, width in (
        (0.0159, 6.0, ("dense", "straight_a"), 0.020),
        (0.0125, 10.0, ("straight_a", "straight_b"), 0.015),
        (0.0175, 12.0, ("straight_b", "straight_c"), 0.010),
    ):
        lay = Lay(names, width, 6, 0.15, 0.12, 0.85, taper=0.85)
        coat = Coat(
            spacing, lay, _fringe_comb, constant(120.0), constant(lift), depth_mm=(0.5, 34.0),
            where=lambda p: (np.abs(p[:, 0]) < 57) * smoothstep(-58, -45, p[:, 1]),
            level_mm=lambda p: FRINGE_END_MM - 0.004 * p[:, 0] ** 2,
            level_spread_mm=2.5, stray=0.06, rise_m=0.025, weight=0.25, hold=0.45,
        )  # fmt: skip
        parts.append(lay_coat(scalp, coat, generator))
    return join(parts)


def _fringe_comb(places: np.ndarray, roots: np.ndarray, share: float) -> np.ndarray:
    """Lead hair forward over the forehead, fanning out a little."""
    return np.stack(
        [
            0.005 * roots[:, 0] - 0.03,
            0.9 - 0.6 * share + 0 * share * places[:, 1],
            -0.35 - 1.2 * share + 0 * places[:, 2],
        ],
        axis=1,
    )


def _hanging(
    scalp: Scalp,
    generator: np.random.Generator,
    comb: Comb,
    part_mm: float,
    level_mm: Amount,
    names: tuple[tuple[str, ...], ...],
    volume: float,
    spread_mm: float = 9.0,
    wave_mm: tuple[float, float] = (0.0, 80.0),
) -> PieceMesh:
    """Hang coats of cards over one another, from an opaque inner one to single strands, and cover the parting."""
    points, wider = (14, 1.28) if wave_mm[0] else (8, 1.0)
    parts = [span_cap(scalp, Cap(HAIRLINE, constant(5.0 * volume)), generator)]

    def near_part(places: np.ndarray) -> np.ndarray:
        return (np.abs(places[:, 0] - part_mm) < 11) * smoothstep(-140, -105, places[:, 1])

    for spacing, lift, strips, width, where in (
        (0.0260, 7.0, names[0], 0.034, None),
        (0.0246, 10.0, names[1], 0.026, None),
        (0.0233, 12.5, names[2], 0.020, None),
        (0.0360, 13.5, names[3], 0.012, None),
        (0.0095, 9.0, names[2], 0.013, near_part),
    ):

        def height(places: np.ndarray, lift: float = lift) -> np.ndarray:
            return lift * volume * (0.75 + 0.25 * smoothstep(20, 80, places[:, 2]))

        lay = Lay(strips, width * wider, points, 0.12, 0.12, 0.85, taper=0.8, spacing=1.8 if points < 12 else 1.15)
        coat = Coat(
            spacing * wider, lay, comb, constant(370.0), height, where=where, level_mm=level_mm,
            level_spread_mm=spread_mm, depth_mm=(6.0 if width > 0.02 else 1.0, 999.0), stray=0.045, wave_mm=wave_mm,
            rise_m=0.07, pull=0.25, weight=0.5, hold=0.5, start=0.25, fend=fend_face,
        )  # fmt: skip
        parts.append(lay_coat(scalp, coat, generator))
    front = hairs_at_edge(comb, 22.0, where=lambda places: smoothstep(-70, -40, places[:, 1]))
    return join([*parts, lay_coat(scalp, front, generator)])
