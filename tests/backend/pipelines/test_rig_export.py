"""`rig export` writes the head that is asked for, dressed as it is asked to be."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

from backend.export.painted_rig import COLOURS, dressed_rig
from backend.export.test_gltf import Glb
from backend.export.test_obj import read_mtl, read_obj
from facewright.config import StyleConfig
from facewright.datatypes import FitResult, Look, PhotoSkin, SkinDetail, SkinShares, Style
from facewright.engine.lighting import DEFAULT_LIGHTING
from facewright.errors import BlenderFailed, BlenderUnavailable, ConfigInvalid, RigInvalid
from facewright.export.blender import find_blender, run_script
from facewright.export.rig_json import rig_document, write_rig_json
from facewright.export.skin_files import write_skin_files
from facewright.pipelines.rig_export import ExportRequest, changed_look, chosen_head, export_rig
from facewright.pipelines.sampling import random_characters
from facewright.rig.anchors import anchor_points
from facewright.rig.installed import load_rig

PARAMETERS = np.array([0.9, 0.15, 0.8])


@pytest.fixture
def rig(tmp_path):
    return dressed_rig(tmp_path)


@pytest.fixture
def export(rig, tmp_path):
    """Export from the tiny rig's folder into `out`; returns the files."""

    def run(name, **options):
        request = ExportRequest(tmp_path / "out" / name, name.split(".")[-1], **({"rig": "tiny"} | options))
        return export_rig(request, tmp_path / "cache", tmp_path / "rigs")

    return run


@pytest.fixture
def head(rig, tmp_path):
    """The rig.json of a head with a bob."""
    look = Look(COLOURS, SkinDetail(), Style(hair="bob"))
    result = FitResult(PARAMETERS, np.zeros(52), None, look, DEFAULT_LIGHTING, {}, {})
    document = rig_document(rig, result, anchor_points(rig, rig.mesh.vertices_m), {}, from_photo=False)
    write_rig_json(tmp_path / "head" / "rig.json", document)
    return tmp_path / "head" / "rig.json"


def test_the_neutral_rig_is_exported_by_default(rig, export):
    (path,) = export("neutral.glb")
    document = Glb(path).json
    assert [mesh["name"] for mesh in document["meshes"]] == ["head_mesh"]
    nodes = {node["name"]: node for node in document["nodes"]}
    np.testing.assert_allclose([nodes[bone.name]["scale"] for bone in rig.bones], 1.0)


def test_a_fitted_head_keeps_its_shape_and_its_hair_and_takes_a_beard(rig, export, head):
    (path,) = export("head.glb", rig=None, source=head, style=StyleConfig(beard="full"))
    document = Glb(path).json
    assert [mesh["name"] for mesh in document["meshes"]] == ["head_mesh", "hair_bob", "beard_full"]
    channels = json.loads(head.read_text())["bones"]
    nodes = {node["name"]: node for node in document["nodes"]}
    for bone in rig.bones:
        expected = [channels[bone.name][f"scale_{axis}"] for axis in "xyz"]
        np.testing.assert_allclose(nodes[bone.name]["scale"], expected, atol=1e-6)
    assert not np.allclose([nodes[bone.name]["scale"] for bone in rig.bones], 1.0)


def test_a_baked_pose_leaves_no_scale_in_the_bones(rig, export, head):
    (path,) = export("baked.glb", rig=None, source=head, pose="baked")
    nodes = {node["name"]: node for node in Glb(path).json["nodes"]}
    np.testing.assert_allclose([nodes[bone.name]["scale"] for bone in rig.bones], 1.0)


def test_an_obj_brings_its_materials_and_every_file_is_named(export):
    files = export("head.obj", colours=("skin=ff8000",), style=StyleConfig(hair="bob"))
    assert all(path.is_file() for path in files)
    assert [path.name for path in files] == ["head.obj", "head.mtl", "head_hair_strands.png"]
    points, _, _ = read_obj(files[0])
    assert len(points) == 60 + 5
    assert read_mtl(files[1])["skin"]["Kd"] == ["1.0000", "0.5020", "0.0000"]


def test_the_same_seed_gives_the_same_random_head(export):
    first, again = (export(f"{name}.glb", seed=4)[0].read_bytes() for name in ("a", "b"))
    assert first == again
    assert export("c.glb", seed=5)[0].read_bytes() != first


def test_a_random_head_is_the_first_of_the_random_characters_of_its_seed(rig):
    wanted, wanted_look = next(random_characters(rig, 1, 4))
    parameters, look = chosen_head(rig, None, 4)
    np.testing.assert_array_equal(parameters, wanted)
    assert look.style == wanted_look.style and look.skin == wanted_look.skin


def test_an_unknown_choice_names_those_that_there_are(export):
    with pytest.raises(ConfigInvalid, match="no hair style 'mohawk'"):
        export("head.glb", style=StyleConfig(hair="mohawk"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"colours": ["skin"]}, "--colour 'skin' is not understood"),
        ({"colours": ["teeth=ffffff"]}, "--colour 'teeth=ffffff' is not understood"),
        ({"colours": ["skin=white"]}, "is no colour"),
        ({"skin": ["pores=2"]}, "is not a number from 0 to 1"),
        ({"skin": ["pores=many"]}, "is not a number from 0 to 1"),
    ],
)
def test_words_that_mean_nothing_are_refused(words, message):
    with pytest.raises(ConfigInvalid, match=message):
        changed_look(Look(COLOURS), words.get("colours", []), words.get("skin", []))


def test_words_replace_colours_and_skin_and_nothing_else():
    look = changed_look(Look(COLOURS), ["hair=#102030"], ["freckles=0.25"])
    np.testing.assert_allclose(look.colours.hair * 255, [16, 32, 48])
    assert look.skin == SkinDetail(freckles=0.25)
    np.testing.assert_array_equal(look.colours.skin, COLOURS.skin)


def test_without_blender_it_is_said_how_to_get_it(tmp_path):
    with pytest.raises(BlenderUnavailable) as raised:
        find_blender(environment=tmp_path)
    assert "python3 build.py blender" in raised.value.remedy and "--blender PATH" in raised.value.remedy
    with pytest.raises(BlenderUnavailable, match="is not a program"):
        find_blender(tmp_path / "blender")


def test_a_python_and_a_blender_are_started_differently(tmp_path):
    for name in ("python3.11", "blender"):
        (tmp_path / name).write_text("")
    assert find_blender(tmp_path / "python3.11") == [str(tmp_path / "python3.11"), "-I"]
    assert find_blender(tmp_path / "blender")[1:] == [
        "--background", "--factory-startup", "--python-exit-code", "3", "--python",
    ]  # fmt: skip


def test_a_script_that_fails_in_blender_is_an_error_with_its_last_words(tmp_path):
    script = tmp_path / "fails.py"
    script.write_text("raise SystemExit('no such material')")
    with pytest.raises(BlenderFailed, match="exit code 1: no such material"):
        run_script([sys.executable, "-I"], script, [])
    with pytest.raises(BlenderFailed, match="could not be run"):
        run_script([str(tmp_path / "nothing")], script, [])


@pytest.fixture
def photographed(tmp_path):
    """The rig.json of a head of the default rig, which is painted, with a photo skin, green all over."""
    rig = load_rig("makehuman")
    layer = np.full((64, 64, 4), (20, 180, 40, 255), np.uint8)
    skin = PhotoSkin(layer, layer[..., :3], True, True, SkinShares(0.6, 0.1, 0.3, 0.2))
    look = Look(COLOURS, photo_skin=skin, photo_share=0.75)
    result = FitResult(rig.prior.mean, np.zeros(52), None, look, DEFAULT_LIGHTING, {}, {})
    document = rig_document(rig, result, anchor_points(rig, rig.mesh.vertices_m), {}, from_photo=False)
    write_rig_json(tmp_path / "photographed" / "rig.json", document)
    write_skin_files(tmp_path / "photographed", skin, layer[..., :3])
    return tmp_path / "photographed" / "rig.json"


@pytest.fixture
def export_head(photographed, tmp_path):
    """Export that head as .glb; returns the file."""

    def run(name, *skin):
        request = ExportRequest(tmp_path / "out" / f"{name}.glb", "glb", source=photographed, skin=skin)
        return export_rig(request)[0]

    return run


def greenness(path) -> float:
    """How much greener than red the albedo texture of a .glb is, in the mean, in levels."""
    picture = np.asarray(Glb(path).picture("albedo"), int)
    return float((picture[..., 1] - picture[..., 0]).mean())


def test_the_photo_skin_beside_a_rig_json_is_exported_by_its_share_or_as_asked(export_head):
    words = (("own", ()), ("photo", ("photo",)), ("half", ("0.5",)), ("none", ("procedural",)))
    shares = {name: greenness(export_head(name, *skin)) for name, skin in words}
    assert shares["photo"] > 120
    assert shares["none"] < shares["half"] < shares["own"] < shares["photo"]


def test_what_an_artist_paints_on_the_layer_is_exported(export_head, photographed):
    with Image.open(photographed.parent / "skin_photo.png") as picture:
        painted = np.array(picture)
    painted[..., :3] = (240, 10, 10)
    Image.fromarray(painted).save(photographed.parent / "skin_photo.png")
    assert greenness(export_head("painted", "photo")) < -150


def test_a_missing_or_broken_layer_is_named_with_its_remedy(export_head, photographed):
    layer = photographed.parent / "skin_photo.png"
    Image.new("RGBA", (64, 32)).save(layer)
    with pytest.raises(RigInvalid, match="expected a square picture of 64 to 8192 px, found 64 x 32"):
        export_head("odd")
    layer.unlink()
    with pytest.raises(RigInvalid, match=r"skin_photo\.png could not be read") as caught:
        export_head("lost")
    assert "--skin procedural" in caught.value.remedy
    assert export_head("lost", "procedural").is_file()


def test_a_head_without_a_photo_skin_cannot_have_one(export, head):
    with pytest.raises(ConfigInvalid, match="this head has no photo skin"):
        export("head.glb", rig=None, source=head, skin=("photo",))
    export("head.glb", rig=None, source=head, skin=("procedural", "pores=0.2"))
    with pytest.raises(ConfigInvalid, match="--skin is 'shiny'"):
        export("head.glb", rig=None, source=head, skin=("shiny",))
