"""Whether live tracking stays the same over an hour: memory, rate, losses; two clients read one looping capture.

`python benchmarks/live_endurance.py --work build/live/films [--minutes 60] [--out live_endurance.json]`

The clip is the first film of `live.py`, with a second of darkness at its end, so that the face is lost and found again
in every round. It ends with code 1 when memory has grown by more than ASKED_GROWTH or a capture has ended.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import psutil
from facewright_client import Client
from facewright_client.generated import expression_pb2
from live import FRAMES_HZ, films

from facewright.rig.installed import load_rig

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from end_to_end.service_process import start_server, stop_server

SAMPLE_S, PAUSE_S, DARK_FRAMES = 10.0, 1 / 90, 30
WARM_UP, LAST = (0.1, 0.3), (0.8, 1.0)
ASKED_GROWTH = 0.02
"""Parts of the time whose mean memory is compared, and how much it may grow."""


def write_clip(path: Path, work: Path) -> None:
    """Write the clip."""
    frames = films(load_rig("makehuman"), work, 1, 300)[0].frames
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), FRAMES_HZ, frames.shape[2:0:-1])
    for frame in [*frames, *[np.zeros_like(frames[0])] * DARK_FRAMES]:
        writer.write(np.ascontiguousarray(frame[..., ::-1]))
    writer.release()


def main() -> int:
    """Print a row every ten samples and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for the films")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("live_endurance.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.avi"
        write_clip(clip, options.work)
        process, port, _ = start_server(Path(folder), "--device", "cpu")
        try:
            with Client(f"127.0.0.1:{port}") as client, Client(f"127.0.0.1:{port}") as other:
                report = watch(psutil.Process(process.pid), client, other, clip, options.minutes)
        finally:
            stop_server(process)
    options.out.write_text(json.dumps(report, indent=1))
    print({name: value for name, value in report.items() if name != "memory_mb"})
    return 0 if report["growth"] < ASKED_GROWTH and report["capture_ended"] == 0 else 1


def watch(process: psutil.Process, client: Client, other: Client, clip: Path, minutes: float) -> dict:
    """Poll one capture by two clients for some minutes."""
    started = client.start_capture(video_path=str(clip), loop=True)
    begun, sampled, memory = time.monotonic(), 0.0, []
    seen, states, ended, polls, differing = {0: 0, 1: 0}, {}, 0, 0, 0
    while (elapsed := time.monotonic() - begun) < 60 * minutes:
        both = []
        for number, one in enumerate((client, other)):
            latest = one.latest_expression(started.capture_id, seen[number])
            ended += latest.state != expression_pb2.CAPTURE_STATE_RUNNING
            if latest.HasField("expression"):
                seen[number] = latest.expression.frame_id
                both.append(latest.expression)
                name = expression_pb2.TrackingState.Name(latest.expression.state)
                states[name] = states.get(name, 0) + 1
        if len(both) == 2 and both[0].frame_id == both[1].frame_id:
            differing += list(both[0].coefficients) != list(both[1].coefficients)
        polls += 1
        if elapsed - sampled >= SAMPLE_S:
            sampled = elapsed
            memory.append(process.memory_info().rss / 1e6)
            if len(memory) % 6 == 0:
                print(f"{elapsed / 60:5.1f} min  {memory[-1]:7.1f} MB  {latest.frames_hz:5.1f} fps", flush=True)
        time.sleep(PAUSE_S)
    client.stop_capture(started.capture_id)
    early, late = (np.mean(memory[int(a * len(memory)) : int(b * len(memory))]) for a, b in (WARM_UP, LAST))
    return {
        "minutes": minutes, "polls": polls, "answers": states, "capture_ended": ended, "clients_differed": differing,
        "memory_early_mb": float(early), "memory_late_mb": float(late), "growth": float(late / early - 1),
        "memory_mb": memory,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
