"""The colours of a head from its masks: the one composition that the bake and the engines' shaders share.

With the channels of a texel as numbers m in [0, 1] and all colours as sRGB values in [0, 1] (mixed as they are, never
in linear light), and the look's pores, redness, freckles and wrinkles in [0, 1]:

    colour = mix(skin, skin * REDNESS_TINT, clip(m.redness * 2 redness, 0, REDNESS_MAXIMUM))
    colour = mix(colour, colour * FRECKLE_TINT, m.freckles * freckles)
    colour = mix(colour, colour * SPOT_TINT, m.spots * wrinkles)
    colour = mix(colour, lip,  m.lip)
    photo  = m.photo * photo_share                            the skin of the look's photos, where it has one
    colour = mix(colour, m.photo_rgb, photo)
    colour = mix(colour, hair, m.hair)
    colour = mix(colour, brow, m.brow (1 - photo))            (1 - photo) only where the photo skin keeps its own brows
    colour = mix(colour, beard, m.beard (1 - photo))          likewise
    colour = mix(colour, iris, m.iris (1 - photo))
    colour = mix(colour, m.paint_rgb, m.paint (1 - photo))
    colour = mix(colour, make-up of the lips, m.lip_make_up)
    colour = mix(colour, make-up of the eyes, m.eye_make_up)
    bare   = 1 - max(m.iris, m.paint)                         skin, where pores may be
    colour = colour * (1 + (1 - photo) (2 m.detail - 1) mix(1, 2 pores, bare))
    shade  = (1 - photo) (1 - (1 - m.shade) (1 - m.creases * wrinkles))
    colour = colour * mix((1, 1, 1), SHADE_TINT, shade)
    colour = clip(colour, 0, 1)
    alpha  = m.opacity

Strengths of the masks are baked into them. `detail` is 0.5 where nothing is to be changed; a look whose pores and
redness are 0.5 and whose freckles and wrinkles are 0 shows the masks as they are. Where a rig has a
style group, the hair, brow or beard of the skin is the layer of the choice instead of the mask.

Relief bends the normal n where light meets the skin; `up` is the world's:

    T = unit(up x n), B = n x T, slope = RELIEF_SCALE (255 relief - 128) / 127
    d = -(wrinkles slope.xy + pores slope.zw)                 slope: height per length along T and B
    n = unit(n + T d.x + B d.y)
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from facewright.datatypes import Look
from facewright.errors import RigInvalid

MASK_FILES = ("masks.png", "shading.png", "paint.png")
"""RGBA files of a rig folder; their channels, one file after the other, are MASK_CHANNELS."""

MASK_CHANNELS = (
    "lip", "brow", "hair", "iris",
    "redness", "detail", "shade", "opacity",
    "paint_r", "paint_g", "paint_b", "paint",
)  # fmt: skip
"""Names of the channels of `Appearance.masks`, in array order."""

MARK_CHANNELS = ("freckles", "spots", "creases")
"""Names of the channels of `Appearance.marks`."""

COVER_CHANNELS = ("beard", "lip_make_up", "eye_make_up")
"""What layers of styles add to the masks."""

PHOTO_CHANNELS = ("photo_r", "photo_g", "photo_b", "photo")
"""Names of the channels of `PhotoSkin.layer`."""

CHANNELS = MASK_CHANNELS + MARK_CHANNELS + COVER_CHANNELS + PHOTO_CHANNELS
"""Everything that a texel can hold, in the order in which `compose` takes it."""

CHANNEL = {name: index for index, name in enumerate(CHANNELS)}
"""Place of each channel."""

PAINT_RGB = slice(CHANNEL["paint_r"], CHANNEL["paint_b"] + 1)
PHOTO_RGB = slice(CHANNEL["photo_r"], CHANNEL["photo_b"] + 1)

LAYER_CHANNELS = {"hair": "hair", "brows": "brow", "beard": "beard", "lips": "lip_make_up", "eyes": "eye_make_up"}
"""The style groups whose choices may paint the skin, and the channel that their layers fill."""

REDNESS_TINT = (1.04, 0.82, 0.78)
"""Factor on the skin colour where `redness` is 1: cheeks, nose, ears."""

SHADE_TINT = (0.42, 0.28, 0.25)
"""Factor on any colour where `shade` is 1: creases, corners, lash roots."""

REDNESS_MAXIMUM = 1.5
"""Most that `redness` grows to."""

FRECKLE_TINT = (0.74, 0.58, 0.47)
"""Factor on the skin colour in the middle of a freckle."""

SPOT_TINT = (0.80, 0.70, 0.62)
"""Factor on the skin colour in an age spot."""

RELIEF_SCALE = 1.0
"""Slope (height per length) that the largest value of `Appearance.relief` stands for."""

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
    layers: list[np.ndarray] = []
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


@dataclass(frozen=True)
class MakeUp:
    """Colours of make-up, sRGB in [0, 1]; they show where their layers cover the skin."""

    lips: tuple[float, float, float] = (0.0, 0.0, 0.0)
    eyes: tuple[float, float, float] = (0.0, 0.0, 0.0)


def compose(texels: np.ndarray, look: Look, make_up: MakeUp = MakeUp()) -> np.ndarray:
    """Compose colours and masks by the formula of this module.

    Args:
        texels: (..., 12 to 22) float in [0, 1], in the order of CHANNELS; channels that are left out are 0. It is
            quickest where each channel lies in one piece, as `joined_channels` puts them.
        look: The head's colours and skin.
        make_up: Colours of the choices of make-up.

    Returns:
        (..., 4) float32 sRGB and alpha in [0, 1].
    """
    planes = np.ascontiguousarray(np.moveaxis(texels, -1, 0), np.float32)  # (C, ...): numpy is slow along short rows
    nothing = np.zeros(planes.shape[1:], np.float32)
    m = dict.fromkeys(CHANNELS, nothing) | dict(zip(CHANNELS, planes, strict=False))
    colours, (pores, redness, freckles, wrinkles) = look.colours, look.skin.vector()
    colour = _filled(colours.skin, nothing)  # (3, ...)
    colour = _tinted(colour, REDNESS_TINT, np.clip(m["redness"] * (2 * redness), 0, REDNESS_MAXIMUM))
    colour = _tinted(colour, FRECKLE_TINT, m["freckles"] * freckles)
    colour = _tinted(colour, SPOT_TINT, m["spots"] * wrinkles)
    photo, photo_skin = m["photo"] * look.photo_share, look.photo_skin
    under = {"iris": 1 - photo, "paint": 1 - photo}
    if photo_skin is not None:
        under |= {"brow": 1 - photo * photo_skin.keeps_brows, "beard": 1 - photo * photo_skin.keeps_beard}
    layers: dict[str, ArrayLike] = {"lip": colours.lip, "photo": planes[PHOTO_RGB]}
    layers |= {"hair": colours.hair, "brow": colours.brow, "beard": colours.beard}
    layers |= {"iris": colours.iris, "paint": planes[PAINT_RGB]}
    layers |= {"lip_make_up": make_up.lips, "eye_make_up": make_up.eyes}
    for name in [name for name in layers if m[name] is not nothing]:
        share = photo if name == "photo" else m[name] * under.get(name, 1.0)
        colour = colour + (_filled(layers[name], nothing) - colour) * share
    bare = 1 - np.maximum(m["iris"], m["paint"])
    colour = colour * (1 + (1 - photo) * (2 * m["detail"] - 1) * (1 + (2 * pores - 1) * bare))
    shade = (1 - photo) * (1 - (1 - m["shade"]) * (1 - m["creases"] * wrinkles))
    colour = _tinted(colour, SHADE_TINT, shade)
    return np.stack([*np.clip(colour, 0.0, 1.0), m["opacity"]], axis=-1)


def joined_channels(*pictures: np.ndarray) -> np.ndarray:
    """Return (S, S, C) the channels of pictures (S, S, c) one after the other, each in one piece of memory."""
    planes = np.ascontiguousarray(np.concatenate([np.moveaxis(picture, -1, 0) for picture in pictures]))
    return np.moveaxis(planes, 0, -1)


def _filled(colour: ArrayLike, like: np.ndarray) -> np.ndarray:
    """Return a colour (3,) or (3, ...) as planes (3, ...) of a shape; nothing is copied."""
    planes = np.asarray(colour, np.float32)
    return planes.reshape(3, *[1] * like.ndim) if planes.ndim == 1 else planes


def _tinted(colour: np.ndarray, tint: tuple[float, float, float], share: np.ndarray) -> np.ndarray:
    """Multiply planes (3, ...) by a tint as far as a share (...) says."""
    return colour * (1 + (_filled(tint, share) - 1) * share)
