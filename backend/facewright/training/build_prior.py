"""Learn a prior from scans and MakeHuman's macro heads: `python -m facewright.training.build_prior --scans PATH`."""

import argparse
import json
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save, save_file

from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import RIGS_DIR
from facewright.rig.nouns import Prior, Rig
from facewright.rig.prior import sample
from facewright.rig.sources import makehuman
from facewright.training.head_regions import (
    HELD_WEIGHT,
    HeadRegions,
    carry_inner_parts,
    close_touching,
    find_regions,
    share_skull,
    skin_triangles,
    spread_offset,
)
from facewright.training.parameter_solve import ParameterSolver, SolverTerms, decode
from facewright.training.partial_rig import load_rig_without
from facewright.training.populations import correspond, macro_heads, read_scans, remove_size, scan_heads
from facewright.training.registration import align_heads

FILE = "prior.safetensors"
FACE_RMS = "face RMS of random heads, mm"


@dataclass(frozen=True)
class PriorRecipe:
    """How the prior is made.

    Attributes:
        scans, macros: heads drawn from either population.
        seed: of both populations; benchmarks must use others.
        spread: expected standard deviation of a parameter within a population (the ridge).
        independent: how many independent measurements a head is worth; fewer mean tamer parameters.
        mean_bounds: parameters of the populations' mean heads keep this distance from their ends.
        pair_weight: importance of a touching pair against a face vertex.
        smoothing: of the base offset.
        lips_closed_m: the neutral lips stand a little open; so much closer they are moved.
        skull_variety: share of the populations' variety that cranium, ears and neck keep; the last scaling restores it.
        face_rms_mm: variety of random heads; the covariance is scaled to it.
        variance_kept: share of the variance of the face's vertices that the factors keep.
    """

    scans: int = 140
    macros: int = 120
    seed: int = 20261120
    spread: float = 0.12
    independent: float = 150.0
    mean_bounds: tuple[float, float] = (0.2, 0.8)
    pair_weight: float = 3.0
    smoothing: float = 0.1
    lips_closed_m: float = 0.001
    skull_variety: float = 0.6
    variance_kept: float = 0.999
    face_rms_mm: float = 3.35


@dataclass(frozen=True, eq=False)
class Population:
    """A population solved for the rig's parameters.

    Attributes:
        parameters: (N, P).
        error_mm: (N, V) what the rig misses.
    """

    parameters: np.ndarray
    error_mm: np.ndarray


def solve_population(decoder: RigDecoder, terms: SolverTerms, heads: np.ndarray, recipe: PriorRecipe) -> Population:
    """Solve first for the population's mean head, then for every head around it."""
    at_mean = ParameterSolver(decoder, replace(terms, bounds=recipe.mean_bounds))
    centre = at_mean.solve(heads.mean(0, keepdims=True), rounds=12)[0]
    solver = ParameterSolver(decoder, replace(terms, centre=centre))
    parameters = solver.solve(heads, rounds=6)
    solved = decode(decoder, parameters)
    return Population(parameters, np.linalg.norm(align_heads(heads, solved, terms.weights) - solved, axis=2) * 1000)


def learn_base_offset(
    rig: Rig, regions: HeadRegions, terms: SolverTerms, mean_head: np.ndarray, recipe: PriorRecipe
) -> np.ndarray:
    """Find what the rig cannot reach of the scans' mean head, as an offset (V, 3) of its neutral mesh in m."""
    decoder = RigDecoder(rig, dtype=torch.float64)
    solver = ParameterSolver(decoder, replace(terms, bounds=recipe.mean_bounds))
    found = solver.solve(mean_head[None], rounds=12)
    solved = decode(decoder, found)
    missing = align_heads(mean_head[None], solved, terms.weights) - solved
    closed = close_touching(missing[0], regions, recipe.lips_closed_m)
    spread = spread_offset(rig, regions, closed, recipe.smoothing)
    bones = decoder.skin_matrices(decoder.channels(torch.from_numpy(found)))[0, :, :3, :3]
    turned = torch.einsum("vj,jxy->vxy", decoder.dense_weights, bones).numpy()
    return np.linalg.solve(turned, spread[..., None])[..., 0]


def blend(populations: list[Population], rig: Rig, decoder: RigDecoder, regions: HeadRegions, kept: float) -> Prior:
    """Blend populations, each with the same say, into one mean and covariance that is symmetric left and right."""
    is_asymmetric = np.array([parameter.asymmetry for parameter in rig.parameters])
    mean = np.mean([population.parameters.mean(0) for population in populations], axis=0)
    mean[is_asymmetric] = 0.5
    rows = [(p.parameters - mean) / np.sqrt(len(populations) * len(p.parameters)) for p in populations]
    deviations = np.concatenate(rows)  # (N, P), squares sum to the covariance
    blocks = []
    for chosen in (~is_asymmetric, is_asymmetric):
        part = deviations * chosen
        motions = decode(decoder, mean + np.sqrt(len(part)) * part) - decode(decoder, mean[None])
        left, sizes, _ = np.linalg.svd(motions[:, regions.face].reshape(len(part), -1), full_matrices=False)
        rank = int(np.searchsorted(np.cumsum(sizes**2) / (sizes**2).sum(), kept)) + 1
        blocks.append(part.T @ left[:, :rank])
    factors = np.concatenate(blocks, axis=1)
    factors *= np.sign(factors[np.abs(factors).argmax(0), np.arange(factors.shape[1])])  # a sign that any machine finds
    left_out = np.clip((deviations**2).sum(0) - (factors**2).sum(1), 0.0, None)
    return Prior(mean.astype(np.float32), factors.astype(np.float32), np.sqrt(left_out).astype(np.float32))


def sample_metrics(prior: Prior, rig: Rig, regions: HeadRegions, seed: int, count: int = 300) -> dict[str, float]:
    """Measure random heads: their spread in mm, values at the ends of their ranges, and how far the lips part."""
    drawn = sample(prior, count, np.random.default_rng(seed))
    decoder = RigDecoder(rig, dtype=torch.float64)
    heads, middle = decode(decoder, drawn), decode(decoder, prior.mean[None])
    aligned = align_heads(heads, np.broadcast_to(middle, heads.shape), regions.face.astype(np.float64))
    offsets = (aligned - middle)[:, regions.face]
    first, second = regions.touching.T
    opening = ((heads[:, first] - heads[:, second]) - (middle[:, first] - middle[:, second]))[..., 2]
    return {
        FACE_RMS: float(np.sqrt((offsets**2).sum(2).mean()) * 1000),
        "parameter values at an end of the range, %": float(((drawn <= 0) | (drawn >= 1)).mean() * 100),
        "lips parting of random heads, mean over the lips, p95, mm": float(np.percentile(opening.mean(1), 95) * 1000),
    }


def build(rig_id: str, scans_path: Path, recipe: PriorRecipe) -> dict[str, float]:
    """Learn a prior and write it and the base offset into the rig's folder.

    Args:
        rig_id: a rig whose source is MakeHuman and whose folder holds `registration.toml`.
        scans_path: the packed scans.
        recipe: how.

    Returns:
        Metrics by name.
    """
    folder = RIGS_DIR / rig_id
    skin_path, points_path = folder / "skin.safetensors", folder / "registration.toml"
    skin = load_file(skin_path)
    own_mean = makehuman.read_mesh().vertices_m
    # The prior that is there may belong to the parameters before the last change.
    rig = with_vertices(load_rig_without(folder, FILE), own_mean)
    scans, generator = read_scans(scans_path), np.random.default_rng(recipe.seed)
    found = correspond(own_mean, skin_triangles(rig), scans, points_path)
    settings = tomllib.loads(points_path.read_text(encoding="utf-8"))
    regions = find_regions(rig, found.trust, settings["held_regions"], settings["lowest_mm"] / 1000)
    scanned = scan_heads(scans, found, regions.skin_triangles, recipe.scans, generator)
    macros = macro_heads(own_mean, regions.face, recipe.macros, generator)
    scanned = carry_inner_parts(scanned, own_mean, regions)
    scanned, macros = (remove_size(heads, own_mean, regions.weights) for heads in (scanned, macros))
    skull = scanned.mean(0)
    scanned, macros = (share_skull(heads, skull, regions, recipe.skull_variety) for heads in (scanned, macros))

    half = np.full(len(rig.parameters), 0.5)
    pairs_weight = recipe.pair_weight
    spread = np.full(len(half), recipe.spread)
    terms = SolverTerms(regions.weights, regions.touching, pairs_weight, half, spread, independent=recipe.independent)
    offset = learn_base_offset(rig, regions, terms, scanned.mean(0), recipe)
    rig = with_vertices(rig, own_mean + offset)
    decoder = RigDecoder(rig, dtype=torch.float64)
    populations = [solve_population(decoder, terms, heads, recipe) for heads in (scanned, macros)]
    prior = blend(populations, rig, decoder, regions, recipe.variance_kept)
    metrics = {"factors": float(prior.factors.shape[1])}
    unscaled = sample_metrics(prior, rig, regions, recipe.seed + 1)[FACE_RMS]
    scale = recipe.face_rms_mm / unscaled
    prior = replace(
        prior, factors=prior.factors * np.float32(scale), residual_std=prior.residual_std * np.float32(scale)
    )
    metrics |= {"face RMS of random heads before scaling, mm": unscaled, "scale of the covariance's root": scale}

    save_file(skin | {"base_offset_m": offset.astype(np.float32)}, skin_path)
    arrays = {name: np.ascontiguousarray(values) for name, values in vars(prior).items()}
    (folder / FILE).write_bytes(stamped(arrays, provenance(rig)))
    for name, heads, population in zip(("scans", "macro heads"), (scanned, macros), populations, strict=True):
        error, values = population.error_mm[:, regions.face], population.parameters
        variety = heads[:, regions.face] - heads[:, regions.face].mean(0)
        metrics[f"{name}: face RMS, mm"] = float(np.sqrt((variety**2).sum(2).mean()) * 1000)
        metrics[f"{name}: registration error mean, mm"] = float(error.mean())
        metrics[f"{name}: registration error p95, mm"] = float(np.percentile(error, 95))
        metrics[f"{name}: parameter values at an end, %"] = float(((values <= 0) | (values >= 1)).mean() * 100)
    metrics["base offset in the face, RMS, mm"] = float(np.sqrt((offset[regions.face] ** 2).sum(1).mean()) * 1000)
    metrics["base offset, largest, mm"] = float(np.linalg.norm(offset, axis=1).max() * 1000)
    metrics |= sample_metrics(prior, rig, regions, recipe.seed + 1)
    (folder / "prior.md").write_text(describe(recipe, rig_id, metrics), encoding="utf-8")
    return metrics


def describe(recipe: PriorRecipe, rig_id: str, metrics: dict[str, float]) -> str:
    """Write the prior's provenance: command, data, seed, metrics, attribution, as Markdown."""
    rows = "\n".join(f"| {name} | {value:.3g} |" for name, value in metrics.items())
    settings = ", ".join(f"{name} {value}" for name, value in vars(recipe).items())
    return f"""# The prior of `{rig_id}`

Made by `python -m facewright.training.build_prior --scans ict_light.npz --rig {rig_id}`; to be run again after every
change of the skeleton, the skin weights or the parameters; twice gives the same bytes. It writes `prior.safetensors`
and the array `base_offset_m` of `skin.safetensors`; it reads `registration.toml`.

## Data and recipe

- {recipe.scans} random heads of the ICT-FaceKit light face model, coefficients N(0, 1) over its 100 identity modes, and
  {recipe.macros} random MakeHuman heads (sex, age, muscle, weight, ancestry at random; every capped face target with
  sigma 0.12 of its range, those of the whole head and the neck with half of it).
  Seed {recipe.seed} for both; benchmarks use others.
- Correspondence once between the two mean heads: radial basis warp by hand-picked points, then closest points with a
  bending term. Sizes are divided out but for the power 0.3: a camera cannot tell size from distance.
- Every head is solved for all parameters at once by bounded, regularised least squares; cranium, ears and neck are held
  with weight {HELD_WEIGHT}, eyeballs follow the lids, teeth and tongue the lips, and touching lips must not part. Both
  populations share the scans' mean cranium, so that no face type brings its own skull; before the solve, cranium, ears
  and neck keep {recipe.skull_variety:g} of their variety, because the last scaling would make skulls differ more than
  those of scans.
- What the rig cannot reach of the scans' mean face is smoothed and baked into the neutral head (`base_offset_m`),
  with the lips closed by {recipe.lips_closed_m * 1000:.1f} mm.
- Both populations count alike. The covariance is symmetric left and right and its asymmetric part stands apart. It is
  scaled so that random heads differ by {recipe.face_rms_mm} mm (RMS over the face's vertices after rigid alignment),
  because the solve and the removal of size take a little of the variety away.

Settings: {settings}.

## Metrics

Errors are distances between corresponding vertices of the face that the frontal view shows.

| what | value |
|---|---|
{rows}

## Attribution

The scans' statistics derive from ICT-FaceKit (https://github.com/ICT-VGL/ICT-FaceKit), MIT licence,
Copyright (c) 2020 USC Institute for Creative Technologies. MakeHuman's data is CC0. The scans themselves are not
contained in the prior: it holds a mean and a covariance of this rig's parameters.
"""


def provenance(rig: Rig) -> dict[str, str]:
    """Say which rig a file was learnt for, as safetensors metadata."""
    return {"parameters": str(len(rig.parameters)), "rig_version": rig.version, "rig": rig.id}


def stamped(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    """Pack arrays as safetensors whose metadata keep their order, so that twice gives the same bytes."""
    content = save(arrays, metadata)
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size]) | {"__metadata__": metadata}
    return content[:8] + json.dumps(header, separators=(",", ":")).encode().ljust(size) + content[8 + size :]


def with_vertices(rig: Rig, vertices_m: np.ndarray) -> Rig:
    """Return the rig with another neutral mesh (V, 3)."""
    return replace(rig, mesh=replace(rig.mesh, vertices_m=vertices_m))


def main() -> None:
    """Parse the command line and build the prior."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=Path, required=True, help="packed scans (.npz)")
    parser.add_argument("--rig", default="makehuman", help="rig id")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    recipe = PriorRecipe()
    metrics = build(arguments.rig, arguments.scans, recipe)
    rows = [f"| {name} | {value:.3g} |" for name, value in metrics.items()]
    print("\n".join(rows))


if __name__ == "__main__":
    main()
