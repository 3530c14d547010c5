"""Every texel knows its place on the skin, and its mirror image."""

import dataclasses

import numpy as np
import pytest

from backend.texture.conftest import SIDE
from facewright.errors import RigInvalid
from facewright.rig.anchors import anchor_points
from facewright.texture.atlas import build_atlas, texel_values
from facewright.texture.unwrap import sample


def texel_near(rig, atlas, point) -> tuple[int, int]:
    """Find the texel of the skin that lies nearest to a point."""
    places = texel_values(atlas, rig, rig.mesh.vertices_m)
    apart = np.where(atlas.is_skin, np.linalg.norm(places - point, axis=-1), np.inf)
    assert apart.min() < 0.003
    return np.unravel_index(apart.argmin(), apart.shape)


def test_a_texel_shows_the_point_whose_texture_place_it_has(rig, atlas):
    look = rig.appearance
    places = texel_values(atlas, rig, rig.mesh.vertices_m)
    skin = np.flatnonzero(rig.mesh.surfaces[look.render_vertex] == 0)
    rows, columns = (SIDE * (1 - look.uv[skin, 1])).astype(int), (SIDE * look.uv[skin, 0]).astype(int)
    at = np.clip(rows, 0, SIDE - 1), np.clip(columns, 0, SIDE - 1)
    apart = np.linalg.norm(places[at] - rig.mesh.vertices_m[look.render_vertex[skin]], axis=1)[atlas.is_skin[at]]
    assert np.median(apart) < 1.0 * atlas.texel_m
    assert np.quantile(apart, 0.9) < 3.0 * atlas.texel_m


def test_eyes_teeth_and_the_lining_of_the_mouth_are_no_skin(rig, atlas):
    surfaces = texel_values(atlas, rig, rig.mesh.surfaces[:, None])[..., 0]
    assert (surfaces[atlas.is_skin] == 0).all()
    inner = np.array([rig.mesh.surfaces[corners[0]] == 0 for corners in rig.mesh.triangles])
    covered = np.unique(atlas.triangles[atlas.is_skin])
    assert len(covered) < 0.95 * inner.sum(), "the mouth's lining is left out"
    assert 0.4 < atlas.is_skin.mean() < 0.8


def test_the_mirror_of_a_texel_lies_on_the_other_side(rig, atlas):
    places = texel_values(atlas, rig, rig.mesh.vertices_m)
    mirrored = sample(places, atlas.mirror_px + 0.5)
    face = atlas.trust > 0.2
    np.testing.assert_allclose(
        np.median(np.abs(mirrored[face] - places[face] * [-1, 1, 1]), axis=0), 0, atol=atlas.texel_m
    )
    left = texel_near(rig, atlas, anchor_points(rig, rig.mesh.vertices_m)["mouth_corner.L"])
    assert mirrored[left][0] < 0 < places[left][0]


def test_photos_are_believed_in_the_face_and_not_at_neck_and_ears(rig, atlas):
    points = anchor_points(rig, rig.mesh.vertices_m)
    assert atlas.trust[texel_near(rig, atlas, points["nose_tip"])] > 0.9
    assert atlas.trust[texel_near(rig, atlas, points["ear.L"])] == 0
    low = texel_values(atlas, rig, rig.mesh.vertices_m)[..., 2] < points["chin"][2] - 0.02
    assert atlas.trust[atlas.is_skin & low].max() == 0


def test_texels_shrink_with_the_side(rig, atlas):
    assert build_atlas(rig, 2 * SIDE).texel_m == pytest.approx(atlas.texel_m / 2, rel=1e-6)
    assert 0.001 < atlas.texel_m < 0.002, "0.38 mm at 1024 px"


def test_a_rig_without_landmarks_is_refused(rig):
    with pytest.raises(RigInvalid, match="has no landmark map"):
        build_atlas(dataclasses.replace(rig, landmarks=None), SIDE)
