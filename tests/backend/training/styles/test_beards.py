"""Beards of the default rig: where they grow, and that they move with jaw and lips."""

import numpy as np
import pytest
import torch

from backend.training.styles.pieces import committed_piece
from facewright.datatypes import ARKIT_52, PART_NAMES, Style
from facewright.rig.anchors import anchor_points
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.styles import find_choice, read_layer
from facewright.training.styles.beard import BEARD_STYLES, build_style
from facewright.training.styles.beard_region import OUTLINES_MM, beard_map, outline_px
from facewright.training.styles.beard_texture import DENSE, THIN, draw_tufts, tuft_boxes
from facewright.training.styles.surface import face_surface

WITH_CARDS = sorted(name for name, style in BEARD_STYLES.items() if style.cards is not None)


@pytest.fixture(scope="module")
def beard(rig):
    return beard_map(face_surface(rig), rig.appearance)


def test_outlines_are_mirror_images_on_the_head(beard):
    surface = beard.surface
    for name in OUTLINES_MM:
        column, row = np.clip(outline_px(surface, name).astype(int), 0, surface.side - 1).T
        left, right = surface.place[row, column][:160], surface.place[row, column][160:][::-1]
        assert np.median(np.linalg.norm(left - right * [-1, 1, 1], axis=1)) < 2.0


def test_hair_lies_downwards_on_the_chin_and_outwards_on_the_upper_lip(beard):
    surface = beard.surface
    for place, wanted in (((10.0, 20.0, -92.0), (0, 1)), ((12.0, 28.0, -54.0), (1, 0))):
        texel = np.unravel_index(np.linalg.norm(surface.place - place, axis=-1).argmin(), surface.is_face.shape)
        assert beard.flow_px[texel] @ wanted > 0.7


def test_a_built_beard_is_the_committed_one(rig, beard):
    coverage, arrays = build_style(rig, beard, BEARD_STYLES["moustache"])
    piece = committed_piece(rig, "beard", "moustache")
    np.testing.assert_allclose(arrays["vertices_m"], piece.vertices_m, atol=1e-5)
    layer = read_layer(find_choice(rig.styles, "beard", Style(beard="moustache")).layer)
    box = np.s_[layer.top : layer.top + layer.coverage.shape[0], layer.left : layer.left + layer.coverage.shape[1]]
    assert np.abs(coverage[box] * 255 - layer.coverage).max() < 1.0


@pytest.mark.parametrize("name", sorted(BEARD_STYLES))
def test_beards_leave_the_lips_free(rig, name):
    layer = read_layer(find_choice(rig.styles, "beard", Style(beard=name)).layer)
    box = np.s_[layer.top : layer.top + layer.coverage.shape[0], layer.left : layer.left + layer.coverage.shape[1]]
    labels = rig.appearance.labels[box]
    lips = np.isin(labels, [PART_NAMES.index("upper_lip"), PART_NAMES.index("lower_lip")])
    assert layer.coverage[lips].mean() < 0.05 * layer.coverage[~lips].max()


@pytest.mark.parametrize("name", WITH_CARDS)
def test_a_card_holds_on_to_one_place_of_the_skin(rig, name):
    piece = committed_piece(rig, "beard", name)
    assert 500 <= len(piece.triangles) <= 6000
    card = 2 * BEARD_STYLES[name].cards.points
    anchors = piece.anchor_triangle.reshape(-1, card)
    assert (anchors == anchors[:, :1]).all()
    corners = rig.mesh.vertices_m[rig.mesh.triangles[piece.anchor_triangle]]
    roots = np.einsum("nkd,nk->nd", corners, piece.anchor_barycentric).reshape(-1, card, 3)[:, 0]
    assert np.linalg.norm(piece.vertices_m.reshape(-1, card, 3)[:, :2].mean(1) - roots, axis=1).max() < 0.002


@pytest.mark.parametrize("name", ["moustache", "goatee", "full"])
def test_hair_does_not_cover_the_opening_of_the_mouth(rig, name):
    piece = committed_piece(rig, "beard", name)
    corners = anchor_points(rig, rig.mesh.vertices_m)
    line = (corners["mouth_corner.L"][2] + corners["mouth_corner.R"][2]) / 2
    between = np.abs(piece.vertices_m[:, 0]) < 0.6 * corners["mouth_corner.L"][0]
    assert (np.abs(piece.vertices_m[between, 2] - line) > 0.0025).all()


def test_a_beard_follows_an_opening_jaw(rig):
    decoder, expression = RigDecoder(rig), np.zeros(len(ARKIT_52), np.float32)
    expression[ARKIT_52.index("jawOpen")] = 1.0
    parameters = np.full(len(rig.parameters), 0.5, np.float32)
    wardrobe, style = Wardrobe(rig, decoder), Style(hair="bald", beard="goatee")
    shut, wide = (wardrobe.dress(parameters, style, e)[0].vertices_m for e in (None, expression))
    with torch.no_grad():
        head = decoder.vertices(torch.from_numpy(parameters)[None], torch.from_numpy(expression)[None])[0].numpy()
        rest = decoder.vertices(torch.from_numpy(parameters)[None])[0].numpy()
    chin = rig.anchors["chin"]
    near = np.linalg.norm(shut - rest[chin].mean(0), axis=1) < 0.006
    assert near.any()
    moved = (wide - shut)[near].mean(0)
    assert np.linalg.norm(moved - (head - rest)[chin].mean(0)) < 0.004 < np.linalg.norm(moved)


def test_tufts_are_opaque_at_the_root_and_ragged_at_the_tip():
    texture = draw_tufts()
    boxes = tuft_boxes(np.array(DENSE + THIN))
    for left, bottom, right, top in boxes:
        columns = slice(round(left * 512), round(right * 512))
        root = texture[round((1 - top) * 512) + 30 : round((1 - top) * 512) + 70, columns, 3].mean()
        tip = texture[round((1 - bottom) * 512) - 25 : round((1 - bottom) * 512), columns, 3].mean()
        assert root > 2 * tip
