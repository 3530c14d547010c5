"""Adam in a few lines: that of torch loads torch's compiler at its first step, which takes seconds."""

from collections.abc import Sequence

import torch
from torch import Tensor

MEMORY, SQUARE_MEMORY = 0.9, 0.999
"""Shares of the mean gradient and of its mean square that stay from step to step."""

SMALLEST_SIZE = 1e-8
"""Added to what a gradient is divided by."""

DECAY_EVERY, DECAY = 5, 0.8
"""Steps after which the step length shrinks, and by what factor."""


class Adam:
    """Moves values against their gradients by steps that become shorter.

    Args:
        values: what moves, in place.
        paces: first step length of each value.

    Source: Kingma and Ba 2015, algorithm 1.
    """

    def __init__(self, values: Sequence[Tensor], paces: Sequence[float]) -> None:
        self._values, self._paces, self._steps = values, paces, 0
        self._means, self._squares = ([torch.zeros_like(value) for value in values] for _ in range(2))

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor]) -> None:
        """Move the values once."""
        decay = DECAY ** (self._steps // DECAY_EVERY)
        self._steps += 1
        warm, square_warm = 1 - MEMORY**self._steps, 1 - SQUARE_MEMORY**self._steps
        state = zip(self._values, gradients, self._means, self._squares, self._paces, strict=True)
        for value, gradient, mean, square, pace in state:
            mean.lerp_(gradient, 1 - MEMORY)
            square.mul_(SQUARE_MEMORY).addcmul_(gradient, gradient, value=1 - SQUARE_MEMORY)
            size = (square.sqrt() / square_warm**0.5).add_(SMALLEST_SIZE)
            value.addcdiv_(mean, size, value=-pace * decay / warm)
