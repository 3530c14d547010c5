"""Draws single hairs finer than the face texture and reduces them to coverage."""

from collections.abc import Sequence

import cv2
import numpy as np

FINE = 4
"""Hairs are drawn at this many times the resolution of the texture."""

SHEETS = 4
"""Hairs are spread over so many sheets, which then cover each other; on one sheet the last hair hides the others."""


def draw_hairs(
    side: int, hairs: Sequence[np.ndarray], strengths: np.ndarray, widths_px: np.ndarray, taper: float = 0.75
) -> np.ndarray:
    """Draw hairs into a texture.

    Args:
        side: S of the texture, px.
        hairs: polylines (k, 2) from root to tip, px of the texture.
        strengths: (n,) opacity of each hair at its strongest, soon after the root, in [0, 1].
        widths_px: (n,) thickness of each hair at its root, px of the texture; thinner than a fine texel fades.
        taper: share of strength and thickness that is lost at the tip.

    Returns:
        (S, S) float32 coverage in [0, 1].
    """
    coverage = np.zeros((side, side), np.float32)
    if not len(hairs):
        return coverage
    points = np.concatenate(hairs)
    left, top = np.maximum(np.floor(points.min(0)).astype(int) - 3, 0)
    right, bottom = np.minimum(np.ceil(points.max(0)).astype(int) + 3, side)
    clear = np.ones(((bottom - top), (right - left)), np.float32)
    for sheet in range(SHEETS):
        canvas = np.zeros(((bottom - top) * FINE, (right - left) * FINE), np.uint8)
        for index in range(sheet, len(hairs), SHEETS):
            _draw_hair(canvas, hairs[index] - [left, top], strengths[index], widths_px[index], taper)
        clear *= 1 - cv2.resize(canvas, clear.shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    coverage[top:bottom, left:right] = 1 - clear
    return coverage


def _draw_hair(canvas: np.ndarray, hair: np.ndarray, strength: float, width_px: float, taper: float) -> None:
    pixels = np.round((hair * FINE - 0.5) * 16).astype(np.int32)
    for k in range(len(pixels) - 1):
        along = (k + 0.5) / (len(pixels) - 1)
        left = 1 - taper * along**1.5
        width = width_px * FINE * left
        opacity = strength * (0.5 + 0.5 * left) * min(width, 1.0) * min(0.35 + 2.6 * along, 1.0)
        cv2.line(
            canvas,
            pixels[k].tolist(),
            pixels[k + 1].tolist(),
            int(np.clip(opacity, 0, 1) * 255),
            max(1, round(width)),
            cv2.LINE_AA,
            4,
        )
