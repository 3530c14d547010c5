"""The curve by which things fade in: flat at both ends, a cubic between."""

import numpy as np


def smoothstep(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """Return 0 at `low` and beyond, 1 at `high` and beyond, smoothly between; `low` may be the larger."""
    x = np.clip((value - low) / (high - low), 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)
