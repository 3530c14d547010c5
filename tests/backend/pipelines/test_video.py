"""Tests of playing files and cameras: pace, newest frame, end, loop, cameras that come and go."""

import time
from pathlib import Path

import pytest

from backend.pipelines.videos import FakeCamera, ramp, write_video
from facewright.errors import ConfigInvalid, SourceUnavailable
from facewright.pipelines import video
from facewright.pipelines.video import (
    ENDED,
    PLAYING,
    WAITING,
    LatestFrames,
    Player,
    Source,
    open_file,
    parse_source,
    read_all,
)

HZ, FRAMES, WAIT_S = 50.0, 8, 10.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    return write_video(tmp_path_factory.mktemp("video") / "ramp.avi", ramp(FRAMES), HZ)


def take(frames: LatestFrames):
    frame = frames.take(WAIT_S)
    assert frame is not None
    return frame


def wait_for(condition) -> bool:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline and not condition():
        time.sleep(0.005)
    return condition()


def test_sources_are_cameras_or_files():
    assert parse_source("camera:2") == Source(camera_index=2)
    assert parse_source("clip.mp4", loops=True) == Source(path=Path("clip.mp4"), loops=True)
    for wrong in ("camera", "camera:", "camera:-1", "camera:one", "camera:1234"):
        with pytest.raises(ConfigInvalid, match="names no camera"):
            parse_source(wrong)
    with pytest.raises(ConfigInvalid, match="--loop"):
        parse_source("camera:0", loops=True)


def test_every_frame_of_a_file_is_read_in_rgb_with_its_time(clip):
    frames = list(read_all(open_file(clip)))
    assert [frame.number for frame in frames] == list(range(1, FRAMES + 1))
    assert [frame.time_s for frame in frames] == pytest.approx([number / HZ for number in range(FRAMES)])
    assert frames[3].image[..., 0].mean() == pytest.approx(80, abs=6) and frames[3].image[..., 2].mean() < 12


def test_a_file_plays_at_its_own_pace_and_its_last_frame_is_kept(clip):
    begun = time.monotonic()
    frames = LatestFrames(Source(path=clip))
    assert wait_for(lambda: frames.state == ENDED)
    assert time.monotonic() - begun >= (FRAMES - 1) / HZ
    assert not frames.has_ended
    last = take(frames)
    assert last.number == FRAMES and last.time_s == pytest.approx((FRAMES - 1) / HZ)
    assert frames.has_ended and frames.take(0.0) is None
    frames.close()


def test_a_player_opens_a_file_that_nobody_has_opened(clip):
    shown = []
    Player(Source(path=clip), None, shown.append).play()
    assert [frame.number for frame in shown] == list(range(1, FRAMES + 1))


def test_who_is_slow_gets_the_newest_frame(clip):
    frames = LatestFrames(Source(path=clip, loops=True))
    first = take(frames)
    time.sleep(6 / HZ)
    second = take(frames)
    frames.close()
    assert second.number - first.number >= 3
    assert second.time_s - first.time_s == pytest.approx((second.number - first.number) / HZ)


def test_a_looping_file_goes_on_with_growing_times(clip):
    frames = LatestFrames(Source(path=clip, loops=True))
    assert wait_for(lambda: take(frames).number > 2 * FRAMES)
    later = take(frames)
    frames.close()
    assert later.time_s == pytest.approx((later.number - 1) / HZ)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent.mp4", "absent.mp4 does not exist"),
        ("text.mp4", "text.mp4 cannot be opened as a video"),
        (".", "is no file"),
    ],
)
def test_what_is_no_video_is_named(tmp_path, name, message):
    (tmp_path / "text.mp4").write_text("this is no video")
    with pytest.raises(SourceUnavailable, match=message):
        LatestFrames(Source(path=tmp_path / name))


def test_a_camera_that_is_missing_or_unplugged_is_waited_for(monkeypatch):
    cameras = [None, FakeCamera(2), None, FakeCamera(10_000)]

    def plug(source):
        camera = cameras.pop(0) if len(cameras) > 1 else cameras[0]
        if camera is None:
            raise SourceUnavailable(f"camera {source.camera_index} cannot be opened", "plug it in")
        return camera

    monkeypatch.setattr(video, "open_video", plug)
    monkeypatch.setattr(video, "RETRY_S", 0.05)
    frames = LatestFrames(Source(camera_index=4))
    assert wait_for(lambda: frames.state == WAITING) and "camera 4 gives no pictures" in frames.notice
    assert wait_for(lambda: len(cameras) == 1 and frames.state == PLAYING) and frames.notice == ""
    assert take(frames).number > 2
    frames.close()
    assert frames.state == ENDED
