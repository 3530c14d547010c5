"""Tests of the checklist: what is broken gets a failing line with a remedy, and nothing raises."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from facewright import doctor
from facewright.config import FacewrightConfig
from facewright.rig.installed import RIGS_DIR


def test_a_python_that_is_too_old_fails_with_a_remedy():
    finding = doctor.check_python((3, 10, 4))
    assert finding.is_failure and "3.10.4" in finding.detail and "install Python 3.11" in finding.remedy
    assert not doctor.check_python((3, 11, 0)).is_failure
    assert not doctor.check_python((3, 14, 1)).is_failure


def test_a_package_that_is_missing_is_named():
    finding = doctor.check_packages(("json", "no_such_package_anywhere"))
    assert finding.is_failure and "no_such_package_anywhere" in finding.detail and finding.remedy == doctor.SETUP
    assert not doctor.check_packages().is_failure


def test_without_an_opengl_context_a_fit_still_works(monkeypatch):
    def fail(**_settings):
        raise RuntimeError("no display")

    monkeypatch.setattr("moderngl.create_context", fail)
    finding = doctor.check_opengl()
    assert (finding.mark, finding.is_failure) == ("warn", False)
    assert "no display" in finding.detail and finding.remedy


def test_model_files_that_are_missing_fail_one_line_each(tmp_path):
    findings = list(doctor.check_weights(FacewrightConfig(cache_dir=tmp_path)))
    assert len(findings) >= 5
    assert all(finding.is_failure and "missing" in finding.detail for finding in findings)
    assert all("build.py weights" in finding.remedy for finding in findings)


def test_a_model_file_that_is_damaged_fails(tmp_path):
    from facewright import model_files

    entry = model_files.catalogue()["detector"]
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / entry.file).write_bytes(b"not the model")
    findings = {finding.subject: finding for finding in doctor.check_weights(FacewrightConfig(cache_dir=tmp_path))}
    assert "corrupt" in findings["model file detector"].detail


def test_a_rigs_folder_without_rigs_fails(tmp_path):
    (finding,) = doctor.check_rigs(FacewrightConfig(), tmp_path)
    assert finding.is_failure and str(tmp_path) in finding.detail


def test_a_rig_with_an_unreadable_file_fails_with_the_rigs_own_remedy(tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "rig.toml").write_text("id = ")
    (finding,) = doctor.check_rigs(FacewrightConfig(cache_dir=tmp_path / "cache"), tmp_path)
    assert finding.is_failure and "RIG_INVALID" in finding.detail and finding.remedy


@pytest.fixture
def rig_copy(tmp_path) -> Path:
    shutil.copytree(RIGS_DIR / "makehuman", tmp_path / "makehuman")
    return tmp_path / "makehuman"


def check_copy(rig_copy: Path) -> doctor.Finding:
    return doctor.check_rig("makehuman", rig_copy.parent, FacewrightConfig(cache_dir=rig_copy.parent / "cache"))


def test_a_rig_with_all_its_files_passes(rig_copy):
    assert check_copy(rig_copy).mark == "ok"


@pytest.mark.parametrize("name", ["imitator", "prior", "landmarks", "appearance"])
def test_a_rig_that_lacks_a_file_fails_and_says_so(rig_copy, name):
    (rig_copy / f"{name}.safetensors").unlink()
    finding = check_copy(rig_copy)
    assert finding.is_failure and name.rstrip("s") in finding.detail and finding.remedy


def test_a_damaged_imitator_fails(rig_copy):
    (rig_copy / "imitator.safetensors").write_bytes(b"nothing")
    assert "WEIGHTS_CORRUPT" in check_copy(rig_copy).detail


def test_a_rig_without_landmark_correction_works_less_exactly(rig_copy):
    (rig_copy / "correction.safetensors").unlink()
    assert check_copy(rig_copy).mark == "warn"


def test_a_cache_below_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    finding = doctor.check_cache(tmp_path / "file" / "cache")
    assert finding.is_failure and "FACEWRIGHT_CACHE" in finding.remedy
    assert not doctor.check_cache(tmp_path / "cache").is_failure


def test_a_cache_on_a_full_disk_fails(tmp_path):
    usage = namedtuple("usage", "free")
    finding = doctor.check_cache(tmp_path, disk_usage=lambda _folder: usage(free=12_000_000))
    assert finding.is_failure and "12 MB free" in finding.detail


def test_the_whole_checklist_holds_a_line_for_each_thing_a_fit_needs(tmp_path):
    subjects = [finding.subject for finding in doctor.examine(FacewrightConfig(cache_dir=tmp_path))]
    assert subjects[:5] == ["python", "packages", "torch", "opengl", "cache"]
    assert "model file embedder" in subjects and "rig makehuman" in subjects
