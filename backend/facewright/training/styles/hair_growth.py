"""Grows guide curves: strands that leave the scalp, follow a combing direction, fall, and lie on the head in layers."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from facewright.training.styles.cards import PieceMesh, across, resample, sheet, strips
from facewright.training.styles.hair_texture import strip_box
from facewright.training.styles.scalp import Scalp, cast_on_skull, hair_depth_mm

STEPS = 48
LEAST_LIFT_M = 0.0006
GROUND_M = -0.2
"""Nothing hangs lower than this below the eyes; the bust ends there."""

Comb = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
"""From places (k, 3), roots (k, 3) and the share of the length to wanted directions (k, 3), not all of one length.
All three as x, forward, up; places in mm from the middle between the eyes."""

WORLD = np.array([1.0, -1.0, 1.0])
"""Turns directions x, forward, up into world axes and back."""


@dataclass(frozen=True, eq=False)
class Growth:
    """How a set of strands grows.

    Attributes:
        comb: where strands want to go.
        lengths_m: (k,).
        lift_m: (k,) how far above the skin a strand lies once it has left its root.
        rise_m: length over which it rises; what grows further up lies on what grows further down.
        pull: how fast it turns into the combing direction, per step.
        weight: how much gravity bends the end of it.
        hold: how strongly it is drawn down to its lift above the ears; 0 for hair that stands.
        start: how far it stands up at its root: 0 along the skin, 1 straight out.
        fend: keeps hair off: from places (k, 3) in mm, x, forward, up, to those where hair may be.
    """

    comb: Comb
    lengths_m: np.ndarray
    lift_m: np.ndarray
    rise_m: float = 0.02
    pull: float = 0.35
    weight: float = 0.3
    hold: float = 0.3
    start: float = 0.35
    fend: Callable[[np.ndarray], np.ndarray] | None = None


def grow(scalp: Scalp, roots_m: np.ndarray, normals: np.ndarray, growth: Growth) -> np.ndarray:
    """Grow one strand from each root.

    Args:
        scalp: the head that they lie on.
        roots_m: (k, 3) on the skin.
        normals: (k, 3) unit normals of the skin.
        growth: how.

    Returns:
        (k, STEPS + 1, 3) curves, roots first.
    """
    place, root_mm = roots_m + 0.0005 * normals, scalp.place_mm(roots_m)
    wanted = _unit(growth.comb(root_mm, root_mm, 0.0) * WORLD)
    heading = _unit(wanted * (1 - growth.start) + normals * growth.start)
    step = (growth.lengths_m / STEPS)[:, None]
    curve = [place]
    for index in range(1, STEPS + 1):
        share = index / STEPS
        wanted = _unit(growth.comb(scalp.place_mm(place), root_mm, share) * WORLD)
        wanted = _unit(wanted + np.array([0.0, 0.0, -1.0]) * growth.weight * min(1.0, share * 2))
        heading = _unit(heading * (1 - growth.pull) + wanted * growth.pull)
        ahead = place + heading * step
        if growth.fend is not None:
            ahead = scalp.world_m(growth.fend(scalp.place_mm(ahead)))
        rise = 1 - np.exp(-share * growth.lengths_m / growth.rise_m)
        lift = 0.0008 + (growth.lift_m - 0.0008) * rise
        hold = growth.hold * np.clip((scalp.place_mm(ahead)[:, 2] + 10) / 50, 0, 1)
        distance, out = scalp.body.distance(ahead), scalp.body.normal(ahead)
        push = np.where(distance < lift, lift - distance, hold * np.minimum(lift - distance, 0) * rise)
        ahead = ahead + out * push[:, None]
        ahead[:, 2] = np.maximum(ahead[:, 2], scalp.origin_m[2] + GROUND_M)
        heading = _unit(heading + 0.6 * _unit(ahead - place))
        place = ahead
        curve.append(place)
    return np.stack(curve, axis=1)


@dataclass(frozen=True, eq=False)
class Lay:
    """How cards are laid along curves.

    Attributes:
        strips: names of the strips of the texture, drawn at random.
        width_m: of a card in its middle, before variation.
        points: points along a card.
        twist_rad: spread of the turns about the own direction.
        tilt: spread of the normals, so that cards do not shine as one.
        root_shade, tip_shade: factors on openness at the root and from the middle on.
        taper: width at the tip as a share of the middle's.
        splay_rad: how far the normals of both edges lean apart.
        crop: share of the strip that is left out at its roots, where strands begin raggedly.
        spacing: exponent of the places of the points; above 1 there are more near the roots.
    """

    strips: tuple[str, ...]
    width_m: float
    points: int = 6
    twist_rad: float = 0.25
    tilt: float = 0.10
    root_shade: float = 0.6
    tip_shade: float = 1.0
    taper: float = 0.75
    splay_rad: float = 0.3
    spacing: float = 1.0
    crop: float = 0.0


def lay_cards(
    scalp: Scalp, curves: np.ndarray, lay: Lay, generator: np.random.Generator, normals: np.ndarray | None = None
) -> PieceMesh:
    """Lay one card along each curve.

    Args:
        scalp: the head.
        curves: (k, m, 3).
        lay: how.
        generator: source of randomness.
        normals: (k, lay.points, 3) unit normals of the mass; those of hair around the head when None.
    """
    count = len(curves)
    curves = resample(curves, lay.points, lay.spacing)
    normals = scalp.mass_normal(curves) if normals is None else normals
    sideways = across(curves, normals, generator.normal(0, lay.twist_rad, (count, 1)))
    share = np.linspace(0, 1, lay.points)[None] ** lay.spacing
    shape = np.interp(share, [0, 0.3, 0.7, 1], [0.75, 1, 1, lay.taper])
    widths = lay.width_m * generator.uniform(0.75, 1.25, (count, 1)) * shape
    boxes = np.array([strip_box(name) for name in lay.strips])[generator.integers(len(lay.strips), size=count)]
    boxes[:, 3] -= lay.crop * (boxes[:, 3] - boxes[:, 1])
    mirrored = generator.random(count) < 0.5
    boxes[mirrored] = boxes[mirrored][:, [2, 1, 0, 3]]
    normals = _unit(normals + generator.normal(0, lay.tilt, (count, 1, 3)))
    shade = np.interp(share, [0, 0.35, 1], [lay.root_shade, lay.tip_shade, lay.tip_shade])
    shade = np.clip(shade * generator.uniform(0.88, 1.06, (count, 1)), 0, 1)
    mesh = strips(curves, sideways, widths, boxes, normals, lay.splay_rad, shade)
    return replace(mesh, vertices_m=_pushed_out(scalp, mesh.vertices_m))


def _pushed_out(scalp: Scalp, points_m: np.ndarray) -> np.ndarray:
    """Return points (n, 3) moved out of the head."""
    for _ in range(2):
        missing = np.maximum(LEAST_LIFT_M - scalp.body.distance(points_m), 0)
        points_m = points_m + scalp.body.normal(points_m) * missing[:, None]
    return points_m


@dataclass(frozen=True, eq=False)
class Cap:
    """A closed shell over the hairy part of the head.

    Attributes:
        hairline: its lower edge, as HAIRLINE.
        height_mm: from places (k, 3) on the skin, x, forward, up in mm, to the height (k,) of the shell above them.
        strip: name of its strip of the texture, roots at the crown.
        sectors: how often the strip goes round, to and fro.
        rows, columns: vertices from crown to hairline, and round.
        edge: share of the way to the hairline over which the height sinks to nothing.
        shade: factor on its openness.
        reach: exponent of the texture along the way; larger ones squeeze its tips towards the hairline.
        tiles: how often the strip is laid to and fro on the way; the way must have as many rows, or a multiple.
        inset_mm: how far inside the hairline the shell ends.
        pole: where its strands meet, seen from the skull's middle: x, forward, up.
    """

    hairline: tuple[tuple[float, float], ...]
    height_mm: Callable[[np.ndarray], np.ndarray]
    strip: str = "cap"
    sectors: int = 8
    rows: int = 7
    columns: int = 48
    edge: float = 0.25
    shade: float = 0.85
    reach: float = 1.5
    tiles: int = 1
    inset_mm: float = -2.0
    pole: tuple[float, float, float] = (0.0, -0.25, 1.0)


def span_cap(scalp: Scalp, cap: Cap, generator: np.random.Generator) -> PieceMesh:
    """Span a shell of the texture's opaque strip over the scalp; its edge thins out along the hairline."""
    turn = np.linspace(0, 2 * np.pi, cap.columns + 1)
    pole = _unit(np.array(cap.pole) * WORLD)
    ahead = np.array([0.0, -1.0, 0.3])
    front = _unit(ahead - pole * (pole @ ahead))
    left = np.cross(pole, front)
    ring = np.cos(turn)[:, None] * front + np.sin(turn)[:, None] * left  # (c, 3)
    angle = np.linspace(0.02, 2.8, 180)
    fan = np.cos(angle)[:, None, None] * pole + np.sin(angle)[:, None, None] * ring  # (180, c, 3)
    depth = hair_depth_mm(scalp, cast_on_skull(scalp, fan), cap.hairline)
    last = np.argmax(depth < cap.inset_mm, axis=0)
    limit = angle[np.where(last > 0, last, len(angle) - 1)]
    if cap.tiles > 1:
        limit = limit * (1 - np.abs(generator.normal(0, 0.02, limit.shape)))
        limit[-1] = limit[0]
    share = np.linspace(0, 1, cap.rows)[:, None] ** 0.9
    theta = 0.02 + (limit[None] - 0.02) * share
    grid = np.cos(theta)[..., None] * pole + np.sin(theta)[..., None] * ring[None]
    points = cast_on_skull(scalp, grid)
    out = _unit(scalp.skull.normal(points) + grid)
    height = cap.height_mm(scalp.place_mm(points).reshape(-1, 3)).reshape(theta.shape) / 1000
    height = height * np.clip((1 - share) / cap.edge, 0, 1) ** 0.6
    height[:, :-1] *= generator.uniform(0.93, 1.07, height[:, :-1].shape)
    height[:, -1] = height[:, 0]
    points = points + out * (height + 0.0004)[..., None]
    left_u, bottom, right_u, top = strip_box(cap.strip)
    ramp = np.abs((np.arange(cap.columns + 1) * cap.sectors / cap.columns) % 2 - 1)
    way = np.linspace(0, cap.tiles, cap.rows)[:, None] if cap.tiles > 1 else share**cap.reach
    v = top + (bottom - top) * np.abs((way + 1) % 2 - 1)
    uv = np.stack(np.broadcast_arrays((left_u + (right_u - left_u) * ramp)[None], v), axis=-1)
    return sheet(points, scalp.mass_normal(points), uv, False, cap.shade)


def cut_below(curves: np.ndarray, scalp: Scalp, levels_mm: np.ndarray) -> np.ndarray:
    """Shorten curves (k, m, 3) so that they end at heights (k,) in mm from the eyes."""
    up = scalp.place_mm(curves)[..., 2]
    is_below = up < levels_mm[:, None]
    end = np.where(is_below.any(axis=1), is_below.argmax(axis=1), curves.shape[1] - 1)
    end = np.maximum(end, 4)
    place = np.linspace(0, 1, curves.shape[1])[None] * end[:, None]
    index = np.minimum(place.astype(int), curves.shape[1] - 2)
    row, share = np.arange(len(curves))[:, None], (place - index)[..., None]
    return curves[row, index] * (1 - share) + curves[row, index + 1] * share


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
