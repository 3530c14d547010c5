"""BlazeFace short range: faces and keypoints in a 128 px image (Bazarevsky et al. 2019, arXiv 1907.05047)."""

import numpy as np
import torch
from torch import Tensor, nn

from facewright.networks.tflite import Graph, TFLiteNetwork

SIZE_PX = 128
KEYPOINTS = 6
SCORE_LIMIT = 100.0
GRIDS = ((16, 2), (8, 6))
"""Cells per side and anchors per cell: one layer of stride 8 with two, three of stride 16 with two each."""


class Detector(nn.Module):
    """Predicts 896 candidate faces of one image; about 0.1 M parameters.

    Args:
        graph: `face_detection_short_range.tflite` of MediaPipe.
    """

    anchors: Tensor

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.network = TFLiteNetwork(graph)
        self.register_buffer("anchors", torch.from_numpy(anchor_centres()))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Predict candidates.

        Args:
            images: (B, 3, 128, 128) RGB in [0, 1].

        Returns:
            (B, 896, 8, 2) fractions of the side: the box's left top and right bottom corners, then the six keypoints,
            x right, y down; and (B, 896) scores in [0, 1].

        Source: MediaPipe, face_detection_short_range_common.pbtxt (scale 128, score clipping at 100).
        """
        regressors, classifiers = self.network(images * 2 - 1)  # (B, 896, 16), (B, 896, 1)
        points = regressors.reshape(len(images), -1, 2 + KEYPOINTS, 2) / SIZE_PX  # (B, 896, 8, 2)
        centre, size = points[:, :, :1] + self.anchors[:, None], points[:, :, 1:2]
        keypoints = points[:, :, 2:] + self.anchors[:, None]
        scores = torch.sigmoid(classifiers[..., 0].clamp(-SCORE_LIMIT, SCORE_LIMIT))
        return torch.cat([centre - size / 2, centre + size / 2, keypoints], 2), scores


def anchor_centres() -> np.ndarray:
    """Return the (896, 2) anchor centres as fractions of the side, in the order of the network's outputs.

    Source: MediaPipe, ssd_anchors_calculator (strides 8, 16, 16, 16, two anchors a cell and layer, offset 0.5).
    """
    centres = []
    for cells, anchors in GRIDS:
        axis = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
        centres.append(np.repeat(grid, anchors, 0))
    return np.concatenate(centres).astype(np.float32)
