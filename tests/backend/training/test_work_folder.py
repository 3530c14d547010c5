"""Work on one version of a rig is not continued on another."""

from dataclasses import replace

import pytest

from backend.rig.tiny_rig import write_tiny_rig
from facewright.errors import ConfigInvalid
from facewright.rig.installed import load_rig
from facewright.training.work_folder import claim_work_folder


def test_a_folder_belongs_to_the_version_that_began_it(tmp_path):
    write_tiny_rig(tmp_path / "rigs")
    rig = load_rig("tiny", tmp_path / "rigs", tmp_path / "cache")
    claim_work_folder(tmp_path / "work", rig)
    (tmp_path / "work" / "0000.npz").write_bytes(b"measured")
    claim_work_folder(tmp_path / "work", rig)
    with pytest.raises(ConfigInvalid, match=r"work on rig tiny 0\.1\.0, the rig is tiny 0\.2\.0"):
        claim_work_folder(tmp_path / "work", replace(rig, version="0.2.0"))


def test_a_folder_of_unknown_files_is_refused(tmp_path):
    write_tiny_rig(tmp_path / "rigs")
    rig = load_rig("tiny", tmp_path / "rigs", tmp_path / "cache")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "0000.npz").write_bytes(b"measured")
    with pytest.raises(ConfigInvalid, match="do not say which rig"):
        claim_work_folder(tmp_path / "work", rig)
