"""Tests of the edits that a rig makes to its source's head and blendshapes."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from backend.rig.tiny_rig import write_tiny_rig
from facewright.errors import RigInvalid
from facewright.rig.compile import rig_digest
from facewright.rig.installed import load_rig


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_rig(tmp_path / "rigs")


def arrays() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(3)
    return {
        "vertices": np.array([7, 2, 31], np.int32),
        "base_offset_m": generator.normal(size=(3, 3)).astype(np.float32),
        "blendshapes": np.array([40, 5], np.int32),
        "blendshape_offset_m": generator.normal(size=(2, 3, 3)).astype(np.float32),
    }


def load(folder: Path):
    return load_rig(folder.name, folder.parent, folder.parent.parent / "cache")


def test_edits_are_added_to_the_named_vertices_and_shapes_only(folder):
    plain, edits = load(folder), arrays()
    save_file(edits, folder / "shapes.safetensors")
    edited = load(folder)
    moved, shapes = edited.mesh.vertices_m - plain.mesh.vertices_m, edited.blendshapes - plain.blendshapes
    for row, vertex in enumerate(edits["vertices"]):
        assert np.allclose(moved[vertex], edits["base_offset_m"][row], atol=1e-6)
        for number, shape in enumerate(edits["blendshapes"]):
            assert np.allclose(shapes[shape, vertex], edits["blendshape_offset_m"][number, row], atol=1e-6)
    assert np.count_nonzero(np.abs(moved).sum(1)) == 3
    assert np.count_nonzero(np.abs(shapes).sum(2)) == 6


def test_the_file_is_part_of_the_digest(folder):
    before = rig_digest(folder)
    save_file(arrays(), folder / "shapes.safetensors")
    assert rig_digest(folder) != before


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("vertices", lambda a: np.array([7, 7, 31], np.int32), "'vertices': an index stands twice"),
        ("vertices", lambda a: np.array([7, 2, 6000], np.int32), "'vertices': expected indices from 0 to 59"),
        ("blendshapes", lambda a: np.array([40, 52], np.int32), "'blendshapes': expected indices from 0 to 51"),
        ("base_offset_m", lambda a: a[:2], r"'base_offset_m': expected shape \(3, 3\)"),
        ("blendshape_offset_m", lambda a: a[:1], r"'blendshape_offset_m': expected shape \(2, 3, 3\)"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(folder, name, change, complaint):
    edits = arrays()
    edits[name] = np.ascontiguousarray(change(edits[name]))
    save_file(edits, folder / "shapes.safetensors")
    with pytest.raises(RigInvalid, match=complaint):
        load(folder)


def test_the_default_rig_edits_whole_lids_on_both_sides():
    stored = load_file(Path(__file__).parents[3] / "rigs" / "makehuman" / "shapes.safetensors")
    assert len(stored["blendshapes"]) == len(stored["blendshape_offset_m"])
    assert np.abs(stored["base_offset_m"]).max() < 0.008
