"""Live sessions: each has a mailbox for one frame, one thread takes them in turns, and so the latest frame wins."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from facewright.config import ServiceConfig
from facewright.datatypes import LiveExpression
from facewright.errors import CalibrationInvalid, FacewrightError, ImageUnreadable, QueueFull
from facewright.expression.calibration import Calibration
from facewright.pipelines.live import LiveTracker

LOG = logging.getLogger(__name__)

KEPT_ANSWERS = 8
"""A client that does not take its answers gets no more frames worked on until it does."""

KEPT_TIMES, KEPT_RATES = 256, 32


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """A frame that waits.

    Attributes:
        frame_id: as the client counts.
        timestamp_us: as the client's clock says.
        decode: gives (H, W, 3) RGB uint8; only called for frames that are worked on.
        arrived_s: on the clock of this process.
    """

    frame_id: int
    timestamp_us: int
    decode: Callable[[], np.ndarray]
    arrived_s: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, eq=False)
class CalibrationOutcome:
    """How a calibration went.

    Attributes:
        pose: what was asked for.
        calibration: what is known of the person now; None while the resting face is not known.
        problem: why nothing came of it; None when all is well.
    """

    pose: str
    calibration: Calibration | None
    problem: CalibrationInvalid | None


@dataclass(frozen=True, eq=False)
class LiveAnswer:
    """What came of a frame.

    Attributes:
        frame: the frame.
        expression: what the face does in it.
        eye_middle_m: (3,) middle between the eyes of the tracked head, world space; None while no face has been seen.
        dropped: frames dropped so far.
        wait_ms: from arrival to the begin of the work.
        work_ms: of the work.
        outcome: of a calibration that ended with this frame, else None.
    """

    frame: LiveFrame
    expression: LiveExpression
    eye_middle_m: np.ndarray | None
    dropped: int
    wait_ms: float
    work_ms: float
    outcome: CalibrationOutcome | None = None


@dataclass
class LiveCounts:
    """How a session fares; times in ms."""

    received: int = 0
    answered: int = 0
    dropped: int = 0
    damaged: int = 0
    notice: str = ""
    work_ms: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_TIMES))
    ended_s: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_RATES))


class LiveSession:
    """One stream or capture; what is shared between threads is under the hub's lock.

    Args:
        hub: works on its frames.
        tracker: follows the face.
        eye_middle: gives (3,) of the head with (P,) parameters.
        keeps_all: whether answers queue up for a reader, or the newest replaces the others.
    """

    def __init__(
        self,
        hub: "LiveHub",
        tracker: LiveTracker,
        eye_middle: Callable[[np.ndarray], np.ndarray],
        keeps_all: bool = True,
    ) -> None:
        self._hub, self._tracker, self._eye_middle = hub, tracker, eye_middle
        self._identity: np.ndarray | None = None
        self._middle: np.ndarray | None = None
        self.waiting: LiveFrame | None = None
        self.answers: deque[LiveAnswer] = deque(maxlen=None if keeps_all else 1)
        self.keeps_all = keeps_all
        self.counts = LiveCounts()
        self.is_busy, self.is_ended = False, False
        self._asked_pose: str | None = None
        self._watched_pose: str | None = None
        self.outcome: CalibrationOutcome | None = None

    def calibrate(self, pose: str) -> None:
        """Let the tracker watch the coming second of frames; the answer to the last of them tells how it went."""
        with self._hub.change:
            self._asked_pose, self.outcome = pose, None

    def wait_for_outcome(self, timeout_s: float) -> CalibrationOutcome | None:
        """Wait until the calibration that was asked for has ended; None when it has not by then."""
        with self._hub.change:
            self._hub.change.wait_for(lambda: self.outcome is not None or self.is_ended, timeout_s)
            return self.outcome

    def put(self, frame: LiveFrame) -> None:
        """Leave a frame to be worked on; one that still waits is dropped."""
        with self._hub.change:
            self.counts.received += 1
            self.counts.dropped += self.waiting is not None
            self.waiting = frame
            self._hub.change.notify_all()

    def end(self) -> None:
        """Say that no frame will follow."""
        with self._hub.change:
            self.is_ended = True
            self._hub.change.notify_all()

    def next_answer(self, timeout_s: float) -> LiveAnswer | None:
        """Wait for an answer and take it; None when the time is over, or when all are taken and none will follow."""
        with self._hub.change:
            self._hub.change.wait_for(lambda: self.answers or self.is_done(), timeout_s)
            if not self.answers:
                return None
            answer = self.answers.popleft()
            self._hub.change.notify_all()  # there may have been no room for the next one
            return answer

    def newest(self) -> LiveAnswer | None:
        """Return the newest answer without taking it."""
        with self._hub.change:
            return self.answers[-1] if self.answers else None

    def answered_hz(self) -> float:
        """Return how many frames a second were worked on lately."""
        with self._hub.change:
            times = list(self.counts.ended_s)
        return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else 0.0

    def is_done(self) -> bool:
        """Tell whether all frames have been worked on and no other will follow."""
        return self.is_ended and self.waiting is None and not self.is_busy

    def has_room(self) -> bool:
        """Tell whether the reader keeps up."""
        return not self.keeps_all or len(self.answers) < KEPT_ANSWERS

    def work(self, frame: LiveFrame) -> LiveAnswer:
        """Decode a frame and read it; only the hub's thread does this.

        Raises:
            FacewrightError: the frame cannot be decoded.
        """
        begun = time.perf_counter()
        with self._hub.change:
            asked, self._asked_pose = self._asked_pose, None
        if asked is not None:
            self._tracker.calibrate(asked)
            self._watched_pose = asked
        expression = self._tracker(frame.decode(), frame.timestamp_us * 1e-6)
        outcome = None
        if self._watched_pose is not None and not self._tracker.is_calibrating:
            outcome = CalibrationOutcome(
                self._watched_pose, self._tracker.calibration, self._tracker.calibration_problem
            )
            self._watched_pose = None
        if expression.camera is not None and self._identity is not self._tracker.identity:
            self._identity = self._tracker.identity
            self._middle = self._eye_middle(self._identity)
        ended = time.perf_counter()
        middle = None if expression.camera is None else self._middle
        wait_ms, work_ms = 1000 * (begun - frame.arrived_s), 1000 * (ended - begun)
        return LiveAnswer(frame, expression, middle, self.counts.dropped, wait_ms, work_ms, outcome)


class LiveHub:
    """Works on the frames of all sessions, one at a time, in turns.

    Args:
        limits: how many sessions there may be.
        observe: told the milliseconds of each frame's wait and work.
    """

    def __init__(
        self, limits: ServiceConfig, observe: Callable[[float, float], None] = lambda wait, work: None
    ) -> None:
        self._limits, self._observe = limits, observe
        self.change = threading.Condition()
        self._sessions: deque[LiveSession] = deque()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._thread.start()

    def open(
        self, tracker: LiveTracker, eye_middle: Callable[[np.ndarray], np.ndarray], keeps_all: bool = True
    ) -> LiveSession:
        """Begin a session; close it again.

        Raises:
            QueueFull: there are too many.
        """
        with self.change:
            if len(self._sessions) >= self._limits.live_sessions:
                raise QueueFull(
                    f"{len(self._sessions)} live sessions are open, which is the limit", "end one of them first"
                )
            session = LiveSession(self, tracker, eye_middle, keeps_all)
            self._sessions.append(session)
            return session

    def close(self, session: LiveSession) -> None:
        """End a session and forget it."""
        with self.change:
            session.is_ended, session.waiting = True, None
            if session in self._sessions:
                self._sessions.remove(session)
            self.change.notify_all()

    def count(self) -> int:
        """Return how many sessions are open."""
        with self.change:
            return len(self._sessions)

    def wait_until_idle(self, timeout_s: float) -> None:
        """Wait until no frame is worked on, or the time is over."""
        with self.change:
            self.change.wait_for(lambda: not any(session.is_busy for session in self._sessions), timeout_s)

    def stop(self) -> None:
        """End all sessions and the thread."""
        with self.change:
            self._is_stopping = True
            for session in self._sessions:
                session.is_ended = True
            self.change.notify_all()
        self._thread.join(5.0)

    def _run(self) -> None:
        while True:
            with self.change:
                while (ready := self._ready()) is None and not self._is_stopping:
                    self.change.wait()
                if ready is None or self._is_stopping:
                    return
                session, frame = ready
                self._sessions.remove(session)
                self._sessions.append(session)  # the others come first next time
                session.waiting, session.is_busy = None, True
            self._work(session, frame)
            del ready, session, frame  # neither stays in memory while the next one is waited for

    def _work(self, session: LiveSession, frame: LiveFrame) -> None:
        answer, problem = None, ""
        try:
            answer = session.work(frame)
            self._observe(answer.wait_ms, answer.work_ms)
        except FacewrightError as error:
            problem = str(error)
        except Exception:  # one session's frame must not stop the others
            LOG.exception("a live frame failed")
            problem = "the frame could not be worked on; the server's log says why"
        with self.change:
            session.is_busy = False
            self._conclude(session, answer, problem)
            self.change.notify_all()

    def _ready(self) -> tuple[LiveSession, LiveFrame] | None:
        waiting = ((one, one.waiting) for one in self._sessions if one.waiting is not None and one.has_room())
        return next(waiting, None)

    @staticmethod
    def _conclude(session: LiveSession, answer: LiveAnswer | None, problem: str) -> None:
        counts = session.counts
        if answer is None:
            counts.damaged += 1
            counts.notice = problem
            return
        counts.answered += 1
        counts.notice = ""
        counts.work_ms.append(answer.work_ms)
        counts.ended_s.append(time.perf_counter())
        session.answers.append(answer)
        session.outcome = answer.outcome or session.outcome


def raw_frame(content: bytes, width: int, height: int, layout: str) -> np.ndarray:
    """Turn plain pixels into an image.

    Args:
        content: rows from the top.
        width: px.
        height: px.
        layout: "rgb", "bgr" or "rgbx".

    Returns:
        (H, W, 3) RGB uint8.

    Raises:
        ImageUnreadable: the length is wrong.
    """
    depth = 4 if layout == "rgbx" else 3
    if len(content) != width * height * depth:
        raise ImageUnreadable(
            f"{width} x {height} px of {depth} bytes are {width * height * depth} bytes, {len(content)} came",
            "send rows without padding",
        )
    pixels = np.frombuffer(content, np.uint8).reshape(height, width, depth)
    return np.ascontiguousarray(pixels[..., ::-1] if layout == "bgr" else pixels[..., :3])
