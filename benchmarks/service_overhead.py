"""What the service adds to a fit and to a live frame; part of `service_load.py`."""

import itertools
import os
import queue
import statistics
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import numpy as np
import torch
from facewright_client import Client
from facewright_client.generated import expression_pb2, fitting_pb2
from facewright_client.specification import photo_specification

from facewright.config import with_overrides
from facewright.perception.image import decode_image
from facewright.pipelines.photo import PhotoPipeline

FEW = {"fitting.iterations": "3", "fitting.choose_styles": "false", "skin.share": "0"}
FULL: dict[str, str] = {}
ASKED_FIT_MS, ASKED_FRAME_MS = 5.0, 1.0


def spread(values: list[float]) -> dict[str, float]:
    """Return median, 90th percentile and number of measurements."""
    return {"median": statistics.median(values), "p90": float(np.percentile(values, 90)), "count": len(values)}


def fit_overhead(photo: bytes, client: Client, pipeline: PhotoPipeline, few: int, full: int) -> dict[str, Any]:
    """Fit in this process and through a server in turns, and compare what is left beside the stages of the fit.

    What a fit itself takes varies by far more than the service costs; the times of its stages, which both report, are
    taken off, so that decoding, sending, waiting and packing remain.

    Args:
        photo: encoded.
        client: of a server.
        pipeline: the same in this process.
        few: how many short fits.
        full: how many with the default settings.

    Returns:
        For both kinds of fits: spreads in ms of the whole time here and there, of the rest here and there, and
        `overhead_ms`, the difference of the medians of the rests.
    """
    measured = {}
    for name, settings, count in (("few", FEW, few), ("full", FULL, full)):
        chosen = pipeline.with_config(
            with_overrides(pipeline.config, [f"{key}={one}" for key, one in settings.items()])
        )
        asked = photo_specification([photo], settings=settings)
        times: dict[str, list[float]] = {"here": [], "there": [], "rest_here": [], "rest_there": []}
        for _ in range(count + 1):
            for where, fit in (
                ("here", lambda used=chosen: used(decode_image(photo))[0].stage_ms),
                ("there", lambda sent=asked: client.fit(sent).stage_ms),
            ):
                started = time.perf_counter()
                stage_ms = fit()
                whole_ms = 1000 * (time.perf_counter() - started)
                times[where].append(whole_ms)
                times[f"rest_{where}"].append(whole_ms - sum(stage_ms.values()))
        spreads = {part: spread(values[1:]) for part, values in times.items()}  # the first opens the connection
        overhead_ms = spreads["rest_there"]["median"] - spreads["rest_here"]["median"]
        measured[name] = spreads | {"overhead_ms": overhead_ms}
    return measured


def live_overhead(client: Client, frame: expression_pb2.Frame, count: int) -> dict[str, dict[str, float]]:
    """Send one frame after the other, each when the one before is answered.

    Args:
        client: of a server.
        frame: what each frame shows.
        count: how many.

    Returns:
        Spreads of the work, of the wait, and of the rest of the round trip, in ms.
    """
    waiting: queue.Queue[expression_pb2.Frame | None] = queue.Queue()
    answers = client.expressions(iter(waiting.get, None))
    next(answers)
    work, wait, rest = [], [], []
    for number in itertools.count(1):
        sent = expression_pb2.Frame(frame_id=number, timestamp_us=33_333 * number)
        sent.MergeFrom(frame)
        started = time.perf_counter()
        waiting.put(sent)
        answer = next(one.expression for one in answers if one.WhichOneof("message") == "expression")
        whole_ms = 1000 * (time.perf_counter() - started)
        work.append(answer.work_ms)
        wait.append(answer.wait_ms)
        rest.append(whole_ms - answer.work_ms)
        if number == count + 10:
            break
    waiting.put(None)
    for _ in answers:
        pass
    return {"work": spread(work[10:]), "wait": spread(wait[10:]), "rest": spread(rest[10:])}


def bare_echo(sizes: Sequence[int], pause_s: float, count: int) -> dict[int, dict[str, float]]:
    """Return the spread of a round trip, in ms, of a stream of gRPC for Python that does nothing at all.

    Args:
        sizes: bytes of the message there; that back has 300.
        pause_s: time between two.
        count: how many of each size.
    """

    class Echo(grpc.GenericRpcHandler):
        def service(self, _: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
            return grpc.stream_stream_rpc_method_handler(lambda requests, context: (bytes(300) for _ in requests))

    server = grpc.server(ThreadPoolExecutor(2), handlers=[Echo()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    waiting: queue.Queue[bytes | None] = queue.Queue()
    measured = {}
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        answers = channel.stream_stream("/echo/Echo")(iter(waiting.get, None))
        for size in sizes:
            times = []
            for _ in range(count):
                started = time.perf_counter()
                waiting.put(bytes(size))
                next(answers)
                times.append(1000 * (time.perf_counter() - started))
                time.sleep(pause_s)
            measured[size] = spread(times)
        waiting.put(None)
    server.stop(None)
    return measured


def live_beside_fits(client: Client, other: Client, photo: bytes, frame: expression_pb2.Frame, count: int) -> dict:
    """Measure a lone stream while another client fits one photo after the other, and how long the steps of fits are."""
    stop, steps_ms = threading.Event(), []

    def fit() -> None:
        asked = photo_specification([photo], settings=FEW | {"fitting.iterations": "50"})
        while not stop.is_set():
            last_s: list[float] = []

            def progress(_: fitting_pb2.FitProgress, last_s: list[float] = last_s) -> None:
                now_s = time.perf_counter()
                steps_ms.extend(1000 * (now_s - before) for before in last_s[-1:])
                last_s.append(now_s)

            other.fit(asked, progress)

    thread = threading.Thread(target=fit, daemon=True)
    thread.start()
    time.sleep(1.0)
    measured = live_overhead(client, frame, count)
    stop.set()
    thread.join()
    return measured | {"step": spread(steps_ms)}


def print_overhead(report: dict) -> None:
    """Print the tables."""
    for name, label in (("few", "fit, 3 iterations"), ("full", "fit, default settings")):
        row = report["fit"][name]
        print(f"{label:24} the service adds {row['overhead_ms']:.2f} ms; asked {ASKED_FIT_MS:g}")
        for part in ("here", "there", "rest_here", "rest_there"):
            one = row[part]
            print(f"{'':24}   {part:12} {one['median']:9.1f} ms median {one['p90']:9.1f} ms p90 of {one['count']}")
    for name, label in (
        ("live", "live frame alone"),
        ("live_raw", "live frame, raw"),
        ("live_fits", "live beside fits"),
    ):
        parts = ", ".join(f"{part} {one['median']:.2f} / {one['p90']:.2f}" for part, one in report[name].items())
        print(f"{label:24} ms median / p90: {parts}; rest asked {ASKED_FRAME_MS:g}")
    for size, echo in report["bare_echo"].items():
        label = f"a bare echo of {int(size) / 1024:.0f} KiB"
        print(f"{label:24} ms median / p90: {echo['median']:.2f} / {echo['p90']:.2f}")


def use_threads_of_serve() -> None:
    """Give the networks as many threads as a server with OMP_NUM_THREADS=1 on this machine."""
    torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
