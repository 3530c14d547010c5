"""Photo to style: how often the choices of random characters are read off their pictures.

`python benchmarks/styles.py [--count 100] [--seed 5000] [--out styles.json] [--photos DIR --sheets DIR] [--set ...]`;
heads, looks, poses, lights, backgrounds and clothes are random (`training/style_scenes.py`), and the whole fit runs on
each picture. With `--photos`, a folder of portraits, pairs of photo and dressed head are written as sheets for counting
by eye instead.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from facewright.config import FacewrightConfig, with_overrides
from facewright.datatypes import FitResult
from facewright.errors import FacewrightError
from facewright.export.sheet import compose_sheet
from facewright.perception.image import decode_image
from facewright.pipelines.outputs import photo_panel, render_front
from facewright.pipelines.photo import PhotoPipeline
from facewright.rig.styles import find_choice
from facewright.training.style_scenes import SceneMaker

HAIR_KINDS = {
    "bald": "bald", "buzz": "short", "receding": "short", "short": "short", "side_part": "short", "curly": "curls",
    "afro": "curls", "bob": "middle", "fringe": "middle", "tied_back": "tied", "long_straight": "long",
    "long_wavy": "long",
}  # fmt: skip
"""Hair styles that a passer-by would call the same."""

TILE_PX, SHEET_ROWS, SHEET_COLUMNS = 240, 6, 8
NONE = "none"


def accuracies(pairs: dict[str, list[tuple[str, str]]], choices: dict[str, int]) -> dict[str, dict[str, float]]:
    """Compare what was worn with what was read.

    Args:
        pairs: (worn, read) for each group.
        choices: how many choices each group has.

    Returns:
        For each group, and for coarser questions, the share that is right, that of guessing and that of always saying
        the most frequent answer.
    """
    questions = {name: (found, choices[name]) for name, found in pairs.items()}
    if "hair" in pairs:
        kinds = [(HAIR_KINDS.get(worn, worn), HAIR_KINDS.get(read, read)) for worn, read in pairs["hair"]]
        questions["hair, six kinds"] = (kinds, len(set(HAIR_KINDS.values())))
    for name in ("beard", "glasses"):
        if name in pairs:
            asked = [(str(worn != NONE), str(read != NONE)) for worn, read in pairs[name]]
            questions[f"{name}, yes or no"] = (asked, 2)
    rows = {}
    for name, (found, count) in questions.items():
        worn = [truth for truth, _ in found]
        rows[name] = {
            "right": float(np.mean([truth == read for truth, read in found])),
            "chance": 1 / count,
            "most frequent": max(worn.count(answer) for answer in set(worn)) / len(worn),
        }
    return rows


def confusion(found: list[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Count what was read for each choice that was worn."""
    table: dict[str, dict[str, int]] = {}
    for worn, read in found:
        row = table.setdefault(worn, {})
        row[read] = row.get(read, 0) + 1
    return table


def measure_renders(pipeline: PhotoPipeline, count: int, seed: int) -> dict:
    """Fit random characters and compare their choices with those that were read."""
    maker = SceneMaker(pipeline.rig, pipeline.engine)
    pairs: dict[str, list[tuple[str, str]]] = {}
    seconds, failed = [], 0
    for index in range(count):
        scene = maker(np.random.default_rng((seed, index)))
        try:
            result, _ = pipeline(scene.image)
        except FacewrightError:
            failed += 1
            continue
        seconds.append(result.stage_ms["style"] / 1000)
        for name in result.choices:
            worn, read = (find_choice(pipeline.rig.styles, name, look.style) for look in (scene.look, result.look))
            pairs.setdefault(name, []).append((worn.name, read.name))
    sizes = {group.name: len(group.choices) for group in pipeline.rig.styles}
    return {
        "heads": count - failed,
        "failed": failed,
        "median seconds of the style stage": float(np.median(seconds)),
        "accuracy": accuracies(pairs, sizes),
        "confusion": {name: confusion(found) for name, found in pairs.items()},
    }


def write_sheets(pipeline: PhotoPipeline, photos: Path, sheets: Path) -> None:
    """Write sheets of photo and dressed head, with what was read and how sure it is."""
    panels = []
    for path in sorted(photos.iterdir()):
        try:
            result, observations = pipeline(decode_image(path))
        except FacewrightError as error:
            print(f"{path.name}: {error.one_line()}")
            continue
        panels.append((path.stem, photo_panel(observations, TILE_PX)))
        front = render_front(pipeline, result.parameters, result.look, TILE_PX)
        panels.append((caption(result), front))
        print(path.stem, panels[-1][0], flush=True)
    sheets.mkdir(parents=True, exist_ok=True)
    whole = SHEET_ROWS * SHEET_COLUMNS
    for start in range(0, len(panels), whole):
        sheet = compose_sheet(panels[start : start + whole], SHEET_COLUMNS, TILE_PX)
        Image.fromarray(sheet).save(sheets / f"styles_{start // whole + 1}.png")


def caption(result: FitResult) -> str:
    """Return the choices that were read with their probabilities."""
    style = vars(result.look.style)
    told = [f"{style[group]} {shares[style[group]]:.2f}" for group, shares in result.choices.items()]
    return ", ".join(told)


def main() -> None:
    """Print the shares and write the JSON, or write the sheets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=5000)
    parser.add_argument("--out", type=Path, default=Path("styles.json"))
    parser.add_argument("--photos", type=Path, help="a folder of portraits, for sheets")
    parser.add_argument("--sheets", type=Path, default=Path("sheets"), help="where the sheets go; they show faces")
    parser.add_argument("--set", action="append", default=[], help="settings, as for facewright fit")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pipeline = PhotoPipeline.from_config(with_overrides(FacewrightConfig(), options.set))
    if options.photos:
        write_sheets(pipeline, options.photos, options.sheets)
        return
    start = time.perf_counter()
    report = measure_renders(pipeline, options.count, options.seed) | {"settings": options.set}
    for name, row in report["accuracy"].items():
        print(f"{name:22}" + "".join(f"  {label} {value:.2f}" for label, value in row.items()))
    print(f"{report['heads']} heads, {report['failed']} failed, {time.perf_counter() - start:.0f} s")
    options.out.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
