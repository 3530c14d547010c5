"""Draws the texture that all hair cards share: strips of straight, wavy, curly, fuzzy and single strands."""

from dataclasses import dataclass

import cv2
import numpy as np

SIDE = 1024
FINE = 4
"""Strands are drawn so many times finer than the texture."""

COLOUR_STEP, OPACITY_LEVELS = 8, 15
"""Coarser steps make a smaller file."""

GUTTER_PX = 5
"""Empty rim of a box, so that coarser levels of the texture do not mix neighbours."""


@dataclass(frozen=True)
class Strip:
    """One part of the texture; strands run from its top, the roots, to its bottom, the tips.

    Attributes:
        box_px: left, top, right, bottom.
        locks: bundles of strands side by side.
        strands: strands of a bundle.
        thickness_px: of a strand at its root.
        spread: width of a bundle as a share of its room; above 1 bundles overlap.
        wave: sideways swing of a bundle as a share of its room.
        turns: swings from root to tip.
        frizz: sideways noise of single strands as a share of the room.
        ragged: share of the length over which strands end.
        taper: share by which a bundle has narrowed at its tip.
        bald_root: share of the length over which strands begin.
        dash: length of strands that lie scattered as a share of the strip's; 0 for strands that hang from its top.
        loop: swing along the strand, as a share of the room; together with `wave` it draws rings.
    """

    box_px: tuple[int, int, int, int]
    locks: int
    strands: int
    thickness_px: float
    spread: float
    wave: float = 0.0
    turns: float = 0.0
    frizz: float = 0.02
    ragged: float = 0.25
    taper: float = 0.5
    bald_root: float = 0.0
    loop: float = 0.0
    dash: float = 0.0


STRIPS = {
    "straight_a": Strip((0, 0, 128, 640), 5, 34, 1.7, 1.35, frizz=0.03, ragged=0.30, bald_root=0.06),
    "straight_b": Strip((128, 0, 256, 640), 6, 26, 1.7, 1.3, frizz=0.03, ragged=0.45, bald_root=0.08),
    "straight_c": Strip((256, 0, 384, 640), 4, 34, 1.6, 1.2, frizz=0.03, ragged=0.6, taper=0.7, bald_root=0.1),
    "wavy_a": Strip((384, 0, 512, 640), 3, 44, 1.7, 1.2, 0.6, 4.2, 0.03, 0.3, 0.4, 0.06),
    "wavy_b": Strip((512, 0, 640, 640), 4, 34, 1.7, 1.2, 0.7, 3.6, 0.04, 0.5, 0.4, 0.08),
    "wavy_c": Strip((640, 0, 768, 640), 3, 30, 1.6, 1.0, 0.6, 4.6, 0.04, 0.6, 0.7, 0.1),
    "edge_a": Strip((768, 0, 832, 640), 5, 4, 1.5, 1.4, 0.2, 0.6, 0.05, 0.7, 0.3, 0.06),
    "edge_b": Strip((832, 0, 896, 640), 7, 4, 1.4, 1.5, 0.25, 0.8, 0.08, 0.8, 0.3, 0.1),
    "dense": Strip((896, 0, 1024, 640), 9, 44, 2.0, 1.6, 0.2, 0.7, 0.02, 0.3, 0.15, 0.04),
    "curly_a": Strip((0, 640, 128, 1024), 3, 30, 2.0, 0.75, 1.1, 4.0, 0.04, 0.35, 0.35, 0.06, 0.5),
    "curly_b": Strip((128, 640, 256, 1024), 3, 26, 2.0, 0.6, 1.2, 5.0, 0.05, 0.5, 0.45, 0.06, 0.9),
    "curly_c": Strip((256, 640, 384, 1024), 4, 20, 1.9, 0.6, 1.3, 5.5, 0.06, 0.5, 0.5, 0.1, 1.0),
    "fuzzy_a": Strip((384, 640, 512, 1024), 9, 16, 1.7, 1.8, 0.9, 6.0, 0.22, 0.7, 0.1, 0.12),
    "fuzzy_b": Strip((512, 640, 640, 1024), 8, 14, 1.6, 1.8, 1.0, 5.0, 0.3, 0.85, 0.1, 0.3),
    "stubble": Strip((640, 640, 768, 1024), 16, 230, 1.7, 1.6, 0.2, 0.5, 0.06, 0.9, 0.0, dash=0.028),
    "coil": Strip((768, 640, 896, 1024), 16, 34, 1.9, 2.2, 0.9, 9.0, 0.3, 0.12, 0.0),
    "cap": Strip((896, 640, 1024, 1024), 11, 34, 2.2, 1.7, 0.15, 0.6, 0.01, 0.22, 0.0),
}
"""The strips by name."""


def strip_box(name: str) -> tuple[float, float, float, float]:
    """Return left, bottom, right, top of a strip in uv, v up, without its rim."""
    left, top, right, bottom = STRIPS[name].box_px
    gutter = GUTTER_PX
    return ((left + gutter) / SIDE, 1 - (bottom - 1) / SIDE, (right - gutter) / SIDE, 1 - (top + 1) / SIDE)


def draw_strands(seed: int = 11) -> np.ndarray:
    """Draw the texture.

    Args:
        seed: of every strand.

    Returns:
        (SIDE, SIDE, 4) uint8: brightness, shade, strand, opacity, as rigs/README.md describes them.
    """
    generator = np.random.default_rng(seed)
    texture = np.zeros((SIDE, SIDE, 4), np.uint8)
    for strip in STRIPS.values():
        left, top, right, bottom = strip.box_px
        texture[top:bottom, left:right] = draw_strip(strip, generator)
    return texture


def draw_strip(strip: Strip, generator: np.random.Generator) -> np.ndarray:
    """Return one strip (h, w, 4) uint8."""
    left, top, right, bottom = strip.box_px
    width, height = (right - left) * FINE, (bottom - top) * FINE
    canvas = np.zeros((height, width, 4), np.uint8)
    strands = [one for lock in range(strip.locks) for one in _lock(strip, lock, generator, width, height)]
    low = min(points[:, 0].min() for _, points, _ in strands)
    high = max(points[:, 0].max() for _, points, _ in strands)
    rim = GUTTER_PX * FINE
    squeeze = min(1.0, (width - 2 * rim) / (high - low))
    for layer, points, tone in sorted(strands, key=lambda strand: strand[0]):
        points[:, 0] = width / 2 + (points[:, 0] - (low + high) / 2) * squeeze
        shade = int(np.clip(150 * (1 - layer) ** 1.5 + generator.normal(0, 8), 0, 200))
        if strip.dash:
            tone, shade = 127 + 0.5 * (tone - 127), shade // 3
        colour = (int(tone), shade // 16 * 16, int(generator.integers(16)) * 16, 255)
        _draw_strand(canvas, points, colour, strip.thickness_px * FINE * generator.uniform(0.7, 1.3))
    return _reduce(canvas)


def _lock(
    strip: Strip, lock: int, generator: np.random.Generator, width: int, height: int
) -> list[tuple[float, np.ndarray, float]]:
    """Return the strands of one bundle: depth order, points (m, 2) in fine px, brightness 0 to 255."""
    rim = GUTTER_PX * FINE
    room = (width - 2 * rim) / strip.locks
    along = np.linspace(0, 1, 64)
    middle = rim + room * (lock + 0.5 + generator.normal(0, 0.12))
    phase = generator.uniform(0, 2 * np.pi)
    turns = strip.turns * generator.uniform(0.85, 1.15)
    angle = 2 * np.pi * turns * along + phase + 1.2 * np.sin(2 * np.pi * along * generator.uniform(0.7, 1.6) + phase)
    reach = strip.wave * room / 2 * np.minimum(1, 0.4 + 2 * along) * generator.uniform(0.75, 1.15)
    swing, rise = np.sin(angle) * reach, np.cos(angle) * strip.loop * room / 2
    drift = generator.normal(0, 0.18) * room * along**2
    lock_tone, found = generator.normal(0, 13), []
    lock_end = 1 - strip.ragged * 0.6 * generator.random()
    for _ in range(strip.strands):
        layer = generator.random()
        side = generator.uniform(-0.5, 0.5) * strip.spread * room
        narrow = 1 - strip.taper * along**1.6
        noise = np.interp(along, np.linspace(0, 1, 9), generator.normal(0, 1, 9)) * strip.frizz * room
        turn = np.roll(swing, int(generator.normal(0, 1.5)))
        x = middle + side * narrow + swing * 0.8 + turn * 0.2 + drift + noise * (0.3 + along)
        end = min(lock_end + 0.1, 1.0) - strip.ragged * generator.random() ** 1.6
        start = strip.bald_root * generator.random()
        if strip.dash:
            start = generator.random() * (1 - strip.dash)
            x = x * 0 + 0.7 * rim + generator.random() * (width - 1.4 * rim)
            end = start + strip.dash * generator.uniform(0.6, 1.4)
        part = np.linspace(start, max(end, start + 0.015), 48)
        points = np.stack([np.interp(part, along, x), part * (height - 1) + np.interp(part, along, rise)], axis=1)
        tone = 127 + lock_tone + generator.normal(0, 17) + 26 * (layer - 0.55)
        found.append((layer, points, float(np.clip(tone, 60, 205)) // 4 * 4))
    return found


def _draw_strand(canvas: np.ndarray, points: np.ndarray, colour: tuple[int, ...], thickness: float) -> None:
    """Draw a strand that thins towards its tip."""
    pixels = np.round(points * 16).astype(np.int32)
    for start, end, share in ((0, 30, 1.0), (29, 39, 0.75), (38, 44, 0.5), (43, 48, 0.3)):
        line = [pixels[start:end]]
        cv2.polylines(canvas, line, False, colour, max(int(round(thickness * share)), 1), cv2.LINE_8, 4)


def _reduce(canvas: np.ndarray) -> np.ndarray:
    """Average FINE x FINE px by opacity, and fill empty places with the colours of the nearest strands."""
    height, width = canvas.shape[0] // FINE, canvas.shape[1] // FINE
    opacity = canvas[..., 3:].astype(np.float32) / 255
    size = (width, height)
    sums = cv2.resize(canvas[..., :3] * opacity, size, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(opacity, size, interpolation=cv2.INTER_AREA)
    colour = sums / np.maximum(alpha, 1e-4)[..., None]
    source = (alpha < 0.05).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(source, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    lookup = np.zeros(nearest.max() + 1, np.int64)
    flat = np.flatnonzero(source.ravel() == 0)
    lookup[nearest.ravel()[flat]] = flat
    colour = colour.reshape(-1, 3)[lookup[nearest]]
    colour = np.minimum(np.round(colour / COLOUR_STEP) * COLOUR_STEP, 255)
    rounded = np.round(alpha[..., None] * OPACITY_LEVELS) * (255 / OPACITY_LEVELS)
    return np.concatenate([colour, rounded], axis=2).round().astype(np.uint8)
