"""Learnt way from a landmark fit to the identity: undoes the landmark network's bias and its pull towards the mean."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from facewright.datatypes import Camera
from facewright.errors import RigInvalid
from facewright.fitting.landmark_fit import LandmarkFit, LandmarkModel
from facewright.rig.head_pose import CAMERA_DISTANCE_M, CAMERA_FROM_WORLD_FRONTAL


@dataclass(frozen=True)
class LandmarkCorrection:
    """An affine map learnt on our own renders (training/build_correction.py).

    Attributes:
        mean: (F,) mean feature vector.
        scale: (F,) standard deviation of the features.
        basis: (F, C) principal directions of the scaled features.
        matrix: (C, R) ridge regression from principal components to the prior code.
        bias: (R,) its offset.
    """

    mean: np.ndarray
    scale: np.ndarray
    basis: np.ndarray
    matrix: np.ndarray
    bias: np.ndarray

    def code(self, features: np.ndarray) -> np.ndarray:
        """Return the expected prior code (..., R) of features (..., F)."""
        return ((features - self.mean) / self.scale) @ self.basis @ self.matrix + self.bias


def load_correction(path: Path, rank: int, rig_version: str) -> LandmarkCorrection | None:
    """Read a rig's correction.safetensors; None when the rig has none.

    Args:
        path: the file.
        rank: R of the rig's prior.
        rig_version: version of the rig; a correction that was learnt on another is refused.

    Raises:
        RigInvalid: the file is damaged, or was learnt for another prior or version.
    """
    if not path.is_file():
        return None
    remedy = "restore the file, or rebuild it with facewright.training.build_correction"
    try:
        with safe_open(path, "numpy") as stream:
            learnt_on = (stream.metadata() or {}).get("rig_version", "an older version")
        learnt = LandmarkCorrection(**{name: array.astype(np.float64) for name, array in load_file(path).items()})
    except (SafetensorError, TypeError, OSError) as error:
        raise RigInvalid(f"{path} is no landmark correction: {error}", remedy) from error
    if learnt_on != rig_version:
        raise RigInvalid(f"{path} was learnt on rig version {learnt_on}, the rig is {rig_version}", remedy)
    if learnt.bias.shape != (rank,):
        message = f"{path} was learnt for a prior of {learnt.bias.size} factors, the rig's has {rank}"
        raise RigInvalid(message, remedy)
    return learnt


def neutral_landmarks(model: LandmarkModel, fit: LandmarkFit) -> np.ndarray:
    """Return the observed landmarks with head pose and expression taken out.

    What the model does not explain of each landmark is carried into the head's own frame and added to the model's
    neutral landmark.

    Args:
        model: the rig's landmark points.
        fit: a landmark fit of the photo.

    Returns:
        (K, 3) metres in world space.
    """
    shown = model.points(fit.code, fit.expression)
    depth = (shown - fit.pivot_m) @ fit.rotation[2] + CAMERA_DISTANCE_M
    missed = np.zeros((len(shown), 3))
    missed[:, :2] = fit.residual_px * (depth / fit.focal_px)[:, None]
    return model.points(fit.code, np.zeros_like(fit.expression)) + missed @ fit.rotation


def correction_features(model: LandmarkModel, fit: LandmarkFit, landmarks_px: np.ndarray) -> np.ndarray:
    """Return what the correction reads from a photo's landmarks and their fit.

    Args:
        model: the rig's landmark points.
        fit: a landmark fit of the photo.
        landmarks_px: (K, 3) as observed, with the network's relative depth.

    Returns:
        (F,) = neutral landmarks from the front, centred and over their own size (2 K), the network's depth of each
        landmark in the head's frame (K), prior code (R), expression (E), head pose as sine of yaw, pitch and their
        squares (4).
    """
    frontal = neutral_landmarks(model, fit)[:, [0, 2]]
    frontal = frontal - frontal.mean(0)
    frontal = frontal / np.sqrt((frontal**2).sum(1).mean())
    turn = fit.rotation @ CAMERA_FROM_WORLD_FRONTAL.T
    yaw, pitch = turn[0, 2], turn[1, 2]
    pose = np.array([yaw, pitch, yaw**2, pitch**2])
    return np.concatenate([frontal.ravel(), observed_depth(landmarks_px, turn), fit.code, fit.expression, pose])


def observed_depth(landmarks_px: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Return the network's depth (K,) of landmarks (K, 3), the head's turn (3, 3) undone, centred, over their size."""
    centred = (landmarks_px - landmarks_px.mean(0)).astype(np.float64) @ turn
    return centred[:, 2] / np.sqrt((centred[:, :2] ** 2).sum(1).mean())


def canonical_landmarks(model: LandmarkModel, fit: LandmarkFit, camera: Camera) -> np.ndarray:
    """Return where the neutral landmarks of a photo fall in a camera's picture.

    Args:
        model: the rig's landmark points.
        fit: a landmark fit of the photo.
        camera: usually the canonical camera of the fitted head.

    Returns:
        (K, 2) px.
    """
    points = neutral_landmarks(model, fit)
    turned = points @ camera.camera_from_world[:3, :3].T + camera.camera_from_world[:3, 3]
    return camera.focal_px * turned[:, :2] / turned[:, 2:] + camera.centre_px
