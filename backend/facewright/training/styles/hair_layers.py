"""Paints the scalp under hair: soft coverage that ends in single hairs along an irregular hairline."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from facewright.engine.smoothstep import smoothstep
from facewright.rig.baking import rasterise
from facewright.rig.parts import appearance_of
from facewright.training.appearance.features import HAIRLINE
from facewright.training.styles.hair_growth import WORLD, Comb
from facewright.training.styles.scalp import Scalp, hair_depth_mm

SIDE = 1024
FINE = 4
"""Hairs are drawn so many times finer than the layer."""

LEVELS = 15
"""Steps of coverage; fewer make smaller files."""

BLEED_PX = 6


@dataclass(frozen=True, eq=False)
class ScalpPaint:
    """What a scalp looks like where the mesh leaves it bare.

    Attributes:
        comb: direction of the hairs.
        hairline: as HAIRLINE.
        coverage: of the area well inside the hairline, 0 to 1.
        strands: how much single hairs show in that area, 0 to 1.
        hairs: number of hairs.
        length_mm: of the painted part of a hair.
        soft_mm: width of the hairline over which hairs become sparse.
        reach_mm: hairs further inside the hairline are not drawn, because the mesh hides them.
    """

    comb: Comb
    hairline: tuple[tuple[float, float], ...] = HAIRLINE
    coverage: float = 0.92
    strands: float = 0.3
    hairs: int = 20000
    length_mm: float = 7.0
    soft_mm: float = 7.0
    reach_mm: float = 30.0


def paint_scalp(scalp: Scalp, paint: ScalpPaint, generator: np.random.Generator) -> np.ndarray:
    """Paint a layer of hair.

    Args:
        scalp: the head.
        paint: how.
        generator: source of randomness.

    Returns:
        (SIDE, SIDE) uint8 coverage, row 0 at v = 1.
    """
    look, vertices = appearance_of(scalp.rig), np.asarray(scalp.rig.mesh.vertices_m, np.float64)
    is_bald = ~scalp.ear_vertices[scalp.rig.mesh.triangles].any(axis=1)
    is_skin = (scalp.rig.mesh.surfaces == 0)[scalp.rig.mesh.triangles].all(axis=1)
    depth = hair_depth_mm(scalp, vertices, paint.hairline)
    chosen = np.flatnonzero(is_bald & is_skin & (depth[scalp.rig.mesh.triangles].max(axis=1) > -15))
    place, owner = rasterise(look.uv, look.render_triangles[chosen], vertices[look.render_vertex], SIDE)
    wobble = 2.2 * _blotches(generator, 6.0) + 1.0 * _blotches(generator, 1.5)
    inside = np.full((SIDE, SIDE), -99.0)
    inside[owner >= 0] = hair_depth_mm(scalp, place[owner >= 0], paint.hairline)
    share = smoothstep(0.0, 1.7 * paint.soft_mm, inside + wobble + 1.5)
    hairs = _draw_hairs(scalp, chosen, paint, generator)
    hairs = np.maximum(hairs, np.clip((inside - 0.35 * paint.reach_mm) / (0.55 * paint.reach_mm), 0, 1))
    under = paint.coverage * share * (1 - paint.strands * (1 - np.minimum(1.5 * hairs, 1)))
    near = np.clip((inside + wobble + paint.soft_mm) / paint.soft_mm, 0, 1)
    coverage = np.maximum(under, hairs * near * paint.coverage)
    levels = np.round(np.clip(coverage, 0, 1) * LEVELS) * (255 / LEVELS)
    return _bleed(levels.astype(np.uint8), owner >= 0)


def _bleed(coverage: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Carry the coverage a few texels over the border of the chart, so that its seam does not show."""
    away, nearest = distance_transform_edt(~known, return_indices=True)
    return np.where(away <= BLEED_PX, coverage[tuple(nearest)], 0).astype(np.uint8)


def _draw_hairs(scalp: Scalp, chosen: np.ndarray, paint: ScalpPaint, generator: np.random.Generator) -> np.ndarray:
    """Return (SIDE, SIDE) coverage by single hairs."""
    mesh, look = scalp.rig.mesh, appearance_of(scalp.rig)
    corners = np.asarray(mesh.vertices_m, np.float64)[mesh.triangles[chosen]]  # (t, 3, 3)
    flat = (look.uv * (1, -1) + (0, 1))[look.render_triangles[chosen]] * SIDE * FINE  # (t, 3, 2)
    size = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    owner = generator.choice(len(chosen), paint.hairs * 2, p=size / size.sum())
    share = generator.dirichlet(np.ones(3), len(owner))
    roots = np.einsum("nk,nkd->nd", share, corners[owner])
    depth = hair_depth_mm(scalp, roots, paint.hairline)
    chance = np.clip((depth + 0.5 * paint.soft_mm) / paint.soft_mm, 0, 1) * (depth < paint.reach_mm)
    kept = np.flatnonzero(generator.random(len(roots)) < chance)
    kept = kept[: paint.hairs]
    owner, roots, share, depth = owner[kept], roots[kept], share[kept], depth[kept]
    way = paint.comb(scalp.place_mm(roots), scalp.place_mm(roots), 0.5)
    way = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9) + generator.normal(0, 0.2, way.shape)
    step = _to_texture(corners[owner], flat[owner], way * WORLD * 0.001)  # fine px for 1 mm
    start = np.einsum("nk,nkd->nd", share, flat[owner])
    length = paint.length_mm * generator.uniform(0.5, 1.3, len(owner))[:, None]
    end = start + step * length
    strength = (generator.uniform(0.45, 1.0, len(owner)) * np.clip(0.5 + depth / 12, 0.35, 1) * 255).astype(int)
    canvas = np.zeros((SIDE * FINE, SIDE * FINE), np.uint8)
    wide = np.linalg.norm(step, axis=1) * 0.16
    for a, b, value, width in zip(start, end, strength, wide, strict=True):
        middle = (a + b) / 2
        thickness = max(int(round(width)), 1)
        ends = (np.round(point * 16).astype(int).tolist() for point in (a, middle, b))
        first, second, third = ends
        cv2.line(canvas, first, second, int(value), thickness, cv2.LINE_AA, 4)
        cv2.line(canvas, second, third, int(value * 0.7), max(thickness - 1, 1), cv2.LINE_AA, 4)
    return cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _to_texture(corners: np.ndarray, flat: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """Carry directions (n, 3) in m along triangles (n, 3, 3) over to the texture, where they are (n, 3, 2)."""
    edges = np.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]], axis=2)  # (n, 3, 2)
    drawn = np.stack([flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]], axis=2)  # (n, 2, 2)
    return np.einsum("nab,nb->na", drawn, np.einsum("nbd,nd->nb", np.linalg.pinv(edges), ways))


def _blotches(generator: np.random.Generator, cell_px: float) -> np.ndarray:
    """Return (SIDE, SIDE) smooth noise of standard deviation 1."""
    noise = gaussian_filter(generator.standard_normal((SIDE, SIDE)), cell_px)
    return noise / noise.std()
