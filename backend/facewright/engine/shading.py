"""How a fragment becomes a colour and a label: the formula of shaders/picture.frag.glsl in NumPy, and its constants.

All vectors are in camera space (x right, y down, z forward), all light is linear. With the unit normal n, the unit
vector v to the viewer, l to the key light, h between the two, r the mirrored v, and the fragment's openness o (the
unoccluded share of the sky, 0 to 1):

    albedo    = linear(composition of masks and colours, as rig/appearance.py says)
    diffuse   = clamp((n.l + wrap) / (1 + wrap), 0, 1)       wrap per colour channel: red light travels far under skin
    sky(d)    = mix(SKY_ABOVE, SKY_BELOW, (1 + d.y) / 2)
    specular  = max(n.l, 0) D(n.h) F(v.h) / (4 max((v.h)^2, 0.1))     GGX D without its 1/pi, Schlick F
    window    = smoothstep(WINDOW_EDGE, r.w)    the softbox that an eye mirrors, w = unit(l - WINDOW_SHIFT z)
    rim       = F0 + (sheen - F0) (1 - n.v)^5
    gloss     = max(1 - HAIR_MATTNESS max(hair, brow) + LIP_GLOSS lip + PORE_GLOSS (2 detail - 1), 0)   from the masks
    light     = key mix(1, o, KEY_OCCLUSION)
    colour    = albedo (light diffuse + ambient sky(n) o) + light gloss min(specular + window, SPECULAR_MAXIMUM)
                + ambient sky(r) gloss rim o
    image     = srgb(shoulder(colour))                       linear to SHOULDER_START, then bending towards 1

Back faces are not drawn, but for lash cards, which have two sides. A label is the texel of the labels texture; teeth
and tongue are inner mouth, lash cards are lashes where their opacity exceeds a threshold that differs between the
samples of a pixel, so that thin strands cover what they should.

Source: Walter et al. 2007 (GGX); Kelemen and Szirmay-Kalos 2001 (the visibility term); Karis 2013 (the rim).
"""

from dataclasses import dataclass

import numpy as np

from facewright.datatypes import PART_NAMES, FaceColours, Lighting, Look
from facewright.engine.mesh import EYE, LASH, SKIN, TEETH, TONGUE
from facewright.rig.appearance import compose

SKY_ABOVE = (1.05, 1.05, 1.08)
SKY_BELOW = (0.62, 0.56, 0.52)
KEY_OCCLUSION = 0.7
WINDOW_EDGE = (0.955, 0.972)
WINDOW_SHIFT = 0.6
SPECULAR_MAXIMUM = 3.0
HAIR_MATTNESS = 0.75
LIP_GLOSS = 0.8
MAKE_UP_GLOSS = 1.6
PORE_GLOSS = 2.5
SHOULDER_START = 0.6
HAIR_COVER = 0.5
BROWS_COVER = 0.28
BEARD_COVER = 0.5
"""Coverage by a layer from which the skin is labelled as what covers it."""

PLAIN_UV = 0.02
"""A pixel whose samples lie on one surface and closer than this in the atlas is shaded once, from their mean."""


@dataclass(frozen=True)
class Material:
    """How a surface answers light.

    Attributes:
        wrap: RGB share by which diffuse light reaches around the terminator.
        roughness: GGX roughness, squared for the lobe's width.
        reflectance: Fresnel reflectance at normal incidence.
        sheen: reflectance of the sky at grazing incidence.
        window: strength of the mirrored softbox.
    """

    wrap: tuple[float, float, float]
    roughness: float
    reflectance: float
    sheen: float
    window: float


MATERIALS = {
    "SKIN": Material((0.36, 0.17, 0.12), 0.46, 0.028, 0.12, 0.0),
    "EYE": Material((0.25, 0.20, 0.18), 0.20, 0.03, 0.50, 0.8),
    "MOUTH": Material((0.30, 0.22, 0.20), 0.30, 0.035, 0.20, 0.0),
    "LASH": Material((0.5, 0.5, 0.5), 0.6, 0.01, 0.01, 0.0),
}
"""Materials by the name that the shader uses; teeth and tongue share MOUTH."""


@dataclass(frozen=True)
class Fragments:
    """Visible surface samples to shade, M of them.

    Attributes:
        masks: (M, 12) float32 appearance masks in [0, 1].
        parts: (M,) uint8 texels of the labels texture.
        surfaces: (M,) surface of the mesh.
        normals: (M, 3) float32 unit normals in camera space.
        positions: (M, 3) float32 camera space.
        openness: (M,) float32.
    """

    masks: np.ndarray
    parts: np.ndarray
    surfaces: np.ndarray
    normals: np.ndarray
    positions: np.ndarray
    openness: np.ndarray


def shade(fragments: Fragments, colours: FaceColours, lighting: Lighting) -> tuple[np.ndarray, np.ndarray]:
    """Shade fragments by the formula of this module.

    Args:
        fragments: What to shade.
        colours: Albedo colours.
        lighting: Light in camera space.

    Returns:
        (M, 3) float32 sRGB in [0, 1] and (M, 3) float32 normals turned to the viewer on lash cards.
    """
    key, ambient = (np.asarray(light, np.float32) for light in (lighting.key, lighting.ambient))
    light = np.asarray(lighting.direction, np.float32) / np.float32(np.linalg.norm(lighting.direction))
    view = -fragments.positions / np.linalg.norm(fragments.positions, axis=1, keepdims=True)
    away = (fragments.surfaces == LASH) & (np.einsum("ij,ij->i", fragments.normals, view) < 0)
    normals = np.where(away[:, None], -fragments.normals, fragments.normals)
    wrap, roughness, reflectance, sheen, window = _materials(fragments.surfaces)
    openness = fragments.openness[:, None]

    toward = normals @ light
    facing = np.maximum(np.einsum("ij,ij->i", normals, view), 0)
    key = key * (1 + (openness - 1) * KEY_OCCLUSION)  # (M, 3)
    diffuse = np.clip((toward[:, None] + wrap) / (1 + wrap), 0, 1)
    highlight = _specular(normals, view, light, roughness, reflectance)

    softbox = light - np.float32([0, 0, WINDOW_SHIFT])
    mirrored = 2 * np.einsum("ij,ij->i", normals, view)[:, None] * normals - view
    rim = reflectance + (sheen - reflectance) * (1 - facing) ** 5
    highlight += window * _smoothstep(WINDOW_EDGE, mirrored @ (softbox / np.linalg.norm(softbox)))

    albedo = linear_from_srgb(compose(fragments.masks, Look(colours))[:, :3])
    colour = albedo * (key * diffuse + ambient * _sky(normals[:, 1]) * openness)
    lip, brow, hair = fragments.masks[:, :3].T
    pores = PORE_GLOSS * (2 * fragments.masks[:, 5] - 1)
    gloss = np.maximum(1 - HAIR_MATTNESS * np.maximum(hair, brow) + LIP_GLOSS * lip + pores, 0)
    colour += key * (gloss * np.minimum(highlight, SPECULAR_MAXIMUM))[:, None]
    colour += ambient * _sky(mirrored[:, 1]) * (gloss * rim)[:, None] * openness
    return np.clip(srgb_from_linear(_shoulder(colour)), 0, 1), normals


def fragment_labels(parts: np.ndarray, surfaces: np.ndarray) -> np.ndarray:
    """Return the labels of fragments, (M,) uint8, from the labels texture (M,) and the mesh surfaces (M,)."""
    blank = np.where(surfaces == EYE, PART_NAMES.index("eyes"), PART_NAMES.index("skin"))
    labels = np.where(parts == 0, blank, parts)
    labels = np.where((surfaces == TEETH) | (surfaces == TONGUE), PART_NAMES.index("inner_mouth"), labels)
    return np.where(surfaces == LASH, PART_NAMES.index("lashes"), labels).astype(np.uint8)


def linear_from_srgb(colour: np.ndarray) -> np.ndarray:
    """Decode sRGB in [0, 1] by the usual cubic approximation (error below 0.003)."""
    return colour * (colour * (colour * 0.305306011 + 0.682171111) + 0.012522878)


def srgb_from_linear(colour: np.ndarray) -> np.ndarray:
    """Encode linear light in [0, 1] as sRGB, without the linear toe."""
    return np.maximum(1.055 * np.maximum(colour, 0) ** np.float32(0.416666667) - 0.055, 0)


def sample_thresholds(samples: int) -> np.ndarray:
    """Return the (samples, samples) opacity thresholds of a pixel's samples, row by row of the image."""
    y, x = np.mgrid[:samples, :samples]
    order = (x ^ y) * 2 + y if samples == 2 else y * samples + x
    return ((order + 0.5) / samples**2).astype(np.float32)


def _materials(surfaces: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return wrap (M, 3), roughness, reflectance, sheen and window (M,) of each fragment."""
    names = {SKIN: "SKIN", EYE: "EYE", TEETH: "MOUTH", TONGUE: "MOUTH", LASH: "LASH"}
    ordered = [MATERIALS[names[surface]] for surface in range(len(names))]
    table = np.array(
        [(*one.wrap, one.roughness, one.reflectance, one.sheen, one.window) for one in ordered], np.float32
    )
    rows = table[surfaces]  # (M, 7)
    return rows[:, :3], *rows[:, 3:].T


def _specular(
    normals: np.ndarray, view: np.ndarray, light: np.ndarray, roughness: np.ndarray, reflectance: np.ndarray
) -> np.ndarray:
    halfway = view + light
    halfway /= np.maximum(np.linalg.norm(halfway, axis=1, keepdims=True), 1e-6)
    aligned = np.maximum(np.einsum("ij,ij->i", normals, halfway), 0)
    glancing = np.maximum(np.einsum("ij,ij->i", view, halfway), 0)
    a = roughness * roughness
    lobe = a / (aligned * aligned * (a * a - 1) + 1)
    fresnel = reflectance + (1 - reflectance) * (1 - glancing) ** 5
    return np.maximum(normals @ light, 0) * lobe * lobe * fresnel / (4 * np.maximum(glancing * glancing, 0.1))


def _sky(down: np.ndarray) -> np.ndarray:
    above, below = np.float32(SKY_ABOVE), np.float32(SKY_BELOW)
    return above + (below - above) * (0.5 + 0.5 * down[:, None])


def _shoulder(colour: np.ndarray) -> np.ndarray:
    t = np.maximum(colour - SHOULDER_START, 0) / (1 - SHOULDER_START)
    return np.minimum(colour, SHOULDER_START) + (1 - SHOULDER_START) * t / (1 + t)


def _smoothstep(edge: tuple[float, float], value: np.ndarray) -> np.ndarray:
    t = np.clip((value - edge[0]) / (edge[1] - edge[0]), 0, 1)
    return t * t * (3 - 2 * t)
