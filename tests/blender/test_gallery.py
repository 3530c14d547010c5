"""Tests that the heads of a batch come together in one Blender file, and that a second run writes only what is new."""

import json
from pathlib import Path

import numpy as np
import pytest

from facewright.datatypes import FitResult, Look, SkinDetail, Style
from facewright.engine.lighting import DEFAULT_LIGHTING
from facewright.export.blender import run_script
from facewright.export.rig_json import rig_document, write_rig_json
from facewright.pipelines.gallery import HEAD_FILE, write_gallery, write_heads
from facewright.rig.anchors import anchor_points
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.prior import sample

SCRIPT = Path(__file__).with_name("gallery_script.py")
NAMES = ("anna", "bo", "ça va")


@pytest.fixture(scope="module")
def folders(rig, tmp_path_factory) -> list[Path]:
    """Result folders of three random heads."""
    made = []
    for number, name in enumerate(NAMES):
        parameters = sample(rig.prior, 1, np.random.default_rng(number))[0]
        look = Look(NEUTRAL_COLOURS, SkinDetail(), Style())
        result = FitResult(parameters, np.zeros(52), None, look, DEFAULT_LIGHTING, {}, {})
        document = rig_document(rig, result, anchor_points(rig, rig.mesh.vertices_m), {}, from_photo=False)
        made.append(tmp_path_factory.mktemp("batch") / name)
        write_rig_json(made[-1] / "rig.json", document)
    return made


def test_all_heads_stand_in_a_grid_each_in_its_own_collection_with_its_name(folders, blender, tmp_path):
    steps = []
    write_gallery(folders, tmp_path / "all.blend", blender, lambda report: steps.append((report.step, report.steps)))
    assert steps == [(1, 3), (2, 3), (3, 3)]
    run_script(blender, SCRIPT, [str(tmp_path / "all.blend"), str(tmp_path / "said.json")])
    said = json.loads((tmp_path / "said.json").read_text())
    assert [one["name"] for one in said] == list(NAMES)
    assert [one["armature"] for one in said] == list(NAMES) and [one["label"] for one in said] == list(NAMES)
    places = [tuple(one["location"][:2]) for one in said]
    assert places == [pytest.approx(place) for place in ((0.0, 0.0), (0.6, 0.0), (0.0, 0.6))]
    assert all(one["keys"] == 53 for one in said)
    assert len({one["size"] for one in said}) == 3, "each has its own shape"


def test_a_second_run_writes_only_heads_whose_results_are_newer(folders, blender):
    assert write_heads(folders[:2], blender, lambda _: None) == 2
    assert all((folder / HEAD_FILE).is_file() for folder in folders[:2])
    assert write_heads(folders[:2], blender, lambda _: None) == 0
    (folders[0] / "rig.json").touch()
    assert write_heads(folders[:2], blender, lambda _: None) == 1
