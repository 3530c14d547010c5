"""Tests of the way from parameters to bone channels."""

import numpy as np
import torch

from facewright.rig.parameters import SMALLEST_SCALE, channels_from_parameters

GENERATOR = np.random.default_rng(1)
NEUTRAL, MINIMUM, MAXIMUM = (torch.tensor(GENERATOR.normal(0, 0.05, shape)) for shape in ((4, 9), (3, 4, 9), (3, 4, 9)))


def test_all_parameters_at_half_give_the_neutral_offsets_from_rest():
    channels = channels_from_parameters(torch.full((1, 3), 0.5, dtype=torch.float64), NEUTRAL, MINIMUM, MAXIMUM)
    assert torch.allclose(channels[0, :, :6], NEUTRAL[:, :6])
    assert torch.allclose(channels[0, :, 6:], 1.0 + NEUTRAL[:, 6:])


def test_each_side_of_half_has_its_own_slope_and_contributions_add():
    values = torch.tensor([[0.0, 0.75, 0.4]], dtype=torch.float64)
    rest = torch.tensor([0.0] * 6 + [1.0] * 3, dtype=torch.float64)
    expected = rest + NEUTRAL + MINIMUM[0] + 0.5 * MAXIMUM[1] + 0.2 * MINIMUM[2]
    assert torch.allclose(channels_from_parameters(values, NEUTRAL, MINIMUM, MAXIMUM)[0], expected)


def test_gradient_at_half_is_not_zero():
    values = torch.full((1, 3), 0.5, dtype=torch.float64, requires_grad=True)
    channels_from_parameters(values, NEUTRAL, MINIMUM, MAXIMUM).sum().backward()
    assert torch.allclose(values.grad[0], 2.0 * MAXIMUM.sum((1, 2)))


def test_scales_stop_at_the_smallest_and_locations_do_not():
    shrink = torch.zeros(2, 1, 9)
    shrink[:, 0, 7] = -0.8
    shrink[:, 0, 1] = -0.8
    channels = channels_from_parameters(torch.zeros(1, 2), torch.zeros(1, 9), shrink, -shrink)
    assert channels[0, 0, 7].item() == torch.tensor(SMALLEST_SCALE).item()
    torch.testing.assert_close(channels[0, 0, 1], torch.tensor(-1.6))
    torch.testing.assert_close(channels[0, 0, [6, 8]], torch.ones(2))
