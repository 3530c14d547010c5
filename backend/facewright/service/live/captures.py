"""Captures: cameras and video files of the backend's own machine, read by a thread each into a live session."""

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from facewright.errors import CaptureUnknown, FacewrightError, SourceUnavailable
from facewright.pipelines.video import DEFAULT_HZ, Source, open_video, promised_hz
from facewright.service.live.hub import LiveFrame, LiveSession

LOG = logging.getLogger(__name__)

FORGOTTEN_S = 30.0
"""A capture that nobody asks about for so long is closed."""

RETRY_S = 1.0
"""Pause before a source that has failed is opened again."""

NETWORK_PATHS = ("\\\\", "//")
RUNNING, ENDED, INTERRUPTED = "running", "ended", "interrupted"


@dataclass(eq=False)
class Capture:
    """One open source.

    Attributes:
        id: unguessable.
        source: camera or file.
        session: works on its frames.
        video: OpenCV's reader.
        width_px, height_px: size of the frames.
        frames_hz: what the source promises, 0 when it does not say.
        state: running, ended or interrupted.
        notice: what is wrong.
        asked_s: when somebody asked about it last.
        stop: set to close it.
    """

    id: str
    source: Source
    session: LiveSession
    video: cv2.VideoCapture
    width_px: int
    height_px: int
    frames_hz: float
    state: str = RUNNING
    notice: str = ""
    asked_s: float = field(default_factory=time.monotonic)
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class Captures:
    """All captures of a server.

    Args:
        close_session: called with the session of a capture that has been closed.
    """

    def __init__(self, close_session: Callable[[LiveSession], None]) -> None:
        self._close_session = close_session
        self._lock = threading.Lock()
        self._open: dict[str, Capture] = {}

    def start(self, source: Source, open_session: Callable[[], LiveSession]) -> Capture:
        """Open a source and begin to read it.

        Raises:
            SourceUnavailable: it cannot be opened.
            FacewrightError: no session can be had.
        """
        video = open_video(source)
        try:
            session = open_session()
        except FacewrightError:
            video.release()
            raise
        size = (int(video.get(prop)) for prop in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        capture = Capture(secrets.token_hex(16), source, session, video, *size, promised_hz(video))
        capture.thread = threading.Thread(target=self._read, args=(capture,), name="capture", daemon=True)
        with self._lock:
            self._open[capture.id] = capture
        capture.thread.start()
        return capture

    def find(self, capture_id: str) -> Capture:
        """Return a capture and note that somebody asks about it.

        Raises:
            CaptureUnknown: there is none of that id.
        """
        with self._lock:
            capture = self._open.get(capture_id)
        if capture is None:
            raise CaptureUnknown(
                f"there is no capture of that id; one that nobody asks about for {FORGOTTEN_S:g} s is closed",
                "start it again",
            )
        capture.asked_s = time.monotonic()
        return capture

    def stop(self, capture: Capture) -> None:
        """Close a capture."""
        capture.stop.set()
        capture.thread.join(5.0)

    def stop_all(self) -> None:
        """Close all captures."""
        with self._lock:
            captures = list(self._open.values())
        for capture in captures:
            self.stop(capture)

    def _read(self, capture: Capture) -> None:
        """Read frames at their pace until the capture is closed or forgotten."""
        try:
            number, begun, first_us = 0, time.monotonic(), 0
            while not capture.stop.is_set() and time.monotonic() - capture.asked_s < FORGOTTEN_S:
                found, frame = capture.video.read() if capture.state == RUNNING else (False, None)
                if not found:
                    self._recover(capture)
                    begun, first_us = time.monotonic(), round(1e6 * number / (capture.frames_hz or DEFAULT_HZ))
                    continue
                number += 1
                if capture.source.path is None:
                    stamp_us = round(1e6 * (time.monotonic() - begun)) + first_us
                else:
                    stamp_us = round(1e6 * number / (capture.frames_hz or DEFAULT_HZ))
                    capture.stop.wait(max(0.0, (stamp_us - first_us) * 1e-6 - (time.monotonic() - begun)))
                capture.session.put(LiveFrame(number, stamp_us, lambda shown=frame: shown[..., ::-1].copy()))
        finally:
            with self._lock:
                self._open.pop(capture.id, None)
            capture.video.release()
            self._close_session(capture.session)

    def _recover(self, capture: Capture) -> None:
        """Go on after a frame that did not come: start a file again or leave it at its end, try a camera again."""
        source = capture.source
        if source.path is not None and not source.loops:
            capture.state = ENDED
            capture.stop.wait(0.1)
            return
        if source.path is not None and capture.video.set(cv2.CAP_PROP_POS_FRAMES, 0):
            capture.stop.wait(0.02)  # a file without a single frame must not spin
            return
        capture.state, capture.notice = INTERRUPTED, "the source gives no frames; it is tried again every second"
        capture.video.release()
        capture.stop.wait(RETRY_S)
        try:
            capture.video = open_video(source)
        except SourceUnavailable as error:
            LOG.debug("still no frames: %s", error)
        else:
            capture.state, capture.notice = RUNNING, ""


def allowed_path(text: str, folder: Path | None, is_local_only: bool) -> Path:
    """Return the path of a video file that a client may open.

    Args:
        text: what the client sent.
        folder: the only folder whose files may be opened; None for any.
        is_local_only: whether clients of other machines cannot connect.

    Raises:
        SourceUnavailable: the path leads out of the folder, or there is no folder and others can connect.
    """
    remedy = "start the server with --videos FOLDER, and name a file below that folder"
    if "\0" in text or not text:
        raise SourceUnavailable("the path of the video file is empty or holds a zero byte", "send a path")
    if folder is None:
        if not is_local_only:
            raise SourceUnavailable("video files are not opened for clients of other machines", remedy)
        return Path(os.path.expanduser(text)).absolute()
    root = folder.resolve()
    is_network = text.startswith(NETWORK_PATHS)  # on Windows even looking at one sends the user's name to its host
    path = root if is_network else Path(os.path.realpath(root / text))
    if root not in path.parents:
        raise SourceUnavailable("the path leads out of the folder of video files", remedy)
    return path
