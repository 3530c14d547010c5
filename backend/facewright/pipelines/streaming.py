"""The `live` command: a camera or file is followed as it plays, and each expression goes to every sink."""

import statistics
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Protocol

from facewright.config import FacewrightConfig
from facewright.datatypes import TRACKING_STATES, LiveExpression
from facewright.errors import ConfigInvalid
from facewright.export.files import check_file, check_inputs_stay
from facewright.expression.calibration import load_calibration, save_calibration
from facewright.expression.sinks.opening import FORMS, open_sink
from facewright.expression.sinks.table import TableSink
from facewright.pipelines.live import LiveTracker
from facewright.pipelines.person import open_for_person
from facewright.pipelines.video import WAITING, LatestFrames, Source, open_file

TAKE_WAIT_S = 0.1
REPORT_EVERY_S = 0.5
RECENT_FRAMES = 60


class Sink(Protocol):
    """What takes expressions."""

    @property
    def unsent(self) -> int:
        """How many it could not pass on."""

    def send(self, expression: LiveExpression, time_s: float) -> None:
        """Take the expression of a frame and when it was taken."""

    def close(self) -> None:
        """End."""


@dataclass(frozen=True)
class LiveRequest:
    """What to follow and where to send it.

    Attributes:
        source: camera or file.
        targets: words as `open_sink` reads them.
        out: a .csv or .json file; None for none.
        rig_json: of the person's fitted head; None for a stranger.
        is_smoothed: whether coefficients and head pose are freed of jitter.
        calibration: file with what is known of the person: read when it is there, written at the end; None for none.
        prediction_s: how far ahead expressions are predicted.
    """

    source: Source
    targets: Sequence[str] = ()
    out: Path | None = None
    rig_json: Path | None = None
    is_smoothed: bool = True
    calibration: Path | None = None
    prediction_s: float = 0.0


@dataclass(frozen=True)
class StreamStatus:
    """How a stream goes.

    Attributes:
        state: one of TRACKING_STATES, or WAITING for a camera.
        frames: frames followed.
        hz: frames a second, lately.
        delay_ms: from reading a frame to having sent its expression, lately.
        notice: what is wrong.
    """

    state: str
    frames: int
    hz: float
    delay_ms: float
    notice: str = ""

    def one_line(self) -> str:
        """Return the status as a line."""
        if self.notice:
            return f"{self.state}: {self.notice}"
        return f"{self.state:<7}  {self.hz:5.1f} fps  delay {self.delay_ms:4.0f} ms  {self.frames} frames"


@dataclass
class StreamSummary:
    """What a stream came to.

    Attributes:
        counts: frames by tracking state.
        skipped: frames that a newer one replaced before they were followed.
        seconds: from the first frame to the end.
        delays_ms: of each frame.
        unsent: datagrams that the network refused.
        notice: what was wrong with the source's end.
    """

    counts: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    seconds: float = 0.0
    delays_ms: list[float] = field(default_factory=list)
    unsent: int = 0
    notice: str = ""

    def one_line(self) -> str:
        """Return the counts as a sentence."""
        frames = self.counts.total()
        wrong = f"; {self.notice}" if self.notice else ""
        if not frames:
            return f"no frames{wrong}"
        states = ", ".join(f"{self.counts[state]} {state}" for state in TRACKING_STATES)
        unsent = f"; {self.unsent} datagrams could not be sent" if self.unsent else ""
        return (
            f"{frames} frames ({states}), {self.skipped} skipped, {frames / max(self.seconds, 1e-9):.1f} fps, "
            f"median delay {statistics.median(self.delays_ms):.0f} ms{unsent}{wrong}"
        )


def stream_live(
    config: FacewrightConfig,
    request: LiveRequest,
    stop: Event,
    say: Callable[[str], None],
    report: Callable[[StreamStatus], None],
) -> StreamSummary:
    """Follow a source until it ends or the stream is stopped.

    Args:
        config: names rig and device.
        request: what, whom and where to.
        stop: ends the stream once it is set.
        say: told what happens, a sentence at a time.
        report: told how it goes, about twice a second.

    Raises:
        ConfigInvalid: there is nowhere to send to, a target is not understood, or an output is a file that is read.
        SourceUnavailable: a file cannot be opened.
        OutputNotWritable: the table or the calibration cannot be written.
        CalibrationInvalid: the file is no calibration, or one of another version.
        FacewrightError: the rig, the head or a model file is missing or broken.
    """
    if not request.targets and request.out is None:
        raise ConfigInvalid("the expressions would go nowhere", f"add --send {FORMS}, or --out weights.csv")
    check_inputs_stay((request.source.path, request.rig_json), (request.out, request.calibration))
    if request.calibration is not None:
        check_file(request.calibration, "--calibration")  # it is written at the end, which may be an hour away
    with ExitStack() as stack:
        sinks: list[Sink] = [stack.enter_context(closing(open_sink(target))) for target in request.targets]
        if request.out is not None:
            sinks.append(stack.enter_context(closing(TableSink(request.out))))
        if request.source.path is not None:
            open_file(request.source.path).release()  # a wrong path is told before the models are loaded
        say("loading rig and networks")
        pipeline, person = open_for_person(config, request.rig_json)
        say(f"sending to {', '.join([*request.targets, *([str(request.out)] if request.out else [])])}")
        known = load_calibration(request.calibration) if request.calibration and request.calibration.exists() else None
        tracker = pipeline.open(person.parameters, request.is_smoothed, known, request.prediction_s, learns_aside=True)
        frames = stack.enter_context(closing(LatestFrames(request.source)))
        summary = follow(tracker, frames, sinks, stop, report)
    learnt = tracker.calibration
    if request.calibration is not None and learnt is None:
        say(f"too little of the person was seen to keep; {request.calibration} was not written")
    elif request.calibration is not None and learnt is not None:
        save_calibration(request.calibration, learnt)
        say(f"kept what is known of the person: {request.calibration}")
    return summary


def follow(
    tracker: LiveTracker,
    frames: LatestFrames,
    sinks: Sequence[Sink],
    stop: Event,
    report: Callable[[StreamStatus], None],
) -> StreamSummary:
    """Give the newest frame to a tracker and its expression to all sinks, until the frames end or `stop` is set.

    Args:
        tracker: of the stream.
        frames: plays the source.
        sinks: each gets every expression.
        stop: ends the stream.
        report: as for `stream_live`.
    """
    summary = StreamSummary()
    recent: deque[tuple[float, float]] = deque(maxlen=RECENT_FRAMES)  # when it was done, its delay in ms
    begun_s, number, reported_s, state = None, 0, -REPORT_EVERY_S, WAITING
    while not stop.is_set() and not frames.has_ended:
        frame = frames.take(TAKE_WAIT_S)
        if frame is not None:
            begun_s = begun_s or frame.read_s
            expression = tracker(frame.image, frame.time_s)
            for sink in sinks:
                sink.send(expression, frame.time_s)
            done_s, state = time.monotonic(), expression.state
            recent.append((done_s, 1000 * (done_s - frame.read_s)))
            summary.delays_ms.append(recent[-1][1])
            summary.counts[state] += 1
            summary.skipped += frame.number - number - 1
            summary.seconds, number = done_s - begun_s, frame.number
        if time.monotonic() - reported_s >= REPORT_EVERY_S:
            reported_s = time.monotonic()
            is_waiting = frames.state == WAITING
            report(_status(WAITING if is_waiting else state, summary.counts.total(), recent, frames.notice))
    summary.unsent = sum(sink.unsent for sink in sinks)
    summary.notice = frames.notice if frames.has_ended else ""
    return summary


def _status(state: str, frames: int, recent: Sequence[tuple[float, float]], notice: str) -> StreamStatus:
    if len(recent) < 2:
        return StreamStatus(state, frames, 0.0, recent[0][1] if recent else 0.0, notice)
    hz = (len(recent) - 1) / max(recent[-1][0] - recent[0][0], 1e-9)
    return StreamStatus(state, frames, hz, statistics.fmean(delay for _, delay in recent), notice)
