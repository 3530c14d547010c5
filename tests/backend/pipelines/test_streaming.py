"""Tests of following a source as it plays: sinks get what the tracker says, the summary counts it."""

import time
from pathlib import Path
from threading import Event

import pytest

from backend.pipelines.videos import BrightnessTracker, ramp, write_cut_video, write_video
from facewright.datatypes import LiveExpression
from facewright.pipelines.streaming import StreamStatus, StreamSummary, follow
from facewright.pipelines.video import LatestFrames, Source

HZ, FRAMES = 25.0, 6


class Memory:
    """A sink that remembers."""

    unsent = 2

    def __init__(self) -> None:
        self.seen: list[tuple[LiveExpression, float]] = []

    def send(self, expression: LiveExpression, time_s: float) -> None:
        """Remember a frame."""
        self.seen.append((expression, time_s))


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    return write_video(tmp_path_factory.mktemp("video") / "ramp.avi", ramp(FRAMES), HZ)


def test_every_sink_gets_each_expression_with_its_time(clip):
    sinks, reports = [Memory(), Memory()], []
    frames = LatestFrames(Source(path=clip))
    summary = follow(BrightnessTracker(), frames, sinks, Event(), reports.append)
    frames.close()
    assert sinks[0].seen == sinks[1].seen and sinks[0].seen
    last, time_s = sinks[0].seen[-1]
    assert last.coefficients[0] == pytest.approx(20 * FRAMES / 255, abs=0.02)
    assert time_s == pytest.approx((FRAMES - 1) / HZ)
    assert summary.counts["lost"] + summary.skipped == FRAMES and summary.unsent == 4
    assert len(reports) >= 1


def test_a_file_that_breaks_off_is_told_at_the_end_and_one_that_was_stopped_or_is_whole_is_not(clip, tmp_path):
    broken = write_cut_video(tmp_path / "broken.avi", 5 * ramp(FRAMES), HZ)
    endings = []
    for path in (broken, clip):
        frames = LatestFrames(Source(path=path))
        endings.append(follow(BrightnessTracker(), frames, [], Event(), lambda _: None).one_line())
        frames.close()
    stop = Event()
    stop.set()
    frames = LatestFrames(Source(path=broken))
    endings.append(follow(BrightnessTracker(), frames, [], stop, lambda _: None).one_line())
    frames.close()
    assert ["damaged or cut" in ending for ending in endings] == [True, False, False]


def test_frames_that_come_while_one_is_followed_are_skipped_and_counted(clip):
    class Slow(BrightnessTracker):
        def __call__(self, frame, time_s):
            time.sleep(2.5 / HZ)
            return super().__call__(frame, time_s)

    frames = LatestFrames(Source(path=clip))
    summary = follow(Slow(), frames, [], Event(), lambda _: None)
    frames.close()
    assert summary.skipped >= 2 and summary.counts.total() + summary.skipped == FRAMES
    assert "skipped" in summary.one_line() and f"{summary.counts.total()} lost" in summary.one_line()


def test_a_stream_ends_when_it_is_asked_to(clip):
    stop, sink = Event(), Memory()
    frames = LatestFrames(Source(path=clip, loops=True))

    class StopsAtTheThird(BrightnessTracker):
        def __call__(self, frame, time_s):
            if len(sink.seen) == 2:
                stop.set()
            return super().__call__(frame, time_s)

    summary = follow(StopsAtTheThird(), frames, [sink], stop, lambda _: None)
    frames.close()
    assert len(sink.seen) == 3 == summary.counts.total()


def test_lines_say_what_counts():
    assert StreamSummary().one_line() == "no frames"
    assert StreamStatus("waiting", 0, 0.0, 0.0, "camera 0 gives no pictures").one_line() == (
        "waiting: camera 0 gives no pictures"
    )
    assert "tracked   29.8 fps  delay   14 ms" in StreamStatus("tracked", 90, 29.8, 14.2).one_line()
