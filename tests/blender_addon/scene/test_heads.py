"""Heads in a scene of Blender, case by case; each case runs in a process of its own."""

import numpy as np
import pytest
import torch

from facewright.rig.decoder import RigDecoder

SHAPE, MOTION = "cases_of_shape", "cases_of_motion"
TOLERANCE_MM = 0.01
STILL_MM = 0.001


def test_random_sliders_and_expressions_put_every_vertex_where_the_decoder_does(in_blender, rig, people, tmp_path):
    said, found = in_blender(SHAPE, "shape"), np.load(tmp_path / "found.npz")
    decoder = RigDecoder(rig, dtype=torch.float64)
    parameters, expressions = torch.tensor(people, dtype=torch.float64), torch.tensor(found["expressions"])
    vertices = decoder.vertices(parameters, expressions).numpy()
    assert np.abs(vertices - rig.mesh.vertices_m).max() > 0.005
    assert np.linalg.norm(vertices - found["vertices"], axis=2).max() * 1000 < TOLERANCE_MM
    assert said["missing"] == []
    assert said["owner"] == [rig.id, rig.version, "Anna"]
    assert said["turning_bone"] == "head"
    assert said["left_on_disk"] == []
    assert all(is_packed and path.startswith("//") for is_packed, path in said["pictures"])


def test_a_rig_is_read_from_its_description(in_blender, rig, people, shelf):
    said = in_blender(SHAPE, "rig")
    assert said["bones"] == ["skull", "spine", "skull", ""]
    assert len(said["said"]) == 2
    assert said["same"]
    np.testing.assert_allclose(said["channels"], shelf.channels(rig, people[1]), atol=2e-6)
    np.testing.assert_allclose(said["neutral"], shelf.channels(rig, np.full(len(rig.parameters), 0.5)), atol=1e-6)


def test_one_slider_moves_bones_and_respects_locks_ranges_and_sides(in_blender):
    said = in_blender(SHAPE, "one_slider")
    assert 0.5 < said["moved_mm"] < 6.0
    assert said["after_reset"] == [3.0, 0.0, 5.0]
    assert said["after_write"] == 3.0
    assert said["locked"] == ["nose_width"]
    assert said["mirrored"] == -1.0
    assert said["mirror_moved_mm"] > 0.2
    assert said["clamped"] == 5.5
    assert said["texts"][0] == "Nose width"
    assert "in mm, from -4.6 to 3.4" in said["texts"][1]
    assert said["styles"] | {"hair": "short", "beard": "none"} == said["styles"]


def test_undo_and_redo_take_sliders_and_bones_along(in_blender):
    said = in_blender(SHAPE, "undo")
    assert said["undone"]
    assert max(said["apart_mm"]) < STILL_MM
    assert said["moved_mm"] > 2.0
    assert said["then_mm"] > 0.1


def test_a_saved_head_has_its_sliders_when_the_file_is_opened_again(in_blender):
    said = in_blender(SHAPE, "reload")
    assert said["without"] and said["kept"]
    assert said["apart_mm"] < STILL_MM
    assert said["moved_mm"] > 1.0


def test_two_heads_and_a_duplicate_do_not_move_each_other(in_blender):
    said = in_blender(SHAPE, "two_heads")
    assert said["names"] == ["Anna", "Anna.001", "Anna.002"]
    assert said["collections"] == ["Anna", "Anna.001"]
    assert max(said["other_mm"], said["same_mm"], said["first_mm"]) < STILL_MM
    assert said["copy_mm"] > 0.5
    assert said["active"] == [True, None]


def test_missing_bones_and_keys_are_named_and_the_rest_is_applied(in_blender):
    said = in_blender(SHAPE, "missing")
    assert said["bones"] == ["chin"]
    assert said["keys"] == ["jawOpen", "purr"]
    assert said["moved_mm"] > 2.0
    assert said["no_head"] == [[], []]


def test_a_head_comes_into_a_scene_that_is_not_shown_and_the_shown_one_stays_as_it_is(in_blender):
    said = in_blender(SHAPE, "other_scene")
    assert said["here"] == ["Anna"] and said["collections"] == [["Anna"], ["Berta"]]
    assert said["active_here"] and said["selected_here"]
    assert said["active_there"] and said["selected_there"] == ["Berta"]
    assert said["bones"]


def test_files_that_cannot_be_read_leave_nothing_behind(in_blender):
    said = in_blender(SHAPE, "broken_files")
    assert len(said["said"]) == 4
    assert said["left"] == [0, 0]
    assert said["on_disk"] == []


def test_modes_of_other_objects_and_of_bones_do_not_matter(in_blender):
    said = in_blender(SHAPE, "modes")
    assert said["apart_mm"] < TOLERANCE_MM
    assert said["mode"] == "OBJECT"


def test_the_head_turns_as_the_person_does_and_keeps_its_turn(in_blender):
    said = in_blender(MOTION, "turn")
    assert said["done"]
    rest, turned = (np.array(point) - said["pivot_m"] for point in said["nose_m"])
    angle = np.radians(30)  # a positive turn about the camera's y axis, which points down: to the image's left
    expected = [np.cos(angle) * rest[0] + np.sin(angle) * rest[1], np.cos(angle) * rest[1] - np.sin(angle) * rest[0]]
    np.testing.assert_allclose(turned[:2], expected, atol=1e-4)
    assert said["kept_mm"] < 0.01
    assert said["back_mm"] < 0.01


def test_a_recording_becomes_keyframes_that_do_not_drift(in_blender):
    said = in_blender(MOTION, "recording")
    assert said["frames"][0] == 11
    assert abs(said["frames"][1] - (11 + 899 / 30 * 24 / 1.001)) <= 1
    assert said["missing"] == ["purr"]
    assert said["ignored"]
    assert said["seen"] == pytest.approx(said["wanted"], abs=1e-3)
    assert said["angle"] == pytest.approx(said["wanted_angle"], abs=1e-3)
    assert said["beard"][0] == pytest.approx(said["beard"][1], abs=1e-3)
    assert said["looped_s"] == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])
    assert said["actions"] == ["Anna expression", "Anna head"]


def test_a_recording_is_undone_whole(in_blender):
    said = in_blender(MOTION, "recording_undo")
    assert (said["written"], said["left"]) == (2, 0)


def test_animated_sliders_move_bones_on_frame_change_and_other_heads_stay(in_blender):
    said = in_blender(MOTION, "animated_sliders")
    assert said["moved_mm"][0] < STILL_MM < said["moved_mm"][1] < said["moved_mm"][2]
    assert said["other"] == 0.5
    assert said["value"] == 3.0


def test_another_look_keeps_shape_and_expression_and_cleans_up(in_blender):
    said = in_blender(MOTION, "look")
    assert said["worn"] == ["beard_goatee", "glasses_round", "hair_bob", "head_mesh"]
    assert said["same_mesh"]
    assert said["apart_mm"] < STILL_MM
    assert said["jaw"] == pytest.approx([0.7] * len(said["jaw"])) and len(said["jaw"]) == 2
    assert said["materials"] and all(said["materials"])
    assert said["unused"] == []
    assert said["counts"][0] == said["counts"][1]
    assert "cannot be read" in said["refused"]
    assert said["textured"]


def test_linked_heads_raise_nothing_and_overridden_ones_can_be_shaped(in_blender):
    said = in_blender(MOTION, "linked")
    assert "linked" in said["refused"]
    assert said["is_override"] and said["kept"]
    assert said["moved_mm"] > 2.0
    assert said["missing"] == []
