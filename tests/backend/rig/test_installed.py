"""Tests of loading, checking and caching rigs."""

import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from backend.rig.tiny_rig import write_tiny_rig
from facewright.errors import RigInvalid, RigUnknown
from facewright.rig.cache import read_cache
from facewright.rig.installed import list_rigs, load_rig


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_rig(tmp_path / "rigs")


def load(folder: Path):
    return load_rig(folder.name, folder.parent, folder.parent.parent / "cache")


def test_a_rig_holds_what_its_files_say(folder):
    rig = load(folder)
    stored = load_file(folder / "mesh.safetensors")
    skin = load_file(folder / "skin.safetensors")
    assert (rig.id, rig.version) == ("tiny", "0.1.0")
    assert [bone.parent for bone in rig.bones] == [-1, 0, 1, 1, 1, 2]
    assert rig.bones[3].name == "cheek.L" and rig.bones[3].roll == 1.1
    assert rig.parameters[0].maximum == 6.0 and rig.parameters[2].asymmetry
    assert np.allclose(rig.mesh.vertices_m, stored["vertices_m"] + skin["base_offset_m"])
    assert rig.channel_maximum[0, 2, 1] == np.float32(0.006) and rig.channel_minimum[1, 4, 5] == np.float32(0.15)
    assert rig.anchors["eye_centre.R"].tolist() == [2, 3]
    assert rig.prior.factors.shape == (3, 2) and rig.landmarks.triangles.tolist() == [0, 3, 7]
    assert rig.appearance is None


def test_optional_files_may_be_absent(folder):
    (folder / "prior.safetensors").unlink()
    (folder / "landmarks.safetensors").unlink()
    rig = load(folder)
    assert rig.prior is None and rig.landmarks is None


def test_sidedness_may_be_left_out(folder):
    edit(folder / "parameters.toml", "mirrored = false\nasymmetry = true\n", "")
    rig = load(folder)
    assert (rig.parameters[2].mirrored, rig.parameters[2].asymmetry) == (False, False)
    assert rig.parameters[0].mirrored


def test_a_neutral_offset_is_kept_apart_from_the_ranges(folder):
    edit(folder / "parameters.toml", '"location_y", -0.004, 0, 0.006', '"location_y", -0.004, 0.001, 0.006')
    rig = load(folder)
    assert rig.channel_neutral[2, 1] == np.float32(0.001)
    assert np.allclose(rig.channel_minimum[0, 2, 1], -0.005) and np.allclose(rig.channel_maximum[0, 2, 1], 0.005)


def test_a_rig_from_the_cache_equals_the_compiled_one(folder):
    first, second = load(folder), load(folder)
    assert len(list((folder.parent.parent / "cache").iterdir())) == 1
    assert first.parameters == second.parameters and first.digest == second.digest
    assert [bone.name for bone in first.bones] == [bone.name for bone in second.bones]
    for name in ("skin_indices", "skin_weights", "blendshapes", "channel_minimum", "channel_maximum"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
        assert getattr(first, name).dtype == getattr(second, name).dtype
    assert np.array_equal(first.anchors["nose_tip"], second.anchors["nose_tip"])
    assert np.array_equal(first.bones[4].tail, second.bones[4].tail) and second.appearance is None


def test_a_changed_file_is_compiled_anew(folder):
    before = load(folder)
    edit(folder / "skeleton.toml", "roll = 1.1\n", "roll = 1.2\n")
    after = load(folder)
    assert after.bones[3].roll == 1.2 and after.digest != before.digest


def test_a_damaged_cache_file_is_made_again(folder):
    load(folder)
    (cached,) = (folder.parent.parent / "cache").iterdir()
    cached.write_bytes(b"\x10\x00 not a cache")
    assert len(load(folder).bones) == 6
    assert read_cache(cached) is not None


def test_a_cache_that_cannot_be_written_is_done_without(folder, tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert len(load_rig("tiny", folder.parent, blocked / "cache").bones) == 6
    assert "could not be kept" in caplog.text


def test_a_warm_load_is_quick(folder):
    load(folder)
    start = time.perf_counter()
    load(folder)
    assert time.perf_counter() - start < 0.3


def test_rigs_are_listed_by_folder(folder):
    write_tiny_rig(folder.parent, "another")
    assert list_rigs(folder.parent) == ["another", "tiny"]


def test_an_unknown_rig_names_the_installed_ones(folder):
    with pytest.raises(RigUnknown, match="no rig 'tinny' .*installed: tiny"):
        load_rig("tinny", folder.parent)


BAD_TEXT = [
    ("rig.toml", 'id = "tiny"', 'id = "other"', "rig.toml: key 'id': expected the folder's name 'tiny'"),
    ("rig.toml", 'version = "0.1.0"', "version = 1", "rig.toml: key 'version': expected str, found 1"),
    ("rig.toml", 'version = "0.1.0"', "", "rig.toml: key 'version' is missing"),
    ("rig.toml", 'source = "file"', 'source = "cloud"', "key 'source': expected one of file, makehuman"),
    ("rig.toml", "= [9]", "= [60]", "anchors.nose_tip: expected a list of vertex numbers from 0 to 59"),
    (
        "rig.toml",
        'source = "file"',
        'source = "file"\nfiles = ["lost.png"]',
        "key 'files': 'lost.png' is not in the folder",
    ),
    ("rig.toml", '"eye_centre.L"', '"eye"', "anchors: 'eye_centre.L' is missing; cameras aim at the eyes"),
    ("skeleton.toml", 'parent = "nose"', 'parent = "noze"', "bone 'tip': parent 'noze' is not among the bones above"),
    ("skeleton.toml", 'name = "tip"', 'name = "nose"', "bone 'nose': the name stands twice"),
    ("skeleton.toml", "roll = 0.7", 'roll = "left"', "skeleton.toml: key 'bone 'tip': roll': expected float"),
    (
        "skeleton.toml",
        "tail = [0.06, -0.07, 1.61]",
        "tail = [0.06, -0.07]",
        "bone 'cheek.L': tail: expected three numb",
    ),
    (
        "skeleton.toml",
        "tail = [0.06, -0.07, 1.61]",
        "tail = [0.04, -0.06, 1.60]",
        "'cheek.L': head and tail are the sam",
    ),
    ("skeleton.toml", "[[bone]]", "[[bone", "skeleton.toml: not valid TOML"),
    ("parameters.toml", '["tip", ', '["tap", ', "parameter 'nose_length': channels: no bone 'tap'"),
    ("parameters.toml", '"scale_y"', '"scale_w"', "expected one of location_x, .* found 'scale_w'"),
    ("parameters.toml", ", 0, 0.3]", ", 0]", "parameter 'nose_length': channels: expected .*found "),
    (
        "parameters.toml",
        "asymmetry = false",
        'asymmetry = "no"',
        "key 'parameter 'nose_length': asymmetry': expected bool",
    ),
    ("parameters.toml", 'unit = "mm"', 'unit = "inch"', "parameter 'nose_length': unit: expected one of mm, degree"),
    ("parameters.toml", "minimum = 0.9", "minimum = 1.3", "'cheek_width': expected minimum <= neutral <= maximum"),
    ("parameters.toml", '"head_tilt"', '"nose_length"', "parameter 'nose_length': the name stands twice"),
]


@pytest.mark.parametrize(("name", "good", "bad", "complaint"), BAD_TEXT)
def test_a_wrong_text_file_is_refused_by_file_and_key(folder, name, good, bad, complaint):
    edit(folder / name, good, bad)
    with pytest.raises(RigInvalid, match=complaint) as caught:
        load(folder)
    assert f"tiny/{name}" in str(caught.value) and caught.value.remedy


BAD_ARRAYS = [
    ("mesh", "triangles", lambda values: values + 1, "'triangles': expected indices from 0 to 59, found 1 to 60"),
    ("mesh", "blendshapes", lambda values: values[:51], r"'blendshapes': expected shape \(52, 'any', 3\)"),
    ("skin", "weights", lambda values: values * 0.9, "expected rows >= 0 that sum to 1, row .* sums to 0.9"),
    ("skin", "indices", lambda values: values + 1, "'indices': expected indices from 0 to 5"),
    ("skin", "base_offset_m", lambda values: values * np.nan, "'base_offset_m' holds values that are not finite"),
    ("prior", "mean", lambda values: values + 1, "'mean': expected values in"),
    ("prior", "factors", lambda values: values[:2], r"'factors': expected shape \(3, 'any'\), found \(2, 2\)"),
    ("landmarks", "triangles", lambda values: values + 999, "landmarks.safetensors: array 'triangles'"),
]


@pytest.mark.parametrize(("name", "array", "spoil", "complaint"), BAD_ARRAYS)
def test_a_wrong_array_is_refused_by_file_and_name(folder, name, array, spoil, complaint):
    path = folder / f"{name}.safetensors"
    arrays = load_file(path)
    arrays[array] = np.ascontiguousarray(spoil(arrays[array]))
    save_file(arrays, path)
    with pytest.raises(RigInvalid, match=complaint):
        load(folder)


@pytest.mark.parametrize("name", ["skeleton.toml", "parameters.toml", "skin.safetensors", "mesh.safetensors"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(RigInvalid, match=f"tiny/{name}: the file is missing"):
        load(folder)


def test_a_file_that_is_not_safetensors_is_named(folder):
    (folder / "skin.safetensors").write_bytes(b"nonsense")
    with pytest.raises(RigInvalid, match="tiny/skin.safetensors: not a safetensors file"):
        load(folder)


def edit(path: Path, good: str, bad: str) -> None:
    text = path.read_text()
    assert good in text
    path.write_text(text.replace(good, bad, 1))
