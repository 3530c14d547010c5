"""Expression: the ARKit blendshapes added to the rest vertices before skinning."""

import torch


def apply_blendshapes(rest: torch.Tensor, blendshapes: torch.Tensor, coefficients: torch.Tensor) -> torch.Tensor:
    """Add the weighted blendshapes to the rest vertices.

    Args:
        rest: (V, 3) m.
        blendshapes: (E, V, 3) offsets, m.
        coefficients: (B, E) in ARKIT_52 order.

    Returns:
        (B, V, 3) m.
    """
    offsets = coefficients @ blendshapes.flatten(1)  # (B, V * 3)
    return rest + offsets.view(len(coefficients), *rest.shape)
