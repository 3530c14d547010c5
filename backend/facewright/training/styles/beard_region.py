"""Where beard hair grows on the face and which way it lies: areas by outlines in the face texture, and directions."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial import cKDTree

from facewright.datatypes import PART_NAMES
from facewright.engine.smoothstep import smoothstep
from facewright.rig.nouns import Appearance
from facewright.training.styles.surface import FaceSurface

OUTLINES_MM = {
    "full": (
        (0, 29, -47), (13, 26, -47), (19, 20, -48), (26, 20, -55), (33, 15, -57), (43, 7, -57), (52, -8, -53),
        (59, -22, -46), (63, -34, -34), (66, -39, -20), (67, -40, -8), (72, -52, -8), (73, -57, -30), (72, -66, -46),
        (68, -68, -62), (61, -66, -79), (52, -60, -97), (40, -50, -110), (26, -40, -115), (12, -31, -115),
        (0, -27, -114),
    ),
    "boxed": (
        (0, 29, -47), (13, 26, -47), (19, 20, -48), (25, 20, -57), (31, 15, -64), (40, 6, -68), (50, -8, -65),
        (58, -24, -57), (63, -35, -45), (66, -38, -30), (67, -39, -20), (67, -40, -8), (72, -52, -8), (73, -57, -30),
        (72, -66, -50),
        (67, -68, -64), (59, -63, -81), (48, -51, -99), (34, -36, -109), (20, -23, -112), (0, -16, -112),
    ),
    "strap": (
        (0, 20, -97), (10, 18, -97), (21, 9, -95), (33, -2, -89), (45, -16, -83), (55, -33, -74), (61, -43, -61),
        (65, -46, -45), (67, -45, -30), (68, -44, -20), (68, -43, -8), (72, -52, -8), (73, -57, -30), (72, -66, -52),
        (66, -71, -70),
        (58, -64, -86), (47, -49, -101), (33, -28, -107), (18, -6, -109), (0, 2, -109),
    ),
    "moustache": (
        (0, 29, -48), (13, 26, -48), (19, 21, -50), (24, 20, -57), (27, 18, -63.5), (27, 17, -67), (24, 18, -68.5),
        (0, 32, -68),
    ),
    "goatee": (
        (0, 29, -48), (13, 26, -48), (19, 21, -50), (25, 20, -57), (29, 17, -66), (30, 12, -78), (28, 9, -90),
        (23, 7, -100), (13, 4, -109), (0, 0, -110),
    ),
    "chin": (
        (0, 25, -80), (4.5, 24, -81), (6, 23, -86), (10, 21, -90), (15, 18, -93), (18, 14, -97), (17, 10, -103),
        (11, 4, -109), (0, 2, -110.5),
    ),
}  # fmt: skip
"""Left half of each area from the top of the middle to its bottom: x, forward and up as in FaceSurface."""

LIP_MARGIN_MM = 0.4


@dataclass(frozen=True, eq=False)
class BeardMap:
    """What all beard styles share.

    Attributes:
        surface: the face chart.
        per_mm: texels a millimetre at the jaw.
        lip_distance: (S, S) mm from the vermilion border, 0 on the lips.
        allowed: (S, S) mm into the skin that may carry a beard, negative on lips, nose and ears.
        flow_px: (S, S, 2) unit direction, in the texture, in which hair lies.
    """

    surface: FaceSurface
    per_mm: float
    lip_distance: np.ndarray
    allowed: np.ndarray
    flow_px: np.ndarray

    def depth(self, name: str, ragged_mm: float, generator: np.random.Generator) -> np.ndarray:
        """Return (S, S) mm into an area of OUTLINES_MM, its edge made irregular by up to about `ragged_mm`."""
        side = self.surface.side
        outline = outline_px(self.surface, name)
        grid = np.zeros((side, side), np.uint8)
        cv2.fillPoly(grid, [np.round(outline * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
        depth = (distance_transform_edt(grid) - distance_transform_edt(1 - grid)) / self.per_mm
        noise = gaussian_filter(generator.standard_normal((side, side)), 2.2 * self.per_mm)
        return depth + ragged_mm * 0.6 * noise / noise.std()


def outline_px(surface: FaceSurface, name: str) -> np.ndarray:
    """Return the closed outline (n, 2) of an area of OUTLINES_MM in the texture, px."""
    half = np.array(OUTLINES_MM[name], float)
    texels = np.argwhere(surface.is_face & (surface.place[..., 2] < 0))
    tree = cKDTree(surface.place[tuple(texels.T)])
    sides = []
    for side in (1, -1):
        _, nearest = tree.query(half * [side, 1, 1])
        points = texels[nearest][:, ::-1] + 0.5
        steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1) + 1e-3)])
        sides.append(PchipInterpolator(steps, points)(np.linspace(0, steps[-1], 160)))
    return np.concatenate([sides[0], sides[1][::-1]])


def beard_map(surface: FaceSurface, look: Appearance) -> BeardMap:
    """Measure the lower face for beards.

    Args:
        surface: the face chart.
        look: the rig's appearance, whose labels say where lips, nose and ears are.
    """
    jaw = surface.is_face & (np.abs(surface.place[..., 0]) < 50) & (surface.place[..., 1] > -20)
    jaw &= (surface.place[..., 2] < -50) & (surface.place[..., 2] > -105)
    per_mm = float(1 / np.median(np.linalg.norm(surface.slopes()[jaw], axis=1)))
    part = {name: look.labels == PART_NAMES.index(name) for name in ("upper_lip", "lower_lip", "nose", "ears")}
    mouth = ~surface.is_face & (surface.place[..., 2] > -75) & (np.abs(surface.place[..., 0]) < 25)
    lips = part["upper_lip"] | part["lower_lip"] | mouth
    lip_distance = distance_transform_edt(~lips) / per_mm
    others = (part["nose"] | part["ears"]) & surface.is_face
    allowed = np.minimum(lip_distance - LIP_MARGIN_MM, distance_transform_edt(~others) / per_mm - 0.5)
    return BeardMap(surface, per_mm, lip_distance, allowed, _flow(surface))


def hair_direction(place: np.ndarray) -> np.ndarray:
    """Return the (..., 3) direction (x, forward, up) in which beard hair would fall at places (..., 3) in mm."""
    x, forward, up = np.moveaxis(place, -1, 0)
    side = np.clip(x / 6.0, -1, 1)
    lip = smoothstep(30.0, 22.0, np.abs(x)) * smoothstep(-74.0, -66.0, up) * (forward > 0)
    cheek = smoothstep(18.0, 45.0, np.abs(x))
    down = np.stack([0.10 * side * (1 - cheek), 0.25 * cheek + 0.1, -np.ones_like(x)], axis=-1)
    upper = np.stack([0.95 * side, -0.15 + 0 * x, -0.75 + 0 * x], axis=-1)
    under = smoothstep(-104.0, -112.0, up)[..., None] * smoothstep(30.0, 0.0, forward)[..., None]
    below = np.stack([0.15 * side, 0.9 + 0 * x, -0.6 + 0 * x], axis=-1)
    mixed = down * (1 - lip[..., None]) + upper * lip[..., None]
    mixed = mixed * (1 - under) + below * under
    return mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)


def _flow(surface: FaceSurface) -> np.ndarray:
    slopes = surface.slopes()  # (S, S, 3, 2)
    along = np.einsum("hwkc,hwk->hwc", slopes, hair_direction(surface.place))
    gram = np.einsum("hwkc,hwkd->hwcd", slopes, slopes) + 1e-9 * np.eye(2)
    flow = np.linalg.solve(gram, along[..., None])[..., 0]
    flow = np.stack([gaussian_filter(flow[..., k], 3.0) for k in range(2)], axis=-1)
    return flow / np.maximum(np.linalg.norm(flow, axis=-1, keepdims=True), 1e-9)
