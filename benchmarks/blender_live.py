"""How often and how long the extension's timer works while a video moves a head, in each Blender that is here.

`python benchmarks/blender_live.py [--out blender_live.json]`

A head of ours, talking, is drawn as a video; a real backend follows it. Blender as a Python module has no loop of
events, so the timer's function is called in a loop that sleeps and looks at the clock as the window's does. What a
window draws in between is not in it; Blender's update of the head, which the window would do, is, and is also timed.
`tick` is the time on the clock, `tick_processor` that without the time in which other programs had the processor.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools" / "gui_test"))

import material

from blender_addon.assemble import assemble
from end_to_end.service_process import start_server, stop_server
from facewright.export.blender import find_blender

ROOT = Path(__file__).resolve().parents[1]
RUNNER = ROOT / "tests" / "blender_addon" / "operators" / "runner.py"
ASKED_HZ, ASKED_MS = 60.0, 1.0


def follow(python: str, stage: Path, address: str) -> dict:
    """Run the case in one Blender and return what it says."""
    with tempfile.TemporaryDirectory() as out:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "BLENDER_USER_RESOURCES": out}
        words = [str(stage), out, "cases_live", "long_pace", address, ""]
        subprocess.run([python, str(RUNNER), *words], check=True, env=environment, stdout=subprocess.DEVNULL)
        return json.loads(Path(out, "said.json").read_text())


def summary(said: dict) -> dict[str, float]:
    """Return rates in Hz, and medians and 99th percentiles in ms."""
    found = {"ticks_hz": len(said["took_ms"]) / said["seconds"], "faces_hz": len(said["moved_ms"]) / said["seconds"]}
    parts = {"tick": "took_ms", "tick_processor": "worked_ms", "tick_with_face": "moved_ms", "update": "update_ms"}
    for name, key in parts.items():
        found |= {f"{name}_median_ms": np.median(said[key]), f"{name}_p99_ms": np.percentile(said[key], 99)}
    return {name: round(float(value), 3) for name, value in found.items()}


def main() -> int:
    """Print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("blender_live.json"))
    options, report = parser.parse_args(), {}
    with tempfile.TemporaryDirectory() as name:
        stage = Path(name)
        assemble(stage)
        material.write_clip(stage / "video.avi")
        process, port, _ = start_server(stage)
        try:
            for environment in sorted(ROOT.glob(".venv-blender*")):
                said = follow(find_blender(environment=environment)[0], stage, f"127.0.0.1:{port}")
                report[environment.name] = summary(said)
        finally:
            stop_server(process)
    print(f"asked: at least {ASKED_HZ:g} ticks a second, at most {ASKED_MS:g} ms each without Blender's update")
    for blender, found in report.items():
        print(blender)
        for what, value in found.items():
            print(f"  {what:26} {value:8.3f}")
    options.out.write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
