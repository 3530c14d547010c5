"""The `track` command: every frame of a video file becomes a row of a table and, if wanted, a frame of an overlay."""

import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import cv2
from tqdm import tqdm

from facewright.config import FacewrightConfig
from facewright.datatypes import TRACKING_STATES
from facewright.engine.opening import open_engine
from facewright.errors import ConfigInvalid, SourceUnavailable
from facewright.export.files import PendingFile, check_inputs_stay
from facewright.expression.sinks.table import TableSink
from facewright.pipelines.overlay import Overlay, VideoFile
from facewright.pipelines.person import open_for_person
from facewright.pipelines.video import CUT_NOTICE, DEFAULT_HZ, is_cut, open_file, promised_frames, promised_hz, read_all


@dataclass(frozen=True)
class TrackRequest:
    """What to track and what to write.

    Attributes:
        video: a video file.
        out: a .csv or .json file.
        overlay: an .mp4 file; None for none.
        rig_json: of the person's fitted head; None for a stranger.
        is_smoothed: whether coefficients and head pose are freed of jitter.
    """

    video: Path
    out: Path
    overlay: Path | None = None
    rig_json: Path | None = None
    is_smoothed: bool = True


@dataclass(frozen=True)
class TrackSummary:
    """What became of a video.

    Attributes:
        counts: frames by tracking state.
        promised: frames that the file says it has; None when it does not say.
        seconds: time for all frames.
        is_stopped: whether the work was stopped before the end.
    """

    counts: Counter[str]
    promised: int | None
    seconds: float
    is_stopped: bool

    def one_line(self) -> str:
        """Return the counts as a sentence."""
        frames = self.counts.total()
        total = f" of {self.promised}" if self.promised and (self.is_stopped or self.promised != frames) else ""
        states = ", ".join(f"{self.counts[state]} {state}" for state in TRACKING_STATES)
        why = f"; {CUT_NOTICE}" if not self.is_stopped and is_cut(self.promised, frames) else ""
        fps = frames / max(self.seconds, 1e-9)
        return f"{frames}{total} frames ({states}) in {self.seconds:.1f} s, {fps:.1f} fps{why}"


def track_video(config: FacewrightConfig, request: TrackRequest, stop: Event, show_bar: bool = True) -> TrackSummary:
    """Track every frame of a video.

    The files appear when the work is done; if it is stopped, they hold the frames up to there.

    Args:
        config: names rig, device and engine.
        request: what to read and to write.
        stop: ends the work after the current frame once it is set.
        show_bar: draw a progress bar on stderr.

    Raises:
        ConfigInvalid: an output has a wrong ending, or is a file that is read.
        SourceUnavailable: the video cannot be read, or has no frame.
        OutputNotWritable: an output cannot be written.
        FacewrightError: the rig, the head or a model file is missing or broken.
    """
    if request.overlay is not None and request.overlay.suffix.lower() != ".mp4":
        raise ConfigInvalid(f"{request.overlay} does not end in .mp4", "give the overlay that ending")
    check_inputs_stay((request.video, request.rig_json), (request.out, request.overlay))
    with ExitStack() as stack:
        video = open_file(request.video)
        stack.callback(video.release)
        table = stack.enter_context(closing(TableSink(request.out)))
        pipeline, person = open_for_person(config, request.rig_json)
        overlay, film = None, None
        if request.overlay is not None:
            size_px = (int(video.get(cv2.CAP_PROP_FRAME_WIDTH)), int(video.get(cv2.CAP_PROP_FRAME_HEIGHT)))
            engine = open_engine(pipeline.rig, config.engine, samples=1)
            stack.callback(engine.close)
            overlay = Overlay(pipeline.rig, person.look, engine, size_px)
            hz = promised_hz(video) or DEFAULT_HZ
            film = stack.enter_context(closing(VideoFile(PendingFile(request.overlay), overlay.size_px, hz)))
        tracker = pipeline.open(person.parameters, request.is_smoothed)
        promised, counts, begun_s = promised_frames(video), Counter[str](), time.monotonic()
        with tqdm(total=promised, unit="frame", disable=not show_bar) as bar:
            for frame in read_all(video):
                expression = tracker(frame.image, frame.time_s)
                table.send(expression, frame.time_s)
                if film is not None and overlay is not None:
                    film.write(overlay.draw(frame.image, tracker, expression))
                counts[expression.state] += 1
                bar.update()
                if stop.is_set():
                    break
        if not counts:
            raise SourceUnavailable(f"{request.video} has no frame that can be read", "give another video")
        return TrackSummary(counts, promised, time.monotonic() - begun_s, stop.is_set())
