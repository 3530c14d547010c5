"""rig.json names every number of a head, and its schema refuses other documents."""

import copy
import dataclasses
import json

import numpy as np
import pytest

from backend.export.painted_rig import COLOURS, dressed_rig, tiny_rig
from facewright.datatypes import (
    ARKIT_52,
    BONE_CHANNELS,
    Camera,
    FitResult,
    Lighting,
    Look,
    SkinDetail,
    Style,
)
from facewright.errors import OutputNotWritable, RigInvalid
from facewright.export.rig_json import (
    head_from_document,
    head_pose,
    read_rig_json,
    rig_document,
    validate_rig_document,
    write_rig_json,
)
from facewright.rig.anchors import anchor_points

FACING = np.array([[1.0, 0, 0, 0.0], [0, 0, -1.0, 1.6], [0, 1.0, 0, 1.2], [0, 0, 0, 1]])
"""A level camera in front of (0, 0, 1.6)."""

LIGHT = Lighting(np.array([0.0, -0.6, -0.8]), np.array([0.9, 0.8, 0.7]), np.array([0.3, 0.4, 0.5]))


def turned(axis: int, degrees: float) -> Camera:
    """The camera that sees the head turned about one of the camera's own axes."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.eye(4)
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s, s, c
    return Camera(turn @ FACING, 500.0, np.array([200.0, 150.0]), (400, 300))


@pytest.fixture
def rig(tmp_path):
    return tiny_rig(tmp_path)


@pytest.fixture
def result():
    return FitResult(
        parameters=np.array([0.75, 0.5, 0.25]),
        expression=np.linspace(0, 1, 52),
        photo_camera=turned(1, 20.0),
        look=Look(COLOURS),
        lighting=LIGHT,
        losses={"landmarks": 0.02},
        stage_ms={"observe": 12.345},
    )


@pytest.fixture
def document(rig, result):
    anchors = anchor_points(rig, rig.mesh.vertices_m.astype(np.float64))
    return rig_document(rig, result, anchors, {"detector": "ab" * 32})


def test_parameters_and_expression_stand_under_their_names(document):
    assert document["parameters"] == {"nose_length": 0.75, "cheek_width": 0.5, "head_tilt": 0.25}
    assert list(document["photo"]["expression"]) == list(ARKIT_52)
    assert document["photo"]["expression"]["tongueOut"] == 1.0


def test_bone_channels_are_in_metres_radians_and_ratios(document):
    assert list(document["bones"]) == ["root", "head", "nose", "cheek.L", "cheek.R", "tip"]
    assert list(document["bones"]["nose"]) == list(BONE_CHANNELS)
    # nose_length 0.75 is half of its maximum 6 mm; head_tilt 0.25 is half of its minimum -1 mm, -0.17 rad and -5 %.
    np.testing.assert_allclose(document["bones"]["nose"]["location_y"], 0.003 - 0.0005, atol=1e-7)
    np.testing.assert_allclose(document["bones"]["head"]["rotation_x"], -0.085, atol=1e-7)
    np.testing.assert_allclose(document["bones"]["head"]["scale_z"], 0.975, atol=1e-7)
    assert document["bones"]["cheek.L"]["scale_x"] == 1.0


def test_colours_anchors_and_provenance_are_there(rig, document):
    np.testing.assert_allclose(document["look"]["colours"]["iris"], [0.3, 0.5, 0.6], atol=1e-6)
    np.testing.assert_allclose(document["anchors"]["nose_tip"], rig.mesh.vertices_m[9], atol=1e-6)
    assert document["rig"] == {"id": "tiny", "version": "0.1.0", "sha256": rig.digest}
    assert document["losses"] == {"landmarks": 0.02}
    assert document["stage_ms"] == {"observe": 12.35} or document["stage_ms"] == {"observe": 12.34}
    assert document["weights_sha256"] == {"detector": "ab" * 32}


def test_a_head_that_faces_the_camera_has_no_turn():
    pose = head_pose(turned(0, 0.0), np.array([0.0, 0.0, 1.6]))
    np.testing.assert_allclose(pose["rotation_wxyz"], [1, 0, 0, 0], atol=1e-7)
    np.testing.assert_allclose(pose["translation_m"], [0, 0, 1.2], atol=1e-7)
    assert (pose["yaw_deg"], pose["pitch_deg"], pose["roll_deg"]) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("axis", "degrees", "expected"),
    [
        (1, -25.0, (25.0, 0.0, 0.0)),  # the face (0, 0, -1) turns to +x, the image's right
        (0, -15.0, (0.0, 15.0, 0.0)),  # the face turns to -y, up
        (2, 10.0, (0.0, 0.0, 10.0)),  # the top of the head (0, -1, 0) turns to +x
    ],
)
def test_yaw_pitch_and_roll_have_the_documented_signs(axis, degrees, expected):
    pose = head_pose(turned(axis, degrees), np.array([0.0, 0.0, 1.6]))
    np.testing.assert_allclose([pose["yaw_deg"], pose["pitch_deg"], pose["roll_deg"]], expected, atol=1e-5)
    half = np.radians(degrees) / 2
    quaternion = np.zeros(4)
    quaternion[0], quaternion[1 + axis] = np.cos(half), np.sin(half)
    np.testing.assert_allclose(pose["rotation_wxyz"], quaternion, atol=1e-6)


def test_a_head_without_a_photo_has_no_photo(rig, result):
    anchors = anchor_points(rig, rig.mesh.vertices_m)
    document = rig_document(rig, result, anchors, {}, from_photo=False)
    assert document["photo"] is None
    validate_rig_document(document)


def test_the_written_file_is_the_document(document, tmp_path):
    write_rig_json(tmp_path / "rig.json", document)
    assert json.loads((tmp_path / "rig.json").read_text()) == document


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda d: d["parameters"].update(nose_length=1.2), "parameters/nose_length"),
        (lambda d: d["bones"]["nose"].pop("scale_z"), "bones/nose"),
        (lambda d: d["photo"]["expression"].pop("jawOpen"), "photo"),
        (lambda d: d["photo"]["head_pose"].update(rotation_wxyz=[1, 0, 0]), "photo"),
        (lambda d: d["look"]["colours"].update(skin=[0.5, 0.5, 255]), "look/colours/skin/2"),
        (lambda d: d["look"]["skin"].update(freckles=1.2), "look/skin/freckles"),
        (lambda d: d["look"]["style"].update(hat={"choice": "bowler", "label": "Bowler"}), "look/style"),
        (lambda d: d["rig"].update(sha256="abc"), "rig/sha256"),
        (lambda d: d.pop("anchors"), "the top"),
        (lambda d: d.update(secret=1), "the top"),
        (lambda d: d["stage_ms"].update(observe="fast"), "stage_ms/observe"),
    ],
)
def test_a_wrong_document_is_refused_and_not_written(document, change, place, tmp_path):
    wrong = copy.deepcopy(document)
    change(wrong)
    with pytest.raises(RigInvalid, match=f"at {place}"):
        write_rig_json(tmp_path / "rig.json", wrong)
    assert not (tmp_path / "rig.json").exists()


def test_the_look_names_colours_skin_and_every_choice_with_its_label(tmp_path, result):
    rig = dressed_rig(tmp_path / "dressed")
    skin = SkinDetail(freckles=0.75)
    look = Look(COLOURS, skin, Style(hair="bob"))
    document = rig_document(rig, dataclasses.replace(result, look=look), anchor_points(rig, rig.mesh.vertices_m), {})
    validate_rig_document(document)
    assert document["format"] == "facewright.rig/2"
    np.testing.assert_allclose(document["look"]["colours"]["beard"], COLOURS.beard, atol=1e-6)
    assert document["look"]["skin"] == {"pores": 0.5, "redness": 0.5, "freckles": 0.75, "wrinkles": 0.0}
    assert document["look"]["style"] == {
        "hair": {"choice": "bob", "label": "A bob"},
        "beard": {"choice": "none", "label": "None"},
        "glasses": {"choice": "none", "label": "None"},
    }


def test_choices_that_were_read_off_a_photo_stand_with_their_probabilities(tmp_path, result):
    rig = dressed_rig(tmp_path / "dressed")
    read = dataclasses.replace(result, choices={"hair": {"bald": 0.25, "bob": 0.75}})
    document = rig_document(rig, read, anchor_points(rig, rig.mesh.vertices_m), {})
    validate_rig_document(document)
    assert document["look"]["style"]["hair"]["probabilities"] == {"bald": 0.25, "bob": 0.75}
    assert "probabilities" not in document["look"]["style"]["beard"]


def test_a_written_head_comes_back(tmp_path, result):
    rig = dressed_rig(tmp_path / "dressed")
    look = Look(COLOURS, SkinDetail(wrinkles=0.25), Style(hair="bob", beard="full"))
    document = rig_document(rig, dataclasses.replace(result, look=look), anchor_points(rig, rig.mesh.vertices_m), {})
    write_rig_json(tmp_path / "rig.json", document)
    parameters, found = head_from_document(rig, read_rig_json(tmp_path / "rig.json"))
    np.testing.assert_allclose(parameters, [0.75, 0.5, 0.25])
    np.testing.assert_allclose(found.colours.vector(), COLOURS.vector(), atol=1e-6)
    assert found.skin == look.skin
    assert found.style == Style(hair="bob", beard="full", glasses="none")


def test_a_head_of_another_version_of_the_rig_is_refused(rig, document):
    document["rig"]["version"] = "0.0.9"
    with pytest.raises(RigInvalid, match=r"written for rig tiny 0\.0\.9, the one loaded is tiny 0\.1\.0"):
        head_from_document(rig, document)


def test_a_file_that_is_no_rig_json_is_refused(tmp_path):
    (tmp_path / "rig.json").write_text("{")
    with pytest.raises(RigInvalid, match="is not a rig.json"):
        read_rig_json(tmp_path / "rig.json")


def test_a_place_that_cannot_be_written_is_refused(document, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputNotWritable):
        write_rig_json(tmp_path / "out" / "rig.json", document)
