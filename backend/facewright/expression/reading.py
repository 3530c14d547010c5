"""Runs an expression reader on one face after the other, in numpy."""

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from facewright.networks.expression_reader import EYE_PX, MOUTH_PX, ExpressionReader, FaceCrops
from facewright.networks.traced import Traced

STRANGER, KNOWN = 0, 1
"""Rows of the reader's `spread`."""


@dataclass(frozen=True, eq=False)
class ReadFace:
    """What a reader says of one face.

    Attributes:
        coefficients: (E,) in [0, 1].
        sigma: (E,) their standard deviations.
        turn: (3,) rotation vector, head from picture.
        turn_sigma_rad: its standard deviation.
    """

    coefficients: np.ndarray
    sigma: np.ndarray
    turn: np.ndarray
    turn_sigma_rad: float


class _Look(nn.Module):
    def __init__(self, network: ExpressionReader) -> None:
        super().__init__()
        self.network = network

    def forward(self, eyes: Tensor, mouth: Tensor, shape: Tensor) -> Tensor:
        return self.network.look(FaceCrops(eyes, mouth, shape))


class FaceReading:
    """Looks at faces and reads them; holds nothing of a face, so that threads may share it.

    Args:
        network: of the rig, on the CPU or another device.

    Attributes:
        template: (K, 3) mean resting face that landmarks are described by.
        spread: (2, E + 1) standard deviations of what is read, rows STRANGER and KNOWN; last that of the turn, in rad.
        fingerprint: of the network's weights, which the features depend on.
    """

    def __init__(self, network: ExpressionReader) -> None:
        self._device = network.template.device
        self.template = network.template.cpu().numpy().astype(np.float64)
        self.spread = network.spread.cpu().numpy().astype(np.float64)
        self.feature_size = network.feature_size
        content = b"".join(tensor.cpu().numpy().tobytes() for tensor in network.state_dict().values())
        self.fingerprint = hashlib.sha256(content).hexdigest()[:16]
        size = network.config.shape_size
        face = (torch.zeros(1, 2, 3, EYE_PX, EYE_PX), torch.zeros(1, 3, MOUTH_PX, MOUTH_PX), torch.zeros(1, size))
        features = torch.zeros(2, self.feature_size, device=self._device)
        self._look = Traced(_Look(network), *(part.to(self._device) for part in face))
        self._read = Traced(network, features, features, torch.tensor([0.0, 1.0], device=self._device))

    def look(self, crops: FaceCrops) -> np.ndarray:
        """Return the (F,) features of one face."""
        with torch.inference_mode():
            return self._look(*(part.to(self._device) for part in crops))[0].cpu().numpy()

    def read(self, features: np.ndarray, rest: np.ndarray | None) -> tuple[ReadFace, ReadFace]:
        """Read one face.

        Args:
            features: (F,) of the frame.
            rest: (F,) of the same person at rest; None if it is not known.

        Returns:
            What is read as of a stranger; and beside the resting face, the same as of a stranger if that is not known.
        """
        both = torch.from_numpy(np.stack([features, features])).to(self._device)
        resting = torch.from_numpy(np.stack([features, features if rest is None else rest])).to(self._device)
        with torch.inference_mode():
            read = self._read(both, resting, torch.tensor([0.0, 1.0], device=self._device))
        coefficients, turns = (part.cpu().numpy().astype(np.float64) for part in read)
        stranger, known = (
            ReadFace(coefficients[row], self.spread[row, :-1], turns[row], float(self.spread[row, -1]))
            for row in (STRANGER, KNOWN)
        )
        return stranger, stranger if rest is None else known
