"""Learns the head of an unknown person in front of a camera, beside the stream or within it."""

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from facewright.fitting.landmark_fit import LandmarkFitConfig, LandmarkModel, fit_landmarks
from facewright.perception.alignment import eye_centres
from facewright.perception.landmarks import SMALLEST_EYE_DISTANCE_PX, estimate_yaw

FRAMES = 5
PAUSE_S = 0.2
"""An unknown person's identity is the mean over so many good frames, so far apart."""

FIT = LandmarkFitConfig(iterations=4)
"""Four steps come within a thousandth of where eight end."""

LARGEST_YAW_RAD = np.radians(25.0)
"""A frame is good for the identity when the head is turned by less and the eyes are far enough apart."""


class IdentityLearner:
    """Fits identities to good frames and averages them.

    Args:
        model: the rig's landmark points.
        is_aside: whether fits run in a thread of their own, so that no frame waits 0.4 s for one; which frame a better
            identity comes with is then left to chance.
    """

    def __init__(self, model: LandmarkModel, is_aside: bool) -> None:
        self._model = model
        self._codes: list[np.ndarray] = []
        self._pause_s = 0.0
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="identity") if is_aside else None
        self._running: Future | None = None

    @property
    def is_done(self) -> bool:
        """Whether enough frames have been fitted."""
        return len(self._codes) >= FRAMES

    def watch(self, landmarks_px: np.ndarray, step_s: float) -> np.ndarray | None:
        """Use a frame if it is good.

        Args:
            landmarks_px: (K, 3).
            step_s: since the frame before.

        Returns:
            (P,) rig parameters when there is a better estimate, else None.
        """
        self._pause_s -= step_s
        if self._running is not None:
            return self._collect(self._running)
        if self.is_done or self._pause_s > 0 or not is_good(landmarks_px):
            return None
        self._pause_s = PAUSE_S
        if self._threads is None:
            return self._add(fit_landmarks(self._model, landmarks_px, FIT).code)
        self._running = self._threads.submit(fit_landmarks, self._model, landmarks_px.copy(), FIT)
        return None

    def _collect(self, running: Future) -> np.ndarray | None:
        if not running.done():
            return None
        self._running = None
        return self._add(running.result().code)

    def _add(self, code: np.ndarray) -> np.ndarray:
        self._codes.append(code)
        if self.is_done and self._threads is not None:
            self._threads.shutdown(wait=False)
        return self._model.parameters(np.mean(self._codes, axis=0))


def is_good(landmarks_px: np.ndarray) -> bool:
    """Tell whether a face (K, 3) is frontal and large enough to learn an identity from."""
    right, left = eye_centres(landmarks_px)[:, :2]
    is_turned = abs(estimate_yaw(landmarks_px)) > LARGEST_YAW_RAD
    return not is_turned and bool(np.linalg.norm(left - right) >= SMALLEST_EYE_DISTANCE_PX)
