"""The photo skin of a head as pictures beside its rig.json: written for artists to paint on, and read again."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from facewright.datatypes import PhotoSkin, SkinShares
from facewright.errors import RigInvalid
from facewright.export.files import atomic_write
from facewright.export.png import save_png

SKIN_LAYER_FILE, SKIN_ORIGIN_FILE, SKIN_PROCEDURAL_FILE = "skin_photo.png", "skin_origin.png", "skin_procedural.png"
SMALLEST_SIDE_PX, LARGEST_SIDE_PX = 64, 8192


def write_skin_files(folder: Path, skin: PhotoSkin, procedural: np.ndarray) -> None:
    """Write the photo's layer, the skin that lies under it, and where the layer came from.

    Args:
        folder: of the head's rig.json.
        skin: the photo skin.
        procedural: (S, S, 3) uint8 sRGB of the same head without it.

    Raises:
        OutputNotWritable: a file cannot be written.
    """
    pictures = {SKIN_LAYER_FILE: skin.layer, SKIN_ORIGIN_FILE: skin.origin, SKIN_PROCEDURAL_FILE: procedural}
    for name, picture in pictures.items():
        atomic_write(folder / name, partial(save_png, picture))


def read_photo_skin(folder: Path, described: dict[str, Any]) -> PhotoSkin:
    """Read a photo skin, which may have been painted on.

    Args:
        folder: of the head's rig.json.
        described: `look.photo_skin` of a checked document.

    Raises:
        RigInvalid: the layer is missing, unreadable, or no square picture.
    """
    path = folder / described["layer"]
    remedy = f"put {path.name} back beside the rig.json, or export with --skin procedural"
    try:
        with Image.open(path) as picture:
            layer = np.asarray(picture.convert("RGBA"))
    except (OSError, Image.DecompressionBombError) as error:
        raise RigInvalid(f"the photo skin {path} could not be read: {error}", remedy) from error
    side = len(layer)
    if layer.shape != (side, side, 4) or not SMALLEST_SIDE_PX <= side <= LARGEST_SIDE_PX:
        found = f"{layer.shape[1]} x {layer.shape[0]}"
        expected = f"a square picture of {SMALLEST_SIDE_PX} to {LARGEST_SIDE_PX} px"
        raise RigInvalid(f"the photo skin {path}: expected {expected}, found {found}", remedy)
    shares = SkinShares(*(float(described[name]) for name in ("seen", "mirrored", "filled", "rejected")))
    origin = np.zeros((side, side, 3), np.uint8)
    return PhotoSkin(layer, origin, described["keeps_brows"], described["keeps_beard"], shares)
