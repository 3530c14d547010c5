"""The light of hair, frames and lenses against values worked out by hand, and the directions of strands."""

import math

import numpy as np
import pytest

from facewright.datatypes import PART_NAMES, FaceColours, Lighting, Look
from facewright.engine import strands
from facewright.engine.mesh import BEARD, FRAME, HAIR
from facewright.engine.shading import Finish, quick_linear_from_srgb, quick_srgb_from_linear
from facewright.engine.strands import PieceFragments, lens_reflection, piece_labels, shade_pieces, strand_turns
from facewright.rig.nouns import Piece

LOOK = Look(FaceColours(*(np.full(3, 0.2 + 0.1 * i, np.float32) for i in range(6))))
UP = np.float32([0, -1, 0])
FRONT = Lighting(np.array([0.0, 0.0, -1.0]), np.full(3, 0.5), np.zeros(3))


def fragment(surface: int = HAIR, normal: tuple = (0, 0, -1), openness: float = 1.0, **fields: tuple) -> PieceFragments:
    """Return one fragment 1 m in front of the camera; its strands fall straight down unless told otherwise."""
    values = {"strands": (0.5, 0.0, 0.5), "turns": (1.0, 0.0)} | fields
    return PieceFragments(
        np.array([surface]),
        np.float32([normal]) / np.float32(np.linalg.norm(normal)),
        np.float32([[0, 0, 1]]),
        np.float32([openness]),
        np.float32([values["strands"]]),
        np.float32([values["turns"]]),
    )


def test_a_strand_that_faces_the_light_shows_diffuse_light_and_both_highlights() -> None:
    colour = shade_pieces(fragment(), LOOK, FRONT, Finish(), UP)
    albedo = quick_linear_from_srgb(0.6) + strands.STRAND_GREY * 0.5
    hue = 1 + (albedo / (albedo + 0.01) - 1) * strands.FIRST_HUE
    lobes = []
    for shift, exponent in (
        (strands.FIRST_SHIFT, strands.FIRST_EXPONENT),
        (strands.SECOND_SHIFT, strands.SECOND_EXPONENT),
    ):
        along = shift / math.hypot(1, shift)  # t = down, shifted along the normal, which is h
        step = min(max(along + 1, 0), 1)
        lobes.append(step * step * (3 - 2 * step) * (1 - along * along) ** (exponent / 2))
    shine = strands.FIRST_STRENGTH * hue * lobes[0]
    shine += strands.SECOND_STRENGTH * lobes[1] * (albedo + strands.SECOND_WHITE)
    expected = 0.5 * (albedo * strands.STRAND_DIFFUSE + shine)
    assert expected < 0.6  # below the shoulder
    np.testing.assert_allclose(colour[0], quick_srgb_from_linear(np.full(3, expected)), atol=1e-4)


def test_highlights_lie_across_the_strands() -> None:
    light = Lighting(np.array([0.0, -0.9, -0.6]), np.full(3, 0.8), np.zeros(3))
    falling, level = (
        shade_pieces(fragment(turns=turns), LOOK, light, Finish(), UP).mean() for turns in ((1.0, 0.0), (-1.0, 0.0))
    )
    assert level > falling + 0.03  # the half vector lies along falling strands and across level ones
    none = shade_pieces(fragment(turns=(0.0, 0.0)), LOOK, light, Finish(), UP).mean()
    assert none < falling


def test_beards_take_their_own_colour_and_roots_and_shade_are_dark() -> None:
    hair, beard, shaded, covered = (
        shade_pieces(one, LOOK, FRONT, Finish(), UP).mean()
        for one in (fragment(), fragment(BEARD), fragment(strands=(0.5, 0.8, 0.5)), fragment(openness=0.2))
    )
    assert beard > hair + 0.05
    assert shaded < hair - 0.1 and covered < hair - 0.1


def test_normals_turn_around_only_far_from_the_viewer() -> None:
    light = Lighting(np.array([1.0, 0.0, 0.0]), np.full(3, 0.5), np.zeros(3))
    for away, keeps in ((0.1, True), (0.5, False)):
        colours = [shade_pieces(fragment(normal=(x, 0, away)), LOOK, light, Finish(), UP).mean() for x in (1.0, -1.0)]
        assert (colours[0] > colours[1]) == keeps


def test_bright_frames_mirror_more_than_dark_ones_beyond_their_albedo() -> None:
    light = Lighting(np.array([0.0, 0.0, -1.0]), np.full(3, 0.05), np.zeros(3))
    gains = []
    for value in (0.1, 0.8):
        seen = quick_linear_from_srgb(shade_pieces(fragment(FRAME), LOOK, light, Finish(frame=(value,) * 3), UP).mean())
        gains.append(seen - 0.05 * quick_linear_from_srgb(value))
    assert gains[0] > 0.005
    assert gains[1] > 3 * gains[0]


def test_a_lens_mirrors_most_at_its_rim_and_never_much() -> None:
    light = Lighting(np.array([-0.4, -0.5, -0.8]), np.full(3, 0.9), np.full(3, 0.4))
    normals = np.array([[np.sin(a), 0, -np.cos(a)] for a in np.linspace(0, 1.5, 30)])
    seen = lens_reflection(normals, np.tile([0, 0, 1.0], (30, 1)), light)
    assert seen.min() > 0 and seen.max() <= strands.LENS_MAXIMUM
    assert seen[0].mean() < 0.05 < seen[-1].mean()
    np.testing.assert_allclose(seen, lens_reflection(-normals, np.tile([0, 0, 1.0], (30, 1)), light))


def test_labels_of_pieces_are_those_of_their_groups() -> None:
    assert [PART_NAMES[label] for label in piece_labels(np.array([HAIR, BEARD, FRAME]))] == ["hair", "beard", "glasses"]


@pytest.mark.parametrize("angle", [0.0, 0.4, -1.1])
def test_turns_measure_the_angle_between_strands_and_the_fall_line(angle: float) -> None:
    flat = np.array([[0, 0], [0.01, 0], [0.01, 0.05], [0, 0.05]])  # across and up the card
    across = np.array([np.cos(angle), 0, np.sin(angle)])
    upward = np.array([-np.sin(angle), 0, np.cos(angle)])
    corners = (flat[:, :1] * across + flat[:, 1:] * upward).astype(np.float32)
    rest = np.zeros((4, 1), np.float32)
    piece = Piece(
        corners, np.tile(np.float32([0, -1, 0]), (4, 1)), np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        np.float32([[0.1, 0], [0.3, 0], [0.3, 1], [0.1, 1]]), np.zeros(2, np.uint8), rest.astype(np.int32), rest + 1,
        np.zeros(4, np.int32), np.tile(np.float32([1, 0, 0]), (4, 1)), rest[:, 0], rest[:, 0] + 1, np.ones(5),
    )  # fmt: skip
    # fall is -z and n x fall is +x, so a strand along -upward = (sin, 0, -cos) turns by `angle`
    np.testing.assert_allclose(strand_turns(piece), [[np.cos(2 * angle), np.sin(2 * angle)]] * 4, atol=1e-5)
