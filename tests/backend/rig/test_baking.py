"""Baked pictures show what the engines would show: the composition, the layers of a style, the relief of the skin."""

import numpy as np
import pytest
from PIL import Image

from facewright.datatypes import PART_NAMES, FaceColours, Look, PhotoSkin, SkinDetail, SkinShares, Style
from facewright.errors import RigInvalid
from facewright.rig.appearance import CHANNELS, MASK_CHANNELS, RELIEF_SCALE, MakeUp, compose
from facewright.rig.baking import bake_albedo, bake_normal_map, bake_plain_skin, bake_roughness, rasterise
from facewright.rig.nouns import Appearance, Choice, Mesh, StyleGroup

COLOURS = FaceColours(*np.random.default_rng(0).uniform(0.1, 0.9, (6, 3)).astype(np.float32))
SIDE = 16


def plain_masks(**channels: float) -> np.ndarray:
    """Bare skin all over, but for the named channels."""
    values = dict.fromkeys(MASK_CHANNELS, 0.0) | {"detail": 0.5, "opacity": 1.0} | channels
    texel = np.array([values[name] for name in MASK_CHANNELS]) * 255 + 0.5
    return np.tile(texel.astype(np.uint8), (SIDE, SIDE, 1))


def quad(turn_rad: float, tilt_rad: float) -> tuple[np.ndarray, Mesh]:
    """A square facing -Y, its texture turned by `turn_rad`, the square tilted about X: UVs and mesh."""
    corners = np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]], float)
    cosine, sine = np.cos(turn_rad), np.sin(turn_rad)
    uv = corners[:, [0, 2]] @ np.array([[cosine, -sine], [sine, cosine]]) * 0.5 + 0.5
    tilt = np.array([[1, 0, 0], [0, np.cos(tilt_rad), -np.sin(tilt_rad)], [0, np.sin(tilt_rad), np.cos(tilt_rad)]])
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    return uv, Mesh((corners @ tilt.T).astype(np.float32), triangles, np.zeros(4, np.uint8))


def appearance_of(masks=None, uv=None, relief=None, marks=None) -> Appearance:
    masks = plain_masks() if masks is None else masks
    uv = quad(0.0, 0.0)[0] if uv is None else uv
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    labels = np.full(masks.shape[:2], PART_NAMES.index("skin"), np.uint8)
    labels[:2] = PART_NAMES.index("lashes")
    return Appearance(uv, np.arange(4, dtype=np.int32), triangles, masks, labels, marks, relief)


def group(folder, name: str, colour=None, gloss: float = 0.0) -> StyleGroup:
    """A group of "none" and of "painted", whose layer covers a box of the skin and of the lashes."""
    coverage = np.zeros((SIDE, SIDE), np.uint8)
    coverage[0:12, 4:8] = 204
    path = folder / f"{name}.png"
    Image.fromarray(coverage).save(path)
    common = (colour, gloss, (1.0, 1.0), (18.0, 90.0))
    choices = [
        Choice(choice, choice, *common, layer=layer, piece=None)
        for choice, layer in (("none", None), ("painted", path))
    ]
    return StyleGroup(name, name, "none", tuple(choices), None)


def test_the_albedo_is_the_composition_rounded_to_bytes():
    generator = np.random.default_rng(3)
    masks, marks = (generator.integers(0, 256, (SIDE, SIDE, n), dtype=np.uint8) for n in (12, 3))
    look = Look(COLOURS, SkinDetail(0.7, 0.3, 0.8, 0.6))
    expected = compose(np.concatenate([masks, marks], axis=-1) / 255.0, look)
    baked = bake_albedo(appearance_of(masks, marks=marks), look, side=SIDE)
    assert baked.dtype == np.uint8
    assert np.abs(baked.astype(int) - np.round(expected * 255)).max() <= 1


def test_a_smaller_albedo_is_the_mean_of_the_large_one():
    masks = np.random.default_rng(4).integers(0, 256, (SIDE, SIDE, 12), dtype=np.uint8)
    large = bake_albedo(appearance_of(masks), Look(COLOURS), side=SIDE).astype(float)
    small = bake_albedo(appearance_of(masks), Look(COLOURS), side=SIDE // 2)
    np.testing.assert_allclose(small, large.reshape(8, 2, 8, 2, 4).mean((1, 3)), atol=1.01)


@pytest.mark.parametrize(
    ("name", "channel"),
    [("hair", "hair"), ("brows", "brow"), ("beard", "beard"), ("lips", "lip_make_up"), ("eyes", "eye_make_up")],
)
def test_a_layer_replaces_its_mask_on_skin_and_leaves_lashes_alone(tmp_path, name, channel):
    appearance = appearance_of(plain_masks(hair=0.5, brow=0.6))
    colour = (0.9, 0.1, 0.2)
    styles = (group(tmp_path, name, colour),)
    baked = bake_albedo(appearance, Look(COLOURS, style=Style(**{name: "painted"})), styles, SIDE)
    make_up = MakeUp(colour, colour)
    for row, column, coverage in ((6, 5, 0.8), (6, 12, 0.0), (1, 5, None)):
        texel = dict.fromkeys(CHANNELS, 0.0) | {
            "detail": 128 / 255,
            "opacity": 1.0,
            "hair": 128 / 255,
            "brow": 153 / 255,
        }
        texel |= {} if coverage is None else {channel: coverage}
        expected = compose(np.array([texel[key] for key in CHANNELS]), Look(COLOURS), make_up)
        np.testing.assert_allclose(baked[row, column] / 255.0, expected, atol=0.004)


def test_a_choice_without_a_layer_bares_the_skin(tmp_path):
    appearance = appearance_of(plain_masks(hair=1.0))
    baked = bake_albedo(appearance, Look(COLOURS), (group(tmp_path, "hair"),), SIDE)
    np.testing.assert_allclose(baked[8, 8, :3] / 255.0, COLOURS.skin * (256 / 255), atol=0.004)


def test_a_choice_that_the_rig_lacks_is_refused(tmp_path):
    with pytest.raises(RigInvalid, match="no hair style 'mohawk'"):
        bake_albedo(appearance_of(), Look(COLOURS, style=Style(hair="mohawk")), (group(tmp_path, "hair"),), SIDE)


@pytest.mark.parametrize("turn", [0.0, 0.5, 2.4])
@pytest.mark.parametrize("tilt", [0.0, 0.6])
def test_the_normal_map_bends_normals_as_the_engines_do(turn, tilt):
    uv, mesh = quad(turn, tilt)
    relief = np.full((SIDE, SIDE, 4), 128, np.uint8) + np.array([40, 25, -30, 10], np.int8).astype(np.uint8)
    look = Look(COLOURS, SkinDetail(pores=0.4, wrinkles=0.9))
    baked = bake_normal_map(appearance_of(uv=uv, relief=relief), mesh, look, SIDE)[SIDE // 2, SIDE // 2]
    x, y, z = (baked.astype(float) - 128) / 127
    a, b, c, _ = mesh.vertices_m.astype(float)
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal)
    u_axis, v_axis = np.linalg.inv(np.stack([uv[1] - uv[0], uv[2] - uv[0]])) @ np.stack([b - a, c - a])
    from_map = x * u_axis / np.linalg.norm(u_axis) + y * v_axis / np.linalg.norm(v_axis) + z * normal
    across = np.cross([0, 0, 1], normal) / np.linalg.norm(np.cross([0, 0, 1], normal))
    slope = -RELIEF_SCALE / 127 * (0.9 * np.array([40, 25]) + 0.4 * np.array([-30, 10]))
    engine = normal + slope[0] * across + slope[1] * np.cross(normal, across)
    np.testing.assert_allclose(from_map, engine / np.linalg.norm(engine), atol=0.012)


def test_a_rig_without_relief_has_a_flat_normal_map():
    baked = bake_normal_map(appearance_of(), quad(0.0, 0.0)[1], Look(COLOURS), 8)
    assert (baked == [128, 128, 255]).all()


def test_hair_is_rougher_and_glossy_lips_are_smoother_than_skin(tmp_path):
    mesh = quad(0.0, 0.0)[1]
    skin, hair = (
        bake_roughness(appearance_of(plain_masks(hair=h)), mesh, Look(COLOURS), side=SIDE)[8, 8] for h in (0, 1)
    )
    styles = (group(tmp_path, "lips", (0.8, 0.1, 0.1), gloss=1.0),)
    look = Look(COLOURS, style=Style(lips="painted"))
    lips = bake_roughness(appearance_of(plain_masks(lip=1.0)), mesh, look, styles, SIDE)
    bare = bake_roughness(appearance_of(plain_masks(lip=1.0)), mesh, Look(COLOURS), styles, SIDE)
    assert lips[8, 5] < bare[8, 5] < skin < hair
    assert lips[8, 12] == bare[8, 12]


def test_forehead_nose_and_chin_are_oily():
    corners = np.array([[-0.1, -0.02, -0.13], [0.1, -0.02, -0.13], [0.1, -0.02, 0.07], [-0.1, -0.02, 0.07]])
    eyes = np.array([[0.028, 0, 0], [0.030, 0, 0], [-0.028, 0, 0], [-0.030, 0, 0]])
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    mesh = Mesh(np.concatenate([corners, eyes]).astype(np.float32), triangles, np.repeat([0, 1], 4).astype(np.uint8))
    rough = bake_roughness(appearance_of(), mesh, Look(COLOURS), side=SIDE).astype(int)
    row = {up: int((0.07 - up) / 0.2 * SIDE) for up in (0.04, -0.024, -0.098, -0.065)}
    for up in (0.04, -0.024, -0.098):
        assert rough[row[up], 8] < rough[row[up], 14] - 10
    assert abs(rough[row[-0.065], 8] - rough[row[-0.065], 14]) < 10


def test_rasterised_attributes_are_linear_in_the_texture():
    uv, _ = quad(0.3, 0.0)
    uv = (uv - 0.5) * 0.6 + 0.5
    values, owner = rasterise(uv, np.array([[0, 1, 2], [0, 2, 3]]), uv @ [[2.0], [-3.0]], 32)
    row, column = np.nonzero(owner >= 0)
    np.testing.assert_allclose(values[row, column, 0], 2 * (column + 0.5) / 32 - 3 * (1 - (row + 0.5) / 32), atol=1e-5)


def photo_skin(layer: np.ndarray) -> PhotoSkin:
    return PhotoSkin(layer, layer[..., :3], True, True, SkinShares(1, 0, 0, 0))


def test_a_photo_skin_is_baked_into_the_albedo_by_its_share_at_its_own_size():
    layer = np.zeros((2 * SIDE, 2 * SIDE, 4), np.uint8)
    layer[:SIDE] = (10, 200, 30, 255)
    look = Look(COLOURS, photo_skin=photo_skin(layer))
    baked = bake_albedo(appearance_of(), look, side=2 * SIDE)
    plain = bake_albedo(appearance_of(), Look(COLOURS), side=2 * SIDE)
    assert baked.shape == (2 * SIDE, 2 * SIDE, 4)
    np.testing.assert_allclose(baked[: SIDE - 2, :, :3].astype(int) - (10, 200, 30), 0, atol=1)
    np.testing.assert_array_equal(baked[SIDE + 2 :], plain[SIDE + 2 :])
    half = bake_albedo(appearance_of(), Look(COLOURS, photo_skin=look.photo_skin, photo_share=0.5), side=2 * SIDE)
    np.testing.assert_allclose(half[: SIDE - 2], (baked[: SIDE - 2].astype(int) + plain[: SIDE - 2]) / 2, atol=2)


def test_a_dark_line_of_a_photo_skin_is_a_furrow_and_rough():
    side = 1024
    layer = np.full((side, side, 4), 200, np.uint8)
    layer[..., 3] = 255
    layer[500:503, :, :3] = 120
    look, plain = Look(COLOURS, photo_skin=photo_skin(layer)), Look(COLOURS)
    uv, mesh = quad(0.0, 0.0)
    normals = bake_normal_map(appearance_of(uv=uv), mesh, look, side).astype(int) - 128
    above, below = normals[499, 512, 1], normals[503, 512, 1]
    assert above < -2 and below > 2, "above a furrow the surface leans down, below it up; +Y is up"
    assert np.abs(normals[100:480, 100:900, :2]).max() <= 1
    rough = [bake_roughness(appearance_of(uv=uv), mesh, one, side=side).astype(int) for one in (look, plain)]
    assert (rough[0] - rough[1])[501, 512] > (rough[0] - rough[1])[200, 512]


def test_plain_skin_has_no_brows_and_no_pores():
    masks = plain_masks(brow=1.0, hair=1.0, detail=0.75)
    plain, grain = bake_plain_skin(appearance_of(masks), Look(COLOURS), SIDE)
    skin = plain[2:]  # above are lashes
    np.testing.assert_allclose(skin, np.broadcast_to(COLOURS.skin, skin.shape), atol=0.01)
    np.testing.assert_allclose(grain, 1.5, atol=0.01)
