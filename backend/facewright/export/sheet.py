"""Composes pictures for people: captioned panels, and a wireframe with the bones in it."""

import colorsys
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facewright.datatypes import Camera
from facewright.engine.cameras import project
from facewright.rig.nouns import Rig

PAPER = (246, 246, 244)
INK = (40, 42, 46)
WIRE = (150, 155, 162)
GAP_PX = 8
FINE = 2
"""Drawings are made this many times larger and scaled down."""


def compose_sheet(panels: Sequence[tuple[str, np.ndarray]], columns: int = 3, tile_px: int = 512) -> np.ndarray:
    """Lay pictures out in a grid, each in a square tile over its caption.

    Args:
        panels: Caption and RGB uint8 picture (H, W, 3) of any size; pictures are fitted into their tile.
        columns: Tiles in a row; fewer when there are fewer panels.
        tile_px: Side of a tile.

    Returns:
        (height, width, 3) RGB uint8.

    Raises:
        ValueError: There is no panel.
    """
    if not panels:
        raise ValueError("a sheet needs at least one panel")
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    caption_px = max(18, tile_px // 16)
    pitch = (tile_px + GAP_PX, tile_px + caption_px + GAP_PX)
    sheet = Image.new("RGB", (columns * pitch[0] + GAP_PX, rows * pitch[1] + GAP_PX), PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(caption_px * 0.66)
    for index, (caption, picture) in enumerate(panels):
        left = GAP_PX + index % columns * pitch[0]
        top = GAP_PX + index // columns * pitch[1]
        tile = _fit(picture, tile_px)
        corner = (left + (tile_px - tile.shape[1]) // 2, top + (tile_px - tile.shape[0]) // 2)
        sheet.paste(Image.fromarray(tile), corner)
        text = _shorten(caption, tile_px, font)
        draw.text((left + tile_px / 2, top + tile_px + caption_px / 2), text, INK, font, anchor="mm")
    return np.asarray(sheet)


def bone_ends(rig: Rig, pose_matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the posed heads and tails of all bones.

    Args:
        rig: The rig.
        pose_matrices: (J, 4, 4) world from posed bone, as `RigDecoder.pose_matrices` gives them.

    Returns:
        (J, 3) heads and (J, 3) tails in metres.
    """
    lengths = np.array([np.linalg.norm(np.subtract(bone.tail, bone.head)) for bone in rig.bones])
    heads = pose_matrices[:, :3, 3]
    return heads, heads + pose_matrices[:, :3, 1] * lengths[:, None]


def draw_wireframe_with_bones(
    rig: Rig, vertices_m: np.ndarray, heads_m: np.ndarray, tails_m: np.ndarray, camera: Camera
) -> np.ndarray:
    """Draw the edges that the camera sees, and over them every bone in its region's colour.

    Args:
        rig: The rig.
        vertices_m: (V, 3) posed vertices.
        heads_m: (J, 3) posed bone heads.
        tails_m: (J, 3) posed bone tails.
        camera: Where from, and the size of the picture.

    Returns:
        (H, W, 3) RGB uint8.
    """
    width, height = camera.size_px
    canvas = np.full((height * FINE, width * FINE, 3), PAPER, np.uint8)
    pixels = _subpixels(camera, vertices_m)
    _, depth = project(camera, np.asarray(vertices_m, np.float64))
    for face in np.argsort(-np.asarray(depth)[rig.mesh.triangles].mean(1), kind="stable"):
        corners = pixels[rig.mesh.triangles[face]]
        first, second = (corners[1:] - corners[0]).astype(np.int64)
        if first[0] * second[1] - first[1] * second[0] < 0:
            cv2.fillConvexPoly(canvas, corners, PAPER, cv2.LINE_8, 4)
            cv2.polylines(canvas, [corners], True, WIRE, 1, cv2.LINE_AA, 4)
    regions = sorted({bone.region for bone in rig.bones})
    ends = zip(_subpixels(camera, heads_m), _subpixels(camera, tails_m), strict=True)
    for bone, (head, tail) in zip(rig.bones, ends, strict=True):
        _draw_bone(canvas, head, tail, _colour(regions.index(bone.region), len(regions)))
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)


def _draw_bone(canvas: np.ndarray, head: np.ndarray, tail: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Draw a bone as Blender does: a slender kite, thickest near its head."""
    along = (tail - head).astype(float)
    length = np.linalg.norm(along)
    if length > 32:
        across = np.array([-along[1], along[0]]) / length * min(0.10 * length, 64.0)
        waist = head + along * 0.14
        kite = np.round([head, waist + across, tail, waist - across]).astype(np.int32)
        cv2.fillPoly(canvas, [kite], colour, cv2.LINE_AA, 4)
        cv2.polylines(canvas, [kite], True, tuple(int(0.6 * value) for value in colour), 1, cv2.LINE_AA, 4)
    cv2.circle(canvas, tuple(int(value) for value in head), 40, colour, -1, cv2.LINE_AA, 4)


def _subpixels(camera: Camera, points_m: np.ndarray) -> np.ndarray:
    """Return (n, 2) positions on the enlarged canvas in sixteenths of a pixel, as cv2 draws with a shift of 4."""
    pixels, _ = project(camera, np.asarray(points_m, np.float64))
    return np.clip(np.round((np.asarray(pixels) * FINE - 0.5) * 16), -(2**20), 2**20).astype(np.int32)


def _colour(index: int, count: int) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(index / max(count, 1), 0.72, 0.86)
    return round(red * 255), round(green * 255), round(blue * 255)


def _fit(picture: np.ndarray, side: int) -> np.ndarray:
    height, width = picture.shape[:2]
    factor = side / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if size == (width, height):
        return picture
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def _shorten(caption: str, width: float, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    if font.getlength(caption) <= width:
        return caption
    while caption and font.getlength(caption + "…") > width:
        caption = caption[:-1]
    return caption + "…"
