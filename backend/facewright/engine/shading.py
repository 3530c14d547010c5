"""How a fragment becomes a colour and a label: the formula of shaders/picture.frag.glsl in NumPy, and its constants.

All vectors are in camera space (x right, y down, z forward), all light is linear. With the unit normal n, the unit
vector v to the viewer, l to the key light, h between the two, r the mirrored v, and the fragment's openness o (the
unoccluded share of the sky, 0 to 1):

    albedo    = linear(composition of masks and colours, as rig/appearance.py says)
    n         = bent by the rig's relief where there is one, on skin, as rig/appearance.py says
    diffuse   = clamp((n.l + wrap) / (1 + wrap), 0, 1)       wrap per colour channel: red light travels far under skin
    sky(d)    = mix(SKY_ABOVE, SKY_BELOW, (1 + d.y) / 2)
    specular  = max(n.l, 0) D(n.h) F(v.h) / (4 max((v.h)^2, 0.1))     GGX D without its 1/pi, Schlick F
    window    = smoothstep(WINDOW_EDGE, r.w)    the softbox that an eye mirrors, w = unit(l - WINDOW_SHIFT z)
    rim       = F0 + (sheen - F0) (1 - n.v)^5
    gloss     = max(1 - HAIR_MATTNESS max(hair, brow, beard) + LIP_GLOSS lip + MAKE_UP_GLOSS lip_gloss lip_make_up
                    + PORE_GLOSS (2 detail - 1) 2 pores bare, 0)                          from masks and layers
    light     = key mix(1, o, KEY_OCCLUSION)
    colour    = albedo (light diffuse + ambient sky(n) o) + light gloss min(specular + window, SPECULAR_MAXIMUM)
                + ambient sky(r) gloss rim o
    image     = srgb(shoulder(colour))                       linear to SHOULDER_START, then bending towards 1

Back faces are not drawn, but for lash cards, which have two sides. A label is the texel of the labels texture; teeth
and tongue are inner mouth, lash cards are lashes where their opacity exceeds a threshold that differs between the
samples of a pixel, so that thin strands cover what they should. Where a rig has styles, hair and brows of its labels
are skin; hair, brows or beard is then all skin that a layer covers by more than HAIR_COVER, BROWS_COVER, BEARD_COVER.

Source: Walter et al. 2007 (GGX); Kelemen and Szirmay-Kalos 2001 (the visibility term); Karis 2013 (the rim).
"""

from dataclasses import dataclass

import numpy as np

from facewright.datatypes import PART_NAMES, Lighting, Look
from facewright.engine.mesh import EYE, LASH, SKIN, TEETH, TONGUE
from facewright.engine.smoothstep import smoothstep
from facewright.rig.appearance import CHANNEL, RELIEF_SCALE, MakeUp, compose

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
"""Numbers of this module's formula, by its names."""

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
    "SKIN": Material((0.36, 0.17, 0.12), 0.50, 0.027, 0.08, 0.0),
    "EYE": Material((0.25, 0.20, 0.18), 0.20, 0.03, 0.50, 0.8),
    "MOUTH": Material((0.30, 0.22, 0.20), 0.30, 0.035, 0.20, 0.0),
    "LASH": Material((0.5, 0.5, 0.5), 0.6, 0.01, 0.01, 0.0),
}
"""Materials by the name that the shader uses; teeth and tongue share MOUTH."""


DEFAULT_FRAME = (0.08, 0.08, 0.09)
"""sRGB of frames whose choice names no colour."""

UPRIGHT = np.array([0.0, -1.0, 0.0], np.float32)
"""The world's up in the space of a level camera."""


@dataclass(frozen=True)
class Finish:
    """Colours and shine that a style's choices bring along.

    Attributes:
        make_up: colours of make-up.
        lip_gloss: shine of the lip make-up, 0 to 1.
        frame: sRGB of the glasses' frame.
    """

    make_up: MakeUp = MakeUp()
    lip_gloss: float = 0.0
    frame: tuple[float, float, float] = DEFAULT_FRAME


@dataclass(frozen=True, eq=False)
class Fragments:
    """Visible samples of the head to shade, M of them.

    Attributes:
        texels: (M, 12 to 22) float32 in [0, 1], in the order of `rig/appearance.py`'s CHANNELS.
        parts: (M,) uint8 texels of the labels texture.
        surfaces: (M,) surface of the mesh.
        normals: (M, 3) float32 unit normals in camera space.
        positions: (M, 3) float32 camera space.
        openness: (M,) float32.
        relief: (M, 4) float32 texels in [0, 1]; None where the rig has none.
    """

    texels: np.ndarray
    parts: np.ndarray
    surfaces: np.ndarray
    normals: np.ndarray
    positions: np.ndarray
    openness: np.ndarray
    relief: np.ndarray | None = None


def shade(
    fragments: Fragments, look: Look, lighting: Lighting, finish: Finish = Finish(), up: np.ndarray = UPRIGHT
) -> tuple[np.ndarray, np.ndarray]:
    """Shade fragments by the formula of this module.

    Args:
        fragments: What to shade.
        look: Colours and skin.
        lighting: Light in camera space.
        finish: Colours and shine of the style.
        up: (3,) the world's up in camera space.

    Returns:
        (M, 3) float32 sRGB in [0, 1] and (M, 3) float32 normals turned to the viewer on lash cards.
    """
    ambient = np.asarray(lighting.ambient, np.float32)
    light = light_direction(lighting)
    view = -fragments.positions / np.linalg.norm(fragments.positions, axis=1, keepdims=True)
    away = (fragments.surfaces == LASH) & (np.einsum("ij,ij->i", fragments.normals, view) < 0)
    normals = np.where(away[:, None], -fragments.normals, fragments.normals)
    turned = normals
    if fragments.relief is not None:
        is_skin = (fragments.surfaces == SKIN)[:, None]
        normals = np.where(is_skin, bent_normals(normals, fragments.relief, look, up), normals)
    wrap, roughness, reflectance, sheen, window = _materials(fragments.surfaces)
    openness = fragments.openness[:, None]

    toward = normals @ light
    facing = np.maximum(np.einsum("ij,ij->i", normals, view), 0)
    key = np.asarray(lighting.key, np.float32) * (1 + (openness - 1) * KEY_OCCLUSION)  # (M, 3)
    diffuse = np.clip((toward[:, None] + wrap) / (1 + wrap), 0, 1)
    highlight = specular(normals, view, light, roughness, reflectance)

    mirrored = 2 * np.einsum("ij,ij->i", normals, view)[:, None] * normals - view
    rim = reflectance + (sheen - reflectance) * (1 - facing) ** 5
    highlight += window * smoothstep(*WINDOW_EDGE, mirrored @ softbox(light))

    albedo = quick_linear_from_srgb(compose(fragments.texels, look, finish.make_up)[:, :3])
    colour = albedo * (key * diffuse + ambient * sky(normals[:, 1]) * openness)
    gloss = _gloss(fragments.texels, look, finish)
    colour += key * (gloss * np.minimum(highlight, SPECULAR_MAXIMUM))[:, None]
    colour += ambient * sky(mirrored[:, 1]) * (gloss * rim)[:, None] * openness
    return encoded(colour), turned


def bent_normals(normals: np.ndarray, relief: np.ndarray, look: Look, up: np.ndarray) -> np.ndarray:
    """Bend normals (M, 3) by the relief (M, 4) of the skin, as rig/appearance.py says."""
    slope = RELIEF_SCALE * (255 * relief - 128) / 127
    bend = -(look.skin.wrinkles * slope[:, :2] + look.skin.pores * slope[:, 2:])
    right = np.cross(np.asarray(up, np.float32), normals)
    right /= np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-4)
    bent = normals + right * bend[:, :1] + np.cross(normals, right) * bend[:, 1:]
    return bent / np.maximum(np.linalg.norm(bent, axis=1, keepdims=True), 1e-9)


def fragment_labels(parts: np.ndarray, surfaces: np.ndarray, texels: np.ndarray | None = None) -> np.ndarray:
    """Tell which part fragments of the head belong to.

    Args:
        parts: (M,) texels of the labels texture.
        surfaces: (M,) surfaces of the mesh.
        texels: (M, 22) channels whose hair, brows and beard come from layers; None where the rig has no styles.

    Returns:
        (M,) uint8 indices into PART_NAMES.
    """
    named = {name: PART_NAMES.index(name) for name in PART_NAMES}
    labels = np.where(parts == 0, np.where(surfaces == EYE, named["eyes"], named["skin"]), parts)
    if texels is not None:
        labels = np.where(np.isin(labels, (named["hair"], named["brows"])) & (surfaces == SKIN), named["skin"], labels)
        covers = {"beard": ("beard", BEARD_COVER), "brows": ("brow", BROWS_COVER), "hair": ("hair", HAIR_COVER)}
        for name, (channel, least) in covers.items():
            labels = np.where((texels[:, CHANNEL[channel]] > least) & (surfaces == SKIN), named[name], labels)
    labels = np.where((surfaces == TEETH) | (surfaces == TONGUE), named["inner_mouth"], labels)
    return np.where(surfaces == LASH, named["lashes"], labels).astype(np.uint8)


def encoded(light: np.ndarray) -> np.ndarray:
    """Return linear light as the sRGB that a picture shows, in [0, 1]."""
    t = np.maximum(light - SHOULDER_START, 0) / (1 - SHOULDER_START)
    bent = np.minimum(light, SHOULDER_START) + (1 - SHOULDER_START) * t / (1 + t)
    return np.clip(quick_srgb_from_linear(bent), 0, 1)


def quick_linear_from_srgb(colour: np.ndarray) -> np.ndarray:
    """Decode sRGB in [0, 1] by the usual cubic approximation (error below 0.003); exactly: `rig.colours`."""
    return colour * (colour * (colour * 0.305306011 + 0.682171111) + 0.012522878)


def quick_srgb_from_linear(colour: np.ndarray) -> np.ndarray:
    """Encode linear light in [0, 1] as sRGB, without the linear toe; exactly: `rig.colours`."""
    return np.maximum(1.055 * np.maximum(colour, 0) ** np.float32(0.416666667) - 0.055, 0)


def sample_thresholds(samples: int) -> np.ndarray:
    """Return the (samples, samples) opacity thresholds of a pixel's samples, row by row of the image."""
    y, x = np.mgrid[:samples, :samples]
    order = (x ^ y) * 2 + y if samples == 2 else y * samples + x
    return ((order + 0.5) / samples**2).astype(np.float32)


def light_direction(lighting: Lighting) -> np.ndarray:
    """Return the (3,) unit direction to the key light."""
    return np.asarray(lighting.direction, np.float32) / np.float32(np.linalg.norm(lighting.direction))


def softbox(light: np.ndarray) -> np.ndarray:
    """Return the (3,) unit direction of the window that eyes and lenses mirror, from that of the key light."""
    direction = light - np.array([0, 0, WINDOW_SHIFT], np.float32)
    return direction / np.linalg.norm(direction)


def specular(
    normals: np.ndarray,
    view: np.ndarray,
    light: np.ndarray,
    roughness: np.ndarray | np.floating,
    reflectance: np.ndarray | np.floating,
) -> np.ndarray:
    """Return the highlight of GGX, (M,) or the shape of `reflectance` where that has channels."""
    halfway = halfway_directions(view, light)
    aligned = np.maximum(np.einsum("ij,ij->i", normals, halfway), 0)
    glancing = np.maximum(np.einsum("ij,ij->i", view, halfway), 0)
    a = roughness * roughness
    lobe = a / (aligned * aligned * (a * a - 1) + 1)
    fresnel = reflectance + (1 - reflectance) * (1 - glancing) ** 5
    return np.maximum(normals @ light, 0) * lobe * lobe * fresnel / (4 * np.maximum(glancing * glancing, 0.1))


def halfway_directions(view: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Return the unit directions (M, 3) between the viewer's (M, 3) and the light's (3,)."""
    halfway = view + light
    return halfway / np.maximum(np.linalg.norm(halfway, axis=1, keepdims=True), 1e-6)


def sky(down: np.ndarray) -> np.ndarray:
    """Return the colour of the sky (M, 3) in directions whose y is `down` (M,)."""
    above, below = np.array(SKY_ABOVE, np.float32), np.array(SKY_BELOW, np.float32)
    return above + (below - above) * (0.5 + 0.5 * down[:, None])


def _materials(surfaces: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return wrap (M, 3), roughness, reflectance, sheen and window (M,) of each fragment."""
    names = {SKIN: "SKIN", EYE: "EYE", TEETH: "MOUTH", TONGUE: "MOUTH", LASH: "LASH"}
    ordered = [MATERIALS[names[surface]] for surface in range(len(names))]
    table = np.array(
        [(*one.wrap, one.roughness, one.reflectance, one.sheen, one.window) for one in ordered], np.float32
    )
    rows = table[surfaces]  # (M, 7)
    return rows[:, :3], *rows[:, 3:].T


def _gloss(texels: np.ndarray, look: Look, finish: Finish) -> np.ndarray:
    """Return (M,) `gloss` of this module's formula."""
    lip, brow, hair, iris, detail, paint = (
        texels[:, CHANNEL[name]] for name in ("lip", "brow", "hair", "iris", "detail", "paint")
    )
    has_covers = texels.shape[1] > CHANNEL["lip_make_up"]
    beard, lip_make_up = (texels[:, CHANNEL[name]] if has_covers else 0.0 for name in ("beard", "lip_make_up"))
    bare = 1 - np.maximum(iris, paint)
    pores = PORE_GLOSS * (2 * detail - 1) * (2 * look.skin.pores) * bare
    hairy = np.maximum(np.maximum(hair, brow), beard)
    make_up = MAKE_UP_GLOSS * finish.lip_gloss * lip_make_up
    return np.maximum(1 - HAIR_MATTNESS * hairy + LIP_GLOSS * lip + make_up + pores, 0)
