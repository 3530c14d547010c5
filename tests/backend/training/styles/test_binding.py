"""Binding of pieces to a rig."""

import numpy as np
import torch

from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import pose_piece
from facewright.rig.prior import sample
from facewright.rig.skinning import dense_skin_weights
from facewright.rig.styles import read_piece
from facewright.training.styles.binding import Attachment, bind_piece, hold_on, nearest_on_skin, write_piece
from facewright.training.styles.cards import across, join, strips


def crown_strips(rig, lift_m, reach_m=0.03):
    """Cards that lie on the crown, `lift_m` above it."""
    vertices = rig.mesh.vertices_m.astype(np.float64)
    top = vertices[:, 2].max()
    roots = vertices[(vertices[:, 2] > top - 0.02)][:12]
    away = np.array([0.3, -1.0, 0.0]) / np.linalg.norm([0.3, -1.0, 0.0])
    curves = roots[:, None] + [0, 0, lift_m] + away * np.linspace(0, reach_m, 4)[None, :, None]
    normals = np.broadcast_to([0.0, 0.0, 1.0], curves.shape)
    widths = np.full(curves.shape[:2], 0.01)
    return strips(curves, across(curves, normals), widths, np.tile([0, 0, 0.1, 0.5], (len(roots), 1)), normals)


def test_the_nearest_point_of_a_triangle_agrees_with_a_fine_search():
    generator = np.random.default_rng(2)
    vertices, points = generator.normal(size=(30, 3)), generator.normal(size=(40, 3)) * 2
    triangles = generator.permutation(30).reshape(10, 3)
    triangle, barycentric, distance = nearest_on_skin(vertices, triangles, np.arange(10), points)
    fine = generator.dirichlet(np.full(3, 0.7), 20000)
    surface = np.einsum("pk,tkd->tpd", fine, vertices[triangles]).reshape(-1, 3)
    searched = np.array([np.linalg.norm(surface - point, axis=1).min() for point in points])
    assert (distance <= searched + 1e-9).all() and np.abs(distance - searched).max() < 0.1
    found = np.einsum("nk,nkd->nd", barycentric, vertices[triangles[triangle]])
    np.testing.assert_allclose(np.linalg.norm(found - points, axis=1), distance, atol=1e-9)
    assert barycentric.min() >= 0


def test_a_piece_near_the_skin_moves_as_the_skin_does(rig, tmp_path):
    mesh = crown_strips(rig, 0.001, 0.004)
    write_piece(tmp_path / "piece.safetensors", bind_piece(rig, mesh, Attachment()))
    piece = read_piece(
        tmp_path / "piece.safetensors", len(rig.bones), len(rig.mesh.triangles), len(rig.mesh.vertices_m)
    )
    decoder = RigDecoder(rig)
    parameters = torch.from_numpy(sample(rig.prior, 1, np.random.default_rng(3)))
    channels = decoder.channels(parameters)
    weights = torch.from_numpy(dense_skin_weights(piece.indices, piece.weights, len(rig.bones)))
    posed, normals = pose_piece(rig, piece, weights, decoder.skin_matrices(channels)[0], None)
    skin = decoder.vertices_from_channels(channels)[0].numpy()
    corners = rig.mesh.triangles[piece.anchor_triangle]
    rest_gap = piece.vertices_m - np.einsum("nk,nkd->nd", piece.anchor_barycentric, rig.mesh.vertices_m[corners])
    gap = posed - np.einsum("nk,nkd->nd", piece.anchor_barycentric, skin[corners])
    assert np.linalg.norm(gap - rest_gap, axis=1).max() < 0.0008
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-4)


def test_bones_of_excluded_regions_move_nothing(rig):
    held = hold_on(rig, crown_strips(rig, 0.002), Attachment(without_regions=("cranium",), influences=3))
    used = {rig.bones[index].region for index in held.indices[held.weights > 0]}
    assert used and "cranium" not in used
    assert held.indices.shape[1] == 3
    np.testing.assert_allclose(held.weights.sum(1), 1, atol=1e-9)


def test_far_from_the_skin_neighbouring_cards_move_as_one(rig):
    loose = Attachment(near_m=0.0, far_m=0.001, reach_m=0.03)
    tight = Attachment(near_m=10.0, far_m=11.0)
    mesh = crown_strips(rig, 0.03)
    spread = []
    for attachment in (loose, tight):
        held = hold_on(rig, mesh, attachment)
        dense = dense_skin_weights(held.indices, held.weights, len(rig.bones))
        spread.append(dense.std(axis=0).sum())
    assert spread[0] < 0.6 * spread[1]


def test_a_piece_shades_the_head_beneath_it_and_its_own_lower_cards(rig):
    low, high = crown_strips(rig, 0.004), crown_strips(rig, 0.02, 0.08)
    wide = strips_over(high)
    arrays = bind_piece(rig, join([low, wide]), Attachment())
    beneath = arrays["openness"][: len(low.vertices_m)].mean()
    assert beneath < bind_piece(rig, low, Attachment())["openness"].mean() - 20
    top = rig.mesh.vertices_m[:, 2] > rig.mesh.vertices_m[:, 2].max() - 0.015
    chin = rig.anchors["chin"]
    assert arrays["head_openness"][top].mean() < 220
    assert arrays["head_openness"][chin].min() > 240


def strips_over(mesh):
    """The same cards, four times as wide."""
    middle = (mesh.vertices_m[::2] + mesh.vertices_m[1::2]) / 2
    middle = np.repeat(middle, 2, axis=0)
    return type(mesh)(
        middle + 4 * (mesh.vertices_m - middle), mesh.normals, mesh.triangles, mesh.uv, mesh.openness, mesh.material
    )


def test_the_pieces_own_openness_darkens_what_is_baked(rig):
    mesh = crown_strips(rig, 0.02)
    dark = type(mesh)(mesh.vertices_m, mesh.normals, mesh.triangles, mesh.uv, mesh.openness * 0.5, mesh.material)
    bright, dim = (bind_piece(rig, one, Attachment())["openness"].astype(float) for one in (mesh, dark))
    np.testing.assert_allclose(dim, bright / 2, atol=1)
