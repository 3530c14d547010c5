"""How well eyes and mouths of random heads close, seen by the engine and measured in space.

`python benchmarks/closing.py [--rig makehuman] [--heads 200] [--seed 515] [--without-shapes] [--out closing.json]`
"""

import argparse
import json
from pathlib import Path

import numpy as np

from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import load_rig
from facewright.rig.nouns import Rig
from facewright.rig.prior import sample
from facewright.training.closing.checks import (
    BLINKS,
    GAZES,
    TOLERANCE_PX,
    lid_clearance,
    measure_closing,
    pose_heads,
    uncovered_points,
)
from facewright.training.closing.lid_rings import find_lids
from facewright.training.fit_lids import without_shapes


def clearances(rig: Rig, heads: int, seed: int) -> dict[str, dict[str, float]]:
    """Return, for each pose of the eyes, the lids' distance from the eyeballs and how many heads' eyes stay bare."""
    parameters, decoder = sample(rig.prior, heads, np.random.default_rng(seed)), RigDecoder(rig)
    lids = [find_lids(rig, side) for side in "LR"]
    poses = [(f"blink {blink}", {"eyeBlink": blink}) for blink in BLINKS] + [(name, {name: 1.0}) for name in GAZES]
    table = {}
    for name, coefficients in poses:
        posed = pose_heads(decoder, parameters, coefficients)
        least = 1000 * np.min([lid_clearance(eye, posed) for eye in lids], axis=0)
        table[name] = {
            "least_mm": float(least.min()),
            "median_mm": float(np.median(least)),
            "heads_below_0": int((least < 0).sum()),
        }
        if name == "blink 1.0":
            bare = np.sum([uncovered_points(eye, posed) for eye in lids], axis=0)
            table[name]["heads_uncovered"] = int((bare > 0).sum())
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rig", default="makehuman")
    parser.add_argument("--heads", type=int, default=200)
    parser.add_argument("--seed", type=int, default=515)
    parser.add_argument("--without-shapes", action="store_true", help="as the source has them")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rig = without_shapes(arguments.rig) if arguments.without_shapes else load_rig(arguments.rig)
    space = clearances(rig, arguments.heads, arguments.seed)
    for pose, row in space.items():
        print(f"{pose:22} " + "  ".join(f"{name} {value:.2f}" for name, value in row.items()))
    seen = measure_closing(rig, arguments.heads, arguments.seed)
    for row in seen:
        amiss = f"heads amiss (> {TOLERANCE_PX} px) {row.heads_amiss:4d}  worst {row.amiss_px.max():4d} px"
        print(f"{row.pose:22} {row.view:10} {amiss}")
    if arguments.out:
        pixels = [
            {"pose": r.pose, "view": r.view, "heads_amiss": r.heads_amiss, "worst_px": int(r.amiss_px.max())}
            for r in seen
        ]
        arguments.out.write_text(json.dumps({"heads": arguments.heads, "space": space, "pixels": pixels}, indent=1))


if __name__ == "__main__":
    main()
