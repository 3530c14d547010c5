"""Draws the texture that all beard cards share: tufts of coarse hair, dense, ragged and thin ones."""

import numpy as np

from facewright.training.styles.hair_texture import GUTTER_PX, Strip, draw_strip

SIDE = 512
COLUMNS, ROWS = 6, 2
WIDTH_PX, HEIGHT_PX = SIDE // COLUMNS, SIDE // ROWS
DENSE = tuple(range(0, 6))
THIN = tuple(range(6, 12))
"""Numbers of the tufts for the mass and for its edge."""


def tuft_boxes(numbers: np.ndarray) -> np.ndarray:
    """Return left, bottom, right, top (n, 4) in uv, v up, of tufts without their rims."""
    left, top = numbers % COLUMNS * WIDTH_PX, numbers // COLUMNS * HEIGHT_PX
    boxes = np.stack([left + GUTTER_PX, top + HEIGHT_PX - 1, left + WIDTH_PX - GUTTER_PX, top + 1], axis=1) / SIDE
    return boxes * [1, -1, 1, -1] + [0, 1, 0, 1]


def draw_tufts(seed: int = 41) -> np.ndarray:
    """Draw the texture.

    Args:
        seed: of every hair.

    Returns:
        (SIDE, SIDE, 4) uint8: brightness, shade, strand, opacity, as rigs/README.md describes them.
    """
    generator = np.random.default_rng(seed)
    texture = np.zeros((SIDE, SIDE, 4), np.uint8)
    for number in (*DENSE, *THIN):
        left, top = number % COLUMNS * WIDTH_PX, number // COLUMNS * HEIGHT_PX
        box = (left, top, left + WIDTH_PX, top + HEIGHT_PX)
        thin = number in THIN
        strip = Strip(
            box,
            locks=3,
            strands=5 if thin else 13,
            thickness_px=2.1,
            spread=1.5 if thin else 1.35,
            wave=generator.uniform(0.3, 0.7),
            turns=generator.uniform(0.4, 1.1),
            frizz=0.07,
            ragged=0.75 if thin else 0.6,
            taper=0.25 if thin else 0.45,
            bald_root=0.06,
        )
        texture[top : box[3], left : box[2]] = draw_strip(strip, generator)
    return texture
