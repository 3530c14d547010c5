"""The shading formula against values worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from facewright.datatypes import PART_NAMES, FaceColours, Lighting, Look, SkinDetail
from facewright.engine import shading
from facewright.engine.mesh import EYE, LASH, SKIN, TEETH
from facewright.engine.shading import (
    Fragments,
    bent_normals,
    fragment_labels,
    quick_linear_from_srgb,
    quick_srgb_from_linear,
    shade,
)
from facewright.rig.appearance import RELIEF_SCALE

GREY = Look(FaceColours(*(np.full(3, 0.5, np.float32) for _ in range(6))))


def fragment(normal: tuple[float, ...], surface: int = SKIN, openness: float = 1.0) -> Fragments:
    """Return one grey fragment 1 m in front of the camera."""
    masks = np.zeros((1, 12), np.float32)
    masks[0, 5], masks[0, 7] = 0.5, 1.0
    return Fragments(
        masks,
        np.ones(1, np.uint8),
        np.array([surface]),
        np.float32([normal]),
        np.float32([[0, 0, 1]]),
        np.float32([openness]),
    )


def test_ambient_light_alone_gives_albedo_times_sky_plus_the_rim() -> None:
    light = Lighting(np.array([0, -1.0, 0]), np.zeros(3), np.full(3, 0.5))
    colour, _ = shade(fragment((0, 0, -1)), GREY, light)
    albedo = quick_linear_from_srgb(np.float32(0.5))
    sky = (np.array(shading.SKY_ABOVE) + np.array(shading.SKY_BELOW)) / 2
    expected = 0.5 * sky * (albedo + shading.MATERIALS["SKIN"].reflectance)
    np.testing.assert_allclose(colour[0], quick_srgb_from_linear(expected), atol=1e-5)


def test_a_head_on_key_light_gives_lambert_plus_the_highlight_of_ggx() -> None:
    light = Lighting(np.array([0, 0, -2.0]), np.full(3, 0.3), np.zeros(3))
    colour, _ = shade(fragment((0, 0, -1)), GREY, light)
    skin = shading.MATERIALS["SKIN"]
    highlight = skin.reflectance / skin.roughness**4 / 4  # D = 1 / a^2 at its peak, F = F0, v.h = 1
    expected = 0.3 * (quick_linear_from_srgb(np.float32(0.5)) + highlight)
    np.testing.assert_allclose(colour[0], quick_srgb_from_linear(np.full(3, expected)), atol=1e-4)


def test_red_light_wraps_furthest_around_the_terminator_of_skin() -> None:
    light = Lighting(np.array([0.1, 0, 1.0]), np.full(3, 0.8), np.zeros(3))
    colour, _ = shade(fragment((0.995, 0, -0.1)), GREY, light)
    assert colour[0, 0] > colour[0, 1] > colour[0, 2] > 0


def test_occlusion_shuts_out_the_sky_and_most_of_the_key_light() -> None:
    light = Lighting(np.array([0, -0.6, -0.8]), np.full(3, 0.5), np.full(3, 0.4))
    lit, shut = (
        quick_linear_from_srgb(shade(fragment((0, 0, -1), openness=o), GREY, light)[0].mean()) for o in (1.0, 0.0)
    )
    key_only = quick_linear_from_srgb(
        shade(fragment((0, 0, -1)), GREY, Lighting(light.direction, light.key, np.zeros(3)))[0].mean()
    )
    assert shut == pytest.approx(key_only * (1 - shading.KEY_OCCLUSION), abs=0.005)
    assert lit > key_only + 0.05


def test_bright_light_bends_towards_white_without_reaching_past_it() -> None:
    colours = [
        shade(fragment((0, 0, -1)), GREY, Lighting(np.array([0, 0, -1.0]), np.full(3, power), np.zeros(3)))[0].max()
        for power in (1.0, 3.0, 10.0, 1000.0)
    ]
    assert colours == sorted(colours)
    assert colours[0] < colours[1] < 0.95  # three times over: without the shoulder it would be clipped to 1
    assert colours[-1] <= 1.0


def test_the_cubic_decodes_srgb_to_within_a_level() -> None:
    encoded = np.linspace(0, 1, 256)
    exact = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(quick_linear_from_srgb(encoded), exact, atol=0.004)


def test_lash_cards_turn_their_normal_to_the_viewer() -> None:
    light = Lighting(np.array([0, 0, -1.0]), np.ones(3), np.zeros(3))
    assert shade(fragment((0, 0, 1), LASH), GREY, light)[1][0, 2] == -1


@pytest.mark.parametrize(
    ("part", "surface", "name"),
    [
        ("hair", SKIN, "hair"),
        ("background", SKIN, "skin"),
        ("background", EYE, "eyes"),
        ("iris", EYE, "iris"),
        ("skin", TEETH, "inner_mouth"),
        ("skin", LASH, "lashes"),
    ],
)
def test_surfaces_overrule_the_labels_texture_only_where_they_must(part: str, surface: int, name: str) -> None:
    label = fragment_labels(np.array([PART_NAMES.index(part)]), np.array([surface]))
    assert PART_NAMES[label[0]] == name


def styled_texel(**covers: float) -> np.ndarray:
    """Return one texel of all channels that layers cover by shares."""
    texel = np.zeros((1, 18), np.float32)
    for name, share in covers.items():
        texel[0, {"brows": 1, "hair": 2, "beard": 15}[name]] = share
    return texel


@pytest.mark.parametrize(
    ("part", "covers", "name"),
    [
        ("hair", {}, "skin"),
        ("brows", {"brows": 0.2}, "skin"),
        ("skin", {"brows": 0.3}, "brows"),
        ("ears", {"hair": 0.6, "brows": 0.9}, "hair"),
        ("neck", {"beard": 0.6}, "beard"),
        ("neck", {"beard": 0.4}, "neck"),
    ],
)
def test_layers_decide_what_is_hair_on_the_skin_of_a_styled_rig(part: str, covers: dict, name: str) -> None:
    parts = np.array([PART_NAMES.index(part)])
    label = fragment_labels(parts, np.array([SKIN]), styled_texel(**covers))
    assert PART_NAMES[label[0]] == name


def test_relief_that_rises_to_the_characters_left_turns_the_normal_to_its_right() -> None:
    relief = np.float32([[(128 + 64) / 255, 128 / 255, 128 / 255, 128 / 255 + 32 / 255]])
    look = replace(GREY, skin=SkinDetail(pores=0.5, wrinkles=1.0))
    bent = bent_normals(np.float32([[0, 0, -1]]), relief, look, np.float32([0, -1, 0]))
    right, up = -RELIEF_SCALE * 64 / 127, -RELIEF_SCALE * 0.5 * 32 / 127
    expected = np.array([right, -up, -1.0])  # camera y runs down
    np.testing.assert_allclose(bent[0], expected / np.linalg.norm(expected), atol=1e-5)
