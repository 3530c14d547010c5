"""Imitator after Shi et al. 2019 (arXiv 1909.01064, section 3.2): parameters and look -> view and part maps."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class ImitatorConfig:
    """Shape of an imitator; saved inside its weight file.

    Attributes:
        parameter_count: P, length of the rig's parameter vector.
        look_count: A, length of the look vector (`rig.styles.look_vector`).
        part_count: N, number of part maps, the last one for everything else.
        channels: width after each transposed convolution; the image side is 4 * 2 ** (len(channels)).
    """

    parameter_count: int
    look_count: int
    part_count: int
    channels: tuple[int, ...] = (384, 192, 96, 48, 24)

    @property
    def side_px(self) -> int:
        """Side of the square image that the imitator draws, in px."""
        return 4 * 2 ** len(self.channels)


class Imitator(nn.Module):
    """Transposed-convolution decoder that draws what the engine would draw.

    Input: parameters (B, P) and look (B, A), both in [0, 1]; choices may be soft. Output: image (B, 3, S, S) in [0, 1]
    and part maps (B, N, S, S) that sum to 1 over N. The paper's last layer gives three channels; ours adds the part
    maps, which stand for the facial content. 5.1 M parameters with the default channels and 577 inputs.
    """

    def __init__(self, config: ImitatorConfig) -> None:
        super().__init__()
        self.config = config
        inputs = config.parameter_count + config.look_count
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(inputs, config.channels[0], 4, 1, 0, bias=False),
            nn.BatchNorm2d(config.channels[0]),
            nn.ReLU(inplace=True),
        ]
        for narrow, wide in zip(config.channels[1:], config.channels[:-1], strict=True):
            layers += [
                nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False),
                nn.BatchNorm2d(narrow),
                nn.ReLU(inplace=True),
            ]
        self.body = nn.Sequential(*layers)
        self.head = nn.ConvTranspose2d(config.channels[-1], 3 + config.part_count, 4, 2, 1)

    def forward(self, parameters: Tensor, look: Tensor) -> tuple[Tensor, Tensor]:
        """Draw heads.

        Args:
            parameters: (B, P) rig parameters in [0, 1].
            look: (B, A) colours, skin and choices in [0, 1].

        Returns:
            image (B, 3, S, S) in [0, 1]; part maps (B, N, S, S), a distribution over N at each pixel.
        """
        code = torch.cat([parameters - 0.5, look - 0.5], dim=1) * 2.0  # (B, P + A)
        drawn = self.head(self.body(code[:, :, None, None]))  # (B, 3 + N, S, S)
        return torch.sigmoid(drawn[:, :3]), torch.softmax(drawn[:, 3:], dim=1)
