"""An unknown head is learnt from good frames, within the stream or beside it."""

import time

import numpy as np
import pytest

from facewright.fitting.landmark_fit import LandmarkModel
from facewright.pipelines.live_identity import FRAMES, PAUSE_S, IdentityLearner, is_good
from facewright.rig.head_pose import CAMERA_FROM_WORLD_FRONTAL, HeadPose, project_with_jacobian
from facewright.rig.installed import load_rig


@pytest.fixture(scope="module")
def model() -> LandmarkModel:
    """Return the default rig's landmark points."""
    return LandmarkModel(load_rig("makehuman"))


@pytest.fixture(scope="module")
def landmarks(model) -> np.ndarray:
    """Return (K, 3) landmarks of a head that is not the mean."""
    code = np.random.default_rng(2).standard_normal(model.rank) * 0.8
    points = model.points(code, np.zeros(52))
    pose = HeadPose(CAMERA_FROM_WORLD_FRONTAL, 1400.0, np.array([320.0, 240.0]), points.mean(0))
    places, _ = project_with_jacobian(points, pose, np.zeros((len(points), 3, 0)))
    depth = (points - points.mean(0)) @ CAMERA_FROM_WORLD_FRONTAL.T
    return np.column_stack([places, depth[:, 2] * 1400.0 / 1.2])


def test_frames_are_taken_with_pauses_until_there_are_enough(model, landmarks):
    learner = IdentityLearner(model, is_aside=False)
    better = [learner.watch(landmarks, PAUSE_S / 2) for _ in range(4 * FRAMES)]
    assert sum(one is not None for one in better) == FRAMES and learner.is_done
    assert better[0] is not None and better[1] is None
    mean = model.parameters(np.zeros(model.rank))
    assert np.abs(better[0] - mean).max() > 0.05


def test_beside_the_stream_no_frame_waits_and_the_result_is_the_same(model, landmarks):
    within, beside = IdentityLearner(model, is_aside=False), IdentityLearner(model, is_aside=True)
    expected = within.watch(landmarks, PAUSE_S)
    assert beside.watch(landmarks, PAUSE_S) is None
    deadline, found = time.monotonic() + 60.0, None
    while found is None and time.monotonic() < deadline:
        found = beside.watch(landmarks, 0.0)
        time.sleep(0.01)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_small_and_turned_faces_are_not_good(landmarks):
    assert is_good(landmarks)
    assert not is_good(landmarks * 0.1)
    angle = np.radians(40.0)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    assert not is_good((landmarks - landmarks.mean(0)) @ turn.T)
