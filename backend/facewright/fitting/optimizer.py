"""The loop of Shi et al. 2019: parameters are optimised through the imitator, the engine's render has the last word."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from facewright.config import FittingConfig
from facewright.fitting.losses import content_loss, identity_loss, prior_loss
from facewright.networks.imitator import Imitator

DECAY_EVERY = 5
DECAY = 0.8
JUDGE_EVERY = 10


@dataclass(frozen=True)
class FittingTarget:
    """What the photo asks for.

    Attributes:
        embedding: (D,) unit identity vector.
        part_maps: (N, S, S) part maps of the photo with head pose and expression removed.
        look: (A,) look vector of the head.
    """

    embedding: Tensor
    part_maps: Tensor
    look: Tensor


@dataclass(frozen=True)
class OptimizerResult:
    """The best head that the loop met.

    Attributes:
        code: (R,) prior code.
        losses: terms by name, of the best head, as the judge saw them.
        judged: how many heads the judge looked at.
    """

    code: Tensor
    losses: dict[str, float]
    judged: int


def weigh_terms(
    embedding: Tensor, part_maps: Tensor, code: Tensor, start: Tensor, target: FittingTarget, config: FittingConfig
) -> dict[str, Tensor]:
    """Return every loss term by name with its weight applied, and their sum as `total`; all of shape (B,).

    Args:
        embedding: (B, D) identity of the drawn heads.
        part_maps: (B, N, S, S) of the drawn heads.
        code: (B, R) prior codes.
        start: (R,) prior code of the landmark fit.
        target: what the photo asks for.
        config: loss weights; a weight of 0 switches its term off.
    """
    terms = {
        "identity": config.identity_weight * identity_loss(embedding, target.embedding),
        "content": config.content_weight * content_loss(part_maps, target.part_maps),
        "prior": config.prior_weight * prior_loss(code, start, config.start_trust),
    }
    return terms | {"total": terms["identity"] + terms["content"] + terms["prior"]}


def optimise(
    imitator: Imitator,
    parameters_from_code: Callable[[Tensor], Tensor],
    embed: Callable[[Tensor], Tensor],
    judge: Callable[[Tensor], tuple[Tensor, Tensor]] | None,
    start: Tensor,
    target: FittingTarget,
    config: FittingConfig,
    report: Callable[[int, float], None] = lambda step, loss: None,
    stop: Callable[[], bool] = lambda: False,
) -> OptimizerResult:
    """Minimise identity, content and prior loss through the imitator.

    Args:
        imitator: in eval mode.
        parameters_from_code: (B, R) prior codes -> (B, P) rig parameters in [0, 1], differentiable.
        embed: canonical views (B, 3, S, S) in [0, 1] -> (B, D) unit identity vectors, differentiable.
        judge: (R,) prior code -> embedding (1, D) and part maps (1, N, S, S) of the engine's own render; None judges by
            the imitator.
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
    look = target.look[None]
    adam = torch.optim.Adam([code], lr=config.learning_rate)
    schedule = torch.optim.lr_scheduler.StepLR(adam, DECAY_EVERY, DECAY)
    best = _judged(start, judge, start, target, config) if judge else None
    judged = int(judge is not None)
    for step in range(config.iterations):
        if stop():
            break
        image, part_maps = imitator(parameters_from_code(code), look)
        terms = weigh_terms(embed(image), part_maps, code, start, target, config)
        if judge is None and (best is None or terms["total"].item() < best[1]["total"]):
            best = code.detach()[0].clone(), {name: value.item() for name, value in terms.items()}
        adam.zero_grad()
        terms["total"].sum().backward()
        adam.step()
        schedule.step()
        if judge and ((step + 1) % JUDGE_EVERY == 0 or step + 1 == config.iterations):
            candidate = _judged(code.detach()[0].clone(), judge, start, target, config)
            judged += 1
            if candidate[1]["total"] < best[1]["total"]:
                best = candidate
        report(step + 1, best[1]["total"])
    if best is None:
        best = start.detach().clone(), {}
    return OptimizerResult(best[0], best[1], judged)


def _judged(
    code: Tensor,
    judge: Callable[[Tensor], tuple[Tensor, Tensor]],
    start: Tensor,
    target: FittingTarget,
    config: FittingConfig,
) -> tuple[Tensor, dict[str, float]]:
    with torch.no_grad():
        embedding, part_maps = judge(code)
        terms = weigh_terms(embedding, part_maps, code[None], start, target, config)
    return code, {name: value.item() for name, value in terms.items()}
