"""The differentiable warp agrees with the one that photos go through."""

import numpy as np
import torch

from facewright.perception.alignment import to_tensor, warp
from facewright.perception.differentiable import warp_tensor


def test_tensor_warp_equals_the_photo_warp_where_nothing_shrinks():
    generator = np.random.default_rng(0)
    image = generator.integers(0, 255, (12, 16, 3), np.uint8)
    turn = np.radians(12)
    transform = 1.7 * np.array([[np.cos(turn), -np.sin(turn), 1.3], [np.sin(turn), np.cos(turn), -2.1]])
    expected = warp(image, transform, (20, 20)).astype(float)
    found = warp_tensor(to_tensor(image[None]), transform, 20)[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(found - expected).mean() < 1.5


def test_gradients_reach_the_source_image():
    source = torch.rand(1, 2, 6, 5, dtype=torch.float64, requires_grad=True)
    transform = np.array([[1.2, 0.1, 0.4], [-0.1, 1.2, 0.3]])

    def through(images):
        return warp_tensor(images.float(), transform, 4).double()

    through(source).sum().backward()
    assert source.grad.abs().sum() > 0
    step = torch.zeros_like(source)
    step[0, 1, 2, 3] = 1.0
    with torch.no_grad():
        numeric = (through(source + step).sum() - through(source - step).sum()) / 2
    torch.testing.assert_close(source.grad[0, 1, 2, 3], numeric, atol=1e-3, rtol=1e-3)
