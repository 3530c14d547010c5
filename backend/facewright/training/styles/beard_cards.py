"""Grows beards of cards: curves that follow the lie of the hair above the skin and fall free below the chin."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from facewright.engine.smoothstep import smoothstep
from facewright.training.styles.beard_region import BeardMap, hair_direction
from facewright.training.styles.beard_texture import DENSE, THIN, tuft_boxes
from facewright.training.styles.cards import PieceMesh, across, resample, smooth_normals, strips

STEPS = 14
"""Points of a curve while it grows."""

SINK_MM = 0.4
LIP_OVERHANG_MM = 1.6
"""How far a moustache may reach over the red of the lip."""

LIP_SPACING_MM = 1.4
LIP_CROWDING = 0.45
"""Cards stand closer on the upper lip, which is small, where they would stand further apart than LIP_SPACING_MM."""


@dataclass(frozen=True)
class CardStyle:
    """How long and how thick a beard of cards is.

    Attributes:
        spacing_mm: distance between neighbouring roots.
        width_mm: width of a card.
        length_mm: at the cheek, on the upper lip and at the chin.
        lift_mm: how far the outermost cards stand off the skin at the cheek, on the upper lip and at the chin.
        points: points of a card along its length.
        sway: sideways noise of directions.
        gather: how far the tips of the chin's hair come together, 0 to 1.
    """

    spacing_mm: float
    width_mm: float
    length_mm: tuple[float, float, float]
    lift_mm: tuple[float, float, float]
    points: int = 3
    sway: float = 0.20
    gather: float = 0.0


@dataclass(frozen=True, eq=False)
class GrownCards:
    """Cards and where they are rooted.

    Attributes:
        mesh: the piece.
        roots_m: (n, 3) world space, the root of the card that each vertex belongs to.
    """

    mesh: PieceMesh
    roots_m: np.ndarray


def grow_cards(beard: BeardMap, density: np.ndarray, style: CardStyle, generator: np.random.Generator) -> GrownCards:
    """Grow cards all over an area.

    Args:
        beard: the lower face.
        density: (S, S) how densely hair grows, 0 to 1; thin places get fewer, shorter and thinner cards.
        style: their measures.
        generator: source of randomness.
    """
    surface, normals = beard.surface, beard.surface.normals()
    texel = _spaced_roots(beard, density, style.spacing_mm, generator)
    rows, columns = texel.T
    root, normal = surface.place[rows, columns], normals[rows, columns]
    thick = np.clip(density[rows, columns], 0, 1)
    layer = generator.random(len(root))
    curves = _grow(beard, normals, root, normal, thick, layer, style, generator)
    edge = (thick < 0.75) | (generator.random(len(root)) < 0.2)
    numbers = np.where(edge, generator.choice(THIN, len(root)), generator.choice(DENSE, len(root)))
    boxes = tuft_boxes(numbers)
    flip = generator.random(len(root)) < 0.5
    boxes[flip] = boxes[flip][:, [2, 1, 0, 3]]
    curves = resample(curves, style.points, 1.0)
    outward = smooth_normals(curves.reshape(-1, 3), root, normal, 8).reshape(curves.shape)
    outward = outward + 0.25 * np.array([0, 0.6, 0.2])
    outward /= np.linalg.norm(outward, axis=-1, keepdims=True)
    sideways = across(curves, outward, generator.normal(0, 0.25, (len(root), 1)))
    widths = style.width_mm * generator.uniform(0.8, 1.2, (len(root), 1)) * np.linspace(1.0, 0.85, style.points)
    openness = np.linspace(0.62, 1.0, style.points) * (0.70 + 0.30 * layer[:, None])
    mesh = strips(
        surface.world_m(curves),
        sideways * [1, -1, 1],
        widths / surface.per_m,
        boxes,
        outward * [1, -1, 1],
        0.3,
        openness,
    )
    return GrownCards(mesh, np.repeat(surface.world_m(root), 2 * style.points, axis=0))


def _spaced_roots(
    beard: BeardMap, density: np.ndarray, spacing_mm: float, generator: np.random.Generator
) -> np.ndarray:
    """Return (n, 2) rows and columns of roots that keep their distance, wider apart where hair is thin."""
    rows, columns = np.nonzero((density > 0.25) & beard.surface.is_face)
    order = generator.permutation(len(rows))
    rows, columns = rows[order], columns[order]
    place = beard.surface.place[rows, columns]
    cells = np.floor(place / (spacing_mm / 3)).astype(np.int64)
    _, first = np.unique(cells, axis=0, return_index=True)
    first = np.sort(first)
    rows, columns, place = rows[first], columns[first], place[first]
    own = spacing_mm / np.sqrt(np.clip(density[rows, columns], 0.25, 1))
    own *= 1 - LIP_CROWDING * np.clip(spacing_mm - LIP_SPACING_MM, 0, 1) * _place_weights(place)[:, 1]
    near = cKDTree(place).query_ball_point(place, own)
    chosen, blocked = [], np.zeros(len(place), bool)
    for index, others in enumerate(near):
        if not blocked[index]:
            chosen.append(index)
            blocked[others] = True
    return np.stack([rows[chosen], columns[chosen]], axis=1)


def _grow(
    beard: BeardMap,
    normals: np.ndarray,
    root: np.ndarray,
    normal: np.ndarray,
    thick: np.ndarray,
    layer: np.ndarray,
    style: CardStyle,
    generator: np.random.Generator,
) -> np.ndarray:
    """Return the curves (k, STEPS, 3) of cards, as places."""
    surface = beard.surface
    texels = np.argwhere(surface.is_face & (surface.place[..., 2] < -20) & (surface.place[..., 1] > -90))[::3]
    ground = surface.place[tuple(texels.T)]
    ground_normal, lip = normals[tuple(texels.T)], beard.lip_distance[tuple(texels.T)]
    tree = cKDTree(ground)
    weights = _place_weights(root)  # (k, 3)
    length = weights @ np.array(style.length_mm) * (0.45 + 0.55 * thick) * generator.uniform(0.7, 1.2, len(root))
    lift = weights @ np.array(style.lift_mm) * (0.4 + 0.6 * thick) * (0.15 + 0.85 * layer)
    step = (length / (STEPS - 1))[:, None]
    sway = generator.normal(0, style.sway, root.shape)
    points, reach = [root - normal * SINK_MM], np.full(len(root), STEPS - 1.0)
    for index in range(1, STEPS):
        share = index / (STEPS - 1)
        here = points[-1]
        _, nearest = tree.query(here)
        out = ground_normal[nearest]
        height = ((here - ground[nearest]) * out).sum(1)
        free = smoothstep(2.0, 8.0, np.linalg.norm(here - ground[nearest], axis=1) - np.abs(height))[:, None]
        flow = hair_direction(ground[nearest]) + sway
        flow[:, 0] -= style.gather * share * np.clip(here[:, 0] / 12, -1, 1) * weights[:, 2]
        flow[:, 2] -= 0.8 * free[:, 0]
        flow -= (flow * out).sum(1, keepdims=True) * out * (1 - free)
        flow /= np.maximum(np.linalg.norm(flow, axis=1, keepdims=True), 1e-9)
        wanted = lift * np.sin(np.pi / 2 * min(1.0, share * 1.6)) + 0.25
        rise = np.clip((wanted - height)[:, None] / step, -0.5, 1.2)
        move = flow + out * rise * (1 - 0.7 * free)
        points.append(here + move / np.linalg.norm(move, axis=1, keepdims=True) * step)
        over = (lip[nearest] <= 0) & (reach == STEPS - 1)
        allowed = index - 1 + LIP_OVERHANG_MM / step[:, 0]
        reach = np.where(over, np.minimum(reach, allowed), reach)
    curves = np.stack(points, axis=1)
    return _shortened(curves, reach)


def _shortened(curves: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Return curves (k, STEPS, 3) cut off after `reach` (k,) of their steps."""
    place = np.linspace(0, 1, STEPS)[None] * np.minimum(reach, STEPS - 1)[:, None]
    low = np.clip(np.floor(place).astype(int), 0, STEPS - 2)
    share, row = (place - low)[..., None], np.arange(len(curves))[:, None]
    return curves[row, low] * (1 - share) + curves[row, low + 1] * share


def _place_weights(root: np.ndarray) -> np.ndarray:
    """Return (k, 3) how much a root belongs to the cheek, the upper lip and the chin; rows sum to 1."""
    x, up = np.abs(root[:, 0]), root[:, 2]
    lip = smoothstep(-72.0, -66.0, up) * smoothstep(34.0, 26.0, x)
    chin = smoothstep(34.0, 14.0, x) * smoothstep(-74.0, -88.0, up) * smoothstep(-45.0, -15.0, root[:, 1])
    return np.stack([1 - lip - chin * (1 - lip), lip, chin * (1 - lip)], axis=1)
