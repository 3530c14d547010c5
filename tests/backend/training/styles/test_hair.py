"""Hair of the default rig: where it grows, that it keeps off the face, and that it stays on random heads."""

import numpy as np
import pytest
import torch

from backend.training.styles.pieces import committed_piece
from facewright.datatypes import Style
from facewright.rig.anchors import eye_centres
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.installed import load_rig
from facewright.rig.nouns import SURFACES
from facewright.rig.prior import sample
from facewright.rig.styles import find_choice, find_group, read_layer
from facewright.training.styles.binding import nearest_on_skin
from facewright.training.styles.hair import HAIR_STYLES, SEED
from facewright.training.styles.hair_growth import Growth, cut_below, grow
from facewright.training.styles.hair_layers import ScalpPaint, paint_scalp
from facewright.training.styles.hair_texture import SIDE, STRIPS, draw_strands, strip_box
from facewright.training.styles.scalp import cast_on_skull, hair_depth_mm, read_scalp, scatter_roots

LISTED = [choice.name for choice in find_group(load_rig("makehuman").styles, "hair").choices]
WORN = [name for name in LISTED if HAIR_STYLES[name].mesh is not None]


@pytest.fixture(scope="module")
def scalp(rig):
    return read_scalp(rig)


@pytest.fixture(scope="module")
def texture():
    return draw_strands()


def downwards(places, roots, share):
    return np.tile([0.0, 0.0, -1.0], (len(places), 1))


def test_distances_to_the_body_are_those_to_its_mesh(scalp):
    vertices = scalp.rig.mesh.vertices_m.astype(np.float64)
    points, normals = scatter_roots(scalp, 0.02, np.random.default_rng(1))
    outside = points + 0.015 * normals
    skin = np.flatnonzero((scalp.rig.mesh.surfaces == SURFACES.index("skin"))[scalp.rig.mesh.triangles].all(1))
    _, _, measured = nearest_on_skin(vertices, scalp.rig.mesh.triangles, skin, outside)
    assert np.abs(scalp.body.distance(outside) - measured).max() < 0.002
    assert scalp.body.distance(points - 0.01 * normals).max() < -0.006
    agreement = np.einsum("nd,nd->n", scalp.body.normal(outside), normals)
    assert agreement.min() > 0.7 and agreement.mean() > 0.98


def test_crown_is_hairy_and_forehead_cheeks_and_throat_are_bald(scalp):
    places = np.array([[0, -60, 104], [0, -150, 60], [0, 12, 40], [60, 0, -30], [0, -20, -130]], float)
    assert (np.sign(hair_depth_mm(scalp, scalp.world_m(places))) == [1, 1, -1, -1, -1]).all()


def test_roots_keep_their_spacing_on_hairy_skin(scalp):
    points, _ = scatter_roots(scalp, 0.012, np.random.default_rng(2), least_depth_mm=4.0)
    gaps = np.linalg.norm(points[:, None] - points[None], axis=2) + np.eye(len(points))
    assert gaps.min() > 0.012 and 200 < len(points) < 400
    assert hair_depth_mm(scalp, points).min() > 3.5


def test_rays_from_the_skulls_middle_end_on_the_scalp(scalp):
    directions = np.array([[0, 0, 1], [0.3, 0.8, 0.4], [-0.7, 0.2, 0.6]])
    directions = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    assert np.abs(scalp.skull.distance(cast_on_skull(scalp, directions))).max() < 0.001


def test_strands_stay_outside_the_head_and_turn_downwards(scalp):
    roots, normals = scatter_roots(scalp, 0.03, np.random.default_rng(3), least_depth_mm=5.0)
    growth = Growth(downwards, np.full(len(roots), 0.2), np.full(len(roots), 0.008), fend=None)
    curves = grow(scalp, roots, normals, growth)
    assert scalp.body.distance(curves[:, 8:]).min() > 0.002
    assert (curves[:, -1, 2] < curves[:, 24, 2]).mean() > 0.95


def test_cut_strands_end_at_their_level_and_keep_their_roots(scalp):
    roots, normals = scatter_roots(scalp, 0.04, np.random.default_rng(3), least_depth_mm=5.0)
    growth = Growth(downwards, np.full(len(roots), 0.3), np.full(len(roots), 0.008))
    curves = grow(scalp, roots, normals, growth)
    cut = cut_below(curves, scalp, np.full(len(roots), -60.0))
    long = scalp.place_mm(curves)[:, 8, 2] > -60
    np.testing.assert_allclose(cut[:, 0], curves[:, 0])
    assert np.abs(scalp.place_mm(cut)[long, -1, 2] + 60).max() < 8


def test_strips_of_the_texture_do_not_overlap_and_have_empty_rims(texture):
    used = np.zeros((SIDE, SIDE), int)
    for name, strip in STRIPS.items():
        left, top, right, bottom = strip.box_px
        used[top:bottom, left:right] += 1
        box = strip_box(name)
        assert 0 <= box[0] < box[2] <= 1 and 0 <= box[1] < box[3] <= 1
        assert texture[top:bottom, [left, left + 1, right - 2, right - 1], 3].max() == 0
    assert (used == 1).all()


def test_strands_thin_out_towards_their_tips(texture):
    for name in ("straight_a", "straight_c", "wavy_b", "edge_a", "fuzzy_b"):
        left, top, right, bottom = STRIPS[name].box_px
        rows = texture[top:bottom, left:right, 3].mean(axis=1)
        height = bottom - top
        assert rows[-height // 10 :].mean() < 0.35 * rows[height // 6 : height // 2].mean()


def test_the_scalp_layer_covers_the_crown_and_ends_in_single_hairs(scalp):
    look = scalp.rig.appearance
    coverage = paint_scalp(scalp, ScalpPaint(downwards, hairs=4000), np.random.default_rng(4))
    depth = hair_depth_mm(scalp, scalp.rig.mesh.vertices_m.astype(float))[look.render_vertex]
    skin = (scalp.rig.mesh.surfaces == 0)[look.render_vertex] & ~scalp.ear_vertices[look.render_vertex]
    texel = np.clip((look.uv * (1, -1) + (0, 1)) * len(coverage), 0, len(coverage) - 1).astype(int)
    there = coverage[texel[:, 1], texel[:, 0]]
    assert there[skin & (depth > 25)].min() > 200
    assert there[skin & (depth < -12) & (depth > -60)].max() < 20
    edge = there[skin & (np.abs(depth) < 6)]
    assert (edge < 128).any() and edge.std() > 20


@pytest.mark.parametrize("name", WORN)
def test_committed_hair_keeps_its_limits_and_off_the_face(rig, scalp, name):
    piece = committed_piece(rig, "hair", name)
    assert 500 <= len(piece.triangles) <= 6000
    assert piece.follow.max() == 0
    place = scalp.place_mm(piece.vertices_m.astype(float))
    in_view = (np.abs(place[:, 0]) < 46) & (place[:, 2] < 10) & (place[:, 2] > -115) & (place[:, 1] > -5)
    assert not in_view.any(), f"{in_view.sum()} vertices before eyes, nose or mouth"
    assert np.quantile(scalp.body.distance(piece.vertices_m.astype(float)), 0.002) > -0.004


def test_a_built_style_is_the_committed_one(rig, scalp):
    mesh = HAIR_STYLES["afro"].mesh(scalp, np.random.default_rng(SEED))
    np.testing.assert_allclose(mesh.vertices_m, committed_piece(rig, "hair", "afro").vertices_m, atol=1e-5)
    painted = paint_scalp(scalp, HAIR_STYLES["afro"].paint, np.random.default_rng(SEED))
    layer = read_layer(find_choice(rig.styles, "hair", Style(hair="afro")).layer)
    rows, columns = layer.coverage.shape
    box = painted[layer.top : layer.top + rows, layer.left : layer.left + columns]
    assert np.mean(np.abs(box.astype(int) - layer.coverage) > 1) < 1e-3


def test_every_listed_style_is_built_and_all_but_the_bald_have_a_layer(rig):
    for name in LISTED:
        choice = find_choice(rig.styles, "hair", Style(hair=name))
        assert (choice.piece is not None) == (HAIR_STYLES[name].mesh is not None)
        assert (choice.layer is not None) == (HAIR_STYLES[name].paint is not None)


@pytest.mark.parametrize("name", ["short", "bob", "tied_back"])
def test_hair_sits_on_random_heads_as_on_the_neutral_one(rig, name):
    decoder = RigDecoder(rig)
    skin = np.flatnonzero((rig.mesh.surfaces == SURFACES.index("skin"))[rig.mesh.triangles].all(1))
    rest = committed_piece(rig, "hair", name)
    near = np.flatnonzero(np.arange(len(rest.vertices_m)) % 7 == 0)
    _, _, at_rest = nearest_on_skin(rig.mesh.vertices_m, rig.mesh.triangles, skin, rest.vertices_m[near])
    for parameters in sample(rig.prior, 2, np.random.default_rng(6)):
        (piece,) = Wardrobe(rig, decoder).dress(parameters, Style(hair=name, beard="none", glasses="none"))
        head = decoder.vertices(torch.from_numpy(parameters)[None])[0].numpy()
        _, _, gap = nearest_on_skin(head, rig.mesh.triangles, skin, piece.vertices_m[near])
        close = at_rest < 0.01
        assert np.quantile(np.abs(gap - at_rest)[close], 0.99) < 0.008
        eyes = eye_centres(rig, head)
        assert np.linalg.norm(piece.vertices_m[:, None] - eyes, axis=2).min() > 0.02
