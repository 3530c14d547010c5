"""Hair that is gathered: a pony tail, a bun."""

import numpy as np

from facewright.engine.smoothstep import smoothstep
from facewright.training.appearance.features import HAIRLINE
from facewright.training.styles.cards import PieceMesh, across, join, resample, strips
from facewright.training.styles.hair_coats import Coat, constant, hairs_at_edge, lay_coat
from facewright.training.styles.hair_growth import Cap, Lay, lay_cards, span_cap
from facewright.training.styles.hair_short import off_sideburns
from facewright.training.styles.hair_texture import strip_box
from facewright.training.styles.scalp import Scalp

TAIL_MM = (0.0, -176.0, 42.0)
"""Where a pony tail is tied: x, forward, up."""

BUN_MM = (0.0, -160.0, 92.0)
BUN_RADIUS_MM = 27.0


def tied_back(scalp: Scalp, generator: np.random.Generator) -> PieceMesh:
    """Hair gathered at the back of the head into a pony tail."""
    gathered = _gathered(scalp, generator, TAIL_MM)
    count, share = 64, np.linspace(0, 1, 24)[None, :]
    angle, ring = generator.uniform(0, 2 * np.pi, (count, 1)), generator.uniform(0.45, 1.0, (count, 1))
    side, high = np.cos(angle) * ring, np.sin(angle) * ring
    length = generator.uniform(165, 215, (count, 1))
    spread = 7 + 17 * np.sin(np.pi * np.minimum(share * 1.15, 1)) ** 0.8
    wave = 3 * np.sin(2 * np.pi * (share * 2.0 + generator.random((count, 1)) * 0.15)) * share
    middle = np.stack([
        TAIL_MM[0] + 6 * share,
        TAIL_MM[1] + 6 - 27 * np.sin(np.pi * np.minimum(0.12 + share * 0.75, 1)) + 10 * share,
        TAIL_MM[2] + 26 * share * (1 - share) - 0 * share,
    ], axis=2) - np.array([0, 0, 1]) * (length * share**1.25)[..., None]  # fmt: skip
    across_mm = np.stack(
        [side * spread + wave, -0.85 * high * spread * np.sqrt(share), high * spread * (1 - share)], axis=2
    )
    curves = resample(_outside(scalp, middle + across_mm), 9)
    normals = resample(np.ascontiguousarray(across_mm * [1.0, -1.0, 1.0]), 24)[:, :: 23 // 8][:, :9]
    normals = normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6)
    lay = Lay(("straight_a", "straight_b", "dense"), 0.0180, 9, 0.35, 0.1, 0.85, taper=0.5)
    tail = lay_cards(scalp, curves, lay, generator, normals)
    return join([gathered, tail, _band(scalp, TAIL_MM, 10.0)])


def bun(scalp: Scalp, generator: np.random.Generator) -> PieceMesh:
    """Hair gathered high at the back and wound into a bun."""
    gathered = _gathered(scalp, generator, BUN_MM)
    axis = np.array([0.0, -0.75, 0.66])
    axis /= np.linalg.norm(axis)
    first = np.array([1.0, 0.0, 0.0])
    second = np.cross(axis, first)
    count, share = 56, np.linspace(0, 1, 16)[None, :]
    start, tilt = generator.uniform(0, 2 * np.pi, (count, 1)), generator.uniform(-0.35, 1.25, (count, 1))
    angle = start + share * generator.uniform(1.5, 2.6, (count, 1))
    level = np.clip(tilt + 0.35 * (share - 0.5), -0.5, 1.52)
    radius = BUN_RADIUS_MM * generator.uniform(0.9, 1.06, (count, 1)) * (1 - 0.05 * np.sin(9 * angle + 5 * level))
    flat = np.cos(level) * radius
    places = (
        np.asarray(BUN_MM)
        + axis * (np.sin(level) * radius * 0.75)[..., None]
        + first * (np.cos(angle) * flat)[..., None]
        + second * (np.sin(angle) * flat)[..., None]
    )
    curves = resample(scalp.world_m(places), 8)
    middle = scalp.world_m(np.asarray(BUN_MM) - 6 * axis)
    normals = curves - middle
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    names = ("straight_a", "dense", "straight_b")
    boxes = np.array([strip_box(name) for name in names])[generator.integers(3, size=count)]
    widths = np.interp(np.linspace(0, 1, 8), [0, 0.25, 0.75, 1], [0.008, 0.019, 0.019, 0.008])[None]
    widths = widths * generator.uniform(0.8, 1.2, (count, 1))
    lean = across(curves, normals, generator.normal(0, 0.18, (count, 1)))
    ball = strips(curves, lean, widths, boxes, normals, 0.35, generator.uniform(0.75, 1.0, (count, 1)))
    return join([gathered, ball, _ball(scalp, np.asarray(BUN_MM), axis, 0.9 * BUN_RADIUS_MM)])


def _gathered(scalp: Scalp, generator: np.random.Generator, tie_mm: tuple[float, float, float]) -> PieceMesh:
    """Comb all hair towards a point behind the head."""

    def comb(places: np.ndarray, roots: np.ndarray, share: float) -> np.ndarray:
        way = np.asarray(tie_mm) - places
        around = smoothstep(-70, -140, places[:, 1:2]) * smoothstep(60, 20, places[:, 2:]) * 0.2
        return way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1) - np.array([0, 0, 1]) * around * (
            1 - share
        )

    def length(places: np.ndarray) -> np.ndarray:
        return 1.12 * np.linalg.norm(places - tie_mm, axis=1) + 4

    parts = [
        span_cap(
            scalp,
            Cap(HAIRLINE, constant(2.5), pole=(0.0, tie_mm[1] + 70.0, tie_mm[2] - 22.0), rows=9, reach=7.0),
            generator,
        )
    ]
    for spacing, lift, lay in (
        (0.0200, 4.5, Lay(("dense", "straight_a"), 0.0233, 6, 0.06, 0.05, 0.92, taper=0.35, crop=0.09)),
        (0.0194, 6.0, Lay(("straight_a", "straight_b"), 0.0180, 6, 0.1, 0.06, 0.92, taper=0.35, crop=0.09)),
        (0.0292, 7.5, Lay(("straight_b", "straight_c", "edge_a"), 0.0117, 6, 0.15, 0.1, 0.9, taper=0.4)),
    ):
        coat = Coat(
            spacing, lay, comb, length, constant(lift), HAIRLINE, (4.0 if lift < 5 else 1.5, 999.0), off_sideburns,
            stray=0.05, rise_m=0.03, pull=0.3, weight=0.05, hold=0.7, start=0.2,
        )  # fmt: skip
        parts.append(lay_coat(scalp, coat, generator))
    parts.append(lay_coat(scalp, hairs_at_edge(comb, 24.0), generator))
    return join(parts)


def _outside(scalp: Scalp, places_mm: np.ndarray) -> np.ndarray:
    """Return world points of places (k, m, 3), pushed out of head, neck and back."""
    points = scalp.world_m(places_mm)
    for _ in range(4):
        missing = np.maximum(0.006 - scalp.body.distance(points), 0)
        points = points + scalp.body.normal(points) * missing[..., None]
    return points


def _band(scalp: Scalp, tie_mm: tuple[float, float, float], radius_mm: float) -> PieceMesh:
    """Wind a strand around the tie."""
    angle = np.linspace(0, 2 * np.pi, 11)[None]
    lean = np.array([0.0, -0.94, 0.34])
    second = np.cross(lean, [1.0, 0.0, 0.0])
    ring = np.cos(angle)[..., None] * np.array([1.0, 0, 0]) + np.sin(angle)[..., None] * second
    curves = scalp.world_m(np.asarray(tie_mm) + radius_mm * ring)
    normals = ring * [1.0, -1.0, 1.0]
    box = np.array([strip_box("dense")])
    sideways = np.broadcast_to(lean * [1.0, -1.0, 1.0], curves.shape)
    return strips(curves, sideways, np.full(curves.shape[:2], 0.012), box, normals, 0.5, 0.45)


def _ball(scalp: Scalp, middle_mm: np.ndarray, axis: np.ndarray, radius_mm: float) -> PieceMesh:
    """Fill a bun with an opaque ball of strips."""
    count = 12
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)[:, None]
    level = np.linspace(-0.9, 1.56, 6)[None]
    first = np.array([1.0, 0.0, 0.0])
    second = np.cross(axis, first)
    flat = np.cos(level)
    out = np.cos(angle)[..., None] * first * flat[..., None] + np.sin(angle)[..., None] * second * flat[..., None]
    out = out + axis * (0.75 * np.sin(level))[..., None]
    curves = scalp.world_m(middle_mm + radius_mm * out)
    normals = out * [1.0, -1.0, 1.0]
    normals = normals / np.linalg.norm(normals, axis=2, keepdims=True)
    widths = 2.2 * np.pi * radius_mm / count / 1000 * np.maximum(flat, 0.12) * np.ones((count, 1))
    left, bottom, right, top = strip_box("dense")
    boxes = np.tile([left, bottom + 0.4 * (top - bottom), right, top - 0.1 * (top - bottom)], (count, 1))
    return strips(curves, across(curves, normals), widths, boxes, normals, 0.25, 0.5)
