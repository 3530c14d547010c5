"""Linear blend skinning, batched and differentiable."""

import numpy as np
import torch


def dense_skin_weights(indices: np.ndarray, weights: np.ndarray, bones: int) -> np.ndarray:
    """Spread the influences of each vertex over all bones; as one matrix product this beats gathering.

    Args:
        indices: (V, I) bones; a bone may stand twice, its weights add.
        weights: (V, I), rows sum to 1.
        bones: J.

    Returns:
        (V, J) of the weights' type.
    """
    dense = np.zeros((len(indices), bones), weights.dtype)
    np.add.at(dense, (np.arange(len(indices))[:, None], indices), weights)
    return dense


def skin_vertices(rest: torch.Tensor, matrices: torch.Tensor, dense_weights: torch.Tensor) -> torch.Tensor:
    """Move vertices by the weighted mean of their bones' matrices.

    Args:
        rest: (B, V, 3) or (1, V, 3) vertices at rest, blendshapes applied, m.
        matrices: (B, J, 4, 4) posed world from rest world.
        dense_weights: (V, J) skin weights.

    Returns:
        (B, V, 3) m.
    """
    batch, vertices = matrices.shape[0], dense_weights.shape[0]
    columns = matrices[:, :, :3, :].permute(1, 3, 0, 2).reshape(matrices.shape[1], -1)  # (J, 4 * B * 3)
    blended = (dense_weights @ columns).view(vertices, 4, batch, 3)
    point = rest.permute(1, 2, 0).unsqueeze(-1)  # (V, 3, B, 1)
    moved = (blended[:, :3] * point).sum(1) + blended[:, 3]  # (V, B, 3)
    return moved.transpose(0, 1)
