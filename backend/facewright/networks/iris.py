"""Iris landmarks: centre and rim of the iris from a 64 px eye crop (Ablavatski et al. 2020, arXiv 2006.11341)."""

from torch import Tensor, nn

from facewright.networks.tflite import Graph, TFLiteNetwork

SIZE_PX = 64


class IrisLandmarker(nn.Module):
    """Predicts five iris points of a left eye (mirror a right one); about 0.6 M parameters.

    Args:
        graph: `iris_landmark.tflite` of MediaPipe.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.network = TFLiteNetwork(graph)

    def forward(self, crops: Tensor) -> Tensor:
        """Predict the iris.

        Args:
            crops: (B, 3, 64, 64) RGB in [0, 1], eye width about 43 px.

        Returns:
            (B, 5, 2) px of the crop: the centre, then four points of the rim.
        """
        _, iris = self.network(crops)
        return iris.reshape(-1, 5, 3)[:, :, :2]
