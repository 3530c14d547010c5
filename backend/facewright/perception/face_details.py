"""What tells beard, brows and glasses: darkness, hue and edges at places of an upright face crop."""

from dataclasses import dataclass

import cv2
import numpy as np

from facewright.engine.cameras import CanonicalFrame
from facewright.perception.alignment import eye_centres
from facewright.rig.colours import LUMINANCE, linear_from_srgb

DETAIL_FRAME = CanonicalFrame((0.38, 0.38), (0.62, 0.38))
"""Forehead to throat."""

SIDE_PX = 256
EYE_DISTANCE_PX = (DETAIL_FRAME.eye_left[0] - DETAIL_FRAME.eye_right[0]) * SIDE_PX

CHEEKS = (50, 280, 36, 266, 205, 425)
"""Landmarks on skin where no beard grows and no frame runs; all darkness is measured against it."""

CHEEK_QUANTILE = 0.7
"""Some of them may lie under a frame or in shadow."""

BEARD_PLACES = (
    ((97, 37), (326, 267), (2, 0), (98, 39), (327, 269)),
    ((165, 40), (391, 270), (92, 61), (322, 291)),
    ((17, 18), (18, 200)),
    ((43, 202), (273, 422), (57, 212), (287, 432)),
    ((200, 199), (199, 175), (201, 208), (421, 428)),
    ((152, 175), (148, 171), (377, 396)),
    ((136, 135), (365, 364), (150, 169), (379, 394), (172, 138), (397, 367)),
    ((192, 214), (416, 434), (213, 207), (433, 427), (187, 147), (411, 376)),
    ((132, 177), (361, 401), (58, 215), (288, 435)),
    ((93, 137), (323, 366), (234, 227), (454, 447)),
)
"""Groups of places, each the middle of two landmarks: moustache, its ends, under the lip, beside the mouth, chin, rim
of the chin, jaw, lower cheeks, before the ears, sideburns."""

BELOW_CHIN = (0.12, 0.28, 0.45)
"""Places under the chin, in eye distances, where a long beard hangs."""

BROW_COLUMNS, BROW_ROWS = 14, 24
BROW_LOW, BROW_HIGH = -0.17, 0.22
"""Rows in which a brow is looked for, in eye distances from the landmarks' middle upwards."""

BROW_SCALE = 10.0
"""Heights of a brow count so much more than its strength."""

RIGHT_BROW_LINE = ((46, 70), (53, 63), (52, 105), (65, 66), (55, 107))
LEFT_BROW_LINE = ((276, 300), (283, 293), (282, 334), (295, 296), (285, 336))
"""Pairs of landmarks on the brow's lower and upper edge, outer end first."""

RING_ANGLES, RING_RADII = 16, 12
RING_FROM, RING_TO = 0.20, 0.62
"""Rings around the eyes in which rims lie, in eye distances."""

PROFILE_BINS = 12


@dataclass(frozen=True, eq=False)
class FaceDetails:
    """Numbers that differ between styles; the same for photos and renders.

    Attributes:
        beard: (n,) darkness, hue and roughness of the places where beards grow.
        brows: (n,) darkness on a grid around the brows.
        glasses: (n,) edges around the eyes, on the bridge of the nose and at the temples.
    """

    beard: np.ndarray
    brows: np.ndarray
    glasses: np.ndarray


def measure_details(image: np.ndarray, landmarks_px: np.ndarray) -> FaceDetails:
    """Measure a face crop.

    Args:
        image: (S, S, 3) RGB uint8, S = SIDE_PX, eyes on DETAIL_FRAME.
        landmarks_px: (K, 2 or 3) in px of the crop.
    """
    points = landmarks_px[:, :2].astype(np.float64)
    linear = linear_from_srgb(image / 255.0).astype(np.float32)
    light = np.log(linear @ LUMINANCE.astype(np.float32) + 0.004)
    redness = np.log(linear[..., 0] + 0.004) - np.log(linear[..., 1] + 0.004)
    cheeks = points[list(CHEEKS)]
    light = light - np.quantile(_at(_blur(light, 3.0), cheeks), CHEEK_QUANTILE)
    redness = redness - np.quantile(_at(_blur(redness, 3.0), cheeks), 1 - CHEEK_QUANTILE)
    return FaceDetails(
        _beard(light, redness, points).astype(np.float32),
        _brows(light, points).astype(np.float32),
        _glasses(light, points).astype(np.float32),
    )


def _beard(light: np.ndarray, redness: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Darkness, loss of redness and roughness of BEARD_PLACES, and darkness below the chin."""
    smooth, hue = _blur(light, 2.5), _blur(redness, 3.0)
    rough = np.sqrt(_blur((light - _blur(light, 2.0)) ** 2, 3.0))
    rows = []
    for group in BEARD_PLACES:
        places = np.array([points[list(pair)].mean(0) for pair in group])
        rows.append([np.mean(np.clip(_at(values, places), -2.5, 1.0)) for values in (smooth, hue, rough)])
    down = points[152] - points[1]
    down /= np.linalg.norm(down)
    hanging = points[152] + np.outer(np.multiply(BELOW_CHIN, EYE_DISTANCE_PX), down)
    return np.concatenate([np.ravel(rows), np.clip(_at(smooth, hanging), -2.5, 1.0)])


def _brows(light: np.ndarray, points: np.ndarray) -> np.ndarray:
    """How strong, how high and how thick the brows are along their line, outer end first, both sides averaged.

    Height and tilt of the whole brow are left out: they belong to the head, not to the style.
    """
    smooth = _blur(light, 0.8)
    up = points[10] - points[1]
    up /= np.linalg.norm(up)
    heights = np.linspace(BROW_LOW, BROW_HIGH, BROW_ROWS)
    dark = []
    for line, corners in ((RIGHT_BROW_LINE, (33, 133)), (LEFT_BROW_LINE, (263, 362))):
        middle = np.array([points[list(pair)].mean(0) for pair in line])
        outer, inner = points[corners[0]], points[corners[1]]
        along = np.linspace(-0.3, 1.15, BROW_COLUMNS)[:, None]
        rise = np.interp(along[:, 0], np.linspace(-0.2, 1.1, len(line)), (middle - (outer + inner) / 2) @ up)
        base = outer + along * (inner - outer) + rise[:, None] * up
        base = base - ((base - (outer + inner) / 2) @ up - rise)[:, None] * up
        places = base[:, None] + (heights * EYE_DISTANCE_PX)[None, :, None] * up
        grid = np.clip(_at(smooth, places.reshape(-1, 2)), -2.5, 0.7).reshape(BROW_COLUMNS, BROW_ROWS)
        dark.append(np.maximum(np.quantile(grid, 0.8, axis=1, keepdims=True) - grid - 0.1, 0.0))
    dark = np.mean(dark, axis=0)  # (columns, rows)
    mass = dark.sum(1) + 0.05
    height = dark @ heights / mass
    spread = np.sqrt(np.maximum((dark * (heights - height[:, None]) ** 2).sum(1) / mass, 0.0))
    weight, place = mass / mass.sum(), np.arange(BROW_COLUMNS) / BROW_COLUMNS
    tilt = np.polyfit(place, height, 1, w=np.sqrt(weight))
    shape = (height - np.polyval(tilt, place)) * np.minimum(weight * BROW_COLUMNS, 1.0)
    strength = [np.log(mass.mean())]
    return np.concatenate([strength, weight * BROW_COLUMNS, BROW_SCALE * shape, BROW_SCALE * spread])


def _glasses(light: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Strength of circular edges and darkness around the eyes, of level edges on the bridge and at the temples."""
    smooth = _blur(light, 0.8)
    slope_x, slope_y = (
        cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125),
        cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125),
    )
    angles = np.arange(RING_ANGLES) * 2 * np.pi / RING_ANGLES
    radii = np.linspace(RING_FROM, RING_TO, RING_RADII) * EYE_DISTANCE_PX
    rings = []
    for centre, mirror in zip(eye_centres(points), (1.0, -1.0), strict=True):
        ray = np.stack([mirror * np.cos(angles), np.sin(angles)], 1)  # (A, 2), from the nose on downwards
        places = (centre + ray[:, None] * radii[None, :, None]).reshape(-1, 2)
        across = np.repeat(ray, RING_RADII, 0)
        edge = np.abs(_at(slope_x, places) * across[:, 0] + _at(slope_y, places) * across[:, 1])
        rings.append(np.stack([edge, np.clip(_at(smooth, places), -2.0, 1.0)]).reshape(2, RING_ANGLES, RING_RADII))
    pooled = np.mean(rings, axis=0).reshape(2, RING_ANGLES // 2, 2, RING_RADII // 2, 2).mean((2, 4))
    level = np.abs(slope_y)
    right, left = eye_centres(points)
    temples = [_profile(level, right + (right - left) * 0.42), _profile(level, left + (left - right) * 0.42)]
    bridge = _profile(level, (right + left) / 2)
    return np.concatenate(
        [np.sqrt(pooled[0]).ravel(), pooled[1].ravel(), np.sqrt(bridge), np.sqrt(np.mean(temples, 0))]
    )


def _profile(level: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Mean of level edges in rows from above the eyes to below, (PROFILE_BINS,)."""
    down = np.linspace(-0.35, 0.45, 4 * PROFILE_BINS) * EYE_DISTANCE_PX
    aside = np.linspace(-0.07, 0.07, 7) * EYE_DISTANCE_PX
    places = np.stack(np.meshgrid(centre[0] + aside, centre[1] + down), -1).reshape(-1, 2)
    rows = _at(level, places).reshape(len(down), len(aside)).mean(1)
    return rows.reshape(PROFILE_BINS, 4).max(1)


def _blur(values: np.ndarray, sigma_px: float) -> np.ndarray:
    return cv2.GaussianBlur(values, (0, 0), sigma_px)


def _at(values: np.ndarray, places_px: np.ndarray) -> np.ndarray:
    """Sample (S, S) values at (N, 2) places; beyond the border its edge repeats."""
    grid = (places_px - 0.5).astype(np.float32)
    return cv2.remap(values, grid[None, :, 0], grid[None, :, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
