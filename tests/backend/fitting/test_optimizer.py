"""The imitator loop on a linear imitator, where the answer is known."""

import pytest
import torch

from facewright.config import FittingConfig
from facewright.fitting.losses import CONTENT_PARTS
from facewright.fitting.optimizer import FittingTarget, optimise

SIDE = 4


class LinearImitator(torch.nn.Module):
    """Image channel c is parameter c everywhere; part maps never change."""

    def forward(self, parameters, colours):
        image = parameters[:, :3, None, None].expand(-1, 3, SIDE, SIDE)
        parts = torch.full((len(parameters), len(CONTENT_PARTS) + 1, SIDE, SIDE), 1.0 / (len(CONTENT_PARTS) + 1))
        return image, parts


def embed(images):
    return torch.nn.functional.normalize(images.mean((2, 3)), dim=1)


def parameters_from_code(code):
    return (0.5 + 0.2 * code).clamp(0, 1)


def target(direction) -> FittingTarget:
    parts = torch.full((len(CONTENT_PARTS) + 1, SIDE, SIDE), 1.0 / (len(CONTENT_PARTS) + 1))
    return FittingTarget(torch.nn.functional.normalize(torch.tensor(direction), dim=0), parts, torch.zeros(15))


def true_judge(code):
    image, parts = LinearImitator()(parameters_from_code(code[None]), None)
    return embed(image), parts


WANTED = [0.9, 0.5, 0.2]


def test_loop_turns_the_embedding_towards_the_photo():
    config = FittingConfig(iterations=60, prior_weight=0.0)
    result = optimise(LinearImitator(), parameters_from_code, embed, None, torch.zeros(3), target(WANTED), config)
    start = 1 - embed(torch.full((1, 3, SIDE, SIDE), 0.5)) @ target(WANTED).embedding
    assert result.losses["identity"] < 0.2 * start.item()


def test_head_that_the_judge_likes_less_than_the_start_is_not_returned():
    lying = LinearImitator()
    start = torch.zeros(3)

    def contrary_judge(code):
        embedding, parts = true_judge(code)
        worse = torch.linalg.vector_norm(code) > 0
        return (-target(WANTED).embedding[None] if worse else embedding), parts

    result = optimise(
        lying, parameters_from_code, embed, contrary_judge, start, target(WANTED), FittingConfig(iterations=20)
    )
    torch.testing.assert_close(result.code, start)
    assert result.judged == 3


def test_judged_result_has_the_losses_that_the_judge_saw():
    config = FittingConfig(iterations=20, prior_weight=0.0)
    result = optimise(LinearImitator(), parameters_from_code, embed, true_judge, torch.zeros(3), target(WANTED), config)
    embedding, _ = true_judge(result.code)
    expected = config.identity_weight * (1 - (embedding @ target(WANTED).embedding).item())
    assert result.losses["identity"] == pytest.approx(expected, abs=1e-5)


def test_stop_ends_the_loop_and_keeps_the_best():
    steps = []
    result = optimise(
        LinearImitator(),
        parameters_from_code,
        embed,
        None,
        torch.zeros(3),
        target(WANTED),
        FittingConfig(iterations=50),
        lambda step, loss: steps.append(step),
        lambda: len(steps) >= 7,
    )
    assert steps[-1] == 7
    assert result.losses


def test_prior_weight_keeps_the_head_near_the_start():
    free = FittingConfig(iterations=40, prior_weight=0.0)
    held = FittingConfig(iterations=40, prior_weight=100.0)
    moved = [
        optimise(LinearImitator(), parameters_from_code, embed, None, torch.zeros(3), target(WANTED), config)
        .code.norm()
        .item()
        for config in (free, held)
    ]
    assert moved[1] < 0.2 * moved[0]
