"""Head pose, camera, expression and identity solved together from landmarks through the rig (bounded Gauss-Newton)."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import lsq_linear
from scipy.spatial.transform import Rotation
from torch.func import jacfwd, vmap

from facewright.datatypes import Camera
from facewright.fitting.expression_prior import coefficient_scales, seen_coefficients
from facewright.rig.decoder import RigDecoder
from facewright.rig.spec import Rig

CAMERA_DISTANCE_M = 1.2
"""Assumed distance from camera to face: the focal length takes up the scale, so only the perspective depends on it."""

CAMERA_FROM_WORLD_FRONTAL = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Axes of a camera that looks along +Y at a face that looks along -Y."""


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
        transform = np.eye(4)
        transform[:3, :3] = self.rotation
        transform[:3, 3] = [0.0, 0.0, CAMERA_DISTANCE_M] - self.rotation @ self.pivot_m
        return Camera(transform, float(self.focal_px), self.centre_px.copy(), size_px)


class LandmarkModel:
    """The rig reduced to its landmark points, with their derivatives by prior code and expression.

    Args:
        rig: a rig with prior and landmark map.

    Attributes:
        rank: R, length of the prior code.
        count: K, number of landmarks.
    """

    def __init__(self, rig: Rig) -> None:
        corners = rig.mesh.triangles[rig.landmarks.triangles]  # (K, 3)
        vertices, inverse = np.unique(corners, return_inverse=True)
        self._decoder = RigDecoder(rig, vertex_subset=vertices)
        self._corners = torch.from_numpy(inverse.reshape(corners.shape).astype(np.int64))
        self._barycentric = torch.from_numpy(rig.landmarks.barycentric.astype(np.float32))
        self._mean = torch.from_numpy(rig.prior.mean.astype(np.float32))
        self._factors = torch.from_numpy(rig.prior.factors.astype(np.float32))
        self._expression_count = rig.blendshapes.shape[0]
        self.weight = rig.landmarks.weight.astype(np.float64)
        self.rank = rig.prior.factors.shape[1]
        self.count = corners.shape[0]

    def parameters(self, code: np.ndarray) -> np.ndarray:
        """Return the (P,) rig parameters of a prior code (R,), clipped to [0, 1]."""
        return np.clip(self._mean.numpy() + self._factors.numpy() @ code.astype(np.float32), 0.0, 1.0)

    def points(self, code: np.ndarray, expression: np.ndarray) -> np.ndarray:
        """Return the (K, 3) landmark points in metres."""
        with torch.no_grad():
            return self._points(_tensor(code), _tensor(expression)).double().numpy()

    def code_jacobian(self, code: np.ndarray, expression: np.ndarray) -> np.ndarray:
        """Return the (K, 3, R) derivative of the points by the prior code."""
        return jacfwd(lambda c: self._points(c, _tensor(expression)))(_tensor(code)).detach().double().numpy()

    def expression_jacobian(self, code: np.ndarray) -> np.ndarray:
        """Return the (K, 3, E) derivative by the expression, which is exact since blendshapes are linear."""
        with torch.no_grad():
            shapes = torch.cat([torch.zeros(1, self._expression_count), torch.eye(self._expression_count)])
            moved = vmap(self._points, in_dims=(None, 0))(_tensor(code), shapes)  # (E + 1, K, 3)
            return (moved[1:] - moved[:1]).permute(1, 2, 0).double().numpy()

    def _points(self, code: torch.Tensor, expression: torch.Tensor) -> torch.Tensor:
        parameters = self._mean + self._factors @ code
        vertices = self._decoder.vertices(parameters[None], expression[None])[0]
        return (vertices[self._corners] * self._barycentric[..., None]).sum(1)


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
    pivot = points.mean(0)
    rotation, focal, centre = _initial_pose(points - pivot, landmarks_px)
    eye_px = _spread_px(points, focal)
    by_expression = model.expression_jacobian(code)[:, :, seen]
    by_code = model.code_jacobian(code, expression) if config.solve_code else np.zeros((model.count, 3, 0))
    for step in range(config.iterations):
        if step == config.iterations // 2:
            by_expression = model.expression_jacobian(code)[:, :, seen]
            if config.solve_code:
                by_code = model.code_jacobian(code, expression)
        projected, jacobian = _project_with_jacobian(points - pivot, rotation, focal, centre, by_code, by_expression)
        residual = target - projected
        weight = _robust_weight(residual, config.huber_ratio * eye_px) * model.weight
        delta = _solve_step(
            residual,
            jacobian,
            weight / (config.sigma_ratio * eye_px),
            (code - expected) / config.code_scale,
            expression[seen],
            scales[seen],
            config,
        )
        rotation = Rotation.from_rotvec(delta[:3]).as_matrix() @ rotation
        focal *= np.exp(delta[3])
        centre = centre + delta[4:6]
        used = model.rank if config.solve_code else 0
        code[:used] += delta[6 : 6 + used]
        expression[seen] = np.clip(expression[seen] + delta[6 + used :], 0.0, 1.0)
        points = model.points(code, expression)
        eye_px = _spread_px(points, focal)
    projected, _ = _project_with_jacobian(points - pivot, rotation, focal, centre, None, None)
    residual = target - projected
    ratio = float(np.sqrt((residual**2).sum(1).mean()) / eye_px)
    return LandmarkFit(code, expression, rotation, float(focal), centre, pivot, residual, ratio)


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(values, np.float32))


def _spread_px(points: np.ndarray, focal: float) -> float:
    """Return the eye distance in px, which is 0.55 of the landmark cloud's width on human heads."""
    return 0.55 * (points[:, 0].max() - points[:, 0].min()) * focal / CAMERA_DISTANCE_M


def _initial_pose(points: np.ndarray, landmarks_px: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """Align the neutral landmark cloud to the detected one (with its relative depth) by a similarity."""
    observed = np.asarray(landmarks_px, np.float64)
    if observed.shape[1] == 2:
        observed = np.column_stack([observed, np.zeros(len(observed))])
    centre = observed.mean(0)
    frontal = points @ CAMERA_FROM_WORLD_FRONTAL.T
    frontal_centred = frontal - frontal.mean(0)
    rotation, _ = Rotation.align_vectors(observed - centre, frontal_centred)
    turned = rotation.apply(frontal_centred)
    scale = (turned[:, :2] * (observed - centre)[:, :2]).sum() / (turned[:, :2] ** 2).sum()
    return rotation.as_matrix() @ CAMERA_FROM_WORLD_FRONTAL, scale * CAMERA_DISTANCE_M, centre[:2]


def _project_with_jacobian(
    points: np.ndarray,
    rotation: np.ndarray,
    focal: float,
    centre: np.ndarray,
    by_code: np.ndarray | None,
    by_expression: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Project pivot-centred points; derivative by rotation, log focal, centre, code, expression (K, 2, 6 + R + E)."""
    turned = points @ rotation.T
    depth = turned[:, 2] + CAMERA_DISTANCE_M
    flat = focal * turned[:, :2] / depth[:, None]
    if by_code is None or by_expression is None:
        return flat + centre, np.zeros((len(points), 2, 0))
    by_point = np.zeros((len(points), 2, 3))  # px per metre in camera space
    by_point[:, 0, 0] = by_point[:, 1, 1] = focal / depth
    by_point[:, :, 2] = -flat / depth[:, None]
    spin = np.stack([np.cross(axis, turned) for axis in np.eye(3)], axis=2)  # (K, 3, 3) derivative by a left rotation
    by_world = by_point @ rotation
    blocks = [
        by_point @ spin,
        flat[:, :, None],
        np.broadcast_to(np.eye(2), (len(points), 2, 2)),
        by_world @ by_code,
        by_world @ by_expression,
    ]
    return flat + centre, np.concatenate(blocks, axis=2)


def _robust_weight(residual: np.ndarray, limit_px: float) -> np.ndarray:
    length = np.linalg.norm(residual, axis=1)
    return np.sqrt(np.minimum(1.0, limit_px / np.maximum(length, 1e-9)))


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
