"""Heads of other makers, drawn from the front with plain shading, fitted, compared point to surface in millimetres.

`python benchmarks/scans.py SCANS.npz [--count 20] [--seed 5000] [--out scans.json]`; SCANS.npz is the packed
ICT-FaceKit light model (MIT, Copyright (c) 2020 USC Institute for Creative Technologies). The prior's heads have other
seeds. Size is divided out: a camera cannot tell it from distance. The second half draws heads of MakeHuman's macro
mixture with random face targets.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from photos import INNER_51

from facewright.config import FacewrightConfig, with_overrides
from facewright.datatypes import FaceColours, Look, RenderJob
from facewright.engine.cameras import PORTRAIT_FRAME, canonical_camera
from facewright.engine.lighting import DEFAULT_LIGHTING
from facewright.engine.mesh import EYE, SKIN, TEETH, EngineMesh, build_engine_mesh
from facewright.engine.software import SoftwareEngine
from facewright.errors import FacewrightError
from facewright.pipelines.photo import PhotoPipeline
from facewright.rig.anchors import eye_centres, landmark_points
from facewright.rig.appearance import MASK_CHANNELS
from facewright.rig.nouns import Appearance, Mesh, Rig
from facewright.rig.sources import makehuman
from facewright.training.face_region import face_vertices
from facewright.training.populations import macro_heads
from facewright.training.registration import align_rigidly, closest_points

PHOTO_PX = 512
PLAIN = FaceColours(
    skin=np.array([0.80, 0.62, 0.52], np.float32),
    lip=np.array([0.72, 0.45, 0.42], np.float32),
    brow=np.array([0.25, 0.18, 0.13], np.float32),
    iris=np.array([0.30, 0.20, 0.12], np.float32),
    hair=np.array([0.25, 0.18, 0.13], np.float32),
    beard=np.array([0.25, 0.18, 0.13], np.float32),
)
SKIN_PARTS = (slice(0, 11248),)
"""Face, head and neck vertices of ICT-FaceKit."""

TEETH_PARTS = (slice(17039, 21451),)
EYE_PARTS = (slice(21451, 23021), slice(23021, 24591))
IRIS_RADIUS, PUPIL_RADIUS = 0.24, 0.10
"""Of the half of the atlas that shows the eye, whose disc spans the eyeball."""


@dataclass(frozen=True)
class Head:
    """A head to fit.

    Attributes:
        vertices_m: (V, 3) world axes.
        triangles: (F, 3) of its skin.
        eyes_m: (2, 3) eye centres, the right one first.
        inner_points_m: (51, 3) its points for INNER_51.
    """

    vertices_m: np.ndarray
    triangles: np.ndarray
    eyes_m: np.ndarray
    inner_points_m: np.ndarray


def scan_heads(scans: dict[str, np.ndarray], count: int, generator: np.random.Generator) -> list[Head]:
    """Draw random scanned heads."""
    mesh = scan_mesh(scans)
    skin = mesh.triangles[(mesh.surfaces[mesh.triangles] == SKIN).all(1)]
    right_first = sorted(EYE_PARTS, key=lambda part: scans["mean"][part, 0].mean())
    heads = []
    for _ in range(count):
        code = generator.standard_normal(len(scans["identity"]))
        vertices = in_world(scans["mean"] + np.tensordot(code, scans["identity"].astype(np.float32), 1))
        eyes = np.stack([vertices[part].mean(0) for part in right_first])
        heads.append(Head(vertices, skin, eyes, vertices[scans["lm68"][17:]]))
    return heads


def made_heads(rig: Rig, count: int, generator: np.random.Generator) -> list[Head]:
    """Draw random heads of MakeHuman's macro mixture."""
    own = makehuman.read_mesh().vertices_m
    face = np.zeros(len(own), bool)
    face[face_vertices(rig)] = True
    skin = rig.mesh.triangles[(rig.mesh.surfaces[rig.mesh.triangles] == SKIN).all(1)]
    return [
        Head(vertices, skin, eye_centres(rig, vertices), landmark_points(rig, vertices)[list(INNER_51)])
        for vertices in macro_heads(own, face, count, generator).astype(np.float32)
    ]


def in_world(vertices_cm: np.ndarray) -> np.ndarray:
    """Turn centimetres with y up into metres with z up."""
    return (vertices_cm[:, [0, 2, 1]] * [1.0, -1.0, 1.0] / 100.0).astype(np.float32)


def scan_mesh(scans: dict[str, np.ndarray]) -> EngineMesh:
    """Build the plain render mesh of the scans: skin of one colour, eyes with iris and pupil, teeth."""
    quads = scans["quads"]
    triangles = np.concatenate([quads[:, :3], quads[quads[:, 3] >= 0][:, [0, 2, 3]]])
    surfaces = np.full(len(scans["mean"]), 255, np.uint8)
    for parts, surface in ((SKIN_PARTS, SKIN), (TEETH_PARTS, TEETH), (EYE_PARTS, EYE)):
        for part in parts:
            surfaces[part] = surface
    triangles = triangles[(surfaces[triangles] != 255).all(1)].astype(np.int32)
    surfaces[surfaces == 255] = SKIN
    uv = np.full((len(surfaces), 2), [0.25, 0.5])
    for part in EYE_PARTS:
        points = scans["mean"][part]
        radius = np.ptp(points[:, 0]) / 2
        uv[part] = [0.75, 0.5] + (points[:, :2] - points[:, :2].mean(0)) / radius * [0.25, 0.5]
    side = 128
    masks = np.zeros((side, side, len(MASK_CHANNELS)), np.uint8)
    channel = {name: index for index, name in enumerate(MASK_CHANNELS)}
    masks[..., channel["detail"]] = 128
    masks[..., channel["opacity"]] = 255
    rows, columns = np.mgrid[0:side, 0:side] + 0.5
    distance = np.hypot((columns / side - 0.75) / 0.5, rows / side - 0.5)
    eye = columns > side / 2
    masks[..., channel["paint"]][eye & (distance > IRIS_RADIUS)] = 255
    masks[..., channel["paint"]][eye & (distance < PUPIL_RADIUS)] = 255
    for name in ("paint_r", "paint_g", "paint_b"):
        masks[..., channel[name]][eye & (distance > IRIS_RADIUS)] = 220
    masks[..., channel["iris"]][eye & (distance <= IRIS_RADIUS)] = 255
    labels = np.ones((side, side), np.uint8)
    count = len(surfaces)
    look = Appearance(uv, np.arange(count, dtype=np.int32), triangles, masks, labels)
    return build_engine_mesh(Mesh(in_world(scans["mean"]), triangles, surfaces), look)


def surface_error_mm(points: np.ndarray, pairs: tuple[np.ndarray, np.ndarray], head: Head, rounds: int = 12) -> float:
    """Return the median distance in mm of points (n, 3) to a head's surface.

    A similarity through corresponding points comes first, then rigid iterations of closest points.
    """
    source, target = pairs
    scale, rotation, shift = align_rigidly(source, target, np.ones(len(source)), with_scale=True)
    moved = scale * points.astype(np.float64) @ rotation.T + shift
    for _ in range(rounds):
        nearest = closest_points(moved, head.vertices_m, head.triangles).points(head.vertices_m)
        _, rotation, shift = align_rigidly(moved, nearest, np.ones(len(moved)))
        moved = moved @ rotation.T + shift
    return float(1000 * np.median(closest_points(moved, head.vertices_m, head.triangles).distance_m))


def compare(pipeline: PhotoPipeline, engine: SoftwareEngine, heads: list[Head]) -> dict[str, float]:
    """Draw, fit and compare heads of one topology; return medians over heads of the median errors."""
    rig, face = pipeline.rig, face_vertices(pipeline.rig)
    fitted, mean, failed = [], [], 0
    for head in heads:
        camera = canonical_camera(head.eyes_m, PORTRAIT_FRAME, PHOTO_PX)
        photo = engine.render([RenderJob(head.vertices_m, camera, Look(PLAIN), DEFAULT_LIGHTING)])[0].image
        try:
            result, _ = pipeline(photo)
        except FacewrightError:
            failed += 1
            continue
        for errors, parameters in ((fitted, result.parameters), (mean, rig.prior.mean)):
            vertices = pipeline.vertices(parameters)
            points = landmark_points(rig, vertices)[list(INNER_51)]
            errors.append(surface_error_mm(vertices[face], (points, head.inner_points_m), head))
    return {
        "heads": len(fitted),
        "failed": failed,
        "mean_head_mm": float(np.median(mean)),
        "fitted_mm": float(np.median(fitted)),
        "ratio": float(np.median(fitted) / np.median(mean)),
        "better_than_mean_head": float(np.mean(np.array(fitted) < np.array(mean))),
    }


def main() -> None:
    """Print both comparisons and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scans", type=Path)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=5000)
    parser.add_argument("--out", type=Path, default=Path("scans.json"))
    parser.add_argument("--set", action="append", default=[], help="settings, as for facewright fit")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pipeline = PhotoPipeline.from_config(with_overrides(FacewrightConfig(), options.set))
    generator = np.random.default_rng(options.seed)
    scans = dict(np.load(options.scans))
    report = {
        "scans": compare(pipeline, SoftwareEngine(scan_mesh(scans)), scan_heads(scans, options.count, generator)),
        "macro": compare(pipeline, pipeline.engine, made_heads(pipeline.rig, options.count, generator)),
    }
    for name, row in report.items():
        print(name, "  ".join(f"{key} {value:.3f}" for key, value in row.items()))
    options.out.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
