"""The head in front of a camera: a first guess from landmarks, its projection and the derivative of that."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from facewright.datatypes import Camera

CAMERA_DISTANCE_M = 1.2
"""Assumed distance from camera to face: the focal length takes up the scale, so only the perspective depends on it."""

CAMERA_FROM_WORLD_FRONTAL = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Axes of a camera that looks along +Y at a face that looks along -Y."""


@dataclass(frozen=True)
class HeadPose:
    """Where a head is in the image.

    Attributes:
        rotation: (3, 3) camera-from-world rotation.
        focal_px: focal length for CAMERA_DISTANCE_M.
        centre_px: (2,) where the pivot lands, also the principal point.
        pivot_m: (3,) world point that lies on the optical axis.
    """

    rotation: np.ndarray
    focal_px: float
    centre_px: np.ndarray
    pivot_m: np.ndarray

    def camera(self, size_px: tuple[int, int]) -> Camera:
        """Return the camera for an image of that width and height."""
        transform = np.eye(4)
        transform[:3, :3] = self.rotation
        transform[:3, 3] = [0.0, 0.0, CAMERA_DISTANCE_M] - self.rotation @ self.pivot_m
        return Camera(transform, float(self.focal_px), self.centre_px.copy(), size_px)

    def moved(self, step: np.ndarray) -> "HeadPose":
        """Return the pose after a (6,) step: left rotation vector in rad, change of log focal, shift in px."""
        return replace(
            self,
            rotation=rotation_matrix(step[:3]) @ self.rotation,
            focal_px=self.focal_px * float(np.exp(step[3])),
            centre_px=self.centre_px + step[4:6],
        )

    def vector(self, side_px: float) -> np.ndarray:
        """Return (6,): rotation vector from the frontal view in rad, log of focal and centre as fractions of a side."""
        turn = rotation_vector(self.rotation @ CAMERA_FROM_WORLD_FRONTAL.T)
        return np.r_[turn, np.log(self.focal_px / side_px), self.centre_px / side_px]

    @staticmethod
    def from_vector(values: np.ndarray, side_px: float, pivot_m: np.ndarray) -> "HeadPose":
        """Build a pose from what `vector` gave for the same side and the (3,) pivot."""
        rotation = rotation_matrix(values[:3]) @ CAMERA_FROM_WORLD_FRONTAL
        return HeadPose(rotation, float(side_px * np.exp(values[3])), side_px * values[4:6], pivot_m)

    def eye_distance_px(self, points_m: np.ndarray) -> float:
        """Return the eye distance in px of landmarks (K, 3): 0.55 of their width on human heads."""
        return 0.55 * float(np.ptp(points_m[:, 0])) * self.focal_px / CAMERA_DISTANCE_M


def rotation_vector(rotation: np.ndarray) -> np.ndarray:
    """Return the (3,) rotation vector of a (3, 3) rotation by less than half a turn; a tenth of the time of SciPy's."""
    axis = np.array([
        rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], rotation[1, 0] - rotation[0, 1]
    ]) / 2  # fmt: skip
    sine = float(np.sqrt(axis @ axis))
    return axis * (np.arctan2(sine, (np.trace(rotation) - 1) / 2) / sine) if sine > 1e-9 else axis


def rotation_matrix(vector: np.ndarray) -> np.ndarray:
    """Return the (3, 3) rotation of a (3,) rotation vector; OpenCV takes a tenth of SciPy's time for one."""
    return cv2.Rodrigues(np.asarray(vector, np.float64))[0]


def rotation_in_photo(turn: np.ndarray, crop_from_photo: np.ndarray) -> np.ndarray:
    """Return the (3, 3) camera-from-world rotation of a head that was looked at in a crop.

    Args:
        turn: (3,) rotation vector, head from crop; the head's axes are those of a frontal camera.
        crop_from_photo: (2, 3) similarity.
    """
    tilt = np.eye(3)
    tilt[:2, :2] = crop_from_photo[:, :2] / np.sqrt(np.linalg.det(crop_from_photo[:, :2]))
    return (rotation_matrix(turn) @ tilt).T @ CAMERA_FROM_WORLD_FRONTAL


def first_head_pose(points_m: np.ndarray, landmarks_px: np.ndarray) -> HeadPose:
    """Align landmark points to the detected landmarks (with their relative depth, if known) by a similarity.

    Args:
        points_m: (K, 3) world points of a neutral head; their mean becomes the pivot.
        landmarks_px: (K, 2) or (K, 3) x right, y down, z away from the camera.

    Returns:
        The pose.
    """
    observed = np.asarray(landmarks_px, np.float64)
    if observed.shape[1] == 2:
        observed = np.column_stack([observed, np.zeros(len(observed))])
    centre = observed.mean(0)
    frontal = (points_m - points_m.mean(0)) @ CAMERA_FROM_WORLD_FRONTAL.T
    rotation, _ = Rotation.align_vectors(observed - centre, frontal)
    turned = rotation.apply(frontal)
    scale = (turned[:, :2] * (observed - centre)[:, :2]).sum() / (turned[:, :2] ** 2).sum()
    matrix = rotation.as_matrix() @ CAMERA_FROM_WORLD_FRONTAL
    return HeadPose(matrix, float(scale * CAMERA_DISTANCE_M), centre[:2], points_m.mean(0))


def project_with_jacobian(points_m: np.ndarray, pose: HeadPose, by_shape: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Project points, with the derivative by the pose and by what shapes the points.

    Args:
        points_m: (K, 3) world points.
        pose: where the head is.
        by_shape: (K, 3, N) derivative of the points by N other unknowns.

    Returns:
        (K, 2) px and (K, 2, 6 + N): by the step of `HeadPose.moved`, then by the unknowns.
    """
    turned = (points_m - pose.pivot_m) @ pose.rotation.T
    depth = turned[:, 2] + CAMERA_DISTANCE_M
    flat = pose.focal_px * turned[:, :2] / depth[:, None]
    by_point = np.zeros((len(points_m), 2, 3))  # px per metre in camera space
    by_point[:, 0, 0] = by_point[:, 1, 1] = pose.focal_px / depth
    by_point[:, :, 2] = -flat / depth[:, None]
    by_world = by_point @ pose.rotation
    jacobian = np.empty((len(points_m), 2, 6 + by_shape.shape[2]))
    jacobian[:, :, :3] = np.cross(turned[:, None], by_point)  # by_point . (axis x turned) = axis . (turned x by_point)
    jacobian[:, :, 3] = flat
    jacobian[:, :, 4:6] = np.eye(2)
    jacobian[:, :, 6:] = by_world @ by_shape
    return flat + pose.centre_px, jacobian


def robust_weight(residual_px: np.ndarray, limit_px: float) -> np.ndarray:
    """Return (K,) factors on residuals (K, 2) that let their squares grow linearly beyond a length (Huber)."""
    length = np.linalg.norm(residual_px, axis=1)
    return np.sqrt(np.minimum(1.0, limit_px / np.maximum(length, 1e-9)))
