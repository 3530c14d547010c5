"""Turns heights drawn in the atlas into slopes in the head's own surface."""

import cv2
import numpy as np
from scipy.interpolate import LinearNDInterpolator

from facewright.engine.smoothstep import smoothstep
from facewright.rig.baking import rasterise
from facewright.training.appearance.atlas import spread
from facewright.training.appearance.layout import BOXES_PX, SIDE, Layout
from facewright.training.appearance.texels import Texels

FINE = 2
"""Heights are drawn this much finer than the atlas."""


class Surface:
    """The face chart, FINE times finer than the atlas: where its texels lie and how heights become slopes.

    Args:
        layout: The atlas.
        texels: What is known of its texels.
    """

    def __init__(self, layout: Layout, texels: Texels) -> None:
        side = SIDE * FINE
        place = np.stack([texels.x, texels.forward, texels.up], axis=-1).astype(np.float32)
        self.place = cv2.resize(place, (side, side), interpolation=cv2.INTER_LINEAR)  # (FS, FS, 3)
        self.is_face = texels.on("face")
        normal = texel_normals(layout)
        across = np.cross([0.0, 0.0, 1.0], normal)
        across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-6)
        self._axes = np.stack([across, np.cross(normal, across)], axis=-2)  # (S, S, 2, 3), world
        self.lies_flat = smoothstep(0.97, 0.85, np.abs(normal[..., 2]))
        face = layout.chart == list(BOXES_PX).index("face")
        front = face & (layout.place_mm[:, 1] > -55.0)
        pixels = np.stack([layout.uv[:, 0], 1.0 - layout.uv[:, 1]], axis=1)[front] * side
        self._to_pixel = LinearNDInterpolator(layout.place_mm[front][:, [0, 2]], pixels)

    def pixels_at(self, points: np.ndarray) -> np.ndarray:
        """Return the fine texel places (n, 2) of points seen from the front, those beside the face left out."""
        pixels = self._to_pixel(points)
        return pixels[np.isfinite(pixels).all(axis=1)]

    def slopes(self, height_mm: np.ndarray) -> np.ndarray:
        """Turn heights (FS, FS) in mm into slopes (S, S, 2) along both axes of the surface."""
        world = self.place * [1.0, -1.0, 1.0]
        u, v = np.gradient(world, axis=1), np.gradient(world, axis=0)  # (FS, FS, 3), mm a fine texel
        rise_u, rise_v = np.gradient(height_mm, axis=1), np.gradient(height_mm, axis=0)
        uu, uv, vv = (u * u).sum(-1), (u * v).sum(-1), (v * v).sum(-1)
        area = np.maximum(uu * vv - uv * uv, 0.02 * uu * vv + 1e-8)
        along_u, along_v = (vv * rise_u - uv * rise_v) / area, (uu * rise_v - uv * rise_u) / area
        steepest = along_u[..., None] * u + along_v[..., None] * v
        steepest = cv2.resize(steepest.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        slopes = np.einsum("hwd,hwkd->hwk", steepest, self._axes)
        return slopes * (self.is_face * self.lies_flat)[..., None]


def texel_normals(layout: Layout) -> np.ndarray:
    """Return the unit normals (S, S, 3) of the neutral head at all texels, in world axes."""
    world = layout.place_mm * [1.0, -1.0, 1.0]
    a, b, c = (world[layout.render_triangles[:, k]] for k in range(3))
    areas = np.cross(b - a, c - a)
    total = np.zeros((layout.render_vertex.max() + 1, 3))
    for k in range(3):
        np.add.at(total, layout.render_vertex[layout.render_triangles[:, k]], areas)
    values, owner = rasterise(layout.uv, layout.render_triangles, total[layout.render_vertex], SIDE)
    normal = spread(values, owner >= 0)
    return normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
