"""Light comes off, the skin's own marks stay."""

import dataclasses

import numpy as np
import pytest

from facewright.texture.delight import LUMINANCE, delight, fit_light, harmonics, masked_blur
from facewright.texture.unwrap import TexelView

LIGHT = np.array([
    [0.9, 0.85, 0.7], [0.25, 0.2, 0.12], [-0.2, -0.2, -0.15], [-0.35, -0.3, -0.25], [0.03, 0.02, 0.02],
    [0.05, 0.04, 0.03], [-0.04, -0.05, -0.03], [0.06, 0.05, 0.04], [0.02, 0.02, 0.01],
])  # fmt: skip
"""Nine coefficients for each channel: a warm lamp from one side."""


@pytest.fixture
def plain(atlas) -> np.ndarray:
    """Linear albedo of plain skin."""
    return np.broadcast_to(np.float32([0.55, 0.32, 0.22]), (*atlas.is_skin.shape, 3)).copy()


@pytest.fixture
def normals(rig, atlas, camera) -> np.ndarray:
    from facewright.rig.normals import smooth_normals
    from facewright.texture.atlas import texel_values

    turned = smooth_normals(rig.mesh.vertices_m, rig.mesh.triangles) @ camera.camera_from_world[:3, :3].T
    found = texel_values(atlas, rig, turned)
    return found / np.maximum(np.linalg.norm(found, axis=-1, keepdims=True), 1e-6)


def lit(normals: np.ndarray, albedo: np.ndarray) -> np.ndarray:
    return (albedo * np.maximum(harmonics(normals) @ LIGHT, 0.05)).astype(np.float32)


def view(atlas, normals: np.ndarray, linear: np.ndarray, **changes) -> TexelView:
    seen = (atlas.is_skin & (normals[..., 2] < -0.3)).astype(np.float32)
    ones, zeros = np.ones_like(seen), np.zeros_like(seen)
    return dataclasses.replace(TexelView(linear, normals, seen, ones, zeros, 1.0, False), **changes)


def none(atlas) -> np.ndarray:
    return np.zeros(atlas.is_skin.shape, np.float32)


def spread(ratio: np.ndarray, where: np.ndarray) -> float:
    return float((ratio @ LUMINANCE)[where].std())


def test_the_light_is_found_although_a_tenth_is_something_else(atlas, normals, plain):
    generator = np.random.default_rng(0)
    linear = lit(normals, plain)
    odd = generator.random(atlas.is_skin.shape) < 0.1
    linear[odd] *= generator.uniform(0.1, 3.0, (int(odd.sum()), 1))
    weights = (atlas.trust > 0.5) * (normals[..., 2] < -0.3)
    found = fit_light(normals, linear, plain, weights.astype(np.float32))
    seen = weights > 0
    wanted = harmonics(normals[seen]) @ LIGHT
    error = np.abs(harmonics(normals[seen]) @ found - wanted) / wanted
    assert np.median(error) < 0.03


def test_too_few_texels_give_an_even_light(atlas, normals, plain):
    found = fit_light(normals, 0.5 * plain, plain, none(atlas))
    np.testing.assert_allclose(found[0], 0.5, atol=0.01)
    assert (found[1:] == 0).all()


def test_plain_skin_under_any_light_is_plain_skin(atlas, normals, plain):
    dark = np.zeros(atlas.is_skin.shape, np.float32)
    bare = delight(atlas, view(atlas, normals, lit(normals, plain)), plain, dark, dark)
    well = bare.confidence > 0.7
    assert well.sum() > 500
    assert np.abs(bare.ratio[well]).mean() < 0.03
    raw = np.log(lit(normals, plain)[well] @ LUMINANCE)
    assert raw.std() > 0.1, "the light was uneven"


def test_a_mole_stays_and_a_wide_shadow_goes(atlas, normals, plain):
    rows, columns = np.mgrid[: atlas.side, : atlas.side]
    centre = np.array(np.unravel_index(np.argmax(atlas.trust * (columns == atlas.side // 2 + 20)), atlas.trust.shape))
    mole = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= 2
    shadow = 1 - 0.3 * np.exp(-(((columns - 0.4 * atlas.side) / 20) ** 2))
    albedo = plain * np.where(mole, 0.5, 1.0)[..., None]
    linear = lit(normals, albedo) * shadow[..., None].astype(np.float32)
    bare = delight(atlas, view(atlas, normals, linear), plain, none(atlas), none(atlas))
    around = (atlas.trust > 0.7) & (normals[..., 2] < -0.7) & ~mole
    level = np.median((bare.ratio @ LUMINANCE)[around])
    assert (bare.ratio @ LUMINANCE)[mole].mean() - level < -0.3
    assert spread(bare.ratio, around) < 0.4 * np.log(shadow)[around].std()


def test_highlights_are_taken_off(atlas, normals, plain):
    rows, columns = np.mgrid[: atlas.side, : atlas.side]
    inside = (atlas.trust > 0.8) & (normals[..., 2] < -0.6)
    row, column = np.argwhere(inside).mean(0)
    gloss = 0.3 * np.exp(-(((rows - row) / 6) ** 2 + ((columns - column) / 6) ** 2)).astype(np.float32)
    linear = lit(normals, plain) + gloss[..., None]
    bare = delight(atlas, view(atlas, normals, linear), plain, none(atlas), none(atlas))
    spot = (gloss > 0.2) & inside
    before = np.log(1 + 0.25 / (plain[0, 0] @ LUMINANCE * 1.2))
    assert (bare.ratio @ LUMINANCE)[spot].mean() < 0.35 * before


def test_a_greyscale_photo_keeps_the_hues_of_plain_skin(atlas, normals, plain):
    grey = np.repeat((lit(normals, plain) @ LUMINANCE)[..., None], 3, 2)
    bare = delight(atlas, view(atlas, normals, grey, is_grey=True), plain, none(atlas), none(atlas))
    well = bare.confidence > 0.7
    assert np.ptp(bare.ratio[well], axis=-1).max() < 0.02


def test_what_cannot_be_skin_by_its_colour_is_not_believed(atlas, normals, plain):
    linear = lit(normals, plain)
    rows = np.mgrid[: atlas.side, : atlas.side][0]
    inside = atlas.trust > 0.8
    scarf = inside & (rows > np.quantile(np.argwhere(inside)[:, 0], 0.75))
    linear[scarf] = linear[scarf] * [0.3, 1.2, 0.4]
    bare = delight(atlas, view(atlas, normals, linear), plain, none(atlas), none(atlas))
    assert bare.confidence[scarf].mean() < 0.1
    assert bare.confidence[inside & ~scarf & (normals[..., 2] < -0.5)].mean() > 0.7


def test_masked_blur_of_a_constant_is_the_constant_and_fills_far_holes():
    values = np.full((64, 64, 2), 3.0, np.float32)
    weights = np.zeros((64, 64), np.float32)
    weights[:8, :8] = 1
    blurred = masked_blur(values, weights, 4.0)
    np.testing.assert_allclose(blurred[:25, :25], 3.0, atol=0.02)
