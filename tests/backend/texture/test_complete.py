"""What no photo showed is mirrored or filled without an edge; photos are merged by confidence."""

import numpy as np
import pytest

from facewright.texture.atlas import texel_values
from facewright.texture.complete import complete, expression_strain, membrane, merge, soften_wrinkles
from facewright.texture.delight import BareTexels

NO_LIGHT = np.zeros((9, 3), np.float32)


def bare(ratio: np.ndarray, confidence: np.ndarray, sharpness: float = 1.0) -> BareTexels:
    return BareTexels(ratio.astype(np.float32), confidence.astype(np.float32), NO_LIGHT, sharpness)


def none(atlas) -> np.ndarray:
    return np.zeros(atlas.is_skin.shape, np.float32)


def test_the_membrane_is_straight_between_two_held_sides():
    is_skin = np.ones((96, 96), bool)
    ratio, weights = np.zeros((96, 96, 3)), np.zeros((96, 96))
    ratio[:, :20], ratio[:, -20:] = 1.0, 3.0
    weights[:, :20] = weights[:, -20:] = 1.0
    found = membrane(is_skin, ratio, weights, 0.004)
    middle = found[48, 24:72, 0]
    np.testing.assert_allclose(middle, np.interp(np.arange(24, 72), (20, 76), (1.0, 3.0)), atol=0.15)
    np.testing.assert_allclose(found[:, :15], 1.0, atol=0.12)


def test_what_one_side_hides_the_other_side_shows(rig, atlas):
    x = texel_values(atlas, rig, rig.mesh.vertices_m)[..., 0]
    generator = np.random.default_rng(1)
    pattern = np.repeat(generator.normal(0, 0.1, (atlas.side, atlas.side, 1)), 3, 2)
    left_only = (atlas.trust > 0.3) & (x > 0.004)
    skin = complete(atlas, [bare(pattern, left_only)], np.zeros(x.shape), none(atlas))
    right = (atlas.trust > 0.6) & (x < -0.01)
    assert skin.mirrored[right].mean() > 0.9 and skin.seen[right].max() == 0
    np.testing.assert_allclose(
        skin.ratio[left_only & (atlas.trust > 0.9)], pattern[left_only & (atlas.trust > 0.9)], atol=1e-4
    )
    from facewright.texture.unwrap import sample

    wanted = sample(pattern, atlas.mirror_px + 0.5)[right][:, 0]
    assert np.corrcoef(wanted, skin.ratio[right][:, 0])[0, 1] > 0.95


def test_what_nobody_saw_takes_the_tone_around_it_and_far_away_the_mean(atlas):
    ratio = np.zeros((*atlas.is_skin.shape, 3))
    ratio[:] = (0.2, -0.1, 0.05)
    skin = complete(atlas, [bare(ratio, (atlas.trust > 0.5).astype(float))], none(atlas), none(atlas))
    apart = np.abs(skin.ratio[atlas.is_skin] - (0.2, -0.1, 0.05))
    assert np.quantile(apart, 0.999) < 0.01 and apart.max() < 0.05
    steps = np.abs(np.diff(skin.ratio, axis=0))[atlas.is_skin[1:] & atlas.is_skin[:-1]]
    assert np.quantile(steps, 0.999) < 0.005, "no edge"


def test_dark_brows_do_not_run_into_what_is_filled(atlas):
    ratio, dark = np.zeros((*atlas.is_skin.shape, 3)), np.zeros(atlas.is_skin.shape)
    rows = np.argwhere(atlas.trust > 0.5)[:, 0]
    band = (np.mgrid[: atlas.side, : atlas.side][0] < np.quantile(rows, 0.3)) & (atlas.trust > 0.5)
    ratio[band], dark[band] = -1.5, 1.0
    skin = complete(atlas, [bare(ratio, (atlas.trust > 0.5).astype(float))], dark, none(atlas))
    assert skin.ratio[band].mean() < -1.3
    assert np.quantile(skin.ratio[atlas.is_skin & (atlas.trust == 0)], 0.001) > -0.1


def test_hidden_lips_take_the_tone_of_those_that_are_seen(atlas):
    rows, columns = np.mgrid[: atlas.side, : atlas.side]
    row, column = np.argwhere(atlas.trust > 0.9).mean(0)
    lips = ((np.abs(rows - row) < 6) & (np.abs(columns - column) < 20)).astype(np.float32)
    ratio = np.where(lips[..., None] > 0, (0.3, -0.6, -0.5), (0.0, 0.0, 0.0))
    confidence = (atlas.trust > 0.5) * ~((lips > 0) & (rows > row))
    skin = complete(atlas, [bare(ratio, confidence)], lips, lips)
    hidden = (lips > 0) & (rows > row + 1)
    np.testing.assert_allclose(np.median(skin.ratio[hidden], axis=0), (0.3, -0.6, -0.5), atol=0.05)


def test_photos_are_merged_by_confidence_after_their_tones_are_made_equal():
    ones = np.ones((20, 20))
    sure, unsure = ones.copy(), 0.2 * ones
    first = bare(np.full((20, 20, 3), 0.1), np.where(np.arange(20) < 10, sure, unsure))
    second = bare(np.full((20, 20, 3), 0.4), np.where(np.arange(20) < 10, unsure, sure))
    ratio, confidence, _ = merge([first, second])
    np.testing.assert_allclose(ratio, 0.1, atol=1e-4)
    assert (confidence == 1).all()
    spot = np.zeros((20, 20, 3))
    spot[5, 15] = 1.0
    ratio, _, _ = merge([bare(np.zeros((20, 20, 3)), first.confidence), bare(spot, second.confidence)])
    assert ratio[5, 15, 0] > 0.9, "seen by the surer photo"
    ratio, _, _ = merge([bare(spot[:, ::-1], second.confidence), bare(np.zeros((20, 20, 3)), first.confidence)])
    assert abs(ratio[5, 4, 0]) < 0.1, "seen by the less sure one alone"


def test_lines_are_softened_where_the_expression_strains_the_skin_and_nowhere_else(atlas):
    ratio = np.zeros((*atlas.is_skin.shape, 3))
    ratio[:, ::8] = -0.3
    strain = np.zeros(atlas.is_skin.shape)
    strain[: atlas.side // 2] = 0.5
    calm, dark = bare(ratio, atlas.is_skin), np.zeros(atlas.is_skin.shape)
    soft = soften_wrinkles(atlas, calm, strain, dark)
    half = atlas.side // 2
    line = np.zeros_like(atlas.is_skin)
    line[:, ::8] = True
    upper, lower = line.copy(), line.copy()
    upper[half:], lower[:half] = False, False
    assert soft.ratio[upper & atlas.is_skin].mean() > -0.2
    np.testing.assert_array_equal(soft.ratio[lower], calm.ratio[lower])
    kept = soften_wrinkles(atlas, calm, strain, np.ones(atlas.is_skin.shape))
    np.testing.assert_array_equal(kept.ratio, calm.ratio)


def test_strain_is_the_largest_change_of_an_edge():
    triangles = np.array([[0, 1, 2]])
    neutral = np.array([[0.0, 0, 0], [1.0, 0, 0], [0, 1.0, 0]])
    posed = neutral * [2.0, 1.0, 1.0]
    strain = expression_strain(triangles, neutral, posed)
    assert strain[0] == pytest.approx(np.log(2)) and strain[1] == pytest.approx(np.log(2))
    assert strain[2] == pytest.approx(np.log(np.sqrt(5) / np.sqrt(2)))
    assert (expression_strain(triangles, neutral, neutral) == 0).all()
