"""From rig parameters in [0, 1] to bone channels in metres, radians and ratios."""

import numpy as np
import torch

from facewright.rig.nouns import Rig

REST_CHANNELS = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0)
"""Values of the nine channels of a bone at rest."""

SMALLEST_SCALE = 0.1
"""Many parameters can shrink one bone together; its scale never falls below this, let alone through zero."""


def channels_from_parameters(
    parameters: torch.Tensor,
    channel_neutral: torch.Tensor,
    channel_minimum: torch.Tensor,
    channel_maximum: torch.Tensor,
) -> torch.Tensor:
    """Compute all bone channels; piecewise linear in each parameter, with the bend at 0.5.

    Values outside [0, 1] continue the lines. At exactly 0.5 the gradient is that of the upper half, so that an
    optimiser that starts there can move.

    Args:
        parameters: (B, P) in [0, 1].
        channel_neutral: (J, 9) offsets from rest at 0.5.
        channel_minimum: (P, J, 9) offsets from the neutral at 0.
        channel_maximum: (P, J, 9) offsets from the neutral at 1.

    Returns:
        (B, J, 9) m, rad, ratio: absolute values, a scale at rest is 1 and at least SMALLEST_SCALE.
    """
    batch, bones = parameters.shape[0], channel_neutral.shape[0]
    offset = 2.0 * (parameters - 0.5)
    zero = torch.zeros_like(offset)
    upper = torch.where(offset >= 0, offset, zero)
    lower = torch.where(offset < 0, -offset, zero)
    driven = lower @ channel_minimum.flatten(1) + upper @ channel_maximum.flatten(1)  # (B, J * 9)
    rest = torch.tensor(REST_CHANNELS, dtype=parameters.dtype, device=parameters.device)
    channels = driven.view(batch, bones, 9) + channel_neutral + rest
    return torch.cat([channels[..., :6], channels[..., 6:].clamp(min=SMALLEST_SCALE)], dim=-1)


def rig_channels(rig: Rig, parameters: np.ndarray) -> np.ndarray:
    """Compute the bone channels of one head in double precision, for files.

    Args:
        rig: the rig.
        parameters: (P,) in [0, 1].

    Returns:
        (J, 9) float64 m, rad, ratio, as `channels_from_parameters` defines them.
    """
    arrays = (parameters[None], rig.channel_neutral, rig.channel_minimum, rig.channel_maximum)
    return channels_from_parameters(*(torch.as_tensor(np.asarray(array, np.float64)) for array in arrays))[0].numpy()
