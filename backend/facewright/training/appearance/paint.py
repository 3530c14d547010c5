"""Paints the masks and labels of the head from its atlas, all by rule and seed."""

import numpy as np

from facewright.rig.appearance import MASK_CHANNELS
from facewright.training.appearance import atlas
from facewright.training.appearance.eyes import paint_eye, paint_lashes, paint_lids
from facewright.training.appearance.labels import label_texels
from facewright.training.appearance.layout import BOXES_PX, SIDE, Layout
from facewright.training.appearance.marks import age_marks, freckles
from facewright.training.appearance.mouth import paint_mouth
from facewright.training.appearance.relief import relief_and_creases
from facewright.training.appearance.skin import paint_skin
from facewright.training.appearance.texels import Noise, Texels, in_boxes


def paint(layout: Layout, texels: Texels, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Paint the atlas.

    Args:
        layout: The atlas.
        texels: What is known of its texels.
        seed: Seed of every random stroke and of the noise.

    Returns:
        (S, S, 12) uint8 masks in the order of MASK_CHANNELS and (S, S) uint8 labels.
    """
    generator = np.random.default_rng(seed)
    noise = Noise(generator)
    mask = {name: np.zeros((SIDE, SIDE), np.float32) for name in MASK_CHANNELS}
    mask["detail"] += 0.5
    mask["opacity"] += 1.0
    paint_rgb = np.zeros((SIDE, SIDE, 3), np.float32)
    paint_skin(texels, layout, noise, mask)
    paint_mouth(texels, layout, noise, mask, paint_rgb)
    paint_lids(texels, layout, mask, paint_rgb)
    for name in ("helper-l-eye", "helper-r-eye"):
        paint_eye(name, generator, mask, paint_rgb)
    for name in BOXES_PX:
        if "eyelashes" in name:
            paint_lashes(name, generator, mask, paint_rgb)
    for k, name in enumerate(("paint_r", "paint_g", "paint_b")):
        mask[name] = paint_rgb[..., k]
    stack = np.stack([np.clip(mask[name], 0, 1) for name in MASK_CHANNELS], axis=-1)
    whole = in_boxes([name for name in BOXES_PX if name.endswith("-eye") or "eyelashes" in name])
    painted = texels.known | whole
    stack = atlas.spread(stack, painted)
    labels = atlas.spread(label_texels(texels, layout, mask), painted)
    return (stack * 255 + 0.5).astype(np.uint8), labels


def paint_detail(layout: Layout, texels: Texels, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Paint what a look makes more or less of: freckles, marks of age, wrinkles, pores.

    Args:
        layout: The atlas.
        texels: What is known of its texels.
        seed: Seed of every spot, line and pore.

    Returns:
        (S, S, 3) uint8 marks and (S, S, 4) uint8 relief, as `rig/appearance.py` describes them.
    """
    generator = np.random.default_rng([seed, 1])
    noise = Noise(generator)
    relief, creases = relief_and_creases(layout, texels, noise, generator)
    spots = (freckles(texels, layout, noise, generator), age_marks(texels, layout, noise, generator))
    marks = np.stack([*spots, creases * texels.on("face")], axis=-1)
    marks = atlas.spread((np.clip(marks, 0, 1) * 255 + 0.5).astype(np.uint8), texels.known)
    return marks, atlas.spread(relief, texels.known)
