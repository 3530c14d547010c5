"""From photos of a person to the skin of the head that was fitted to them: unwrap, delight, complete, paint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from facewright.datatypes import PART_NAMES, Look, PhotoSkin, SkinShares
from facewright.engine.smoothstep import smoothstep
from facewright.rig.appearance import MASK_CHANNELS
from facewright.rig.baking import bake_plain_skin
from facewright.rig.colours import linear_from_srgb, srgb_from_linear
from facewright.rig.nouns import Rig
from facewright.rig.parts import appearance_of
from facewright.rig.styles import find_choice, read_layer
from facewright.texture.atlas import SkinAtlas, texel_values
from facewright.texture.complete import CompleteSkin, complete, expression_strain, soften_wrinkles
from facewright.texture.delight import delight
from facewright.texture.unwrap import PhotoView, unwrap

LIP_PARTS = ("upper_lip", "lower_lip", "inner_mouth")
DARK_PARTS = (*LIP_PARTS, "eyes")
RIM_M = 0.0015
"""Around lips, eyes and nostrils what is dark is dark of its own."""

SHADED = 0.25
"""Shade of the rig's paint from which a place is a crease or a nostril."""

HIDDEN_BROWS = (0.4, 0.7)
"""Share of the brows that a photo hides from which those of the style are painted, faintly and fully."""

PADDING_PX = 6
"""Texels that colours run on beyond the skin's border, for coarser levels."""


@dataclass(frozen=True)
class SkinOptions:
    """How a skin is made from photos.

    Attributes:
        side: T, side of the texture in px.
        keeps_brows: brows stay part of the skin as the photo shows them; else a style paints them.
        keeps_beard: likewise stubble and beard.
    """

    side: int = 1024
    keeps_brows: bool = True
    keeps_beard: bool = True


def photo_skin(
    rig: Rig,
    atlas: SkinAtlas,
    views: Sequence[PhotoView],
    neutral_m: np.ndarray,
    look: Look,
    options: SkinOptions,
    beat: Callable[[], None] = lambda: None,
) -> PhotoSkin:
    """Make the skin of a head.

    Args:
        rig: the rig.
        atlas: of the rig, options.side texels a side.
        views: one or more photos of the person.
        neutral_m: (V, 3) the head, expression neutral.
        look: colours and style of the head.
        options: how.
        beat: called between the steps; what it raises ends the work.
    """
    plain, grain = bake_plain_skin(appearance_of(rig), look, options.side)
    plain_linear = linear_from_srgb(plain)
    brows = _layer(rig, look, "brows", options.side)
    rims, lips = dark_places(rig, atlas), _parts(rig, atlas.side, LIP_PARTS).astype(np.float32)
    photos, texels = [], []
    for view in views:
        beat()
        seen = unwrap(rig, atlas, view)
        beat()
        own_dark = np.maximum(rims, seen.own_dark)
        bare = delight(atlas, seen, plain_linear, own_dark, lips)
        beat()
        strain = expression_strain(rig.mesh.triangles, neutral_m, view.vertices_m)
        photos.append(soften_wrinkles(atlas, bare, texel_values(atlas, rig, strain[:, None])[..., 0], own_dark))
        texels.append(seen)
    beat()
    hairy = np.max([seen.own_dark * seen.seen for seen in texels], axis=0)
    skin = complete(atlas, photos, np.maximum(rims, np.maximum(hairy, brows > 0.15)), lips)
    beat()
    albedo = painted(skin, plain_linear, grain)
    if options.keeps_brows:
        albedo = albedo + unseen_brows(skin, brows)[..., None] * (look.colours.brow - albedo)
    sight = np.max([seen.seen for seen in texels], axis=0)
    return PhotoSkin(
        layer=_padded(albedo, atlas.is_skin),
        origin=_bytes(np.stack([skin.seen, skin.mirrored, np.clip(sight - skin.seen, 0, 1)], -1)),
        keeps_brows=options.keeps_brows,
        keeps_beard=options.keeps_beard,
        shares=_shares(atlas, skin, sight),
    )


def unseen_brows(skin: CompleteSkin, brows: np.ndarray) -> np.ndarray:
    """Return (T, T) what a style's brows (T, T) cover of a skin that keeps the photo's, where the photo hides those."""
    unseen = brows * (1 - skin.seen - skin.mirrored)
    hidden = float(unseen.sum()) / max(float(brows.sum()), 1e-6)
    return unseen * float(smoothstep(*HIDDEN_BROWS, np.array(hidden)))


def painted(skin: CompleteSkin, plain_linear: np.ndarray, grain: np.ndarray) -> np.ndarray:
    """Return (T, T, 3) sRGB of a complete skin; pores go on where photos are too coarse to show them."""
    albedo = srgb_from_linear(np.clip(plain_linear * np.exp(skin.ratio), 0, 1))
    return np.clip(albedo * grain[..., None] ** (1 - skin.sharpness[..., None]), 0, 1)


def dark_places(rig: Rig, atlas: SkinAtlas) -> np.ndarray:
    """Return (T, T) in [0, 1] where skin may be much darker than around: lips, rims of eyes, nostrils."""
    side = atlas.side
    parts = _parts(rig, side, DARK_PARTS)
    holes = ~atlas.is_skin & (cv2.morphologyEx(atlas.is_skin.astype(np.uint8), cv2.MORPH_CLOSE, _disc(40)) > 0)
    shade = cv2.resize(appearance_of(rig).masks[..., MASK_CHANNELS.index("shade")], (side, side)) / 255.0 > SHADED
    dark = (parts | holes | shade).astype(np.float32)
    reach = max(1, round(RIM_M / atlas.texel_m))
    return cv2.GaussianBlur(cv2.dilate(dark, _disc(reach)), (0, 0), 0.4 * reach)


def _parts(rig: Rig, side: int, names: Sequence[str]) -> np.ndarray:
    """Return (T, T) bool where the texture belongs to one of the parts."""
    labels = cv2.resize(appearance_of(rig).labels, (side, side), interpolation=cv2.INTER_NEAREST)
    return np.isin(labels, [PART_NAMES.index(name) for name in names])


def _layer(rig: Rig, look: Look, group: str, side: int) -> np.ndarray:
    """Return (T, T) float32 what a style's choice covers of the skin."""
    choice = find_choice(rig.styles, group, look.style)
    full = np.zeros(appearance_of(rig).labels.shape, np.float32)
    if choice is not None and choice.layer is not None:
        layer = read_layer(choice.layer)
        rows, columns = layer.coverage.shape
        full[layer.top : layer.top + rows, layer.left : layer.left + columns] = layer.coverage / 255.0
    return cv2.resize(full, (side, side), interpolation=cv2.INTER_LINEAR)


def _padded(albedo: np.ndarray, is_skin: np.ndarray) -> np.ndarray:
    """Return (T, T, 4) uint8 colours and cover; colours run on beyond the skin, cover ends with it."""
    colours = _bytes(albedo)
    _, nearest = cv2.distanceTransformWithLabels(
        (~is_skin).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.flatnonzero(is_skin.ravel())
    filled = colours.reshape(-1, 3)[places][nearest - 1]
    cover = cv2.dilate(is_skin.astype(np.uint8), _disc(PADDING_PX)) * np.uint8(255)
    return np.concatenate([filled, cover[..., None]], -1)


def _shares(atlas: SkinAtlas, skin: CompleteSkin, sight: np.ndarray) -> SkinShares:
    """Sum up over the area that photos are believed in."""
    area = (atlas.trust > 0.5).astype(np.float32)
    total = float(area.sum())
    seen, mirrored = (float((one * area).sum()) / total for one in (skin.seen, skin.mirrored))
    rejected = float((np.clip(sight - skin.seen, 0, 1) * area).sum()) / total
    return SkinShares(seen, mirrored, 1 - seen - mirrored, rejected)


def _disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)


def _bytes(values: np.ndarray) -> np.ndarray:
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
