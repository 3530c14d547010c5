"""Raises wrinkles and pores out of the skin."""

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

from facewright.engine.smoothstep import smoothstep
from facewright.rig.appearance import RELIEF_SCALE
from facewright.training.appearance.creases import Crease, face_creases
from facewright.training.appearance.features import lip_depth
from facewright.training.appearance.heights import FINE, Surface
from facewright.training.appearance.layout import SIDE, Layout
from facewright.training.appearance.texels import Noise, Texels, rim_distance

PORE_SPACING_PX = 3.0
FOLD_BLUR_PX = 3.0
CREASE_BLUR_PX = (3.0, 12.0)
CREASE_SHADE = 0.6
LINE_DEPTH_MM, HOLLOW_DEPTH_MM = 0.38, 0.6
"""Depth below its near and its wide surroundings at which a crease is as dark as it gets."""

NECK_RINGS_MM = ((-122.0, 0.30, 0.34), (-137.0, 0.24, 0.42), (-150.0, 0.30, 0.30), (-163.0, 0.2, 0.18))
"""Height at the front, rise towards the back per mm and depth of the rings round the neck."""


def wrinkle_height(
    surface: Surface, texels: Texels, layout: Layout, noise: Noise, generator: np.random.Generator
) -> np.ndarray:
    """Return the height (FS, FS) in mm that age adds to the skin."""
    grooves, folds = np.zeros((2, SIDE * FINE, SIDE * FINE), np.float32)
    for line in face_creases(generator):
        _carve(grooves, folds, surface, line, generator)
    height = (
        grooves + gaussian_filter(folds, FOLD_BLUR_PX * FINE) + _finer(_neck(texels, noise) + _crackle(texels, noise))
    )
    eye, _ = rim_distance(layout, texels, "socket.L", "socket.R")
    mouth, _ = rim_distance(layout, texels, "mouth")
    still = smoothstep(0.8, 3.0, eye) * smoothstep(0.5, 2.5, mouth) * (1 - texels.ear)
    return height * np.clip(_finer(still * texels.on("face")), 0, 1)


def _carve(
    grooves: np.ndarray, folds: np.ndarray, surface: Surface, line: Crease, generator: np.random.Generator
) -> None:
    """Press one line into the height fields of grooves and of folds."""
    path = surface.pixels_at(line.points)
    if len(path) < 6:
        return
    reach_mm = max(3.6 * line.width_mm, 2.2 * line.reach_mm if line.fold_mm else 0.0)
    pad = reach_mm * 2.9 * FINE
    left, top = np.maximum(np.floor(path.min(0) - pad).astype(int), 0)
    right, bottom = np.minimum(np.ceil(path.max(0) + pad).astype(int), SIDE * FINE)
    box = np.s_[top:bottom, left:right]
    line_mm = np.stack([map_coordinates(surface.place[..., k], path.T[::-1] - 0.5, order=1) for k in range(3)], axis=1)
    distance, nearest = cKDTree(line_mm).query(surface.place[box])
    share = nearest / (len(path) - 1)
    knots = generator.uniform(0.45, 1.1, max(len(path) // 28, 3))
    uneven = np.interp(share, np.linspace(0, 1, len(knots)), knots)
    ends = np.clip(np.minimum(share, 1 - share) * 4.0, 0.0, 1.0)
    taper = line.end_share + (1 - line.end_share) * np.sqrt(ends * ends * (3 - 2 * ends))
    y, x = np.mgrid[top:bottom, left:right] + 0.5
    tangent = np.gradient(path, axis=0)
    turn = tangent[nearest, 0] * (y - path[nearest, 1]) - tangent[nearest, 1] * (x - path[nearest, 0])
    width = line.width_mm * (0.6 + 0.4 * taper)
    groove = 1.25 * np.exp(-((distance / width) ** 2)) - 0.45 * np.exp(-((distance / (2.3 * width)) ** 2))
    grooves[box] -= line.depth_mm * taper * uneven * groove
    if line.fold_mm:
        aside = distance * np.sign(-turn)  # rows run down: the left of a line that runs right is above it
        swell = smoothstep(-line.width_mm, line.width_mm, aside)
        swell *= np.exp(-((np.maximum(aside, 0.0) / line.reach_mm) ** 2))
        folds[box] += line.fold_mm * ends * swell


def _finer(values: np.ndarray) -> np.ndarray:
    side = SIDE * FINE
    return cv2.resize(values.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)


def _neck(texels: Texels, noise: Noise) -> np.ndarray:
    """Return the rings round the neck, in mm at every texel of the atlas."""
    height = np.zeros(texels.x.shape, np.float32)
    neck = smoothstep(-104.0, -114.0, texels.up + 0.5 * np.maximum(-texels.forward - 20.0, 0.0))
    behind = np.maximum(-30.0 - texels.forward, 0.0)
    for index, (up, rise, depth) in enumerate(NECK_RINGS_MM):
        away = texels.up - (up + rise * behind) + 2.6 * noise(texels, 17.0 + index) + 0.7 * noise(texels, 5.0)
        broken = np.clip(0.75 + 0.9 * noise(texels, 13.0 + 2 * index), 0.05, 1.0)
        height -= depth * broken * (1.2 * np.exp(-((away / 1.1) ** 2)) - 0.4 * np.exp(-((away / 3.2) ** 2)))
    return height * neck * smoothstep(150.0, 60.0, behind) * smoothstep(82.0, 62.0, np.abs(texels.x))


def _crackle(texels: Texels, noise: Noise) -> np.ndarray:
    """Return the net of fine lines in thin old skin, in mm at every texel of the atlas."""
    x, up = np.abs(texels.x), texels.up
    eye = np.exp(-(((x - 32) / 20) ** 2) - ((up + 8) / 13) ** 2) * (texels.forward > -30)
    cheek = np.exp(-(((x - 48) / 20) ** 2) - ((up + 45) / 26) ** 2)
    neck = 0.8 * smoothstep(-108.0, -118.0, up) * smoothstep(-230, -150, up)
    amount = np.clip(0.30 + 0.55 * eye + 0.5 * cheek + neck, 0, 1)
    net = smoothstep(0.3, 0.0, np.abs(noise(texels, (3.0, 3.0, 1.9))))
    net = net + 0.6 * smoothstep(0.4, 0.0, np.abs(noise(texels, 1.5)))
    return -0.036 * amount * net * texels.on("face")


def pore_height(texels: Texels, noise: Noise, generator: np.random.Generator) -> np.ndarray:
    """Return the height (FS, FS) in mm of pores, of the fine cells between them and of the furrows of the lips."""
    side = SIDE * FINE
    step = PORE_SPACING_PX * FINE
    grid = np.stack(np.meshgrid(np.arange(0, side, step), np.arange(0, side, step)), axis=-1).reshape(-1, 2)
    points = grid + generator.uniform(-0.48, 0.48, grid.shape) * step
    y, x = np.mgrid[0:side, 0:side] + 0.5
    face = _finer(texels.on("face").astype(np.float32)) > 0.01
    height = np.zeros((side, side), np.float32)
    near, number = cKDTree(points).query(np.stack([x[face], y[face]], axis=1), k=2, workers=1)
    size = generator.uniform(0.35, 1.0, len(points))[number[:, 0]]
    across, up = np.abs(texels.x), texels.up
    nose = np.exp(-((across / 19) ** 2) - ((up + 34) / 17) ** 2) * (texels.forward > 12)
    cheek = np.exp(-(((across - 30) / 15) ** 2) - ((up + 32) / 16) ** 2) * (texels.forward > -40)
    brow = 0.6 * np.exp(-((across / 30) ** 2) - ((up - 42) / 20) ** 2) * (texels.forward > -20)
    chin = 0.6 * np.exp(-((across / 18) ** 2) - ((up + 96) / 11) ** 2) * (texels.forward > 0)
    coarse = _finer(np.clip(nose + cheek + brow + chin, 0, 1))[face]
    pits = np.exp(-((near[:, 0] / (0.30 * step)) ** 2)) * size * (0.10 + 0.90 * coarse)
    cells = smoothstep(0.0, 0.35 * step, near[:, 1] - near[:, 0])
    height[face] = -0.090 * pits + 0.022 * (1.3 - 0.3 * coarse) * cells
    lip = smoothstep(-0.4, 1.0, lip_depth(texels))
    furrow = smoothstep(0.5, 0.0, np.abs(noise(texels, (1.5, 6.0, 8.0)))) + 0.4 * noise(texels, (0.8, 3.0, 4.0))
    return height * (1 - _finer(lip)) - 0.085 * _finer(lip * furrow)


def crease_shade(height_mm: np.ndarray) -> np.ndarray:
    """Return how dark creases are (S, S), 0 to CREASE_SHADE, from how far they lie below their surroundings."""
    coarse = cv2.resize(height_mm, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    line, hollow = (np.maximum(gaussian_filter(coarse, blur) - coarse, 0.0) for blur in CREASE_BLUR_PX)
    return CREASE_SHADE * np.clip(
        (line / LINE_DEPTH_MM) ** 1.3 + 0.6 * gaussian_filter(hollow / HOLLOW_DEPTH_MM, 2.0), 0.0, 1.0
    )


def relief_and_creases(
    layout: Layout, texels: Texels, noise: Noise, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Compute what `rig/appearance.py` calls relief, and the shade of creases.

    Args:
        layout: The atlas.
        texels: What is known of its texels.
        noise: Noise in space.
        generator: Source of randomness of lines and pores.

    Returns:
        (S, S, 4) uint8 relief and (S, S) float shade, 0 to 1.
    """
    surface = Surface(layout, texels)
    wrinkles = wrinkle_height(surface, texels, layout, noise, generator)
    pores = pore_height(texels, noise, generator)
    slopes = np.concatenate([surface.slopes(wrinkles), surface.slopes(pores)], axis=-1)
    relief = np.clip(np.round(slopes / RELIEF_SCALE * 127.0) + 128.0, 0, 255).astype(np.uint8)
    return relief, crease_shade(wrinkles)
