"""How near the rig comes to heads that it should reach: MakeHuman's face targets, its macro mixture, scans, OBJ heads.

`python benchmarks/rig_expressiveness.py [--scans ict_light.npz] [--obj DIR] [--count 200] [--out expressiveness.json]`

Every head is fitted twice by least squares and then decoded by the rig itself: with all parameters held in [0, 1],
what a user can reach, and with free bone channels, what the skeleton can reach. Size and rigid motion are taken out of
heads, rigid motion out of all comparisons. Targets are measured at the vertices that they move by more than 0.3 mm,
macro heads vertex to vertex in the face, scans and OBJ heads point to surface in the face. The prior has other seeds.
An OBJ head is neutral and turned by quarter turns at most; it is aligned by iterated closest points and registered.
"""

import argparse
import json
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import RIGS_DIR, load_rig
from facewright.rig.nouns import Rig
from facewright.rig.sources import makehuman
from facewright.training.head_regions import HeadRegions, carry_inner_parts, find_regions, skin_triangles
from facewright.training.parameter_solve import ParameterSolver, SolverTerms, decode
from facewright.training.populations import correspond, macro_heads, read_scans, scan_heads, visible_skin
from facewright.training.registration import align_heads, align_rigidly, closest_points, fit_surface
from facewright.training.rig_binding import moving_share, skin_frame
from facewright.training.rig_bones import table_of_rig
from facewright.training.rig_parameters import RESIDUAL_FROM_M, BoundHead, ChannelSolver, ScaleRule
from facewright.training.rig_shapes import read_shapes
from facewright.training.surface_heads import read_obj, register_head, skin_trust

LOOSE = {"noise_m": 1e-4, "independent": 2000.0}
"""Of the solve: data count so much that the pull towards the neutral head hardly does."""

REFINEMENT = (3.0, 1.0, 0.5), 0.006
"""Stiffness of the rounds in which a fit is laid over a surface again, and how far (m) they reach."""

OBJ_ROUNDS = 4

FREE_RULE = ScaleRule(-0.9, 4.0, 1.0)
"""What scales of bones may be where only the skeleton limits them."""

POPULATIONS = ("macros", "scans", "obj")
"""Parts of the report that are printed as one row each."""


@dataclass(frozen=True, eq=False)
class Fitter:
    """Fits heads of the rig's topology in both ways.

    Attributes:
        decoder: float64, of the whole mesh.
        parameters: the bounded solver.
        channels: the free solver over the vertices that count.
        counted: (n,) those vertices.
    """

    decoder: RigDecoder
    parameters: ParameterSolver
    channels: ChannelSolver
    counted: np.ndarray

    def fit(self, heads: np.ndarray) -> dict[str, np.ndarray]:
        """Return the decoded fits (N, V, 3) in m of heads (N, V, 3) by way of fitting, rigidly moved onto the heads."""
        weights, neutral = self.parameters.terms.weights, self.parameters.neutral
        reached = decode(self.decoder, self.parameters.solve(heads, rounds=10))
        aligned = align_heads(heads, np.broadcast_to(neutral, heads.shape), weights)
        rest = np.array([0.0] * 6 + [1.0] * 3)
        moves = [self.channels.solve((head - neutral)[self.counted], False, FREE_RULE) for head in aligned]
        free = self.decoder.vertices_from_channels(torch.from_numpy(np.stack(moves) + rest)).numpy()
        return {way: align_heads(found, heads, weights) for way, found in (("parameters", reached), ("channels", free))}


def make_fitter(rig: Rig, weights: np.ndarray, touching: np.ndarray) -> Fitter:
    """Prepare a fitter.

    Args:
        rig: the rig.
        weights: (V,) importance of each vertex.
        touching: (Q, 2) pairs of vertices that must not part.
    """
    decoder = RigDecoder(rig, dtype=torch.float64)
    half = np.full(len(rig.parameters), 0.5)
    terms = SolverTerms(weights, touching, 0.1, half, np.full(len(half), 0.5), **LOOSE)
    counted = np.flatnonzero(weights > 0)
    head = BoundHead(
        rig.mesh.vertices_m[counted].astype(np.float64), decoder.dense_weights.numpy()[counted], table_of_rig(rig)
    )
    return Fitter(decoder, ParameterSolver(decoder, terms), ChannelSolver(head), counted)


def measure_targets(rig: Rig) -> dict[str, dict[str, float]]:
    """Fit every capped face target, both ends, and return the residuals in mm by group."""
    mesh = makehuman.read_mesh()
    shapes = read_shapes(mesh.vertices_m, moving_share(skin_frame(mesh), len(mesh.vertices_m)), _face_mask(mesh))
    shapes = [shape for shape in shapes if shape.group != "character"]
    fitter = make_fitter(rig, np.ones(len(mesh.vertices_m)), np.zeros((0, 2), int))
    ends = np.stack([end for shape in shapes for end in (shape.low_m, shape.high_m)])
    moved = np.linalg.norm(ends, axis=2) > RESIDUAL_FROM_M
    fits = fitter.fit(fitter.parameters.neutral + ends)
    left = {way: 1000 * np.linalg.norm(fit - fitter.parameters.neutral - ends, axis=2) for way, fit in fits.items()}
    groups = np.repeat([shape.group for shape in shapes], 2)
    report = {}
    for group in [*dict.fromkeys(groups), "all"]:
        rows = [row for row in range(len(ends)) if group in (groups[row], "all") and moved[row].any()]
        report[group] = {"targets": len(rows)}
        for way, values in left.items():
            report[group][f"{way}_median_mm"] = float(np.median([np.median(values[row][moved[row]]) for row in rows]))
            report[group][f"{way}_p95_mm"] = float(
                np.median([np.percentile(values[row][moved[row]], 95) for row in rows])
            )
    report["all"]["targets_within_0.3_mm"] = float(
        np.mean([np.median(row[chosen]) <= 0.3 for row, chosen in zip(left["parameters"], moved, strict=True)])
    )
    return report


def measure_macros(fitter: Fitter, regions: HeadRegions, count: int, seed: int) -> dict[str, float]:
    """Fit heads of the macro mixture; mean distances of the face's vertices in mm."""
    own = makehuman.read_mesh().vertices_m
    heads = macro_heads(own, regions.face, count, np.random.default_rng(seed))
    heads = carry_inner_parts(heads, own, regions)
    report: dict[str, list[float]] = {}
    for chunk in np.array_split(heads, max(1, count // 20)):
        placed = np.stack([_place(head, fitter)[0] for head in chunk])
        for way, fit in fitter.fit(placed).items():
            left = np.linalg.norm(fit - placed, axis=2)[:, regions.face]
            report.setdefault(way, []).extend(1000 * left.mean(1))
    return _summary(report)


def measure_surfaces(
    fitter: Fitter, regions: HeadRegions, heads: Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]], rounds: int
) -> dict[str, float]:
    """Fit heads that have a surface of their own; median distances of the face's points to it in mm.

    Args:
        fitter: of the rig.
        regions: of the rig.
        heads: for each the head in the rig's topology (V, 3), its surface's vertices (W, 3) and triangles (G, 3).
        rounds: how often the fit is laid over the surface again and refitted, where the correspondence is a guess.
    """
    report: dict[str, list[float]] = {}
    for head, surface, triangles in heads:
        placed, move = _place(head, fitter)
        surface = move(surface)
        fits = fitter.fit(placed[None])
        for _ in range(rounds):
            laid = fit_surface(
                fits["parameters"][0], regions.skin_triangles, surface, triangles, skin_trust(regions), *REFINEMENT
            )
            placed = carry_inner_parts(laid[None], fits["parameters"][0], regions)[0]
            fits = fitter.fit(placed[None])
        for way, fit in (*fits.items(), ("registration", placed[None])):
            distance = closest_points(fit[0][regions.face], surface, triangles).distance_m
            report.setdefault(way, []).append(1000 * float(np.median(distance)))
    return _summary(report)


def scanned(
    rig: Rig, path: Path, regions: HeadRegions, count: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Draw random scans: each in the rig's topology, and its own surface in the same place."""
    own, scans = makehuman.read_mesh().vertices_m, read_scans(path)
    found = correspond(own, regions.skin_triangles, scans, RIGS_DIR / rig.id / "registration.toml")
    heads = scan_heads(scans, found, regions.skin_triangles, count, np.random.default_rng(seed))
    heads = carry_inner_parts(heads, own, regions)
    turn = found.scale * found.rotation.T
    trusted = found.trust > 0.5
    shift = (found.mean_m - found.surface.points(scans.mean) @ turn)[trusted].mean(0)
    codes = np.random.default_rng(seed).standard_normal((count, len(scans.modes)))
    for head, code in zip(heads, codes, strict=True):
        yield head, (scans.mean + np.tensordot(code, scans.modes, 1)) @ turn + shift, scans.triangles


def obj_heads(rig: Rig, folder: Path, regions: HeadRegions) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Read and register all OBJ heads of a folder."""
    own = rig.mesh.vertices_m.astype(np.float64)
    for path in sorted(folder.glob("*.obj")):
        vertices, triangles = read_obj(path)
        head, surface = register_head(own, regions, vertices, triangles)
        yield carry_inner_parts(head[None], own, regions)[0], surface, triangles


def _face_mask(mesh: makehuman.SourceMesh) -> np.ndarray:
    """The vertices (V,) that macro heads are aligned by; targets do not depend on it."""
    return mesh.vertices_m[:, 2] > 1.45


def _place(head: np.ndarray, fitter: Fitter):
    """Bring a head (V, 3) into place and size of the neutral head; also return the function that moves other points."""
    scale, rotation, shift = align_rigidly(
        head, fitter.parameters.neutral, fitter.parameters.terms.weights, with_scale=True
    )

    def move(points: np.ndarray) -> np.ndarray:
        return scale * points @ rotation.T + shift

    return move(head), move


def _summary(report: dict[str, list[float]]) -> dict[str, float]:
    summary = {"heads": len(report["parameters"])}
    for way, values in report.items():
        summary |= {f"{way}_mm": float(np.median(values)), f"{way}_p95_mm": float(np.percentile(values, 95))}
        summary[f"{way}_mean_mm"] = float(np.mean(values))
    return summary


def main() -> None:
    """Print a table per population and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rig", default="makehuman")
    parser.add_argument("--scans", type=Path, help="packed scans (.npz)")
    parser.add_argument("--obj", type=Path, help="folder of OBJ heads")
    parser.add_argument("--count", type=int, default=200, help="macro heads")
    parser.add_argument("--scan-count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7000)
    parser.add_argument("--out", type=Path, default=Path("expressiveness.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    start, rig = time.perf_counter(), load_rig(options.rig)
    settings = tomllib.loads((RIGS_DIR / rig.id / "registration.toml").read_text(encoding="utf-8"))
    seen = visible_skin(rig.mesh.vertices_m.astype(np.float64), skin_triangles(rig)).astype(np.float64)
    regions = find_regions(rig, seen, settings["held_regions"], settings["lowest_mm"] / 1000)
    report = {"rig": rig.id, "version": rig.version, "targets": measure_targets(rig)}
    fitter = make_fitter(rig, regions.weights, regions.touching)
    report["macros"] = measure_macros(fitter, regions, options.count, options.seed)
    if options.scans:
        heads = scanned(rig, options.scans, regions, options.scan_count, options.seed)
        report["scans"] = measure_surfaces(fitter, regions, heads, 0)
    if options.obj:
        report["obj"] = measure_surfaces(fitter, regions, obj_heads(rig, options.obj, regions), OBJ_ROUNDS)
    report["seconds"] = time.perf_counter() - start
    for group, row in [*report["targets"].items(), *((k, v) for k, v in report.items() if k in POPULATIONS)]:
        print(f"{group:10}", "  ".join(f"{name} {value:.3g}" for name, value in row.items()))
    options.out.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
