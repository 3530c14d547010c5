"""Knows, for every texel of the atlas, where on the head it lies, and offers noise and distances there."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from facewright.rig.baking import rasterise
from facewright.training.appearance import atlas
from facewright.training.appearance.layout import BOXES_PX, SIDE, Layout


@dataclass(frozen=True)
class Texels:
    """What is known of every texel: (S, S) arrays, places in mm from the middle between the eyes, lid_gap in mm."""

    chart: np.ndarray
    x: np.ndarray
    forward: np.ndarray
    up: np.ndarray
    depth: np.ndarray
    openness: np.ndarray
    ear: np.ndarray
    lid_gap: np.ndarray
    known: np.ndarray

    def on(self, *names: str) -> np.ndarray:
        """Return (S, S) whether a texel belongs to one of the named charts."""
        return self.known & np.isin(self.chart, [list(BOXES_PX).index(name) for name in names])


class Noise:
    """Smooth noise in space: the same place has the same value in every chart."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.lattice = generator.random((48, 48, 48)).astype(np.float32) * 2 - 1

    def __call__(self, texels: Texels, cell_mm: float | tuple[float, float, float]) -> np.ndarray:
        cell = np.broadcast_to(np.asarray(cell_mm, float), 3)
        place = np.stack([texels.x / cell[0], texels.forward / cell[1], texels.up / cell[2]])
        return map_coordinates(self.lattice, place, order=1, mode="grid-wrap")


def rasterise_texels(layout: Layout, ear_share: np.ndarray, lid_gap_mm: np.ndarray) -> Texels:
    """Find the place of every texel; a texel outside all charts takes over its nearest one's.

    Args:
        layout: The atlas.
        ear_share: (V,) how much each mesh vertex belongs to an ear, 0 to 1.
        lid_gap_mm: (V,) how far each mesh vertex lies in front of the nearest eyeball.
    """
    columns = [layout.chart, *layout.place_mm.T, layout.depth_mm, layout.openness]
    columns += [values[layout.render_vertex] for values in (ear_share, lid_gap_mm)]
    attributes = np.stack([np.asarray(column, np.float64) for column in columns], axis=1)
    corners = layout.uv[layout.render_triangles]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    turned = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] < 0
    order = np.argsort(~turned, kind="stable")
    values, owner = rasterise(layout.uv, layout.render_triangles[order], attributes, SIDE)
    filled = atlas.spread(values, owner >= 0)
    chart, x, forward, up, depth, openness, ear, lid_gap = np.moveaxis(filled, -1, 0)
    return Texels(np.round(chart).astype(int), x, forward, up, depth, openness, ear, lid_gap, owner >= 0)


def in_boxes(names: list[str]) -> np.ndarray:
    """Return (S, S) which texels lie in the boxes of the named charts."""
    inside = np.zeros((SIDE, SIDE), bool)
    for name in names:
        left, top, right, bottom = BOXES_PX[name]
        inside[top:bottom, left:right] = True
    return inside


def polygon_distance(points: np.ndarray, x: np.ndarray, y: np.ndarray, step: float) -> np.ndarray:
    """Return the distance of (x, y) into a polygon, negative outside, from a grid of the given step."""
    low = np.minimum(points.min(0), [x.min(), y.min()]) - 2 * step
    high = np.maximum(points.max(0), [x.max(), y.max()]) + 2 * step
    shape = np.ceil((high - low) / step).astype(int) + 1
    grid = np.zeros(shape[::-1], np.uint8)
    cv2.fillPoly(grid, [np.round((points - low) / step * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    inside = cv2.distanceTransform(grid, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - grid, cv2.DIST_L2, 5)
    at = np.stack([(y - low[1]) / step, (x - low[0]) / step])
    return map_coordinates(inside * step, at, order=1, mode="nearest")


def rim_distance(layout: Layout, texels: Texels, *names: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance (mm) of each texel to the rims of pockets and the place of the nearest rim point."""
    rims = np.concatenate([_dense(layout.rims_mm[name]) for name in names])
    distance, nearest = cKDTree(rims).query(np.stack([texels.x, texels.forward, texels.up], axis=-1))
    return distance.astype(np.float32), rims[nearest]


def _dense(loop: np.ndarray) -> np.ndarray:
    share = np.linspace(0, 1, 8, endpoint=False)[:, None, None]
    return (loop * (1 - share) + np.roll(loop, -1, axis=0) * share).reshape(-1, 3)


def fill(
    mask: dict[str, np.ndarray],
    paint_rgb: np.ndarray,
    where: np.ndarray,
    colour: ArrayLike,
    strength: float | np.ndarray,
) -> None:
    """Set a fixed colour and its strength where `where`."""
    paint_rgb[where] = colour
    mask["paint"] = np.where(where, strength, mask["paint"])
