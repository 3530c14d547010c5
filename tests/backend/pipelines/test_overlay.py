"""Tests of the overlay: the same place in both pictures, a view that follows small heads, bars of the right length."""

from types import SimpleNamespace

import numpy as np
import pytest

from facewright.datatypes import ARKIT_52, Camera, LiveExpression, Look
from facewright.engine.cameras import project
from facewright.engine.opening import open_engine
from facewright.pipelines.overlay import AXES, BAR, Overlay, draw_bars
from facewright.rig.anchors import eye_centres
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.head_pose import CAMERA_FROM_WORLD_FRONTAL, HeadPose
from facewright.rig.installed import load_rig

FRAME_PX = (320, 240)


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


@pytest.fixture(scope="module")
def engine(rig):
    with open_engine(rig, samples=1) as opened:
        yield opened


@pytest.fixture
def overlay(rig, engine) -> Overlay:
    return Overlay(rig, Look(NEUTRAL_COLOURS), engine, FRAME_PX)


@pytest.fixture(scope="module")
def frame() -> np.ndarray:
    generator = np.random.default_rng(0)
    return np.kron(generator.integers(0, 255, (24, 32, 3)), np.ones((10, 10, 1))).astype(np.uint8)


def seen(rig, focal_px: float, centre_px: tuple[float, float]) -> Camera:
    """Return a frontal camera that has the middle of the eyes at a point of the frame."""
    middle = eye_centres(rig, rig.mesh.vertices_m).mean(0)
    return HeadPose(CAMERA_FROM_WORLD_FRONTAL, focal_px, np.array(centre_px), middle).camera(FRAME_PX)


def draw(rig, overlay, frame, camera, state="tracked", landmarks_px=None) -> np.ndarray:
    identity = np.full(len(rig.parameters), 0.5, np.float32)
    tracker = SimpleNamespace(identity=identity, landmarks_px=landmarks_px)
    return overlay.draw(frame, tracker, LiveExpression(np.zeros(52), camera, state))


def rig_rows(drawn: np.ndarray) -> int:
    """Return how many rows of the right picture show something."""
    picture = drawn[: FRAME_PX[1], FRAME_PX[0] :].astype(int)
    return int((abs(picture - picture[0, 0]).max(2) > 20).any(1).sum())


def test_a_large_head_is_shown_in_the_whole_frame_with_its_landmarks_in_place(rig, overlay, frame):
    camera = seen(rig, 700.0, (170.0, 110.0))
    landmarks = np.column_stack([project(camera, eye_centres(rig, rig.mesh.vertices_m))[0], np.zeros(2)])
    drawn = draw(rig, overlay, frame, camera, landmarks_px=landmarks)
    assert drawn.shape == (overlay.size_px[1], overlay.size_px[0], 3)
    changed = np.argwhere((drawn[:240, :320] != frame).any(2))[:, ::-1]
    for point in landmarks[:, :2]:
        assert np.linalg.norm(changed - point, axis=1).min() < 1.5
    eyes = drawn[:240, 320:][landmarks[:, 1].astype(int), landmarks[:, 0].astype(int)]
    assert (abs(eyes.astype(int) - drawn[2, 322].astype(int)).max(1) > 20).all()


def test_a_small_head_is_enlarged_in_both_pictures_until_it_is_lost(rig, overlay, frame):
    camera = seen(rig, 150.0, (250.0, 60.0))
    for state in ("held", "lost"):
        drawn = draw(rig, overlay, frame, camera, state)
        is_whole = np.array_equal(drawn[60:240, :320], frame[60:240])
        assert is_whole == (state == "lost")
        assert (rig_rows(drawn) > 100) == (state == "held")


def test_the_enlarged_rig_stands_where_the_person_and_the_axes_are(rig, overlay):
    frame = np.full((240, 320, 3), 60, np.uint8)
    frame[70:76, 247:253] = (255, 0, 255)  # the chin of a person whose eyes are at (250, 60)
    drawn = draw(rig, overlay, frame, seen(rig, 150.0, (250.0, 60.0)), "held")
    person, picture = drawn[:240, :320].astype(int), drawn[:240, 320:].astype(int)
    chin = np.argwhere((person[..., 0] > 200) & (person[..., 1] < 60) & (person[..., 2] > 200)).mean(0)
    up_axis = np.argwhere((person == AXES[1][1]).all(2)).mean(0)
    shown = np.argwhere(abs(picture - picture[0, 0]).max(2) > 20)
    head = shown[shown[:, 0] < shown[:, 0].min() + 60]
    assert [chin[1], up_axis[1]] == pytest.approx([head[:, 1].mean()] * 2, abs=6)
    assert head[:, 0].min() - 10 < up_axis[0] < head[:, 0].max() < chin[0]


def test_before_a_face_is_seen_there_is_the_frame_and_no_rig(rig, overlay, frame):
    drawn = draw(rig, overlay, frame, None, "lost")
    assert np.array_equal(drawn[60:240, :320], frame[60:240]) and rig_rows(drawn) == 0


def test_bars_are_as_long_as_their_coefficients():
    lengths = []
    for value in (0.0, 0.5, 1.0):
        coefficients = np.zeros(52)
        coefficients[ARKIT_52.index("jawOpen")] = value
        picture = np.zeros((240, 960, 3), np.uint8)
        draw_bars(picture, coefficients, 4)
        rows = (picture == BAR).all(2)
        lengths.append(int(rows.any(0).sum()))
        assert (picture.min(2)[:, :100] > 100).any()  # the names
    assert lengths[0] == 0 and lengths[2] == pytest.approx(2 * lengths[1], abs=2) and lengths[2] > 80
