"""The loop of Shi et al. 2019: parameters are optimised through the imitator, the engine's render has the last word."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from facewright.config import FittingConfig
from facewright.fitting.adam import Adam
from facewright.fitting.losses import FittingTarget, weigh_terms
from facewright.networks.imitator import Imitator

JUDGE_EVERY = 10
"""Steps from one look of the judge to the next; it sees the last step as well."""

CHOICE_PACE = 4.0
"""Step length of the logits of relaxed choices over that of the code."""


@dataclass(frozen=True)
class Problem:
    """A photo's head to be found through the imitator.

    Attributes:
        start: (R,) prior code of the landmark fit.
        target: what the photo asks for.
        parameters_from_code: (B, R) prior codes -> (B, P) rig parameters in [0, 1], differentiable.
        embed: canonical views (B, 3, S, S) in [0, 1] -> (B, D) unit identity vectors, differentiable.
        judge: (R,) prior code and (A,) look -> embedding (1, D) and part maps (1, N, S, S) of the engine's own render;
            None judges by the imitator.
    """

    start: Tensor
    target: FittingTarget
    parameters_from_code: Callable[[Tensor], Tensor]
    embed: Callable[[Tensor], Tensor]
    judge: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None


@dataclass(frozen=True)
class OptimizerResult:
    """The best head that the loop met.

    Attributes:
        code: (R,) prior code.
        look: (A,) look vector, one choice of each relaxed group.
        losses: terms by name, of the best head, as the judge saw them.
    """

    code: Tensor
    look: Tensor
    losses: dict[str, float]


def optimise(
    imitator: Imitator,
    problem: Problem,
    config: FittingConfig,
    report: Callable[[int, float], None] = lambda step, loss: None,
    stop: Callable[[], bool] = lambda: False,
) -> OptimizerResult:
    """Minimise identity, content, prior and choice loss through the imitator.

    Relaxed choices are a softmax while the loop runs; what is judged and returned wears the most likely of each group.

    Args:
        imitator: in eval mode.
        problem: what is looked for.
        config: iterations, learning rate and loss weights.
        report: called with the step and the best total loss after each step.
        stop: asked before each step; when it says yes, the best so far is returned.

    Returns:
        The best head, never worse than the start in the judge's eyes.

    Source: Shi et al. 2019, section 3.4; Adam in place of normalised gradient descent, which needs no scale of its own.
    """
    start, target, judge = problem.start, problem.target, problem.judge
    code = start.detach().clone()[None].requires_grad_(True)  # (1, R)
    logits = [target.look[group].clamp_min(1e-4).log().requires_grad_(True) for group in target.relaxed]
    paces = [config.learning_rate, *[CHOICE_PACE * config.learning_rate] * len(logits)]
    adam = Adam([code, *logits], paces)
    best: tuple[Tensor, Tensor, dict[str, float]] = (start.detach().clone(), _worn(target, logits), {})
    if judge:
        best = _judged(start, _worn(target, logits), judge, problem, config)
    for step in range(config.iterations):
        if stop():
            break
        look = _relaxed(target, logits)
        image, part_maps = imitator(problem.parameters_from_code(code), look[None])
        terms = weigh_terms(problem.embed(image), part_maps, code, look, start, target, config)
        if judge is None and (not best[2] or terms["total"].item() < best[2]["total"]):
            losses = {name: value.item() for name, value in terms.items()}
            best = code.detach()[0].clone(), _worn(target, logits), losses
        adam.step(torch.autograd.grad(terms["total"].sum(), [code, *logits]))
        if judge and ((step + 1) % JUDGE_EVERY == 0 or step + 1 == config.iterations):
            candidate = _judged(code.detach()[0].clone(), _worn(target, logits), judge, problem, config)
            if candidate[2]["total"] < best[2]["total"]:
                best = candidate
        report(step + 1, best[2]["total"])
    return OptimizerResult(*best)


def _relaxed(target: FittingTarget, logits: list[Tensor]) -> Tensor:
    """Return the look (A,) with the softmax of the logits in the places of the relaxed groups."""
    look = target.look.clone()
    for group, values in zip(target.relaxed, logits, strict=True):
        look[group] = torch.softmax(values, 0)
    return look


def _worn(target: FittingTarget, logits: list[Tensor]) -> Tensor:
    """Return the look (A,) that wears the most likely choice of each relaxed group."""
    look = target.look.clone()
    for group, values in zip(target.relaxed, logits, strict=True):
        look[group] = torch.nn.functional.one_hot(values.argmax(), len(values)).to(look.dtype)
    return look


def _judged(
    code: Tensor,
    look: Tensor,
    judge: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    problem: Problem,
    config: FittingConfig,
) -> tuple[Tensor, Tensor, dict[str, float]]:
    with torch.no_grad():
        embedding, part_maps = judge(code, look)
        terms = weigh_terms(embedding, part_maps, code[None], look, problem.start, problem.target, config)
    return code, look, {name: value.item() for name, value in terms.items()}
