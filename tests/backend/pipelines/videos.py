"""Small videos and trackers for tests of what plays and follows them."""

import time
from pathlib import Path

import cv2
import numpy as np

from facewright.datatypes import ARKIT_52, LiveExpression


def write_video(path: Path, frames: list[np.ndarray], hz: float) -> Path:
    """Write (H, W, 3) RGB uint8 frames as a video that every OpenCV reads."""
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), hz, (width, height))
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[..., ::-1]))
    writer.release()
    return path


def write_cut_video(path: Path, frames: list[np.ndarray], hz: float) -> Path:
    """Write a video of which the second half is missing, as a copy that was broken off."""
    content = write_video(path, frames, hz).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def ramp(count: int) -> list[np.ndarray]:
    """Return frames that grow brighter, red only."""
    frames = []
    for number in range(count):
        frame = np.zeros((48, 64, 3), np.uint8)
        frame[..., 0] = 20 * (number + 1)
        frames.append(frame)
    return frames


class BrightnessTracker:
    """A tracker that puts the red of a frame into the first coefficient."""

    def __call__(self, frame: np.ndarray, _time_s: float) -> LiveExpression:
        coefficients = np.zeros(len(ARKIT_52), np.float32)
        coefficients[0] = frame[..., 0].mean() / 255.0
        return LiveExpression(coefficients, None, "lost")


FAKE_FRAME_MS = 5.0


class FakeCamera:
    """A camera that gives some frames and is then unplugged."""

    def __init__(self, frames: int) -> None:
        self._left = frames

    def read(self) -> tuple[bool, np.ndarray | None]:
        """Give a frame while there are some."""
        time.sleep(1e-3 * FAKE_FRAME_MS)
        self._left -= 1
        return (True, np.full((48, 64, 3), 90, np.uint8)) if self._left >= 0 else (False, None)

    def release(self) -> None:
        """Do nothing."""
