"""The colours of a head from its masks: the one composition that the bake and the engines' shaders share.

With the twelve mask channels of a texel as numbers m in [0, 1] and all colours as sRGB values in [0, 1] (mixed as
they are, never in linear light):

    colour = skin * (1, 1, 1) -> mix(skin, skin * REDNESS_TINT, m.redness)
    colour = mix(colour, lip,  m.lip)
    colour = mix(colour, hair, m.hair)
    colour = mix(colour, brow, m.brow)
    colour = mix(colour, iris, m.iris)
    colour = mix(colour, m.paint_rgb, m.paint)
    colour = colour * (2 * m.detail)
    colour = colour * mix((1, 1, 1), SHADE_TINT, m.shade)
    colour = clip(colour, 0, 1)
    alpha  = m.opacity

All strengths are baked into the masks. `detail` is 0.5 where nothing is to be changed.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from facewright.datatypes import FaceColours
from facewright.errors import RigInvalid

if TYPE_CHECKING:
    from facewright.rig.spec import Appearance

MASK_FILES = ("masks.png", "shading.png", "paint.png")
"""RGBA files of a rig folder; their channels, one file after the other, are MASK_CHANNELS."""

MASK_CHANNELS = (
    "lip", "brow", "hair", "iris",
    "redness", "detail", "shade", "opacity",
    "paint_r", "paint_g", "paint_b", "paint",
)  # fmt: skip
"""Names of the channels of `Appearance.masks`, in array order."""

REDNESS_TINT = (1.04, 0.82, 0.78)
"""Factor on the skin colour where `redness` is 1: cheeks, nose, ears."""

SHADE_TINT = (0.42, 0.28, 0.25)
"""Factor on any colour where `shade` is 1: creases, corners, lash roots."""

_REBUILD = "restore the rig's folder, or rebuild it with facewright.training.build_appearance"


def read_masks(folder: Path) -> np.ndarray:
    """Read the mask files of a rig folder.

    Args:
        folder: The rig's folder. `masks.png` must be there; a rig may leave the other files of MASK_FILES out.

    Returns:
        (S, S, C) uint8 channels of the files one after the other, row 0 at v = 1; C = 12 when all files are there.

    Raises:
        RigInvalid: A file is missing or unreadable, or their sizes differ.
    """
    layers = []
    for name in MASK_FILES:
        path = folder / name
        if layers and not path.is_file():
            continue
        try:
            with Image.open(path) as image:
                layer = np.asarray(image)
        except OSError as error:
            raise RigInvalid(f"{path} could not be read: {error}", _REBUILD) from error
        side = len((layers or [layer])[0])
        if layer.ndim != 3 or layer.shape[:2] != (side, side):
            raise RigInvalid(f"{path}: expected a square colour picture of {side} px, found {layer.shape}", _REBUILD)
        layers.append(layer)
    return np.concatenate(layers, axis=2)  # (S, S, C)


def compose(masks: np.ndarray, colours: FaceColours) -> np.ndarray:
    """Compose colours and masks by the formula of this module.

    Args:
        masks: (..., 12) float in [0, 1], in the order of MASK_CHANNELS.
        colours: The head's colours.

    Returns:
        (..., 4) float32 sRGB and alpha in [0, 1].
    """
    m = {name: masks[..., i, None].astype(np.float32) for i, name in enumerate(MASK_CHANNELS)}
    redness_tint = np.asarray(REDNESS_TINT, np.float32)
    shade_tint = np.asarray(SHADE_TINT, np.float32)
    skin = np.asarray(colours.skin, np.float32)
    colour = skin + (skin * redness_tint - skin) * m["redness"]
    for name, layer in (("lip", colours.lip), ("hair", colours.hair), ("brow", colours.brow), ("iris", colours.iris)):
        colour = colour + (np.asarray(layer, np.float32) - colour) * m[name]
    paint = masks[..., 8:11].astype(np.float32)
    colour = colour + (paint - colour) * m["paint"]
    colour = colour * (2.0 * m["detail"])
    colour = colour * (1.0 + (shade_tint - 1.0) * m["shade"])
    return np.concatenate([np.clip(colour, 0.0, 1.0), m["opacity"]], axis=-1)


def bake_albedo(appearance: "Appearance", colours: FaceColours, side: int = 1024) -> np.ndarray:
    """Bake the albedo texture of a head.

    Args:
        appearance: The rig's masks.
        colours: The head's colours.
        side: Side of the texture in px.

    Returns:
        (side, side, 4) uint8 sRGB and alpha, row 0 at v = 1.
    """
    masks = appearance.masks
    if masks.shape[:2] != (side, side):
        layers = [cv2.resize(masks[..., i : i + 4], (side, side), interpolation=cv2.INTER_AREA) for i in (0, 4, 8)]
        masks = np.concatenate(layers, axis=2)
    baked = compose(masks.astype(np.float32) / 255.0, colours)
    return (baked * 255.0 + 0.5).astype(np.uint8)
