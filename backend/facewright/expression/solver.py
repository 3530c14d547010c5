"""Head pose and expression of a known head from landmarks, fast enough for live use (bounded Gauss-Newton)."""

from dataclasses import dataclass, replace

import numpy as np

from facewright.datatypes import ARKIT_52
from facewright.expression.bounded_step import solve_bounded
from facewright.expression.morphable_model import MorphableModel
from facewright.rig.expression_prior import coefficient_scales, seen_coefficients
from facewright.rig.head_pose import (
    HeadPose,
    first_head_pose,
    project_with_jacobian,
    robust_weight,
    rotation_vector,
)


@dataclass(frozen=True)
class SolverConfig:
    """How the solver weighs what it sees against what it expects.

    Attributes:
        sigma_ratio: expected landmark error over the eye distance, with the errors' strong correlation counted in.
        huber_ratio: residuals above this share of the eye distance count linearly (occluded landmarks).
        first_iterations: Gauss-Newton steps from a first guess.
        iterations: steps from the solution of the frame before.
        landmark_step: every so many landmarks are looked at, which is quicker.
    """

    sigma_ratio: float = 0.06
    huber_ratio: float = 0.08
    first_iterations: int = 8
    iterations: int = 2
    landmark_step: int = 1


@dataclass(frozen=True, eq=False)
class ExpressionFit:
    """Where a head is and what it does.

    Attributes:
        pose: head pose.
        coefficients: (E,) ARKit-52 coefficients in [0, 1].
        residual_ratio: root mean square landmark residual over the eye distance, before the last step.
    """

    pose: HeadPose
    coefficients: np.ndarray
    residual_ratio: float


@dataclass(frozen=True, eq=False)
class Expectation:
    """What is expected of a frame before its landmarks are looked at.

    Attributes:
        values: (E,) coefficients in [0, 1].
        sigma: (E,) how far off they may be, as standard deviations.
        rotation: (3, 3) camera from world; None expects nothing of the head's turn.
        rotation_sigma_rad: how far off it may be about each axis.
    """

    values: np.ndarray
    sigma: np.ndarray
    rotation: np.ndarray | None = None
    rotation_sigma_rad: float = np.inf


class ExpressionSolver:
    """Solves frame after frame for one head; holds nothing of a frame, so that threads may share it.

    Args:
        model: the head.
        config: weights and iterations.
    """

    def __init__(self, model: MorphableModel, config: SolverConfig | None = None) -> None:
        self._config = config or SolverConfig()
        self._model = model = model.thinned(self._config.landmark_step)
        self._solved = seen_coefficients()
        fixed = np.setdiff1d(np.arange(len(ARKIT_52)), self._solved)
        self._fixed, self._by_fixed = fixed, np.ascontiguousarray(model.by_expression[:, :, fixed])
        self._rest = Expectation(np.zeros(len(ARKIT_52)), coefficient_scales())
        self._by_solved = np.ascontiguousarray(model.by_expression[:, :, self._solved])

    def __call__(
        self, landmarks_px: np.ndarray, before: ExpressionFit | None = None, expected: Expectation | None = None
    ) -> ExpressionFit:
        """Solve one frame.

        Args:
            landmarks_px: (K, 2) or (K, 3) x right, y down; the depth serves the first guess of the head pose.
            before: of the frame before, to start from; None starts from what is expected.
            expected: what an expression reader says; None expects a face at rest. It alone decides those coefficients
                that landmarks do not show.

        Returns:
            The fit.
        """
        expected, landmarks_px = expected or self._rest, landmarks_px[:: self._config.landmark_step]
        base_m = self._model.neutral_m + self._by_fixed @ expected.values[self._fixed]  # (K, 3)
        if before is None:
            pose, values = first_head_pose(self._model.neutral_m, landmarks_px), expected.values[self._solved]
            iterations = self._config.first_iterations
        else:
            pose, values = before.pose, before.coefficients[self._solved]
            iterations = self._config.iterations
        if expected.rotation is not None:
            pose = replace(pose, rotation=expected.rotation)
        target = np.asarray(landmarks_px[:, :2], np.float64)
        for _ in range(iterations):
            pose, values, ratio = self._step(base_m, target, pose, values, expected)
        coefficients = np.array(expected.values, np.float64)
        coefficients[self._solved] = values
        return ExpressionFit(pose, coefficients, ratio)

    def _step(
        self, base_m: np.ndarray, target: np.ndarray, pose: HeadPose, values: np.ndarray, expected: Expectation
    ) -> tuple[HeadPose, np.ndarray, float]:
        """Take one Gauss-Newton step; `base_m` (K, 3) are the points but for the coefficients that are solved for."""
        points = base_m + self._by_solved @ values  # (K, 3)
        projected, jacobian = project_with_jacobian(points, pose, self._by_solved)
        residual = target - projected
        eye_px = pose.eye_distance_px(points)
        weight = robust_weight(residual, self._config.huber_ratio * eye_px) * self._model.weight
        weight = weight / (self._config.sigma_ratio * eye_px)
        rows = (jacobian * weight[:, None, None]).reshape(2 * len(points), -1)  # (2 K, 6 + solved)
        normal, right = rows.T @ rows, rows.T @ (residual * weight[:, None]).reshape(-1)
        diagonal = np.arange(6, len(right))
        if expected.rotation is not None:
            turn = rotation_vector(expected.rotation @ pose.rotation.T)
            normal[np.arange(3), np.arange(3)] += expected.rotation_sigma_rad**-2.0
            right[:3] += turn * expected.rotation_sigma_rad**-2.0
        precision = expected.sigma[self._solved] ** -2.0
        normal[diagonal, diagonal] += precision
        right[6:] += precision * (expected.values[self._solved] - values)
        bounds = np.full(6, np.inf)
        step = solve_bounded(normal, right, np.r_[-bounds, -values], np.r_[bounds, 1.0 - values])
        ratio = float(np.sqrt((residual**2).sum(1).mean()) / eye_px)
        return pose.moved(step), np.clip(values + step[6:], 0.0, 1.0), ratio
