"""How many random heads a second each engine draws, bare and dressed, with colour, labels, normals and depth.

`python benchmarks/engine_speed.py [--count 64] [--software-count 6] [--out engine_speed.json]`; the processor's time of
all threads is printed beside the clock's, because it does not depend on what else the machine is doing. Decoding is
included; bare heads wear the default style without its pieces, dressed ones random looks with all of their pieces.
"""

import argparse
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from facewright.datatypes import FaceColours, Look, RenderJob
from facewright.engine import DEFAULT_LIGHTING, open_engine
from facewright.engine.cameras import FACE_FRAME, canonical_camera
from facewright.engine.opening import Engine
from facewright.errors import EngineUnavailable
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.installed import load_rig
from facewright.rig.looks import CharacterReader, sample_look
from facewright.rig.nouns import Rig
from facewright.rig.prior import sample

BATCH = 16
"""Heads decoded at a time."""


@dataclass(frozen=True)
class Tailor:
    """What dresses heads: a wardrobe, and a reader of what suits a head."""

    wardrobe: Wardrobe
    reader: CharacterReader


def random_parameters(rig: Rig, count: int, seed: int) -> torch.Tensor:
    """Return (count, P) parameters of random heads: from the prior, or close to neutral without one."""
    generator = np.random.default_rng(seed)
    if rig.prior is None:
        return torch.from_numpy(
            np.clip(generator.normal(0.5, 0.12, (count, len(rig.parameters))), 0, 1).astype(np.float32)
        )
    return torch.from_numpy(np.asarray(sample(rig.prior, count, generator), np.float32))


def jobs_of(
    rig: Rig, decoder: RigDecoder, tailor: Tailor | None, parameters: torch.Tensor, side_px: int, seed: int
) -> list[RenderJob]:
    """Decode heads and give each the canonical camera and random colours, or from a tailor a whole random look."""
    generator = np.random.default_rng(seed)
    eyes = [rig.anchors[f"eye_centre.{side}"] for side in "RL"]
    with torch.no_grad():
        vertices = decoder.vertices(parameters, torch.zeros(len(parameters), len(rig.blendshapes))).numpy()
    jobs = []
    for head, own in zip(vertices, parameters.numpy(), strict=True):
        camera = canonical_camera(np.stack([head[eye].mean(axis=0) for eye in eyes]), FACE_FRAME, side_px)
        if tailor is None:
            look, pieces = Look(FaceColours.from_vector(generator.uniform(0.1, 0.8, 18))), ()
        else:
            look = sample_look(generator, rig, own, tailor.reader)
            pieces = tailor.wardrobe.dress(own, look.style)
        jobs.append(RenderJob(head, camera, look, DEFAULT_LIGHTING, pieces))
    return jobs


def measure(
    rig: Rig, engine: Engine, is_dressed: bool, side_px: int, count: int, seed: int
) -> dict[str, float | int | str | bool]:
    """Time `count` heads, decoded in batches and drawn; all of them are drawn once before, which is not counted."""
    decoder = RigDecoder(rig)
    tailor = Tailor(Wardrobe(rig, decoder), CharacterReader(rig)) if is_dressed else None
    parameters = random_parameters(rig, count, seed)
    for first in range(0, count if engine.name == "opengl" else 1, BATCH):  # shaders compile, files are read
        engine.render(jobs_of(rig, decoder, tailor, parameters[first : first + BATCH], side_px, seed))
    decode_s, start, processor = 0.0, time.perf_counter(), time.process_time()
    for first in range(0, count, BATCH):
        before = time.perf_counter()
        jobs = jobs_of(rig, decoder, tailor, parameters[first : first + BATCH], side_px, seed)
        decode_s += time.perf_counter() - before
        engine.render(jobs)
    wall_s, processor_s = time.perf_counter() - start, time.process_time() - processor
    return {
        "engine": engine.name,
        "dressed": is_dressed,
        "side_px": side_px,
        "heads": count,
        "heads_per_s": round(count / wall_s, 1),
        "decode_ms": round(1000 * decode_s / count, 2),
        "draw_ms": round(1000 * (wall_s - decode_s) / count, 2),
        "processor_ms": round(1000 * processor_s / count, 2),
    }


def main() -> None:
    """Measure both engines at 256 and 512 px, bare and dressed, print the table, write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rig", default="makehuman")
    parser.add_argument("--count", type=int, default=64, help="heads that OpenGL draws")
    parser.add_argument("--software-count", type=int, default=6, help="heads that the software engine draws")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("engine_speed.json"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rig = load_rig(arguments.rig)
    rows = []
    for kind, count in (("opengl", arguments.count), ("software", arguments.software_count)):
        try:
            engine = open_engine(rig, kind)
        except EngineUnavailable as error:
            print(error.one_line())
            continue
        with engine:
            rows += [
                measure(rig, engine, is_dressed, side_px, count, arguments.seed)
                for is_dressed in (False, True)
                for side_px in (256, 512)
            ]
    print(f"{'engine':10}{'heads':>9}{'side':>6}{'heads/s':>10}{'decode ms':>11}{'draw ms':>9}{'processor ms':>14}")
    for row in rows:
        print(
            f"{row['engine']:10}{'dressed' if row['dressed'] else 'bare':>9}{row['side_px']:>6}{row['heads_per_s']:>10}"
            f"{row['decode_ms']:>11}{row['draw_ms']:>9}{row['processor_ms']:>14}"
        )
    content = {"rig": rig.id, "version": rig.version, "cores": os.cpu_count(), "rows": rows}
    arguments.out.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
