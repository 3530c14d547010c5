"""Learn how cues of photos differ from cues of renders: `python -m facewright.training.train_style_reader`."""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from facewright import weights
from facewright.datatypes import Look
from facewright.engine.opening import Engine, open_engine
from facewright.errors import FacewrightError
from facewright.fitting.landmark_fit import LandmarkFitConfig, LandmarkModel, fit_landmarks
from facewright.fitting.style_choice import READ_GROUPS, READING_PASSES, CueMetric, choice_probabilities, common_choices
from facewright.perception.observe import Observer
from facewright.perception.style_renders import HeadInPhoto, candidate_cues, cues_of_styles
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.installed import RIGS_DIR, load_rig
from facewright.rig.looks import CharacterReader, melanin_of
from facewright.rig.nouns import Rig
from facewright.rig.parts import group_of
from facewright.rig.styles import find_choice
from facewright.training.style_scenes import SceneMaker, StyleScene

STEEPNESSES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.5)
"""What is tried; on renders alone likelihood would go on rising, on photos it does not."""

SHRINKAGE = 0.5
"""Share of the covariance's diagonal: as if cues were half independent."""

FOLDS = 4
JUDGED_EVERY = 3
"""For every so many scenes all choices are drawn; the others only add to the statistics of the right one."""

FLOOR = 0.12
"""Standard deviation that is added to every cue's difference: photos are rougher than renders."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One scene as the reader sees it, for one group.

    Attributes:
        seen: (n,) cues of the scene.
        right: (n,) cues of the render of the right choice.
        drawn: (C, n) cues of the renders of every choice; None where only the right one was drawn.
        truth: index of the right choice.
        prior: (C,) how common the choices are on such heads.
        trust: (n,) share of each cue that the scene shows.
    """

    seen: np.ndarray
    right: np.ndarray
    drawn: np.ndarray | None
    truth: int
    prior: np.ndarray
    trust: np.ndarray


class SceneReader:
    """Measures scenes and the renders of the heads that are fitted to them.

    Args:
        rig: the rig.
        engine: draws it.
    """

    def __init__(self, rig: Rig, engine: Engine) -> None:
        self._rig, self._engine = rig, engine
        self._model, self._decoder = LandmarkModel(rig), RigDecoder(rig)
        self._wardrobe, self._reader = Wardrobe(rig, self._decoder), CharacterReader(rig)
        self._observer = Observer(
            weights.load_detector(),
            weights.load_landmarker(),
            weights.load_iris_landmarker(),
            weights.load_segmenter(),
            weights.load_embedder(),
        )

    def __call__(self, scene: StyleScene, draw_all: bool) -> dict[str, Sample]:
        """Return one sample a group.

        Args:
            scene: the scene.
            draw_all: whether every choice is drawn, or the right ones only.

        Raises:
            FacewrightError: the scene cannot be measured.
        """
        observations = self._observer(scene.image)
        fit = fit_landmarks(self._model, observations.landmarks_px, LandmarkFitConfig())
        parameters = self._model.parameters(fit.code)
        with torch.no_grad():
            vertices = self._decoder.vertices(
                torch.from_numpy(parameters.astype(np.float32))[None],
                torch.from_numpy(fit.expression.astype(np.float32))[None],
            )[0].numpy()
        head = HeadInPhoto(
            vertices,
            fit.camera(scene.image.shape[1::-1]),
            observations.landmarks_px,
            Look(observations.colours),
            observations.lighting,
            lambda style: self._wardrobe.dress(parameters, style, fit.expression),
        )
        worn = scene.look.style
        right = cues_of_styles(self._engine, self._rig, head, (worn,))
        drawn: dict[str, np.ndarray] = {}
        for names in READING_PASSES if draw_all else ():
            drawn |= candidate_cues(self._engine, self._rig, head, worn, names)
        character = (
            self._reader.femininity(parameters),
            self._reader.years(parameters),
            melanin_of(observations.colours.skin),
        )
        samples = {}
        for name in READ_GROUPS:
            group, seen = group_of(self._rig, name), getattr(observations.style_cues, name)
            truth = group.choices.index(find_choice(self._rig.styles, name, worn))
            prior = common_choices(group, *character)
            trust = observations.style_cues.hair_seen if name == "hair" else np.ones(len(seen), np.float32)
            samples[name] = Sample(seen, right[name][0], drawn.get(name), truth, prior, trust)
        return samples


def learn_metric(samples: list[Sample]) -> tuple[CueMetric, dict[str, float]]:
    """Learn bias, covariance and steepness of one group; the steepness by cross-validated likelihood.

    Args:
        samples: of one group.

    Returns:
        The metric learnt from all samples, and its cross-validated accuracy and mean log likelihood.
    """
    folds = np.random.default_rng(0).permutation(len(samples)) % FOLDS
    judged = sum(sample.drawn is not None for sample in samples)
    scores = np.zeros((len(STEEPNESSES), 2))
    for fold in range(FOLDS):
        bias, precision = _noise([s for s, f in zip(samples, folds, strict=True) if f != fold])
        held = [(s, s.drawn) for s, f in zip(samples, folds, strict=True) if f == fold and s.drawn is not None]
        for row, steepness in enumerate(STEEPNESSES):
            metric = CueMetric(bias, precision, steepness)
            found = [choice_probabilities(s.seen, drawn, metric, s.prior, s.trust) for s, drawn in held]
            scores[row, 0] += sum(np.log(p[s.truth] + 1e-9) for p, (s, _) in zip(found, held, strict=True))
            scores[row, 1] += sum(p.argmax() == s.truth for p, (s, _) in zip(found, held, strict=True))
    row = int(scores[:, 0].argmax())
    likelihood, accuracy = scores[row] / judged
    metric = CueMetric(*_noise(samples), STEEPNESSES[row])
    return metric, {
        "log likelihood": float(likelihood), "accuracy": float(accuracy), "steepness": STEEPNESSES[row],
    }  # fmt: skip


def _noise(samples: list[Sample]) -> tuple[np.ndarray, np.ndarray]:
    """Return bias (n,) and precision (n, n) of seen minus drawn for the right choices."""
    differences = np.stack([sample.seen - sample.right for sample in samples]).astype(np.float64)
    covariance = np.cov(differences.T, bias=True)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.diag(np.diag(covariance))
    return differences.mean(0), np.linalg.inv(shrunk + FLOOR**2 * np.eye(len(covariance)))


def write_reader(folder: Path, rig_version: str, metrics: dict[str, CueMetric]) -> None:
    """Write style_reader.safetensors, stamped with the version of the rig that it was learnt on."""
    arrays = {}
    for group, metric in metrics.items():
        arrays[f"{group}.bias"] = metric.bias.astype(np.float32)
        arrays[f"{group}.precision"] = np.ascontiguousarray(metric.precision, np.float32)
        arrays[f"{group}.steepness"] = np.array([metric.steepness], np.float32)
    save_file(arrays, folder / "style_reader.safetensors", {"rig_version": rig_version})


def describe(rig: Rig, count: int, seed: int, failed: int, scores: dict[str, dict[str, float]]) -> str:
    """Write the provenance: command, data, seed and metrics, as Markdown."""
    rows = "\n".join(
        f"| {group} | {len(group_of(rig, group).choices)} | {score['accuracy']:.2f} | "
        f"{score['log likelihood']:.2f} | {score['steepness']:g} |"
        for group, score in scores.items()
    )
    return f"""# The style reader of `{rig.id}`

Made by `python -m facewright.training.train_style_reader --rig {rig.id} --count {count} --seed {seed}` on rig version
{rig.version}; to be run again after a change of the styles. It holds, for each style group, the bias and the inverse
covariance of the difference between the cues of a photo and those of the fitted head's render with the right choice,
and how steeply a choice loses with its distance (`fitting/style_choice.py`).

Data: {count - failed} random heads with random looks, head poses, lights, expressions, backgrounds and clothes
(`training/style_scenes.py`), seed {seed}; {failed} were not measured because no usable face was found. Benchmarks use
other seeds. No photo is in the data; three numbers of the script (SHRINKAGE, FLOOR, the largest of STEEPNESSES) were
chosen by counting on the development photos.

Cross-validated ({FOLDS} folds; the true choices of the other groups are worn in the renders):

| group | choices | accuracy | mean log likelihood | steepness |
|---|---|---|---|---|
{rows}
"""


def collect(rig_id: str, seed: int, indices: range) -> tuple[dict[int, dict[str, Sample]], int]:
    """Measure scenes.

    Args:
        rig_id: the rig.
        seed: of the whole run.
        indices: numbers of the scenes.

    Returns:
        Samples by number and group, and how many scenes could not be measured.
    """
    torch.set_num_threads(1)
    rig = load_rig(rig_id)
    engine = open_engine(rig)
    maker, reader = SceneMaker(rig, engine), SceneReader(rig, engine)
    found, failed = {}, 0
    for index in indices:
        try:
            found[index] = reader(maker(np.random.default_rng((seed, index))), index % JUDGED_EVERY == 0)
        except FacewrightError:
            failed += 1
        if len(found) % 20 == 0:
            print(f"scene {index}, {failed} failed", flush=True)
    return found, failed


def main() -> None:
    """Parse the command line and learn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rig", default="makehuman")
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--seed", type=int, default=20261120)
    parser.add_argument("--processes", type=int, default=1, help="the result does not depend on it")
    options = parser.parse_args()
    parts = [range(start, options.count, options.processes) for start in range(options.processes)]
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        results = list(pool.map(collect, repeat(options.rig), repeat(options.seed), parts))
    found = {index: samples for part, _ in results for index, samples in part.items()}
    failed = sum(lost for _, lost in results)
    learnt = {group: learn_metric([found[index][group] for index in sorted(found)]) for group in READ_GROUPS}
    scores = {group: score for group, (_, score) in learnt.items()}
    print(scores)
    folder = RIGS_DIR / options.rig
    rig = load_rig(options.rig)
    write_reader(folder, rig.version, {group: metric for group, (metric, _) in learnt.items()})
    card = describe(rig, options.count, options.seed, failed, scores)
    (folder / "style_reader.md").write_text(card, "utf-8")


if __name__ == "__main__":
    main()
