"""The order in which a network's weights lie in memory."""

from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def channels_last(network: Network) -> Network:
    """Lay out the weights of convolutions with their channels last, as a CPU likes them, and return the network."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's overloads lack it
