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

from facewright import weights
from facewright.engine.opening import open_engine
from facewright.export.files import atomic_write
from facewright.fitting.losses import CONTENT_PARTS
from facewright.networks.imitator import Imitator, ImitatorConfig
from facewright.networks.layout import channels_last
from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import RIGS_DIR, load_rig
from facewright.rig.nouns import Rig
from facewright.rig.styles import look_size
from facewright.training import checkpoints
from facewright.training.imitator_data import ImitatorData, open_data, render_data
from facewright.training.work_folder import claim_work_folder


@dataclass(frozen=True)
class TrainingRecipe:
    """How an imitator is trained.

    Attributes:
        samples: rendered heads; the last fifth is held out (Shi et al. 2019).
        epochs: passes over the training part.
        batch: heads per step.
        learning_rate: of Adam, falling to zero along a cosine.
        part_weight: weight of the part maps' L1 against the image's.
        seed: of heads, looks and network weights.
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
    """Return parameters (B, P), looks (B, A), images (B, 3, S, S) and part maps (B, N, S, S) of some rows."""
    images = torch.from_numpy(data.images[rows]).permute(0, 3, 1, 2).float() / 255.0
    parts = torch.from_numpy(data.parts[rows]).float() / 255.0
    return torch.from_numpy(data.parameters[rows]), torch.from_numpy(data.looks[rows]), images, parts


def held_out_metrics(
    network: Imitator, data: ImitatorData, train_count: int, recipe: TrainingRecipe
) -> dict[str, float]:
    """Measure L1 on the held-out heads, beside that of the training set's mean image."""
    network.eval()
    mean_image = data.images[: min(train_count, 2000)].mean(0) / 255.0
    errors, mean_errors, part_errors = [], [], []
    with torch.no_grad():
        for start in range(train_count, len(data.images), recipe.batch):
            rows = np.arange(start, min(start + recipe.batch, len(data.images)))
            parameters, looks, images, parts = batch_tensors(data, rows)
            drawn, drawn_parts = network(parameters, looks)
            errors += (drawn - images).abs().mean((1, 2, 3)).tolist()
            part_errors += (drawn_parts - parts).abs().sum(1).mean((1, 2)).tolist()
            mean_errors += (
                (images - torch.from_numpy(mean_image).float().permute(2, 0, 1)).abs().mean((1, 2, 3)).tolist()
            )
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
    config = ImitatorConfig(data.parameters.shape[1], data.looks.shape[1], len(CONTENT_PARTS) + 1)
    network = channels_last(Imitator(config))
    adam = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    steps = train_count // recipe.batch
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, recipe.epochs * steps)
    training = {"network": network, "adam": adam, "schedule": schedule}
    first = checkpoints.resume(work, **training)
    for epoch in range(first, recipe.epochs):
        network.train()
        order = np.random.default_rng([recipe.seed, epoch]).permutation(train_count)
        started, losses = time.perf_counter(), []
        for step in tqdm(range(steps), desc=f"epoch {epoch + 1} of {recipe.epochs}", mininterval=10):
            rows = np.sort(order[step * recipe.batch : (step + 1) * recipe.batch])
            parameters, looks, images, parts = batch_tensors(data, rows)
            drawn, drawn_parts = network(parameters, looks)
            loss = imitator_loss(drawn, drawn_parts, images, parts, recipe.part_weight)
            adam.zero_grad()
            loss.backward()
            adam.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, {time.perf_counter() - started:.0f} s", flush=True)
        checkpoints.save(work, epoch + 1, **training)
    return network.eval(), held_out_metrics(network, data, train_count, recipe)


def contact_sheet(network: Imitator, data: ImitatorData, rows: np.ndarray) -> np.ndarray:
    """Set the engine's renders over the imitator's drawings: (2 S, M S, 3) RGB uint8."""
    with torch.no_grad():
        drawn, _ = network(torch.from_numpy(data.parameters[rows]), torch.from_numpy(data.looks[rows]))
    pictures = (drawn.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8)
    return np.concatenate([np.concatenate(list(data.images[rows]), 1), np.concatenate(list(pictures), 1)])


def model_card(rig: Rig, recipe: TrainingRecipe, metrics: dict[str, float], parameters: int) -> str:
    """Write down what made the imitator and how good it is."""
    return f"""# Imitator of the rig {rig.id} {rig.version}

Draws the canonical view (FACE_FRAME) and its part maps from rig parameters and look (colours, skin, choices), at
128 px; {parameters / 1e6:.1f} M parameters, half precision. Architecture after Shi et al. 2019 (arXiv 1909.01064),
backend/facewright/networks/imitator.py.

- Command: `python -m facewright.training.train_imitator --rig {rig.id} --work FOLDER --samples {recipe.samples}
  --epochs {recipe.epochs} --seed {recipe.seed}`
- Data: {recipe.samples} random heads of the rig's prior drawn by the engine under its default light, neutral
  expression, random looks (rig/looks.py), a fifth of them with every parameter jittered (training/imitator_data.py);
  part maps from the landmarks
  that the landmark network finds on the renders. No photo of a person is in it.
- Recipe: {json.dumps(asdict(recipe))}
- Held out (the last fifth of the heads), mean absolute error on [0, 1]: image {metrics["held_out_l1"]:.4f};
  the training set's mean image {metrics["mean_image_l1"]:.4f}; part maps, summed over parts,
  {metrics["held_out_parts_l1"]:.4f}
- Limits: one light, neutral expression; looks unlike those of rig/looks.py are guesses, and so are mixtures of choices.
"""


def main() -> None:
    """Render what is missing, train what is missing, write rigs/<rig>/imitator.safetensors and its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rig", default="makehuman")
    parser.add_argument("--work", type=Path, required=True, help="folder for renders, checkpoint and contact sheet")
    parser.add_argument("--samples", type=int, default=TrainingRecipe.samples)
    parser.add_argument("--epochs", type=int, default=TrainingRecipe.epochs)
    parser.add_argument("--seed", type=int, default=TrainingRecipe.seed)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    recipe = TrainingRecipe(samples=options.samples, epochs=options.epochs, seed=options.seed)
    rig = load_rig(options.rig)
    claim_work_folder(options.work, rig)
    data = open_data(options.work, recipe.samples, len(rig.parameters), look_size(rig.styles), 128)
    torch.set_num_threads(1)  # the landmark network is too small to share
    render_data(data, options.work, rig, RigDecoder(rig), open_engine(rig), weights.load_landmarker(), recipe.seed)
    torch.set_num_threads(options.threads)
    network, metrics = train(data, recipe, options.work)
    print(json.dumps(metrics, indent=1))
    Image.fromarray(contact_sheet(network, data, np.arange(len(data.images) - 8, len(data.images)))).save(
        options.work / "contact_sheet.png"
    )
    folder = RIGS_DIR / options.rig
    atomic_write(
        folder / "imitator.safetensors", lambda temporary: weights.save_imitator(temporary, network, rig.version)
    )
    count = sum(tensor.numel() for tensor in network.parameters())
    card = model_card(rig, recipe, metrics, count)
    atomic_write(folder / "imitator.md", lambda temporary: Path(temporary).write_text(card, encoding="utf-8"))


if __name__ == "__main__":
    main()
