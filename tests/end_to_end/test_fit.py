"""Tests of the whole way from a photo to the files of a head, through the command line."""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image
from pygltflib import GLTF2
from skimage import data

from facewright.cli import main
from facewright.datatypes import ARKIT_52, BONE_CHANNELS
from facewright.rig.installed import load_rig

ROOT = Path(__file__).resolve().parents[2]
FILES = {"rig.json", "head.glb", "head.obj", "head.mtl", "head_albedo.png", "front.png", "as_photo.png", "sheet.png",
         "skin_photo.png", "skin_procedural.png", "skin_origin.png"}  # fmt: skip


@pytest.fixture(scope="module")
def document(fitted) -> dict:
    return json.loads((fitted / "rig.json").read_text())


@pytest.fixture(scope="module")
def rig():
    return load_rig("makehuman")


def picture(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), np.float32)


def files_of(folder: Path) -> set[str]:
    """Name the files of a head, without the textures of its .mtl that depend on what it wears."""
    lines = (folder / "head.mtl").read_text().splitlines()
    named = {line.split()[-1] for line in lines if line.startswith(("map_", "norm "))}
    assert all((folder / name).is_file() for name in named)
    return {path.name for path in folder.iterdir()} - (named - {"head_albedo.png"})


def test_a_fit_writes_exactly_its_files(fitted):
    assert files_of(fitted) == FILES
    assert [path.name for path in fitted.parent.iterdir()] == [fitted.name]


def test_rig_json_follows_the_committed_schema(document):
    schema = Path(__file__).resolve().parents[2] / "backend" / "facewright" / "export" / "rig.schema.json"
    jsonschema.validate(document, json.loads(schema.read_text()))
    assert set(document["anchors"]) >= {"eye_outer.L", "nose_tip", "nose_base", "mouth_corner.R", "chin", "ear.L"}
    assert all(len(digest) == 64 for digest in document["weights_sha256"].values()) and document["weights_sha256"]


def test_rig_json_names_every_parameter_and_bone_channel_of_the_rig(document, rig):
    assert document["rig"]["id"] == "makehuman"
    parameters = document["parameters"]
    assert list(parameters) == [parameter.name for parameter in rig.parameters]
    assert all(0.0 <= value <= 1.0 for value in parameters.values())
    assert max(abs(value - 0.5) for value in parameters.values()) > 0.1
    assert list(document["bones"]) == [bone.name for bone in rig.bones]
    channels = np.array([list(bone.values()) for bone in document["bones"].values()])
    assert all(tuple(bone) == BONE_CHANNELS for bone in document["bones"].values())
    assert np.abs(channels[:, 6:] - 1).max() > 0.01, "some bone is scaled"
    assert 1e-4 < np.abs(channels[:, :3]).max() < 0.05, "bones move by millimetres"


def test_rig_json_keeps_the_expression_apart_from_the_identity(document):
    expression = document["photo"]["expression"]
    assert set(expression) == set(ARKIT_52)
    assert expression["mouthSmileLeft"] + expression["mouthSmileRight"] > 0.2, "the astronaut smiles"


def test_the_model_has_a_skeleton_and_52_named_morph_targets(fitted, rig):
    model = GLTF2().load(str(fitted / "head.glb"))
    assert len(model.skins) == 1
    names = {model.nodes[index].name for index in model.skins[0].joints}
    assert {bone.name for bone in rig.bones} <= names
    named = [mesh.extras["targetNames"] for mesh in model.meshes if "targetNames" in (mesh.extras or {})]
    assert named and all(names == list(ARKIT_52) for names in named)


def test_the_wavefront_file_holds_the_whole_mesh(fitted, rig):
    lines = (fitted / "head.obj").read_text().splitlines()
    starts = [index for index, line in enumerate(lines) if line.startswith("o ")] + [len(lines)]
    assert lines[starts[0]] == "o head_mesh"
    head = lines[starts[0] : starts[1]]
    assert sum(line.startswith("f ") for line in head) == len(rig.mesh.triangles)


@pytest.mark.parametrize("name", ["front.png", "as_photo.png", "sheet.png"])
def test_pictures_show_something(fitted, name):
    image = picture(fitted / name)
    assert image.std() > 10
    assert len(np.unique(image.reshape(-1, 3).astype(np.uint8), axis=0)) > 500


def test_the_front_view_is_a_face_on_a_plain_background(fitted):
    image = picture(fitted / "front.png")
    assert image.shape == (512, 512, 3)
    corners = image[[2, 2], [2, -3]]
    assert np.abs(corners[0] - corners[1]).max() <= 2
    face = image[200:330, 180:330].reshape(-1, 3)
    assert np.abs(face.mean(0) - corners[0]).max() > 20


def test_the_same_photo_gives_the_same_head_again(photo, fitted, document, tmp_path):
    assert main(["fit", str(photo), "--out", str(tmp_path / "again"), "--quiet"]) == 0
    again = json.loads((tmp_path / "again" / "rig.json").read_text())
    differences = [abs(again["parameters"][name] - value) for name, value in document["parameters"].items()]
    assert max(differences) < 1e-3


def test_the_software_engine_gives_a_head_too(photo, tmp_path, capsys):
    bald = ["--set", "style.hair=bald"]  # the software engine takes seconds for hair
    options = ["--engine", "software", "--set", "fitting.iterations=2", *bald]
    assert main(["fit", str(photo), "--out", str(tmp_path / "head"), *options]) == 0
    assert files_of(tmp_path / "head") == FILES
    assert "imitator 2/2" in capsys.readouterr().err


@pytest.mark.parametrize("switch", ["landmark_stage", "imitator_stage", "learnt_correction", "engine_judge"])
def test_every_stage_can_be_switched_off(photo, tmp_path, switch):
    quick = ["--set", "fitting.iterations=3", "--skin", "procedural", "--quiet"]
    options = ["--set", f"fitting.{switch}=off", *quick]
    assert main(["fit", str(photo), "--out", str(tmp_path / "head"), *options]) == 0
    document = json.loads((tmp_path / "head" / "rig.json").read_text())
    if switch == "imitator_stage":
        assert "imitator" not in document["stage_ms"]


def test_random_heads_follow_their_seed(tmp_path):
    for name, count, seed in (("a", "2", "4"), ("b", "1", "4"), ("c", "1", "5")):
        assert main(["random", "--count", count, "--seed", seed, "--out", str(tmp_path / name), "--quiet"]) == 0
    assert (tmp_path / "a" / "overview.png").is_file()
    fronts = {name: [picture(path) for path in sorted((tmp_path / name).rglob("front.png"))] for name in "abc"}
    assert [len(pictures) for pictures in fronts.values()] == [2, 1, 1]
    assert np.array_equal(fronts["a"][0], fronts["b"][0])
    assert np.abs(fronts["a"][0] - fronts["a"][1]).mean() > 1
    assert np.abs(fronts["a"][0] - fronts["c"][0]).mean() > 1


def test_the_example_of_the_readme_writes_a_head_without_a_server(tmp_path):
    example, _ = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    Image.fromarray(data.astronaut()).save(tmp_path / "me.jpg")
    words = [sys.executable, "-c", example + "print(len(named), vertices_m.shape)"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["507", "(5266,", "3)"] and (tmp_path / "out" / "me" / "rig.json").is_file()


def test_a_sheet_of_random_characters_is_a_picture_of_as_many(tmp_path):
    words = ["random", "--count", "3", "--seed", "4", "--sheet", "--out", str(tmp_path), "--quiet"]
    assert main(words) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["characters.png"]
    sheet = picture(tmp_path / "characters.png")
    tiles = np.split(sheet, sheet.shape[1] // sheet.shape[0], axis=1)
    assert len(tiles) >= 3 and min(tile.std() for tile in tiles[:3]) > 20
    assert min(np.abs(tiles[one] - tiles[other].astype(float)).mean() for one, other in ((0, 1), (0, 2), (1, 2))) > 1


def test_rig_json_says_where_the_skin_came_from(document):
    skin = document["look"]["photo_skin"]
    assert skin["layer"] == "skin_photo.png" and skin["share"] == 1.0 and skin["side_px"] == 1024
    assert skin["seen"] + skin["mirrored"] + skin["filled"] == pytest.approx(1.0, abs=1e-4)
    assert skin["seen"] > 0.4 and 0 < skin["rejected"] < 0.5


def test_the_skin_of_the_photo_is_on_every_picture_and_in_the_model(fitted):
    with Image.open(fitted / "skin_photo.png") as image:
        layer = np.asarray(image)
    assert layer.shape == (1024, 1024, 4)
    with Image.open(fitted / "head_albedo.png") as image:
        albedo = np.asarray(image.convert("RGB"), float)
    procedural = picture(fitted / "skin_procedural.png")
    face = np.s_[330:480, 430:600]  # cheeks, nose and upper lip
    assert np.abs(albedo[face] - layer[face][..., :3]).mean() < 1.0
    assert np.abs(albedo[face] - procedural[face]).mean() > 3.0


def test_a_procedural_skin_is_made_without_the_photo_and_two_photos_make_one_skin(photo, tmp_path, fitted):
    quick = ["--quiet", "--set", "fitting.imitator_stage=off"]
    assert main(["fit", str(photo), "--out", str(tmp_path / "plain"), "--skin", "procedural", *quick]) == 0
    document = json.loads((tmp_path / "plain" / "rig.json").read_text())
    assert document["look"]["photo_skin"] is None and "skin" not in document["stage_ms"]
    assert not list((tmp_path / "plain").glob("skin_*"))
    with Image.open(photo) as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "mirrored.png")
    both = [str(photo), str(tmp_path / "mirrored.png")]
    assert main(["fit", *both, "--out", str(tmp_path / "both"), "--skin", "0.5", *quick]) == 0
    skin = json.loads((tmp_path / "both" / "rig.json").read_text())["look"]["photo_skin"]
    assert skin["share"] == 0.5
    alone = json.loads((fitted / "rig.json").read_text())["look"]["photo_skin"]
    assert skin["seen"] >= alone["seen"] - 0.02


def test_brows_may_be_left_to_the_style(photo, tmp_path, fitted):
    out = tmp_path / "styled"
    settings = ["--set", "fitting.imitator_stage=off", "--set", "skin.brows=style", "--set", "skin.beard=style"]
    assert main(["fit", str(photo), "--out", str(out), "--quiet", *settings]) == 0
    skin = json.loads((out / "rig.json").read_text())["look"]["photo_skin"]
    assert skin["keeps_brows"] is False and skin["keeps_beard"] is False
    brows = np.s_[200:260, 350:680]
    kept, styled = (picture(folder / "skin_photo.png")[brows].min(-1) for folder in (fitted, out))
    assert np.quantile(styled, 0.02) > np.quantile(kept, 0.02) + 10, "the photo's brows are gone from the layer"
    assert picture(out / "head_albedo.png")[brows].min(-1).min() < np.quantile(styled, 0.02), "the style's are painted"
