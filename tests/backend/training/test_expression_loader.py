"""What the expression reader is trained on agrees with what the live pipeline makes of it."""

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from facewright.networks.expression_reader import EYE_PX, MOUTH_PX, FaceCrops
from facewright.networks.landmarker import MIRRORED
from facewright.perception.alignment import eye_centres
from facewright.perception.expression_crops import SHAPE_SIZE, describe_shape
from facewright.rig.head_pose import CAMERA_FROM_WORLD_FRONTAL, rotation_in_photo
from facewright.training.expression_loader import augment, mean_face, true_turns

UPRIGHT = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def face(seed: int) -> np.ndarray:
    """Return (K, 3) points that are their own mirror image but for a little noise."""
    generator = np.random.default_rng(seed)
    points = np.random.default_rng(0).normal(size=(468, 3)) * [40.0, 50.0, 20.0]
    points = (points + points[list(MIRRORED)] * [-1.0, 1.0, 1.0]) / 2
    points[[33, 133, 263, 362]] = [[-40, -20, 0], [-15, -20, 0], [40, -20, 0], [15, -20, 0]]
    return points + generator.normal(size=points.shape) * 0.2


def test_true_turns_are_what_the_live_pipeline_turns_back_into_the_camera():
    rotations = Rotation.from_rotvec([[0.2, -0.5, 0.1], [0.0, 0.0, 0.0]]).as_matrix() @ CAMERA_FROM_WORLD_FRONTAL
    for turn, rotation in zip(true_turns(rotations), rotations, strict=True):
        np.testing.assert_allclose(rotation_in_photo(turn, UPRIGHT), rotation, atol=1e-9)


def test_the_turn_of_the_landmarks_is_the_true_turn_where_landmarks_are_exact():
    template = mean_face(np.stack([face(1)]))
    rotation = Rotation.from_euler("yxz", (15.0, -8.0, 5.0), degrees=True).as_matrix()
    seen = 60 * template @ rotation.T + [96.0, 96.0, 0.0]
    truth = true_turns((rotation @ CAMERA_FROM_WORLD_FRONTAL)[None])[0]
    np.testing.assert_allclose(describe_shape(seen, template)[-3:], truth, atol=1e-9)


def test_the_mean_face_is_symmetric_and_of_unit_eye_distance_wherever_the_faces_were():
    turn = Rotation.from_euler("y", 10.0, degrees=True).as_matrix()
    faces = np.stack([face(1), 2.0 * face(2) @ turn.T + 30.0, face(3) - 100.0])
    mean = mean_face(faces)
    np.testing.assert_allclose(mean, mean[list(MIRRORED)] * [-1.0, 1.0, 1.0], atol=1e-9)
    right, left = eye_centres(mean)
    assert abs(np.linalg.norm(left - right) - 1.0) < 1e-9


def test_augmentation_keeps_ranges_sizes_and_the_likeness_of_one_persons_frames():
    picture = torch.rand(1, 3, MOUTH_PX, MOUTH_PX).expand(6, -1, -1, -1)
    crops = FaceCrops(torch.rand(6, 2, 3, EYE_PX, EYE_PX), picture, torch.zeros(6, SHAPE_SIZE))
    changed = augment(crops, 2, np.random.default_rng(1))
    for before, after in zip(crops, changed, strict=True):
        assert before.shape == after.shape and torch.isfinite(after).all()
    assert (changed.mouth - crops.mouth).abs().mean() > 0.01
    colours = changed.mouth.mean((2, 3))
    within = (colours[:3] - colours[:3].mean(0)).abs().max()
    assert within < 0.2  # three frames of a person keep about the same light
    assert 0.0 < changed.shape.abs().mean() < 0.02
