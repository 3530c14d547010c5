"""The networks in one table: what each is for, input, numbers that it holds, size of its file, milliseconds a call.

`python benchmarks/networks.py [--repeats 60] [--out networks.json]`; one input at a time on one core, medians. The
imitator's backward pass is what a step of the fit pays for.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from facewright import model_files, weights
from facewright.expression.reading import FaceReading, ReadFace
from facewright.networks import detector, embedder, iris, landmarker, segmenter
from facewright.networks.expression_reader import EYE_PX, MOUTH_PX, FaceCrops
from facewright.perception.parsing import HINT_PARTS, PARSER_PX
from facewright.rig.installed import RIGS_DIR, load_rig
from facewright.rig.styles import look_size

Row = tuple[str, str, nn.Module | None, Path, Callable[[], object]]
"""Name, input, network, file, one call."""


def fetched() -> list[Row]:
    """Return the third-party networks of the catalogue."""
    folder, catalogue = model_files.default_directory(), model_files.catalogue()
    quick = weights.load_quick_landmarker()
    loaded = {
        "detector": (weights.load_detector(), detector.SIZE_PX),
        "landmarker": (weights.load_landmarker(), landmarker.SIZE_PX),
        "iris": (weights.load_iris_landmarker(), iris.SIZE_PX),
        "segmenter": (weights.load_segmenter(), segmenter.SIZE_PX),
        "embedder": (weights.load_embedder(), embedder.SIZE_PX),
    }
    rows: list[Row] = []
    for name, (network, side) in loaded.items():
        image, path = torch.rand(1, 3, side, side), folder / catalogue[name].file
        rows.append((name, f"{side} x {side}", network, path, lambda network=network, image=image: network(image)))
        if name == "landmarker":
            rows.append(("landmarker, live", f"{side} x {side}", None, path, lambda image=image: quick(image)))
    return rows


def trained_here(rig_id: str) -> list[Row]:
    """Return the networks in a rig's folder."""
    rig, folder = load_rig(rig_id), RIGS_DIR / rig_id
    files = {name: folder / f"{name}.safetensors" for name in ("imitator", "parser", "expression_reader")}
    counts = (len(rig.parameters), look_size(rig.styles))
    imitator = weights.load_imitator(files["imitator"], rig.version, *counts)
    parser = weights.load_parser(files["parser"])
    reader = weights.load_expression_reader(files["expression_reader"], rig.version)
    parameters, look = (torch.rand(1, count) for count in counts)
    image, hints = torch.rand(1, 3, PARSER_PX, PARSER_PX), torch.rand(1, len(HINT_PARTS), PARSER_PX, PARSER_PX)
    crops = FaceCrops(
        torch.rand(1, 2, 3, EYE_PX, EYE_PX), torch.rand(1, 3, MOUTH_PX, MOUTH_PX), torch.rand(1, len(reader.shape_mean))
    )

    def step() -> None:
        wanted = parameters.clone().requires_grad_(True)
        imitator(wanted, look)[0].sum().backward()

    reading = FaceReading(reader)  # recorded, as it is used live

    def read() -> ReadFace:
        features = reading.look(crops)
        return reading.read(features, features)

    sizes = f"{counts[0]} + {counts[1]} numbers"
    return [
        ("imitator", sizes, imitator, files["imitator"], lambda: imitator(parameters, look)),
        ("imitator, with gradient", sizes, None, files["imitator"], step),
        ("parser", f"{PARSER_PX} x {PARSER_PX}", parser, files["parser"], lambda: parser(image, hints)),
        ("expression reader", f"2 of {EYE_PX}, 1 of {MOUTH_PX}", reader, files["expression_reader"], read),
    ]


def milliseconds(call: Callable[[], object], repeats: int, with_gradient: bool) -> float:
    """Return the median time of a call, the first ones left out."""
    seconds = []
    with torch.inference_mode(not with_gradient):
        for _ in range(repeats + 5):
            begun = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - begun)
    return 1000 * statistics.median(seconds[5:])


def numbers(network: nn.Module) -> int:
    """Count the floating-point numbers that a network holds."""
    tensors = [*network.parameters(), *network.buffers()]
    return sum(tensor.numel() for tensor in tensors if tensor.is_floating_point())


def main() -> None:
    """Print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rig", default="makehuman")
    parser.add_argument("--repeats", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path("networks.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    report = {}
    print(f"{'network':<26}{'input':<22}{'numbers':>10}{'file':>10}{'ms':>8}")
    for name, size, network, path, call in [*fetched(), *trained_here(options.rig)]:
        row = {
            "input": size,
            "numbers": None if network is None else numbers(network),
            "file_mb": path.stat().st_size / 1e6,
            "ms": milliseconds(call, options.repeats, "gradient" in name),
        }
        report[name] = row
        count = "" if network is None else f"{row['numbers'] / 1e6:.2f} M"
        print(f"{name:<26}{size:<22}{count:>10}{row['file_mb']:>7.1f} MB{row['ms']:>8.1f}", flush=True)
    options.out.write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
