"""Skin, lips and hair take the colours that pigments give them; random colours are plausible."""

import numpy as np
import pytest

from facewright.rig.colours import (
    GREY_HAIR,
    SKIN_RAMP,
    hair_colour,
    lip_colour,
    melanin_redness,
    sample_colours,
    skin_colour,
)


def lightness(colour: np.ndarray) -> float:
    return float(np.asarray(colour) @ [0.3, 0.59, 0.11])


def saturation(colour: np.ndarray) -> float:
    return float(1 - np.min(colour) / np.max(colour))


def test_the_ramp_is_met_at_its_steps():
    for step, colour in enumerate(SKIN_RAMP):
        np.testing.assert_allclose(skin_colour(step / (len(SKIN_RAMP) - 1)), colour, atol=1e-9)


def test_more_melanin_is_darker_and_never_grey_nor_orange():
    for redness in (0.0, 0.5, 1.0):
        colours = [skin_colour(melanin, redness) for melanin in np.linspace(0, 1, 41)]
        assert (np.diff([lightness(colour) for colour in colours]) < 0).all()
        for red, green, blue in colours:
            assert red > green > blue
            assert 0.15 < 1 - blue / red < 0.55


@pytest.mark.parametrize("melanin", [0.0, 0.4, 1.0])
def test_redness_takes_green_and_blue_away_least_on_dark_skin(melanin):
    sallow, ruddy = skin_colour(melanin, 0.0), skin_colour(melanin, 1.0)
    assert ruddy[0] > sallow[0]
    assert ruddy[1] < sallow[1]
    assert ruddy[2] < sallow[2]
    assert sallow[1] / ruddy[1] <= skin_colour(0.0, 0.0)[1] / skin_colour(0.0, 1.0)[1] + 1e-9


@pytest.mark.parametrize(("melanin", "redness"), [(0.03, 0.2), (0.31, 0.9), (0.55, 0.5), (0.9, 0.7)])
def test_the_inverse_finds_melanin_and_redness_again(melanin, redness):
    found = melanin_redness(skin_colour(melanin, redness))
    np.testing.assert_allclose(found, (melanin, redness), atol=0.011)


def test_the_inverse_of_any_colour_stays_in_range():
    for colour in ((0, 0, 0), (1, 1, 1), (0.2, 0.9, 0.1)):
        assert all(0 <= value <= 1 for value in melanin_redness(np.array(colour, float)))


def test_lips_are_redder_and_darker_than_the_skin_around_them():
    for melanin in np.linspace(0, 1, 9):
        skin = skin_colour(melanin)
        lip = lip_colour(skin)
        assert lightness(lip) < lightness(skin)
        assert lip[1] / lip[0] < skin[1] / skin[0]


def test_hair_darkens_with_melanin_reddens_with_redness_and_loses_both_to_grey():
    shades = [lightness(hair_colour(melanin)) for melanin in np.linspace(0, 1, 20)]
    assert (np.diff(shades) < 0).all()
    brown, auburn = hair_colour(0.5), hair_colour(0.5, 1.0)
    assert saturation(auburn) > saturation(brown)
    np.testing.assert_allclose(hair_colour(1.0, 0.4, grey=1.0), GREY_HAIR)
    assert lightness(hair_colour(0.0, grey=1.0)) > lightness(hair_colour(1.0, grey=1.0)) + 0.2
    assert saturation(hair_colour(0.3, 0.8, grey=1.0)) < 0.05


def test_random_hair_is_never_grey_and_never_fair_on_dark_skin():
    generator = np.random.default_rng(2)
    shades = []
    for _ in range(200):
        colours = sample_colours(generator)
        assert saturation(colours.hair) > 0.12
        if melanin_redness(colours.skin)[0] > 0.6:
            assert lightness(colours.hair) < 0.16
        shades.append(lightness(colours.hair))
    assert max(shades) > 0.5
    assert min(shades) < 0.06


def test_light_eyes_are_common_on_pale_skin_and_rare_on_dark_skin():
    generator = np.random.default_rng(3)
    heads = [sample_colours(generator) for _ in range(500)]
    melanin = np.array([melanin_redness(colours.skin)[0] for colours in heads])
    is_light = np.array([colours.iris[2] > colours.iris[0] for colours in heads])
    assert is_light[melanin < 0.1].mean() > 0.2
    assert is_light[melanin > 0.6].mean() < 0.12
