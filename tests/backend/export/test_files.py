"""Results are written whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from facewright.errors import ConfigInvalid, FacewrightError, OutputNotWritable
from facewright.export.files import PendingFile, atomic_write, check_folder, check_inputs_stay, write_folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def disk_full(path: Path) -> None:
    path.write_text("half of it")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_is_written_under_its_name_and_nothing_else_stays(tmp_path):
    atomic_write(tmp_path / "new" / "a.txt", lambda path: path.write_text("whole"))
    assert names(tmp_path / "new") == ["a.txt"]
    assert (tmp_path / "new" / "a.txt").read_text() == "whole"


def test_the_writer_gets_a_path_with_the_same_suffix_in_the_same_folder(tmp_path):
    given = []
    atomic_write(tmp_path / "a.png", lambda path: (given.append(path), path.write_bytes(b"x")))
    assert given[0].suffix == ".png"
    assert given[0].parent == tmp_path
    assert given[0].name != "a.png"


def test_a_full_disk_leaves_the_old_file_and_nothing_half_written(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(OutputNotWritable, match="a.txt could not be written: No space left") as caught:
        atomic_write(tmp_path / "a.txt", disk_full)
    assert "free some disk space" in caught.value.remedy
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_a_mistake_of_the_writer_is_passed_on_and_leaves_nothing(tmp_path):
    def mistaken(path: Path) -> None:
        path.write_text("half")
        raise KeyError("colour")

    with pytest.raises(KeyError, match="colour"):
        atomic_write(tmp_path / "a.txt", mistaken)
    assert names(tmp_path) == []


def test_a_file_in_the_place_of_a_folder_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "take.csv").mkdir()
    with pytest.raises(OutputNotWritable, match="Is a directory") as caught:
        PendingFile(tmp_path / "take.csv")
    assert "choose another name" in caught.value.remedy


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, KeyError])
def test_a_folder_that_was_not_finished_leaves_no_empty_folders_above_it(tmp_path, trouble):
    def stopped(folder: Path) -> None:
        (folder / "a.txt").write_text("half")
        raise trouble

    with pytest.raises(trouble):
        write_folder(tmp_path / "out" / "random" / "0001", stopped)
    assert names(tmp_path) == []


def test_a_path_through_a_file_is_refused_with_a_remedy(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputNotWritable) as caught:
        atomic_write(tmp_path / "out" / "a.txt", lambda path: path.write_text("x"))
    assert "--out" in caught.value.remedy
    assert names(tmp_path) == ["out"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputNotWritable, match="Permission denied"):
        atomic_write(tmp_path / "a.txt", lambda path: path.write_text("x"))
    tmp_path.chmod(0o700)


def test_a_folder_appears_with_all_its_files_and_keeps_others(tmp_path):
    folder = tmp_path / "head"
    folder.mkdir()
    (folder / "a.txt").write_text("old")
    (folder / "notes.txt").write_text("mine")

    def write(temporary: Path) -> None:
        assert names(folder) == ["a.txt", "notes.txt"]
        (temporary / "a.txt").write_text("new")
        (temporary / "b.txt").write_text("new")

    write_folder(folder, write)
    assert names(tmp_path) == ["head"]
    assert {name: (folder / name).read_text() for name in names(folder)} == {
        "a.txt": "new",
        "b.txt": "new",
        "notes.txt": "mine",
    }


def test_a_disk_that_fills_up_on_the_second_file_leaves_no_folder(tmp_path):
    def write(temporary: Path) -> None:
        (temporary / "a.txt").write_text("new")
        atomic_write(temporary / "b.txt", disk_full)

    with pytest.raises(FacewrightError, match=r"head could not be written: No space left") as caught:
        write_folder(tmp_path / "head", write)
    assert caught.value.reason == "OUTPUT_NOT_WRITABLE"
    assert names(tmp_path) == []


def test_a_file_in_the_place_of_the_folder_is_refused_and_stays(tmp_path):
    (tmp_path / "head").write_text("a file")
    with pytest.raises(OutputNotWritable):
        write_folder(tmp_path / "head", lambda temporary: (temporary / "a.txt").write_text("new"))
    assert names(tmp_path) == ["head"]
    assert (tmp_path / "head").read_text() == "a file"


def test_a_folder_that_can_be_written_passes_and_is_not_made(tmp_path):
    (tmp_path / "there").mkdir()
    for folder in (tmp_path / "there", tmp_path / "new" / "deep"):
        check_folder(folder)
    assert names(tmp_path) == ["there"]


@pytest.mark.parametrize(
    ("place", "remedy"), [("file", "a file has the folder's name"), ("file/below/deep", "a part of the path is a file")]
)
def test_a_file_where_a_folder_shall_be_is_told_before_the_work(tmp_path, place, remedy):
    (tmp_path / "file").touch()
    with pytest.raises(OutputNotWritable, match="could not be written") as caught:
        check_folder(tmp_path / place)
    assert remedy in caught.value.remedy


def test_a_folder_without_permission_is_told_before_the_work(tmp_path, monkeypatch):
    """Permission bits do not bind an administrator, so that the system's answer is played."""
    monkeypatch.setattr(os, "access", lambda place, _mode: place != tmp_path)
    with pytest.raises(OutputNotWritable, match="Permission denied") as caught:
        check_folder(tmp_path / "new")
    assert "that you may write to" in caught.value.remedy


def test_what_is_read_may_not_be_written_under_any_of_its_names(tmp_path):
    (tmp_path / "a.csv").touch()
    (tmp_path / "again.csv").hardlink_to(tmp_path / "a.csv")
    check_inputs_stay((tmp_path / "a.csv", None), (tmp_path / "new.csv", None))
    with pytest.raises(ConfigInvalid, match="a.csv would be written over"):
        check_inputs_stay((None, tmp_path / "a.csv"), (tmp_path / "new.csv", tmp_path / "again.csv"))
