"""Light of what heads wear (hair, beard, frames, lenses): shaders/strands.glsl and lens.frag.glsl as formulas.

Hair and beard. Strands hold detail d, shade s and a number i of their own, each in [0, 1]. They lie in the surface at
a turn from its fall line, unit(n (n.up) - up), and agree with their neighbours by a, 0 to 1. With the direction t of a
strand, and l, v, h and the openness o as in shading.py:

    albedo    = linear(clip(colour 2 d mix(1, SHADE_TINT, s), 0, 1)) + STRAND_GREY d (1 - s)
    hue       = mix(1, albedo / (max(albedo) + 0.01), FIRST_HUE)
    diffuse   = clamp((n.l + STRAND_WRAP) / (1 + STRAND_WRAP), 0, 1)
    lit       = clamp(2 n.l + 0.6, 0, 1) o
    lobe(e,x) = smoothstep(-1, 0, t'.h) (1 - (t'.h)^2)^(e / 2)         t' = unit(t + (x + STRAND_SPREAD (i - 0.5)) n)
    first     = lobe(FIRST_EXPONENT, FIRST_SHIFT)                      light mirrored on the strands
    second    = lobe(SECOND_EXPONENT, SECOND_SHIFT)                    light that went through them, so it has a colour
    shine     = a (FIRST_STRENGTH hue first + SECOND_STRENGTH (0.5 + i) second (albedo + SECOND_WHITE))
    light     = key mix(1, o, STRAND_OCCLUSION)
    colour    = albedo (light diffuse STRAND_DIFFUSE + ambient sky(n) o (1 + STRAND_RIM (1 - n.v)^4))
                + light lit shine (1 - 0.7 s)

The normal is that of the whole mass; it turns around only where it points well away from the viewer. Frames are dark
plastic or bright metal: their reflectance is the larger of FRAME_REFLECTANCE and FRAME_METAL times the albedo. A lens
adds what it mirrors of sky and window, never more than LENS_MAXIMUM, by screen blending over the finished picture.

Source: Kajiya and Kay 1989; Scheuermann 2004 (Practical Real-Time Hair Rendering and Shading).
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from facewright.datatypes import PART_NAMES, Lighting, Look
from facewright.engine.mesh import BEARD, FRAME, HAIR
from facewright.engine.shading import (
    KEY_OCCLUSION,
    SPECULAR_MAXIMUM,
    Finish,
    encoded,
    halfway_directions,
    light_direction,
    quick_linear_from_srgb,
    sky,
    softbox,
    specular,
)
from facewright.engine.smoothstep import smoothstep
from facewright.rig.appearance import SHADE_TINT
from facewright.rig.nouns import Piece

TURN_NEIGHBOURS = 24
"""Vertices whose strands count as one for light."""

STRAND_WRAP = 0.5
STRAND_GREY = 0.011
STRAND_DIFFUSE = 0.9
STRAND_OCCLUSION = 0.8
STRAND_FLIP = -0.17
STRAND_SPREAD = 0.35
STRAND_RIM = 0.6
FIRST_SHIFT = -0.10
FIRST_EXPONENT = 70.0
FIRST_STRENGTH = 0.11
FIRST_HUE = 0.45
SECOND_SHIFT = 0.12
SECOND_EXPONENT = 14.0
SECOND_STRENGTH = 0.7
SECOND_WHITE = 0.04
FRAME_REFLECTANCE = 0.05
FRAME_METAL = 0.7
FRAME_ROUGHNESS = 0.35
LENS_REFLECTANCE = 0.04
LENS_SHEEN = 0.35
LENS_WINDOW = (0.90, 0.99)
LENS_GLARE = 0.10
LENS_MAXIMUM = 0.25


@dataclass(frozen=True, eq=False)
class PieceFragments:
    """Visible samples of pieces to shade, M of them.

    Attributes:
        surfaces: (M,) HAIR, BEARD or FRAME.
        normals: (M, 3) float32 unit normals in camera space.
        positions: (M, 3) float32 camera space.
        openness: (M,) float32.
        strands: (M, 3) float32 detail, shade and number in [0, 1].
        turns: (M, 2) float32 as `strand_turns` measures them.
    """

    surfaces: np.ndarray
    normals: np.ndarray
    positions: np.ndarray
    openness: np.ndarray
    strands: np.ndarray
    turns: np.ndarray


def shade_pieces(
    fragments: PieceFragments, look: Look, lighting: Lighting, finish: Finish, up: np.ndarray
) -> np.ndarray:
    """Shade fragments by the formulas of this module.

    Args:
        fragments: What to shade.
        look: Colours of hair and beard.
        lighting: Light in camera space.
        finish: Colour of the frame.
        up: (3,) the world's up in camera space.

    Returns:
        (M, 3) float32 sRGB in [0, 1].
    """
    is_frame = (fragments.surfaces == FRAME)[:, None]
    strands = _strand_light(fragments, look, lighting, np.asarray(up, np.float32))
    return encoded(np.where(is_frame, _frame_light(fragments, lighting, finish), strands))


def piece_labels(surfaces: np.ndarray) -> np.ndarray:
    """Return the labels of fragments of pieces, (M,) uint8, from their surfaces (M,)."""
    names = {HAIR: "hair", BEARD: "beard", FRAME: "glasses"}
    table = np.zeros(max(names) + 1, np.uint8)
    table[list(names)] = [PART_NAMES.index(name) for name in names.values()]
    return table[surfaces]


def strand_turns(piece: Piece) -> np.ndarray:
    """Measure at each vertex of a piece at rest how far strands turn away from the fall line, telling no ends apart.

    Strands run along v of the texture. Their turn is averaged over the triangles and over the strands nearby, because
    light sees the mass, not single cards; turned by the head it stays what it is.

    Args:
        piece: The piece.

    Returns:
        (n, 2) float32 cosine and sine of twice the angle, times how much the strands agree, 0 to 1.
    """
    corners, up = piece.triangles, np.array([0.0, 0.0, 1.0], np.float32)
    first, second = (piece.vertices_m[corners[:, i]] - piece.vertices_m[corners[:, 0]] for i in (1, 2))
    u = piece.uv[corners, 0]
    along = first * (u[:, 2] - u[:, 0])[:, None] - second * (u[:, 1] - u[:, 0])[:, None]  # (t, 3) u stays the same
    turns = np.zeros((len(piece.vertices_m), 2))
    for corner in corners.T:
        fall = fall_lines(piece.normals[corner], up)
        x = np.einsum("ij,ij->i", along, fall)
        y = np.einsum("ij,ij->i", along, np.cross(piece.normals[corner], fall))
        size = np.sqrt(np.maximum(x * x + y * y, 1e-24))
        np.add.at(turns, corner, np.stack([x * x - y * y, 2 * x * y], axis=1) / size[:, None])
    turns /= np.maximum(np.linalg.norm(turns, axis=1, keepdims=True), 1e-12)
    near = cKDTree(piece.vertices_m).query(piece.vertices_m, k=min(TURN_NEIGHBOURS, len(turns)))[1]
    return turns[near.reshape(len(turns), -1)].mean(axis=1).astype(np.float32)


def lens_reflection(normals: np.ndarray, positions: np.ndarray, lighting: Lighting) -> np.ndarray:
    """Return the light (M, 3) that a lens mirrors, ready for screen blending.

    Args:
        normals: (M, 3) unit, camera space.
        positions: (M, 3) m, camera space.
        lighting: Light in camera space.
    """
    view = -positions / np.linalg.norm(positions, axis=1, keepdims=True)
    toward = np.einsum("ij,ij->i", normals, view)[:, None]
    normals, toward = np.where(toward < 0, -normals, normals), np.abs(toward)
    mirrored = 2 * toward * normals - view
    share = LENS_REFLECTANCE + LENS_SHEEN * (1 - toward) ** 3
    window = smoothstep(*LENS_WINDOW, mirrored @ softbox(light_direction(lighting)))[:, None]
    light = share * np.asarray(lighting.ambient, np.float32) * sky(mirrored[:, 1])
    return np.minimum(light + LENS_GLARE * window * np.asarray(lighting.key, np.float32), LENS_MAXIMUM)


def fall_lines(normals: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Return the unit directions (M, 3) in which surfaces of normals (M, 3) fall off; none where they are level."""
    fall = normals * (normals @ up)[:, None] - up
    return fall / np.maximum(np.linalg.norm(fall, axis=1, keepdims=True), 1e-4)


def _strand_light(fragments: PieceFragments, look: Look, lighting: Lighting, up: np.ndarray) -> np.ndarray:
    light, view = light_direction(lighting), -fragments.positions
    view = view / np.linalg.norm(view, axis=1, keepdims=True)
    normals, fall = fragments.normals, fall_lines(fragments.normals, up)
    agreement = np.linalg.norm(fragments.turns, axis=1, keepdims=True)
    cosine = fragments.turns[:, :1] / np.maximum(agreement, 1e-4)
    sine = np.sqrt(np.maximum(0.5 - 0.5 * cosine, 0)) * np.where(fragments.turns[:, 1:] < 0, -1, 1)
    strand = fall * np.sqrt(np.maximum(0.5 + 0.5 * cosine, 0)) + np.cross(normals, fall) * sine
    away = np.einsum("ij,ij->i", normals, view) < STRAND_FLIP
    normals = np.where(away[:, None], -normals, normals)

    detail, shade, number = (fragments.strands[:, i, None] for i in range(3))
    base = np.where((fragments.surfaces == BEARD)[:, None], look.colours.beard, look.colours.hair)
    base = base * (2 * detail) * (1 + (np.array(SHADE_TINT, np.float32) - 1) * shade)
    albedo = quick_linear_from_srgb(np.clip(base, 0, 1)) + STRAND_GREY * detail * (1 - shade)
    hue = 1 + (albedo / (albedo.max(axis=1, keepdims=True) + 0.01) - 1) * FIRST_HUE
    openness = fragments.openness[:, None]
    toward = (normals @ light)[:, None]
    facing = np.maximum(np.einsum("ij,ij->i", normals, view), 0)[:, None]
    diffuse = np.clip((toward + STRAND_WRAP) / (1 + STRAND_WRAP), 0, 1)
    lit = np.clip(2 * toward + 0.6, 0, 1) * openness
    key = np.asarray(lighting.key, np.float32) * (1 + (openness - 1) * STRAND_OCCLUSION)

    halfway, shift = halfway_directions(view, light), STRAND_SPREAD * (number - 0.5)
    first = _highlight(strand, normals, halfway, shift + FIRST_SHIFT, FIRST_EXPONENT)
    second = _highlight(strand, normals, halfway, shift + SECOND_SHIFT, SECOND_EXPONENT)
    shine = FIRST_STRENGTH * hue * first + SECOND_STRENGTH * (0.5 + number) * second * (albedo + SECOND_WHITE)
    rim = STRAND_RIM * (1 - facing) ** 4
    around = np.asarray(lighting.ambient, np.float32) * sky(normals[:, 1]) * openness * (1 + rim)
    return albedo * (key * diffuse * STRAND_DIFFUSE + around) + key * lit * shine * agreement * (1 - 0.7 * shade)


def _highlight(
    strand: np.ndarray, normals: np.ndarray, halfway: np.ndarray, shift: np.ndarray, exponent: float
) -> np.ndarray:
    shifted = strand + shift * normals
    shifted = shifted / np.maximum(np.linalg.norm(shifted, axis=1, keepdims=True), 1e-9)
    along = np.einsum("ij,ij->i", shifted, halfway)[:, None]
    return smoothstep(-1.0, 0.0, along) * np.maximum(1 - along * along, 0) ** (exponent / 2)


def _frame_light(fragments: PieceFragments, lighting: Lighting, finish: Finish) -> np.ndarray:
    light, view = light_direction(lighting), -fragments.positions
    view = view / np.linalg.norm(view, axis=1, keepdims=True)
    away = np.einsum("ij,ij->i", fragments.normals, view) < 0
    normals = np.where(away[:, None], -fragments.normals, fragments.normals)
    ambient = np.asarray(lighting.ambient, np.float32)
    albedo = quick_linear_from_srgb(np.array(finish.frame, np.float32))
    reflectance = np.maximum(np.array(FRAME_REFLECTANCE, np.float32), FRAME_METAL * albedo)
    openness = fragments.openness[:, None]
    key = np.asarray(lighting.key, np.float32) * (1 + (openness - 1) * KEY_OCCLUSION)
    facing = np.einsum("ij,ij->i", normals, view)[:, None]
    mirrored = 2 * facing * normals - view
    highlight = reflectance * specular(normals, view, light, np.float32(FRAME_ROUGHNESS), np.float32(1))[:, None]
    rim = reflectance + (1 - reflectance) * (1 - np.maximum(facing, 0)) ** 5 * 0.5
    diffuse = np.clip(((normals @ light)[:, None] + 0.1) / 1.1, 0, 1)
    colour = albedo * (key * diffuse + ambient * sky(normals[:, 1]) * openness)
    return colour + key * np.minimum(highlight, SPECULAR_MAXIMUM) + ambient * sky(mirrored[:, 1]) * rim * openness
