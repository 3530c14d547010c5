"""Tests of which photos a batch takes and how their folders are named."""

from pathlib import Path

import pytest

from facewright.errors import ConfigInvalid
from facewright.pipelines.plan import expand, plan


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("b.JPG", "a.png", "notes.txt", "sub/c.webp", "sub/d.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def names(paths):
    return [path.name for path in paths]


def test_a_folder_stands_for_the_photos_in_it_sorted_and_no_deeper(photos):
    assert names(expand([str(photos)])) == ["a.png", "b.JPG"]


def test_a_pattern_is_expanded_and_may_go_deeper(photos):
    assert names(expand([str(photos / "sub" / "*.jpg")])) == ["d.jpg"]
    assert names(expand([str(photos / "**" / "*.webp")])) == ["c.webp"]


def test_a_file_is_taken_whatever_its_suffix_and_also_if_it_is_missing(photos):
    assert names(expand([str(photos / "notes.txt"), str(photos / "missing.jpg")])) == ["notes.txt", "missing.jpg"]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(photos):
    (photos / "me[1].jpg").write_text("")
    assert names(expand([str(photos / "me[1].jpg")])) == ["me[1].jpg"]


def test_a_photo_that_is_named_twice_is_taken_once(photos):
    assert names(expand([str(photos / "b.JPG"), str(photos)])) == ["b.JPG", "a.png"]


@pytest.mark.parametrize("given", ["empty", "*.tiff"])
def test_an_input_without_photos_is_an_error(photos, given):
    (photos / "empty").mkdir()
    with pytest.raises(ConfigInvalid, match="No photo in"):
        expand([str(photos / given)])


def folders(*photos):
    return [item.folder.as_posix() for item in plan([Path(photo) for photo in photos], Path("out"))]


def test_a_folder_is_named_after_the_stem():
    assert folders("p/anna.jpg", "p/ben.png") == ["out/anna", "out/ben"]


def test_one_stem_with_two_suffixes_is_told_apart_by_them():
    assert folders("p/anna.jpg", "p/anna.png", "p/ben.png") == ["out/anna_jpg", "out/anna_png", "out/ben"]


def test_one_file_name_in_two_folders_is_told_apart_by_the_folder():
    assert folders("p/anna.jpg", "q/anna.jpg") == ["out/p_anna", "out/q_anna"]


def test_names_that_differ_in_case_only_get_different_folders():
    photos = ("p/Anna.jpg", "p/anna.png", "q/ANNA.jpg", "r/p/anna.jpg")
    for order in (photos, photos[::-1]):
        assert len({name.casefold() for name in folders(*order)}) == 4


def test_a_made_up_name_never_hits_the_stem_of_another_photo():
    made = folders("x/a_jpg.png", "x/a.jpg", "x/a.png")
    assert len(set(made)) == 3
