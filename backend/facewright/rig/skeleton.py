"""Bones in exactly Blender's frames: rest matrices from head, tail and roll, and posed matrices from channels."""

import numpy as np
import torch

_SAFE_THRESHOLD = 6.1e-3
_CRITICAL_THRESHOLD = 2.5e-4


def rest_matrix(head: np.ndarray, tail: np.ndarray, roll: float) -> np.ndarray:
    """Compute the rest matrix of one bone.

    Source: Blender, `vec_roll_to_mat3_normalized` in armature.cc, thresholds included.

    Args:
        head: (3,) m.
        tail: (3,) m, not equal to the head.
        roll: rad.

    Returns:
        (4, 4) float64 world_from_bone at rest.
    """
    along = np.asarray(tail, np.float64) - np.asarray(head, np.float64)
    x, y, z = along / np.linalg.norm(along)
    theta, theta_alternative = 1.0 + y, x * x + z * z
    if theta > _SAFE_THRESHOLD or theta_alternative > _CRITICAL_THRESHOLD**2:
        if theta <= _SAFE_THRESHOLD:
            theta = theta_alternative * 0.5 + theta_alternative**2 * 0.125
        unrolled = np.array(
            [
                [1.0 - x * x / theta, x, -x * z / theta],
                [-x, y, -z],
                [-x * z / theta, z, 1.0 - z * z / theta],
            ]
        )
    else:
        unrolled = np.diag([-1.0, -1.0, 1.0])
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    turn = np.eye(3) + np.sin(roll) * cross + (1.0 - np.cos(roll)) * cross @ cross
    matrix = np.eye(4)
    matrix[:3, :3] = turn @ unrolled
    matrix[:3, 3] = head
    return matrix


def depth_levels(parents: np.ndarray) -> list[np.ndarray]:
    """Group bones by their depth, roots first, so that a level depends only on the one above.

    Args:
        parents: (J,) parent indices, -1 for roots, parents before children.

    Returns:
        Index arrays that together hold every bone once.
    """
    depth = np.zeros(len(parents), np.int64)
    for bone, parent in enumerate(parents):
        depth[bone] = 0 if parent < 0 else depth[parent] + 1
    return [np.flatnonzero(depth == level) for level in range(depth.max() + 1)]


def basis_matrices(channels: torch.Tensor) -> torch.Tensor:
    """Turn bone channels into pose matrices in the bones' own rest frames.

    Args:
        channels: (B, J, 9) location m, Euler XYZ rotation rad, scale ratio.

    Returns:
        (B, J, 4, 4) = T @ Rz @ Ry @ Rx @ S.
    """
    cos_x, cos_y, cos_z = torch.cos(channels[..., 3:6]).unbind(-1)
    sin_x, sin_y, sin_z = torch.sin(channels[..., 3:6]).unbind(-1)
    rotation = torch.stack(
        [
            cos_z * cos_y,
            cos_z * sin_y * sin_x - sin_z * cos_x,
            cos_z * sin_y * cos_x + sin_z * sin_x,
            sin_z * cos_y,
            sin_z * sin_y * sin_x + cos_z * cos_x,
            sin_z * sin_y * cos_x - cos_z * sin_x,
            -sin_y,
            cos_y * sin_x,
            cos_y * cos_x,
        ],
        dim=-1,
    ).unflatten(-1, (3, 3))
    linear = rotation * channels[..., None, 6:9]
    top = torch.cat([linear, channels[..., 0:3, None]], dim=-1)  # (B, J, 3, 4)
    bottom = torch.tensor([0.0, 0.0, 0.0, 1.0], dtype=channels.dtype, device=channels.device)
    return torch.cat([top, bottom.expand(*top.shape[:-2], 1, 4)], dim=-2)


def skin_matrices(
    channels: torch.Tensor,
    world_from_rest: torch.Tensor,
    rest_from_world: torch.Tensor,
    parents: np.ndarray,
    levels: list[np.ndarray],
) -> torch.Tensor:
    """Compute how each posed bone moves the points that hang on it, with full inheritance of rotation and scale.

    With D = pose_world @ rest_world^-1 the armature's recursion becomes
    D[j] = D[parent] @ rest_world[j] @ basis[j] @ rest_world[j]^-1.

    Args:
        channels: (B, J, 9).
        world_from_rest: (J, 4, 4) rest matrices.
        rest_from_world: (J, 4, 4) their inverses.
        parents: (J,) parent indices, -1 for roots.
        levels: from `depth_levels`.

    Returns:
        (B, J, 4, 4) posed world from rest world; multiplied by `world_from_rest` they are the pose matrices.
    """
    own = world_from_rest @ basis_matrices(channels) @ rest_from_world  # (B, J, 4, 4)
    moved = [own[:, levels[0]]]
    position = np.zeros(len(parents), np.int64)
    position[levels[0]] = np.arange(len(levels[0]))
    for level in levels[1:]:
        above = moved[-1][:, position[parents[level]]]
        moved.append(above @ own[:, level])
        position[level] = np.arange(len(level))
    order = np.argsort(np.concatenate(levels))
    return torch.cat(moved, dim=1)[:, order]
