"""Runs an expression reader on one face after the other, in numpy."""

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from facewright.datatypes import ARKIT_52
from facewright.networks.expression_reader import EYE_PX, MOUTH_PX, ExpressionReader, FaceCrops
from facewright.networks.layout import channels_last
from facewright.networks.traced import Traced

STRANGER, KNOWN = 0, 1
"""Rows of the reader's `spread`."""

LIDS = [ARKIT_52.index(name) for name in ("eyeBlinkLeft", "eyeBlinkRight")]
LID_KNEE, LID_GAIN = 0.5, 1.25
"""Of a blink the reader sees a few blurred frames and says 0.9 where the eye is shut. What is above the knee is
stretched: in films 97 of 100 blinks then come to 0.8 instead of 88 (benchmarks/live.py)."""


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
        features = torch.zeros(1, self.feature_size, device=self._device)
        self._stranger, self._known = (torch.full((1,), known, device=self._device) for known in (0.0, 1.0))
        channels_last(network)  # as the crops come: a quarter faster
        self._look = Traced(_Look(network), *(part.to(self._device) for part in face))
        self._read = Traced(network, features, features, self._known)

    def look(self, crops: FaceCrops) -> np.ndarray:
        """Return the (F,) features of one face."""
        with torch.inference_mode():
            return self._look(*(part.to(self._device) for part in crops))[0].cpu().numpy()

    def read(self, features: np.ndarray, rest: np.ndarray | None) -> ReadFace:
        """Read one face.

        Args:
            features: (F,) of the frame.
            rest: (F,) of the same person at rest; None reads as of a stranger.
        """
        is_known = rest is not None
        inputs = (torch.from_numpy(one)[None].to(self._device) for one in (features, rest if is_known else features))
        with torch.inference_mode():
            read = self._read(*inputs, self._known if is_known else self._stranger)
        coefficients, turn = (part[0].cpu().numpy().astype(np.float64) for part in read)
        spread = self.spread[KNOWN if is_known else STRANGER]
        return ReadFace(coefficients, spread[:-1], turn, float(spread[-1]))


def shut_lids(coefficients: np.ndarray) -> np.ndarray:
    """Return (E,) coefficients in which an eye that is nearly shut is shut."""
    lids = coefficients[LIDS]
    stretched = coefficients.copy()
    stretched[LIDS] = np.minimum(lids + (LID_GAIN - 1.0) * np.maximum(lids - LID_KNEE, 0.0), 1.0)
    return stretched
