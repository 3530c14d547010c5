"""Identity embedder: dlib's face recognition ResNet-29 (King 2017, dlib.net; He et al. 2016), differentiable."""

import re

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facewright.errors import WeightsCorrupt

SIZE_PX = 150
DIMENSIONS = 128
MEAN_RGB = (122.782, 117.001, 104.298)
STAGES = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""Channels, blocks, and whether the first block halves the size."""

LAYER_NAME = re.compile(rb"\x01(.)((?:con_|affine_|fc_)[a-z_0-9]*)", re.DOTALL)
REMEDY = "remove the weights cache and run: python3 build.py weights, or facewright weights"


def read_packed_integer(data: bytes, position: int) -> tuple[int, int]:
    """Read one integer as dlib packs it: a control byte (sign bit, byte count), then little-endian bytes.

    Args:
        data: the stream.
        position: of the control byte.

    Returns:
        The integer and the position behind it.

    Source: dlib, serialize.h, `pack_int`.
    """
    control = data[position]
    end = position + 1 + (control & 15)
    magnitude = int.from_bytes(data[position + 1 : end], "little")
    return (-magnitude if control & 128 else magnitude), end


def read_layers(data: bytes) -> list[tuple[str, np.ndarray]]:
    """Read the layers that have weights.

    Args:
        data: bytes of a serialised dlib network.

    Returns:
        (name, flat float32 weights) from the image to the embedding.

    Raises:
        WeightsCorrupt: the stream ends inside a layer.
    """
    layers, position = [], 0
    while match := LAYER_NAME.search(data, position):
        name = match.group(2)[: match.group(1)[0]].decode()
        position = match.start() + 2 + len(name)
        for _ in range(2 if name.startswith("fc_") else 0):  # numbers of outputs and inputs come first
            _, position = read_packed_integer(data, position)
        _, position = read_packed_integer(data, position)  # version of the tensor's format
        count = 1
        for _ in range(4):
            size, position = read_packed_integer(data, position)
            count *= size
        if count < 0 or position + 4 * count > len(data):
            raise WeightsCorrupt(f"layer {name} wants {count} weights, more than the file holds", REMEDY)
        layers.append((name, np.frombuffer(data, "<f4", count, position)))
        position += 4 * count
    return layers


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; the shorter of the two is zero-padded in channels and space."""

    def __init__(self, channels_in: int, channels: int, halve: bool) -> None:
        super().__init__()
        self.halve = halve
        self.first = nn.Conv2d(channels_in, channels, 3, 2 if halve else 1, 0 if halve else 1)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        branch = self.second(F.relu(self.first(x)))
        shortcut = F.avg_pool2d(x, 2, 2) if self.halve else x
        shape = [max(a, b) for a, b in zip(branch.shape[1:], shortcut.shape[1:], strict=True)]
        return F.relu(_zero_pad(branch, shape) + _zero_pad(shortcut, shape))


class Embedder(nn.Module):
    """Maps an aligned face to a unit vector: photos of one person are about 0.25 apart, of two 0.6; 5.6 M parameters.

    Args:
        layers: what `read_layers` returned for `dlib_face_recognition_resnet_model_v1.dat`.

    Raises:
        WeightsCorrupt: the layers are not those of this network.
    """

    mean: Tensor

    def __init__(self, layers: list[tuple[str, np.ndarray]]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN_RGB).view(1, 3, 1, 1))
        self.stem = nn.Conv2d(3, 32, 7, 2, 0)
        blocks: list[ResidualBlock] = []
        channels_in = 32
        for channels, count, halve in STAGES:
            for index in range(count):
                blocks.append(ResidualBlock(channels_in, channels, halve and index == 0))
                channels_in = channels
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(channels_in, DIMENSIONS, bias=False)
        self._load(layers, [self.stem, *(each for block in blocks for each in (block.first, block.second))])

    def forward(self, faces: Tensor) -> Tensor:
        """Embed.

        Args:
            faces: (B, 3, 150, 150) RGB in [0, 1], aligned as perception.alignment.embedder_from_photo does.

        Returns:
            (B, 128) unit vectors.
        """
        x = (faces * 255 - self.mean) / 256
        x = F.max_pool2d(F.relu(self.stem(x)), 3, 2)  # (B, 32, 35, 35)
        return F.normalize(self.head(self.blocks(x).mean((2, 3))), dim=1)

    def _load(self, layers: list[tuple[str, np.ndarray]], convolutions: list[nn.Conv2d]) -> None:
        kinds = [name.split("_")[0] for name, _ in layers]
        if kinds != ["con", "affine"] * len(convolutions) + ["fc"]:
            raise WeightsCorrupt(f"expected {len(convolutions)} convolutions with affine layers, got {kinds}", REMEDY)
        with torch.no_grad():
            for convolution, (_, kernel), (_, affine) in zip(convolutions, layers[:-1:2], layers[1::2], strict=True):
                outputs = convolution.out_channels
                gain, shift = affine[:outputs], affine[outputs:]
                weight, bias = kernel[:-outputs].reshape(convolution.weight.shape), kernel[-outputs:]
                scaled, shifted = weight * gain[:, None, None, None], bias * gain + shift
                convolution.load_state_dict({"weight": torch.from_numpy(scaled), "bias": torch.from_numpy(shifted)})
            self.head.weight.copy_(torch.from_numpy(layers[-1][1].reshape(self.head.in_features, DIMENSIONS).T.copy()))


def _zero_pad(x: Tensor, shape: list[int]) -> Tensor:
    channels, height, width = (wanted - size for wanted, size in zip(shape, x.shape[1:], strict=True))
    return F.pad(x, (0, width, 0, height, 0, channels)) if channels or height or width else x
