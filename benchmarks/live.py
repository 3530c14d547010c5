"""How true, steady and fast live tracking is.

`python benchmarks/live.py --work build/live/films [--people 10] [--frames 300] [--clips FOLDER] [--out live.json]`

Films random people who perform with known coefficients (drawn once into the work folder), tracks them, and compares;
then tracks real clips, where only what the driven rig shows can be compared with what the landmark network sees.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from scipy.spatial.transform import Rotation
from tqdm import tqdm

from facewright.config import FacewrightConfig
from facewright.datatypes import ARKIT_52
from facewright.engine.cameras import project
from facewright.engine.opening import open_engine
from facewright.perception.alignment import to_tensor
from facewright.pipelines.live import LivePipeline
from facewright.rig.nouns import Rig
from facewright.training.performance_video import draw_person, film
from facewright.training.performances import extremes, speech

SEED = 77
"""Training uses others."""

FRAMES_HZ = 30.0
WARM_UP_S = 1.0
"""Frames before are not judged: the face rests and is learnt."""

MOVING = 0.02
"""A coefficient whose truth moves less (standard deviation) in the films says nothing about correlation."""

BLINK, SHUT, OPEN = ("eyeBlinkLeft", "eyeBlinkRight"), 0.95, 0.15
STILL_SPEED = 0.002
"""Landmarks that move less in a frame, in eye distances, count as still; smoothed over time."""

ASKED = {
    "error": 0.05, "correlation": 0.8, "blink_peak": 0.8, "wink_leakage": 0.1, "rotation_deg": 1.5, "nme": 0.03,
    "frames_per_s": 120.0, "p99_ms": 15.0,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Film:
    """A filmed performance.

    Attributes:
        frames: (N, H, W, 3) uint8, memory-mapped.
        coefficients: (N, E) truth.
        rotations: (N, 3, 3) camera from world, truth.
        parameters: (P,) of the person.
    """

    frames: np.ndarray
    coefficients: np.ndarray
    rotations: np.ndarray
    parameters: np.ndarray


def films(rig: Rig, work: Path, people: int, frames: int) -> list[Film]:
    """Return the films, drawing those that are not in the folder yet; odd ones are extreme."""
    work.mkdir(parents=True, exist_ok=True)
    engine, made = None, []
    for index in range(people):
        truth, pixels = work / f"{index}-{frames}.npz", work / f"{index}-{frames}.npy"
        if not truth.exists():
            engine = engine or open_engine(rig)
            generator = np.random.default_rng((SEED, index))
            person = draw_person(rig, generator)
            performance = (speech, extremes)[index % 2](generator, frames, FRAMES_HZ)
            shown = list(
                tqdm(film(rig, engine, person, performance, generator), f"film {index}", frames, mininterval=5)
            )
            np.save(pixels, np.stack([one.image for one in shown]))
            rotations = np.stack([one.camera.camera_from_world[:3, :3] for one in shown])
            np.savez(truth, coefficients=performance.coefficients, rotations=rotations, parameters=person.parameters)
        with np.load(truth) as arrays:
            made.append(Film(np.load(pixels, mmap_mode="r"), **arrays))
    return made


def track(pipeline: LivePipeline, shown: Film, is_known: bool, smoothing: bool) -> dict[str, np.ndarray]:
    """Return (N, E) coefficients, (N, 3, 3) rotations, (N,) seconds a frame and (N,) whether the face was seen."""
    tracker = pipeline.open(shown.parameters if is_known else None, smoothing)
    coefficients, rotations, seconds, seen = [], [], [], []
    for index, frame in enumerate(shown.frames):
        frame = np.array(frame)
        begun = time.perf_counter()
        found = tracker(frame, index / FRAMES_HZ)
        seconds.append(time.perf_counter() - begun)
        coefficients.append(found.coefficients)
        rotations.append(np.eye(3) if found.camera is None else found.camera.camera_from_world[:3, :3])
        seen.append(found.state == "tracked")
    return {
        "coefficients": np.stack(coefficients), "rotations": np.stack(rotations), "seconds": np.array(seconds),
        "seen": np.array(seen),
    }  # fmt: skip


def judge(truth: np.ndarray, found: np.ndarray, turns_deg: np.ndarray) -> dict:
    """Compare (N, E) coefficients of all films with the truth."""
    error = np.abs(found - truth)
    rows = {}
    for index, name in enumerate(ARKIT_52):
        moves = truth[:, index].std() > MOVING
        agrees = np.corrcoef(truth[:, index], found[:, index])[0, 1] if moves and found[:, index].std() > 0 else 0.0
        rows[name] = {
            "error": float(error[:, index].mean()),
            "zero": float(truth[:, index].mean()),
            "correlation": float(agrees) if moves else None,
        }
    known = [row["correlation"] for row in rows.values() if row["correlation"] is not None]
    return {
        "error": float(error.mean()),
        "error_of_zero": float(truth.mean()),
        "correlation": float(np.mean(known)),
        "coefficients_at_0.8": int(sum(value >= 0.8 for value in known)),
        "coefficients_moving": len(known),
        **eyes(truth, found),
        "rotation_deg": float(np.mean(turns_deg)),
        "rotation_p90_deg": float(np.percentile(turns_deg, 90)),
        "by_coefficient": rows,
    }


def eyes(truth: np.ndarray, found: np.ndarray) -> dict[str, float]:
    """Tell how far eyes shut where they shall, and how much the other one does when only one shuts."""
    columns = [ARKIT_52.index(name) for name in BLINK]
    peaks, leaks = [], []
    for side, other in (columns, columns[::-1]):
        shut = np.flatnonzero(truth[:, side] >= SHUT)
        for run in np.split(shut, np.flatnonzero(np.diff(shut) > 1) + 1):
            if len(run):
                peaks.append(found[max(run[0] - 1, 0) : run[-1] + 3, side].max())
        alone = (truth[:, side] >= SHUT) & (truth[:, other] <= OPEN)
        leaks.append(np.maximum(found[alone, other] - truth[alone, other], 0.0))
    leak = np.concatenate(leaks)
    return {
        "blinks": len(peaks),
        "blink_peak": float(np.mean(peaks)),
        "blink_peaks_at_0.8": float(np.mean(np.array(peaks) >= 0.8)),
        "wink_frames": len(leak),
        "wink_leakage": float(leak.mean()) if len(leak) else None,
    }


def lag_ms(truth: np.ndarray, found: np.ndarray) -> float:
    """Return the shift of (N, E) coefficients that agrees best with the truth, to a quarter of a frame."""
    times, shifts = np.arange(len(truth)), np.arange(-2, 8.01, 0.25)
    moving = np.flatnonzero(truth.std(0) > 0.05)
    errors = [
        np.mean([np.abs(np.interp(times + shift, times, found[:, i]) - truth[:, i]).mean() for i in moving])
        for shift in shifts
    ]
    return float(shifts[int(np.argmin(errors))] * 1000 / FRAMES_HZ)


def rendered(pipeline: LivePipeline, shown: list[Film], is_known: bool, smoothing: bool) -> dict:
    """Track all films and judge them together."""
    after = int(WARM_UP_S * FRAMES_HZ)
    results = [track(pipeline, one, is_known, smoothing) for one in tqdm(shown, "track", mininterval=5)]
    turns = [
        np.degrees(Rotation.from_matrix(found["rotations"] @ one.rotations.transpose(0, 2, 1)).magnitude())[after:]
        for one, found in zip(shown, results, strict=True)
    ]
    truths = [one.coefficients[after:] for one in shown]
    founds = [found["coefficients"][after:] for found in results]
    report = judge(np.concatenate(truths), np.concatenate(founds), np.concatenate(turns))
    report["lag_ms"] = float(np.median([lag_ms(*pair) for pair in zip(truths, founds, strict=True)]))
    report["lost_frames"] = int(sum((~found["seen"][after:]).sum() for found in results))
    for name, part in (("speech", slice(0, None, 2)), ("extremes", slice(1, None, 2))):
        pairs = zip(truths[part], founds[part], strict=True)
        report[f"error_{name}"] = float(np.mean([np.abs(found - truth).mean() for truth, found in pairs]))
    seconds = np.concatenate([found["seconds"][after:] for found in results])
    report["median_ms"], report["p99_ms"] = (float(1000 * np.percentile(seconds, part)) for part in (50, 99))
    return report


def bare_networks_ms(pipeline: LivePipeline, count: int = 200) -> float:
    """Return the median milliseconds of the landmark network alone."""
    crop, seconds = to_tensor(np.zeros((1, 192, 192, 3), np.uint8)), []
    with torch.inference_mode():
        for _ in range(count):
            begun = time.perf_counter()
            pipeline.landmarker(crop)
            seconds.append(time.perf_counter() - begun)
    return float(1000 * np.median(seconds))


def clip_report(pipeline: LivePipeline, path: Path) -> dict:
    """Track a real clip: how far the driven rig is from the landmarks, jitter where the face is still, losses."""
    video = cv2.VideoCapture(str(path))
    frames_hz = video.get(cv2.CAP_PROP_FPS) or FRAMES_HZ
    tracker, points = pipeline.open(), pipeline.model.landmark_points
    errors, coefficients, places, seen = [], [], [], []
    while True:
        is_there, frame = video.read()
        if not is_there:
            break
        found = tracker(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), len(seen) / frames_hz)
        seen.append(found.state == "tracked")
        if not seen[-1]:
            continue
        with torch.no_grad():
            shown = points(
                torch.from_numpy(tracker.identity), torch.from_numpy(found.coefficients.astype(np.float32))
            ).numpy()
        landmarks = tracker.landmarks_px[:, :2]
        eye = np.linalg.norm(landmarks[[33, 133]].mean(0) - landmarks[[263, 362]].mean(0))
        eye = max(eye, 0.3 * np.ptp(landmarks[:, 1]))  # a profile's eyes are near each other in the picture
        errors.append(np.linalg.norm(project(found.camera, shown)[0] - landmarks, axis=1).mean() / eye)
        coefficients.append(found.coefficients)
        places.append(landmarks / eye)
    video.release()
    moves = np.linalg.norm(np.diff(places, axis=0), axis=2).mean(1)
    still = np.convolve(moves, np.ones(7) / 7, "same") < 4 * STILL_SPEED
    jitter = np.abs(np.diff(coefficients, 2, axis=0))[still[1:]].mean() if still[1:].any() else float("nan")
    return {
        "frames": len(seen), "not_tracked": int(len(seen) - sum(seen)), "nme": float(np.median(errors)),
        "nme_p90": float(np.percentile(errors, 90)), "still_frames": int(still.sum()), "jitter": float(jitter),
    }  # fmt: skip


def main() -> None:
    """Print tables and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for the films; they are drawn once")
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--clips", type=Path, help="folder of real clips")
    parser.add_argument("--out", type=Path, default=Path("live.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    pipeline = LivePipeline.from_config(FacewrightConfig(device="cpu"))
    shown = films(pipeline.rig, options.work, options.people, options.frames)
    report = {"asked": ASKED, "landmark_network_ms": bare_networks_ms(pipeline)}
    for name, is_known, smoothing in (("stranger", False, True), ("known head", True, True), ("raw", False, False)):
        report[name] = rendered(pipeline, shown, is_known, smoothing)
        print(f"\n{name}")
        for key, value in report[name].items():
            if key != "by_coefficient":
                print(f"  {key:24} {value:.3f}" if isinstance(value, float) else f"  {key:24} {value}")
    print("\ncoefficient             zero   error  correlation (stranger)")
    for name, row in report["stranger"]["by_coefficient"].items():
        agrees = "-" if row["correlation"] is None else f"{row['correlation']:.2f}"
        print(f"{name:22} {row['zero']:.3f}  {row['error']:.3f}  {agrees}")
    report["clips"] = {}
    for path in sorted(options.clips.glob("*.mp4")) if options.clips else ():
        report["clips"][path.name] = clip_report(pipeline, path)
        print(path.name, report["clips"][path.name])
    print(f"\nlandmark network alone {report['landmark_network_ms']:.1f} ms")
    options.out.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
