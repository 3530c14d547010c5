"""Smoothing over time: quiet while a face rests, without delay while it moves."""

import numpy as np

NOMINAL_STEP_S = 1 / 30
"""Assumed between two frames where time stamps do not tell."""


class FrameClock:
    """Turns the time stamps of a stream into steps that are always positive.

    A time stamp that does not grow, or is no number, counts as NOMINAL_STEP_S; growth is then measured from it.
    """

    def __init__(self) -> None:
        self._time_s = np.inf

    def __call__(self, time_s: float) -> float:
        """Return the seconds since the frame before; NOMINAL_STEP_S for the first frame."""
        if not np.isfinite(time_s):
            return NOMINAL_STEP_S
        step_s = time_s - self._time_s
        self._time_s = float(time_s)
        return step_s if step_s > 0 else NOMINAL_STEP_S


class OneEuroFilter:
    """Low-pass filter whose cutoff grows with speed, each value on its own.

    Args:
        cutoff_hz: cutoff at rest; lower means less jitter. One number, or one for each value.
        speed_gain: growth of the cutoff in Hz for each unit a second; higher means less delay. Likewise.
        speed_cutoff_hz: cutoff for the speed itself.

    Source: Casiez, Roussel, Vogel 2012, "1 Euro Filter", equations 1 to 5.
    """

    def __init__(
        self, cutoff_hz: np.ndarray | float = 1.5, speed_gain: np.ndarray | float = 3.0, speed_cutoff_hz: float = 1.0
    ) -> None:
        self._cutoff_hz, self._speed_gain, self._speed_cutoff_hz = cutoff_hz, speed_gain, speed_cutoff_hz
        self._clock = FrameClock()
        self._values: np.ndarray | None = None
        self._raw = self._speed = np.zeros(0)

    def __call__(self, values: np.ndarray, time_s: float, ahead_s: float = 0.0) -> np.ndarray:
        """Filter the values of one frame.

        Args:
            values: any shape, the same in every call.
            time_s: when they were measured, seconds.
            ahead_s: how far into the future the values are carried on at the filter's speed.

        Returns:
            Smoothed values; without looking ahead, between the smallest and the largest that came in.
        """
        values, step_s = np.asarray(values, np.float64), self._clock(time_s)
        if self._values is None:
            self._values, self._raw, self._speed = values.copy(), values, np.zeros_like(values)
            return values.copy()
        speed = (values - self._raw) / step_s
        self._speed = self._speed + _share(self._speed_cutoff_hz, step_s) * (speed - self._speed)
        cutoff_hz = self._cutoff_hz + self._speed_gain * np.abs(self._speed)
        self._values = self._values + _share(cutoff_hz, step_s) * (values - self._values)
        self._raw = values
        return self._values + ahead_s * self._speed


def _share(cutoff_hz: np.ndarray | float, step_s: float) -> np.ndarray | float:
    """Return how much of a new value goes into the filtered one."""
    return 1 / (1 + 1 / (2 * np.pi * cutoff_hz * step_s))
