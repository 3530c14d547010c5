"""Learn the landmark correction on our own renders: `python -m facewright.training.build_correction --work FOLDER`."""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from tqdm import tqdm

from facewright import weights
from facewright.engine.opening import Engine, open_engine
from facewright.errors import FacewrightError
from facewright.export.files import atomic_write
from facewright.fitting.correction import LandmarkCorrection, correction_features
from facewright.fitting.landmark_fit import LandmarkFit, LandmarkFitConfig, LandmarkModel, fit_landmarks
from facewright.perception.observe import LandmarkReader
from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import RIGS_DIR, load_rig
from facewright.rig.nouns import Rig
from facewright.training.face_region import aligned_error_mm, face_vertices
from facewright.training.synthetic_photos import PhotoRecipe, draw_heads
from facewright.training.work_folder import claim_work_folder

RECIPE = PhotoRecipe()
BLOCK = 32
RIDGES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
COMPONENTS = (40, 80, 160)


def measure_block(
    rig: Rig, decoder: RigDecoder, engine: Engine, reader: LandmarkReader, model: LandmarkModel, seed: tuple[int, int]
) -> dict[str, np.ndarray]:
    """Draw, detect and fit one block of random heads.

    Args:
        rig: a rig with prior, landmark map and appearance.
        decoder: of the whole mesh.
        engine: draws the heads.
        reader: measures them as photos are measured.
        model: the rig's landmark points.
        seed: of the block.

    Returns:
        `landmarks` (M, K, 3) px and `truth` (M, R) prior codes of the M heads in which a face was found, and every
        field of their LandmarkFit, stacked.
    """
    heads = draw_heads(rig, decoder, RECIPE, BLOCK, np.random.default_rng(seed))
    rows: list[dict[str, np.ndarray]] = []
    for head, render in zip(heads, engine.render([head.job for head in heads]), strict=True):
        try:
            landmarks = reader(render.image)
        except FacewrightError:
            continue
        fit = fit_landmarks(model, landmarks, LandmarkFitConfig())
        rows.append(vars(fit) | {"landmarks": landmarks, "truth": head.code})
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def read_block(path: Path, model: LandmarkModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features (M, F), fitted codes (M, R) and true codes (M, R) of a measured block."""
    with np.load(path) as block:
        arrays = dict(block)
    landmarks, truth = arrays.pop("landmarks"), arrays.pop("truth")
    fits = [LandmarkFit(**{name: values[row] for name, values in arrays.items()}) for row in range(len(truth))]
    features = [correction_features(model, fit, seen) for fit, seen in zip(fits, landmarks, strict=True)]
    return np.stack(features), arrays["code"], truth


def learn(features: np.ndarray, truth: np.ndarray, components: int, ridge: float) -> LandmarkCorrection:
    """Fit a ridge regression on the principal components of the features.

    Args:
        features: (M, F).
        truth: (M, R) true prior codes.
        components: C, how many principal components are kept.
        ridge: penalty on squared coefficients of unit-variance components.
    """
    mean, scale = features.mean(0), features.std(0) + 1e-6
    scaled = (features - mean) / scale
    _, singular, rows = np.linalg.svd(scaled, full_matrices=False)
    components = min(components, int((singular > 1e-6 * singular[0]).sum()))
    deviation = singular[:components] / np.sqrt(len(features))
    basis = rows[:components].T / deviation  # unit-variance components
    inputs = scaled @ basis
    bias = truth.mean(0)
    matrix = np.linalg.solve(inputs.T @ inputs + ridge * np.eye(components), inputs.T @ (truth - bias))
    return LandmarkCorrection(mean, scale, basis, matrix, bias)


def shape_errors_mm(rig: Rig, model: LandmarkModel, codes: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the (M,) mean face error in mm of prior codes against true ones, after rigid alignment."""
    chosen = face_vertices(rig)
    decoder = RigDecoder(rig, vertex_subset=chosen)
    shapes = []
    for batch in (codes, truth):
        parameters = np.stack([model.parameters(code) for code in batch])
        with torch.no_grad():
            shapes.append(decoder.vertices(torch.from_numpy(parameters)).numpy())
    return np.array([aligned_error_mm(shape, true) for shape, true in zip(*shapes, strict=True)])


def main() -> None:
    """Write rigs/<rig>/correction.safetensors and its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rig", default="makehuman")
    parser.add_argument("--work", type=Path, required=True, help="folder for measured blocks; a second run goes on")
    parser.add_argument("--count", type=int, default=3200)
    parser.add_argument("--seed", type=int, default=21)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rig = load_rig(options.rig)
    claim_work_folder(options.work, rig)
    model, decoder, engine = LandmarkModel(rig), RigDecoder(rig), open_engine(rig)
    reader = LandmarkReader(weights.load_detector("cpu"), weights.load_landmarker("cpu"))
    for block in tqdm(range(options.count // BLOCK), desc="blocks", mininterval=5):
        path = options.work / f"{block:04d}.npz"
        if not path.exists():
            arrays = measure_block(rig, decoder, engine, reader, model, (options.seed, block))
            atomic_write(path, partial(_save, arrays))
    blocks = [read_block(path, model) for path in sorted(options.work.glob("*.npz"))[: options.count // BLOCK]]
    features, fitted, truth = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    report = choose_and_save(rig, model, features, fitted, truth, options)
    print(report)


def choose_and_save(
    rig: Rig,
    model: LandmarkModel,
    features: np.ndarray,
    fitted: np.ndarray,
    truth: np.ndarray,
    options: argparse.Namespace,
) -> str:
    """Choose components and ridge on a fifth of the heads, write the map learnt on all, return the card."""
    cut = int(0.8 * len(features))
    trials = {}
    for components in COMPONENTS:
        for ridge in RIDGES:
            learnt = learn(features[:cut], truth[:cut], components, ridge)
            errors = shape_errors_mm(rig, model, learnt.code(features[cut:]), truth[cut:])
            trials[components, ridge] = float(np.mean(errors))
    components, ridge = min(trials, key=lambda choice: trials[choice])
    mean_head = float(np.mean(shape_errors_mm(rig, model, np.zeros_like(truth[cut:]), truth[cut:])))
    corrected = trials[components, ridge]
    uncorrected = float(np.mean(shape_errors_mm(rig, model, fitted[cut:], truth[cut:])))
    learnt = learn(features, truth, components, ridge)
    arrays = {name: np.ascontiguousarray(value, np.float32) for name, value in vars(learnt).items()}
    folder = RIGS_DIR / rig.id
    stamp = {"rig_version": rig.version}
    atomic_write(folder / "correction.safetensors", lambda temporary: save_file(arrays, temporary, stamp))
    card = f"""# Landmark correction of the rig {rig.id}

Ridge regression from a landmark fit to the prior code (backend/facewright/fitting/correction.py).

- Command: `python -m facewright.training.build_correction --rig {rig.id} --count {options.count} --seed {options.seed}
  --work FOLDER`
- Data: {len(features)} renders of random heads of the prior (training/synthetic_photos.py, {RECIPE}), landmarks by the
  detector and landmark network that photos go through; the last fifth held out to choose components and ridge
- Chosen: {components} components, ridge {ridge:g}; learnt on all renders afterwards
- Rig version {rig.version}
- Held out ({len(features) - cut} heads), mean face error after rigid alignment: mean head {mean_head:.3f} mm,
  landmark fit {uncorrected:.3f} mm, corrected {corrected:.3f} mm (ratio to the mean head {corrected / mean_head:.3f})
"""
    atomic_write(folder / "correction.md", lambda temporary: Path(temporary).write_text(card, encoding="utf-8"))
    return card


def _save(arrays: dict[str, np.ndarray], temporary: Path) -> None:
    with open(temporary, "wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]  # numpy types what `allow_pickle` takes


if __name__ == "__main__":
    main()
