"""Paints lips, mouth bag, gums, teeth and tongue."""

import numpy as np

from facewright.engine.smoothstep import smoothstep
from facewright.training.appearance.features import lip_depth
from facewright.training.appearance.layout import Layout
from facewright.training.appearance.texels import Noise, Texels, fill, rim_distance


def paint_mouth(
    texels: Texels, layout: Layout, noise: Noise, mask: dict[str, np.ndarray], paint_rgb: np.ndarray
) -> None:
    """Lips with a soft border and fine creases, the line between them, mouth bag, gums, teeth and tongue."""
    lip = lip_depth(texels)
    distance, _ = rim_distance(layout, texels, "mouth")
    bag = texels.on("mouth")
    inner = np.where(bag, smoothstep(1.5, 7.0, distance), 0.0)
    ragged = lip + 0.30 * noise(texels, (1.6, 1.6, 3.0))
    mask["lip"] = np.where(bag, 1.0, smoothstep(-1.3, 1.6, ragged)) * 0.86
    inside_lip = smoothstep(-0.5, 1.5, lip) * texels.on("face")
    creases = noise(texels, (0.75, 3.0, 5.0))
    mask["detail"] += inside_lip * (0.035 * creases + 0.015 * noise(texels, 0.6))
    near_line = smoothstep(2.4, 0.2, distance) * (np.abs(texels.x) < 24) * (texels.forward > 0)
    mask["shade"] = np.maximum(mask["shade"], 0.55 * near_line * texels.on("face"))
    corner = np.exp(-(((np.abs(texels.x) - 22.5) / 2.2) ** 2) - ((texels.up + 67.8) / 1.4) ** 2)
    mask["shade"] = np.maximum(mask["shade"], 0.45 * corner * texels.on("face") * (texels.forward > 0))
    mask["shade"] = np.where(bag, 0.45 + 0.52 * smoothstep(2.0, 22.0, texels.depth), mask["shade"])
    fill(mask, paint_rgb, bag, (0.44, 0.17, 0.165), inner)
    tongue = texels.on("helper-tongue")
    fill(mask, paint_rgb, tongue, (0.62, 0.335, 0.33), np.ones_like(lip))
    mask["detail"] += tongue * 0.05 * noise(texels, 1.0)
    mask["shade"] = np.where(tongue, 0.15 + 0.5 * smoothstep(20.0, -20.0, texels.forward), mask["shade"])
    for name, sign in (("helper-upper-teeth", 1.0), ("helper-lower-teeth", -1.0)):
        teeth = texels.on(name)
        edge = texels.up[teeth].min() if sign > 0 else texels.up[teeth].max()
        height = sign * (texels.up - edge)
        angle = np.degrees(np.arctan2(texels.x, texels.forward - texels.forward[teeth].min() + 12.0))
        tooth = np.abs((angle / 11.0 * (1.0 if sign > 0 else 1.25) + 0.5) % 1.0 - 0.5)
        line = 10.0 + 1.2 * np.cos(tooth * 2 * np.pi)
        gum = smoothstep(line - 0.5, line + 0.5, height)
        colour = np.array([0.88, 0.825, 0.745]) * (1 - gum[..., None]) + np.array([0.60, 0.33, 0.32]) * gum[..., None]
        paint_rgb[teeth] = colour[teeth]
        mask["paint"] = np.where(teeth, 1.0, mask["paint"])
        tips = 0.12 * smoothstep(1.6, 0.2, height) if sign > 0 else 0.0
        gap = tips + smoothstep(0.44, 0.5, tooth) * 0.5 + 0.65 * smoothstep(18.0, 2.0, texels.forward)
        mask["shade"] = np.where(teeth, gap, mask["shade"])
