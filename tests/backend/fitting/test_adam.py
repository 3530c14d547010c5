"""Our Adam against torch's, and that neither it nor the landmark fit loads torch's compiler."""

import subprocess
import sys

import torch

from facewright.fitting.adam import DECAY, DECAY_EVERY, Adam

UNCOMPILED = """
import sys
import numpy as np, torch
from facewright.fitting.adam import Adam
from facewright.fitting.landmark_fit import LandmarkModel
from facewright.rig.installed import load_rig

model = LandmarkModel(load_rig("makehuman"))
model.code_jacobian(np.zeros(model.rank), np.zeros(52))
value = torch.ones(2, requires_grad=True)
Adam([value], [0.1]).step(torch.autograd.grad((value**2).sum(), [value]))
print([name for name in ("torch._dynamo", "sympy") if name in sys.modules])
"""


def gradients(first, second):
    """Return those of a function in which the values meet."""
    loss = (first * torch.tensor([3.0, -1.0, 0.2])).sin().sum() + (second**3).sum() * first[0]
    return torch.autograd.grad(loss, [first, second])


def test_steps_are_those_of_torch_bit_by_bit():
    ours = [torch.tensor([0.3, -0.7, 1.1], requires_grad=True), torch.tensor([0.5, -0.2], requires_grad=True)]
    theirs = [value.detach().clone().requires_grad_() for value in ours]
    adam = Adam(ours, [0.05, 0.2])
    reference = torch.optim.Adam([{"params": theirs[:1]}, {"params": theirs[1:], "lr": 0.2}], lr=0.05)
    schedule = torch.optim.lr_scheduler.StepLR(reference, DECAY_EVERY, DECAY)
    for _ in range(3 * DECAY_EVERY + 1):
        adam.step(gradients(*ours))
        theirs[0].grad, theirs[1].grad = gradients(*theirs)
        reference.step()
        schedule.step()
    for found, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_a_fit_does_not_load_the_compiler_of_torch():
    result = subprocess.run([sys.executable, "-c", UNCOMPILED], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
