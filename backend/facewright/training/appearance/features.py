"""Knows the outlines of hairline, lips, nose and jaw of the neutral head, in mm, for paint, labels and styles alike."""

import numpy as np
from scipy.interpolate import PchipInterpolator

from facewright.training.appearance.texels import Texels, polygon_distance

UPPER_LIP_MM = (
    (0, -57.8),
    (2.5, -57.3),
    (5.5, -56.7),
    (9, -57.5),
    (13, -59.6),
    (17, -62.4),
    (20, -65.2),
    (22.6, -67.8),
)


LOWER_LIP_MM = ((0, -79.0), (5, -78.8), (10, -77.8), (14, -75.9), (18, -72.9), (20.5, -70.4), (22.6, -67.8))
"""Vermilion border of the left half, x and up from the middle between the eyes."""


NOSE_MM = ((0, 0), (6.5, -2), (7.5, -12), (9.5, -24), (15, -31), (18.6, -36), (18.2, -42), (13, -45.5), (0, -48.5))
"""Outline of the nose's left half seen from the front."""


HAIRLINE = (
    (0, 70), (12, 70), (23, 67), (32, 60), (40, 48), (47, 32), (55, 12), (61, -4), (66, -18), (72, -19), (78, -4),
    (84, 14), (96, 13), (106, -6), (113, -32), (124, -56), (150, -70), (180, -74),
)  # fmt: skip
"""Lower edge of the scalp hair of the left half: azimuth in degrees about the skull's axis, height in mm."""


JAWLINE_MM = (
    (-170, -60),
    (-110, -46),
    (-72, -46),
    (-60, -62),
    (-45, -82),
    (-20, -98),
    (0, -105),
    (12, -107),
    (60, -107),
)
"""Lower edge of the face seen from the side: forward, height."""


SKULL_FORWARD_MM = -68.0
"""Where the axis runs about which HAIRLINE counts its degrees."""


def lip_depth(texels: Texels) -> np.ndarray:
    """Return the distance (mm) inside the vermilion border seen from the front, negative outside."""
    halves = []
    for line in (UPPER_LIP_MM, LOWER_LIP_MM):
        points = np.array(line, float)
        fine = np.linspace(0, points[-1, 0], 120)
        halves.append(np.stack([fine, PchipInterpolator(points[:, 0], points[:, 1])(fine)], axis=1))
    outline = np.concatenate([halves[0], halves[1][::-1]])
    outline = np.concatenate([outline, (outline * [-1, 1])[::-1]])
    near = texels.on("face") & (texels.forward > 0) & (np.abs(texels.x) < 35) & (np.abs(texels.up + 68) < 25)
    depth = np.full(texels.x.shape, -99.0)
    depth[near] = polygon_distance(outline, texels.x[near], texels.up[near], 0.1)
    return depth


def nose_depth(texels: Texels) -> np.ndarray:
    """Return the distance (mm) inside the nose's outline seen from the front, negative outside."""
    near = texels.on("face") & (texels.forward > 0)
    return np.where(near, polygon_distance(mirrored_outline(NOSE_MM), texels.x, texels.up, 0.25), -99.0)


def mirrored_outline(half: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Return the closed outline whose left half is given from top to bottom."""
    points = np.array(half, float)
    return np.concatenate([points, points[::-1] * [-1, 1]])
