"""Train the expression reader on our own renders: `python -m facewright.training.train_expression_reader`."""

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor
from torch.nn import functional

from facewright import weights
from facewright.datatypes import ARKIT_52
from facewright.engine.opening import open_engine
from facewright.export.files import atomic_write
from facewright.networks.expression_reader import ExpressionReader, ExpressionReaderConfig
from facewright.perception.expression_crops import SHAPE_SIZE, to_crops
from facewright.rig.installed import RIGS_DIR, load_rig
from facewright.rig.nouns import Rig
from facewright.training import checkpoints
from facewright.training.expression_data import ACTING, RESTING, ExpressionData, PersonMaker, open_data, render_data
from facewright.training.expression_loader import REST_SEEN, CutData, cut_data, draw_batch, mean_face, true_turns
from facewright.training.work_folder import claim_work_folder

CHECKPOINT_STEPS = 50
TEMPLATE_FACES = 100
LOSS_BEND = 0.25
"""Errors above count linearly. Much less would leave rare coefficients at rest wherever they are in doubt (the median
of what may be); much more would move half way what cannot be seen."""

TURN_WEIGHT = 3.0
"""Of the head's turn in rad beside a coefficient: what is placed on the head shows a degree."""


@dataclass(frozen=True)
class TrainingRecipe:
    """How a reader is trained.

    Attributes:
        people: rendered people; the last tenth is held out.
        steps: batches.
        batch: people a step.
        acted: frames of each.
        learning_rate: largest, of AdamW; rises in the first twentieth and falls to zero along a cosine.
        decay: of the weights.
        seed: of people, augmentation and network weights.
    """

    people: int = 800
    steps: int = 4000
    batch: int = 16
    acted: int = 8
    learning_rate: float = 2e-3
    decay: float = 0.02
    seed: int = 20261125

    @property
    def trained(self) -> int:
        """Number of people that are trained on."""
        return self.people - self.people // 10


def render_part(rig_id: str, work: Path, recipe: TrainingRecipe, rows: range) -> None:
    """Draw some of the people; runs in a process of its own."""
    torch.set_num_threads(1)
    rig = load_rig(rig_id)
    data = open_data(work, recipe.people, len(rig.parameters))
    render_data(data, work, PersonMaker(rig, open_engine(rig), weights.load_landmarker()), recipe.seed, rows)


def train(recipe: TrainingRecipe, data: ExpressionData, cut: CutData, work: Path) -> ExpressionReader:
    """Train with checkpoints; a second call goes on from the last one. Returns the network in eval mode."""
    torch.manual_seed(recipe.seed)
    network = ExpressionReader(ExpressionReaderConfig(SHAPE_SIZE))
    shapes = torch.from_numpy(np.array(cut.shapes[: recipe.trained]).reshape(-1, SHAPE_SIZE))
    network.shape_mean.copy_(shapes.mean(0))
    network.shape_scale.copy_(shapes.std(0) + 1e-3)
    weight = coefficient_weights(data.expressions[: recipe.trained, RESTING:])
    adam = torch.optim.AdamW(network.parameters(), recipe.learning_rate, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, recipe.learning_rate, recipe.steps, pct_start=0.05)
    parts = {"network": network, "adam": adam, "schedule": schedule}
    first = checkpoints.resume(work, **parts)
    network.train()
    started, losses = time.perf_counter(), []
    for step in range(first + 1, recipe.steps + 1):
        loss = step_loss(network, recipe, data, cut, weight, np.random.default_rng((recipe.seed, step)))
        adam.zero_grad()
        loss.backward()
        adam.step()
        schedule.step()
        losses.append(loss.item())
        if step % CHECKPOINT_STEPS == 0 or step == recipe.steps:
            seconds = time.perf_counter() - started
            print(f"step {step} of {recipe.steps}: loss {np.mean(losses):.5f}, {seconds:.0f} s", flush=True)
            losses.clear()
            checkpoints.save(work, step, **parts)
    return network.eval()


def coefficient_weights(expressions: np.ndarray) -> Tensor:
    """Return (E,) weights, 1 on average, that let rare coefficients of (..., E) count as much as frequent ones."""
    inverse = 1.0 / (torch.from_numpy(np.array(expressions)).flatten(0, -2).std(0) + 1e-3)
    return inverse / inverse.mean()


def step_loss(
    network: ExpressionReader,
    recipe: TrainingRecipe,
    data: ExpressionData,
    cut: CutData,
    weight: Tensor,
    generator: np.random.Generator,
) -> Tensor:
    """Return the loss of one batch; `weight` (E,) is that of the coefficients."""
    people = generator.choice(recipe.trained, recipe.batch, replace=False)
    batch = draw_batch(data, cut, people, recipe.acted, generator)
    count = recipe.batch * recipe.acted
    joined = type(batch.acted)(*(torch.cat(pair) for pair in zip(batch.acted, batch.rest, strict=True)))
    features = network.look(joined)
    rest = features[count:].unflatten(0, (recipe.batch, REST_SEEN)).mean(1)
    each = torch.arange(recipe.batch).repeat_interleave(recipe.acted)
    found, turns = network(features[:count], rest[each], batch.is_known[each])
    errors = functional.smooth_l1_loss(found, batch.truth.flatten(0, 1), beta=LOSS_BEND, reduction="none")
    turn_error = functional.smooth_l1_loss(turns, batch.turns.flatten(0, 1), beta=LOSS_BEND)
    return ((errors * weight).mean() + TURN_WEIGHT * turn_error) / LOSS_BEND


def held_out(
    network: ExpressionReader, recipe: TrainingRecipe, data: ExpressionData, cut: CutData
) -> dict[str, np.ndarray]:
    """Read the held-out people, `known` with their resting face and `stranger` without: each (N, E + 3), and `truth`.

    The last three numbers are the rotation vector; those of the landmarks alone are `landmark_turns` (N, 3).
    """
    found: dict[str, list[np.ndarray]] = {"truth": [], "known": [], "stranger": [], "landmark_turns": []}
    with torch.inference_mode():
        for row in range(recipe.trained, recipe.people):
            features = network.look(to_crops(cut.eyes[row], cut.mouths[row], cut.shapes[row]))
            acted, rest = features[RESTING:], features[:RESTING].mean(0, keepdim=True)
            for name, known in (("known", 1.0), ("stranger", 0.0)):
                shown = network(acted, rest.expand_as(acted), torch.full((len(acted),), known))
                found[name].append(torch.cat(shown, 1).numpy())
            turns = true_turns(data.turns[row, RESTING:])
            found["truth"].append(np.concatenate([data.expressions[row, RESTING:], turns], 1))
            found["landmark_turns"].append(np.array(cut.shapes[row, RESTING:, -3:]))
    return {name: np.concatenate(rows) for name, rows in found.items()}


def model_card(rig: Rig, recipe: TrainingRecipe, found: dict[str, np.ndarray], parameters: int) -> str:
    """Write down what made the reader and how good it is."""
    truth, rows = found["truth"], []
    turns = {
        "landmarks": turn_error_deg(found["landmark_turns"], truth[:, -3:]),
        "known": turn_error_deg(found["known"][:, -3:], truth[:, -3:]),
        "stranger": turn_error_deg(found["stranger"][:, -3:], truth[:, -3:]),
    }
    truth = truth[:, :-3]
    for index, name in enumerate(ARKIT_52):
        cells = [f"{np.abs(truth[:, index]).mean():.3f}"]
        for who in ("known", "stranger"):
            shown = found[who][:, index]
            agreement = np.corrcoef(shown, truth[:, index])[0, 1] if shown.std() > 0 else 0.0
            cells += [f"{np.abs(shown - truth[:, index]).mean():.3f}", f"{agreement:.2f}"]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    means = [f"{np.abs(found[who][:, :-3] - truth).mean():.4f}" for who in ("known", "stranger")]
    table = "\n".join(rows)
    return f"""# Expression reader, learnt on renders of {rig.id} {rig.version}

Reads ARKit-52 coefficients off crops of eyes and mouth and off landmarks, beside the person's resting face when that
is known (backend/facewright/networks/expression_reader.py); {parameters / 1e6:.2f} M parameters, half precision.

- Command: `python -m facewright.training.train_expression_reader --rig {rig.id} --people {recipe.people}
  --steps {recipe.steps} --seed {recipe.seed} --work FOLDER`
- Data: {recipe.people} random people, {RESTING} frames at rest and {ACTING} in expressions (training/performances.py),
  drawn by the engine, spoilt as cameras do and cropped as in a live stream (training/expression_data.py); each time
  mirrored and lit anew (training/expression_loader.py). No photo of a person is in it.
- Recipe: {json.dumps(asdict(recipe))}
- Held out ({recipe.people - recipe.trained} people, {len(truth)} frames): mean error {means[0]} with and {means[1]}
  without a known resting face; answering zero always gives {np.abs(truth).mean():.4f}.
- Held out, mean error of the head's turn in degrees: {turns["known"]:.2f} with and {turns["stranger"]:.2f} without a
  known resting face; the landmarks alone have it wrong by {turns["landmarks"]:.2f}.

| coefficient | error of zero | error, known | correlation, known | error, stranger | correlation, stranger |
|---|---|---|---|---|---|
{table}
"""


def main() -> None:
    """Render what is missing, train what is missing, write rigs/<rig>/expression_reader.safetensors and its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rig", default="makehuman")
    parser.add_argument("--work", type=Path, required=True, help="folder for renders and checkpoint")
    parser.add_argument("--people", type=int, default=TrainingRecipe.people)
    parser.add_argument("--steps", type=int, default=TrainingRecipe.steps)
    parser.add_argument("--seed", type=int, default=TrainingRecipe.seed)
    parser.add_argument("--processes", type=int, default=2, help="that draw; the result does not depend on it")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    recipe = TrainingRecipe(people=options.people, steps=options.steps, seed=options.seed)
    rig = load_rig(options.rig)
    claim_work_folder(options.work, rig)
    data = open_data(options.work, recipe.people, len(rig.parameters))
    parts = [range(start, recipe.people, options.processes) for start in range(options.processes)]
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(render_part, repeat(options.rig), repeat(options.work), repeat(recipe), parts))
    torch.set_num_threads(options.threads)
    template = mean_face(data.landmarks[: min(TEMPLATE_FACES, recipe.people), 1])
    cut = cut_data(data, options.work, recipe.people, template)
    network = train(recipe, data, cut, options.work)
    found = held_out(network, recipe, data, cut)
    network.template.copy_(torch.from_numpy(template))
    network.spread.copy_(torch.from_numpy(spread(found)))
    folder = RIGS_DIR / options.rig
    atomic_write(
        folder / "expression_reader.safetensors",
        lambda temporary: weights.save_expression_reader(temporary, network, rig.version),
    )
    card = model_card(rig, recipe, found, sum(tensor.numel() for tensor in network.parameters()))
    atomic_write(folder / "expression_reader.md", lambda temporary: Path(temporary).write_text(card, encoding="utf-8"))
    print(card)


def turn_error_deg(found: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean angle between rotation vectors (N, 3)."""
    between = Rotation.from_rotvec(found) * Rotation.from_rotvec(truth).inv()
    return float(np.degrees(between.magnitude()).mean())


def spread(found: dict[str, np.ndarray]) -> np.ndarray:
    """Return (2, E + 1): how far off the reader is, as standard deviations, for strangers and for known people."""
    squares = [((found[who] - found["truth"]) ** 2).mean(0) for who in ("stranger", "known")]
    return np.sqrt(np.stack([np.append(one[:-3], one[-3:].mean()) for one in squares]))


if __name__ == "__main__":
    main()
