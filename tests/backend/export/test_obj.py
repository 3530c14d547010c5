"""A written .obj holds the posed head with all that it wears."""

import numpy as np
import pytest
import torch
from PIL import Image

from backend.export.painted_rig import COLOURS, DRESSED, dressed_rig, painted_rig, tiny_rig
from facewright.datatypes import Look
from facewright.errors import OutputNotWritable
from facewright.export.character import build_character
from facewright.export.obj import write_obj
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe

PARAMETERS = np.array([0.9, 0.15, 0.8])


def read_obj(path):
    """Read points, texture points, and the faces (t, 3 corners, 3 numbers) of every group."""
    rows, groups, group = {"v": [], "vt": [], "vn": []}, {}, None
    for line in path.read_text().splitlines():
        kind, *words = line.split()
        if kind in rows:
            rows[kind].append([float(word) for word in words])
        elif kind == "g":
            group = groups.setdefault(words[0], [])
        elif kind == "f":
            group.append([[int(index or 0) for index in word.split("/")] for word in words])
    return np.array(rows["v"]), np.array(rows["vt"]), {name: np.array(faces) for name, faces in groups.items()}


def read_mtl(path):
    """Read each material as a dictionary of its lines."""
    materials, current = {}, None
    for line in path.read_text().splitlines():
        key, *words = line.split() or [""]
        if key == "newmtl":
            current = materials.setdefault(words[0], {})
        elif key:
            current[key] = words
    return materials


def test_points_faces_and_uvs_come_back_posed_in_y_up_metres(tmp_path):
    rig = painted_rig(tmp_path)
    write_obj(tmp_path / "head.obj", build_character(rig, PARAMETERS, Look(COLOURS)))
    points, textures, groups = read_obj(tmp_path / "head.obj")
    vertices = RigDecoder(rig).vertices(torch.tensor(PARAMETERS[None], dtype=torch.float32))[0].numpy()
    assert np.abs(vertices - rig.mesh.vertices_m).max() > 1e-3
    np.testing.assert_allclose(points, vertices[:, [0, 2, 1]] * [1, 1, -1], atol=2e-6)
    np.testing.assert_allclose(textures, rig.appearance.uv, atol=1e-6)
    is_eye = rig.mesh.surfaces[rig.mesh.triangles[:, 0]] == 1
    np.testing.assert_array_equal(groups["head_mesh_eye"][..., 0] - 1, rig.mesh.triangles[is_eye])
    np.testing.assert_array_equal(groups["head_mesh_skin"][..., 0] - 1, rig.mesh.triangles[~is_eye])
    np.testing.assert_array_equal(groups["head_mesh_skin"][..., 1] - 1, rig.appearance.render_triangles[~is_eye])


def test_pieces_follow_the_head_with_numbers_that_go_on(tmp_path):
    rig = dressed_rig(tmp_path)
    write_obj(tmp_path / "head.obj", build_character(rig, PARAMETERS, DRESSED))
    points, textures, groups = read_obj(tmp_path / "head.obj")
    assert (len(points), len(textures)) == (60 + 3 * 5, 63 + 2 * 5)  # glasses are not textured
    posed = Wardrobe(rig, RigDecoder(rig)).dress(PARAMETERS.astype(np.float32), DRESSED.style)
    np.testing.assert_allclose(points[65:70], posed[1].vertices_m[:, [0, 2, 1]] * [1, 1, -1], atol=2e-6)
    beard = np.sort(groups["beard_full_beard"], axis=1)
    np.testing.assert_array_equal(beard[..., 0], [[66, 67, 68], [67, 68, 69], [68, 69, 70]])
    np.testing.assert_array_equal(beard[..., 1], [[69, 70, 71], [70, 71, 72], [71, 72, 73]])
    assert list(groups)[-2:] == ["glasses_round_glasses", "glasses_round_lens"]


def test_the_materials_name_textures_that_lie_beside_them(tmp_path):
    rig = dressed_rig(tmp_path)
    character = build_character(rig, PARAMETERS, DRESSED)
    write_obj(tmp_path / "out" / "mara.obj", character)
    materials = read_mtl(tmp_path / "out" / "mara.mtl")
    assert "mtllib mara.mtl" in (tmp_path / "out" / "mara.obj").read_text().splitlines()
    assert list(materials) == ["skin", "eye", "hair", "beard", "glasses", "lens"]
    assert materials["hair"]["map_Kd"] == ["mara_hair_strands.png"]
    assert materials["hair"]["map_d"][-1] == "mara_hair_strands.png"
    assert float(materials["lens"]["d"][0]) < 0.5 and "map_Kd" not in materials["lens"]
    for name, picture in character.pictures.items():
        with Image.open(tmp_path / "out" / f"mara_{name}.png") as written:
            np.testing.assert_array_equal(np.asarray(written), picture)


def test_a_rig_without_paint_has_skin_colour_and_no_uvs(tmp_path):
    rig = tiny_rig(tmp_path)
    write_obj(tmp_path / "head.obj", build_character(rig, PARAMETERS, Look(COLOURS)))
    _, textures, groups = read_obj(tmp_path / "head.obj")
    assert read_mtl(tmp_path / "head.mtl")["skin"]["Kd"] == ["0.8000", "0.6000", "0.5000"]
    assert len(textures) == 0
    assert sum(len(faces) for faces in groups.values()) == len(rig.mesh.triangles)


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputNotWritable):
        write_obj(tmp_path / "out" / "head.obj", build_character(tiny_rig(tmp_path), PARAMETERS, Look(COLOURS)))
