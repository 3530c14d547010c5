"""Paints freckles and the marks of age on the skin."""

import numpy as np

from facewright.engine.smoothstep import smoothstep
from facewright.training.appearance.features import lip_depth, nose_depth
from facewright.training.appearance.layout import SIDE, Layout
from facewright.training.appearance.texels import Noise, Texels, rim_distance

FRECKLES = 12000
AGE_SPOTS = 110


def freckles(texels: Texels, layout: Layout, noise: Noise, generator: np.random.Generator) -> np.ndarray:
    """Return how strong freckles are (S, S), 0 to 1: in clusters on nose, cheeks, forehead and shoulders."""
    across, up, forward = np.abs(texels.x), texels.up, texels.forward
    saddle = np.exp(-((across / 36) ** 2) - ((up + 24) / 15) ** 2) * (forward > -25)
    cheek = np.exp(-(((across - 34) / 20) ** 2) - ((up + 28) / 18) ** 2) * (forward > -60)
    brow = 0.40 * np.exp(-((across / 42) ** 2) - ((up - 38) / 20) ** 2) * (forward > -45)
    shoulder = 0.55 * smoothstep(-150.0, -185.0, up)
    density = np.clip(saddle + 0.9 * cheek + brow + shoulder + 0.10, 0, 1)
    density *= np.clip(0.5 + 1.0 * noise(texels, 12.0) + 0.7 * noise(texels, 4.5), 0.0, 1.5)
    density *= _bare(texels, layout)
    strength = generator.beta(1.3, 2.6, FRECKLES) * 0.88 + 0.12
    radius = np.exp(generator.normal(np.log(0.35), 0.34, FRECKLES)) * (0.75 + 0.45 * strength)
    spots = _spots(texels, noise, density, np.clip(radius, 0.22, 0.85), strength, generator)
    veil = 0.14 * np.clip(density, 0, 1) * smoothstep(-0.4, 0.6, noise(texels, 2.2))
    return np.clip(spots + veil, 0, 1)


def age_marks(texels: Texels, layout: Layout, noise: Noise, generator: np.random.Generator) -> np.ndarray:
    """Return how strong the marks of age are (S, S), 0 to 1: spots, mottling and dark skin under the eyes."""
    across, up, forward = np.abs(texels.x), texels.up, texels.forward
    temple = np.exp(-(((across - 58) / 20) ** 2) - ((up - 4) / 32) ** 2)
    brow = 0.7 * np.exp(-((across / 45) ** 2) - ((up - 44) / 20) ** 2) * (forward > -60)
    cheek = 0.6 * np.exp(-(((across - 48) / 20) ** 2) - ((up + 38) / 22) ** 2)
    shoulder = 0.7 * smoothstep(-150.0, -185.0, up)
    density = np.clip(temple + brow + cheek + shoulder + 0.06, 0, 1) * _bare(texels, layout)
    density *= np.clip(0.5 + noise(texels, 14.0), 0.0, 1.3)
    strength = generator.beta(1.5, 2.5, AGE_SPOTS) * 0.75 + 0.15
    radius = np.clip(np.exp(generator.normal(np.log(1.25), 0.5, AGE_SPOTS)), 0.6, 4.0)
    spots = _spots(texels, noise, density, radius, strength * np.clip(1.6 / radius, 0.5, 1.0), generator)
    mottling = smoothstep(-0.1, 0.9, 0.6 * noise(texels, 7.0) + 0.5 * noise(texels, 3.0) + 0.3 * noise(texels, 1.4))
    hollow = np.exp(-(((across - 25) / 11) ** 2) - ((up + 12 + 0.10 * (25 - across)) / 5.0) ** 2) * (forward > -5)
    inner = 0.7 * np.exp(-(((across - 17) / 5) ** 2) - ((up + 3) / 8) ** 2) * (forward > -5)
    lid = 0.5 * np.exp(-(((across - 31) / 13) ** 2) - ((up - 6) / 4.5) ** 2) * (forward > -10)
    broad = 0.22 * mottling * _bare(texels, layout) + 0.42 * np.clip(hollow + inner + lid, 0, 1)
    return np.clip(np.maximum(spots, broad) + 0.3 * np.minimum(spots, broad), 0, 1) * texels.on("face")


def _bare(texels: Texels, layout: Layout) -> np.ndarray:
    """Return (S, S) 1 on plain skin, 0 on lips, lids, ear hollows and whatever is hidden."""
    eye, _ = rim_distance(layout, texels, "socket.L", "socket.R")
    skin = texels.on("face") * smoothstep(1.5, -0.5, lip_depth(texels)) * smoothstep(1.0, 5.0, eye)
    nostril = smoothstep(-43.0, -46.0, texels.up) * (nose_depth(texels) > 0)
    return skin * (1 - nostril) * smoothstep(0.15, 0.5, texels.openness)


def _spots(
    texels: Texels,
    noise: Noise,
    density: np.ndarray,
    radius_mm: np.ndarray,
    strength: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray:
    """Scatter ragged spots where `density` (S, S) in [0, 1] is high; a spot at a place of none is left out."""
    place = np.stack([texels.x, texels.forward, texels.up], axis=-1)
    ragged = 0.55 * noise(texels, 0.9) + 0.45 * noise(texels, 0.45)
    texel_area = _texel_area(place)
    chance = (density * texel_area).ravel()
    chosen = generator.choice(len(chance), len(radius_mm), p=chance / chance.sum())
    rows, columns = np.divmod(chosen, SIDE)
    total = np.zeros((SIDE, SIDE), np.float32)
    stretch = generator.uniform(0.7, 1.4, (len(chosen), 3))
    offset = generator.uniform(-0.5, 0.5, (len(chosen), 3)) * np.sqrt(texel_area[rows, columns])[:, None]
    for row, column, radius, depth, scale, shift in zip(
        rows, columns, radius_mm, strength, stretch, offset, strict=True
    ):
        half = int(np.ceil(radius * 1.9 * 3.2)) + 1
        box = np.s_[max(row - half, 0) : row + half + 1, max(column - half, 0) : column + half + 1]
        away = np.linalg.norm((place[box] - place[row, column] - shift) * scale, axis=-1) / radius
        away = away * (1 + 0.45 * ragged[box])
        total[box] = np.maximum(total[box], depth * smoothstep(1.35, 0.45, away))
    return total * (density > 0)


def _texel_area(place: np.ndarray) -> np.ndarray:
    """Return the area of each texel in square mm, 0 beside the charts."""
    normal = np.cross(np.gradient(place, axis=1), np.gradient(place, axis=0))
    return np.clip(np.linalg.norm(normal, axis=-1), 0.0, 1.0)
