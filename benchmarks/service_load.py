"""What the service costs, and whether it stays sound under load: overhead, latencies, mix-ups, losses, memory.

`python benchmarks/service_load.py [--seconds 180] [--clients 8] [--seed 1] [--out service_load.json]`

First the overhead of a fit and of a live frame is measured on a quiet server. Then several clients, each a process, mix
fits, cancels, streams, drawings and bad input at random (service_clients.py); every photo's result was fitted alone
before, and every later one is compared with it. It ends with code 1 when an answer was lost, mixed up or unexpected.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
from facewright_client import Client
from facewright_client.generated import expression_pb2
from PIL import Image
from service_clients import VARIANTS, specification, values_of
from service_overhead import (
    bare_echo,
    fit_overhead,
    live_beside_fits,
    live_overhead,
    print_overhead,
    use_threads_of_serve,
)
from skimage.data import astronaut

from facewright.config import FacewrightConfig
from facewright.pipelines.outputs import render_front
from facewright.pipelines.photo import PhotoPipeline
from facewright.pipelines.sampling import random_characters

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from end_to_end.service_process import start_server, stop_server

PHOTO_PX, FRAME_PX, SAMPLE_S, FRAME_PAUSE_S = 384, 320, 5.0, 0.015
RESULT_SECONDS = "20"
"""Results are forgotten soon, so that memory that is kept on purpose is not taken for a leak."""

WARM_UP, LAST = (0.2, 0.4), (0.8, 1.0)
ASKED_GROWTH = 0.05
"""Parts of the time whose mean memory is compared, and how much it may grow."""


def encoded(image: np.ndarray, form: str) -> bytes:
    """Encode (H, W, 3) RGB uint8 in a format by Pillow's name."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, form)
    return stream.getvalue()


def prepare(folder: Path, pipeline: PhotoPipeline, clients: int, seed: int) -> None:
    """Draw a head for each client, as photo and as frames, and a picture without a face."""
    for index, (parameters, look) in enumerate(random_characters(pipeline.rig, clients, seed)):
        photo = render_front(pipeline, parameters, look, PHOTO_PX)
        (folder / f"head_{index}.png").write_bytes(encoded(photo, "PNG"))
        small = np.asarray(Image.fromarray(photo).resize((FRAME_PX, FRAME_PX)))
        for shift in range(3):
            frame = encoded(np.roll(small, 4 * shift, axis=1), "JPEG")
            (folder / f"frame_{index}_{shift}.jpg").write_bytes(frame)
    noise = np.random.default_rng(seed).integers(0, 255, (240, 320, 3), np.uint8)
    (folder / "faceless.png").write_bytes(encoded(noise, "PNG"))


def make_references(folder: Path, client: Client) -> int:
    """Fit every photo alone, in all variants or, for those that take long, one in two; return how many were made."""
    fits = {}
    for path in sorted(folder.glob("head_*.png")):
        number = int(path.stem.removeprefix("head_"))
        slow = ("files", "skin")[number % 2]
        for variant in VARIANTS:
            if variant in ("short", "longer", slow):
                result = client.fit(specification(path.read_bytes(), variant))
                fits[f"{path.stem} {variant}"] = values_of(result)
    names = [one.name for one in result.character.parameters]
    (folder / "references.json").write_text(json.dumps({"names": names, "fits": fits}))
    return len(fits)


def load(address: str, folder: Path, process: psutil.Process, options: argparse.Namespace) -> dict:
    """Let all clients run, sample the server's memory meanwhile, and gather what they found."""
    script = Path(__file__).with_name("service_clients.py")
    fixed = ["--seconds", str(options.seconds), "--seed", str(options.seed)]
    commands = [
        [sys.executable, str(script), address, str(folder), str(index), *fixed] for index in range(options.clients)
    ]
    children = [subprocess.Popen(command) for command in commands]
    started, memory = time.monotonic(), []
    while any(child.poll() is None for child in children):
        memory.append((time.monotonic() - started, process.memory_info().rss / 2**20))
        time.sleep(min(SAMPLE_S, options.seconds / 20))
    problems = [
        f"client {index} ended with {child.returncode}" for index, child in enumerate(children) if child.returncode
    ]
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("client_*.json"))]
    calls: dict[str, list[tuple[float, str, bool]]] = {}
    for name, milliseconds, end, is_expected in (call for one in found for call in one["calls"]):
        calls.setdefault(name, []).append((milliseconds, end, is_expected))
    waits = [wait for one in found for wait in one["waits_ms"]]
    frames = Counter()
    for one in found:
        frames.update(one["frames"])
    return {
        "calls": {name: call_row(rows) for name, rows in sorted(calls.items())},
        "frames": dict(frames),
        "wait_ms": {name: float(np.percentile(waits, at)) for name, at in (("p50", 50), ("p99", 99), ("max", 100))},
        "compared_results": sum(one["compared"] for one in found),
        "problems": problems + [problem for one in found for problem in one["problems"]],
        "memory_mb": memory,
        "memory_growth": growth(memory, options.seconds),
    }


def call_row(rows: list[tuple[float, str, bool]]) -> dict:
    """Summarise the calls of one kind."""
    times = [row[0] for row in rows]
    return {
        "count": len(rows),
        "p50_ms": float(np.percentile(times, 50)),
        "p99_ms": float(np.percentile(times, 99)),
        "ends": dict(Counter(row[1] for row in rows)),
        "unexpected": sum(not row[2] for row in rows),
    }


def growth(memory: list[tuple[float, float]], seconds: float) -> float:
    """Return by which share the mean memory of the last part exceeds that of the part after the warm-up."""
    early, late = (
        np.mean([mb for at, mb in memory if begin * seconds <= at <= end * seconds]) for begin, end in (WARM_UP, LAST)
    )
    return float(late / early - 1.0)


def measure_overhead(client: Client, address: str, pipeline: PhotoPipeline, photo: bytes, is_short: bool) -> dict:
    """Measure what a running server adds to fits and frames."""
    small = Image.fromarray(astronaut()[:400, :400])
    encoded_frame = expression_pb2.Frame(encoded=encoded(np.asarray(small), "JPEG"))
    raw = expression_pb2.RawImage(
        format=expression_pb2.PIXEL_FORMAT_RGB8, width_px=400, height_px=400, content=small.tobytes()
    )
    frames = 40 if is_short else 150
    with Client(address) as other:
        return {
            "fit": fit_overhead(photo, client, pipeline, *((3, 1) if is_short else (20, 4))),
            "bare_echo": bare_echo([len(encoded_frame.encoded), len(photo)], FRAME_PAUSE_S, frames),
            "live": live_overhead(client, encoded_frame, frames),
            "live_raw": live_overhead(client, expression_pb2.Frame(raw=raw), frames),
            "live_fits": live_beside_fits(client, other, photo, encoded_frame, frames),
        }


def main() -> int:
    """Print the tables, write the JSON, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="measure the overhead a few times only")
    parser.add_argument("--out", type=Path, default=Path("service_load.json"))
    options = parser.parse_args()
    use_threads_of_serve()
    photo = encoded(astronaut(), "PNG")
    report: dict = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pipeline = PhotoPipeline.from_config(FacewrightConfig())
        prepare(folder, pipeline, options.clients, options.seed)
        process, port, log_path = start_server(folder, "--result-seconds", RESULT_SECONDS)
        try:
            address = f"127.0.0.1:{port}"
            with Client(address) as client:
                report |= measure_overhead(client, address, pipeline, photo, options.short)
                print_overhead(report)
                report["references"] = make_references(folder, client)
            report |= load(address, folder, psutil.Process(process.pid), options)
            report["server_runs"] = process.poll() is None
        finally:
            stop_server(process)
            log = log_path.read_text(errors="replace")
    report["tracebacks"] = log.count("Traceback")
    report["first_traceback"] = log[log.index("Traceback") :][:6000] if report["tracebacks"] else ""
    print_load(report)
    options.out.write_text(json.dumps(report, indent=1))
    return 1 if report["problems"] or report["tracebacks"] or not report["server_runs"] else 0


def print_load(report: dict) -> None:
    """Print what the load has shown."""
    for name, row in report["calls"].items():
        ends = ", ".join(f"{end} {count}" for end, count in row["ends"].items())
        print(
            f"{name:28} {row['count']:6} calls  p50 {row['p50_ms']:9.1f} ms  p99 {row['p99_ms']:9.1f} ms  "
            f"unexpected {row['unexpected']}  ({ends})"
        )
    print(f"frames: {', '.join(f'{name} {count}' for name, count in report['frames'].items())}")
    print(f"wait of a frame: {', '.join(f'{name} {one:.1f} ms' for name, one in report['wait_ms'].items())}")
    print(f"results compared {report['compared_results']} with {report['references']} references")
    memory = [mb for _, mb in report["memory_mb"]]
    print(
        f"memory {memory[0]:.0f} MB at the start, {memory[-1]:.0f} MB at the end, {max(memory):.0f} MB at most; growth "
        f"after the warm-up {100 * report['memory_growth']:.1f} %, asked less than {100 * ASKED_GROWTH:g} %"
    )
    print(f"tracebacks {report['tracebacks']}, server runs: {report['server_runs']}")
    for problem, count in Counter(report["problems"]).most_common(30):
        print(f"PROBLEM x{count}: {problem}")


if __name__ == "__main__":
    sys.exit(main())
