"""Short hair: shorn, cropped, parted at the side, slicked back, receding."""

from dataclasses import replace

import numpy as np

from facewright.engine.smoothstep import smoothstep
from facewright.training.appearance.features import HAIRLINE
from facewright.training.styles.cards import PieceMesh, join
from facewright.training.styles.hair_coats import Amount, Coat, constant, hairs_at_edge, lay_coat, radiate, scaled
from facewright.training.styles.hair_growth import Cap, Comb, Lay, span_cap
from facewright.training.styles.scalp import Scalp

RECEDING_HAIRLINE = (
    (0, 84), (9, 85), (18, 90), (27, 97), (36, 97), (43, 84), (49, 56), (55, 24), (61, -2), *HAIRLINE[8:],
)  # fmt: skip
"""As HAIRLINE, with high temples on both sides of a forelock."""

DENSE_HAIRLINE = (
    (0, 94), (9, 95), (18, 98), (27, 102), (36, 103), (43, 95), (49, 68), (55, 32), (61, 0), *HAIRLINE[8:],
)  # fmt: skip
"""Behind it receding hair is as dense as elsewhere."""

PART_MM = 33.0


def combed_forward(places: np.ndarray, roots: np.ndarray, share: float) -> np.ndarray:
    """Lead hair away from the whorl, on top forward and to the side."""
    top = smoothstep(40, 85, roots[:, 2:])
    return radiate(places) + np.array([0.45, 0.35, 0.25]) * top * (0.4 + share)


def combed_aside(places: np.ndarray, roots: np.ndarray, share: float) -> np.ndarray:
    """Lead hair from a parting on the left over to the right and a little back; the rest falls from the whorl."""
    side = np.tanh((roots[:, :1] - PART_MM) / 4.0)
    top = smoothstep(45, 80, roots[:, 2:]) * smoothstep(-140, -95, roots[:, 1:2])
    over = np.concatenate([side * 1.3, -0.35 - 0.3 * share - 0.7 * (side > 0), 0.25 - 0.9 * share + 0 * side], axis=1)
    return radiate(places) * (1 - 0.9 * top) + over * top


def combed_back(places: np.ndarray, roots: np.ndarray, share: float) -> np.ndarray:
    """Lead hair straight back over the crown, at the sides back and down."""
    low = smoothstep(70, 0, places[:, 2])
    behind = smoothstep(-105, -150, places[:, 1])
    sideburn = smoothstep(10, -2, roots[:, 2]) * smoothstep(-82, -74, roots[:, 1])
    back = np.stack([-0.012 * places[:, 0] * behind, -1.0 + 0 * low, -0.75 * low - 1.6 * behind], axis=1)
    return back * (1 - sideburn[:, None]) + np.array([0.0, 0.0, -1.0]) * sideburn[:, None]


def off_sideburns(places: np.ndarray) -> np.ndarray:
    """Return 0 (k,) in front of the ears, where hair that is combed back would cross them, else 1."""
    return 1.0 - (places[:, 2] < 8) * (places[:, 1] > -76)


def buzz(scalp: Scalp, generator: np.random.Generator) -> PieceMesh:
    """A short fuzz over a painted scalp."""
    shells = [
        Cap(HAIRLINE, constant(height), "stubble", 12, 16, 64, 0.12, 1.0, tiles=5, inset_mm=inset)
        for height, inset in ((1.6, 4.0), (2.2, 6.0))
    ]
    return join([span_cap(scalp, shell, generator) for shell in shells])


def short(scalp: Scalp, generator: np.random.Generator) -> PieceMesh:
    """A textured crop: longer on top, swept forward and to the side, tapered at sides and nape."""

    def length(places: np.ndarray) -> np.ndarray:
        return 17 + 26 * smoothstep(30, 85, places[:, 2]) - 4 * smoothstep(-20, -65, places[:, 2])

    def lift(places: np.ndarray) -> np.ndarray:
        return 3.6 + 9.5 * smoothstep(20, 85, places[:, 2])

    return _cropped(scalp, generator, HAIRLINE, combed_forward, length, lift)


def side_part(scalp: Scalp, generator: np.random.Generator) -> PieceMesh:
    """Hair of a finger's length, parted on the left and combed over, with a quiff over the forehead."""

    def length(places: np.ndarray) -> np.ndarray:
        top = smoothstep(40, 82, places[:, 2])
        return 18 + 52 * top * smoothstep(PART_MM + 8, PART_MM - 10, places[:, 0]) + 18 * top

    def lift(places: np.ndarray) -> np.ndarray:
        top = smoothstep(25, 85, places[:, 2])
        beside = 0.35 + 0.65 * smoothstep(2, 22, np.abs(places[:, 0] - PART_MM))
        return 3.8 + (8.5 * top + 5 * smoothstep(-30, 0, places[:, 1]) * top) * beside

    return _cropped(scalp, generator, HAIRLINE, combed_aside, length, lift)


def slicked(scalp: Scalp, generator: np.random.Generator) -> PieceMesh:
    """Hair combed back wet, close to the head, longer at the nape."""

    def length(places: np.ndarray) -> np.ndarray:
        return 30 + 55 * smoothstep(20, 80, places[:, 2])

    def lift(places: np.ndarray) -> np.ndarray:
        return 3.5 + 5.5 * smoothstep(25, 80, places[:, 2]) + 2.5 * smoothstep(-35, 0, places[:, 1])

    def high(places: np.ndarray) -> np.ndarray:
        return smoothstep(-18, 8, places[:, 2]) * off_sideburns(places)

    def low(places: np.ndarray) -> np.ndarray:
        return (1 - high(places)) * off_sideburns(places)

    parts = [span_cap(scalp, Cap(HAIRLINE, constant(3.0), pole=(0.0, -1.0, -0.3), rows=9, reach=6.0), generator)]
    for spacing, share, least, where, lay in (
        (0.0173, 0.7, 4.0, high, Lay(("dense", "straight_a"), 0.0223, 6, 0.08, 0.06, 0.9, taper=0.6, crop=0.09)),
        (0.0162, 0.95, 1.5, high, Lay(("straight_a", "straight_b"), 0.0170, 6, 0.12, 0.07, 0.9, taper=0.6, crop=0.09)),
        (0.0238, 1.15, 1.5, high, Lay(("straight_c", "edge_a"), 0.0106, 6, 0.2, 0.1, 0.95)),
        (0.0113, 0.9, 1.5, low, Lay(("straight_b", "straight_c"), 0.0106, 5, 0.2, 0.07, 0.9, taper=0.5)),
    ):
        coat = Coat(
            spacing, lay, combed_back, length, scaled(lift, share), HAIRLINE, (least, 999.0), where,
            stray=0.07, rise_m=0.03, hold=0.6,
        )  # fmt: skip
        parts.append(lay_coat(scalp, coat, generator))
    parts.append(lay_coat(scalp, hairs_at_edge(combed_back, 16.0), generator))
    return join(parts)


def receding(scalp: Scalp, generator: np.random.Generator) -> PieceMesh:
    """Short hair, thin at the front, with high temples."""

    def length(places: np.ndarray) -> np.ndarray:
        return 17 + 12 * smoothstep(40, 85, places[:, 2])

    def lift(places: np.ndarray) -> np.ndarray:
        return 3.4 + 2.2 * smoothstep(30, 85, places[:, 2])

    return _cropped(scalp, generator, RECEDING_HAIRLINE, combed_forward, length, lift, DENSE_HAIRLINE)


def _cropped(
    scalp: Scalp,
    generator: np.random.Generator,
    hairline: tuple[tuple[float, float], ...],
    comb: Comb,
    length: Amount,
    lift: Amount,
    dense_line: tuple[tuple[float, float], ...] = HAIRLINE,
) -> PieceMesh:
    """Cover the scalp with short hair whose sides and nape are tapered, thin in front of `dense_line`."""
    sides = Lay(("straight_b", "straight_c"), 0.0106, 3, 0.25, 0.07, 0.85)
    cap = Cap(dense_line, lambda p: 0.4 * lift(p))
    parts = [span_cap(scalp, cap, generator)]
    for spacing, height, low, lay in (
        (0.0151, 0.6, False, Lay(("straight_b", "dense"), 0.0180, 5, 0.2, 0.08, 0.75)),
        (0.0130, 0.9, False, Lay(("straight_a", "straight_b"), 0.0138, 5, 0.3, 0.1, 0.8)),
        (0.0162, 1.1, False, Lay(("straight_b", "straight_c"), 0.0106, 5, 0.35, 0.12, 0.85)),
        (0.0108, 0.8, True, sides),
        (0.0119, 1.05, True, sides),
    ):

        def where(places: np.ndarray, low: bool = low) -> np.ndarray:
            top = smoothstep(22, 48, places[:, 2])
            return 1 - top if low else top

        coat = Coat(
            spacing, lay, comb, length, scaled(lift, height), dense_line,
            (3.0, 999.0), where, hold=0.5, start=0.25, weight=0.2, stray=0.15 if not low else 0.1,
        )  # fmt: skip
        parts.append(lay_coat(scalp, coat, generator))
    parts.append(lay_coat(scalp, hairs_at_edge(comb, 14.0, hairline), generator))
    if dense_line is not hairline:
        parts.append(lay_coat(scalp, replace(hairs_at_edge(comb, 18.0, hairline), depth_mm=(4.0, 22.0)), generator))
    return join(parts)
