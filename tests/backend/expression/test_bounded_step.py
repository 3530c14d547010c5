"""Bounded least squares find what SciPy finds."""

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from facewright.expression import bounded_step
from facewright.expression.bounded_step import solve_bounded


def problem(seed: int, count: int = 20) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw rows, right side and bounds around 0 of which many will matter."""
    generator = np.random.default_rng(seed)
    rows, right = generator.normal(size=(3 * count, count)), generator.normal(size=3 * count) * 4
    start = np.clip(generator.uniform(-0.4, 1.4, count), 0, 1)
    lower, upper = np.r_[np.full(4, -np.inf), -start[4:]], np.r_[np.full(4, np.inf), 1 - start[4:]]
    return rows, right, lower, upper


@pytest.mark.parametrize("seed", range(12))
def test_the_minimum_within_bounds_is_that_of_scipy(seed):
    rows, right, lower, upper = problem(seed)
    expected = lsq_linear(rows, right, (lower - 1e-12, upper + 1e-12), method="bvls").x
    found = solve_bounded(rows.T @ rows, rows.T @ right, lower, upper)
    np.testing.assert_allclose(found, expected, atol=1e-8)
    assert (np.abs(found[4:] - lower[4:]) < 1e-9).any() and (np.abs(found[4:] - upper[4:]) < 1e-9).any()


def test_without_bounds_it_solves_the_normal_equations():
    rows, right, _, _ = problem(3)
    infinite = np.full(20, np.inf)
    found = solve_bounded(rows.T @ rows, rows.T @ right, -infinite, infinite)
    np.testing.assert_allclose(found, np.linalg.lstsq(rows, right)[0], atol=1e-10)


def test_the_bounds_hold_even_where_the_rounds_do_not_suffice(monkeypatch):
    monkeypatch.setattr(bounded_step, "ROUNDS", 1)
    rows, right, lower, upper = problem(2)
    found = bounded_step.solve_bounded(rows.T @ rows, rows.T @ right, lower, upper)
    assert (found >= lower).all() and (found <= upper).all()


def test_a_nearly_singular_problem_gives_finite_numbers():
    rows, right, lower, upper = problem(8)
    normal = rows[:6].T @ rows[:6] + 1e-7 * np.eye(20)
    assert np.isfinite(solve_bounded(normal, rows[:6].T @ right[:6] * 50, lower, upper)).all()
