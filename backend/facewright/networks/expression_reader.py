"""Reads ARKit-52 coefficients and the head's turn off crops of eyes and mouth and off landmarks, beside the rest."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facewright.datatypes import ARKIT_52
from facewright.networks.landmarker import LANDMARKS

EYE_PX, MOUTH_PX = 48, 64
"""Sides of the crops."""

TURN, TURN_SCALE = 3, 0.1
"""Numbers of the rotation vector, and rad for each unit that the last layer corrects it by."""

FIRST_GUESS = -2.5
"""Before training, every coefficient is some 0.08, as most are at rest most of the time."""


def _mirrored_names() -> list[int]:
    names = []
    for name in ARKIT_52:
        side, other = ("Left", "Right") if name.endswith("Left") else ("Right", "Left")
        names.append(ARKIT_52.index(name.removesuffix(side) + other if name.endswith(side) else name))
    return names


MIRRORED_COEFFICIENTS = tuple(_mirrored_names())
"""For each coefficient the one of the mirror image."""


class FaceCrops(NamedTuple):
    """What the reader sees of B frames.

    Attributes:
        eyes: (B, 2, 3, EYE_PX, EYE_PX) RGB in [0, 1], the person's right eye first; the left one mirrored, so that both
            look like right eyes.
        mouth: (B, 3, MOUTH_PX, MOUTH_PX) RGB in [0, 1].
        shape: (B, L) landmarks in the head's own frame (perception/expression_crops.py), then the head's turn as these
            landmarks have it: a rotation vector, head from picture.
    """

    eyes: Tensor
    mouth: Tensor
    shape: Tensor


@dataclass(frozen=True)
class ExpressionReaderConfig:
    """Size of the network.

    Attributes:
        shape_size: L, numbers that describe the landmarks.
        eye_features: width of the vector that an eye becomes.
        mouth_features: width of the vector that a mouth becomes.
        hidden: width of the layers that bring all together.
    """

    shape_size: int
    eye_features: int = 64
    mouth_features: int = 96
    hidden: int = 256


class ExpressionReader(nn.Module):
    """Looks at a face in two steps, so that the resting face is looked at only once.

    Args:
        config: sizes.

    Attributes:
        template: (K, 3) mean resting face, which landmarks are described by.
        spread: (2, E + 1) standard deviations of what it reads, for strangers and for people whose resting face is
            known; last that of the turn, in rad.
    """

    template: Tensor
    spread: Tensor
    shape_mean: Tensor
    shape_scale: Tensor

    def __init__(self, config: ExpressionReaderConfig) -> None:
        super().__init__()
        self.config = config
        self.eye = _tower(EYE_PX, (16, 32, 64, 96), config.eye_features)
        self.mouth = _tower(MOUTH_PX, (16, 32, 64, 96), config.mouth_features)
        size = 2 * config.eye_features + config.mouth_features + config.shape_size
        self.register_buffer("template", torch.zeros(LANDMARKS, 3))
        self.register_buffer("spread", torch.ones(2, len(ARKIT_52) + 1))
        self.register_buffer("shape_mean", torch.zeros(config.shape_size))
        self.register_buffer("shape_scale", torch.ones(config.shape_size))
        hidden = [
            nn.Linear(2 * size + 1, config.hidden),
            nn.PReLU(config.hidden),
            nn.Linear(config.hidden, config.hidden),
            nn.PReLU(config.hidden),
        ]
        last = nn.Linear(config.hidden, len(ARKIT_52) + TURN)
        self.head = nn.Sequential(*hidden, last)
        nn.init.constant_(last.bias[:-TURN], FIRST_GUESS)
        nn.init.zeros_(last.bias[-TURN:])

    @property
    def feature_size(self) -> int:
        """Width of what `look` returns."""
        return 2 * self.config.eye_features + self.config.mouth_features + self.config.shape_size

    def look(self, crops: FaceCrops) -> Tensor:
        """Turn crops into (B, feature_size) features; those of a resting face may be averaged and kept."""
        eyes = self.eye(_even(crops.eyes.flatten(0, 1))).unflatten(0, crops.eyes.shape[:2]).flatten(1)
        shape = (crops.shape - self.shape_mean) / self.shape_scale
        return torch.cat([eyes, self.mouth(_even(crops.mouth)), shape], 1)

    def forward(self, features: Tensor, rest: Tensor, is_known: Tensor) -> tuple[Tensor, Tensor]:
        """Read faces.

        Args:
            features: (B, feature_size) of the frames.
            rest: (B, feature_size) of the same people at rest; anything where it is not known.
            is_known: (B,) 1 where the resting face is known, else 0.

        Returns:
            (B, E) coefficients in [0, 1]; and (B, 3) the head's turn, a rotation vector, head from picture.
        """
        known = is_known[:, None]
        read = self.head(torch.cat([features, (features - rest) * known, known], 1))
        seen = features[:, -TURN:] * self.shape_scale[-TURN:] + self.shape_mean[-TURN:]
        return torch.sigmoid(read[:, :-TURN]), seen + TURN_SCALE * read[:, -TURN:]


def _even(images: Tensor) -> Tensor:
    """Take brightness and contrast out of (N, 3, S, S), but leave colours in relation to each other."""
    centred = images - images.mean((1, 2, 3), keepdim=True)
    contrast = centred.square().mean((1, 2, 3), keepdim=True).sqrt()  # Tensor.std takes twice as long
    return centred / (contrast + 0.03)


def _tower(side_px: int, widths: tuple[int, ...], features: int) -> nn.Sequential:
    """Build convolutions that halve the picture each, and a layer that turns what is left into features."""
    layers, before = [], 3
    for width in widths:
        layers += [nn.Conv2d(before, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
        before = width
    left = side_px // 2 ** len(widths)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(before * left * left, features))


def mirrored(crops: FaceCrops, mirror_shape: Tensor) -> FaceCrops:
    """Return what the mirror images of the frames would have given.

    Args:
        crops: of the frames.
        mirror_shape: (L, L) that mirrors the numbers of `shape`.
    """
    return FaceCrops(crops.eyes.flip(1), crops.mouth.flip(-1), F.linear(crops.shape, mirror_shape))
