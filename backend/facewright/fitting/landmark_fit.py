"""Head pose, camera, expression and identity solved together from landmarks through the rig (bounded Gauss-Newton)."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import lsq_linear

from facewright.datatypes import Camera
from facewright.rig.expression_prior import coefficient_scales, seen_coefficients
from facewright.rig.head_pose import HeadPose, first_head_pose, project_with_jacobian, robust_weight
from facewright.rig.landmark_points import LandmarkPoints
from facewright.rig.nouns import Rig
from facewright.rig.parts import prior_of


@dataclass(frozen=True)
class LandmarkFit:
    """Where the head is, what it does and who it is, as far as landmarks tell.

    Attributes:
        code: (R,) coordinates of the rig parameters in the prior, unit normal.
        expression: (E,) ARKit-52 coefficients in [0, 1].
        rotation: (3, 3) camera-from-world rotation.
        focal_px: focal length for CAMERA_DISTANCE_M.
        centre_px: (2,) where the face's pivot lands, also the principal point.
        pivot_m: (3,) world point that lies on the optical axis.
        residual_px: (K, 2) observed minus model.
        residual_ratio: root mean square residual over the eye distance.
    """

    code: np.ndarray
    expression: np.ndarray
    rotation: np.ndarray
    focal_px: float
    centre_px: np.ndarray
    pivot_m: np.ndarray
    residual_px: np.ndarray
    residual_ratio: float

    def camera(self, size_px: tuple[int, int]) -> Camera:
        """Return the photo's camera for an image of that width and height."""
        return HeadPose(self.rotation, self.focal_px, self.centre_px, self.pivot_m).camera(size_px)


class LandmarkModel:
    """The rig reduced to its landmark points, with their derivatives by prior code and expression.

    Args:
        rig: a rig with prior and landmark map.

    Attributes:
        rank: R, length of the prior code.
        count: K, number of landmarks.
        weight: (K,) how far each landmark can be trusted.
        landmark_points: the points by rig parameters instead of a code.
    """

    def __init__(self, rig: Rig) -> None:
        self.landmark_points = LandmarkPoints(rig)
        prior = prior_of(rig)
        self._mean = torch.from_numpy(prior.mean.astype(np.float32))
        self._factors = torch.from_numpy(prior.factors.astype(np.float32))
        self.weight, self.count = self.landmark_points.weight, self.landmark_points.count
        self.rank = prior.factors.shape[1]

    def parameters(self, code: np.ndarray) -> np.ndarray:
        """Return the (P,) rig parameters of a prior code (R,), clipped to [0, 1]."""
        return np.clip(self._mean.numpy() + self._factors.numpy() @ code.astype(np.float32), 0.0, 1.0)

    def points(self, code: np.ndarray, expression: np.ndarray) -> np.ndarray:
        """Return the (K, 3) landmark points in metres."""
        with torch.no_grad():
            return self._points(_tensor(code), _tensor(expression)).double().numpy()

    def code_jacobian(self, code: np.ndarray, expression: np.ndarray) -> np.ndarray:
        """Return the (K, 3, R) derivative of the points by the prior code."""
        place = self._unclipped(_tensor(code))
        derivative = self.landmark_points.derivative(place, self._factors.T, _tensor(expression))  # (R, K, 3)
        return derivative.permute(1, 2, 0).double().numpy()

    def expression_jacobian(self, code: np.ndarray) -> np.ndarray:
        """Return the (K, 3, E) derivative by the expression, which is exact since blendshapes are linear."""
        return self.landmark_points.neutral_and_jacobian(self._unclipped(_tensor(code)))[1]

    def _points(self, code: torch.Tensor, expression: torch.Tensor) -> torch.Tensor:
        return self.landmark_points(self._unclipped(code), expression)

    def _unclipped(self, code: torch.Tensor) -> torch.Tensor:
        return self._mean + self._factors @ code


@dataclass(frozen=True)
class LandmarkFitConfig:
    """How the landmark fit weighs what it sees against what it expects.

    Attributes:
        sigma_ratio: expected landmark error over the eye distance, with the errors' strong correlation counted in.
        iterations: Gauss-Newton steps.
        solve_code: whether the identity is solved; otherwise it stays as given.
        huber_ratio: residuals above this share of the eye distance count linearly (occluded landmarks).
        code_scale: expected standard deviation of the prior code around the one that the fit starts from.
    """

    sigma_ratio: float = 0.06
    iterations: int = 8
    solve_code: bool = True
    huber_ratio: float = 0.08
    code_scale: float = 1.0


def fit_landmarks(
    model: LandmarkModel,
    landmarks_px: np.ndarray,
    config: LandmarkFitConfig,
    code: np.ndarray | None = None,
) -> LandmarkFit:
    """Solve camera, head pose, expression and (optionally) identity from landmarks.

    Args:
        model: the rig's landmark points.
        landmarks_px: (K, 2) or (K, 3) x right, y down in px; the depth column serves the first guess of the head pose.
        config: weights and iterations.
        code: (R,) start and expected identity, which stays when `config.solve_code` is off; zeros by default.

    Returns:
        The fit.
    """
    expected = np.zeros(model.rank) if code is None else np.asarray(code, np.float64)
    code = expected.copy()
    seen, scales = seen_coefficients(), coefficient_scales()
    expression = np.zeros(len(scales))
    target = np.asarray(landmarks_px[:, :2], np.float64)
    points = model.points(code, expression)
    pose = first_head_pose(points, landmarks_px)
    eye_px = pose.eye_distance_px(points)
    for step in range(config.iterations):
        if step in (0, config.iterations // 2):
            by_shape = _shape_jacobian(model, code, expression, seen, config.solve_code)
        projected, jacobian = project_with_jacobian(points, pose, by_shape)
        residual = target - projected
        weight = robust_weight(residual, config.huber_ratio * eye_px) * model.weight
        delta = _solve_step(
            residual,
            jacobian,
            weight / (config.sigma_ratio * eye_px),
            (code - expected) / config.code_scale,
            expression[seen],
            scales[seen],
            config,
        )
        pose = pose.moved(delta)
        used = model.rank if config.solve_code else 0
        code[:used] += delta[6 : 6 + used]
        expression[seen] = np.clip(expression[seen] + delta[6 + used :], 0.0, 1.0)
        points = model.points(code, expression)
        eye_px = pose.eye_distance_px(points)
    projected, _ = project_with_jacobian(points, pose, np.zeros((model.count, 3, 0)))
    residual = target - projected
    ratio = float(np.sqrt((residual**2).sum(1).mean()) / eye_px)
    return LandmarkFit(code, expression, pose.rotation, pose.focal_px, pose.centre_px, pose.pivot_m, residual, ratio)


def _shape_jacobian(
    model: LandmarkModel, code: np.ndarray, expression: np.ndarray, seen: np.ndarray, solve_code: bool
) -> np.ndarray:
    """Return the (K, 3, N) derivative of the points by the code, if it is solved, then by the seen coefficients."""
    by_expression = model.expression_jacobian(code)[:, :, seen]
    return np.concatenate([model.code_jacobian(code, expression), by_expression], 2) if solve_code else by_expression


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(values, np.float32))


def _solve_step(
    residual: np.ndarray,
    jacobian: np.ndarray,
    weight: np.ndarray,
    surprise: np.ndarray,
    expression: np.ndarray,
    scales: np.ndarray,
    config: LandmarkFitConfig,
) -> np.ndarray:
    """Solve one bounded least-squares step: landmarks, normal code (now `surprise` (R,)), expression within [0, 1]."""
    used = len(surprise) if config.solve_code else 0
    rows = (jacobian * weight[:, None, None]).reshape(-1, jacobian.shape[2])
    right = (residual * weight[:, None]).reshape(-1)
    size = 6 + used + len(expression)
    prior_rows = np.zeros((used + len(expression), size))
    prior_rows[:used, 6 : 6 + used] = np.eye(used) / config.code_scale
    prior_rows[used:, 6 + used :] = np.diag(1.0 / scales)
    prior_right = np.concatenate([-surprise[:used], -expression / scales])
    normal = rows.T @ rows + prior_rows.T @ prior_rows + np.diag(np.r_[np.full(6, 1e-9), np.zeros(size - 6)])
    factor = np.linalg.cholesky(normal)  # normal = factor @ factor.T
    reduced = np.linalg.solve(factor, rows.T @ right + prior_rows.T @ prior_right)
    lower = np.r_[np.full(6 + used, -np.inf), -expression]
    upper = np.r_[np.full(6 + used, np.inf), 1.0 - expression]
    return lsq_linear(factor.T, reduced, (lower - 1e-12, upper + 1e-12), method="bvls", max_iter=60).x
