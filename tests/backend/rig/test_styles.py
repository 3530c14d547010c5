"""Styles are read from styles.toml and the files beside it, and what contradicts the format is named."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from backend.rig.tiny_rig import write_tiny_rig
from facewright.datatypes import FaceColours, Look, SkinDetail, Style
from facewright.errors import RigInvalid
from facewright.rig.installed import load_rig
from facewright.rig.styles import find_choice, look_from_vector, look_size, look_vector, read_layer, read_piece

STYLES = """
[[group]]
name = "glasses"
label = "Glasses"
default = "none"
choice = [
    { name = "none", label = "None" },
    { name = "round", label = "Round", colour = [0.1, 0.2, 0.3], frequency = [2, 3] },
]

[[group]]
name = "hair"
label = "Hair"
default = "bald"
choice = [
    { name = "bald", label = "Bald", ages = [40, 90] },
    { name = "bob", label = "Bob" },
    { name = "afro", label = "Afro" },
]
"""


def tiny_piece(bones: int, triangles: int, vertices: int) -> dict[str, np.ndarray]:
    """Return the arrays of a piece of three triangles that fits a rig of these counts."""
    generator = np.random.default_rng(2)
    normals = generator.normal(size=(5, 3))
    weights = generator.uniform(0.1, 1.0, (5, 2))
    return {
        "vertices_m": generator.normal(0, 0.1, (5, 3)).astype(np.float32) + np.float32([0, 0, 1.6]),
        "normals": (normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32),
        "triangles": np.array([[0, 1, 2], [1, 3, 2], [2, 3, 4]], np.int32),
        "uv": generator.uniform(0, 1, (5, 2)).astype(np.float32),
        "material": np.array([0, 0, 1], np.uint8),
        "indices": generator.integers(0, bones, (5, 2)).astype(np.uint8),
        "weights": (weights / weights.sum(1, keepdims=True)).astype(np.float16),
        "anchor_triangle": generator.integers(0, triangles, 5).astype(np.int32),
        "anchor_barycentric": generator.dirichlet(np.ones(3), 5).astype(np.float32),
        "follow": np.array([0, 0.25, 0.5, 0.75, 1], np.float32),
        "openness": np.array([0, 51, 102, 204, 255], np.uint8),
        "head_openness": generator.integers(0, 256, vertices).astype(np.uint8),
    }


@pytest.fixture
def folder(tmp_path) -> Path:
    """A tiny rig with two style groups, one layer and one piece."""
    folder = write_tiny_rig(tmp_path / "rigs")
    (folder / "styles.toml").write_text(STYLES)
    (folder / "styles" / "hair").mkdir(parents=True)
    coverage = np.zeros((64, 64), np.uint8)
    coverage[30:34, 20:25] = np.arange(1, 21).reshape(4, 5)
    Image.fromarray(coverage).save(folder / "styles" / "hair" / "bob.png")
    rig = load_rig("tiny", folder.parent, tmp_path / "cache")
    arrays = tiny_piece(len(rig.bones), len(rig.mesh.triangles), len(rig.mesh.vertices_m))
    save_file(arrays, folder / "styles" / "hair" / "bob.safetensors")
    return folder


def test_groups_come_in_their_fixed_order_with_the_files_of_their_choices(folder, tmp_path):
    rig = load_rig("tiny", folder.parent, tmp_path / "cache")
    hair, glasses = rig.styles
    assert (hair.name, glasses.name, hair.texture) == ("hair", "glasses", None)
    bald, bob, _ = hair.choices
    assert (bald.layer, bald.piece, bald.ages, bald.frequency) == (None, None, (40.0, 90.0), (1.0, 1.0))
    assert bob.layer == folder / "styles/hair/bob.png"
    assert bob.piece == folder / "styles/hair/bob.safetensors"
    assert glasses.choices[1].colour == (0.1, 0.2, 0.3)


def test_an_empty_name_stands_for_the_default_and_an_unknown_one_is_refused(folder, tmp_path):
    styles = load_rig("tiny", folder.parent, tmp_path / "cache").styles
    assert find_choice(styles, "hair", Style()).name == "bald"
    assert find_choice(styles, "hair", Style(hair="afro")).name == "afro"
    assert find_choice(styles, "brows", Style(brows="thick")) is None
    with pytest.raises(RigInvalid, match="no hair style 'mohawk'") as raised:
        find_choice(styles, "hair", Style(hair="mohawk"))
    assert "bald, bob, afro" in raised.value.remedy


def test_a_layer_keeps_its_box_and_a_margin(folder):
    layer = read_layer(folder / "styles/hair/bob.png")
    assert (layer.left, layer.top, layer.side) == (12, 22, 64)
    assert layer.coverage.shape == (20, 21)
    np.testing.assert_array_equal(layer.coverage[8:12, 8:13], np.arange(1, 21).reshape(4, 5))
    assert layer.coverage.sum() == 210


def test_the_look_vector_holds_colours_skin_and_one_hot_choices(folder, tmp_path):
    styles = load_rig("tiny", folder.parent, tmp_path / "cache").styles
    colours = FaceColours.from_vector(np.linspace(0.1, 0.9, 18))
    look = Look(colours, SkinDetail(0.1, 0.2, 0.3, 0.4), Style(hair="afro", glasses="round"))
    vector = look_vector(look, styles)
    assert vector.shape == (look_size(styles),) == (27,)
    np.testing.assert_allclose(vector[18:], [0.1, 0.2, 0.3, 0.4, 0, 0, 1, 0, 1], atol=1e-7)
    np.testing.assert_allclose(vector[15:18], colours.beard)


def test_a_look_survives_the_way_through_its_vector_and_soft_choices_fall_to_the_likeliest(folder, tmp_path):
    styles = load_rig("tiny", folder.parent, tmp_path / "cache").styles
    colours = FaceColours.from_vector(np.linspace(0.1, 0.9, 18))
    vector = look_vector(Look(colours, SkinDetail(0.1, 0.2, 0.3, 0.4), Style(hair="afro", glasses="round")), styles)
    back = look_from_vector(vector, styles)
    assert back.style == Style(hair="afro", glasses="round")
    np.testing.assert_array_equal(look_vector(back, styles), vector)
    vector[22:25] = [0.3, 0.4, 0.3]
    assert look_from_vector(vector, styles).style.hair == "bob"
    with pytest.raises(ValueError, match="expected"):
        look_from_vector(vector[:-1], styles)


def test_a_piece_is_read_with_shares_between_zero_and_one(folder, tmp_path):
    rig = load_rig("tiny", folder.parent, tmp_path / "cache")
    counts = (len(rig.bones), len(rig.mesh.triangles), len(rig.mesh.vertices_m))
    piece = read_piece(folder / "styles/hair/bob.safetensors", *counts)
    np.testing.assert_allclose(piece.openness, [0, 0.2, 0.4, 0.8, 1], atol=1e-6)
    np.testing.assert_allclose(piece.weights.sum(1), 1, atol=1e-6)
    assert piece.weights.dtype == np.float32
    assert piece.indices.dtype == np.int32


@pytest.mark.parametrize(
    ("name", "values", "complaint"),
    [
        ("triangles", np.array([[0, 1, 9], [1, 3, 2], [2, 3, 4]], np.int32), "'triangles'.*from 0 to 4"),
        ("uv", np.zeros((4, 2), np.float32), "'uv': expected 5 rows, found 4"),
        ("material", np.zeros(2, np.uint8), "'material': expected 3 rows, found 2"),
        ("weights", np.ones((5, 2), np.float32), "'weights'.*sum to 1"),
        ("indices", np.full((5, 2), 6, np.uint8), "'indices'.*from 0 to 5"),
        ("head_openness", np.zeros(3, np.uint8), "'head_openness': expected shape"),
    ],
)
def test_a_piece_that_does_not_fit_is_refused(folder, tmp_path, name, values, complaint):
    rig = load_rig("tiny", folder.parent, tmp_path / "cache")
    counts = (len(rig.bones), len(rig.mesh.triangles), len(rig.mesh.vertices_m))
    save_file(tiny_piece(*counts) | {name: values}, tmp_path / "bad.safetensors")
    with pytest.raises(RigInvalid, match=complaint):
        read_piece(tmp_path / "bad.safetensors", *counts)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('name = "hair"', 'name = "hat"', "expected one of hair, brows"),
        ('default = "bald"', 'default = "none"', "hold the default 'none'"),
        ('label = "Bob" }', 'label = "Bob", color = [1, 2, 3] }', "unknown keys color"),
        ("colour = [0.1, 0.2, 0.3]", "colour = [0.1, 0.2]", "expected 3 numbers"),
        ('name = "glasses"', 'name = "hair"', "each group may stand there once"),
    ],
)
def test_a_wrong_styles_file_is_refused_with_the_reason(folder, tmp_path, old, new, complaint):
    text = (folder / "styles.toml").read_text()
    assert old in text
    (folder / "styles.toml").write_text(text.replace(old, new))
    with pytest.raises(RigInvalid, match=complaint):
        load_rig("tiny", folder.parent, tmp_path / "cache")


def test_an_empty_or_coloured_layer_is_refused(tmp_path):
    Image.new("L", (16, 16)).save(tmp_path / "empty.png")
    with pytest.raises(RigInvalid, match="layer is empty"):
        read_layer(tmp_path / "empty.png")
    Image.new("RGB", (16, 16), (9, 9, 9)).save(tmp_path / "colour.png")
    with pytest.raises(RigInvalid, match="square grey picture"):
        read_layer(tmp_path / "colour.png")
