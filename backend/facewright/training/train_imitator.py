"""Train the imitator on renders of its rig: `python -m facewright.training.train_imitator --work FOLDER` (resumes)."""

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from facewright.datatypes import PART_NAMES
from facewright.engine import open_engine
from facewright.export.files import atomic_write
from facewright.networks.imitator import Imitator, ImitatorConfig
from facewright.perception.observe import LandmarkReader
from facewright.rig.decoder import RigDecoder
from facewright.rig.spec import RIGS_DIR, load_rig
from facewright.training.imitator_data import ImitatorData, open_data, render_data
from facewright.weights import load_landmark_reader, save_imitator


@dataclass(frozen=True)
class TrainingRecipe:
    """How an imitator is trained.

    Attributes:
        samples: rendered heads; the last fifth is held out (Shi et al. 2019).
        epochs: passes over the training part.
        batch: heads per step.
        learning_rate: of Adam, falling to zero along a cosine.
        part_weight: weight of the part maps' L1 against the image's.
        seed: of heads, colours and network weights.
    """

    samples: int = 8000
    epochs: int = 16
    batch: int = 32
    learning_rate: float = 2e-3
    part_weight: float = 0.5
    seed: int = 7


def imitator_loss(image: Tensor, parts: Tensor, true_image: Tensor, true_parts: Tensor, part_weight: float) -> Tensor:
    """Return L1 of the image plus weighted L1 of the part maps.

    Args:
        image: (B, 3, S, S) drawn.
        parts: (B, N, S, S) drawn.
        true_image: (B, 3, S, S) rendered.
        true_parts: (B, N, S, S) measured.
        part_weight: weight of the second term.

    Source: Shi et al. 2019, equation 1, for the image.
    """
    return (image - true_image).abs().mean() + part_weight * (parts - true_parts).abs().mean()


def batch_tensors(data: ImitatorData, rows: np.ndarray) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return parameters (B, P), colours (B, 15), images (B, 3, S, S) and part maps (B, N, S, S) of some rows."""
    images = torch.from_numpy(data.images[rows]).permute(0, 3, 1, 2).float() / 255.0
    parts = torch.from_numpy(data.parts[rows]).float() / 255.0
    return torch.from_numpy(data.parameters[rows]), torch.from_numpy(data.colours[rows]), images, parts


def held_out_metrics(network: Imitator, data: ImitatorData, train_count: int, recipe: TrainingRecipe) -> dict[str, float]:
    """Measure L1 on the held-out heads, beside that of the training set's mean image."""
    network.eval()
    mean_image = data.images[: min(train_count, 2000)].mean(0) / 255.0
    errors, mean_errors, part_errors = [], [], []
    with torch.no_grad():
        for start in range(train_count, len(data.images), recipe.batch):
            rows = np.arange(start, min(start + recipe.batch, len(data.images)))
            parameters, colours, images, parts = batch_tensors(data, rows)
            drawn, drawn_parts = network(parameters, colours)
            errors += (drawn - images).abs().mean((1, 2, 3)).tolist()
            part_errors += (drawn_parts - parts).abs().sum(1).mean((1, 2)).tolist()
            mean_errors += (images - torch.from_numpy(mean_image).float().permute(2, 0, 1)).abs().mean((1, 2, 3)).tolist()
    return {
        "held_out_l1": float(np.mean(errors)),
        "mean_image_l1": float(np.mean(mean_errors)),
        "held_out_parts_l1": float(np.mean(part_errors)),
    }


def train(data: ImitatorData, recipe: TrainingRecipe, work: Path) -> tuple[Imitator, dict[str, float]]:
    """Train with a checkpoint after every epoch; a second call goes on from the last one.

    Args:
        data: rendered heads.
        recipe: epochs, batch, learning rate.
        work: folder of the checkpoint.

    Returns:
        The network in eval mode and its held-out metrics.
    """
    torch.manual_seed(recipe.seed)
    train_count = int(0.8 * len(data.images))
    network = Imitator(ImitatorConfig(data.parameters.shape[1], data.colours.shape[1], len(PART_NAMES)))
    adam = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    steps = train_count // recipe.batch
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, recipe.epochs * steps)
    checkpoint, first = work / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        adam.load_state_dict(state["adam"])
        schedule.load_state_dict(state["schedule"])
        first = state["epoch"]
    for epoch in range(first, recipe.epochs):
        network.train()
        order = np.random.default_rng([recipe.seed, epoch]).permutation(train_count)
        started, losses = time.perf_counter(), []
        for step in tqdm(range(steps), desc=f"epoch {epoch + 1} of {recipe.epochs}", mininterval=10):
            rows = np.sort(order[step * recipe.batch : (step + 1) * recipe.batch])
            parameters, colours, images, parts = batch_tensors(data, rows)
            loss = imitator_loss(*network(parameters, colours), images, parts, recipe.part_weight)
            adam.zero_grad()
            loss.backward()
            adam.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, {time.perf_counter() - started:.0f} s", flush=True)
        state = {"network": network.state_dict(), "adam": adam.state_dict(), "schedule": schedule.state_dict()}
        torch.save(state | {"epoch": epoch + 1}, work / "checkpoint.tmp")
        (work / "checkpoint.tmp").replace(checkpoint)
    return network.eval(), held_out_metrics(network, data, train_count, recipe)
