"""The imitator loop on a linear imitator, where the answer is known."""

import numpy as np
import pytest
import torch

from facewright.config import FittingConfig
from facewright.fitting.losses import CONTENT_PARTS, FittingTarget
from facewright.fitting.optimizer import Problem, optimise

SIDE = 4


class LinearImitator(torch.nn.Module):
    """Image channel c is parameter c plus look c everywhere; part maps never change."""

    def forward(self, parameters, look):
        image = parameters[:, :3, None, None].expand(-1, 3, SIDE, SIDE)
        image = image + look[:, :3, None, None]
        parts = torch.full((len(parameters), len(CONTENT_PARTS) + 1, SIDE, SIDE), 1.0 / (len(CONTENT_PARTS) + 1))
        return image, parts


def embed(images):
    return torch.nn.functional.normalize(images.mean((2, 3)), dim=1)


def parameters_from_code(code):
    return (0.5 + 0.2 * code).clamp(0, 1)


def target(direction) -> FittingTarget:
    parts = torch.full((len(CONTENT_PARTS) + 1, SIDE, SIDE), 1.0 / (len(CONTENT_PARTS) + 1))
    return FittingTarget(torch.nn.functional.normalize(torch.tensor(direction), dim=0), parts, torch.zeros(15))


def true_judge(code, look):
    image, parts = LinearImitator()(parameters_from_code(code[None]), look[None])
    return embed(image), parts


WANTED = [0.9, 0.5, 0.2]


def problem(judge=None, wanted=None) -> Problem:
    return Problem(torch.zeros(3), wanted or target(WANTED), parameters_from_code, embed, judge)


def test_loop_turns_the_embedding_towards_the_photo():
    config = FittingConfig(iterations=60, prior_weight=0.0)
    result = optimise(LinearImitator(), problem(), config)
    start = 1 - embed(torch.full((1, 3, SIDE, SIDE), 0.5)) @ target(WANTED).embedding
    assert result.losses["identity"] < 0.2 * start.item()


def test_head_that_the_judge_likes_less_than_the_start_is_not_returned():
    lying = LinearImitator()
    start, judged = torch.zeros(3), []

    def contrary_judge(code, look):
        judged.append(code)
        embedding, parts = true_judge(code, look)
        worse = torch.linalg.vector_norm(code) > 0
        return (-target(WANTED).embedding[None] if worse else embedding), parts

    result = optimise(lying, problem(contrary_judge), FittingConfig(iterations=20))
    torch.testing.assert_close(result.code, start)
    assert len(judged) == 3


def test_judged_result_has_the_losses_that_the_judge_saw():
    config = FittingConfig(iterations=20, prior_weight=0.0)
    result = optimise(LinearImitator(), problem(true_judge), config)
    embedding, _ = true_judge(result.code, torch.zeros(15))
    expected = config.identity_weight * (1 - (embedding @ target(WANTED).embedding).item())
    assert result.losses["identity"] == pytest.approx(expected, abs=1e-5)


def test_stop_ends_the_loop_and_keeps_the_best():
    steps = []
    result = optimise(
        LinearImitator(),
        problem(),
        FittingConfig(iterations=50),
        lambda step, loss: steps.append(step),
        lambda: len(steps) >= 7,
    )
    assert steps[-1] == 7
    assert result.losses


def test_prior_weight_keeps_the_head_near_the_start():
    free = FittingConfig(iterations=40, prior_weight=0.0)
    held = FittingConfig(iterations=40, prior_weight=100.0)
    moved = [optimise(LinearImitator(), problem(), config).code.norm().item() for config in (free, held)]
    assert moved[1] < 0.2 * moved[0]


def relaxed_target(start: list[float]) -> FittingTarget:
    """A photo that is blue, and one group of three choices that turn the picture red, green or blue."""
    plain = target([0.0, 0.0, 1.0])
    look = torch.zeros(15)
    look[:3] = torch.tensor(start)
    return FittingTarget(plain.embedding, plain.part_maps, look, (slice(0, 3),))


def test_a_relaxed_choice_moves_to_the_one_that_looks_like_the_photo():
    config = FittingConfig(iterations=40, choice_weight=0.0, prior_weight=100.0)
    wanted = relaxed_target([0.4, 0.3, 0.3])
    result = optimise(LinearImitator(), problem(true_judge, wanted), config)
    assert result.look[:3].tolist() == [0.0, 0.0, 1.0]
    assert result.look[3:].abs().max() == 0


def test_a_heavy_choice_loss_keeps_the_likely_choice():
    config = FittingConfig(iterations=40, choice_weight=100.0, prior_weight=100.0)
    wanted = relaxed_target([0.4, 0.3, 0.3])
    result = optimise(LinearImitator(), problem(true_judge, wanted), config)
    assert result.look[:3].tolist() == [1.0, 0.0, 0.0]
    assert result.losses["choice"] == pytest.approx(-100.0 * np.log(0.4), rel=1e-4)


def test_the_judge_sees_one_choice_not_a_mixture():
    seen = []

    def watching_judge(code, look):
        seen.append(sorted(look[:3].tolist()))
        return true_judge(code, look)

    config = FittingConfig(iterations=20)
    optimise(LinearImitator(), problem(watching_judge, relaxed_target([0.4, 0.3, 0.3])), config)
    assert seen == [[0.0, 0.0, 1.0]] * 3
