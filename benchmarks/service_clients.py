"""One client of `service_load.py`: a random mix of calls for some time, every answer compared with what it must be.

`python benchmarks/service_clients.py ADDRESS FOLDER INDEX --seconds 180 --seed 1`; FOLDER holds what service_load.py
put there, and gets client_INDEX.json. It imports nothing of the backend, so that eight of them are small.
"""

import argparse
import itertools
import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import grpc
from facewright_client import Client
from facewright_client.errors import BackendError
from facewright_client.generated import expression_pb2, fitting_pb2, rig_pb2
from facewright_client.specification import photo_specification

PLAIN = {"fitting.choose_styles": "false", "fitting.iterations": "2"}
VARIANTS = {
    "short": (PLAIN, 0.0, ()),
    "longer": (PLAIN | {"fitting.iterations": "5"}, 0.0, ()),
    "files": ({"fitting.iterations": "3"}, 0.0, (rig_pb2.RESULT_FILE_RIG_JSON, rig_pb2.RESULT_FILE_FRONT)),
    "skin": (PLAIN, None, ()),
}
"""Settings, skin share and files of a fit."""

LOST_S = 120.0
"""A fit that has not ended after so long counts as lost."""

PARAMETER_SLACK, BONE_SLACK = 1e-6, 1e-4
ENDED = (fitting_pb2.FIT_STATE_SUCCEEDED, fitting_pb2.FIT_STATE_FAILED, fitting_pb2.FIT_STATE_CANCELLED)
Code = grpc.StatusCode


def specification(photo: bytes, variant: str) -> fitting_pb2.FitSpecification:
    """Say what a variant of a fit is."""
    settings, share, files = VARIANTS[variant]
    return photo_specification([photo], files, settings=settings, skin_share=share)


def values_of(result: fitting_pb2.FitResult) -> dict[str, list[float]]:
    """Return the numbers of a result by which heads are told apart, and the sizes of its files."""
    return {
        "parameters": [one.value for one in result.character.parameters],
        "bones": bone_values(result.bones),
        "files": [len(one.name) for one in result.files],
    }


def bone_values(bones: list[rig_pb2.BoneChannels]) -> list[float]:
    """Return all channels in one list."""
    triples = [vector for bone in bones for vector in (bone.location_m, bone.rotation_rad, bone.scale)]
    return [part for one in triples for part in (one.x, one.y, one.z)]


def differ(values: list[float], wanted: list[float], slack: float) -> bool:
    """Tell whether two lists are not the same."""
    return len(values) != len(wanted) or any(abs(a - b) > slack for a, b in zip(values, wanted, strict=True))


class LoadClient:
    """Does random things with one backend and remembers what came of them.

    Args:
        address: of the backend.
        folder: photos and references.
        index: which of the clients this is.
        seed: of its choices.
    """

    def __init__(self, address: str, folder: Path, index: int, seed: int) -> None:
        self.client = Client(address)
        self.index, self.random = index, Random(seed * 1000 + index)
        self.references = json.loads((folder / "references.json").read_text())
        self.photos = {path.stem: path.read_bytes() for path in sorted(folder.glob("head_*.png"))}
        self.frames = [path.read_bytes() for path in sorted(folder.glob(f"frame_{index}_*.jpg"))]
        self.faceless = (folder / "faceless.png").read_bytes()
        self.calls: list[tuple[str, float, str, bool]] = []
        self.problems: list[str] = []
        self.waits_ms: list[float] = []
        self.frames_count = {"sent": 0, "answered": 0, "dropped": 0, "damaged": 0}
        self.compared = 0
        self._sampled: dict[int, bytes] = {}
        self._stream: threading.Thread | None = None

    def run(self, seconds: float) -> None:
        """Do random things until the time is over."""
        deadline = time.monotonic() + seconds
        weighted: list[tuple[Callable[[], None], int]] = [
            (self.fit, 22), (self.start_and_poll, 18), (self.start_and_cancel, 10), (self.leave_fit, 10),
            (self.stream, 14), (self.evaluate, 12), (self.draw, 8), (self.describe, 5), (self.sample, 5),
            (self.send_bad_input, 10),
        ]  # fmt: skip
        actions, weights = zip(*weighted, strict=True)
        while time.monotonic() < deadline:
            self.random.choices(actions, weights)[0]()
            time.sleep(self.random.random() * 0.2)
        if self._stream is not None:
            self._stream.join(LOST_S)

    @contextmanager
    def call(self, name: str, *expected: Code | str) -> Iterator[None]:
        """Time a call and note its end; `expected` are codes, or reasons of errors."""
        started, end, is_expected = time.perf_counter(), Code.OK.name, not expected or Code.OK in expected
        try:
            yield
        except BackendError as error:
            end = f"{error.code.name} {error.reason}"
            is_expected = error.code in expected or error.reason in expected
            if not is_expected:
                self.problems.append(f"{name}: {error.one_line()[:300]}")
        self.calls.append((name, 1000 * (time.perf_counter() - started), end, is_expected))

    def choose(self) -> tuple[str, str, fitting_pb2.FitSpecification]:
        """Draw a photo and a variant of the fit for which there is a reference."""
        key = self.random.choice(sorted(self.references["fits"]))
        photo, variant = key.split()
        asked = specification(self.photos[photo], variant)
        if self.random.random() < 0.2:
            asked.preview.interval_ms = 200
        return key, variant, asked

    def check(self, key: str, result: fitting_pb2.FitResult) -> None:
        """Compare a result with the one that this photo must give."""
        self.compared += 1
        values, wanted = values_of(result), self.references["fits"][key]
        if differ(values["parameters"], wanted["parameters"], PARAMETER_SLACK):
            near = [
                other
                for other, one in self.references["fits"].items()
                if not differ(values["parameters"], one["parameters"], PARAMETER_SLACK)
            ]
            self.problems.append(f"mixed up: the result of {key} is not its own; it is that of {near or 'none'}")
        if values["files"] != wanted["files"]:
            self.problems.append(f"mixed up: the files of {key} are others")

    def fit(self) -> None:
        """Fit and wait."""
        key, variant, asked = self.choose()
        with self.call(f"FitPhoto {variant}"):
            self.check(key, self.client.fit(asked, timeout_s=LOST_S))

    def start_and_poll(self) -> None:
        """Start a fit and ask until it has ended."""
        key, _, asked = self.choose()
        job_id = self._start(asked)
        answer = self._wait(job_id) if job_id else None
        if answer is None:
            return
        if answer.state == fitting_pb2.FIT_STATE_SUCCEEDED:
            self.check(key, answer.result)
        else:
            self.problems.append(f"a fit ended as {answer.state}: {answer.failure.message}")

    def start_and_cancel(self) -> None:
        """Start a fit and stop it at some moment."""
        _, _, asked = self.choose()
        job_id = self._start(asked)
        if not job_id:
            return
        time.sleep(3 * self.random.random())
        with self.call("CancelFit"):
            self.client.cancel_fit(job_id)
        started = time.perf_counter()
        answer = self._wait(job_id, 0.02)
        if answer is not None:
            self.calls.append(("(from CancelFit to the end)", 1000 * (time.perf_counter() - started), "OK", True))
            if answer.state == fitting_pb2.FIT_STATE_FAILED:
                self.problems.append(f"a cancelled fit failed: {answer.failure.message}")

    def leave_fit(self) -> None:
        """Fit and go away in the middle."""
        _, _, asked = self.choose()
        leaves_s = time.monotonic() + 3 * self.random.random()
        with self.call("FitPhoto, left", Code.OK, Code.CANCELLED):
            self.client.fit(asked, is_cancelled=lambda: time.monotonic() > leaves_s, timeout_s=LOST_S)

    def stream(self) -> None:
        """Stream frames beside everything else, unless a stream runs already."""
        if self._stream is not None and self._stream.is_alive():
            return
        rate_hz, seconds = self.random.uniform(15, 30), self.random.uniform(3, 8)
        self._stream = threading.Thread(target=self._send_frames, args=(rate_hz, seconds), daemon=True)
        self._stream.start()

    def evaluate(self) -> None:
        """Turn a fitted head into bone channels."""
        key = self.random.choice(sorted(self.references["fits"]))
        with self.call("EvaluateRig"):
            bones = self.client.evaluate(self._character(key)).bones
            if differ(bone_values(bones), self.references["fits"][key]["bones"], BONE_SLACK):
                self.problems.append(f"mixed up: the bones of {key} are others")

    def draw(self) -> None:
        """Draw a head."""
        picture = rig_pb2.PictureRequest(
            side_px=self.random.choice((128, 256, 512)), yaw_deg=self.random.uniform(-90, 90)
        )
        key = self.random.choice(sorted(self.references["fits"]))
        with self.call("EvaluateRig, picture"):
            drawn = self.client.evaluate(self._character(key), {"jawOpen": 0.5}, picture).picture
            if drawn.width_px != picture.side_px or not drawn.content:
                self.problems.append("mixed up: a picture of another size")

    def describe(self) -> None:
        """Read the rig."""
        with self.call("GetRig"):
            self.client.get_rig(include_offsets=self.random.random() < 0.3)

    def sample(self) -> None:
        """Draw random heads; the same seed must give the same ones."""
        seed = self.random.randrange(1000 * self.index, 1000 * self.index + 5)
        with self.call("SampleCharacters"):
            head = self.client.sample(2, seed)[1].SerializeToString(deterministic=True)
            if self._sampled.setdefault(seed, head) != head:
                self.problems.append(f"mixed up: seed {seed} gave another head than before")

    def send_bad_input(self) -> None:
        """Send something that must be refused, each for its own reason."""
        photo = self.photos[self.random.choice(sorted(self.photos))]
        place = self.random.randrange(5)
        if place == 0:
            asked, reason = specification(photo[: len(photo) // 2], "short"), "IMAGE_UNREADABLE"
        elif place == 1:
            asked, reason = specification(self.faceless, "short"), "FACE_NOT_FOUND"
        elif place == 2:
            asked, reason = photo_specification([photo], rig_id="no-such-rig"), "RIG_UNKNOWN"
        elif place == 3:
            asked, reason = photo_specification([photo], settings={"fitting.no_such": "1"}), "CONFIG_INVALID"
        else:
            head = self._character(next(iter(self.references["fits"])))
            head.parameters[self.random.randrange(len(head.parameters))].value = math.nan
            with self.call("EvaluateRig, bad", "REQUEST_INVALID"):
                self.client.evaluate(head)
            return
        with self.call("FitPhoto, bad", reason):
            self.client.fit(asked, timeout_s=LOST_S)

    def _character(self, key: str) -> rig_pb2.Character:
        names, values = self.references["names"], self.references["fits"][key]["parameters"]
        named = [rig_pb2.ParameterValue(name=name, value=one) for name, one in zip(names, values, strict=True)]
        return rig_pb2.Character(parameters=named)

    def _start(self, asked: fitting_pb2.FitSpecification) -> str:
        with self.call("StartFit"):
            return self.client.start_fit(asked).job_id
        return ""

    def _wait(self, job_id: str, pause_s: float = 0.15) -> fitting_pb2.GetFitResponse | None:
        """Ask until a fit has ended; None, and a problem noted, when it is lost."""
        deadline, answer = time.monotonic() + LOST_S, None
        while time.monotonic() < deadline:
            with self.call("GetFit"):
                answer = self.client.get_fit(job_id, answer.progress.sequence if answer is not None else 0)
            if answer is None or answer.state in ENDED:
                return answer
            time.sleep(pause_s)
        self.problems.append(f"lost: a fit has not ended after {LOST_S:g} s")
        return None

    def _send_frames(self, rate_hz: float, seconds: float) -> None:
        """Stream frames at a rate, and check that the answers are those of this stream, in order."""
        sent: dict[int, int] = {}
        first = (self.index + 1) * 10**9 + len(self.calls) * 10**5

        def frames() -> Iterator[expression_pb2.Frame]:
            begun = time.monotonic()
            for number in itertools.count():
                due_s = begun + number / rate_hz
                if due_s > begun + seconds:
                    return
                time.sleep(max(0.0, due_s - time.monotonic()))
                stamp = sent[first + number] = int(1e6 * time.monotonic())
                content = self.frames[number % len(self.frames)]
                yield expression_pb2.Frame(frame_id=first + number, timestamp_us=stamp, encoded=content)

        last, status = 0, None
        with self.call("StreamExpressions"):
            for answer in self.client.expressions(frames()):
                kind = answer.WhichOneof("message")
                if kind == "status":
                    status = answer.status
                elif kind == "expression":
                    one = answer.expression
                    self.waits_ms.append(one.wait_ms)
                    if one.frame_id <= last or sent.get(one.frame_id) != one.timestamp_us:
                        self.problems.append(f"mixed up: frame {one.frame_id} after {last}")
                    last = one.frame_id
            self._count(len(sent), status)

    def _count(self, sent: int, status: expression_pb2.StreamStatus | None) -> None:
        """Note what the final status of a stream says; every frame must be in it."""
        if status is None:
            self.problems.append("lost: a stream without a final status")
            return
        dropped, damaged = status.dropped_frames, status.damaged_frames
        counted = {"sent": sent, "answered": status.answered_frames, "dropped": dropped, "damaged": damaged}
        for name, count in counted.items():
            self.frames_count[name] += count
        if status.answered_frames + dropped + damaged != sent or damaged:
            self.problems.append(f"lost: frames of a stream: {counted}")


def main() -> None:
    """Run one client and write what it found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("folder", type=Path)
    parser.add_argument("index", type=int)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    client = LoadClient(options.address, options.folder, options.index, options.seed)
    client.run(options.seconds)
    client.client.close()
    found = {
        "calls": client.calls,
        "problems": client.problems,
        "waits_ms": client.waits_ms,
        "frames": client.frames_count,
        "compared": client.compared,
    }
    (options.folder / f"client_{options.index}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
