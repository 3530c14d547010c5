"""Colours are those of the person, not of the light."""

import numpy as np
import pytest

from facewright.rig.colours import LUMINANCE, linear_from_srgb, srgb_from_linear


def relight(photo: np.ndarray, gains: tuple[float, float, float]) -> np.ndarray:
    """Return the photo under light of another colour."""
    linear = linear_from_srgb(photo / 255.0) * gains
    return np.rint(255 * np.clip(srgb_from_linear(linear), 0, 1)).astype(np.uint8)


def test_the_colours_of_the_photo_are_plausible(observations):
    colours = observations.colours
    red, green, blue = colours.skin
    assert 0.7 < red < 0.95 and red > green > blue
    lip = linear_from_srgb(colours.lip)
    skin = linear_from_srgb(colours.skin)
    assert lip[0] / lip[1] > 1.2 * skin[0] / skin[1]  # redder than skin
    assert lip @ LUMINANCE < 0.8 * (skin @ LUMINANCE)
    for dark in (colours.brow, colours.hair, colours.iris):
        assert linear_from_srgb(dark) @ LUMINANCE < 0.6 * (skin @ LUMINANCE)
    assert colours.hair[0] > colours.hair[2]  # her hair is brown
    assert colours.vector().shape == (18,) and colours.vector().dtype == np.float32


@pytest.mark.parametrize("gains", [(1.3, 1.0, 0.7), (0.8, 1.0, 1.25)])
def test_coloured_light_changes_skin_and_lips_little(observer, observations, photo, gains):
    tinted = observer(relight(photo, gains)).colours
    for name in ("skin", "lip"):
        found, plain = getattr(tinted, name), getattr(observations.colours, name)
        seen = srgb_from_linear(np.clip(linear_from_srgb(plain) * gains, 0, 1))
        assert np.abs(found - plain).max() < 0.5 * np.abs(seen - plain).max()


def test_a_greyscale_photo_gives_the_colours_that_people_have(observer, photo):
    grey = np.rint(255 * srgb_from_linear(linear_from_srgb(photo / 255.0) @ LUMINANCE)).astype(np.uint8)
    colours = observer(np.repeat(grey[..., None], 3, 2)).colours
    red, green, blue = colours.skin
    assert red > green + 0.08 and green > blue + 0.02
    lip, skin = linear_from_srgb(colours.lip), linear_from_srgb(colours.skin)
    assert lip[0] / lip[1] > 1.2 * skin[0] / skin[1]
    assert colours.iris[0] >= colours.iris[2]


def test_light_from_one_side_is_seen_there(observer, photo):
    columns = np.linspace(2.2, 0.25, 160)
    gain = np.ones(512)
    gain[140:300], gain[:140], gain[300:] = columns, 2.2, 0.25
    lighting = observer(shade(photo, gain)).lighting
    assert lighting.direction[0] < -0.4  # towards the image's left
    assert np.linalg.norm(lighting.direction) == pytest.approx(1, abs=1e-5)
    assert lighting.key.shape == lighting.ambient.shape == (3,)


def shade(photo: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Multiply the columns of a photo by a gain in linear light."""
    linear = 0.45 * linear_from_srgb(photo / 255.0) * gain[None, :, None]
    return np.rint(255 * np.clip(srgb_from_linear(linear), 0, 1)).astype(np.uint8)


def test_darker_light_makes_a_darker_light_rather_than_darker_skin(observer, observations, photo):
    dim = observer(relight(photo, (0.5, 0.5, 0.5)))
    skin_ratio = (linear_from_srgb(dim.colours.skin) @ LUMINANCE) / (
        linear_from_srgb(observations.colours.skin) @ LUMINANCE
    )
    assert skin_ratio > 0.6
    assert dim.lighting.key.sum() < 0.9 * observations.lighting.key.sum()
