"""A character is the head that the decoder makes; with its pose baked in, it is that head at rest."""

import numpy as np
import pytest
import torch

from backend.export.painted_rig import COLOURS, DRESSED, dressed_rig, painted_rig
from facewright.datatypes import Look, Style
from facewright.errors import RigInvalid
from facewright.export.character import (
    bake_pose,
    bone_matrices,
    build_character,
    facing_triangles,
)
from facewright.export.materials import tinted_strands
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.normals import smooth_normals
from facewright.rig.skeleton import rest_matrix

PARAMETERS = np.array([0.9, 0.15, 0.8])


def decoded(rig, expression=None):
    shape = None if expression is None else torch.tensor(expression[None])
    return RigDecoder(rig, dtype=torch.float64).vertices(torch.tensor(PARAMETERS[None]), shape)[0].numpy()


def test_baked_vertices_and_shapes_are_the_decoders_head(tmp_path):
    rig = painted_rig(tmp_path)
    (head,) = bake_pose(build_character(rig, PARAMETERS, Look(COLOURS))).parts
    np.testing.assert_allclose(head.vertices_m, decoded(rig), atol=1e-6)
    expression = np.random.default_rng(1).uniform(0, 1, 52)
    smiling = head.vertices_m + np.einsum("e,env->nv", expression, head.blendshapes)
    np.testing.assert_allclose(smiling, decoded(rig, expression), atol=2e-6)
    assert np.abs(decoded(rig) - rig.mesh.vertices_m).max() > 1e-3


def test_baked_pieces_are_those_of_the_wardrobe(tmp_path):
    rig = dressed_rig(tmp_path)
    parts = bake_pose(build_character(rig, PARAMETERS, DRESSED)).parts[1:]
    posed = Wardrobe(rig, RigDecoder(rig)).dress(PARAMETERS.astype(np.float32), DRESSED.style)
    for part, piece in zip(parts, posed, strict=True):
        np.testing.assert_allclose(part.vertices_m, piece.vertices_m, atol=1e-6)
        np.testing.assert_allclose(part.normals, piece.normals, atol=1e-4)


def test_baked_bones_rest_where_the_pose_had_put_them(tmp_path):
    rig = painted_rig(tmp_path)
    posed = build_character(rig, PARAMETERS, Look(COLOURS))
    baked = bake_pose(posed)
    moved = bone_matrices(posed.bones, posed.channels)
    np.testing.assert_allclose(bone_matrices(baked.bones, baked.channels), np.tile(np.eye(4), (6, 1, 1)), atol=1e-9)
    for bone, before, matrix in zip(baked.bones, posed.bones, moved, strict=True):
        expected = matrix @ rest_matrix(before.head, before.tail, before.roll)
        found = rest_matrix(bone.head, bone.tail, bone.roll)
        np.testing.assert_allclose(found[:3, 3], expected[:3, 3], atol=1e-9)
        directions = expected[:3, :3] / np.linalg.norm(expected[:3, :3], axis=0)
        np.testing.assert_allclose(found[:3, 1], directions[:, 1], atol=1e-9)
        np.testing.assert_allclose((found[:3, :3] * directions).sum(0), 1.0, atol=0.01)  # scales shear the others
        assert (bone.name, bone.parent, bone.region) == (before.name, before.parent, before.region)


def test_strands_take_the_heads_colour_and_gaps_between_them_have_no_dark_rim(tmp_path):
    rig = dressed_rig(tmp_path)
    brown = np.array([0.4, 0.25, 0.1], np.float32)
    painted = tinted_strands(rig.styles[0].texture, brown).astype(float)
    assert (painted[2:5, 3:6, 3] == 0).all()
    gap = painted[3, 4, :3]
    solid = painted[painted[..., 3] >= 8][:, :3].mean(0)
    np.testing.assert_allclose(gap, solid, atol=8)
    assert gap[0] > gap[1] > gap[2] > 5


def test_a_style_without_mesh_adds_no_part_and_an_unknown_one_is_refused(tmp_path):
    rig = dressed_rig(tmp_path)
    bald = build_character(rig, PARAMETERS, Look(COLOURS))
    assert [part.name for part in bald.parts] == ["head_mesh"]
    assert {material.name for material in bald.materials} == {"skin", "eye"}
    with pytest.raises(RigInvalid, match="no hair style 'mohawk'"):
        build_character(rig, PARAMETERS, Look(COLOURS, style=Style(hair="mohawk")))


def test_normals_of_a_tetrahedron_point_from_its_middle():
    corners = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], np.float32)
    triangles = np.array([[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]])
    np.testing.assert_allclose(smooth_normals(corners, triangles), corners / np.sqrt(3), atol=1e-6)


def test_triangles_of_cards_are_turned_to_the_side_of_their_normals():
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]])
    triangles = np.array([[0, 1, 2], [1, 2, 3]])  # the first faces +z, the second -z
    upwards, downwards = np.tile([0.0, 0, 1], (4, 1)), np.tile([0.0, 0, -1], (4, 1))
    np.testing.assert_array_equal(facing_triangles(points, upwards, triangles), [[0, 1, 2], [3, 2, 1]])
    np.testing.assert_array_equal(facing_triangles(points, downwards, triangles), [[2, 1, 0], [1, 2, 3]])


def test_a_wrong_number_of_parameters_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"parameters: expected \(3,\), found \(4,\)"):
        build_character(painted_rig(tmp_path), np.zeros(4), Look(COLOURS))
