"""Checkpoints of long trainings: written whole, read back without pickle."""

from pathlib import Path
from typing import Any

import torch

from facewright import weights

FILE = "checkpoint.pt"


def resume(work: Path, **parts: Any) -> int:
    """Bring a training to where its last checkpoint was.

    Args:
        work: the training's folder.
        parts: network, optimiser and schedule, as they were named for `save`.

    Returns:
        How many steps or epochs were done; 0 when there is no checkpoint.
    """
    if not (work / FILE).exists():
        return 0
    state = weights.load_checkpoint(work / FILE)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["done"]


def save(work: Path, done: int, **parts: Any) -> None:
    """Write a checkpoint in place of the last one.

    Args:
        work: the training's folder.
        done: steps or epochs.
        parts: network, optimiser and schedule.
    """
    state = {name: part.state_dict() for name, part in parts.items()}
    torch.save(state | {"done": done}, work / "checkpoint.tmp")
    (work / "checkpoint.tmp").replace(work / FILE)
