"""Curled hair: an afro, loose curls."""

import numpy as np

from facewright.engine.smoothstep import smoothstep
from facewright.training.appearance.features import HAIRLINE
from facewright.training.styles.cards import PieceMesh, join
from facewright.training.styles.hair_coats import Coat, constant, lay_coat, radiate, scaled
from facewright.training.styles.hair_growth import Cap, Lay, lay_cards, span_cap
from facewright.training.styles.scalp import Scalp, scatter_roots


def afro_height(places: np.ndarray) -> np.ndarray:
    """Return the height (k,) in mm of the afro above places (k, 3) of the scalp."""
    front = smoothstep(-25, 15, places[:, 1])
    low = smoothstep(40, -60, places[:, 2])
    lumps = 2.5 * np.sin(places[:, 0] / 17 + 1) * np.sin(places[:, 1] / 19 + 2) * np.sin(places[:, 2] / 15)
    return 44 - 8 * front - 16 * low + lumps


def afro(scalp: Scalp, generator: np.random.Generator) -> PieceMesh:
    """A round afro of many small fuzzy tufts over a round shell."""
    shell = Cap(HAIRLINE, lambda places: 0.74 * afro_height(places), "coil", 12, 9, 48, 0.2, 0.75, tiles=3)
    parts = [span_cap(scalp, shell, generator)]
    for spacing, low, high, width, names in (
        (0.0125, 0.3, 0.85, 0.028, ("fuzzy_a",)),
        (0.0088, 0.62, 1.04, 0.021, ("fuzzy_a", "fuzzy_b")),
    ):
        roots, normals = scatter_roots(scalp, spacing, generator, HAIRLINE, 1.0)
        height = afro_height(scalp.place_mm(roots))[:, None] / 1000 * generator.uniform(0.9, 1.1, (len(roots), 1))
        out = normals + scalp.mass_normal(roots)
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        lean = np.cross(out, generator.normal(0, 1, out.shape))
        lean /= np.linalg.norm(lean, axis=1, keepdims=True)
        share = np.linspace(0, 1, 7)[None, :, None]
        rise = low + (high - low) * share**0.8
        curves = roots[:, None] + out[:, None] * height[:, None] * rise
        curves = curves + lean[:, None] * 0.024 * share**1.2
        parts.append(lay_cards(scalp, curves, Lay(names, width, 3, 0.9, 0.25, 0.55, 1.0, 0.9), generator))
    small = Lay(("fuzzy_b",), 0.011, 3, 0.5, 0.15, 0.8)
    upward = Coat(
        0.0075, small, lambda p, r, s: -radiate(p), constant(13.0), constant(4.0),
        depth_mm=(-1.0, 8.0), stray=0.5, weight=0.0, start=0.7,
    )  # fmt: skip
    return join([*parts, lay_coat(scalp, upward, generator)])


def fend_eyes(places: np.ndarray) -> np.ndarray:
    """Push hair sideways away from eyes and cheeks."""
    least = 60.0 * smoothstep(-30, -5, places[:, 1]) * smoothstep(52, 36, places[:, 2])
    x = places[:, 0]
    pushed = np.where(np.abs(x) < least, np.sign(x) * (np.abs(x) + 0.4 * (least - np.abs(x))), x)
    front = np.interp(places[:, 2], (34, 60), (-24, 60))
    forward = places[:, 1] - 0.4 * np.maximum(places[:, 1] - front, 0)
    return np.stack([pushed, forward, places[:, 2]], axis=1)


def curly(scalp: Scalp, generator: np.random.Generator) -> PieceMesh:
    """Loose curls to the nape, falling from a parting on the left, full at the sides."""

    def comb(places: np.ndarray, roots: np.ndarray, share: float) -> np.ndarray:
        top = smoothstep(45, 85, roots[:, 2:]) * smoothstep(-130, -80, roots[:, 1:2])
        side = np.tanh((roots[:, :1] - 20.0) / 28.0)
        over = np.concatenate([side, 0.15 + 0 * side, 0 * side], axis=1)
        return radiate(places) * (1 - 0.6 * top) + over * top - [0, 0, 0.5 * share]

    def length(places: np.ndarray) -> np.ndarray:
        return 62 + 26 * smoothstep(20, 80, places[:, 2]) - 22 * smoothstep(-20, -65, places[:, 2])

    def lift(places: np.ndarray) -> np.ndarray:
        forward, up = places[:, 1], places[:, 2]
        return 17 + 9 * smoothstep(10, 70, up) - 4 * smoothstep(-30, 5, forward) - 10 * smoothstep(82, 100, up)

    parts = [span_cap(scalp, Cap(HAIRLINE, scaled(lift, 0.45), "coil", 18, 9, 48, 0.25, 0.75, tiles=3), generator)]
    for spacing, share, width, names, swing in (
        (0.0185, 0.55, 0.030, ("curly_a", "wavy_a"), 5.0),
        (0.0182, 0.85, 0.025, ("curly_a", "curly_b"), 6.0),
        (0.0195, 1.10, 0.019, ("curly_b", "curly_c"), 6.0),
    ):
        lay = Lay(names, width, 7, 0.6, 0.22, 0.6, taper=0.9)
        coat = Coat(
            spacing, lay, comb, length, scaled(lift, share), stray=0.32, wave_mm=(swing, 46.0),
            rise_m=0.022, pull=0.3, weight=0.35, hold=0.28, start=0.45, fend=fend_eyes,
        )  # fmt: skip
        parts.append(lay_coat(scalp, coat, generator))
    return join(parts)
