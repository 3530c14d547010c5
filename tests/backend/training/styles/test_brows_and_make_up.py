"""Painted layers of brows and make-up: where they lie on the default rig's face."""

import numpy as np
import pytest

from facewright.datatypes import PART_NAMES
from facewright.rig.anchors import eye_centres, landmark_points
from facewright.training.styles.brows import BROW_STYLES, brow_coverage
from facewright.training.styles.make_up import EYE_STYLES, LIP_STYLES, eye_coverage, lip_coverage
from facewright.training.styles.strokes import draw_hairs
from facewright.training.styles.surface import REFERENCE_EYES_MM, face_surface

UPPER_BROW, LOWER_BROW = (336, 296, 334, 293, 300), (285, 295, 282, 283, 276)
"""Landmarks of the detector along the two edges of the left brow, from its inner end to its tail."""


@pytest.fixture(scope="module")
def surface(rig):
    return face_surface(rig)


def test_places_of_texels_agree_with_vertices_that_lie_in_them(surface):
    inside = surface.vertex_place[:, 1] > 0
    column, row = surface.vertex_px[inside].astype(int).T
    error = np.linalg.norm(surface.place[row, column] - surface.vertex_place[inside], axis=1)
    assert np.median(error) < 0.25


def test_eyes_rims_lie_around_the_eyes_left_one_first(rig, surface):
    centres = eye_centres(rig, rig.mesh.vertices_m)[::-1, 0] * 1000
    for rim, centre in zip(surface.eye_rims(), centres, strict=True):
        assert rim[:, 0].min() < centre < rim[:, 0].max()


def test_natural_brows_lie_where_the_detector_finds_brows(rig, surface):
    vertices = rig.mesh.vertices_m
    eyes = eye_centres(rig, vertices)
    marks = (landmark_points(rig, vertices) - eyes.mean(0)) * REFERENCE_EYES_MM / np.linalg.norm(eyes[1] - eyes[0])
    band = (marks[list(UPPER_BROW)] + marks[list(LOWER_BROW)])[:, [0, 2]] / 2
    coverage = brow_coverage(surface, BROW_STYLES["natural"]) * (surface.place[..., 0] > 0)
    x, up = surface.place[..., 0], surface.place[..., 2]
    for place in band[1:4]:
        column = coverage * (np.abs(x - place[0]) < 1.0)
        assert abs((column * up).sum() / column.sum() - place[1]) < 2.5


def test_brows_are_as_different_as_their_names(surface):
    drawn = {name: brow_coverage(surface, style) for name, style in BROW_STYLES.items()}
    amount = {name: coverage.sum() for name, coverage in drawn.items()}
    assert amount["thin"] < 0.6 * amount["natural"] < 0.8 * amount["thick"]
    peak = {name: surface.place[..., 2][coverage > 0.5].max() for name, coverage in drawn.items()}
    assert peak["arched"] > peak["straight"] + 2.0


def test_brows_of_both_sides_cover_alike_but_not_hair_by_hair(surface):
    coverage = brow_coverage(surface, BROW_STYLES["natural"])
    left, right = coverage[surface.place[..., 0] > 0].sum(), coverage[surface.place[..., 0] < 0].sum()
    assert 0.9 < left / right < 1.1
    assert np.abs(coverage - coverage[:, ::-1]).max() > 0.3


@pytest.mark.parametrize("name", ["red", "gloss"])
def test_lip_colour_covers_the_lips_and_nothing_else(rig, surface, name):
    coverage = lip_coverage(surface, rig.appearance, LIP_STYLES[name])
    is_lip = np.isin(rig.appearance.labels, [PART_NAMES.index("upper_lip"), PART_NAMES.index("lower_lip")])
    assert coverage[~is_lip].sum() < 0.12 * coverage.sum()
    assert (coverage[is_lip & surface.is_face] > 0.05).mean() > 0.9


def test_gloss_is_strongest_at_the_opening_of_the_mouth_and_red_lipstick_even(rig, surface):
    gloss, red = (lip_coverage(surface, rig.appearance, LIP_STYLES[name]) for name in ("gloss", "red"))
    worn = (red > 0.8) & surface.is_face
    assert np.ptp(np.percentile(gloss[worn], [5, 95])) > 2 * np.ptp(np.percentile(red[worn], [5, 95]))


def test_eye_make_up_keeps_to_the_lids(surface):
    for style in (EYE_STYLES["winged"], EYE_STYLES["smoky"]):
        coverage = eye_coverage(surface, style)
        painted = surface.place[coverage > 0.1]
        assert (coverage[~surface.is_face] == 0).all()
        assert np.abs(painted[:, 2]).max() < 18
        assert np.abs(painted[:, 0]).min() > 10


def test_wings_reach_beyond_the_outer_corner_and_liner_does_not(surface):
    corner = surface.eye_rims()[0][:, 0].max()
    reach = {n: surface.place[..., 0][eye_coverage(surface, EYE_STYLES[n]) > 0.5].max() for n in ("liner", "winged")}
    assert reach["liner"] < corner + 1.5
    assert reach["winged"] > corner + 3.5


def test_a_hair_covers_what_its_width_says_and_fades_to_its_tip():
    hair = np.stack([np.linspace(10, 50, 9), np.full(9, 20.0)], axis=1)
    drawn = draw_hairs(64, [hair], np.array([1.0]), np.array([1.5]))
    across = drawn.sum(axis=0)
    assert across[20] == pytest.approx(1.5, abs=0.4)
    assert across[48] < 0.5 * across[20]
    assert drawn[:15].sum() == drawn[26:].sum() == 0
