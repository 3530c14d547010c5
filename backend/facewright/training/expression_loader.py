"""Cuts the expression reader's training set out of the renders and spoils it anew for every step."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from facewright.networks.expression_reader import EYE_PX, MIRRORED_COEFFICIENTS, MOUTH_PX, FaceCrops, mirrored
from facewright.networks.landmarker import MIRRORED
from facewright.perception.alignment import eye_centres
from facewright.perception.expression_crops import (
    SHAPE_SIZE,
    STEADY,
    cut_crops,
    describe_shape,
    mirror_matrix,
    to_crops,
)
from facewright.rig.head_pose import CAMERA_FROM_WORLD_FRONTAL
from facewright.training.expression_data import FRAMES, RESTING, ExpressionData
from facewright.training.work_folder import open_arrays

REST_SEEN = 2
"""Resting frames by which a person is known in training; live there are more."""

KNOWN_SHARE = 0.75
"""How often the resting face is known in training."""

SHAPE_NOISE = 0.006
"""Standard deviation that is added to landmarks, in eye distances."""


@dataclass(frozen=True)
class CutData:
    """What the reader sees of M people in FRAMES frames each, memory-mapped.

    Attributes:
        eyes: (M, F, 2, EYE_PX, EYE_PX, 3) uint8.
        mouths: (M, F, MOUTH_PX, MOUTH_PX, 3) uint8.
        shapes: (M, F, L) float32.
    """

    eyes: np.ndarray
    mouths: np.ndarray
    shapes: np.ndarray


@dataclass(frozen=True, eq=False)
class Batch:
    """One step's frames.

    Attributes:
        acted: of B people in A frames each, flattened.
        rest: of the same people in REST_SEEN frames each, flattened.
        truth: (B, A, E).
        turns: (B, A, 3) true rotation vectors, head from picture.
        is_known: (B,) whether the resting face may be used.
    """

    acted: FaceCrops
    rest: FaceCrops
    truth: Tensor
    turns: Tensor
    is_known: Tensor


def mean_face(landmarks: np.ndarray) -> np.ndarray:
    """Return the template of `describe_shape` from resting faces (N, K, 3): their mean, symmetric, eyes 1 apart."""
    face = landmarks[0].astype(np.float64)
    steady = list(STEADY)
    for _ in range(4):
        total = np.zeros_like(face)
        for points in landmarks:
            source, target = points[steady], face[steady]
            u, s, vt = np.linalg.svd((source - source.mean(0)).T @ (target - target.mean(0)))
            flip = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
            scale = (s * flip).sum() / ((source - source.mean(0)) ** 2).sum()
            total += scale * (points - source.mean(0)) @ ((u * flip) @ vt)
        face = total / len(landmarks)
        face = (face + face[list(MIRRORED)] * [-1.0, 1.0, 1.0]) / 2
        right, left = eye_centres(face)
        face = face / np.linalg.norm(left - right)
    return face


def cut_data(data: ExpressionData, work: Path, people: int, template: np.ndarray) -> CutData:
    """Cut all frames of the first people; a second call goes on where the first stopped."""
    shapes = {
        "eyes": ((len(data.crops), FRAMES, 2, EYE_PX, EYE_PX, 3), np.uint8),
        "mouths": ((len(data.crops), FRAMES, MOUTH_PX, MOUTH_PX, 3), np.uint8),
        "shapes": ((len(data.crops), FRAMES, SHAPE_SIZE), np.float32),
    }
    cut, done_file = CutData(**open_arrays(work, shapes)), work / "cut.txt"
    done = int(done_file.read_text()) if done_file.exists() else 0
    for row in tqdm(range(done, people), desc="crops", mininterval=10):
        for frame in range(FRAMES):
            landmarks = data.landmarks[row, frame].astype(np.float64)
            cut.eyes[row, frame], cut.mouths[row, frame] = cut_crops(np.asarray(data.crops[row, frame]), landmarks)
            cut.shapes[row, frame] = describe_shape(landmarks, template)
        done_file.write_text(str(row + 1))
    return cut


def draw_batch(
    data: ExpressionData, cut: CutData, people: np.ndarray, acted: int, generator: np.random.Generator
) -> Batch:
    """Draw frames of some people, half of them mirrored, with other light, noise and blur.

    Args:
        data: expressions are read from it.
        cut: crops and shapes.
        people: (B,) rows.
        acted: A, frames of each.
        generator: source of randomness.
    """
    acted_frames = np.stack([RESTING + generator.choice(FRAMES - RESTING, acted, replace=False) for _ in people])
    acted_frames[generator.random(len(people)) < 0.25, 0] = 0  # now and then somebody does not act at all
    rest_frames = np.stack([1 + generator.choice(RESTING - 1, REST_SEEN, replace=False) for _ in people])
    frames = np.concatenate([acted_frames, rest_frames], 1)  # (B, A + R)
    rows = people[:, None]
    crops = to_crops(
        cut.eyes[rows, frames].reshape(-1, 2, EYE_PX, EYE_PX, 3),
        cut.mouths[rows, frames].reshape(-1, MOUTH_PX, MOUTH_PX, 3),
        cut.shapes[rows, frames].reshape(-1, SHAPE_SIZE),
    )
    truth = torch.from_numpy(data.expressions[rows, acted_frames])
    is_mirrored = torch.from_numpy(generator.random(len(people)) < 0.5)
    each = is_mirrored.repeat_interleave(frames.shape[1])
    other = mirrored(crops, torch.from_numpy(mirror_matrix().astype(np.float32)))
    crops = FaceCrops(*(
        torch.where(each.reshape(-1, *[1] * (one.dim() - 1)), two, one) for one, two in zip(crops, other, strict=True)
    ))  # fmt: skip
    truth = torch.where(is_mirrored[:, None, None], truth[..., list(MIRRORED_COEFFICIENTS)], truth)
    turns = torch.from_numpy(true_turns(data.turns[rows, acted_frames]).astype(np.float32))
    turns = torch.where(is_mirrored[:, None, None], turns * torch.tensor([1.0, -1.0, -1.0]), turns)
    crops = augment(crops, len(people), generator)
    split = [one.unflatten(0, frames.shape) for one in crops]
    is_known = torch.from_numpy((generator.random(len(people)) < KNOWN_SHARE).astype(np.float32))
    return Batch(
        FaceCrops(*(one[:, :acted].flatten(0, 1) for one in split)),
        FaceCrops(*(one[:, acted:].flatten(0, 1) for one in split)),
        truth,
        turns,
        is_known,
    )


def true_turns(camera_from_world: np.ndarray) -> np.ndarray:
    """Return (..., 3) rotation vectors, head from picture, of (..., 3, 3) rotations of the camera."""
    head_from_picture = CAMERA_FROM_WORLD_FRONTAL @ np.swapaxes(camera_from_world, -1, -2)
    return Rotation.from_matrix(head_from_picture.reshape(-1, 3, 3)).as_rotvec().reshape(*camera_from_world.shape[:-1])


def augment(crops: FaceCrops, people: int, generator: np.random.Generator) -> FaceCrops:
    """Change light and colours of each person, a little more of each frame, and add noise, blur and landmark noise."""
    count = len(crops.mouth)
    seed = torch.Generator().manual_seed(int(generator.integers(1 << 31)))

    def normal(*size: int) -> Tensor:
        return torch.randn(size, generator=seed)

    each = count // people
    tint = (0.15 * normal(people, 3)).repeat_interleave(each, 0) + 0.03 * normal(count, 3)
    gamma = torch.exp((0.25 * normal(people, 1)).repeat_interleave(each, 0) + 0.05 * normal(count, 1))[..., None, None]
    gain = torch.exp(tint)[..., None, None]
    noise = 0.02 * torch.rand(count, 1, 1, 1, generator=seed)
    is_blurred = torch.rand(count, 1, 1, 1, generator=seed) < 0.2

    def change(images: Tensor, gain: Tensor, gamma: Tensor, noise: Tensor, is_blurred: Tensor) -> Tensor:
        lit = (images.clamp_min(1e-3) ** gamma * gain).clamp(0.0, 1.0)
        soft = functional.avg_pool2d(functional.pad(lit, (1, 1, 1, 1), mode="replicate"), 3, 1)
        return torch.where(is_blurred, soft, lit) + noise * normal(*images.shape)

    shared = (gain, gamma, noise, is_blurred)
    eyes = change(crops.eyes.flatten(0, 1), *(one.repeat_interleave(2, 0) for one in shared))
    shape = crops.shape + SHAPE_NOISE * normal(*crops.shape.shape)
    return FaceCrops(eyes.unflatten(0, (count, 2)), change(crops.mouth, *shared), shape)
