"""Bakes the pictures that other programs want: albedo, tangent-space normals and roughness of one head's skin."""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from facewright.datatypes import PART_NAMES, Look, PhotoSkin
from facewright.rig.appearance import (
    CHANNEL,
    CHANNELS,
    COVER_CHANNELS,
    LAYER_CHANNELS,
    RELIEF_SCALE,
    MakeUp,
    compose,
    joined_channels,
)
from facewright.rig.nouns import SURFACES, StyleGroup
from facewright.rig.styles import read_layer, worn_choice

if TYPE_CHECKING:
    from facewright.rig.nouns import Appearance, Mesh

SKIN_ROUGHNESS, OILY_ROUGHNESS = 0.54, 0.42
"""Of plain skin, and of forehead, nose and chin."""

DRY_WITH_AGE, PORE_ROUGHNESS = 0.06, 0.35
"""What age adds to the roughness, and pores by the darkness of the detail."""

ROUGHNESS = {"lip": 0.38, "hair": 0.72, "brow": 0.70, "beard": 0.66, "iris": 0.10, "paint": 0.30, "eye_make_up": 0.60}
"""Of what covers the skin, by channel."""

LIP_MAKE_UP_ROUGHNESS, LIP_GLOSS_ROUGHNESS = 0.48, 0.14
"""Of matt lip make-up and of the glossiest."""

FINE_DARKNESS = (-0.08, 0.25)
"""Logarithms of darkness that are believed to be relief; what is finely lighter stands out less than pits go in."""

PHOTO_DEPTH, PHOTO_ROUGHNESS = 1.6, 0.4
"""Depth in texels, and roughness, for each unit of that darkness."""

FIELD_STEP = 2
"""Texels of the texture for each that slowly changing fields are interpolated at."""

RASTER_TRIANGLES = 2000
"""Triangles that are rasterised at once."""

EYES_MM = 57.7
"""Distance of the eyes' middles for which the oily zones are written down."""


def bake_albedo(
    appearance: "Appearance", look: Look, styles: tuple[StyleGroup, ...] = (), side: int = 1024
) -> np.ndarray:
    """Bake the albedo texture of a head: skin, freckles, age, and all that its style paints.

    Args:
        appearance: The rig's paint.
        look: Colours, skin and style.
        styles: The rig's choice parameters.
        side: Side of the texture in px.

    Returns:
        (side, side, 4) uint8 sRGB and alpha, row 0 at v = 1.

    Raises:
        RigInvalid: The rig has no such choice, or its layer is damaged.
    """
    texels, make_up, _ = _covered_texels(appearance, look, styles)
    if look.photo_skin is not None:
        texels = joined_channels(_resized(texels, side), _resized(look.photo_skin.layer / np.float32(255), side))
    return _bytes(_resized(compose(texels, look, make_up), side))


def bake_plain_skin(appearance: "Appearance", look: Look, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Bake what lies under everything that a style paints: skin, lips, shades; and its pores apart from it.

    Args:
        appearance: The rig's paint.
        look: Colours and skin.
        side: Side of the texture in px.

    Returns:
        (side, side, 3) float32 sRGB without pores and mottling, and (side, side) float32 the factor that they are.
    """
    marks = () if appearance.marks is None else (appearance.marks,)
    texels = joined_channels(appearance.masks, *marks).astype(np.float32) / 255.0
    detail = texels[..., CHANNEL["detail"]].copy()
    texels[..., CHANNEL["detail"]] = 0.5
    for name in ("brow", "hair"):
        texels[..., CHANNEL[name]] *= appearance.labels == PART_NAMES.index("lashes")
    bare = 1 - np.maximum(texels[..., CHANNEL["iris"]], texels[..., CHANNEL["paint"]])
    grain = 1 + (2 * detail - 1) * (1 + (2 * look.skin.pores - 1) * bare)
    return _resized(compose(texels, look)[..., :3], side), _resized(grain, side)


def bake_normal_map(appearance: "Appearance", mesh: "Mesh", look: Look, side: int = 1024) -> np.ndarray:
    """Bake wrinkles and pores into a normal map in the tangent space of the texture (+Y up, as OpenGL and glTF).

    Where the look has a photo skin, what is finely darker than around it is taken for deeper: a guess.

    Args:
        appearance: The rig's paint.
        mesh: The rig's neutral head.
        look: How much there is of each, and the photo skin.
        side: Side of the texture in px.

    Returns:
        (side, side, 3) uint8 RGB, row 0 at v = 1; (128, 128, 255) where the skin is smooth.
    """
    height = len(appearance.masks)
    slopes = np.zeros((height, height, 2), np.float32)
    if appearance.relief is not None:
        relief = (appearance.relief.astype(np.float32) - 128.0) * np.float32(RELIEF_SCALE / 127.0)
        slopes = look.skin.wrinkles * relief[..., :2] + look.skin.pores * relief[..., 2:]
        turn = _frame_turn(appearance, mesh)  # (S, S, 2) cosine and sine from the texture's axes to those of the relief
        along = turn[..., 0] * slopes[..., 0] - turn[..., 1] * slopes[..., 1]
        slopes = np.stack([along, turn[..., 1] * slopes[..., 0] + turn[..., 0] * slopes[..., 1]], axis=-1)
    slopes = _resized(slopes, side)
    if look.photo_skin is not None:
        raised = PHOTO_DEPTH * fine_darkness(look.photo_skin, side) * look.photo_share
        slopes = slopes - np.stack([np.gradient(raised, axis=1), -np.gradient(raised, axis=0)], axis=-1)
    normals = np.concatenate([-slopes, np.ones((side, side, 1), np.float32)], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.clip(np.round(normals * 127.0 + 128.0), 0, 255).astype(np.uint8)


def bake_roughness(
    appearance: "Appearance", mesh: "Mesh", look: Look, styles: tuple[StyleGroup, ...] = (), side: int = 1024
) -> np.ndarray:
    """Bake how rough each texel is: oily forehead, nose and chin, moist lips and mouth, dull hair.

    Args:
        appearance: The rig's paint.
        mesh: The rig's neutral head.
        look: Colours, skin and style.
        styles: The rig's choice parameters.
        side: Side of the texture in px.

    Returns:
        (side, side) uint8, 255 for roughness 1, row 0 at v = 1.

    Raises:
        RigInvalid: The rig has no such choice, or its layer is damaged.
    """
    texels, _, gloss = _covered_texels(appearance, look, styles)
    m = {name: texels[..., index] for index, name in enumerate(CHANNELS[: texels.shape[-1]])}
    oily = _oily_zones(appearance, mesh)
    rough = SKIN_ROUGHNESS + (OILY_ROUGHNESS - SKIN_ROUGHNESS) * oily + DRY_WITH_AGE * look.skin.wrinkles
    rough = rough - PORE_ROUGHNESS * (2 * m["detail"] - 1) * 2 * look.skin.pores
    for name, value in ROUGHNESS.items():
        rough = rough + (value - rough) * m[name]
    made_up = LIP_MAKE_UP_ROUGHNESS + (LIP_GLOSS_ROUGHNESS - LIP_MAKE_UP_ROUGHNESS) * gloss
    rough = rough + (made_up - rough) * m["lip_make_up"]
    rough = _resized(rough, side)
    if look.photo_skin is not None:
        rough = rough + PHOTO_ROUGHNESS * look.photo_share * fine_darkness(look.photo_skin, side)
    return _bytes(np.clip(rough, 0, 1))


def fine_darkness(photo_skin: PhotoSkin, side: int) -> np.ndarray:
    """Return (side, side) float32 how much darker than around it each texel of a photo skin is: pores, lines, spots."""
    layer = _resized(photo_skin.layer.astype(np.float32) / 255.0, side)
    scale = side / 1024
    tone = np.log(np.maximum(layer[..., :3].mean(-1), 0.02))
    fine = cv2.GaussianBlur(tone, (0, 0), 3.0 * scale) - cv2.GaussianBlur(tone, (0, 0), 0.6 * scale)
    return np.clip(fine, *FINE_DARKNESS) * layer[..., 3]


def rasterise(
    uv: np.ndarray, triangles: np.ndarray, attributes: np.ndarray, side: int
) -> tuple[np.ndarray, np.ndarray]:
    """Interpolate per-vertex attributes into the texels of the atlas.

    Args:
        uv: (m, 2) in [0, 1], v up.
        triangles: (n, 3) into the rows of `uv` and `attributes`.
        attributes: (m, C).
        side: Side of the atlas in px.

    Returns:
        (side, side, C) float32 values at texel centres and (side, side) int32 triangle index, -1 outside.
    """
    values = np.zeros((side, side, attributes.shape[1]), np.float32)
    owner = np.full((side, side), -1, np.int32)
    pixels = np.stack([uv[:, 0], 1.0 - uv[:, 1]], axis=1) * side - 0.5
    corners = pixels[triangles]  # (n, 3, 2)
    low = np.maximum(np.floor(corners.min(1)).astype(int), 0)
    extent = np.minimum(np.ceil(corners.max(1)).astype(int), side - 1) - low + 1
    edges = corners[:, 1:] - corners[:, :1]
    double_area = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    drawn = np.flatnonzero((np.abs(double_area) >= 1e-12) & (extent > 0).all(1))
    for part in np.array_split(drawn, max(1, len(drawn) // RASTER_TRIANGLES)):
        counts = extent[part].prod(1)
        face = np.repeat(part, counts)
        number = np.arange(len(face)) - np.repeat(np.cumsum(counts) - counts, counts)
        x, y = low[face, 0] + number % extent[face, 0], low[face, 1] + number // extent[face, 0]
        offset = np.stack([x, y], axis=1) - corners[face, 0]
        second, third = edges[face, 0], edges[face, 1]
        w_b = (offset[:, 0] * third[:, 1] - offset[:, 1] * third[:, 0]) / double_area[face]
        w_c = (second[:, 0] * offset[:, 1] - second[:, 1] * offset[:, 0]) / double_area[face]
        inside = (w_b >= -1e-6) & (w_c >= -1e-6) & (w_b + w_c <= 1 + 1e-6)
        face, x, y = face[inside], x[inside], y[inside]
        weights = np.stack([1 - w_b - w_c, w_b, w_c], axis=-1)[inside]
        values[y, x] = np.einsum("mk,mkc->mc", weights, attributes[triangles[face]])
        owner[y, x] = face
    return values, owner


def _covered_texels(
    appearance: "Appearance", look: Look, styles: tuple[StyleGroup, ...]
) -> tuple[np.ndarray, MakeUp, float]:
    """Return (S, S, 18) float32 channels in [0, 1] with the layers of a look's style, its make-up and its lip gloss."""
    masks = appearance.masks
    marks = np.zeros((*masks.shape[:2], 3), np.uint8) if appearance.marks is None else appearance.marks
    covers = np.zeros((*masks.shape[:2], len(COVER_CHANNELS)), np.uint8)
    texels = joined_channels(masks, marks, covers).astype(np.float32) / 255.0
    on_skin = appearance.labels != PART_NAMES.index("lashes")
    colours, gloss = {}, 0.0
    for group in styles:
        if group.name not in LAYER_CHANNELS:
            continue
        channel = texels[..., CHANNEL[LAYER_CHANNELS[group.name]]]
        channel[on_skin] = 0.0
        choice = worn_choice(group, look.style)
        if choice.layer is not None:
            layer = read_layer(choice.layer)
            rows, columns = layer.coverage.shape
            box = np.s_[layer.top : layer.top + rows, layer.left : layer.left + columns]
            channel[box] = np.where(on_skin[box], layer.coverage / np.float32(255.0), channel[box])
            colours[group.name] = choice.colour or (0.0, 0.0, 0.0)
            gloss = choice.gloss if group.name == "lips" else gloss
    return texels, MakeUp(**{name: colours[name] for name in ("lips", "eyes") if name in colours}), gloss


def _frame_turn(appearance: "Appearance", mesh: "Mesh") -> np.ndarray:
    """Return (S, S, 2) cosine and sine of the angle from the texture's u axis to the horizontal axis of the relief."""
    vertex, triangles = appearance.render_vertex, appearance.render_triangles
    uv, vertices = appearance.uv.astype(np.float64), mesh.vertices_m.astype(np.float64)[vertex]
    first, second = (uv[triangles[:, k]] - uv[triangles[:, 0]] for k in (1, 2))
    edges = [vertices[triangles[:, k]] - vertices[triangles[:, 0]] for k in (1, 2)]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    tangent = (edges[0] * second[:, 1:] - edges[1] * first[:, 1:]) * np.sign(area)[:, None]
    normal = np.cross(edges[0], edges[1])
    tangents, normals = np.zeros((len(uv), 3)), np.zeros((len(mesh.vertices_m), 3))
    for k in range(3):
        np.add.at(tangents, triangles[:, k], tangent)
        np.add.at(normals, vertex[triangles[:, k]], normal)
    normals = _unit(normals[vertex])
    tangents = _unit(tangents - normals * (tangents * normals).sum(1, keepdims=True))
    across = _unit(np.cross([0.0, 0.0, 1.0], normals))
    turn = np.stack([(across * tangents).sum(1), (across * np.cross(normals, tangents)).sum(1)], axis=1)
    return _unit(_smooth_field(appearance, turn))


def _oily_zones(appearance: "Appearance", mesh: "Mesh") -> np.ndarray:
    """Return (S, S) how oily the skin is, 0 to 1: the middle of the forehead, the nose and the chin."""
    eyes = mesh.vertices_m[mesh.surfaces == SURFACES.index("eye")].astype(np.float64)
    if not len(eyes):
        return np.zeros(appearance.masks.shape[:2], np.float32)
    left, right = (eyes[eyes[:, 0] * sign > 0].mean(0) for sign in (1, -1))
    place = (mesh.vertices_m - (left + right) / 2) * (EYES_MM / np.linalg.norm(left - right))
    place = _smooth_field(appearance, place[appearance.render_vertex])
    x, forward, up = place[..., 0], -place[..., 1], place[..., 2]
    brow = np.exp(-((x / 28) ** 2) - ((up - 40) / 20) ** 2) * (forward > -25)
    nose = np.exp(-((x / 13) ** 2) - ((up + 24) / 24) ** 2) * (forward > 5)
    chin = 0.7 * np.exp(-((x / 15) ** 2) - ((up + 98) / 9) ** 2) * (forward > -5)
    return np.clip(brow + nose + chin, 0, 1).astype(np.float32)


def _smooth_field(appearance: "Appearance", attributes: np.ndarray) -> np.ndarray:
    """Return (S, S, C) of what changes slowly over the texture, interpolated from render vertices (Vr, C)."""
    side = len(appearance.masks)
    coarse, _ = rasterise(appearance.uv, appearance.render_triangles, attributes, -(-side // FIELD_STEP))
    return cv2.resize(coarse, (side, side), interpolation=cv2.INTER_LINEAR)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _resized(picture: np.ndarray, side: int) -> np.ndarray:
    if len(picture) == side:
        return picture
    way = cv2.INTER_AREA if side < len(picture) else cv2.INTER_LINEAR
    return cv2.resize(np.asarray(picture, np.float32), (side, side), interpolation=way)


def _bytes(values: np.ndarray) -> np.ndarray:
    return (values * 255.0 + 0.5).astype(np.uint8)
