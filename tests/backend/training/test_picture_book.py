"""The picture book of parameters: which view shows a motion, what the window holds, what the index says."""

import numpy as np
import pytest

from backend.rig.tiny_rig import write_tiny_rig
from backend.training.test_registration import ball
from facewright.engine.cameras import orbit_camera, project
from facewright.rig.installed import load_rig
from facewright.training.picture_book import (
    BOOK_DIR,
    CAPTION_PX,
    GAP_PX,
    PICTURE_PX,
    PREFERENCE,
    YAWS_DEG,
    Row,
    best_view,
    close_camera,
    draw_group,
    driven_bones,
    index_page,
    make_view,
    shown_motion,
)

EYES = np.array([[-0.032, -0.13, 1.55], [0.032, -0.13, 1.55]])
CAMERAS = {name: orbit_camera(EYES, np.radians(yaw), 0.0, 200) for name, yaw in YAWS_DEG.items()}


@pytest.fixture
def rig(tmp_path):
    write_tiny_rig(tmp_path)
    return load_rig("tiny", tmp_path, tmp_path / "cache")


@pytest.fixture(scope="module")
def head():
    """A head-sized ball (600, 3) in the place of a head, and its views."""
    points, triangles = ball(600)
    points = points * 0.09 + [0, -0.05, 1.55]
    return points, triangles, {name: make_view(camera, points, triangles) for name, camera in CAMERAS.items()}


@pytest.mark.parametrize(
    ("direction", "view"), [((1, 0, 0), "front"), ((0, -1, 0), "profile"), ((0.8, 0.6, 0), "three-quarter")]
)
def test_a_motion_is_shown_where_it_runs_across_the_picture(head, direction, view):
    assert best_view(head[2], np.tile(np.array(direction) * 0.004, (600, 1)), PREFERENCE) == view


def test_a_motion_is_not_shown_from_where_it_is_hidden(head):
    points, triangles, views = head
    motion = np.where((points[:, 0] > 0.06)[:, None], [0.001, 0, 0.004], 0.0)
    right = make_view(orbit_camera(EYES, -np.pi / 2, 0, 200), points, triangles)
    assert best_view({"right": right, "front": views["front"]}, motion, {}) == "front"
    assert right.sight[points[:, 0] > 0.06].max() == 0


def test_a_preferred_view_wins_what_is_nearly_even(head):
    motion = np.tile([0.001, 0.0008, 0.004], (600, 1))
    assert [best_view(head[2], motion, {name: 3.0}) for name in YAWS_DEG] == list(YAWS_DEG)


def test_the_window_holds_what_moves_and_keeps_the_perspective(head):
    points, _, views = head
    middle = np.linalg.norm(points - [0.01, -0.14, 1.56], axis=1) < 0.03
    motion = np.where(middle[:, None], [0, 0, 0.004], 0.0)
    whole = CAMERAS["front"]
    close = close_camera(views["front"], points, motion)
    before, after = project(whole, points)[0], project(close, points)[0]
    factor = close.focal_px / whole.focal_px
    np.testing.assert_allclose(after - after[0], (before - before[0]) * factor, atol=1e-6)
    moved = after[middle]
    assert factor > 1.2 and close.size_px == whole.size_px
    np.testing.assert_allclose((moved.max(0) + moved.min(0)) / 2, 100, atol=1e-6)
    assert moved.min() > 0 and moved.max() < 200


def test_what_moves_the_whole_head_is_shown_on_the_whole_head(head):
    points, _, views = head
    assert close_camera(views["front"], points, np.full((600, 3), 0.001)) is CAMERAS["front"]


def test_a_pair_is_shown_on_its_left_side_unless_the_sides_differ(rig):
    points = np.array([[-0.04, 0, 0], [0.04, 0, 0], [0, 0, 0]])
    motion = np.array([[0.001, 0, 0], [0.001, 0, 0], [0, 0, 0]])
    alike, asymmetric = rig.parameters[1], rig.parameters[2]
    assert shown_motion(motion, points, alike)[:, 0].tolist() == [0, 0.001, 0]
    assert shown_motion(motion, points, asymmetric)[:, 0].tolist() == [0.001, 0.001, 0]
    assert (shown_motion(motion + [0.001, 0, 0], points, alike)[:, 0] > 0).all()


def test_pictures_stand_in_threes_below_their_captions(rig):
    rows = [Row(parameter, "front", ()) for parameter in rig.parameters]
    pictures = [np.full((PICTURE_PX, PICTURE_PX, 3), 20 * i, np.uint8) for i in range(9)]
    sheet = np.asarray(draw_group(rows, pictures))
    lowest = GAP_PX + CAPTION_PX + PICTURE_PX - 1
    for i in range(9):
        column = GAP_PX + i // 3 * (3 * PICTURE_PX + GAP_PX) + i % 3 * PICTURE_PX + PICTURE_PX // 2
        assert (sheet[lowest, column] == 20 * i).all()


def test_a_parameters_strongest_bones_come_first_and_pairs_once(rig):
    assert driven_bones(rig, 0) == ["nose", "tip"]
    assert driven_bones(rig, 1) == ["cheek"]
    assert driven_bones(rig, 2) == ["head", "nose"]


def test_the_index_names_every_parameter_with_range_and_bones(rig):
    page = index_page(rig, [Row(parameter, "front", ()) for parameter in rig.parameters])
    assert "| `nose_length` | Nose length | mm | -4 to 6 | front | nose, tip |" in page
    assert "| `cheek_width` | Cheek width | ratio | 0.9 to 1.2 | front | cheek |" in page
    assert page.count("| `") == 3 and page.count(".webp)") == 3


def test_the_committed_book_shows_the_committed_parameters_in_four_megabytes():
    rig, page = load_rig("makehuman"), (BOOK_DIR / "README.md").read_text(encoding="utf-8")
    assert rig.version in page.splitlines()[0]
    assert [p.name for p in rig.parameters if f"| `{p.name}` |" not in page] == []
    assert page.count("| `") == len(rig.parameters)
    sheets = {path.stem: path.stat().st_size for path in BOOK_DIR.glob("*.webp")}
    assert set(sheets) == {p.group for p in rig.parameters}
    assert sum(sheets.values()) < 4e6
