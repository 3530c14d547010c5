"""Tests of captures with real video files: pace, end, loop, and that a forgotten one is closed."""

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from backend.pipelines.videos import ramp, write_cut_video
from facewright.config import ServiceConfig
from facewright.datatypes import ARKIT_52, LiveExpression
from facewright.errors import CaptureUnknown, QueueFull, SourceUnavailable
from facewright.pipelines import video as pipeline_video
from facewright.pipelines.video import CUT_NOTICE, ENDED, PLAYING, WAITING
from facewright.service.live import captures
from facewright.service.live.captures import Captures, Source
from facewright.service.live.hub import LiveHub

WAIT_S = 10.0
HZ, FRAMES = 50.0, 10


class BrightnessTracker:
    """A tracker that puts the brightness of a frame into the first coefficient."""

    identity = np.zeros(3, np.float32)

    def __call__(self, frame: np.ndarray, time_s: float) -> LiveExpression:
        coefficients = np.zeros(len(ARKIT_52), np.float32)
        coefficients[0] = frame.mean() / 255.0
        return LiveExpression(coefficients, None, "lost")


class Unplugged:
    """A camera that gives nothing any more."""

    def read(self) -> tuple[bool, None]:
        return False, None

    def get(self, _property: int) -> float:
        return 0.0

    def set(self, _property: int, _value: float) -> bool:
        return False

    def release(self) -> None:
        """Do nothing."""


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    """Return a video of frames that grow brighter."""
    path = tmp_path_factory.mktemp("video") / "ramp.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), HZ, (64, 48))
    for number in range(FRAMES):
        writer.write(np.full((48, 64, 3), 20 * (number + 1), np.uint8))
    writer.release()
    return path


@pytest.fixture
def parts():
    hub = LiveHub(ServiceConfig(live_sessions=1))
    made = Captures(hub.close)
    yield made, lambda: hub.open(BrightnessTracker(), lambda parameters: parameters, keeps_all=False)
    made.stop_all()
    hub.stop()


def wait_for(condition) -> bool:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.005)
    return False


def test_a_file_plays_at_its_own_pace_to_its_end_and_keeps_the_last_expression(parts, video):
    made, open_session = parts
    begun = time.monotonic()
    capture = made.start(Source(path=video), open_session)
    assert (capture.width_px, capture.height_px, capture.frames_hz) == (64, 48, HZ)
    assert wait_for(lambda: made.find(capture.id).player.state == ENDED)
    assert time.monotonic() - begun >= (FRAMES - 1) / HZ
    assert wait_for(lambda: (at := capture.session.newest()) is not None and at.frame.frame_id == FRAMES)
    newest = capture.session.newest()
    assert newest.frame.timestamp_us == round(1e6 * (FRAMES - 1) / HZ)
    assert newest.expression.coefficients[0] == pytest.approx(20 * FRAMES / 255, abs=0.02)


def test_a_file_that_breaks_off_says_so_once_it_has_ended(parts, video, tmp_path):
    made, open_session = parts
    broken = write_cut_video(tmp_path / "broken.avi", 5 * ramp(FRAMES), HZ)
    notices = []
    for path in (broken, video):
        capture = made.start(Source(path=path), open_session)
        assert wait_for(lambda capture=capture: made.find(capture.id).player.state == ENDED)
        notices.append(capture.player.notice)
        made.stop(capture)
    assert notices == [CUT_NOTICE, ""]


def test_a_looping_file_goes_on_with_growing_numbers_and_times(parts, video):
    made, open_session = parts
    capture = made.start(Source(path=video, loops=True), open_session)
    assert wait_for(lambda: capture.session.counts.received > 2 * FRAMES + 3)
    assert capture.player.state == PLAYING
    assert capture.session.newest().frame.timestamp_us > 1e6 * 2 * FRAMES / HZ


def test_a_stopped_capture_is_unknown_and_frees_its_session(parts, video):
    made, open_session = parts
    capture = made.start(Source(path=video, loops=True), open_session)
    with pytest.raises(QueueFull):
        made.start(Source(path=video), open_session)
    made.stop(capture)
    with pytest.raises(CaptureUnknown, match="30 s"):
        made.find(capture.id)
    made.start(Source(path=video), open_session)


def test_a_capture_that_nobody_asks_about_is_closed(parts, video, monkeypatch):
    monkeypatch.setattr(captures, "FORGOTTEN_S", 0.1)
    made, open_session = parts
    capture = made.start(Source(path=video, loops=True), open_session)
    assert wait_for(lambda: not capture.thread.is_alive())
    with pytest.raises(CaptureUnknown):
        made.find(capture.id)


def test_a_camera_that_is_unplugged_is_tried_again_and_says_so(parts, video, monkeypatch):
    monkeypatch.setattr(pipeline_video, "RETRY_S", 0.05)
    plugged = [Unplugged(), Unplugged(), cv2.VideoCapture(str(video))]

    def plug(_source: Source):
        return plugged.pop(0)

    monkeypatch.setattr(pipeline_video, "open_video", plug)
    monkeypatch.setattr(captures, "open_video", plug)
    made, open_session = parts
    capture = made.start(Source(camera_index=4), open_session)
    assert wait_for(lambda: capture.player.state == WAITING) and "camera 4" in capture.player.notice
    assert wait_for(lambda: capture.session.counts.received > 2)


@pytest.mark.parametrize("name", ["absent.mp4", "text.mp4", "."])
def test_what_is_no_video_is_named(parts, tmp_path, name):
    (tmp_path / "text.mp4").write_text("this is no video")
    made, open_session = parts
    with pytest.raises(SourceUnavailable, match="video file"):
        made.start(Source(path=tmp_path / name), open_session)


def test_a_camera_that_is_not_there_is_named(parts):
    made, open_session = parts
    with pytest.raises(SourceUnavailable, match="camera 63"):
        made.start(Source(camera_index=63), open_session)
