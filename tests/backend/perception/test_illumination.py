"""Light that was put on a surface is found again."""

import numpy as np
import pytest

from facewright.engine.shading import MATERIALS
from facewright.perception.illumination import (
    WRAP,
    Shading,
    chroma,
    colour_of,
    estimate_exposure,
    estimate_illuminant,
    fit_shading,
    landmark_normals,
    skin_locus,
)
from facewright.rig.colours import LUMINANCE, linear_from_srgb, srgb_from_linear


def face_like_normals(count: int) -> np.ndarray:
    """Return (N, 3) normals of the front of an upright ellipsoid."""
    generator = np.random.default_rng(6)
    normals = generator.normal(size=(count, 3)) * [1.0, 0.8, 1.0]
    normals[:, 2] = -np.abs(normals[:, 2])
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


@pytest.mark.parametrize("towards", [(-0.6, -0.5, -0.6), (0.8, -0.2, -0.5), (0.1, -0.7, -0.7)])
def test_the_direction_and_the_shares_of_a_light_are_recovered(towards):
    direction = np.array(towards) / np.linalg.norm(towards)
    truth = Shading(direction, 0.9, 0.35)
    normals = face_like_normals(300)
    luminance = 0.3 * truth.at(normals)
    luminance[:25] *= np.random.default_rng(1).uniform(0.2, 2.0, 25)  # moles, highlights, hair
    found = fit_shading(luminance, normals, np.ones(300))
    assert found.direction @ direction > np.cos(np.radians(15))
    assert found.key / found.ambient == pytest.approx(truth.key / truth.ambient, rel=0.4)
    assert found.at(np.array([[0.0, 0.0, -1.0]]))[0] == pytest.approx(1, abs=0.02)


def test_even_light_gives_an_even_face():
    found = fit_shading(np.full(200, 0.2), face_like_normals(200), np.ones(200))
    lit = found.at(face_like_normals(200))
    assert lit.std() / lit.mean() < 0.2


def test_the_wrap_is_that_of_the_engines_skin():
    assert pytest.approx(np.mean(MATERIALS["SKIN"].wrap), abs=0.03) == WRAP


def test_normals_of_points_on_a_ball_point_outwards():
    index = np.arange(468) + 0.5
    depth = -1 + index / 468 * 0.9
    angle = np.pi * (1 + 5**0.5) * index
    radius = np.sqrt(1 - depth**2)
    ball = np.stack([radius * np.cos(angle), radius * np.sin(angle), depth], 1)
    normals = landmark_normals(ball * 80 + [200, 150, 10])
    agreement = (normals * ball).sum(1)
    assert np.median(agreement) > 0.995 and agreement.min() > 0.85


def test_dim_light_is_believed_to_be_dim_and_dark_skin_to_be_dark():
    pale = colour_of(np.array([0.5, -0.25]), 0.45)
    white = colour_of(np.array([0.45, -0.12]), 0.25)
    normal, dim = estimate_exposure(pale, white), estimate_exposure(0.3 * pale, 0.3 * white)
    assert dim < 0.7 * normal
    dark = colour_of(np.array([0.95, -0.6]), 0.1)
    skin_of_dim, skin_of_dark = 0.3 * 0.45 / dim, 0.1 / estimate_exposure(dark, white)
    assert skin_of_dim > 0.18 and skin_of_dark < 0.16


def test_bright_eye_whites_bound_the_light_from_below():
    skin = colour_of(np.array([0.8, -0.5]), 0.2)
    white = colour_of(np.array([0.05, 0.0]), 0.72)
    assert estimate_exposure(skin, white) == pytest.approx(1.5)


def test_coloured_light_is_mostly_taken_off():
    skin, white = colour_of(skin_locus(0.4), 0.4), colour_of(np.array([0.5, -0.12]), 0.2)
    grey = np.full(3, 0.2)
    plain = estimate_illuminant(skin, 0.4, white, grey)
    warm = np.array([1.35, 1.0, 0.65])
    tinted = estimate_illuminant(skin * warm, 0.4, white * warm, grey * warm)
    taken = (tinted - plain) / chroma(warm)
    assert (taken > 0.6).all() and (taken <= 1).all()


def test_colours_and_chroma_are_inverse_and_luminance_is_kept():
    colour = np.array([0.42, 0.23, 0.11])
    np.testing.assert_allclose(colour_of(chroma(colour), colour @ LUMINANCE), colour)


def test_srgb_conversion_has_the_published_values_and_round_trips():
    np.testing.assert_allclose(linear_from_srgb(np.array([0.04, 0.5, 1.0])), [0.04 / 12.92, 0.21404114, 1], rtol=1e-6)
    values = np.linspace(0, 1, 50)
    np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-9)
