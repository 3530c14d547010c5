"""Networks recorded as TorchScript for one input size: a third faster on a CPU, as no Python runs between layers."""

import warnings
from typing import Any

import torch
from torch import Tensor, nn


class Traced(nn.Module):
    """Stands for a network in inference; `parameters()` and `buffers()` are those of the network, other attributes not.

    Args:
        network: frozen, without decisions that depend on values.
        examples: inputs of the size that will come; the batch may differ later.
    """

    def __init__(self, network: nn.Module, *examples: Tensor) -> None:
        super().__init__()
        self.network = network
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sizes become constants, which is meant
            self._script = [torch.jit.freeze(torch.jit.trace(network.eval(), examples, check_trace=False))]
            for _ in range(3):  # the first runs compile
                self._script[0](*examples)

    def forward(self, *inputs: Tensor) -> Any:
        """Run the network."""
        return self._script[0](*inputs)
