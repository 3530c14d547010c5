"""How long a head of the Blender extension takes to take a shape and an expression, in each Blender that is here.

`python benchmarks/blender_scene.py [--out blender_scene.json]`

A head with short hair and a full beard: all sliders to bones, 52 shape keys, and Blender's own update; medians of 30.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from facewright.config import FacewrightConfig
from facewright.export.blender import find_blender, run_script
from facewright.rig.prior import sample
from facewright.service.rigs import RigShelf

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from blender_addon.scene.stage import make_stage

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "blender_addon" / "scene"
ASKED_MS = 10.0


def main() -> int:
    """Print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("blender_scene.json"))
    options = parser.parse_args()
    shelf = RigShelf(FacewrightConfig().rig)
    rig, report = shelf.get(), {}
    people = sample(rig.prior, 3, np.random.default_rng(8))
    for environment in sorted(ROOT.glob(".venv-blender*")):
        with tempfile.TemporaryDirectory() as name:
            stage, out = Path(name, "stage"), Path(name, "out")
            stage.mkdir()
            out.mkdir()
            make_stage(stage, shelf, rig, people)
            words = [str(stage), str(out), "cases_of_shape", "shape"]
            run_script(find_blender(environment=environment), CASES / "run_case.py", words)
            report[environment.name] = json.loads((out / "said.json").read_text())["taken_ms"]
        taken = report[environment.name]
        parts = ", ".join(f"{part} {one:.2f}" for part, one in taken.items())
        print(f"{environment.name:18} {sum(taken.values()):6.2f} ms ({parts}); asked {ASKED_MS:g}")
    options.out.write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
