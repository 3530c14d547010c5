"""A texel gets the colour of the pixel in which the camera sees it, and none when it is hidden."""

import numpy as np
import pytest

from backend.texture.conftest import facing_camera, view_of
from facewright.engine.cameras import project
from facewright.rig.colours import linear_from_srgb, srgb_from_linear
from facewright.texture.atlas import texel_values
from facewright.texture.unwrap import residual_warp, unwrap


def gradient(side: int = 200) -> np.ndarray:
    """Return a picture whose red is x and whose green is y."""
    rows, columns = np.mgrid[:side, :side]
    return np.stack([columns, rows, np.full_like(rows, 30)], -1).astype(np.uint8)


def test_a_texel_takes_the_colour_of_the_pixel_that_its_point_is_projected_to(rig, atlas, camera):
    texels = unwrap(rig, atlas, view_of(rig, camera, gradient()))
    shown = 255 * srgb_from_linear(texels.linear)
    places, _ = project(camera, texel_values(atlas, rig, rig.mesh.vertices_m))
    seen = (texels.seen > 0.9) & (atlas.trust > 0)
    assert seen.sum() > 1000
    np.testing.assert_allclose(shown[seen][:, :2], places[seen] - 0.5, atol=0.6)


def test_what_looks_away_or_lies_behind_something_is_not_seen(rig, atlas, camera):
    texels = unwrap(rig, atlas, view_of(rig, camera, gradient()))
    assert texels.seen[texels.normals[..., 2] > -0.2].max() == 0, "grazing and turned away"
    _, depth = project(camera, texel_values(atlas, rig, rig.mesh.vertices_m))
    near = view_of(rig, camera, gradient(), depth_m=np.full((200, 200), 0.7, np.float32))
    assert unwrap(rig, atlas, near).seen[atlas.is_skin & (depth > 0.72)].max() == 0
    beyond = view_of(rig, camera, gradient(), inside=np.zeros((200, 200), np.float32))
    assert unwrap(rig, atlas, beyond).seen.max() == 0


def test_a_turned_head_shows_one_cheek(rig, atlas):
    texels = unwrap(rig, atlas, view_of(rig, facing_camera(rig, 0.9), gradient()))
    x = texel_values(atlas, rig, rig.mesh.vertices_m)[..., 0]
    face = atlas.trust > 0.5
    shares = [texels.seen[face & (np.sign(x) == side) & (np.abs(x) > 0.04)].mean() for side in (1, -1)]
    assert max(shares) > 0.6 and min(shares) < 0.1


def test_landmarks_that_lie_elsewhere_on_the_photo_shift_what_is_read(rig, atlas, camera):
    plain = unwrap(rig, atlas, view_of(rig, camera, gradient()))
    base = view_of(rig, camera, gradient())
    shifted = view_of(rig, camera, gradient(), shown_px=base.landmarks_px - (3.0, -2.0))
    moved = unwrap(rig, atlas, shifted)
    seen = (plain.seen > 0.9) & (atlas.trust > 0.5)
    change = 255 * (srgb_from_linear(moved.linear) - srgb_from_linear(plain.linear))[seen]
    np.testing.assert_allclose(np.median(change[:, :2], axis=0), [3.0, -2.0], atol=0.3)


def test_a_landmark_far_off_is_not_followed(rig, camera):
    view = view_of(rig, camera, gradient())
    shown = view.shown_px.copy()
    shown[7] -= 90.0
    warp = residual_warp(view_of(rig, camera, gradient(), shown_px=shown))
    assert np.abs(warp).max() < 0.5


def test_burnt_out_pixels_are_believed_less(rig, atlas, camera):
    white = np.full((200, 200, 3), 255, np.uint8)
    grey = np.full((200, 200, 3), 128, np.uint8)
    burnt, plain = (unwrap(rig, atlas, view_of(rig, camera, image)).seen for image in (white, grey))
    assert burnt.sum() < 0.5 * plain.sum()


def test_srgb_and_linear_are_inverse():
    values = np.linspace(0, 1, 101)
    np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-5)
    assert linear_from_srgb(np.array([0.5]))[0] == pytest.approx(0.2140, abs=1e-4)
