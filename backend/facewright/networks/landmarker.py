"""Face mesh: 468 landmarks with relative depth from a 192 px crop (Kartynnik et al. 2019, arXiv 1907.06724)."""

import threading
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from facewright.networks.tflite import Graph, TFLiteNetwork

SIZE_PX = 192
LANDMARKS = 468
OUTPUTS = ("conv2d_21", "conv2d_31")
"""Of the graph: landmarks, presence."""

MIRRORED = (
    0, 1, 2, 248, 4, 5, 6, 249, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 250, 251, 252, 253, 254, 255, 256,
    257, 258, 259, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 270, 271, 272, 273, 274, 275, 276, 277, 278,
    279, 280, 281, 282, 283, 284, 285, 286, 287, 288, 289, 290, 291, 292, 293, 294, 295, 296, 297, 298, 299, 300,
    301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 311, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 322,
    323, 94, 324, 325, 326, 327, 328, 329, 330, 331, 332, 333, 334, 335, 336, 337, 338, 339, 340, 341, 342, 343,
    344, 345, 346, 347, 348, 349, 350, 351, 352, 353, 354, 355, 356, 357, 358, 359, 360, 361, 362, 363, 364, 365,
    366, 367, 368, 369, 370, 371, 372, 373, 374, 375, 376, 377, 378, 379, 151, 152, 380, 381, 382, 383, 384, 385,
    386, 387, 388, 389, 390, 164, 391, 392, 393, 168, 394, 395, 396, 397, 398, 399, 175, 400, 401, 402, 403, 404,
    405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 195, 419, 197, 420, 199, 200, 421, 422,
    423, 424, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 435, 436, 437, 438, 439, 440, 441, 442, 443, 444,
    445, 446, 447, 448, 449, 450, 451, 452, 453, 454, 455, 456, 457, 458, 459, 460, 461, 462, 463, 464, 465, 466,
    467, 3, 7, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44,
    45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71,
    72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 95, 96, 97, 98, 99,
    100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121,
    122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143,
    144, 145, 146, 147, 148, 149, 150, 153, 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 165, 166, 167, 169,
    170, 171, 172, 173, 174, 176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191, 192,
    193, 194, 196, 198, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218,
    219, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239, 240,
    241, 242, 243, 244, 245, 246, 247,
)  # fmt: skip
"""For each landmark the one on the other side of the face; found by matching mean landmarks with their mirror image."""


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


class QuickLandmarker(nn.Module):
    """The same network run by OpenCV: half the time on a CPU for one crop, no gradients; several threads may use it.

    Args:
        path: `face_landmark.tflite`, verified.
    """

    place: Tensor

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.register_buffer("place", torch.zeros(0))  # tells on which device it runs
        self._net = cv2.dnn.readNetFromTFLite(str(path), engine=cv2.dnn.ENGINE_CLASSIC)
        self._one_at_a_time = threading.Lock()

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Predict as `Landmarker` does."""
        with self._one_at_a_time:
            found = [self._run(crop[None]) for crop in crops.numpy()]
        points, presence = (np.concatenate(part) for part in zip(*found, strict=True))
        return torch.from_numpy(points), torch.sigmoid(torch.from_numpy(presence))

    def _run(self, crop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self._net.setInput(np.ascontiguousarray(crop))
        points, presence = self._net.forward(OUTPUTS)
        return points.reshape(1, LANDMARKS, 3).copy(), presence.reshape(1).copy()


FaceLandmarker = Landmarker | QuickLandmarker
"""Either runs the network; the quick one on a CPU only."""
