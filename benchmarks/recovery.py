"""Parameter recovery: random heads of the prior, drawn at mild head pose and expression, fitted, compared in mm.

`python benchmarks/recovery.py [--count 50] [--seed 1000] [--out recovery.json] [--bare]
[--set fitting.imitator_stage=false]`
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from facewright.config import FacewrightConfig, with_overrides
from facewright.errors import FacewrightError
from facewright.pipelines.photo import PhotoPipeline
from facewright.training.face_region import aligned_error_mm, face_vertices
from facewright.training.synthetic_photos import PhotoRecipe, draw_heads

RECIPE = PhotoRecipe(size_px=512, yaw_deg=8.0, pitch_deg=5.0, roll_deg=4.0, expression_strength=0.8)


def main() -> None:
    """Print one row per quantity and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("recovery.json"))
    parser.add_argument("--bare", action="store_true", help="heads without hair, beard, make-up and glasses")
    parser.add_argument("--set", action="append", default=[], help="settings, as for facewright fit")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pipeline = PhotoPipeline.from_config(with_overrides(FacewrightConfig(), options.set))
    face = face_vertices(pipeline.rig)
    recipe = replace(RECIPE, is_dressed=not options.bare)
    mean_head = pipeline.vertices(pipeline.rig.prior.mean)[face]
    heads = draw_heads(pipeline.rig, pipeline.decoder, recipe, options.count, np.random.default_rng(options.seed))
    fitted, mean, seconds, failed = [], [], [], 0
    for head in heads:
        photo = pipeline.engine.render([head.job])[0].image
        start = time.perf_counter()
        try:
            result, _ = pipeline(photo)
        except FacewrightError:
            failed += 1
            continue
        seconds.append(time.perf_counter() - start)
        truth = pipeline.vertices(head.parameters)[face]
        fitted.append(aligned_error_mm(pipeline.vertices(result.parameters)[face], truth))
        mean.append(aligned_error_mm(mean_head, truth))
    report = {
        "heads": len(fitted),
        "failed": failed,
        "mean_head_mm": float(np.mean(mean)),
        "fitted_mm": float(np.mean(fitted)),
        "ratio": float(np.mean(fitted) / np.mean(mean)),
        "better_than_mean_head": float(np.mean(np.array(fitted) < np.array(mean))),
        "median_seconds": float(np.median(seconds)),
        "settings": options.set,
    }
    for name, value in report.items():
        print(f"{name:24} {value:.3f}" if isinstance(value, float) else f"{name:24} {value}")
    options.out.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
