"""A written .obj holds the posed head."""

import numpy as np
import pytest

from backend.export.painted_rig import COLOURS, painted_rig, tiny_rig
from facewright.export.obj import write_obj
from facewright.rig.appearance import compose


def read_obj(path):
    """Read points with colours, texture points, and the faces of every group."""
    points, textures, groups, group = [], [], {}, None
    for line in path.read_text().splitlines():
        kind, *words = line.split()
        if kind == "v":
            points.append([float(word) for word in words])
        elif kind == "vt":
            textures.append([float(word) for word in words])
        elif kind == "g":
            group = groups.setdefault(words[0], [])
        elif kind == "f":
            group.append([[int(index) for index in word.split("/")] for word in words])
    return np.array(points), np.array(textures), {name: np.array(faces) for name, faces in groups.items()}


def test_points_faces_and_uvs_come_back_in_y_up_metres(tmp_path):
    rig = painted_rig(tmp_path)
    vertices = rig.mesh.vertices_m + np.float32([0.01, -0.02, 0.03])
    write_obj(tmp_path / "head.obj", rig, vertices, COLOURS)
    points, textures, groups = read_obj(tmp_path / "head.obj")
    np.testing.assert_allclose(points[:, 0], vertices[:, 0], atol=1e-6)
    np.testing.assert_allclose(points[:, 1], vertices[:, 2], atol=1e-6)
    np.testing.assert_allclose(points[:, 2], -vertices[:, 1], atol=1e-6)
    np.testing.assert_allclose(textures, rig.appearance.uv, atol=1e-6)
    is_eye = rig.mesh.surfaces[rig.mesh.triangles[:, 0]] == 1
    np.testing.assert_array_equal(groups["eye"][..., 0] - 1, rig.mesh.triangles[is_eye])
    np.testing.assert_array_equal(groups["skin"][..., 0] - 1, rig.mesh.triangles[~is_eye])
    np.testing.assert_array_equal(groups["skin"][..., 1] - 1, rig.appearance.render_triangles[~is_eye])


def test_vertex_colours_are_composed_at_the_vertexs_texel(tmp_path):
    rig = painted_rig(tmp_path)
    write_obj(tmp_path / "head.obj", rig, rig.mesh.vertices_m, COLOURS)
    points, _, _ = read_obj(tmp_path / "head.obj")
    alone = next(v for v in range(60) if (rig.appearance.render_vertex == v).sum() == 1)
    u, v = rig.appearance.uv[alone]
    texel = rig.appearance.masks[int((1 - v) * 16), int(u * 16)] / 255
    np.testing.assert_allclose(points[alone, 3:], compose(texel, COLOURS)[:3], atol=1e-4)


def test_a_rig_without_paint_has_skin_colour_and_no_uvs(tmp_path):
    rig = tiny_rig(tmp_path)
    write_obj(tmp_path / "head.obj", rig, rig.mesh.vertices_m, COLOURS)
    points, textures, groups = read_obj(tmp_path / "head.obj")
    np.testing.assert_allclose(points[:, 3:], np.broadcast_to(COLOURS.skin, (60, 3)), atol=1e-4)
    assert len(textures) == 0
    assert sum(len(faces) for faces in groups.values()) == len(rig.mesh.triangles)


def test_vertices_of_another_mesh_are_refused(tmp_path):
    rig = tiny_rig(tmp_path)
    with pytest.raises(ValueError, match=r"expected \(60, 3\), found \(59, 3\)"):
        write_obj(tmp_path / "head.obj", rig, rig.mesh.vertices_m[1:], COLOURS)
    assert not (tmp_path / "head.obj").exists()
