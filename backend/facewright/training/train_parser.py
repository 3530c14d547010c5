"""Train the face parser on our own renders: `python -m facewright.training.train_parser --work FOLDER` (resumes)."""

import argparse
import json
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from facewright import weights
from facewright.engine.opening import open_engine
from facewright.export.files import atomic_write
from facewright.networks.layout import channels_last
from facewright.networks.parser import Parser, ParserConfig
from facewright.perception.parsing import HINT_PARTS, PARSER_CLASSES, landmark_hints
from facewright.rig.installed import RIGS_DIR, load_rig
from facewright.rig.nouns import Rig
from facewright.rig.parts import landmarks_of
from facewright.training import checkpoints
from facewright.training.parser_augment import augment, sample_textures
from facewright.training.parser_data import ParserData, open_data, render_data
from facewright.training.work_folder import claim_work_folder

CLASS_WEIGHTS = (0.5, 1.0, 2.0, 2.0, 1.5, 2.0, 1.0, 1.5, 3.0, 1.5)
"""Of the cross entropy, in the order of PARSER_CLASSES: small and thin classes count more."""

HELD_OUT = 256
CHECKPOINT_STEPS = 200


@dataclass(frozen=True)
class TrainingRecipe:
    """How a parser is trained.

    Attributes:
        samples: rendered heads; the last HELD_OUT are held out.
        steps: batches.
        batch: samples a step.
        learning_rate: of Adam, falling to zero along a cosine.
        seed: of heads, augmentation and network weights.
    """

    samples: int = 3000
    steps: int = 4000
    batch: int = 12
    learning_rate: float = 2e-3
    seed: int = 11


def make_batch(work: Path, rows: np.ndarray, seed: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Augment some heads; runs in a process of its own.

    Returns:
        Images (B, 3, S, S) uint8, hints (B, H, S, S) uint8, classes (B, S, S) uint8.
    """
    data = ParserData(*(np.load(work / f"{name}.npy", mmap_mode="r") for name in ParserData.__dataclass_fields__))
    generator, textures, made = np.random.default_rng(seed), sample_textures(), []
    for row in rows:
        drawn = (data.images[row], data.classes[row], data.landmarks_px[row].astype(np.float64))
        image, classes, landmarks_px = augment(generator, *drawn, textures)
        made.append((image.transpose(2, 0, 1), np.rint(landmark_hints(landmarks_px) * 255).astype(np.uint8), classes))
    images, hints, classes = (np.stack(part) for part in zip(*made, strict=True))
    return images, hints, classes


def batches(work: Path, recipe: TrainingRecipe, first: int, workers: int) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield the batches from one step on, made ahead by worker processes; step n is the same in every run."""
    train_count = recipe.samples - HELD_OUT
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = []
        for step in range(first, recipe.steps):
            rows = np.random.default_rng((recipe.seed, step)).choice(train_count, recipe.batch, replace=False)
            waiting.append(pool.submit(make_batch, work, rows, (recipe.seed, step, 1)))
            if len(waiting) > 3 * workers:
                yield waiting.pop(0).result()
        for rest in waiting:
            yield rest.result()


def tensors(images: np.ndarray, hints: np.ndarray, classes: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
    """Return images and hints in [0, 1] and classes as indices."""
    image, hint = (
        torch.from_numpy(one).float().div(255).to(memory_format=torch.channels_last) for one in (images, hints)
    )
    return image, hint, torch.from_numpy(classes).long()


def train(recipe: TrainingRecipe, work: Path, workers: int) -> Parser:
    """Train with checkpoints; a second call goes on from the last one. Returns the network in eval mode."""
    torch.manual_seed(recipe.seed)
    network = channels_last(Parser(ParserConfig(len(PARSER_CLASSES), len(HINT_PARTS))))
    adam = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, recipe.steps)
    parts = {"network": network, "adam": adam, "schedule": schedule}
    first = checkpoints.resume(work, **parts)
    network.train()
    started, losses, balance = time.perf_counter(), [], torch.tensor(CLASS_WEIGHTS)
    for step, batch in enumerate(batches(work, recipe, first, workers), first + 1):
        images, hints, classes = tensors(*batch)
        loss = functional.cross_entropy(network(images, hints), classes, balance)
        adam.zero_grad()
        loss.backward()
        adam.step()
        schedule.step()
        losses.append(loss.item())
        if step % CHECKPOINT_STEPS == 0 or step == recipe.steps:
            seconds = time.perf_counter() - started
            print(f"step {step} of {recipe.steps}: loss {np.mean(losses):.4f}, {seconds:.0f} s", flush=True)
            losses.clear()
            checkpoints.save(work, step, **parts)
    return network.eval()


def held_out_scores(network: Parser, work: Path, recipe: TrainingRecipe) -> tuple[dict[str, float], np.ndarray]:
    """Return the intersection over union of each class on the held-out heads, augmented likewise, and a picture."""
    crossed = np.zeros((len(PARSER_CLASSES), len(PARSER_CLASSES)))
    panels: list[np.ndarray] = []
    with torch.no_grad():
        for start in range(recipe.samples - HELD_OUT, recipe.samples, 8):
            batch = make_batch(work, np.arange(start, min(start + 8, recipe.samples)), (recipe.seed, start, 2))
            images, hints, classes = tensors(*batch)
            found = network(images, hints).argmax(1)
            pairs = (classes * len(PARSER_CLASSES) + found).numpy().ravel()
            crossed += np.bincount(pairs, minlength=crossed.size).reshape(crossed.shape)
            if len(panels) < 3:
                columns = [batch[0].transpose(0, 2, 3, 1), PALETTE[batch[2]], PALETTE[found.numpy()]]
                panels.append(np.concatenate([np.concatenate(list(one), 1) for one in columns], 0))
    union = crossed.sum(0) + crossed.sum(1) - np.diag(crossed)
    scores = np.diag(crossed) / np.maximum(union, 1)
    return dict(zip(PARSER_CLASSES, scores.tolist(), strict=True)), np.concatenate(panels, 0)


PALETTE = np.array(
    [(40, 40, 40), (230, 180, 150), (120, 70, 20), (80, 160, 255), (220, 60, 80), (150, 0, 60), (90, 60, 160),
     (40, 120, 60), (0, 230, 230), (255, 220, 0)], np.uint8,
)  # fmt: skip
"""Colours of PARSER_CLASSES in contact sheets."""


def model_card(rig: Rig, recipe: TrainingRecipe, scores: dict[str, float], parameters: int) -> str:
    """Write down what made the parser and how good it is."""
    rows = "\n".join(f"| {name} | {score:.3f} |" for name, score in scores.items())
    return f"""# Parser of faces, learnt on renders of {rig.id} {rig.version}

Tells {len(PARSER_CLASSES)} classes apart on an upright crop of 192 px (PARSER_FRAME) with the landmarks' part maps as
hints; U-Net of {parameters / 1e6:.2f} M parameters, half precision (backend/facewright/networks/parser.py).

- Command: `python -m facewright.training.train_parser --rig {rig.id} --work FOLDER --samples {recipe.samples}
  --steps {recipe.steps} --seed {recipe.seed}`
- Data: {recipe.samples} dressed random heads drawn by the engine in random pose, expression and light
  (training/parser_data.py), each time augmented anew (training/parser_augment.py): backgrounds and clothes from noise
  and from pictures that scikit-image brings (fur, coffee, walls, grass), retouched hair, shadows, frames, sunglasses,
  strands, hats, fingers, microphones, patches, camera. No photo of a person is in it.
- Recipe: {json.dumps(asdict(recipe))}
- Held out (the last {HELD_OUT} heads, augmented likewise), intersection over union:

| class | IoU |
|---|---|
{rows}
"""


def main() -> None:
    """Render what is missing, train what is missing, write rigs/<rig>/parser.safetensors and its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rig", default="makehuman")
    parser.add_argument("--work", type=Path, required=True, help="folder for renders, checkpoint and contact sheet")
    parser.add_argument("--samples", type=int, default=TrainingRecipe.samples)
    parser.add_argument("--steps", type=int, default=TrainingRecipe.steps)
    parser.add_argument("--seed", type=int, default=TrainingRecipe.seed)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--workers", type=int, default=1, help="processes that augment; the result does not depend on it"
    )
    options = parser.parse_args()
    recipe = TrainingRecipe(samples=options.samples, steps=options.steps, seed=options.seed)
    rig = load_rig(options.rig)
    claim_work_folder(options.work, rig)
    data = open_data(options.work, recipe.samples, len(landmarks_of(rig).triangles))
    torch.set_num_threads(1)
    render_data(data, options.work, rig, open_engine(rig), recipe.seed)
    torch.set_num_threads(options.threads)
    network = train(recipe, options.work, options.workers)
    scores, sheet = held_out_scores(network, options.work, recipe)
    print(json.dumps(scores, indent=1))
    Image.fromarray(sheet).save(options.work / "contact_sheet.png")
    folder = RIGS_DIR / options.rig
    atomic_write(folder / "parser.safetensors", lambda temporary: weights.save_parser(temporary, network))
    count = sum(tensor.numel() for tensor in network.parameters())
    card = model_card(rig, recipe, scores, count)
    atomic_write(folder / "parser.md", lambda temporary: Path(temporary).write_text(card, encoding="utf-8"))


if __name__ == "__main__":
    main()
