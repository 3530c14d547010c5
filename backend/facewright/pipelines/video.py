"""Cameras and video files: opens them, plays them at their own pace and keeps the newest frame, or reads all."""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from facewright.errors import ConfigInvalid, SourceUnavailable

DEFAULT_HZ = 30.0
"""Of a file that does not say."""

RETRY_S = 1.0
"""Pause before a camera that has failed is opened again."""

CLOSE_WAIT_S = 2.0
LEAST_OF_PROMISED = 0.9
"""A file may be off by some frames in what it promises; one with fewer than this share is damaged."""

CUT_NOTICE = "the rest cannot be read, the file is damaged or cut"
CAMERA_NOTICE = (
    "camera {} gives no pictures: check that it is plugged in and that no other program has it; it is tried again"
)
PLAYING, ENDED, WAITING = "playing", "ended", "waiting"


@dataclass(frozen=True)
class Source:
    """Where frames come from.

    Attributes:
        path: of a video file; None for a camera.
        camera_index: of the camera, where there is no path.
        loops: whether a file starts again at its end.
    """

    path: Path | None = None
    camera_index: int = 0
    loops: bool = False


@dataclass(frozen=True, eq=False)
class TimedFrame:
    """One frame of a source.

    Attributes:
        number: counts from 1; a number that is missing was skipped.
        bgr: (H, W, 3) uint8 as OpenCV gives it.
        time_s: when it was taken, from the source's beginning.
        read_s: when it was read, on the monotonic clock.
    """

    number: int
    bgr: np.ndarray
    time_s: float
    read_s: float

    @cached_property
    def image(self) -> np.ndarray:
        """The (H, W, 3) RGB uint8 image; made when it is asked for, as many frames are skipped."""
        return cv2.cvtColor(self.bgr, cv2.COLOR_BGR2RGB)


def parse_source(text: str, loops: bool = False) -> Source:
    """Read what `--source` asks for: camera:N or a path.

    Raises:
        ConfigInvalid: the number of the camera is none, or a camera shall loop.
    """
    is_bare_number = re.fullmatch("[0-9]{1,3}", text) and not Path(text).exists()
    if text.partition(":")[0] != "camera" and not is_bare_number:
        return Source(path=Path(text).expanduser(), loops=loops)
    if not re.fullmatch("camera:[0-9]{1,3}", text):
        raise ConfigInvalid(f"--source {text!r} names no camera", "write camera:0 for the first one, or a video file")
    if loops:
        raise ConfigInvalid("--loop and a camera do not go together", "leave --loop out")
    return Source(camera_index=int(text.removeprefix("camera:")))


def open_video(source: Source) -> cv2.VideoCapture:
    """Open a camera or video file.

    Raises:
        SourceUnavailable: it cannot be opened, or gives no frame.
    """
    with _quiet_opencv():
        if source.path is not None:
            what, remedy = "the video file", "check the path and the format; MP4, MOV, AVI, MKV and WebM work"
            video = cv2.VideoCapture(str(source.path)) if os.path.isfile(source.path) else None
        else:
            what, remedy = (
                f"camera {source.camera_index}",
                "check that it is plugged in and that no other program has it",
            )
            video = cv2.VideoCapture(source.camera_index)
    if video is None or not video.isOpened():
        if video is not None:
            video.release()
        raise SourceUnavailable(f"{what} cannot be opened on the backend's machine", remedy)
    return video


def open_file(path: Path) -> cv2.VideoCapture:
    """Open a video file.

    Raises:
        SourceUnavailable: it cannot be opened; the path is named.
    """
    if not path.is_file():
        raise SourceUnavailable(f"{path} {'is no file' if path.exists() else 'does not exist'}", "give a video file")
    try:
        return open_video(Source(path=path))
    except SourceUnavailable as error:
        raise SourceUnavailable(f"{path} cannot be opened as a video", error.remedy) from error


def promised_hz(video: cv2.VideoCapture) -> float:
    """Return the frames a second that a source promises, 0 when that is no sane number."""
    hz = float(video.get(cv2.CAP_PROP_FPS))
    return hz if 1.0 <= hz <= 1000.0 else 0.0


def promised_frames(video: cv2.VideoCapture) -> int | None:
    """Return how many frames a file promises, None when it does not say."""
    count = video.get(cv2.CAP_PROP_FRAME_COUNT)
    return int(count) if 1 <= count < 1e8 else None


def is_cut(promised: int | None, frames: int) -> bool:
    """Tell whether a file that promises so many frames has ended too early; one that promises nothing never has."""
    return promised is not None and frames < LEAST_OF_PROMISED * promised


def read_all(video: cv2.VideoCapture) -> Iterator[TimedFrame]:
    """Read every frame of an open file, as fast as they are asked for."""
    hz, number = promised_hz(video) or DEFAULT_HZ, 0
    while (read := video.read())[0]:
        number += 1
        yield TimedFrame(number, read[1], (number - 1) / hz, time.monotonic())


class Player:
    """Plays a source at its own pace; a file may start again at its end, a camera that fails is tried again.

    Args:
        source: what to play.
        video: the source, if it is open already; the player closes it.
        show: gets every frame.
        goes_on: asked between two frames; False ends the play.

    Attributes:
        state: PLAYING, WAITING for a camera, or ENDED.
        notice: what is wrong while WAITING; once ENDED, that the file is cut.
    """

    def __init__(
        self,
        source: Source,
        video: cv2.VideoCapture | None,
        show: Callable[[TimedFrame], None],
        goes_on: Callable[[], bool] = lambda: True,
    ) -> None:
        self._source, self._video, self._show, self._goes_on = source, video, show, goes_on
        self._stop, self._number, self._begun_s = threading.Event(), 0, time.monotonic()
        self.state, self.notice = PLAYING, ""

    def stop(self) -> None:
        """End the play soon; for any thread."""
        self._stop.set()

    def is_wanted(self) -> bool:
        """Tell whether nobody has ended the play."""
        return not self._stop.is_set() and self._goes_on()

    def play(self) -> None:
        """Play until the source ends or nobody wants it any more."""
        notice = ""
        try:
            if self._source.path is None:
                self._play_camera()
            else:
                self._video = self._video or open_video(self._source)
                notice = self._play_file(self._video)
        finally:
            if self._video is not None:
                self._video.release()
            self.notice, self.state = notice, ENDED

    def rest(self, seconds: float) -> bool:
        """Wait; True when the play was stopped meanwhile."""
        return self._stop.wait(seconds)

    def _play_file(self, video: cv2.VideoCapture) -> str:
        """Play a file, again and again if it loops; returns what was wrong with its end."""
        hz, promised = promised_hz(video) or DEFAULT_HZ, promised_frames(video)
        self._begun_s = time.monotonic()
        first = 0  # number of frames before this round
        while self.is_wanted():
            found, image = video.read()
            if not found:
                frames, first = self._number - first, self._number
                if not self._source.loops or not frames or not video.set(cv2.CAP_PROP_POS_FRAMES, 0):
                    return CUT_NOTICE if is_cut(promised, frames) else ""
                continue
            time_s = self._number / hz
            if self.rest(max(0.0, time_s - (time.monotonic() - self._begun_s))):
                break
            self._give(image, time_s)
        return ""

    def _play_camera(self) -> None:
        while self.is_wanted():
            try:
                self._video = self._video or open_video(self._source)
                found, image = self._video.read()
            except SourceUnavailable:
                found = False
            if not found:
                if self._video is not None:
                    self._video.release()
                    self._video = None
                self.state, self.notice = WAITING, CAMERA_NOTICE.format(self._source.camera_index)
                self.rest(RETRY_S)
                continue
            self.state, self.notice = PLAYING, ""
            self._give(image, time.monotonic() - self._begun_s)

    def _give(self, image: np.ndarray, time_s: float) -> None:
        self._number += 1
        self._show(TimedFrame(self._number, image, time_s, time.monotonic()))


class LatestFrames:
    """Plays a source in a thread of its own and keeps the newest frame.

    Args:
        source: what to play.

    Raises:
        SourceUnavailable: a file cannot be opened; a camera is waited for instead.
    """

    def __init__(self, source: Source) -> None:
        self._fresh = threading.Condition()
        self._newest: TimedFrame | None = None
        self._player = Player(source, None if source.path is None else open_file(source.path), self._keep)
        self._thread = threading.Thread(target=self._play, name="frames", daemon=True)
        self._thread.start()

    @property
    def state(self) -> str:
        """PLAYING, WAITING for a camera, or ENDED."""
        return self._player.state

    @property
    def notice(self) -> str:
        """What is wrong while WAITING; once ENDED, that the file is cut."""
        return self._player.notice

    def take(self, wait_s: float) -> TimedFrame | None:
        """Return the newest frame that was not taken yet; None when there is none for so long, or none any more."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._newest is not None or self.state == ENDED, wait_s)
            newest, self._newest = self._newest, None
            return newest

    @property
    def has_ended(self) -> bool:
        """Whether a file is over and its last frame taken."""
        with self._fresh:
            return self.state == ENDED and self._newest is None

    def close(self) -> None:
        """Stop playing."""
        self._player.stop()
        self._thread.join(CLOSE_WAIT_S)

    def _play(self) -> None:
        self._player.play()
        with self._fresh:
            self._fresh.notify_all()

    def _keep(self, frame: TimedFrame) -> None:
        with self._fresh:
            self._newest = frame
            self._fresh.notify_all()


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Keep OpenCV from writing to stderr what the error says already."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
