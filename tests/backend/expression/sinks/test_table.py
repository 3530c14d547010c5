"""Tests of tables: read back by csv and json, whole or not there."""

import csv
import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.expression.sinks.faces import expression, seen_by_camera
from facewright.datatypes import ARKIT_52
from facewright.errors import ConfigInvalid, OutputNotWritable
from facewright.expression.sinks.table import TableSink

TURNED = seen_by_camera(Rotation.from_euler("YXZ", [-30, -10, 5], degrees=True))


def write(path) -> None:
    sink = TableSink(path)
    sink.send(expression({}, state="lost"), 0.0)
    sink.send(expression(None, TURNED), 0.04)
    sink.close()


def test_a_csv_has_a_row_a_frame_under_named_columns(tmp_path):
    write(tmp_path / "new" / "w.csv")
    with (tmp_path / "new" / "w.csv").open(newline="") as stream:
        first, second = csv.DictReader(stream)
    assert list(first)[:5] == ["time_s", "state", "head_yaw_deg", "head_pitch_deg", "head_roll_deg"]
    assert tuple(list(first)[5:]) == ARKIT_52
    assert (first["state"], first["head_yaw_deg"], first["jawOpen"]) == ("lost", "", "0.0")
    assert [float(second[name]) for name in ARKIT_52] == pytest.approx(np.arange(1, 53) / 64.0, abs=1e-5)
    assert [float(second[f"head_{name}_deg"]) for name in ("yaw", "pitch", "roll")] == pytest.approx([30, 10, 5])
    assert float(second["time_s"]) == 0.04


def test_a_json_says_the_same(tmp_path):
    write(tmp_path / "w.JSON")
    document = json.loads((tmp_path / "w.JSON").read_text())
    first, second = (dict(zip(document["columns"], row, strict=True)) for row in document["rows"])
    assert document["format"] == "facewright.expressions/1"
    assert (first["head_yaw_deg"], second["state"], second["head_yaw_deg"]) == (None, "tracked", 30.0)
    assert second["tongueOut"] == pytest.approx(52 / 64)


@pytest.mark.parametrize("name", ["w.csv", "w.json"])
def test_the_file_appears_at_the_end_and_replaces_what_was_there(tmp_path, name):
    path = tmp_path / name
    path.write_text("before")
    sink = TableSink(path)
    sink.send(expression(), 0.0)
    assert path.read_text() == "before"
    sink.close()
    assert path.read_text() != "before" and [file.name for file in tmp_path.iterdir()] == [name]


def test_without_a_row_nothing_is_left(tmp_path):
    TableSink(tmp_path / "w.json").close()
    assert list(tmp_path.iterdir()) == []


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(ConfigInvalid, match=r"does not end in \.csv or \.json"):
        TableSink(tmp_path / "w.xlsx")


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputNotWritable, match=r"w\.csv"):
        TableSink(tmp_path / "file" / "w.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OutputNotWritable, match=r"folder\.csv"):
        TableSink(tmp_path / "folder.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.csv"]
