"""Measures on a rig's head the places that glasses are made for."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import LinearNDInterpolator

from facewright.datatypes import PART_NAMES
from facewright.rig.nouns import Rig
from facewright.rig.parts import appearance_of
from facewright.training.styles.surface import FaceSurface

TILT = 0.13
"""By how much the upper edge stands further forward than the lower one, per height."""

WRAP_MM = 5.5
"""How far the front curves back from its middle to its hinges."""

CORNEA_GAP_MM = 10.5
BROW_GAP_MM = 3.0
NASION_GAP_MM = 6.0

PAD_MM = (9.5, -9.0)
"""Where the left nose pad rests: x and up."""


@dataclass(frozen=True)
class Fit:
    """The places of a head that glasses are made for: mm as in FaceSurface, the left side.

    Attributes:
        eye: x of the eye centre.
        front: forward place of the middle of the front, at the height of the eyes.
        hinge: x of the hinges.
        ear_top: (3,) where a temple lies on the ear.
        ear_back: (k, 3) crease behind the ear, from the top downwards.
        nose: (2, 3) where the pads touch the nose: the place, and the unit normal of the skin.
    """

    eye: float
    front: float
    hinge: float
    ear_top: np.ndarray
    ear_back: np.ndarray
    nose: np.ndarray


def measure(surface: FaceSurface, rig: Rig) -> Fit:
    """Measure the head that wears the glasses, which is the same on both sides."""
    ear_top, ear_back = _ear_places(surface, rig)
    skin = skin_front(surface)
    eye = surface.origin_m - rig.mesh.vertices_m[rig.anchors["eye_centre.L"]]
    eye_x, cornea = -eye[:, 0].mean() * surface.per_m, eye[:, 1].max() * surface.per_m
    across, up = np.meshgrid(np.linspace(0, 52, 27), np.linspace(-22, 14, 19))
    room = skin(np.stack([across, up], axis=-1)) - TILT * up + WRAP_MM * (across / 60) ** 2
    beside_nose = across > 10 + 0.5 * np.clip(-up - 4, 0, None)
    nasion = skin([[0.0, 3.0]])[0] + NASION_GAP_MM
    front = max(cornea + CORNEA_GAP_MM, np.nanmax(room[beside_nose]) + BROW_GAP_MM, nasion)
    place = surface.vertex_place
    sides = place[(np.abs(place[:, 2] - 6) < 9) & (np.abs(place[:, 1] + 2.5) < 27.5)]
    hinge = max(sides[:, 0].max() - 1.0, eye_x + 29.0)
    return Fit(float(eye_x), float(front), float(hinge), ear_top, ear_back, _nose_pad(skin))


def _ear_places(surface: FaceSurface, rig: Rig) -> tuple[np.ndarray, np.ndarray]:
    """Return the top (3,) of the crease between the left ear and the head, and its part behind the ear (6, 3)."""
    place, edges = surface.vertex_place, surface.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    texel = np.clip(surface.vertex_px.astype(int), 0, surface.side - 1)
    is_ear = appearance_of(rig).labels[texel[:, 1], texel[:, 0]] == PART_NAMES.index("ears")
    crease = edges[(is_ear[edges[:, 0]] != is_ear[edges[:, 1]]) & (place[edges, 0].min(1) > 0)]
    ring = place[crease].mean(1)
    middle = np.percentile(ring[:, 1], [4, 96]).mean()
    over = ring[np.abs(ring[:, 1] - middle - 1.0) < 7.0]
    top = np.median(over[np.argsort(-over[:, 2])[:5]], axis=0)
    behind = ring[(ring[:, 1] < top[1] - 8) & (ring[:, 2] < top[2]) & (ring[:, 2] > top[2] - 40)]
    heights = np.linspace(top[2] - 3, top[2] - 36, 6)
    return top, np.stack([behind[np.abs(behind[:, 2] - height).argsort()[:4]].mean(0) for height in heights])


def _nose_pad(skin: LinearNDInterpolator) -> np.ndarray:
    """Return place and unit normal (2, 3) of the left side of the nose where a pad rests."""
    at, step = np.array(PAD_MM), 1.5
    points = at + step * np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])
    left, right, below, above = skin(points)
    normal = np.array([left - right, 2 * step, below - above])
    return np.stack([[at[0], skin([at])[0], at[1]], normal / np.linalg.norm(normal)])


def skin_front(surface: FaceSurface) -> LinearNDInterpolator:
    """Return the function that tells how far forward the skin lies at points (n, 2): x and up."""
    front = surface.vertex_place[surface.vertex_place[:, 1] > -30]
    return LinearNDInterpolator(front[:, [0, 2]], front[:, 1])


def on_front(fit: Fit, flat: np.ndarray) -> np.ndarray:
    """Return places (..., 3) of points (..., 2), x and up, on the curved front of the glasses."""
    x, up = flat[..., 0], flat[..., 1]
    return np.stack([x, fit.front + TILT * up - WRAP_MM * (x / fit.hinge) ** 2, up], axis=-1)
