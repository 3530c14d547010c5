"""What is exported arrives in Blender: places, bones, shapes, skin weights, materials and textures."""

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from blender.conftest import describe
from facewright.datatypes import ARKIT_52, Look, PhotoSkin, SkinShares
from facewright.export.blender import write_with_blender
from facewright.export.character import bake_pose, build_character
from facewright.export.gltf import write_glb
from facewright.export.obj import write_obj
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.decoder import RigDecoder

TOLERANCE_MM = 0.02


@pytest.fixture(scope="module")
def arrived(blender, character, tmp_path_factory):
    """Write and import a file once; returns what Blender found, by kind of file."""
    folder, kept = tmp_path_factory.mktemp("import"), {}

    def of(kind):
        if kind not in kept:
            path = folder / f"head.{kind.removeprefix('baked.')}"
            written = bake_pose(character) if kind.startswith("baked.") else character
            if path.suffix == ".glb":
                write_glb(path, written)
            elif path.suffix == ".obj":
                write_obj(path, written)
            else:
                write_with_blender(path, written, blender)
            kept[kind] = describe(blender, path)
        return kept[kind]

    return of


def farthest_mm(found, expected):
    """The largest distance from a point of one set to the nearest of the other, both ways."""
    found, expected = np.array(found), np.array(expected)
    ways = (cKDTree(expected).query(found)[0], cKDTree(found).query(expected)[0])
    return 1000 * max(distances.max() for distances in ways)


@pytest.mark.parametrize("kind", ["blend", "fbx", "glb", "obj", "baked.fbx", "baked.glb"])
def test_every_mesh_lies_where_our_skinning_puts_it_in_metres(arrived, character, kind):
    meshes = arrived(kind)["meshes"]
    posed = bake_pose(character).parts
    assert set(meshes) == {part.name for part in posed}
    for part in posed:
        assert farthest_mm(meshes[part.name]["vertices"], part.vertices_m) < TOLERANCE_MM
        assert meshes[part.name]["triangles"] == len(part.triangles)


@pytest.mark.parametrize("kind", ["blend", "fbx", "glb", "baked.fbx"])
def test_the_skeleton_arrives_with_its_names_parents_and_pose(arrived, rig, character, parameters, kind):
    bones, scale = arrived(kind)["bones"], arrived(kind)["armature_scale"]
    np.testing.assert_allclose(scale, [[1.0, 1.0, 1.0]], atol=1e-5)
    decoder = RigDecoder(rig)
    matrices = decoder.pose_matrices(decoder.channels(torch.from_numpy(parameters)[None]))[0].numpy()
    assert set(bones) == {bone.name for bone in rig.bones}
    for bone, matrix in zip(rig.bones, matrices, strict=True):
        found = bones[bone.name]
        assert found["parent"] == (rig.bones[bone.parent].name if bone.parent >= 0 else "")
        np.testing.assert_allclose(found["head"], matrix[:3, 3], atol=2e-5)
        rest = matrix[:3, 3] if kind == "baked.fbx" else bone.head
        np.testing.assert_allclose(found["rest_head"], rest, atol=2e-5)


@pytest.mark.parametrize("kind", ["blend", "fbx", "glb"])
def test_morph_targets_arrive_under_their_names_and_move_the_face(arrived, character, kind):
    meshes = arrived(kind)["meshes"]
    open_jaw = ARKIT_52.index("jawOpen")
    for part in bake_pose(character).parts:
        found = meshes[part.name]
        if part.blendshapes is None:
            assert found["shape_keys"] == []
            continue
        assert found["shape_keys"] == list(ARKIT_52)
        expected = part.vertices_m + part.blendshapes[open_jaw]
        assert farthest_mm(found["with_open_jaw"], expected) < TOLERANCE_MM


@pytest.mark.parametrize("kind", ["blend", "fbx", "glb"])
def test_every_vertex_has_skin_weights(arrived, kind):
    for mesh in arrived(kind)["meshes"].values():
        assert mesh["weighted"] == len(mesh["vertices"])
        assert len(mesh["groups"]) >= 2


@pytest.mark.parametrize("kind", ["blend", "fbx", "glb", "obj"])
def test_materials_arrive_with_their_textures(arrived, character, kind):
    found = {name: seen for mesh in arrived(kind)["meshes"].values() for name, seen in mesh["materials"].items()}
    assert set(found) == {material.name for material in character.materials}
    for material in character.materials:
        wanted = {"Base Color"} if material.albedo else set()
        wanted |= {"Normal"} if material.normal else set()
        wanted |= {"Roughness"} if material.roughness_picture else set()
        wanted |= {"Alpha"} if material.cut_out and material.albedo else set()
        textures = found[material.name]["textures"]
        assert wanted <= set(textures)
        assert all(has_pixels for _, _, has_pixels in textures.values())
        side = len(character.pictures[material.albedo]) if material.albedo else 0
        assert not material.albedo or textures["Base Color"][1] == [side, side]
    assert found["lens"]["alpha"] < 0.5


def test_the_blend_file_sorts_bones_by_region_and_holds_its_textures(arrived, rig):
    described = arrived("blend")
    for bone in rig.bones:
        assert described["bones"][bone.name]["collections"] == [bone.region]
    assert {"albedo", "hair_strands"} <= set(described["pictures"])
    for is_packed, path in described["pictures"].values():
        assert is_packed and path.startswith("//")
    assert {"camera", "key"} <= set(described["objects"])


def test_a_photo_skin_arrives_as_two_layers_and_one_amount(blender, rig, parameters, tmp_path):
    layer = np.full((64, 64, 4), (20, 180, 40, 255), np.uint8)
    skin = PhotoSkin(layer, layer[..., :3], True, True, SkinShares(1, 0, 0, 0))
    character = build_character(rig, parameters, Look(NEUTRAL_COLOURS, photo_skin=skin, photo_share=0.4))
    assert set(character.layers) == {"skin_procedural", "skin_photo"}
    found = {}
    for kind in ("blend", "glb", "fbx"):
        path = tmp_path / f"head.{kind}"
        write_glb(path, character) if kind == "glb" else write_with_blender(path, character, blender)
        found[kind] = describe(blender, path)["meshes"]["head_mesh"]["materials"]["skin"]
    assert found["blend"]["amounts"] == {"Photo skin": pytest.approx(0.4)}
    assert {"skin_photo", "skin_procedural"} <= set(found["blend"]["pictures"])
    for kind in ("glb", "fbx"):
        assert found[kind]["textures"]["Base Color"][0].startswith("albedo")
