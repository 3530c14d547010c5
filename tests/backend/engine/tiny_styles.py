"""Styles for the tiny head: layers at known texels, a card of strands and a pair of glasses with known numbers."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

from backend.engine.tiny_head import SIDE, tiny_rig
from facewright.datatypes import PosedPiece
from facewright.rig.nouns import Bone, Choice, StyleGroup
from facewright.rig.styles import read_piece

CARD = (-0.03, 0.03, 1.44, 1.56)
"""Left, right, bottom, top of the card of strands in m; it stands in front of everything."""

CARD_Y = -0.15
LENS_BOX = (0.035, 0.075, 1.50, 1.54)
BOXES = {"hair": (20, 2, 44, 10), "brows": (40, 14, 50, 20), "beard": (14, 22, 30, 28), "lips": (34, 22, 46, 28)}
"""Left, top, right, bottom of what the layers cover, in px of the face texture."""

COVERAGES = {"hair": 255, "brows": 100, "beard": 200, "lips": 230}
LIP_MAKE_UP, FRAME = (0.7, 0.05, 0.1), (0.1, 0.3, 0.5)
HEAD_OPENNESS = 0.4


def styled_rig(folder: Path, gloss: float = 0.0) -> SimpleNamespace:
    """Return the tiny rig with a choice `worn` in each group that paints or adds something, its files in a folder."""
    rig = tiny_rig()
    rig.bones = (Bone("head", -1, np.zeros(3), np.array([0, 0, 1.0]), 0.0, "head"),)
    for group, box in BOXES.items():
        write_layer(folder / f"{group}.png", box, COVERAGES[group])
    write_card(folder / "hair.safetensors", len(rig.mesh.vertices_m))
    write_glasses(folder / "glasses.safetensors", len(rig.mesh.vertices_m))
    write_strands(folder / "strands.png")
    groups = []
    for group in ("hair", "brows", "beard", "lips", "glasses"):
        colour = {"lips": LIP_MAKE_UP, "glasses": FRAME}.get(group)
        layer, piece = folder / f"{group}.png", folder / f"{group}.safetensors"
        worn = Choice(
            "worn", "Worn", colour, gloss, (1.0, 1.0), (18.0, 90.0),
            layer if layer.is_file() else None, piece if piece.is_file() else None,
        )  # fmt: skip
        none = Choice("none", "None", None, 0.0, (1.0, 1.0), (18.0, 90.0), None, None)
        texture = folder / "strands.png" if group == "hair" else None
        groups.append(StyleGroup(group, group, "none", (none, worn), texture))
    rig.styles = tuple(groups)
    return rig


def write_layer(path: Path, box: tuple[int, int, int, int], coverage: int) -> None:
    """Write a layer that covers a box evenly."""
    left, top, right, bottom = box
    picture = np.zeros((SIDE, SIDE), np.uint8)
    picture[top:bottom, left:right] = coverage
    Image.fromarray(picture).save(path)


def write_strands(path: Path) -> None:
    """Write 16 x 16 texels of even strands, opaque on the left half and a little over half opaque on the right."""
    picture = np.zeros((16, 16, 4), np.uint8)
    picture[..., 0], picture[..., 1], picture[..., 2], picture[..., 3] = 160, 51, 128, 255
    picture[:, 8:, 3] = 140
    Image.fromarray(picture, "RGBA").save(path)


def write_card(path: Path, head_vertices: int) -> None:
    """Write an upright card whose left half (u below a half) is opaque."""
    left, right, bottom, top = CARD
    corners = np.array([[left, CARD_Y, bottom], [right, CARD_Y, bottom], [right, CARD_Y, top], [left, CARD_Y, top]])
    uv = np.array([[0.05, 0.05], [0.95, 0.05], [0.95, 0.95], [0.05, 0.95]])
    write_piece(path, corners, uv, np.zeros(2, np.uint8), head_vertices)


def write_glasses(path: Path, head_vertices: int) -> None:
    """Write a lens with a frame below it."""
    left, right, bottom, top = LENS_BOX
    lens = np.array([[left, CARD_Y, bottom], [right, CARD_Y, bottom], [right, CARD_Y, top], [left, CARD_Y, top]])
    frame = lens * [1, 1, 0] + np.array([0, 0, 1]) * (bottom - 0.02 * np.array([1, 1, 0, 0]))[:, None]
    corners = np.concatenate([lens, frame])
    write_piece(path, corners, np.zeros((8, 2)), np.array([1, 1, 0, 0], np.uint8), head_vertices)


def write_piece(path: Path, corners: np.ndarray, uv: np.ndarray, material: np.ndarray, head_vertices: int) -> None:
    """Write quads that face -Y as a piece on one bone."""
    count = len(corners)
    quad = np.array([[0, 1, 2], [0, 2, 3]])
    arrays = {
        "vertices_m": corners.astype(np.float32),
        "normals": np.tile(np.float32([0, -1, 0]), (count, 1)),
        "triangles": np.concatenate([quad + first for first in range(0, count, 4)]).astype(np.int32),
        "uv": uv.astype(np.float32),
        "material": material,
        "indices": np.zeros((count, 1), np.uint8),
        "weights": np.ones((count, 1), np.float32),
        "anchor_triangle": np.zeros(count, np.int32),
        "anchor_barycentric": np.tile(np.float32([1, 0, 0]), (count, 1)),
        "follow": np.zeros(count, np.float32),
        "openness": np.full(count, 204, np.uint8),
        "head_openness": np.full(head_vertices, round(255 * HEAD_OPENNESS), np.uint8),
    }
    save_file(arrays, path)


def worn_pieces(rig: SimpleNamespace, *groups: str) -> tuple[PosedPiece, ...]:
    """Return the pieces of groups where they are at rest."""
    posed = []
    for group in groups:
        path = next(one for one in rig.styles if one.name == group).choices[1].piece
        piece = read_piece(path, 1, len(rig.mesh.triangles), len(rig.mesh.vertices_m))
        posed.append(PosedPiece(group, "worn", piece.vertices_m, piece.normals))
    return tuple(posed)


def texel_point(column: float, row: float) -> np.ndarray:
    """Return the world point of the ball that wears a texel of the face texture, m."""
    azimuth, polar = 2 * np.pi * column / SIDE, np.pi * row / (SIDE / 2)
    outward = [np.sin(polar) * np.sin(azimuth), np.sin(polar) * np.cos(azimuth), np.cos(polar)]
    return np.array([0, 0, 1.5]) + 0.1 * np.array(outward)
