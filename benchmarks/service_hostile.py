"""What a server does with thousands of hostile requests: which status each kind gets, how late, and what is left of it.

`python benchmarks/service_hostile.py [--requests 5000] [--seed 1] [--workers 4] [--out service_hostile.json]`

It ends with code 1 when a status was not among those expected, a sound call in between failed or was late, the server's
log holds a traceback, or the server cannot fit a photo any more.
"""

import argparse
import io
import json
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from random import Random

import grpc
import psutil
from facewright_client import Client
from facewright_client.errors import BackendError
from facewright_client.specification import photo_specification
from grpc_health.v1 import health_pb2, health_pb2_grpc
from PIL import Image
from skimage.data import astronaut

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from end_to_end.hostile import attacks
from end_to_end.hostile_material import FIT, Material, make_material
from end_to_end.hostile_wire import OPTIONS, Attack, break_off, broken_stream, send
from end_to_end.service_process import start_server, stop_server

CHUNK, BROKEN_PER_CHUNK, LATEST_SOUND_S, SAMPLE_S = 100, 5, 10.0, 0.2
HEAVY_SHARE = 0.02


class Findings:
    """Counts what came back; for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.codes: dict[str, Counter[str]] = defaultdict(Counter)
        self.expected: dict[str, set[str]] = defaultdict(set)
        self.slowest_s: dict[str, float] = defaultdict(float)
        self.problems: list[str] = []
        self.sound_s: list[float] = []

    def note(self, attack: Attack, code: grpc.StatusCode, text: str, seconds: float) -> None:
        """Take down how an attack ended."""
        with self._lock:
            self.codes[attack.category][code.name] += 1
            self.expected[attack.category] |= {one.name for one in attack.expected}
            self.slowest_s[attack.category] = max(self.slowest_s[attack.category], seconds)
            if code not in attack.expected:
                self.problems.append(f"{attack.category}: {attack.method}: {code.name}: {text[:200]}")

    def table(self) -> list[dict]:
        """Return one row for each category."""
        return [
            {
                "category": category,
                "requests": codes.total(),
                "codes": dict(codes),
                "expected": sorted(self.expected[category]),
                "slowest_s": self.slowest_s[category],
            }
            for category, codes in sorted(self.codes.items())
        ]


class Watcher:
    """Samples the memory of a process until it is told to stop."""

    def __init__(self, process: psutil.Process) -> None:
        self._process, self._stop = process, threading.Event()
        self.peak_mb = 0.0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def now(self) -> dict[str, float]:
        """Return memory, threads and open files."""
        rss_mb = self._process.memory_info().rss / 2**20
        return {"rss_mb": rss_mb, "threads": self._process.num_threads(), "files": self._process.num_fds()}

    def stop(self) -> None:
        """End the sampling."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(SAMPLE_S):
            self.peak_mb = max(self.peak_mb, self.now()["rss_mb"])


def attack_all(port: int, material: Material, options: argparse.Namespace, findings: Findings) -> None:
    """Send everything, with sound calls in between."""
    random = Random(options.seed)
    drawn = attacks(random, material, options.requests, HEAVY_SHARE)
    address = f"127.0.0.1:{port}"
    with grpc.insecure_channel(address, OPTIONS) as channel, ThreadPoolExecutor(options.workers) as pool:
        while chunk := list(islice(drawn, CHUNK)):
            broken = [broken_stream(random, FIT) for _ in range(BROKEN_PER_CHUNK)]
            ends = [pool.submit(break_off, port, content, random.random() * 0.05) for content in broken]
            sent = [(attack, pool.submit(send, channel, attack)) for attack in chunk]
            for attack, end in sent:
                findings.note(attack, *end.result())
            for end in ends:
                end.result()
                findings.codes["connection broken off"]["-"] += 1
            sound_calls(address, channel, material, findings)


def sound_calls(address: str, channel: grpc.Channel, material: Material, findings: Findings) -> None:
    """Ask for health, and evaluate a head with a picture; both must succeed."""
    started = time.perf_counter()
    check = health_pb2.HealthCheckRequest(service="facewright.v1.FittingService")
    try:
        health = health_pb2_grpc.HealthStub(channel).Check(check, timeout=LATEST_SOUND_S)
        is_serving = health.status == health_pb2.HealthCheckResponse.SERVING
        with Client(address) as client:
            bones = client.evaluate(material.character).bones
        if not is_serving or not bones:
            findings.problems.append("a sound call got an empty answer")
    except (grpc.RpcError, BackendError) as error:
        findings.problems.append(f"a sound call failed: {error}")
    seconds = time.perf_counter() - started
    findings.sound_s.append(seconds)
    if seconds > LATEST_SOUND_S:
        findings.problems.append(f"sound calls took {seconds:.1f} s")


def fit_at_the_end(address: str, findings: Findings) -> float:
    """Fit a real photo and return how many seconds that took."""
    stream, started = io.BytesIO(), time.perf_counter()
    Image.fromarray(astronaut()).save(stream, "PNG")
    try:
        with Client(address) as client:
            client.fit(photo_specification([stream.getvalue()], settings={"fitting.iterations": "5"}), timeout_s=120.0)
    except BackendError as error:
        findings.problems.append(f"the fit at the end failed: {error.one_line()}")
    return time.perf_counter() - started


def main() -> int:
    """Print the table, write the JSON, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--out", type=Path, default=Path("service_hostile.json"))
    options = parser.parse_args()
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder:
        process, port, log_path = start_server(Path(folder))
        watcher = Watcher(psutil.Process(process.pid))
        try:
            with Client(f"127.0.0.1:{port}") as client:
                material = make_material(client.sample(1, seed=options.seed)[0], has_large_bombs=True)
            before, started = watcher.now(), time.perf_counter()
            attack_all(port, material, options, findings)
            seconds = time.perf_counter() - started
            fit_s = fit_at_the_end(f"127.0.0.1:{port}", findings)
            if process.poll() is not None:
                findings.problems.append(f"the server has ended with {process.returncode}")
            after = watcher.now()
        finally:
            watcher.stop()
            exit_code = stop_server(process)
            log = log_path.read_text(errors="replace")
    tracebacks = log.count("Traceback")
    if tracebacks:
        findings.problems.append(
            f"{tracebacks} tracebacks in the log, the first: {log[log.index('Traceback') :][:3000]}"
        )
    if exit_code:
        findings.problems.append(f"the server ended with {exit_code}")
    report = {
        "requests": options.requests,
        "seconds": seconds,
        "fit_at_the_end_s": fit_s,
        "slowest_sound_calls_s": max(findings.sound_s),
        "tracebacks": tracebacks,
        "before": before,
        "after": after,
        "peak_mb": watcher.peak_mb,
        "problems": findings.problems,
        "categories": findings.table(),
    }
    print_report(report)
    options.out.write_text(json.dumps(report, indent=1))
    return 1 if findings.problems else 0


def print_report(report: dict) -> None:
    """Print what was found."""
    for row in report["categories"]:
        codes = ", ".join(f"{name} {count}" for name, count in sorted(row["codes"].items()))
        print(f"{row['category']:48} {row['requests']:5}  slowest {row['slowest_s']:6.2f} s  {codes}")
    for name in ("requests", "seconds", "fit_at_the_end_s", "slowest_sound_calls_s", "tracebacks", "peak_mb"):
        print(f"{name:24} {report[name]:.1f}")
    for name in ("before", "after"):
        print(f"{name:24} {', '.join(f'{key} {value:.0f}' for key, value in report[name].items())}")
    counted = Counter(report["problems"])
    for problem, count in counted.most_common(40):
        print(f"PROBLEM x{count}: {problem}")
    print("sound" if not counted else f"{counted.total()} problems")


if __name__ == "__main__":
    sys.exit(main())
