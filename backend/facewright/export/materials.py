"""What the surfaces of an exported head are made of: finishes, and textures baked from the rig's paint."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from facewright.datatypes import Look
from facewright.rig.appearance import SHADE_TINT
from facewright.rig.baking import bake_albedo, bake_normal_map, bake_roughness
from facewright.rig.nouns import SURFACES, Choice, Rig, StyleGroup
from facewright.rig.parts import appearance_of
from facewright.rig.styles import read_strands

ALBEDO, NORMAL, ROUGHNESS = "albedo", "normal", "roughness"
"""Names of the head's own pictures."""

PROCEDURAL_LAYER, PHOTO_LAYER = "skin_procedural", "skin_photo"
"""Names of the layers of a skin with photo."""

LENS_COLOUR, LENS_OPACITY = (0.25, 0.27, 0.29), 0.1
SOLID_STRANDS = 8
"""Texels of a strand texture less opaque than this have no colour of their own."""


@dataclass(frozen=True)
class Material:
    """One physically based material.

    Attributes:
        name: unique name.
        colour: sRGB factor on the albedo picture, or the colour itself where there is none.
        roughness: in [0, 1]; factor on the roughness picture where there is one.
        opacity: in [0, 1].
        cut_out: alpha below `cutoff` is not drawn.
        cutoff: of a material that is cut out.
        double_sided: drawn from behind too.
        clearcoat: strength of a clear layer over it, in [0, 1].
        subsurface: share of the light that is scattered under the surface, in [0, 1].
        albedo, normal, roughness_picture: names in `Character.pictures`; "" for none.
    """

    name: str
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    roughness: float = 0.5
    opacity: float = 1.0
    cut_out: bool = False
    cutoff: float = 0.4
    double_sided: bool = False
    clearcoat: float = 0.0
    subsurface: float = 0.0
    albedo: str = ""
    normal: str = ""
    roughness_picture: str = ""


@dataclass(frozen=True)
class _Finish:
    """How a surface of the head is shaded: roughness, clear layer, scattering, cut-out."""

    roughness: float
    clearcoat: float = 0.0
    subsurface: float = 0.0
    cut_out: bool = False


_FINISHES = {
    "skin": _Finish(0.5, subsurface=0.15),
    "eye": _Finish(0.12, clearcoat=1.0),
    "teeth": _Finish(0.25, subsurface=0.1),
    "tongue": _Finish(0.35, subsurface=0.15),
    "lash": _Finish(0.8, cut_out=True),
}


def paint_pictures(rig: Rig, look: Look) -> dict[str, np.ndarray]:
    """Bake the textures of the head itself.

    Args:
        rig: The rig.
        look: Colours, skin and style.

    Returns:
        Pictures by name, (S, S, 4) sRGB and alpha, (S, S, 3) tangent-space normals, (S, S) roughness; none for a rig
        without paint.
    """
    if rig.appearance is None:
        return {}
    side = texture_side(rig, look)
    pictures = {ALBEDO: bake_albedo(rig.appearance, look, rig.styles, side)}
    if rig.appearance.relief is not None:
        pictures[NORMAL] = bake_normal_map(rig.appearance, rig.mesh, look, side)
        pictures[ROUGHNESS] = bake_roughness(rig.appearance, rig.mesh, look, rig.styles, side)
    return pictures


def skin_layers(rig: Rig, look: Look, pictures: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the two pictures that the skin of a head with a photo skin is mixed of, none for a head without.

    Args:
        rig: The rig.
        look: Colours, skin and style.
        pictures: As `paint_pictures` returns them.

    Returns:
        PROCEDURAL_LAYER (S, S, 3) uint8 sRGB: the skin without photo; PHOTO_LAYER (S, S, 4) uint8 sRGB and cover: what
        lies over it by the look's `photo_share`. What the style paints is on both.
    """
    if rig.appearance is None or look.photo_skin is None:
        return {}
    side = texture_side(rig, look)
    whole = pictures[ALBEDO]
    if look.photo_share < 1.0:
        whole = bake_albedo(rig.appearance, replace(look, photo_share=1.0), rig.styles, side)
    without = bake_albedo(rig.appearance, replace(look, photo_skin=None), rig.styles, side)
    cover = cv2.resize(look.photo_skin.layer[..., 3], (side, side), interpolation=cv2.INTER_AREA)
    return {PROCEDURAL_LAYER: without[..., :3], PHOTO_LAYER: np.dstack([whole[..., :3], cover])}


def texture_side(rig: Rig, look: Look) -> int:
    """Return the side of a head's textures in px: that of the rig's paint, or of the photo skin if it is finer."""
    side = len(appearance_of(rig).masks)
    return side if look.photo_skin is None else max(side, len(look.photo_skin.layer))


def head_materials(rig: Rig, look: Look, pictures: dict[str, np.ndarray]) -> list[Material]:
    """Return one material for each surface that has triangles, in the order of SURFACES.

    Args:
        rig: The rig.
        look: The head's; its skin colour stands for all where nothing is painted.
        pictures: As `paint_pictures` returns them.
    """
    materials = []
    for index in np.unique(rig.mesh.surfaces[rig.mesh.triangles[:, 0]]):
        finish, is_skin = _FINISHES[SURFACES[index]], SURFACES[index] == "skin"
        materials.append(
            Material(
                name=SURFACES[index],
                colour=(1.0, 1.0, 1.0) if ALBEDO in pictures else _triple(look.colours.skin),
                roughness=1.0 if is_skin and ROUGHNESS in pictures else finish.roughness,
                cut_out=finish.cut_out,
                double_sided=finish.cut_out,
                clearcoat=finish.clearcoat,
                subsurface=finish.subsurface,
                albedo=ALBEDO if ALBEDO in pictures else "",
                normal=NORMAL if is_skin and NORMAL in pictures else "",
                roughness_picture=ROUGHNESS if is_skin and ROUGHNESS in pictures else "",
            )
        )
    return materials


def piece_material(
    group: StyleGroup, choice: Choice, is_lens: bool, look: Look
) -> tuple[Material, dict[str, np.ndarray]]:
    """Return the material of a piece and the pictures that it needs.

    Args:
        group: The group, which may have a texture of strands.
        choice: What is worn; its colour is that of a frame.
        is_lens: Whether the material is the glass and not the frame or the strands.
        look: The head's.
    """
    if is_lens:
        lens = Material("lens", colour=LENS_COLOUR, roughness=0.03, opacity=LENS_OPACITY, double_sided=True)
        return lens, {}
    if group.texture is None:
        colour = choice.colour or _triple(look.colours.hair)
        return Material(group.name, colour=colour, roughness=0.3, double_sided=True), {}
    tint = look.colours.beard if group.name == "beard" else look.colours.hair
    name = f"{group.name}_strands"
    strands = Material(group.name, roughness=0.6, cut_out=True, double_sided=True, albedo=name)
    return strands, {name: tinted_strands(group.texture, np.asarray(tint, np.float32))}


def tinted_strands(texture: Path, colour: np.ndarray) -> np.ndarray:
    """Paint a group's texture of strands in a colour.

    Args:
        texture: Its file.
        colour: (3,) sRGB in [0, 1].

    Returns:
        (S, S, 4) uint8 sRGB and opacity; between the strands it goes on in the plain colour, so that coarser levels
        have no dark rims.

    Raises:
        RigInvalid: The texture is not a square picture of four channels.
    """
    strands = read_strands(texture)
    share = strands.astype(np.float32) / 255.0
    tint = 1.0 + (np.asarray(SHADE_TINT, np.float32) - 1.0) * share[..., 1:2]
    painted = colour * (2.0 * share[..., :1]) * tint
    solid = strands[..., 3:] >= SOLID_STRANDS
    filling = painted[solid[..., 0]].mean(0) if solid.any() else colour
    painted = np.clip(np.where(solid, painted, filling), 0.0, 1.0)
    return (np.concatenate([painted, share[..., 3:]], axis=-1) * 255.0 + 0.5).astype(np.uint8)


def _triple(colour: np.ndarray) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in colour)
    return red, green, blue
