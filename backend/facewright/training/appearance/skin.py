"""Paints the skin: blood, mottling, pores, the shade of creases."""

import numpy as np

from facewright.engine.smoothstep import smoothstep
from facewright.training.appearance.layout import Layout
from facewright.training.appearance.texels import Noise, Texels, rim_distance


def paint_skin(texels: Texels, layout: Layout, noise: Noise, mask: dict[str, np.ndarray]) -> None:
    """Blush, mottling, pores and the shade of creases."""
    skin = texels.on("face", "mouth", "socket.L", "socket.R")
    x, up, forward = np.abs(texels.x), texels.up, texels.forward
    cheek = np.exp(-(((x - 40) / 20) ** 2) - ((up + 30) / 17) ** 2) * (forward > -40)
    tip = np.exp(-((x / 13) ** 2) - ((up + 37) / 9) ** 2) * (forward > 24)
    chin = np.exp(-((x / 16) ** 2) - ((up + 97) / 9) ** 2) * (forward > 5) * 0.45
    under_eye = np.exp(-(((x - 29) / 13) ** 2) - ((up + 10) / 5) ** 2) * (forward > 0) * 0.35
    mottle = 1.0 + 0.35 * noise(texels, 9.0) + 0.2 * noise(texels, 3.0)
    middle = 0.12 * smoothstep(12.0, -8.0, up) * smoothstep(-112.0, -98.0, up) * (forward > -70)
    bust = 0.16 * smoothstep(-148.0, -190.0, up) * (forward > -90)
    red = 0.32 * cheek + 0.36 * tip + 0.6 * chin + 0.3 * under_eye + 0.34 * texels.ear + middle + bust
    mask["redness"] = np.clip(red * mottle + 0.05 + 0.07 * noise(texels, 5.0), 0, 1) * skin * texels.on("face")
    fine = noise(texels, 0.55) * 0.5 + noise(texels, 0.95) * 0.5
    broad = 0.6 * noise(texels, 12.0) + 0.4 * noise(texels, 4.0)
    pores = 0.6 + 0.4 * np.clip(tip + cheek, 0, 1)
    mask["detail"] += (0.040 * fine * pores + 0.026 * broad) * skin
    closed = smoothstep(0.45, 0.05, texels.openness)
    hollow = np.exp(-(((x - 23) / 9) ** 2) - ((up + 11.5) / 5.0) ** 2) * (forward > -5)
    inner = np.exp(-(((x - 15.5) / 4.5) ** 2) - ((up + 1) / 8) ** 2) * (forward > -5)
    mask["shade"] = np.where(texels.on("face"), np.maximum(0.30 * closed, 0.10 * hollow + 0.09 * inner), 0.0)
    lid, _ = rim_distance(layout, texels, "socket.L", "socket.R")
    mask["shade"] = np.maximum(mask["shade"] * smoothstep(0.0, 6.0, lid), 0.0) * skin
