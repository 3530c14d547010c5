"""The live pipeline with the rig's expression reader: winks, rest, calibration, and sources that are hard."""

import cv2
import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from skimage.data import astronaut

from facewright.config import FacewrightConfig
from facewright.datatypes import ARKIT_52, Look
from facewright.engine.opening import open_engine
from facewright.errors import CalibrationInvalid
from facewright.pipelines.live import LivePipeline
from facewright.rig.colours import sample_colours
from facewright.rig.head_pose import CAMERA_FROM_WORLD_FRONTAL
from facewright.training.performance_video import Person, film
from facewright.training.performances import INDEX, Performance
from facewright.training.synthetic_photos import random_lighting

HZ = 30.0
REST_FRAMES, HELD_FRAMES = 30, 12


@pytest.fixture(scope="module")
def pipeline() -> LivePipeline:
    """Return the pipeline as users have it."""
    torch.set_num_threads(1)
    made = LivePipeline.from_config(FacewrightConfig(device="cpu"))
    assert made.reading is not None
    return made


@pytest.fixture(scope="module")
def person(pipeline) -> Person:
    """Return somebody whom the training has not seen."""
    generator = np.random.default_rng(909)
    prior = pipeline.rig.prior
    parameters = prior.mean + 0.7 * prior.factors @ generator.standard_normal(prior.factors.shape[1])
    look, lighting = Look(sample_colours(generator)), random_lighting(generator)
    return Person(np.clip(parameters, 0, 1).astype(np.float32), look, lighting, 0.6, 2.0, 5)


POSES = {
    "rest": {},
    "wink": {"eyeBlinkRight": 1.0},
    "smile": {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9},
    "open": {"jawOpen": 0.8},
    "look": {"eyeLookOutLeft": 0.8, "eyeLookInRight": 0.8},
    "brows": {"browInnerUp": 0.9, "browOuterUpLeft": 0.9, "browOuterUpRight": 0.9},
}


@pytest.fixture(scope="module")
def frames(pipeline, person) -> dict[str, list[np.ndarray]]:
    """Return frames of the person in each pose, turned a little."""
    coefficients = np.zeros((3 * len(POSES), 52))
    for row, values in enumerate(POSES.values()):
        for name, value in values.items():
            coefficients[3 * row : 3 * row + 3, INDEX[name]] = value
    turn = np.tile([[4.0, 2.0, 1.0], [4.2, 2.1, 1.0], [3.9, 2.0, 1.1]], (len(POSES), 1))
    shown = Performance(coefficients, turn, np.zeros((len(turn), 2)), HZ)
    engine = open_engine(pipeline.rig)
    drawn = [one.image for one in film(pipeline.rig, engine, person, shown, np.random.default_rng(1))]
    return {name: drawn[3 * row : 3 * row + 3] for row, name in enumerate(POSES)}


def play(tracker, frames: list[np.ndarray], count: int, start_s: float, hz: float = HZ):
    """Show frames again and again; return the last expression."""
    for index in range(count):
        shown = tracker(frames[index % len(frames)], start_s + index / hz)
    return shown


def at_rest(pipeline, frames, **options):
    """Return a tracker that has learnt its person, and the time."""
    tracker = pipeline.open(**options)
    play(tracker, frames["rest"], REST_FRAMES, 0.0)
    assert tracker.calibration is not None
    return tracker, REST_FRAMES / HZ


@pytest.mark.parametrize("pose", [pose for pose in POSES if pose != "rest"])
def test_each_expression_is_seen_and_goes_away_again(pipeline, frames, pose):
    tracker, time_s = at_rest(pipeline, frames)
    shown = play(tracker, frames[pose], HELD_FRAMES, time_s).coefficients
    after = play(tracker, frames["rest"], 2 * HELD_FRAMES, time_s + 1).coefficients
    for name, value in POSES[pose].items():
        assert shown[INDEX[name]] > 0.6 * value, name
        assert after[INDEX[name]] < 0.15, name
    others = [value for name, value in zip(ARKIT_52, shown, strict=True) if name not in POSES[pose]]
    assert np.mean(others) < 0.06


def test_a_wink_does_not_leak_to_the_other_eye(pipeline, frames):
    tracker, time_s = at_rest(pipeline, frames)
    shown = play(tracker, frames["wink"], HELD_FRAMES, time_s).coefficients
    assert shown[INDEX["eyeBlinkRight"]] > 0.8 and shown[INDEX["eyeBlinkLeft"]] < 0.15


def test_the_turn_of_the_head_is_that_of_the_film(pipeline, frames):
    tracker, time_s = at_rest(pipeline, frames)
    camera = play(tracker, frames["rest"], HELD_FRAMES, time_s).camera
    truth = Rotation.from_euler("yxz", (4.0, 2.0, 1.0), degrees=True)
    found = Rotation.from_matrix(camera.camera_from_world[:3, :3] @ CAMERA_FROM_WORLD_FRONTAL.T)
    assert np.degrees((found * truth.inv()).magnitude()) < 4.0


def test_a_held_smile_stays_a_smile_and_an_asked_neutral_takes_it_for_rest(pipeline, frames):
    tracker, time_s = at_rest(pipeline, frames)
    held = play(tracker, frames["smile"], 90, time_s).coefficients[INDEX["mouthSmileLeft"]]
    assert held > 0.5
    tracker.calibrate("neutral")
    assert tracker.is_calibrating
    after = play(tracker, frames["smile"], 60, time_s + 4).coefficients[INDEX["mouthSmileLeft"]]
    assert after < 0.2 and not tracker.is_calibrating and tracker.calibration_problem is None


def test_an_asked_blink_reaches_one_and_one_that_is_not_made_is_told(pipeline, frames):
    tracker, time_s = at_rest(pipeline, frames)
    tracker.calibrate("smile")
    play(tracker, frames["rest"], 40, time_s)
    assert isinstance(tracker.calibration_problem, CalibrationInvalid)
    tracker.calibrate("open_mouth")
    play(tracker, frames["open"], 40, time_s + 2)
    assert tracker.calibration_problem is None
    assert play(tracker, frames["open"], HELD_FRAMES, time_s + 4).coefficients[INDEX["jawOpen"]] > 0.95


def test_what_is_known_of_a_person_serves_from_the_first_frame(pipeline, frames):
    tracker, _ = at_rest(pipeline, frames)
    again = pipeline.open(calibration=tracker.calibration)
    np.testing.assert_array_equal(again.calibration.rest, tracker.calibration.rest)
    assert play(again, frames["smile"], HELD_FRAMES, 0.0).coefficients[INDEX["mouthSmileLeft"]] > 0.5


def test_prediction_is_ahead_while_a_face_moves_and_stays_in_bounds(pipeline, frames):
    reached = {}
    for prediction_s in (0.0, 0.05):
        tracker, time_s = at_rest(pipeline, frames, prediction_s=prediction_s)
        shown = play(tracker, frames["open"], 2, time_s).coefficients
        assert shown.min() >= 0.0 and shown.max() <= 1.0
        reached[prediction_s] = shown[INDEX["jawOpen"]]
    assert reached[0.05] >= reached[0.0] + 0.02


@pytest.mark.parametrize("hz", [10.0, 120.0])
def test_slow_and_fast_cameras_come_to_the_same(pipeline, frames, hz):
    tracker = pipeline.open()
    play(tracker, frames["rest"], int(1.2 * hz), 0.0, hz)
    shown = play(tracker, frames["smile"], int(0.8 * hz), 1.3, hz).coefficients
    reference, time_s = at_rest(pipeline, frames)
    expected = play(reference, frames["smile"], 24, time_s).coefficients
    np.testing.assert_allclose(shown, expected, atol=0.1)


def test_a_frame_of_four_thousand_pixels_gives_what_a_small_one_does(pipeline):
    small = astronaut()[:360, 20:500]
    large = cv2.resize(small, (3840, 2880), interpolation=cv2.INTER_CUBIC)
    shown = [play(pipeline.open(), [image], 4, 0.0) for image in (small, large)]
    assert [one.state for one in shown] == ["tracked", "tracked"]
    assert np.abs(shown[0].coefficients - shown[1].coefficients).max() < 0.25


def test_dark_frames_are_tracked_or_honestly_lost(pipeline):
    dark = (astronaut() * 0.12).astype(np.uint8)
    tracker = pipeline.open()
    states = [tracker(image, index / HZ).state for index, image in enumerate([astronaut()] * 5 + [dark] * 5)]
    assert states[:5] == ["tracked"] * 5 and set(states[5:]) <= {"tracked", "held"}
    black = np.zeros_like(dark)
    assert [tracker(black, 1 + index / HZ).state for index in range(30)][-1] == "lost"
