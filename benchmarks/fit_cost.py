"""What a fit costs: seconds by stage with everything loaded, and peak memory of the whole process.

`python benchmarks/fit_cost.py [PHOTO] [--repeats 5] [--out fit_cost.json]`; without PHOTO the sample photo.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from skimage import data

from facewright.config import FacewrightConfig, with_overrides
from facewright.perception.image import decode_image
from facewright.pipelines.outputs import write_outputs
from facewright.pipelines.photo import PhotoPipeline


def main() -> None:
    """Print medians and the peak, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path, nargs="?")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("fit_cost.json"))
    parser.add_argument("--set", action="append", default=[], help="settings, as for facewright fit")
    options = parser.parse_args()
    torch.set_num_threads(1)
    start = time.perf_counter()
    pipeline = PhotoPipeline.from_config(with_overrides(FacewrightConfig(), options.set))
    load_s = time.perf_counter() - start
    photo = decode_image(options.photo) if options.photo else np.ascontiguousarray(data.astronaut())
    runs, totals = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.repeats):
            start = time.perf_counter()
            result, observations = pipeline(photo)
            runs.append(write_outputs(pipeline, result, observations, Path(folder) / "head").stage_ms)
            totals.append(time.perf_counter() - start)
    report = {
        "load_s": load_s,
        "fit_and_write_s": statistics.median(totals),
        "stage_ms": {name: statistics.median(run[name] for run in runs) for name in runs[0]},
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(f"load {load_s:.2f} s, fit and write {report['fit_and_write_s']:.2f} s (median of {options.repeats})")
    for name, milliseconds in report["stage_ms"].items():
        print(f"  {name:12} {milliseconds:8.0f} ms")
    print(f"peak memory {report['peak_memory_mb']:.0f} MB")
    options.out.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
