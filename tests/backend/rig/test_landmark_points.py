"""The landmark points of the default rig and their derivatives."""

import numpy as np
import torch
from torch.func import jacfwd

from facewright.rig.installed import load_rig
from facewright.rig.landmark_points import LandmarkPoints


def test_derivative_is_that_of_forward_mode():
    rig = load_rig("makehuman")
    points, generator = LandmarkPoints(rig), np.random.default_rng(3)
    parameters, directions, expression = (
        torch.from_numpy(generator.uniform(low, high, shape).astype(np.float32))
        for low, high, shape in (
            (0.2, 0.8, len(rig.parameters)),
            (-1.0, 1.0, (5, len(rig.parameters))),
            (0.0, 0.4, rig.blendshapes.shape[0]),
        )
    )
    found = points.derivative(parameters, directions, expression)
    along = jacfwd(lambda steps: points(parameters + steps @ directions, expression))(torch.zeros(5))  # (K, 3, 5)
    torch.testing.assert_close(found, along.permute(2, 0, 1), rtol=1e-4, atol=1e-6)


def test_derivative_is_taken_where_gradients_are_switched_off():
    rig = load_rig("makehuman")
    parameters, expression = torch.full((len(rig.parameters),), 0.6), torch.zeros(rig.blendshapes.shape[0])
    with torch.no_grad():
        found = LandmarkPoints(rig).derivative(parameters, torch.eye(len(parameters))[:2], expression)
    assert not found.requires_grad
    assert found.abs().max() > 0
