"""Tests of a batch of real photos through the command line: one bad photo, resuming, exit codes."""

import csv
import shutil
from pathlib import Path

from facewright.cli import main
from facewright.errors import BlenderUnavailable
from facewright.export.blender import find_blender

QUICK = ("--set", "fitting.iterations=2", "--quiet")


def rows(out: Path) -> dict[str, dict[str, str]]:
    with (out / "summary.csv").open(newline="") as stream:
        return {row["folder"]: row for row in csv.DictReader(stream)}


def test_a_bad_photo_fails_alone_and_a_second_run_skips_what_is_done(photo, tmp_path, capsys):
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    shutil.copy(photo, photos / "good.png")
    (photos / "bad.png").write_text("not a picture")

    assert main(["batch", str(photos), "--out", str(out), *QUICK]) == 1
    first = rows(out)
    assert (first["good"]["status"], first["bad"]["status"]) == ("done", "failed")
    assert first["bad"]["reason"] == "IMAGE_UNREADABLE" and first["bad"]["remedy"]
    assert (out / "good" / "head.glb").is_file() and not (out / "bad").exists()
    assert (out / "overview.png").is_file()
    written = (out / "good" / "rig.json").stat().st_mtime_ns

    (photos / "bad.png").unlink()
    assert main(["batch", str(photos / "*.png"), "--out", str(out), *QUICK]) == 0
    assert rows(out)["good"]["status"] == "skipped"
    assert rows(out)["good"]["loss_landmarks"] == first["good"]["loss_landmarks"]
    assert (out / "good" / "rig.json").stat().st_mtime_ns == written

    try:
        find_blender()
    except BlenderUnavailable:
        return
    words = [
        "batch",
        str(photos),
        "--out",
        str(out),
        *QUICK[:2],
        "--blend",
        str(tmp_path / "all.blend"),
        "--blend-each",
    ]
    assert main(words) == 0
    shown = capsys.readouterr().err
    assert "1 of 1 head.blend written" in shown and f"all heads: {tmp_path / 'all.blend'}" in shown
    assert min((tmp_path / "all.blend").stat().st_size, (out / "good" / "head.blend").stat().st_size) > 500_000


def test_missing_model_files_stop_a_batch_with_one_line(photo, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path / "cache"))
    assert main(["batch", str(photo), "--out", str(tmp_path / "out"), "--quiet"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: WEIGHTS_MISSING")


def test_a_folder_without_photos_is_an_error(tmp_path, capsys):
    assert main(["batch", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "No photo in" in capsys.readouterr().err
