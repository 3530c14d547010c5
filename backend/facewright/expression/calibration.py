"""What a stream knows of its person: the face at rest, learnt or asked for, and how far strong expressions go."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from facewright.datatypes import ARKIT_52
from facewright.errors import CalibrationInvalid
from facewright.export.files import atomic_write

ASKED_S = 1.0
"""How long an expression that was asked for is watched."""

FEWEST_FRAMES = 8
LEARNT_S = 0.6
"""How long a face that seems at rest is watched until it is taken for the resting one."""

PATIENCE_S = 3.0
"""If a face has not rested after so long, its calmest frames are taken for rest."""

ADAPTED_S = 60.0
"""Time constant with which the resting face follows a face that rests: light and beards change slowly."""

SETTLED_S = 0.5
"""A face must have rested for so long before the resting face follows it."""

SURE = ("eyeBlink", "jawOpen", "mouthSmile", "mouthFunnel", "mouthPucker")
SURE_LIMIT = 0.15
"""Coefficients (by prefix) that no resting face is born with, unlike low brows; above the limit a face does not rest.
99 of 100 resting faces of held-out people stay below 0.23, 95 below 0.13."""

QUIET_MEAN, QUIET_MOST = 0.03, 0.3
"""A known face whose coefficients but for the gaze stay below, on average and each, rests."""

NEUTRAL = "neutral"
POSES = {
    "open_mouth": ("jawOpen",),
    "blink": ("eyeBlinkLeft", "eyeBlinkRight"),
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
}
"""Strong expressions that may be asked for, and the coefficients that shall reach 1 in them."""

LARGEST_GAIN = 2.0
STRONG_PEAK = 90
"""Percentile over the watched frames that counts as the peak."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """One person before one reader.

    Attributes:
        reader: fingerprint of the expression reader whose features these are.
        rest: (F,) features of the resting face.
        gains: (E,) factors on coefficients, at least 1.
    """

    reader: str
    rest: np.ndarray
    gains: np.ndarray


class PersonMemory:
    """Learns a person frame by frame; one per stream.

    Args:
        reader: fingerprint of the expression reader.
        feature_size: F.
        calibration: of an earlier stream; None begins without.

    Attributes:
        rest: (F,) features of the resting face; None until it is known.
        gains: (E,) factors on coefficients.

    Raises:
        CalibrationInvalid: the calibration is for another reader.
    """

    def __init__(self, reader: str, feature_size: int, calibration: Calibration | None = None) -> None:
        self._reader = reader
        self.rest, self.gains = None, np.ones(len(ARKIT_52))
        if calibration is not None:
            sizes = (calibration.rest.shape, calibration.gains.shape)
            if calibration.reader != reader or sizes != ((feature_size,), (len(ARKIT_52),)):
                raise CalibrationInvalid("the calibration was made with another rig or version", "calibrate again")
            self.rest, self.gains = calibration.rest.astype(np.float32), np.clip(calibration.gains, 1.0, LARGEST_GAIN)
        self._calm: list[tuple[float, np.ndarray]] = []
        self._calm_s = self._rested_s = self._waited_s = 0.0

    @property
    def calibration(self) -> Calibration | None:
        """What is known, to be kept; None while the resting face is not known."""
        return None if self.rest is None else Calibration(self._reader, self.rest.copy(), self.gains.copy())

    def watch(
        self, features: np.ndarray, as_stranger: np.ndarray, as_known: np.ndarray, is_frontal: bool, step_s: float
    ) -> None:
        """Learn the resting face, or let it follow a face that rests; a held expression never becomes the rest.

        Args:
            features: (F,) of the frame.
            as_stranger: (E,) coefficients read without knowing the resting face, so that it cannot confirm itself.
            as_known: (E,) coefficients read beside the resting face, if that is known.
            is_frontal: whether the head faces the camera.
            step_s: since the frame before.
        """
        if not is_frontal:
            self._rested_s = 0.0
        elif self.rest is None:
            self._learn(features, as_stranger, step_s)
        elif is_calm(as_stranger) and is_quiet(as_known):
            self._rested_s += step_s
            if self._rested_s > SETTLED_S:
                share = np.float32(1 - np.exp(-step_s / ADAPTED_S))
                self.rest = self.rest + share * (features - self.rest)
        else:
            self._rested_s = 0.0

    def _learn(self, features: np.ndarray, as_stranger: np.ndarray, step_s: float) -> None:
        calm = is_calm(as_stranger)
        self._waited_s += step_s
        self._calm_s += step_s * calm
        self._calm.append((float(as_stranger.mean()) + (not calm), features))
        self._calm = sorted(self._calm, key=lambda one: one[0])[: 4 * FEWEST_FRAMES]
        count = sum(score < 1.0 for score, _ in self._calm)
        has_rested = self._calm_s >= LEARNT_S and count >= FEWEST_FRAMES
        if has_rested or (self._waited_s >= PATIENCE_S and len(self._calm) >= FEWEST_FRAMES):
            self.set_rest(np.mean([one for _, one in self._calm[: max(FEWEST_FRAMES, count // 2)]], 0))

    def set_rest(self, features: np.ndarray) -> None:
        """Take (F,) features for those of the resting face."""
        self.rest, self._calm = np.asarray(features, np.float32), []


def is_calm(as_stranger: np.ndarray) -> bool:
    """Tell whether (E,) coefficients read of a stranger may be those of a resting face."""
    return bool(as_stranger[[name.startswith(SURE) for name in ARKIT_52]].max() < SURE_LIMIT)


def is_quiet(as_known: np.ndarray) -> bool:
    """Tell whether (E,) coefficients of a known face, wherever its eyes look, are those of rest."""
    still = as_known[[not name.startswith("eyeLook") for name in ARKIT_52]]
    return bool(still.mean() < QUIET_MEAN and still.max() < QUIET_MOST)


class AskedPose:
    """Watches one expression that somebody was asked to hold.

    Args:
        pose: NEUTRAL or one of POSES.

    Raises:
        CalibrationInvalid: there is no such pose.
    """

    def __init__(self, pose: str) -> None:
        if pose != NEUTRAL and pose not in POSES:
            raise CalibrationInvalid(f"there is no pose {pose!r}", f"use one of {', '.join((NEUTRAL, *POSES))}")
        self.pose = pose
        self._features: list[np.ndarray] = []
        self._coefficients: list[np.ndarray] = []
        self._seconds = 0.0

    def watch(self, features: np.ndarray, coefficients: np.ndarray, step_s: float) -> bool:
        """Add a frame's (F,) features and (E,) coefficients without gains; True once enough was seen."""
        self._features.append(features)
        self._coefficients.append(coefficients)
        self._seconds += step_s
        return self._seconds >= ASKED_S and len(self._features) >= FEWEST_FRAMES

    def conclude(self, memory: PersonMemory) -> None:
        """Write what was seen into the memory.

        Raises:
            CalibrationInvalid: the expression was too weak to be told from rest.
        """
        if self.pose == NEUTRAL:
            memory.set_rest(np.mean(self._features, 0))
            memory.gains = np.ones(len(ARKIT_52))
            return
        peaks = np.percentile(self._coefficients, STRONG_PEAK, axis=0)
        rows = [ARKIT_52.index(name) for name in POSES[self.pose]]
        if peaks[rows].min() < 1 / (2 * LARGEST_GAIN):
            found = ", ".join(f"{ARKIT_52[row]} {peaks[row]:.2f}" for row in rows)
            raise CalibrationInvalid(f"the expression was hardly seen: {found}", "do it more strongly and try again")
        memory.gains[rows] = np.clip(1 / peaks[rows], 1.0, LARGEST_GAIN)


def save_calibration(path: Path, calibration: Calibration) -> None:
    """Write a calibration as safetensors.

    Raises:
        OutputNotWritable: the file cannot be written.
    """
    arrays = {"rest": calibration.rest.astype(np.float32), "gains": calibration.gains.astype(np.float32)}
    atomic_write(path, lambda temporary: save_file(arrays, temporary, {"reader": calibration.reader}))


def load_calibration(path: Path) -> Calibration:
    """Read what `save_calibration` wrote.

    Raises:
        CalibrationInvalid: the file is missing or no calibration.
    """
    try:
        with safe_open(path, "np") as stream:
            reader = (stream.metadata() or {})["reader"]
            return Calibration(reader, stream.get_tensor("rest"), stream.get_tensor("gains"))
    except (OSError, SafetensorError, KeyError) as error:
        raise CalibrationInvalid(f"{path} is no calibration: {error}", "calibrate again") from error
