"""Face parser after U-Net (Ronneberger et al. 2015, arXiv 1505.04597): upright crop and landmark hints -> classes."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class ParserConfig:
    """Shape of a parser; saved inside its weight file.

    Attributes:
        class_count: classes that are told apart.
        hint_count: channels of landmark hints beside the three of the image.
        side_px: side of the square crop.
        channels: width of each level, the finest (half the side) first.
    """

    class_count: int
    hint_count: int
    side_px: int = 192
    channels: tuple[int, ...] = (20, 36, 64, 96, 128)


class Parser(nn.Module):
    """Tells what each pixel of an upright face crop shows.

    Input: image (B, 3, S, S) in [0, 1] and hints (B, H, S, S) in [0, 1]. Output: logits (B, C, S, S). It works at
    half the side and coarser; the logits are interpolated to the full one. 1.0 M parameters with the default channels.
    """

    def __init__(self, config: ParserConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.channels
        self.stem = nn.Sequential(
            nn.Conv2d(3 + config.hint_count, widths[0], 4, 2, 1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
        )
        self.down = nn.ModuleList(
            [_block(fine, coarse) for fine, coarse in zip((widths[0], *widths[:-1]), widths, strict=True)]
        )
        self.up = nn.ModuleList(
            [_block(coarse + fine, fine) for fine, coarse in zip(widths[-2::-1], widths[:0:-1], strict=True)]
        )
        self.head = nn.Conv2d(widths[0], config.class_count, 1)

    def forward(self, images: Tensor, hints: Tensor) -> Tensor:
        """Parse.

        Args:
            images: (B, 3, S, S) RGB in [0, 1].
            hints: (B, H, S, S) in [0, 1].

        Returns:
            (B, C, S, S) logits.
        """
        values = self.stem(torch.cat([images * 2 - 1, hints], dim=1))  # (B, W, S / 2, S / 2)
        levels = []
        for depth, block in enumerate(self.down):
            values = block(values if depth == 0 else functional.max_pool2d(values, 2))
            levels.append(values)
        for block, finer in zip(self.up, levels[-2::-1], strict=True):
            larger = functional.interpolate(values, scale_factor=2, mode="nearest")
            values = block(torch.cat([larger, finer], dim=1))
        return functional.interpolate(self.head(values), scale_factor=2, mode="bilinear", align_corners=False)


def _block(before: int, after: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in (before, after):
        layers += [nn.Conv2d(width, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
