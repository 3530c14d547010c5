"""Paints skin, scalp and brows."""

import cv2
import numpy as np
from scipy.interpolate import LinearNDInterpolator, PchipInterpolator
from scipy.ndimage import gaussian_filter

from facewright.training.appearance.features import hair_depth
from facewright.training.appearance.layout import BOXES_PX, SIDE, Layout
from facewright.training.appearance.texels import Noise, Texels, rim_distance, smooth

BROW_MM = ((11.5, 12.4, 5.2), (17, 14.0, 6.2), (26, 16.6, 6.0), (35, 18.3, 4.8), (43, 17.0, 3.3), (50, 13.4, 1.4))
"""Centre line (x, up) and height of the left brow."""

TAPER = ((1, 0.55), (2, 0.85), (3, 1.0), (2, 0.95), (1, 0.75))
"""Thickness in quarters of a texel and strength along a brow hair, from its root to its tip."""


def paint_skin(texels: Texels, layout: Layout, noise: Noise, mask: dict[str, np.ndarray]) -> None:
    """Scalp, blush, mottling, pores and the shade of creases."""
    skin = texels.on("face", "mouth", "socket.L", "socket.R")
    x, up, forward = np.abs(texels.x), texels.up, texels.forward
    depth = hair_depth(texels) + 2.0 * noise(texels, 21.0) + 1.2 * noise(texels, 6.0) + 2.0 * noise(texels, 1.8)
    stubble = 0.5 + 0.5 * noise(texels, (1.0, 1.0, 1.6))
    mask["hair"] = smooth(-4.0, 9.0, depth) * (0.52 + 0.38 * stubble)
    cheek = np.exp(-(((x - 40) / 20) ** 2) - ((up + 30) / 17) ** 2) * (forward > -40)
    tip = np.exp(-((x / 13) ** 2) - ((up + 37) / 9) ** 2) * (forward > 24)
    chin = np.exp(-((x / 16) ** 2) - ((up + 97) / 9) ** 2) * (forward > 5) * 0.45
    under_eye = np.exp(-(((x - 29) / 13) ** 2) - ((up + 10) / 5) ** 2) * (forward > 0) * 0.35
    mottle = 1.0 + 0.35 * noise(texels, 9.0) + 0.2 * noise(texels, 3.0)
    red = 0.36 * cheek + 0.34 * tip + 0.6 * chin + 0.3 * under_eye + 0.34 * texels.ear
    mask["redness"] = np.clip(red * mottle + 0.10 + 0.07 * noise(texels, 5.0), 0, 1) * skin * texels.on("face")
    fine = noise(texels, 0.55) * 0.5 + noise(texels, 0.95) * 0.5
    broad = 0.6 * noise(texels, 12.0) + 0.4 * noise(texels, 4.0)
    pores = 0.6 + 0.4 * np.clip(tip + cheek, 0, 1)
    mask["detail"] += (0.040 * fine * pores + 0.026 * broad) * skin
    closed = smooth(0.45, 0.05, texels.openness)
    mask["shade"] = np.where(texels.on("face"), 0.30 * closed, 0.0)
    lid, _ = rim_distance(layout, texels, "socket.L", "socket.R")
    mask["shade"] = np.maximum(mask["shade"] * smooth(0.0, 6.0, lid), 0.0) * skin


def paint_brows(layout: Layout, generator: np.random.Generator, mask: dict[str, np.ndarray]) -> None:
    """Draw both brows hair by hair, four times finer than the atlas."""
    fine = 4
    canvas = np.zeros((SIDE * fine, SIDE * fine), np.uint8)
    face = layout.chart == list(BOXES_PX).index("face")
    place = layout.place_mm
    near = face & (place[:, 1] > -40) & (np.abs(place[:, 0]) < 75) & (place[:, 2] > 4) & (place[:, 2] < 50)
    texel = np.stack([layout.uv[:, 0], 1 - layout.uv[:, 1]], axis=1)[near] * SIDE * fine
    to_texel = LinearNDInterpolator(place[near][:, [0, 2]], texel)
    for side in (1, -1):
        for stroke, strength in _brow_hairs(generator):
            pixels = np.round((to_texel(stroke * [side, 1]) - 0.5) * 16)
            for k in range(len(pixels) - 1):
                layer = [pixels[k : k + 2].astype(np.int32)]
                cv2.polylines(canvas, layer, False, int(strength * TAPER[k][1] * 255), TAPER[k][0], cv2.LINE_AA, 4)
    hairs = cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    under = gaussian_filter(hairs, 3.0)
    mask["brow"] = np.maximum(mask["brow"], np.clip(hairs * 0.80 + 0.35 * under, 0, 0.92))


def _brow_hairs(generator: np.random.Generator) -> list[tuple[np.ndarray, float]]:
    """Return the hairs of the left brow: (n, 2) x and up in mm, and strength 0 to 1."""
    line = np.array(BROW_MM, float)
    along = np.linspace(0, 1, len(line))
    centre, height = PchipInterpolator(along, line[:, :2]), PchipInterpolator(along, line[:, 2])
    hairs = []
    for _ in range(520):
        t = generator.random() ** 0.9
        across = np.clip(generator.normal(0, 0.27), -0.55, 0.55)
        tangent = centre(min(t + 0.02, 1.0)) - centre(max(t - 0.02, 0.0))
        tangent /= np.linalg.norm(tangent)
        normal = np.array([-tangent[1], tangent[0]])
        root = centre(t) + normal * across * height(t)
        upward = np.interp(t, [0.0, 0.12, 0.35, 0.65, 1.0], [80.0, 58.0, 34.0, 18.0, 6.0])
        lean = upward - 62.0 * (across + 0.12) * np.interp(t, [0, 0.3, 1], [0.3, 1.0, 0.8]) + generator.normal(0, 7.0)
        length = np.interp(t, [0, 0.15, 0.6, 1], [4.5, 6.5, 7.0, 4.5]) * generator.uniform(0.7, 1.15)
        bend = generator.normal(-14.0, 8.0)
        steps = np.radians(lean + bend * np.linspace(0, 1, 5))
        moves = tangent * np.cos(steps)[:, None] + normal * np.sin(steps)[:, None]
        stroke = root + np.concatenate([[[0.0, 0.0]], np.cumsum(moves * length / 5, axis=0)])
        fade = np.interp(t, [0, 0.06, 0.18, 0.9, 1], [0.22, 0.5, 1.0, 1.0, 0.7])
        hairs.append((stroke - moves[0] * length * 0.2, fade * generator.uniform(0.45, 1.0)))
    return hairs
