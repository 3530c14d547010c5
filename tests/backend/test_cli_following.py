"""Tests of `live` and `track` as commands, on a small video of a rendered head."""

import csv
import json
import signal
import socket
from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from backend.expression.sinks.test_livelink import decode
from backend.pipelines.videos import write_video
from facewright import cli
from facewright.config import FacewrightConfig
from facewright.datatypes import ARKIT_52, Camera, RenderJob
from facewright.engine.opening import open_engine
from facewright.pipelines import recording
from facewright.pipelines.live import LivePipeline, LiveTracker
from facewright.rig.decoder import RigDecoder
from facewright.training.synthetic_photos import PhotoRecipe, draw_heads

HZ, JAW = 10.0, (0.0, 0.0, 0.35, 0.7, 0.7, 0.7)


@pytest.fixture(scope="module")
def loaded() -> LivePipeline:
    """Return a pipeline with the real rig and networks."""
    torch.set_num_threads(1)
    return LivePipeline.from_config(FacewrightConfig(device="cpu"))


@pytest.fixture
def pipeline(loaded, monkeypatch) -> LivePipeline:
    """Load the pipeline once for all commands."""
    monkeypatch.setattr(LivePipeline, "from_config", classmethod(lambda _cls, _config: loaded))
    return loaded


@pytest.fixture(scope="module")
def video(loaded, tmp_path_factory):
    """Return a video of a head that opens its mouth, 400 by 300 px, and the (P,) parameters of the head."""
    recipe = PhotoRecipe(size_px=300, is_dressed=False, code_scale=0.5, yaw_deg=5.0, pitch_deg=3.0, roll_deg=3.0)
    head = draw_heads(loaded.rig, RigDecoder(loaded.rig), recipe, 1, np.random.default_rng(3))[0]
    camera = head.job.camera
    camera = Camera(camera.camera_from_world, camera.focal_px, camera.centre_px + [50, 0], (400, 300))
    shapes = np.zeros((len(JAW), len(ARKIT_52)), np.float32)
    shapes[:, ARKIT_52.index("jawOpen")] = JAW
    with torch.no_grad():
        parameters = torch.from_numpy(head.parameters)[None].expand(len(JAW), -1)
        vertices = RigDecoder(loaded.rig).vertices(parameters, torch.from_numpy(shapes)).numpy()
    with open_engine(loaded.rig) as engine:
        jobs = [RenderJob(posed, camera, head.job.look, head.job.lighting) for posed in vertices]
        frames = [render.image for render in engine.render(jobs)]
    path = tmp_path_factory.mktemp("video") / "jaw.avi"
    return write_video(path, frames, HZ), head


def rows_of(path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def names_in(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_track_writes_every_frame_and_an_overlay_of_the_same_length_and_rate(pipeline, video, tmp_path, capsys):
    out, overlay = tmp_path / "w.csv", tmp_path / "o.mp4"
    assert cli.main(["track", str(video[0]), "--out", str(out), "--overlay", str(overlay), "--no-smoothing"]) == 0
    rows = rows_of(out)
    assert [float(row["time_s"]) for row in rows] == pytest.approx([number / HZ for number in range(len(JAW))])
    assert {row["state"] for row in rows} == {"tracked"}
    assert float(rows[-1]["jawOpen"]) > float(rows[0]["jawOpen"]) + 0.15
    film = cv2.VideoCapture(str(overlay))
    assert film.get(cv2.CAP_PROP_FPS) == pytest.approx(HZ) and film.get(cv2.CAP_PROP_FRAME_COUNT) == len(JAW)
    shown = film.read()[1]
    film.release()
    assert shown.shape[1] == 800 and shown.shape[0] > 300
    person, rig = shown[:300, :400].astype(int), shown[:300, 400:].astype(int)
    assert person.std() > 20 and rig.std() > 20
    assert f"{len(JAW)} frames" in capsys.readouterr().err
    assert names_in(tmp_path) == ["o.mp4", "w.csv"]


@pytest.mark.parametrize(
    ("promised", "is_stopped", "is_told"),
    [(20, False, True), (20, True, False), (10, False, False), (None, False, False)],
)
def test_a_video_that_ends_long_before_it_promised_is_told(promised, is_stopped, is_told):
    summary = recording.TrackSummary(Counter(tracked=10), promised, 1.0, is_stopped)
    assert ("cannot be read" in summary.one_line()) == is_told


def test_track_takes_the_identity_of_a_fitted_head(pipeline, video, tmp_path, capsys):
    head = tmp_path / "head"
    write_head(pipeline, video[1], head)
    words = ["track", str(video[0]), "--out", str(tmp_path / "w.json"), "--identity", str(head / "rig.json"), "--quiet"]
    assert cli.main(words) == 0
    document = json.loads((tmp_path / "w.json").read_text())
    assert len(document["rows"]) == len(JAW) and document["columns"][1] == "state"
    assert capsys.readouterr().err == ""


def write_head(pipeline, head, folder) -> None:
    """Write the rig.json of a head."""
    from facewright.datatypes import FitResult
    from facewright.export.rig_json import rig_document, write_rig_json
    from facewright.rig.anchors import anchor_points

    job = head.job
    result = FitResult(head.parameters, np.zeros(52), job.camera, job.look, job.lighting, {}, {})
    anchors = anchor_points(pipeline.rig, job.vertices_m)
    folder.mkdir()
    write_rig_json(folder / "rig.json", rig_document(pipeline.rig, result, anchors, {}, from_photo=False))


def interrupt_at(number: int, monkeypatch) -> None:
    """Press Ctrl-C while a tracker sees its frame of that number."""
    seen, track = [], LiveTracker.__call__

    def interrupted(self, frame, time_s):
        seen.append(time_s)
        if len(seen) == number:
            signal.raise_signal(signal.SIGINT)
        return track(self, frame, time_s)

    monkeypatch.setattr(LiveTracker, "__call__", interrupted)


def test_ctrl_c_leaves_whole_files_of_the_frames_so_far(pipeline, video, tmp_path, capsys, monkeypatch):
    interrupt_at(3, monkeypatch)
    out, overlay = tmp_path / "w.json", tmp_path / "o.mp4"
    before = signal.getsignal(signal.SIGINT)
    assert cli.main(["track", str(video[0]), "--out", str(out), "--overlay", str(overlay)]) == 130
    assert signal.getsignal(signal.SIGINT) is before
    assert len(json.loads(out.read_text())["rows"]) == 3
    film = cv2.VideoCapture(str(overlay))
    assert film.get(cv2.CAP_PROP_FRAME_COUNT) == 3
    film.release()
    assert f"3 of {len(JAW)} frames" in capsys.readouterr().err
    assert names_in(tmp_path) == ["o.mp4", "w.json"]


def test_live_sends_to_every_target_and_writes_the_table(pipeline, video, tmp_path, capsys):
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unreal,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unity,
    ):
        for receiver in (unreal, unity):
            receiver.bind(("127.0.0.1", 0))
            receiver.settimeout(5.0)
        targets = [f"livelink:127.0.0.1:{unreal.getsockname()[1]}:Ann", f"vmc:127.0.0.1:{unity.getsockname()[1]}"]
        out = tmp_path / "w.csv"
        words = ["live", "--source", str(video[0]), "--send", targets[0], "--send", targets[1], "--out", str(out)]
        assert cli.main(words) == 0
        rows = rows_of(out)
        packets = [decode(unreal.recv(2048)) for _ in rows]
        assert unity.recv(8192).startswith(b"#bundle")
    assert packets[0]["subject"] == "Ann"
    assert [packet["values"][17] for packet in packets] == pytest.approx(
        [float(row["jawOpen"]) for row in rows], abs=1e-4
    )
    lines = capsys.readouterr().err
    assert (
        lines.startswith("loading rig and networks\n")
        and f"sending to {targets[0]}" in lines
        and "skipped" in lines
        and "median delay" in lines
    )


def test_a_calibration_that_could_not_be_learnt_is_told(pipeline, video, tmp_path, capsys):
    calibration = tmp_path / "me.safetensors"
    words = ["live", "--source", str(video[0]), "--out", str(tmp_path / "w.csv"), "--calibration", str(calibration)]
    assert cli.main(words) == 0
    assert f"too little of the person was seen to keep; {calibration} was not written" in capsys.readouterr().err
    assert not calibration.exists()


def test_ctrl_c_ends_live_with_a_summary(pipeline, video, tmp_path, capsys, monkeypatch):
    interrupt_at(1, monkeypatch)
    out = tmp_path / "w.csv"
    assert cli.main(["live", "--source", str(video[0]), "--loop", "--out", str(out)]) == 130
    assert len(rows_of(out)) == 1
    assert "1 frames (1 tracked" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["live", "--source", "VIDEO"], "CONFIG_INVALID: the expressions would go nowhere"),
        (["live", "--source", "VIDEO", "--send", "vmc:x"], "CONFIG_INVALID: --send 'vmc:x' is not understood"),
        (["live", "--source", "camera:x", "--out", "OUT/w.csv"], "CONFIG_INVALID: --source 'camera:x'"),
        (["live", "--source", "0", "--out", "OUT/w.csv"], "CONFIG_INVALID: --source '0' names no camera"),
        (["live", "--source", "absent.mp4", "--out", "OUT/w.csv"], "SOURCE_UNAVAILABLE: absent.mp4"),
        (
            ["live", "--source", "VIDEO", "--out", "OUT/w.csv", "--calibration", "VIDEO/me.safetensors"],
            "OUTPUT_NOT_WRITABLE: VIDEO/me.safetensors could not be written",
        ),
        (["track", "absent.mp4", "--out", "OUT/w.csv"], "SOURCE_UNAVAILABLE: absent.mp4"),
        (["track", "VIDEO", "--out", "OUT/w.txt"], "CONFIG_INVALID: OUT/w.txt does not end in"),
        (["track", "VIDEO", "--out", "OUT/w.csv", "--overlay", "OUT/o.gif"], "CONFIG_INVALID: OUT/o.gif"),
        (["track", "VIDEO", "--out", "OUT/w.csv", "--identity", "VIDEO"], "RIG_INVALID: VIDEO is not a rig.json"),
        (["track", "OUT/same.csv", "--out", "OUT/same.csv"], "CONFIG_INVALID: OUT/same.csv would be written over"),
        (
            ["live", "--source", "OUT/same.csv", "--out", "OUT/same.csv"],
            "CONFIG_INVALID: OUT/same.csv would be written",
        ),
        (
            ["track", "VIDEO", "--identity", "OUT/same.csv", "--out", "OUT/same.csv"],
            "CONFIG_INVALID: OUT/same.csv would be written over",
        ),
    ],
)
def test_what_is_wrong_is_one_line_and_leaves_nothing(pipeline, video, tmp_path, capsys, words, message):
    if "OUT/same.csv" in words:
        (tmp_path / "same.csv").write_text("a,b\n")
    before = names_in(tmp_path)
    places = {"VIDEO": str(video[0]), "OUT": str(tmp_path)}

    def placed(text: str) -> str:
        for name, place in places.items():
            text = text.replace(name, place)
        return text

    assert cli.main([placed(word) if word.isupper() or word[:3] in ("OUT", "VID") else word for word in words]) == 2
    lines = capsys.readouterr().err.splitlines()
    head, _, rest = message.partition(": ")
    assert lines[-1].startswith(f"error: {head}: {placed(rest)}") and " Remedy: " in lines[-1]
    assert names_in(tmp_path) == before


def test_a_file_that_opens_and_has_no_frame_leaves_nothing(pipeline, video, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(recording, "read_all", lambda _video: iter(()))
    words = ["track", str(video[0]), "--out", str(tmp_path / "w.csv"), "--overlay", str(tmp_path / "o.mp4")]
    assert cli.main(words) == 2
    assert "SOURCE_UNAVAILABLE" in capsys.readouterr().err and names_in(tmp_path) == []


def test_settings_of_a_stranger_reach_the_pipeline(monkeypatch, tmp_path):
    seen = []

    def load(_cls, config):
        seen.append(config)
        raise KeyboardInterrupt

    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path))
    monkeypatch.setattr(LivePipeline, "from_config", classmethod(load))
    source = write_video(tmp_path / "v.avi", [np.zeros((48, 64, 3), np.uint8)], 10.0)
    words = ["live", "--source", str(source), "--out", str(tmp_path / "w.csv"), "--rig", "other", "--device", "cpu"]
    assert cli.main(words) == 130
    assert seen == [replace(FacewrightConfig(), cache_dir=tmp_path, rig="other", device="cpu")]
    assert names_in(tmp_path) == ["v.avi"]
