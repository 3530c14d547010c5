"""The extension with a real backend: every button by its operator, followed by the timer's function."""

import pytest

IN_ONE_BLENDER = pytest.mark.parametrize("python", [".venv-blender"], indirect=True)
"""For what hangs from the backend and from our own code more than from the version of Blender."""

BONE_TOLERANCE = 1e-4
VALUE_TOLERANCE = 1e-4


def test_one_click_starts_a_backend_and_a_photo_becomes_a_head_in_one_undo_step(run):
    said = run("cases_backend", "start_and_fit")
    assert said["state"] == ["DONE", ""]
    assert said["names"] == ["Head", "photo"]
    assert said["neutral_bones"] < BONE_TOLERANCE and said["fitted_bones"] < BONE_TOLERANCE
    assert said["moved"] > 0.1 and said["has_photo_skin"]
    assert said["history"] == ["Fit"]
    assert said["after_undo"] == ["Head"]
    assert said["after_redo"] == ["Head", "photo"]
    assert said["materials_stay"]
    assert ["skin", "OPAQUE", True] in said["glb_materials"], said["glb_materials"]
    bones, state, has_skin = said["after_load"]
    assert bones < BONE_TOLERANCE and state == "READY" and has_skin
    assert said["is_gone"]


@IN_ONE_BLENDER
def test_a_fit_onto_the_selected_head_keeps_its_past_and_a_new_colour_is_painted_by_itself(run, address):
    said = run("cases_backend", "fit_onto_selected", address)
    assert said["state"] == ["DONE", ""] and said["heads"] == 1
    assert said["moved"] > 0.1
    assert said["back"] < VALUE_TOLERANCE and said["forth"] < VALUE_TOLERANCE
    assert any("glasses" in name for name in said["meshes"]), said["meshes"]


def test_random_variants_presets_mix_and_export_keep_locked_sliders(run, address):
    said = run("cases_backend", "shape", address)
    assert said["locked_moved"] == 0.0 and said["free_moved"] > 0.1
    assert said["variants"] == 9 and said["icons"] == 9
    assert said["drawn_sliders"] > 2 * said["parameters"] and 2 < said["found_sliders"] < said["parameters"]
    assert said["picked"] < VALUE_TOLERANCE and said["preset"] < VALUE_TOLERANCE
    assert said["presets"] == ["Kept"] and said["preset_icon"] and said["presets_left"] == 0
    assert said["mixed"] < VALUE_TOLERANCE
    assert said["glb"] > 1e5 and said["fbx"] > 1e5
    assert said["glb_mm"] < 0.1 and said["fbx_mm"] < 0.1
    assert said["notice"] == ""


@IN_ONE_BLENDER
def test_deleting_the_head_while_it_is_fitted_ends_with_a_reason_and_without_a_head(run, address):
    said = run("cases_backend", "delete_during_fit", address)
    assert said["state"] == "FAILED" and "deleted" in said["message"]
    assert said["heads"] == 0


@IN_ONE_BLENDER
def test_a_cancelled_fit_leaves_the_scene_as_it_is(run, address):
    assert run("cases_backend", "cancel", address) == {"state": "CANCELLED", "message": "", "heads": 0}


@IN_ONE_BLENDER
def test_a_file_that_is_opened_while_a_head_is_fitted_ends_the_fit_here_and_there(run, address):
    said = run("cases_backend", "open_while_fitting", address)
    assert said["after_load"] == ["NONE", True, False]
    assert said["heads"] == 1 and said["state"] == "NONE"
    assert said["again"] == ["DONE", 2]


@IN_ONE_BLENDER
def test_a_backend_that_is_killed_is_lost_with_a_reason_and_the_scene_is_unharmed(run):
    said = run("cases_backend", "killed")
    assert "ended" in said["message"] and said["remedy"]
    state, message, remedy = said["job"]
    assert state == "FAILED" and "lost" in message and remedy
    assert said["unharmed"] and said["can_start_again"]


def test_threads_that_use_python_while_heads_and_undo_steps_are_made_do_no_harm(run, address):
    assert run("cases_backend", "busy_threads", address) == {"heads": 2}


@IN_ONE_BLENDER
def test_a_batch_makes_a_head_of_each_photo_and_names_those_without_one(run, address):
    said = run("cases_backend", "batch", address)
    assert said["names"] == ["b"]
    assert said["x"] == [pytest.approx(0.7)]
    assert "a.png" in said["failures"] and said["done"] == 2
