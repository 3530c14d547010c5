"""Selfie segmentation: which pixels belong to the person in front (MediaPipe, general model)."""

from torch import Tensor, nn

from facewright.networks.tflite import Graph, TFLiteNetwork

SIZE_PX = 256


class Segmenter(nn.Module):
    """Tells person from background; about 0.1 M parameters.

    Args:
        graph: `selfie_segmentation.tflite` of MediaPipe.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.network = TFLiteNetwork(graph)

    def forward(self, images: Tensor) -> Tensor:
        """Segment.

        Args:
            images: (B, 3, 256, 256) RGB in [0, 1].

        Returns:
            (B, 256, 256) probability of the person.
        """
        return self.network(images)[0][:, 0]
