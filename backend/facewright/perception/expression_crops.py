"""Cuts what the expression reader looks at out of the landmark network's own crop: eyes with brows, mouth, shape."""

import numpy as np
import torch

from facewright.networks.expression_reader import EYE_PX, MOUTH_PX, FaceCrops
from facewright.networks.landmarker import MIRRORED
from facewright.perception.alignment import eye_centres, warp
from facewright.rig.head_pose import rotation_vector

EYE_SIDE, MOUTH_SIDE = 0.85, 1.5
"""Sides of the crops over the distance of the eyes."""

BELOW_NOSE = 0.5
"""How far below the nose the middle of the mouth's crop lies, over the distance of the eyes."""

NOSE_BASE = 2
STEADY = (
    33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 234, 454, 127, 356, 10, 109, 338, 67, 297, 162, 389, 21,
    251,
)  # fmt: skip
"""Landmarks of nose, eye corners, temples and forehead, which expressions hardly move."""

SHOWN = (
    *range(0, 468, 6),
    7, 13, 14, 17, 33, 37, 39, 40, 46, 52, 53, 55, 61, 63, 65, 66, 70, 78, 80, 81, 82, 84, 87, 88, 91, 95, 105, 107,
    133, 144, 145, 146, 152, 153, 154, 155, 157, 158, 159, 160, 161, 163, 173, 178, 181, 185, 191, 205, 50, 187,
)  # fmt: skip
"""Landmarks whose places the reader is told, with their mirror images: lids, brows, lips, and every sixth."""

USED = tuple(sorted({*SHOWN, *(MIRRORED[index] for index in SHOWN)}))
SHAPE_SIZE = 3 * len(USED) + 3
_STEADY_ROWS, _USED_ROWS = np.array(STEADY), np.array(USED)


def cut_crops(crop: np.ndarray, landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut eyes and mouth out of a crop.

    Args:
        crop: (S, S, 3) RGB uint8 in which the face is upright.
        landmarks: (K, 3) px of the crop.

    Returns:
        (2, EYE_PX, EYE_PX, 3) eyes, the person's right one first and the left one mirrored, and
        (MOUTH_PX, MOUTH_PX, 3) mouth, uint8.
    """
    right, left = eye_centres(landmarks)
    span = left - right
    size, along = float(np.linalg.norm(span)), span[:2] / (np.linalg.norm(span[:2]) + 1e-9)
    down = np.array([-along[1], along[0]])
    mouth = landmarks[NOSE_BASE, :2] + BELOW_NOSE * size * down
    return np.stack([
        _cut(crop, right[:2] - 0.08 * size * down, EYE_SIDE * size, along, EYE_PX),
        _cut(crop, left[:2] - 0.08 * size * down, EYE_SIDE * size, along, EYE_PX)[:, ::-1],
    ]), _cut(crop, mouth, MOUTH_SIDE * size, along, MOUTH_PX)  # fmt: skip


def _cut(crop: np.ndarray, centre: np.ndarray, side: float, along: np.ndarray, side_px: int) -> np.ndarray:
    linear = np.array([along, (-along[1], along[0])]) * (side_px / max(side, 1.0))
    transform = np.concatenate([linear, (side_px / 2 - linear @ centre)[:, None]], 1)
    return warp(crop, transform, (side_px, side_px), is_quick=True)


def describe_shape(landmarks: np.ndarray, template: np.ndarray) -> np.ndarray:
    """Bring landmarks into the head's own frame.

    Args:
        landmarks: (K, 3) px.
        template: (K, 3) of a mean face at rest, frontal and centred, whose eyes are 1 apart.

    Returns:
        (SHAPE_SIZE,): where the landmarks USED lie beside the template's, in eye distances, then the rotation vector.
    """
    source, target = landmarks[_STEADY_ROWS], template[_STEADY_ROWS]
    middle = source.mean(0)
    spread = source - middle
    u, s, vt = np.linalg.svd(spread.T @ (target - target.mean(0)))
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * flip) @ vt  # row vectors: head = picture @ rotation
    scale = (s * flip).sum() / (spread**2).sum()
    moved = scale * (landmarks[_USED_ROWS] - middle) @ rotation + target.mean(0)
    return np.concatenate([(moved - template[_USED_ROWS]).ravel(), rotation_vector(rotation.T)])


def mirror_matrix() -> np.ndarray:
    """Return the (SHAPE_SIZE, SHAPE_SIZE) matrix that turns a shape into that of the mirror image.

    It holds for a template that is its own mirror image.
    """
    matrix = np.zeros((SHAPE_SIZE, SHAPE_SIZE))
    place = {landmark: row for row, landmark in enumerate(USED)}
    for row, landmark in enumerate(USED):
        other = place[MIRRORED[landmark]]
        for axis, sign in enumerate((-1.0, 1.0, 1.0)):
            matrix[3 * row + axis, 3 * other + axis] = sign
    for axis, sign in enumerate((1.0, -1.0, -1.0)):
        matrix[3 * len(USED) + axis, 3 * len(USED) + axis] = sign
    return matrix


def to_crops(eyes: np.ndarray, mouths: np.ndarray, shapes: np.ndarray) -> FaceCrops:
    """Turn stacked crops (B, 2, EYE_PX, EYE_PX, 3), (B, MOUTH_PX, MOUTH_PX, 3) and shapes (B, L) into tensors."""
    return FaceCrops(
        torch.from_numpy(np.ascontiguousarray(eyes)).permute(0, 1, 4, 2, 3).float().div(255),
        torch.from_numpy(np.ascontiguousarray(mouths)).permute(0, 3, 1, 2).float().div(255),
        torch.from_numpy(np.asarray(shapes, np.float32)),
    )
