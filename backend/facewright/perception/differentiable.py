"""Similarity warps that gradients flow through, for images that a network draws."""

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from facewright.perception.alignment import invert_transform


def warp_tensor(images: Tensor, target_from_source: np.ndarray, side_px: int) -> Tensor:
    """Resample images through one similarity, bilinear, edges repeated.

    Args:
        images: (B, C, H, W).
        target_from_source: (2, 3) similarity in continuous px (pixel centres at +0.5).
        side_px: S, side of the square result.

    Returns:
        (B, C, S, S).
    """
    height, width = images.shape[2:]
    source_from_target = invert_transform(target_from_source)
    centres = np.arange(side_px) + 0.5
    grid = np.stack(np.meshgrid(centres, centres, indexing="xy"), -1)  # (S, S, 2)
    places = grid @ source_from_target[:, :2].T + source_from_target[:, 2]
    unit = torch.from_numpy((2.0 * places / [width, height] - 1.0).astype(np.float32)).to(images.device)
    grids = unit[None].expand(len(images), -1, -1, -1)
    return functional.grid_sample(images, grids, mode="bilinear", padding_mode="border", align_corners=False)
