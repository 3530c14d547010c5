"""Least squares within bounds, fast for a few dozen unknowns."""

import numpy as np

ROUNDS = 12
"""Exchanges between free and bound unknowns; a handful suffices, since most stay where the last frame left them."""

TOLERANCE = 1e-9


def solve_bounded(normal: np.ndarray, right: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Minimise `x @ normal @ x / 2 - right @ x` between bounds.

    Args:
        normal: (n, n) symmetric positive definite.
        right: (n,).
        lower: (n,) at most 0, -inf where there is no bound.
        upper: (n,) at least 0, inf where there is no bound.

    Returns:
        (n,) the minimiser; within the bounds also in the rare case that the rounds do not suffice.

    Source: Portugal, Judice, Vicente 1994, block principal pivoting; here with two bounds.
    """
    # Unknowns that start on a bound and are pulled outwards are held there at first.
    side = np.where((lower > -TOLERANCE) & (right < 0), -1, 0) + np.where((upper < TOLERANCE) & (right > 0), 1, 0)
    for _ in range(ROUNDS):
        step = np.where(side < 0, lower, np.where(side > 0, upper, 0.0))
        free = side == 0
        held = ~free
        rest = right[free] - normal[np.ix_(free, held)] @ step[held]
        step[free] = np.linalg.solve(normal[np.ix_(free, free)], rest)
        below, above = free & (step < lower - TOLERANCE), free & (step > upper + TOLERANCE)
        pull = right - normal @ step  # points to where the minimum would be
        released = ((side < 0) & (pull > TOLERANCE)) | ((side > 0) & (pull < -TOLERANCE))
        if not (below | above | released).any():
            break
        side = np.where(below, -1, np.where(above, 1, np.where(released, 0, side)))
    return np.clip(step, lower, upper)
