"""A face is followed through a stream: rendered with known expressions, real, and in streams that misbehave."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from skimage.data import astronaut

from facewright import weights
from facewright.config import FacewrightConfig, FittingConfig, SkinConfig
from facewright.datatypes import ARKIT_52, TRACKING_STATES, Camera, LiveExpression, RenderJob
from facewright.engine.cameras import project
from facewright.engine.opening import open_engine
from facewright.errors import RigInvalid
from facewright.perception.following import find_face
from facewright.pipelines.live import HOLD_S, LivePipeline, LiveTracker
from facewright.pipelines.photo import PhotoPipeline
from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import load_rig
from facewright.training.synthetic_photos import PhotoRecipe, draw_heads

SIZE_PX = (640, 480)
BLACK = np.zeros((480, 640, 3), np.uint8)
FACES = {
    "rest": {},
    "open": {"jawOpen": 0.7},
    "smile": {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9},
    "wink": {"eyeBlinkLeft": 0.95},
}


def coefficients(values: dict[str, float]) -> np.ndarray:
    """Return (E,) coefficients of named ones."""
    return np.array([values.get(name, 0.0) for name in ARKIT_52])


@pytest.fixture(scope="module")
def pipeline() -> LivePipeline:
    """Return a pipeline with the real rig and networks."""
    torch.set_num_threads(1)
    return LivePipeline(load_rig("makehuman"), weights.load_detector(), weights.load_landmarker())


@pytest.fixture(scope="module")
def head(pipeline):
    """Return a random head without hair or glasses."""
    recipe = PhotoRecipe(size_px=480, is_dressed=False, code_scale=0.5, yaw_deg=5.0, pitch_deg=3.0, roll_deg=3.0)
    return draw_heads(pipeline.rig, RigDecoder(pipeline.rig), recipe, 1, np.random.default_rng(3))[0]


@pytest.fixture(scope="module")
def camera(head) -> Camera:
    """Return the camera of all renders of the head."""
    camera = head.job.camera
    return Camera(camera.camera_from_world, camera.focal_px, camera.centre_px + [80, 0], SIZE_PX)


@pytest.fixture(scope="module")
def renders(pipeline, head, camera) -> dict[str, np.ndarray]:
    """Return a frame of the head for each of FACES."""
    shapes = torch.from_numpy(np.stack([coefficients(values) for values in FACES.values()]).astype(np.float32))
    parameters = torch.from_numpy(head.parameters)[None].expand(len(FACES), -1)
    with torch.no_grad():
        vertices = RigDecoder(pipeline.rig).vertices(parameters, shapes).numpy()
    jobs = [RenderJob(posed, camera, head.job.look, head.job.lighting) for posed in vertices]
    drawn = open_engine(pipeline.rig).render(jobs)
    return {name: render.image for name, render in zip(FACES, drawn, strict=True)}


@pytest.fixture(scope="module")
def person() -> np.ndarray:
    """Return a camera frame of a real person, (480, 640, 3)."""
    frame = np.full((480, 640, 3), 90, np.uint8)
    frame[:, 80:560] = cv2.resize(astronaut(), (480, 480), interpolation=cv2.INTER_AREA)
    return frame


def play(tracker: LiveTracker, frames: list[np.ndarray], start_s: float = 0.0, step_s: float = 0.1):
    """Show frames at a steady rate; return the expressions, each checked to be what a client may rely on."""
    return [checked(tracker(frame, start_s + index * step_s)) for index, frame in enumerate(frames)]


def checked(expression: LiveExpression) -> LiveExpression:
    """Return an expression that keeps the promises of its class."""
    assert expression.coefficients.shape == (52,) and np.isfinite(expression.coefficients).all()
    assert expression.coefficients.min() >= 0.0 and expression.coefficients.max() <= 1.0
    assert expression.state in TRACKING_STATES
    return expression


def test_each_expression_of_a_known_head_stands_out_against_its_resting_face(pipeline, head, renders):
    tracker = pipeline.open(head.parameters, smoothing=False)
    shown = {name: play(tracker, [renders[name]] * 2, index)[-1] for index, name in enumerate(FACES)}
    for name, values in FACES.items():
        assert shown[name].state == "tracked"
        for coefficient in values:
            index = ARKIT_52.index(coefficient)
            others = [shown[other].coefficients[index] for other in FACES if other != name]
            assert shown[name].coefficients[index] > 0.15 + max(others), (name, coefficient)


def test_the_camera_shows_the_head_where_it_is(pipeline, head, renders, camera):
    shown = play(pipeline.open(head.parameters, smoothing=False), [renders["rest"]] * 2)[-1].camera
    turn = Rotation.from_matrix(shown.camera_from_world[:3, :3] @ camera.camera_from_world[:3, :3].T)
    assert np.degrees(turn.magnitude()) < 7.0
    assert shown.size_px == SIZE_PX
    points = pipeline.model.points(head.code, np.zeros(52))
    error = np.linalg.norm(project(shown, points)[0] - project(camera, points)[0], axis=1)
    eye_px = np.linalg.norm(np.subtract(*project(camera, points[[33, 263]])[0]))
    assert error.mean() < 0.06 * eye_px


def test_the_identity_of_a_stranger_is_learnt_from_some_frames_and_then_kept(pipeline, person):
    tracker = pipeline.open()
    mean = tracker.identity
    play(tracker, [person], 0.0)
    first = tracker.identity
    play(tracker, [person], 0.1)
    np.testing.assert_array_equal(tracker.identity, first)  # too soon for another look
    play(tracker, [person, person[:, ::-1].copy(), person, person], 0.5, 0.5)
    learnt = tracker.identity
    assert np.abs(first - mean).max() > 0.05 and np.abs(learnt - first).max() > 1e-4
    play(tracker, [person[:, ::-1].copy()] * 3, 5.0, 0.5)
    np.testing.assert_array_equal(tracker.identity, learnt)


def test_the_learnt_identity_explains_the_landmarks_better_than_the_mean_head(pipeline, person):
    tracker = pipeline.open()
    mean = tracker.identity
    play(tracker, [person] * 2, 0.0, 0.5)
    landmarks = find_face(pipeline.detector, pipeline.landmarker, person).landmarks_px
    left = [pipeline.solver(identity)(landmarks).residual_ratio for identity in (mean, tracker.identity)]
    assert left[1] < 0.8 * left[0]


def test_a_given_identity_stays(pipeline, head, person):
    tracker = pipeline.open(head.parameters)
    play(tracker, [person] * 3, 0.0, 0.5)
    np.testing.assert_array_equal(tracker.identity, head.parameters)


def test_a_face_that_leaves_is_held_then_lost_then_found_again(pipeline, head, renders):
    tracker = pipeline.open(head.parameters)
    start = play(tracker, [BLACK] * 2, 0.0)
    assert [shown.state for shown in start] == ["lost", "lost"] and start[-1].camera is None
    assert (start[-1].coefficients == 0).all()
    seen = play(tracker, [renders["smile"]] * 5, 1.0)[-1]
    gone = play(tracker, [BLACK] * 20, 1.5)
    held = [shown for shown in gone if shown.state == "held"]
    assert len(held) == pytest.approx(HOLD_S / 0.1, abs=1)
    assert [shown.state for shown in gone] == ["held"] * len(held) + ["lost"] * (20 - len(held))
    for shown in held:
        np.testing.assert_array_equal(shown.coefficients, seen.coefficients)
    totals = [shown.coefficients.sum() for shown in gone]
    assert totals == sorted(totals, reverse=True) and totals[-1] < 0.01 < totals[len(held)]
    back = play(tracker, [renders["smile"]] * 8, 3.5)
    assert {shown.state for shown in back} == {"tracked"}
    np.testing.assert_allclose(back[-1].coefficients, seen.coefficients, atol=0.05)


def test_a_face_that_comes_back_elsewhere_is_found_once_the_old_one_is_lost(pipeline, head, person):
    tracker = pipeline.open(head.parameters)
    here = play(tracker, [person] * 3)[-1]
    small = np.full_like(person, 90)
    small[100:436, 300:636] = cv2.resize(astronaut(), (336, 336), interpolation=cv2.INTER_AREA)
    there = play(tracker, [BLACK] * 7 + [small] * 2, 0.3)
    assert there[-1].state == "tracked"
    expected = (np.array([225, 126]) * 336 / 512 + [300, 100]) - (np.array([225, 126]) * 480 / 512 + [80, 0])
    np.testing.assert_allclose(there[-1].camera.centre_px - here.camera.centre_px, expected, atol=20)


def test_the_followed_face_stays_when_a_larger_one_comes_and_while_it_is_hidden(pipeline, head):
    small = cv2.resize(astronaut(), (400, 400), interpolation=cv2.INTER_AREA)
    alone = np.full((512, 912, 3), 90, np.uint8)
    alone[:400, :400] = small
    both = alone.copy()
    both[:, 400:] = astronaut()
    hidden = both.copy()
    hidden[:400, :400] = 90
    tracker = pipeline.open(head.parameters)
    shown = play(tracker, [alone, alone, both, both, hidden, both])
    assert [one.state for one in shown] == ["tracked"] * 4 + ["held", "tracked"]
    for one in shown:
        assert one.camera.centre_px[0] < 400
    assert play(tracker, [hidden] * 9, 1.0)[-1].camera.centre_px[0] > 400  # in the end the other one is taken


def test_smoothing_takes_out_jitter_and_can_be_left_out(pipeline, head, renders):
    generator, spread = np.random.default_rng(5), {}
    noisy = [renders["smile"] + generator.integers(0, 40, BLACK.shape, np.uint8) // 2 for _ in range(20)]
    for smoothing in (False, True):
        shown = play(pipeline.open(head.parameters, smoothing), noisy, step_s=1 / 30)[5:]
        turns = [one.camera.camera_from_world[:3, :3] for one in shown]
        spread[smoothing] = np.std([one.coefficients for one in shown], 0).mean(), np.std(turns, 0).mean()
    assert 0 < spread[True][0] < 0.6 * spread[False][0] and 0 < spread[True][1] < 0.8 * spread[False][1]


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (16, 900), (37, 53), (120, 160)])
def test_small_frames_of_any_shape_are_answered(pipeline, person, shape):
    frame = cv2.resize(person, shape[::-1], interpolation=cv2.INTER_AREA)
    play(pipeline.open(), [frame] * 3)


def test_a_face_in_a_frame_of_four_thousand_pixels_is_tracked(pipeline, head, person):
    large = cv2.resize(person, (4000, 3000))
    tracker = pipeline.open(head.parameters, smoothing=False)
    shown, usual = (play(tracker, [frame] * 2)[-1] for frame in (large, person))
    assert shown.state == usual.state == "tracked" and shown.camera.size_px == (4000, 3000)
    np.testing.assert_allclose(shown.coefficients, usual.coefficients, atol=0.15)
    np.testing.assert_allclose(shown.camera.centre_px / 6.25, usual.camera.centre_px, atol=6)


def test_a_stream_may_change_its_size(pipeline, head, person):
    tracker = pipeline.open(head.parameters)
    sizes = [(640, 480), (320, 240), (1280, 960), (640, 480)]
    shown = play(tracker, [cv2.resize(person, size) for size in sizes])
    assert [one.state for one in shown] == ["tracked"] * 4
    assert [one.camera.size_px for one in shown] == sizes


@pytest.mark.parametrize("times_s", [(5.0, 5.0, 5.0, 5.0), (5.0, 4.0, -3.0, 0.0), (math.nan, 1.0, math.inf, math.nan)])
def test_time_stamps_that_do_not_grow_are_tolerated(pipeline, head, renders, times_s):
    tracker = pipeline.open(head.parameters)
    shown = [checked(tracker(renders["smile"], time_s)) for time_s in times_s]
    assert [one.state for one in shown] == ["tracked"] * 4
    states = [checked(tracker(BLACK, times_s[-1])).state for _ in range(18)]
    assert states[0] == "held" and states[-1] == "lost"


def test_streams_in_several_threads_do_not_disturb_each_other(pipeline, head, renders, person):
    streams = [[renders["smile"], renders["open"], renders["rest"]] * 3, [person] * 9, [renders["wink"]] * 9]
    alone = [play(pipeline.open(head.parameters), frames) for frames in streams]
    with ThreadPoolExecutor(3) as threads:
        together = list(threads.map(lambda frames: play(pipeline.open(head.parameters), frames), streams))
    for first, second in zip(alone, together, strict=True):
        for one, other in zip(first, second, strict=True):
            np.testing.assert_allclose(one.coefficients, other.coefficients, atol=1e-4)


def test_a_given_expression_is_not_changed_by_later_frames(pipeline, head, renders):
    tracker = pipeline.open(head.parameters)
    first = tracker(renders["smile"], 0.0)
    kept, frame = first.coefficients.copy(), renders["open"].copy()
    play(tracker, [frame, BLACK], 0.1)
    np.testing.assert_array_equal(first.coefficients, kept)
    np.testing.assert_array_equal(frame, renders["open"])


@pytest.mark.parametrize("frame", [BLACK[..., 0], BLACK.astype(np.float32), BLACK[:0], np.zeros((4, 4, 4), np.uint8)])
def test_what_is_no_rgb_image_is_refused(pipeline, frame):
    with pytest.raises(ValueError, match="expected \\(H, W, 3\\) uint8"):
        pipeline.open()(frame, 0.0)


def test_an_identity_of_another_rig_is_refused(pipeline):
    with pytest.raises(ValueError, match="parameters: expected"):
        pipeline.open(np.full(3, 0.5))


def test_a_rig_without_landmark_map_is_refused(pipeline):
    with pytest.raises(RigInvalid, match="landmark map"):
        LivePipeline(replace(pipeline.rig, landmarks=None), pipeline.detector, pipeline.landmarker)


def test_loaded_from_the_config_or_shared_with_a_photo_pipeline_it_sees_the_same(pipeline, head, person):
    bare = FacewrightConfig(
        device="cpu", engine="software", skin=SkinConfig(share=0.0),
        fitting=FittingConfig(imitator_stage=False, choose_styles=False),
    )  # fmt: skip
    photo_pipeline = PhotoPipeline.from_config(bare)
    shared = LivePipeline.from_photo_pipeline(photo_pipeline)
    assert shared.detector is photo_pipeline.detector and shared.model is photo_pipeline.model
    loaded = LivePipeline.from_config(bare)
    seen = [one.open(head.parameters)(person, 0.0).coefficients for one in (shared, loaded)]
    np.testing.assert_array_equal(*seen)
    other = loaded.for_rig(loaded.rig)
    assert other.landmarker is loaded.landmarker
    np.testing.assert_array_equal(other.open(head.parameters)(person, 0.0).coefficients, seen[0])
