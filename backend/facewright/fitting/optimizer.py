"""The loop of Shi et al. 2019: parameters are optimised through the imitator, the engine's render has the last word."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from facewright.config import FittingConfig
from facewright.fitting.adam import Adam
from facewright.fitting.losses import choice_loss, content_loss, identity_loss, prior_loss
from facewright.networks.imitator import Imitator

JUDGE_EVERY = 10
"""Steps from one look of the judge to the next; it sees the last step as well."""

CHOICE_PACE = 4.0
"""Step length of the logits of relaxed choices over that of the code."""


@dataclass(frozen=True)
class FittingTarget:
    """What the photo asks for.

    Attributes:
        embedding: (D,) unit identity vector.
        part_maps: (N, S, S) part maps of the photo with head pose and expression removed.
        look: (A,) look vector of the head; what it holds of relaxed groups are probabilities.
        relaxed: entries of the look that hold the choices of a group that may change.
    """

    embedding: Tensor
    part_maps: Tensor
    look: Tensor
    relaxed: tuple[slice, ...] = ()


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


def weigh_terms(
    embedding: Tensor,
    part_maps: Tensor,
    code: Tensor,
    look: Tensor,
    start: Tensor,
    target: FittingTarget,
    config: FittingConfig,
) -> dict[str, Tensor]:
    """Return every loss term by name with its weight applied, and their sum as `total`; all of shape (B,).

    Args:
        embedding: (B, D) identity of the drawn heads.
        part_maps: (B, N, S, S) of the drawn heads.
        code: (B, R) prior codes.
        look: (A,) look vector of the drawn heads.
        start: (R,) prior code of the landmark fit.
        target: what the photo asks for.
        config: loss weights; a weight of 0 switches its term off.
    """
    terms = {
        "identity": config.identity_weight * identity_loss(embedding, target.embedding),
        "content": config.content_weight * content_loss(part_maps, target.part_maps),
        "prior": config.prior_weight * prior_loss(code, start, config.start_trust),
    }
    if target.relaxed:
        terms["choice"] = config.choice_weight * choice_loss(look, target.look, target.relaxed).expand(len(code))
    return terms | {"total": sum(terms.values(), code.new_zeros(()))}


def optimise(
    imitator: Imitator,
    parameters_from_code: Callable[[Tensor], Tensor],
    embed: Callable[[Tensor], Tensor],
    judge: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None,
    start: Tensor,
    target: FittingTarget,
    config: FittingConfig,
    report: Callable[[int, float], None] = lambda step, loss: None,
    stop: Callable[[], bool] = lambda: False,
) -> OptimizerResult:
    """Minimise identity, content, prior and choice loss through the imitator.

    Relaxed choices are a softmax while the loop runs; what is judged and returned wears the most likely of each group.

    Args:
        imitator: in eval mode.
        parameters_from_code: (B, R) prior codes -> (B, P) rig parameters in [0, 1], differentiable.
        embed: canonical views (B, 3, S, S) in [0, 1] -> (B, D) unit identity vectors, differentiable.
        judge: (R,) prior code and (A,) look -> embedding (1, D) and part maps (1, N, S, S) of the engine's own render;
            None judges by the imitator.
        start: (R,) prior code of the landmark fit.
        target: what the photo asks for.
        config: iterations, learning rate and loss weights.
        report: called with the step and the best total loss after each step.
        stop: asked before each step; when it says yes, the best so far is returned.

    Returns:
        The best head, never worse than the start in the judge's eyes.

    Source: Shi et al. 2019, section 3.4; Adam in place of normalised gradient descent, which needs no scale of its own.
    """
    code = start.detach().clone()[None].requires_grad_(True)  # (1, R)
    logits = [target.look[group].clamp_min(1e-4).log().requires_grad_(True) for group in target.relaxed]
    paces = [config.learning_rate, *[CHOICE_PACE * config.learning_rate] * len(logits)]
    adam = Adam([code, *logits], paces)
    best: tuple[Tensor, Tensor, dict[str, float]] = (start.detach().clone(), _worn(target, logits), {})
    if judge:
        best = _judged(start, _worn(target, logits), judge, start, target, config)
    for step in range(config.iterations):
        if stop():
            break
        look = _relaxed(target, logits)
        image, part_maps = imitator(parameters_from_code(code), look[None])
        terms = weigh_terms(embed(image), part_maps, code, look, start, target, config)
        if judge is None and (not best[2] or terms["total"].item() < best[2]["total"]):
            losses = {name: value.item() for name, value in terms.items()}
            best = code.detach()[0].clone(), _worn(target, logits), losses
        adam.step(torch.autograd.grad(terms["total"].sum(), [code, *logits]))
        if judge and ((step + 1) % JUDGE_EVERY == 0 or step + 1 == config.iterations):
            candidate = _judged(code.detach()[0].clone(), _worn(target, logits), judge, start, target, config)
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
    start: Tensor,
    target: FittingTarget,
    config: FittingConfig,
) -> tuple[Tensor, Tensor, dict[str, float]]:
    with torch.no_grad():
        embedding, part_maps = judge(code, look)
        terms = weigh_terms(embedding, part_maps, code[None], look, start, target, config)
    return code, look, {name: value.item() for name, value in terms.items()}
