"""A written .glb holds the head that the rig decodes: read back here byte by byte and skinned with plain loops."""

import io
import json
import struct

import numpy as np
import pytest
import torch
from PIL import Image

from backend.export.painted_rig import COLOURS, DRESSED, dressed_rig, painted_rig, tiny_rig
from facewright.datatypes import ARKIT_52, Look
from facewright.errors import OutputNotWritable
from facewright.export.character import build_character
from facewright.export.gltf import write_glb
from facewright.export.materials import tinted_strands
from facewright.rig.baking import bake_albedo
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.nouns import SURFACES

LOOK = Look(COLOURS)
PARAMETERS = np.array([0.9, 0.15, 0.8])
TYPES = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Glb:
    """A .glb file, read by the specification alone."""

    def __init__(self, path):
        content = path.read_bytes()
        magic, version, length = struct.unpack_from("<4sII", content)
        assert (magic, version, length) == (b"glTF", 2, len(content))
        size, kind = struct.unpack_from("<I4s", content, 12)
        assert kind == b"JSON"
        self.json = json.loads(content[20 : 20 + size])
        binary, kind = struct.unpack_from("<I4s", content, 20 + size)
        assert kind == b"BIN\0"
        self.binary = content[28 + size : 28 + size + binary]

    def view(self, index):
        view = self.json["bufferViews"][index]
        start = view.get("byteOffset", 0)
        return self.binary[start : start + view["byteLength"]]

    def picture(self, name):
        image = next(image for image in self.json["images"] if image["name"] == name)
        with Image.open(io.BytesIO(self.view(image["bufferView"]))) as picture:
            return np.asarray(picture)

    def array(self, index):
        accessor = self.json["accessors"][index]
        width = WIDTHS[accessor["type"]]
        values = np.zeros((accessor["count"], width), TYPES[accessor["componentType"]])
        if "bufferView" in accessor:
            values = np.frombuffer(self.view(accessor["bufferView"]), values.dtype).reshape(-1, width).copy()
        if "sparse" in accessor:
            sparse = accessor["sparse"]
            rows = np.frombuffer(self.view(sparse["indices"]["bufferView"]), TYPES[sparse["indices"]["componentType"]])
            shifts = np.frombuffer(self.view(sparse["values"]["bufferView"]), np.float32)
            values[rows] = shifts.reshape(-1, width)
        if "min" in accessor:
            np.testing.assert_allclose(values.min(0), accessor["min"], atol=1e-7)
            np.testing.assert_allclose(values.max(0), accessor["max"], atol=1e-7)
        return values


def matrix_of(node):
    x, y, z, w = node["rotation"]
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.array(node["scale"])[None, :]
    matrix[:3, 3] = node["translation"]
    return matrix


def global_matrices(glb):
    nodes = glb.json["nodes"]
    matrices = {}

    def visit(index, above):
        matrices[index] = above @ (matrix_of(nodes[index]) if "rotation" in nodes[index] else np.eye(4))
        for child in nodes[index].get("children", []):
            visit(child, matrices[index])

    for index in glb.json["scenes"][0]["nodes"]:
        visit(index, np.eye(4))
    return matrices


def skinned_corners(glb, primitive, weights):
    """Skin a primitive by the specification; returns (triangles, 3 corners, 3) in world space.

    `weights` are those of the morph targets, none for a primitive without any.
    """
    skin = glb.json["skins"][0]
    matrices = global_matrices(glb)
    binds = glb.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
    attributes = primitive["attributes"]
    rest = glb.array(attributes["POSITION"]).astype(float)
    for weight, target in zip(weights, primitive.get("targets", []), strict=True):
        rest = rest + weight * glb.array(target["POSITION"])
    moved = np.zeros_like(rest)
    for group in range(sum(name.startswith("JOINTS") for name in attributes)):
        joints, shares = glb.array(attributes[f"JOINTS_{group}"]), glb.array(attributes[f"WEIGHTS_{group}"])
        for vertex in range(len(rest)):
            for joint, share in zip(joints[vertex], shares[vertex], strict=True):
                world = matrices[skin["joints"][joint]] @ binds[joint]
                moved[vertex] += share * (world @ [*rest[vertex], 1.0])[:3]
    x, y, z = moved.T
    corners = glb.array(primitive["indices"]).reshape(-1, 3)
    return np.stack([x, -z, y], axis=1)[corners]


def expected_corners(rig, surface, expression):
    parameters = torch.tensor(PARAMETERS[None], dtype=torch.float64)
    shape = torch.tensor(expression[None], dtype=torch.float64)
    vertices = RigDecoder(rig, dtype=torch.float64).vertices(parameters, shape)[0].numpy()
    faces = rig.mesh.surfaces[rig.mesh.triangles[:, 0]] == SURFACES.index(surface)
    return vertices[rig.mesh.triangles[faces]]


@pytest.fixture
def rig(tmp_path):
    return painted_rig(tmp_path)


@pytest.fixture
def glb(rig, tmp_path):
    write_glb(tmp_path / "head.glb", build_character(rig, PARAMETERS, LOOK))
    return Glb(tmp_path / "head.glb")


@pytest.fixture
def worn(tmp_path):
    """A dressed rig and its .glb."""
    rig = dressed_rig(tmp_path)
    write_glb(tmp_path / "worn.glb", build_character(rig, PARAMETERS, DRESSED))
    return rig, Glb(tmp_path / "worn.glb")


def primitives_by_name(glb):
    return {glb.json["materials"][part["material"]]["name"]: part for part in glb.json["meshes"][0]["primitives"]}


def test_skinned_vertices_are_the_decoders(rig, glb):
    parts = primitives_by_name(glb)
    assert set(parts) == {"skin", "eye"}
    for name, part in parts.items():
        found = skinned_corners(glb, part, np.zeros(52))
        np.testing.assert_allclose(found, expected_corners(rig, name, np.zeros(52)), atol=1e-5)


def test_morph_targets_move_vertices_as_the_decoders_expression_does(rig, glb):
    expression = np.random.default_rng(1).uniform(0, 1, 52)
    for name, part in primitives_by_name(glb).items():
        found = skinned_corners(glb, part, expression)
        np.testing.assert_allclose(found, expected_corners(rig, name, expression), atol=1e-5)


def test_morph_targets_carry_apples_names_in_order(glb):
    mesh = glb.json["meshes"][0]
    assert mesh["extras"]["targetNames"] == list(ARKIT_52)
    assert all(len(part["targets"]) == 52 for part in mesh["primitives"])
    assert mesh["weights"] == [0.0] * 52


def test_a_morph_target_stores_only_the_vertices_that_it_moves(glb):
    targets = primitives_by_name(glb)["skin"]["targets"]
    count = len(glb.array(primitives_by_name(glb)["skin"]["attributes"]["POSITION"]))
    accessors = [glb.json["accessors"][target["POSITION"]] for target in targets]
    assert 0 < accessors[0]["sparse"]["count"] < count / 3
    assert "sparse" not in accessors[1]
    assert "sparse" not in accessors[7]
    assert "bufferView" not in accessors[7]


def test_an_expression_becomes_the_starting_weights(rig, tmp_path):
    expression = np.linspace(0, 1, 52)
    write_glb(tmp_path / "smile.glb", build_character(rig, PARAMETERS, LOOK), expression)
    np.testing.assert_allclose(Glb(tmp_path / "smile.glb").json["meshes"][0]["weights"], expression)


def test_bones_are_joints_under_their_names_and_parents(rig, glb):
    nodes = glb.json["nodes"]
    joints = [nodes[index]["name"] for index in glb.json["skins"][0]["joints"]]
    assert joints == [bone.name for bone in rig.bones]
    assert len({node["name"] for node in nodes}) == len(nodes)
    for node in nodes:
        for child in node.get("children", []):
            parent = next((bone.parent for bone in rig.bones if bone.name == nodes[child]["name"]), None)
            assert node["name"] == ("armature" if parent == -1 else rig.bones[parent].name)


def test_every_vertex_names_a_joint_once_and_its_weights_sum_to_one(glb):
    for part in glb.json["meshes"][0]["primitives"]:
        joints, weights = glb.array(part["attributes"]["JOINTS_0"]), glb.array(part["attributes"]["WEIGHTS_0"])
        np.testing.assert_allclose(weights.sum(1), 1.0, atol=1e-6)
        for row, shares in zip(joints, weights, strict=True):
            used = row[shares > 0]
            assert 1 <= len(used) <= 4
            assert len(set(used)) == len(used)
            assert (row[shares == 0] == 0).all()


def test_normals_point_outwards_at_rest(glb):
    part = primitives_by_name(glb)["skin"]["attributes"]
    points, normals = glb.array(part["POSITION"]), glb.array(part["NORMAL"])
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-5)
    assert (np.einsum("ij,ij->i", points - points.mean(0), normals) > 0).mean() > 0.95


def test_the_face_looks_along_positive_z_with_y_up(rig, glb):
    points = glb.array(primitives_by_name(glb)["skin"]["attributes"]["POSITION"])
    world = rig.mesh.vertices_m
    np.testing.assert_allclose(points[:, 1].max(), world[:, 2].max(), atol=1e-6)
    np.testing.assert_allclose(points[:, 2].max(), -world[:, 1].min(), atol=1e-6)


def test_the_texture_is_the_baked_albedo_and_uvs_have_v_down(rig, glb):
    image = glb.json["images"][0]
    assert image["mimeType"] == "image/png"
    with Image.open(io.BytesIO(glb.view(image["bufferView"]))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), bake_albedo(rig.appearance, LOOK, rig.styles, 16))
    uvs = np.concatenate([glb.array(p["attributes"]["TEXCOORD_0"]) for p in glb.json["meshes"][0]["primitives"]])
    expected = rig.appearance.uv * [1, -1] + [0, 1]
    assert {tuple(uv) for uv in uvs.round(5)} == {tuple(uv) for uv in expected.astype(np.float32).round(5)}


def test_only_lashes_are_cut_out(rig, tmp_path):
    surfaces = rig.mesh.surfaces.copy()
    surfaces[rig.mesh.triangles[5]] = SURFACES.index("lash")
    object.__setattr__(rig.mesh, "surfaces", surfaces)
    write_glb(tmp_path / "lash.glb", build_character(rig, PARAMETERS, LOOK))
    materials = {material["name"]: material for material in Glb(tmp_path / "lash.glb").json["materials"]}
    assert materials["lash"]["alphaMode"] == "MASK"
    assert materials["lash"]["doubleSided"] is True
    assert materials["skin"].get("alphaMode", "OPAQUE") == "OPAQUE"


def test_pieces_are_meshes_on_the_same_skeleton_that_move_as_the_wardrobe_poses_them(worn):
    rig, glb = worn
    meshes = {mesh["name"]: mesh for mesh in glb.json["meshes"]}
    nodes = {node["name"]: node for node in glb.json["nodes"]}
    assert list(meshes) == ["head_mesh", "hair_bob", "beard_full", "glasses_round"]
    assert all(nodes[name]["skin"] == 0 for name in meshes)
    expression = np.random.default_rng(3).uniform(0, 1, 52)
    posed = Wardrobe(rig, RigDecoder(rig)).dress(PARAMETERS.astype(np.float32), DRESSED.style, expression)
    for piece, name in zip(posed, ("hair_bob", "beard_full", "glasses_round"), strict=True):
        primitives = meshes[name]["primitives"]
        weights = expression if name == "beard_full" else []
        found = np.concatenate([skinned_corners(glb, primitive, weights) for primitive in primitives])
        faces = piece.vertices_m[[[0, 1, 2], [1, 3, 2], [2, 3, 4]]]
        np.testing.assert_allclose(np.sort(found, axis=1), np.sort(faces, axis=1), atol=1e-5)
    assert meshes["beard_full"]["extras"]["targetNames"] == list(ARKIT_52)
    assert "targets" not in meshes["hair_bob"]["primitives"][0]


def test_hair_is_cut_out_and_double_sided_with_strands_in_its_own_colour(worn):
    rig, glb = worn
    materials = {material["name"]: material for material in glb.json["materials"]}
    assert materials["hair"]["alphaMode"] == "MASK" and materials["hair"]["doubleSided"]
    source = glb.json["textures"][materials["hair"]["pbrMetallicRoughness"]["baseColorTexture"]["index"]]["source"]
    assert glb.json["images"][source]["name"] == "hair_strands"
    with Image.open(io.BytesIO(glb.view(glb.json["images"][source]["bufferView"]))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), tinted_strands(rig.styles[0].texture, COLOURS.hair))


def test_a_lens_lets_light_through_and_its_frame_has_its_own_colour(worn):
    _, glb = worn
    materials = {material["name"]: material for material in glb.json["materials"]}
    assert materials["lens"]["alphaMode"] == "BLEND"
    assert 0 < materials["lens"]["pbrMetallicRoughness"]["baseColorFactor"][3] < 0.5
    frame = materials["glasses"]["pbrMetallicRoughness"]["baseColorFactor"]
    np.testing.assert_allclose(frame, [0.0100, 0.0331, 0.0732, 1.0], atol=1e-3)


def test_the_depth_of_a_mass_of_hair_darkens_its_vertices(worn):
    _, glb = worn
    (hair,) = next(mesh for mesh in glb.json["meshes"] if mesh["name"] == "hair_bob")["primitives"]
    openness = np.array([0, 51, 102, 204, 255]) / 255
    np.testing.assert_allclose(glb.array(hair["attributes"]["COLOR_0"])[:, 1], 0.5 + 0.5 * openness, atol=1e-6)


def test_eyes_have_a_clear_coat(glb):
    materials = {material["name"]: material for material in glb.json["materials"]}
    assert materials["eye"]["extensions"]["KHR_materials_clearcoat"]["clearcoatFactor"] == 1.0
    assert materials["eye"]["pbrMetallicRoughness"]["roughnessFactor"] < 0.2
    assert glb.json["extensionsUsed"] == ["KHR_materials_clearcoat"]


def test_a_rig_without_paint_is_written_in_skin_colour(tmp_path):
    write_glb(tmp_path / "plain.glb", build_character(tiny_rig(tmp_path), PARAMETERS, LOOK))
    glb = Glb(tmp_path / "plain.glb")
    factor = glb.json["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"]
    np.testing.assert_allclose(factor, [0.6038, 0.3185, 0.2140, 1.0], atol=1e-3)
    assert not glb.json.get("images")


def test_an_expression_of_wrong_length_is_refused(rig, tmp_path):
    with pytest.raises(ValueError, match=r"expression: expected \(52,\), found \(51,\)"):
        write_glb(tmp_path / "a.glb", build_character(rig, PARAMETERS, LOOK), np.zeros(51))
    assert not (tmp_path / "a.glb").exists()


def test_a_place_that_cannot_be_written_leaves_nothing(rig, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputNotWritable):
        write_glb(tmp_path / "out" / "head.glb", build_character(rig, PARAMETERS, LOOK))
