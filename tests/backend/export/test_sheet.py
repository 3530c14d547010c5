"""Sheets show every panel in its place; the wireframe shows bones and what the camera sees."""

import dataclasses

import numpy as np
import pytest

from backend.export.painted_rig import tiny_rig
from facewright.datatypes import Camera
from facewright.export.sheet import GAP_PX, PAPER, bone_ends, compose_sheet, draw_wireframe_with_bones
from facewright.rig.nouns import Mesh
from facewright.rig.skeleton import rest_matrix

CAMERA = Camera(
    np.array([[1.0, 0, 0, 0], [0, 0, -1.0, 1.6], [0, 1.0, 0, 1.0], [0, 0, 0, 1]]),
    400.0,
    np.array([60.0, 50.0]),
    (120, 100),
)
"""A metre in front of (0, 0, 1.6), looking along +Y."""


def plain(width: int, height: int, colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def test_panels_stand_in_rows_in_their_order():
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]
    sheet = compose_sheet([(str(colour), plain(64, 64, colour)) for colour in colours], columns=3, tile_px=64)
    pitch_x, pitch_y = 64 + GAP_PX, 64 + 18 + GAP_PX
    assert sheet.shape == (2 * pitch_y + GAP_PX, 3 * pitch_x + GAP_PX, 3)
    for index, colour in enumerate(colours):
        left, top = GAP_PX + index % 3 * pitch_x, GAP_PX + index // 3 * pitch_y
        tile = sheet[top : top + 64, left : left + 64]
        assert (tile == colour).all()
        caption = sheet[top + 64 : top + 64 + 18, left : left + 64]
        assert (caption < 120).all(axis=-1).any()


def test_a_picture_of_another_shape_keeps_its_proportions():
    sheet = compose_sheet([("wide", plain(200, 100, (9, 90, 200)))], tile_px=64)
    rows, columns = np.nonzero((np.abs(sheet.astype(int) - [9, 90, 200]) < 8).all(axis=-1))
    assert (np.ptp(columns) + 1, np.ptp(rows) + 1) == (64, 32)


def test_a_caption_that_is_too_long_stays_over_its_own_tile():
    short = compose_sheet([("a", plain(64, 64, (1, 2, 3))), ("", plain(64, 64, (1, 2, 3)))], tile_px=64)
    long = compose_sheet([("a" * 90, plain(64, 64, (1, 2, 3))), ("", plain(64, 64, (1, 2, 3)))], tile_px=64)
    assert (short[:, 64 + GAP_PX + GAP_PX // 2 :] == long[:, 64 + GAP_PX + GAP_PX // 2 :]).all()
    assert (short != long).any()


def test_a_sheet_without_panels_is_refused():
    with pytest.raises(ValueError, match="at least one panel"):
        compose_sheet([])


def test_bone_ends_of_the_rest_pose_are_heads_and_tails(tmp_path):
    rig = tiny_rig(tmp_path)
    rest = np.stack([rest_matrix(bone.head, bone.tail, bone.roll) for bone in rig.bones])
    heads, tails = bone_ends(rig, rest)
    np.testing.assert_allclose(heads, [bone.head for bone in rig.bones], atol=1e-9)
    np.testing.assert_allclose(tails, [bone.tail for bone in rig.bones], atol=1e-9)


def test_a_bone_is_drawn_from_its_head_to_its_tail_and_the_rest_is_paper(tmp_path):
    rig = tiny_rig(tmp_path)
    rig = dataclasses.replace(rig, bones=rig.bones[:1])
    hidden = np.full_like(rig.mesh.vertices_m, 50.0)
    picture = draw_wireframe_with_bones(rig, hidden, np.array([[0.0, 0.0, 1.6]]), np.array([[0.1, 0.0, 1.6]]), CAMERA)
    assert picture.shape == (100, 120, 3)
    drawn = (np.abs(picture.astype(int) - PAPER).sum(axis=-1) > 60).nonzero()
    assert 57 <= drawn[1].min() <= 60
    assert 98 <= drawn[1].max() <= 100
    assert abs(drawn[0].mean() - 49.5) < 1
    assert (picture[:40] == PAPER).all()


def test_what_lies_behind_a_triangle_is_hidden_and_back_faces_are_not_drawn(tmp_path):
    rig = dataclasses.replace(tiny_rig(tmp_path), bones=())
    near = np.array([[-0.1, 0.0, 1.52], [0.1, 0.0, 1.52], [0.0, 0.0, 1.7]])
    far = near.mean(0) + 0.3 * (near - near.mean(0)) + [0, 0.2, 0]
    vertices = np.concatenate([near, far])
    none = np.zeros((0, 3))

    def draw(triangles):
        mesh = Mesh(vertices, np.array(triangles, np.int32), np.zeros(6, np.uint8))
        return draw_wireframe_with_bones(dataclasses.replace(rig, mesh=mesh), vertices, none, none, CAMERA)

    alone = draw([[0, 1, 2]])
    assert (alone != PAPER).any()
    assert (draw([[3, 4, 5]]) != PAPER).any()
    assert (draw([[0, 1, 2], [3, 4, 5]]) == alone).all()
    assert (draw([[3, 4, 5], [0, 1, 2]]) == alone).all()
    assert (draw([[0, 2, 1]]) == PAPER).all()
