"""Tests of batches with real worker processes: accidents, resuming, Ctrl-C, the summary."""

import csv
import errno
import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.pipelines.stand_in_fit import open_and_die, open_if_deaf, open_nothing, open_slowly, open_stand_in
from facewright.config import FacewrightConfig, FittingConfig
from facewright.errors import ConfigInvalid, FacewrightError, OutputNotWritable, RigUnknown
from facewright.pipelines import batch, workers
from facewright.pipelines.overview import TILE_PX
from facewright.pipelines.workers import STOP_GRACE_S


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, order in {"a": "0.25", "b": "0.5", "c": "0.75"}.items():
        (folder / f"{name}.jpg").write_text(order)
    return folder


def run(photos: Path, config: FacewrightConfig | None = None, open_fit=open_stand_in, **choices) -> batch.Summary:
    return batch.run(
        config or FacewrightConfig(), [str(photos)], photos.parent / "out", show_bar=False, open_fit=open_fit, **choices
    )


def rows(photos: Path) -> dict[str, dict[str, str]]:
    with (photos.parent / "out" / "summary.csv").open(newline="") as stream:
        return {row["folder"]: row for row in csv.DictReader(stream)}


def process_of(photos: Path, name: str) -> int:
    return json.loads((photos.parent / "out" / name / "rig.json").read_text())["process"]


def test_every_photo_gets_its_folder_and_its_row(photos):
    summary = run(photos, workers=2)
    assert (summary.count("done"), summary.failed) == (3, 0)
    table = rows(photos)
    assert [table[name]["loss_total"] for name in "abc"] == ["0.25", "0.5", "0.75"]
    assert table["a"]["file"] == str(photos / "a.jpg") and float(table["a"]["seconds"]) >= 0
    with Image.open(photos.parent / "out" / "overview.png") as overview:
        grey = np.asarray(overview.convert("RGB")) == 90
        assert overview.width >= 3 * TILE_PX and grey.all(-1).sum() > 2.5 * TILE_PX**2, "three heads side by side"


def test_bad_photos_are_recorded_with_reason_and_do_not_stop_the_rest(photos, capsys):
    (photos / "a.jpg").write_text("no face")
    (photos / "b.jpg").write_text("surprise")
    summary = run(photos)
    assert (summary.count("done"), summary.failed) == (1, 2)
    assert "a.jpg: FACE_NOT_FOUND: There is no face in it. Remedy: Take another photo." in capsys.readouterr().err
    table = rows(photos)
    assert (table["a"]["status"], table["a"]["reason"]) == ("failed", "FACE_NOT_FOUND")
    assert (table["a"]["message"], table["a"]["remedy"]) == ("There is no face in it.", "Take another photo.")
    assert table["b"]["reason"] == "UNEXPECTED" and "ZeroDivisionError: nobody" in table["b"]["message"]
    assert "stand_in_fit.py" in table["b"]["message"]
    assert table["c"]["status"] == "done"


def test_a_worker_that_dies_costs_its_own_photo_only(photos):
    (photos / "a.jpg").write_text("die")
    summary = run(photos)
    assert summary.one_line() == "2 fitted, 0 skipped as done, 1 failed"
    assert rows(photos)["a"]["reason"] == "WORKER_DIED" and "exit code 9" in rows(photos)["a"]["message"]


def test_a_photo_that_goes_away_during_the_fit_fails_alone(photos):
    (photos / "a.jpg").write_text("vanish")
    assert run(photos).one_line() == "2 fitted, 0 skipped as done, 1 failed"
    assert rows(photos)["a"]["reason"] == "IMAGE_UNREADABLE"


def test_a_second_run_skips_what_is_done_and_force_does_not(photos):
    (photos / "c.jpg").write_text("no face")
    run(photos)
    first = process_of(photos, "a")
    (photos / "c.jpg").write_text("0.125")
    summary = run(photos)
    assert summary.one_line() == "1 fitted, 2 skipped as done, 0 failed"
    assert process_of(photos, "a") == first
    assert rows(photos)["a"]["loss_total"] == "0.25" and rows(photos)["c"]["loss_total"] == "0.125"
    assert run(photos, force=True).count("done") == 3
    assert process_of(photos, "a") != first


@pytest.mark.parametrize("damage", ["photo", "result", "missing", "record"])
def test_what_is_changed_or_damaged_is_done_again(photos, damage):
    run(photos)
    result = photos.parent / "out" / "b"
    if damage == "photo":
        (photos / "b.jpg").write_text("0.375")
    if damage == "result":
        (result / "rig.json").write_text("{")
    if damage == "missing":
        (result / "front.png").unlink()
    if damage == "record":
        (result / batch.RECORD_NAME).write_text("[]")
    assert run(photos).one_line() == "1 fitted, 2 skipped as done, 0 failed"


def test_another_config_fits_everything_again(photos):
    run(photos)
    assert run(photos, FacewrightConfig(fitting=FittingConfig(prior_weight=3.0))).count("done") == 3
    assert rows(photos)["a"]["loss_prior"] == "3"


def test_ctrl_c_keeps_what_is_finished_and_stops_the_workers_at_once(photos, monkeypatch):
    (photos / "b.jpg").write_text("wait")
    original = batch.conclude

    def interrupt_after_the_last(item, *arguments):
        outcome = original(item, *arguments)
        if item.photo.stem == "c":  # handed out after b, which is being worked at
            raise KeyboardInterrupt
        return outcome

    monkeypatch.setattr(batch, "conclude", interrupt_after_the_last)
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        run(photos, workers=2)
    assert time.perf_counter() - start < 0.8 * STOP_GRACE_S
    assert set(rows(photos)) == {"a"}
    monkeypatch.setattr(batch, "conclude", original)
    (photos / "b.jpg").write_text("0.5")
    assert run(photos).one_line() == "1 fitted, 2 skipped as done, 0 failed"


def test_ctrl_c_while_the_workers_load_does_not_wait_for_them(photos, monkeypatch):
    def interrupt(_connections):
        raise KeyboardInterrupt

    monkeypatch.setattr(workers, "wait", interrupt)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(photos, open_fit=open_slowly, workers=2)
    assert time.monotonic() - begun < STOP_GRACE_S / 2


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals of POSIX")
def test_ctrl_c_does_not_reach_a_worker_even_while_it_imports(photos):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert run(photos, open_fit=open_if_deaf).count("done") == 3
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_what_no_worker_can_load_stops_the_batch_with_the_real_reason(photos):
    with pytest.raises(FacewrightError, match="embedder is not there") as raised:
        run(photos, open_fit=open_nothing)
    assert raised.value.reason == "WEIGHTS_MISSING" and "build.py weights" in raised.value.remedy


def test_a_worker_that_dies_while_it_loads_stops_the_batch(photos):
    with pytest.raises(FacewrightError, match="exit code 7") as raised:
        run(photos, open_fit=open_and_die, workers=2)
    assert raised.value.reason == "WORKER_DIED"


def test_an_output_folder_that_cannot_be_made_is_an_error_before_any_work(photos):
    (photos.parent / "out").write_text("a file")
    with pytest.raises(OutputNotWritable, match="could not be written"):
        run(photos, open_fit=open_nothing)


def test_a_full_disk_fails_the_photo_and_leaves_no_half_written_record(photos, monkeypatch):
    def full(path, _text, **_settings):
        raise OSError(errno.ENOSPC, "No space left on device")

    def conclude_on_a_full_disk(*arguments):
        with monkeypatch.context() as disk:
            disk.setattr(Path, "write_text", full)
            return conclude(*arguments)

    conclude = batch.conclude
    monkeypatch.setattr(batch, "conclude", conclude_on_a_full_disk)
    summary = run(photos)
    assert {outcome.failure.reason for outcome in summary.outcomes} == {"OUTPUT_NOT_WRITABLE"}
    assert not list(photos.parent.rglob(f"*{batch.RECORD_NAME}*"))


def test_wrong_arguments_are_errors(photos):
    with pytest.raises(ConfigInvalid, match="--workers is 0"):
        run(photos, workers=0)
    with pytest.raises(RigUnknown):
        run(photos, FacewrightConfig(rig="nobody"))
