"""Tests that eyes and mouths of random heads of the default rig close, and of the measures that say so."""

import numpy as np
import pytest

from facewright.datatypes import ARKIT_52, PART_NAMES
from facewright.engine.cameras import FACE_FRAME, canonical_camera
from facewright.rig.anchors import eye_centres
from facewright.rig.decoder import RigDecoder
from facewright.rig.prior import sample
from facewright.training.closing.checks import (
    BLINKS,
    GAZES,
    eye_pixels_outside,
    lid_clearance,
    measure_closing,
    pose_heads,
    uncovered_points,
    winding,
)
from facewright.training.closing.lid_rings import BEHIND, find_lids, find_lips
from facewright.training.fit_lids import without_shapes

HEADS, SEED = 200, 9_000


@pytest.fixture(scope="module")
def lids(rig):
    return find_lids(rig, "L"), find_lids(rig, "R")


@pytest.fixture(scope="module")
def heads(rig):
    return RigDecoder(rig), sample(rig.prior, HEADS, np.random.default_rng(SEED))


@pytest.mark.parametrize("coefficients", [{"eyeBlink": blink} for blink in BLINKS] + [{gaze: 1.0} for gaze in GAZES])
def test_no_eyeball_comes_through_the_lids_of_200_random_heads(lids, heads, coefficients):
    posed = pose_heads(*heads, coefficients)
    assert min(lid_clearance(eye, posed).min() for eye in lids) > 0


def test_closed_lids_cover_the_eyeballs_of_random_heads(lids, heads):
    decoder, parameters = heads
    posed = pose_heads(decoder, parameters[:40], {"eyeBlink": 1.0})
    bare = sum(uncovered_points(eye, posed) for eye in lids)
    assert (bare > 0).sum() == 0
    is_open = pose_heads(decoder, parameters[:3], {})
    assert (uncovered_points(lids[0], is_open) >= 4).all()


def test_the_source_alone_lets_eyeballs_through(lids, heads):
    plain = without_shapes("makehuman")
    posed = pose_heads(RigDecoder(plain), heads[1][:60], {"eyeBlink": 0.75})
    assert lid_clearance(lids[0], posed).min() < -0.0002


def test_lips_hide_the_mouth_of_random_heads_in_the_engine(rig):
    rows = measure_closing(rig, heads=4, seed=SEED)
    assert {row.pose for row in rows} >= {"blink 1.0", "lips over jaw 0.0", "lips over jaw 1.0"}
    assert [row for row in rows if row.heads_amiss] == []


def test_clearance_of_a_lid_pulled_into_the_eyeball_is_how_deep_it_was_pulled(rig, lids):
    head = rig.mesh.vertices_m[None].astype(np.float64).copy()
    eye = lids[0]
    centre = head[0, eye.eyeball].mean(0)
    direction = head[0, eye.rim[9]] - centre
    head[0, eye.rim[9]] = centre + direction / np.linalg.norm(direction) * 0.012
    assert -0.0045 < lid_clearance(eye, head)[0] < -0.002


def test_rings_around_both_eyes_and_the_mouth_mirror_each_other(rig, lids):
    left, right = (rig.mesh.vertices_m[eye.rings] for eye in lids)
    assert np.abs(left - right * (-1, 1, 1)).max() < 3e-4
    assert left[BEHIND, 1:14, 2].min() > left[BEHIND, 15:, 2].min()
    lips = rig.mesh.vertices_m[find_lips(rig)]
    assert lips[0, :, 1].mean() < lips[2, :, 1].mean() < lips[5, :, 1].mean()


@pytest.mark.parametrize(
    ("name", "axis", "sign"),
    [("eyeLookUpLeft", 2, 1), ("eyeLookDownLeft", 2, -1), ("eyeLookInLeft", 0, -1), ("eyeLookOutLeft", 0, 1)],
)
def test_a_gaze_turns_the_eyeball_about_its_middle_without_moving_it(rig, lids, name, axis, sign):
    rest = rig.mesh.vertices_m[lids[0].eyeball].astype(np.float64)
    turned = rest + rig.blendshapes[ARKIT_52.index(name), lids[0].eyeball]
    front = rest[:, 1] < np.sort(rest[:, 1])[4]
    assert sign * (turned - rest)[front, axis].mean() > 0.002
    distances = [np.linalg.norm(points[:, None] - points, axis=2) for points in (rest, turned)]
    assert np.abs(distances[0] - distances[1]).max() < 2e-6
    assert np.linalg.norm(turned.mean(0) - rest.mean(0)) < 1e-4


def test_the_cornea_stands_out_of_the_sphere(rig, lids):
    rest = rig.mesh.vertices_m[lids[0].eyeball].astype(np.float64)
    back = rest[rest[:, 1] > np.median(rest[:, 1])]
    system = np.concatenate([2 * back, np.ones((len(back), 1))], axis=1)
    x, y, z, power = np.linalg.lstsq(system, (back**2).sum(1), rcond=None)[0]
    radius = np.sqrt(power + x * x + y * y + z * z)
    height = np.linalg.norm(rest - (x, y, z), axis=1) - radius
    assert 0.0005 < height.max() < 0.0011
    assert rest[height.argmax(), 1] < np.sort(rest[:, 1])[8]


def test_winding_tells_inside_from_outside_and_the_sense():
    square = np.array([(0, 0), (4, 0), (4, 3), (0, 3)], np.float64)
    places = np.array([(1.0, 1.0), (5.0, 1.0), (-0.1, 2.0), (3.9, 2.9)])
    assert np.allclose(winding(square, places), [1, 0, 0, 1])
    assert np.allclose(winding(square[::-1], places), [-1, 0, 0, -1])


def test_eye_pixels_outside_the_opening_are_counted(rig, lids):
    head = rig.mesh.vertices_m
    camera = canonical_camera(eye_centres(rig, head), FACE_FRAME, 256)
    labels = np.zeros((256, 256), np.uint8)
    labels[int(0.42 * 256), int(0.35 * 256)] = PART_NAMES.index("iris")
    assert eye_pixels_outside(lids, head, camera, labels) == 0
    labels[200, 100:103] = PART_NAMES.index("eyes")
    assert eye_pixels_outside(lids, head, camera, labels) == 3
