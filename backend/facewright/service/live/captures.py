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
from facewright.pipelines.video import Player, Source, TimedFrame, open_video, promised_hz
from facewright.service.live.hub import LiveFrame, LiveSession

LOG = logging.getLogger(__name__)

FORGOTTEN_S = 30.0
"""A capture that nobody asks about for so long is closed."""

NETWORK_PATHS = ("\\\\", "//")
ENDED_PAUSE_S = 0.1


@dataclass(eq=False)
class Capture:
    """One open source.

    Attributes:
        id: unguessable.
        source: camera or file.
        session: works on its frames.
        player: plays the source; tells its state and what is wrong.
        width_px, height_px: size of the frames.
        frames_hz: what the source promises, 0 when it does not say.
        asked_s: when somebody asked about it last.
        thread: reads the source; None until it has been started.
    """

    id: str
    source: Source
    session: LiveSession
    player: Player
    width_px: int
    height_px: int
    frames_hz: float
    asked_s: float = field(default_factory=time.monotonic)
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
        width_px, height_px = (int(video.get(prop)) for prop in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        player = Player(source, video, lambda frame: session.put(live_frame(frame)), lambda: not is_forgotten(capture))
        hz = promised_hz(video)
        capture = Capture(secrets.token_hex(16), source, session, player, width_px, height_px, hz)
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
        capture.player.stop()
        if capture.thread is not None:
            capture.thread.join(5.0)

    def stop_all(self) -> None:
        """Close all captures."""
        with self._lock:
            captures = list(self._open.values())
        for capture in captures:
            self.stop(capture)

    def _read(self, capture: Capture) -> None:
        """Play a source; when it has ended, keep its last expression until the capture is closed or forgotten."""
        try:
            capture.player.play()
            while capture.player.is_wanted() and not capture.player.rest(ENDED_PAUSE_S):
                pass
        finally:
            with self._lock:
                self._open.pop(capture.id, None)
            self._close_session(capture.session)


def is_forgotten(capture: Capture) -> bool:
    """Tell whether nobody has asked about a capture for long."""
    return time.monotonic() - capture.asked_s >= FORGOTTEN_S


def live_frame(frame: TimedFrame) -> LiveFrame:
    """Return a frame as a session takes it; its colours are put in order when it is worked on."""
    return LiveFrame(frame.number, round(1e6 * frame.time_s), lambda: frame.image)


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
