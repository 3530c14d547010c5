"""Face mesh: 468 landmarks with relative depth from a 192 px crop (Kartynnik et al. 2019, arXiv 1907.06724)."""

import torch
from torch import Tensor, nn

from facewright.networks.tflite import Graph, TFLiteNetwork

SIZE_PX = 192
LANDMARKS = 468


class Landmarker(nn.Module):
    """Predicts landmarks, differentiable with respect to the crop; about 0.6 M parameters.

    Args:
        graph: `face_landmark.tflite` of MediaPipe.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.network = TFLiteNetwork(graph)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Predict the landmarks of faces that stand upright in their crops.

        Args:
            crops: (B, 3, 192, 192) RGB in [0, 1].

        Returns:
            (B, 468, 3) landmarks in px of the crop, x right, y down, z away from the camera (relative, the same
            scale); and (B,) the probability that a face is there.
        """
        points, presence = self.network(crops)
        return points.reshape(-1, LANDMARKS, 3), torch.sigmoid(presence.reshape(-1))
