"""Random heads reduced to their eyes: what moves lids and eyeball of each, both sides looking like a left eye."""

from dataclasses import dataclass

import numpy as np
import torch

from facewright.datatypes import ARKIT_52
from facewright.rig.decoder import RigDecoder
from facewright.rig.nouns import Rig
from facewright.training.closing.lid_rings import Lids, find_lids

SHAPES = (
    "eyeBlink",
    "eyeLookDown",
    "eyeLookUp",
    "eyeLookIn",
    "eyeLookOut",
    "eyeSquint",
    "eyeWide",
)
"""What moves the lids, without the side."""

_MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Eye:
    """One side of a rig at rest, mirrored if it is the right one.

    Attributes:
        lids: vertices.
        rest_m: (R, N, 3) ring vertices.
        shapes_m: (S, R, N, 3) their offsets in the order of SHAPES.
        ball_m: (M, 3) eyeball.
        ball_shapes_m: (S, M, 3).
    """

    lids: Lids
    rest_m: np.ndarray
    shapes_m: np.ndarray
    ball_m: np.ndarray
    ball_shapes_m: np.ndarray


@dataclass(frozen=True, eq=False)
class PosedEyes:
    """Eyes of random heads, `matrices` taking rest points to world points, all mirrored to the left.

    Attributes:
        matrices: (B, R, N, 3, 4) of the ring vertices.
        rest_m: (B, R, N, 3).
        shapes_m: (B, S, R, N, 3).
        ball_from_world: (B, 3, 4) takes world points to where the eyeball lies at rest.
    """

    matrices: torch.Tensor
    rest_m: torch.Tensor
    shapes_m: torch.Tensor
    ball_from_world: torch.Tensor


def read_eye(rig: Rig, side: str) -> Eye:
    """Take one eye ("L" or "R") from a rig."""
    lids = find_lids(rig, side)
    sign = _MIRROR if side == "R" else np.ones(3)
    word = "Left" if side == "L" else "Right"
    shapes = rig.blendshapes[[ARKIT_52.index(name + word) for name in SHAPES]] * sign
    vertices = rig.mesh.vertices_m * sign
    return Eye(lids, vertices[lids.rings], shapes[:, lids.rings], vertices[lids.eyeball], shapes[:, lids.eyeball])


def pose_eyes(rig: Rig, eyes: tuple[Eye, Eye], parameters: np.ndarray) -> PosedEyes:
    """Pose the eyes of heads.

    Args:
        rig: the rig.
        eyes: left and right.
        parameters: (H, P).

    Returns:
        B = 2 H eyes, first all left ones.
    """
    parts = []
    for eye, sign in zip(eyes, (np.ones(3), _MIRROR), strict=True):
        subset = np.concatenate([eye.lids.rings.ravel(), eye.lids.eyeball[:1]])
        decoder = RigDecoder(rig, vertex_subset=subset)
        with torch.no_grad():
            bones = decoder.skin_matrices(decoder.channels(torch.from_numpy(parameters)))[:, :, :3]
            blended = torch.einsum("vj,bjxy->bvxy", decoder.dense_weights, bones)  # (H, R * N + 1, 3, 4)
        mirror = torch.as_tensor(sign, dtype=torch.float32)
        blended = mirror[:, None] * blended * torch.cat([mirror, torch.ones(1)])
        ball = blended[:, -1]
        turned_back = torch.linalg.inv(ball[:, :, :3])
        ball_from_world = torch.cat([turned_back, -turned_back @ ball[:, :, 3:]], 2)
        matrices = blended[:, :-1].reshape(len(parameters), *eye.lids.rings.shape, 3, 4)
        rest, shapes = (torch.as_tensor(array, dtype=torch.float32) for array in (eye.rest_m, eye.shapes_m))
        count = len(parameters)
        parts.append((matrices, rest.expand(count, -1, -1, -1), shapes.expand(count, -1, -1, -1, -1), ball_from_world))
    return PosedEyes(*(torch.cat(pair) for pair in zip(*parts, strict=True)))
