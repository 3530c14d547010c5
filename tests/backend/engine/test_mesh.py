"""What the engines take from a rig, normals, openness and the checks on jobs."""

from dataclasses import replace

import numpy as np
import pytest

from backend.engine.tiny_head import camera, job, tiny_rig
from facewright.engine.mesh import EYE, SKIN, TEETH, check_job, engine_mesh, vertex_normals
from facewright.engine.occlusion import sky_openness
from facewright.errors import RigInvalid

LOOK = job().look
UNKNOWN_LIPS = replace(LOOK, colours=replace(LOOK.colours, lip=np.full(3, np.nan, np.float32)))


def test_normals_are_the_area_weighted_sum_of_the_triangles_around_a_vertex() -> None:
    mesh = engine_mesh(tiny_rig())
    vertices = tiny_rig().mesh.vertices_m * np.float32([1.0, 1.3, 0.8])
    normals = vertex_normals(mesh, vertices)
    for vertex in np.flatnonzero(mesh.surfaces == SKIN)[::37]:
        around = mesh.triangles[(mesh.triangles == vertex).any(axis=1)]
        a, b, c = (vertices[around[:, i]].astype(np.float64) for i in range(3))
        expected = np.cross(b - a, c - a).sum(axis=0)
        np.testing.assert_allclose(normals[vertex], expected / np.linalg.norm(expected), atol=1e-4)


def test_normals_do_not_show_the_uv_seam() -> None:
    mesh = engine_mesh(tiny_rig())
    assert len(mesh.render_vertex) > mesh.vertex_count
    skin = mesh.surfaces == SKIN
    outward = tiny_rig().mesh.vertices_m[skin] - np.float32([0, 0, 1.5])
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    cosine = (vertex_normals(mesh, tiny_rig().mesh.vertices_m)[skin] * outward).sum(axis=1)
    assert cosine.min() > 0.99


def test_the_cornea_turns_the_normals_of_the_iris_outwards_and_leaves_the_white_alone() -> None:
    mesh = engine_mesh(tiny_rig())
    vertices = tiny_rig().mesh.vertices_m
    normals = vertex_normals(mesh, vertices)
    assert len(mesh.eyes) == 2
    for eye in mesh.eyes:
        outward = vertices[eye.vertices] - vertices[eye.vertices].mean(axis=0)
        outward /= np.linalg.norm(outward, axis=1, keepdims=True)
        axis = outward[eye.is_iris].mean(axis=0) / np.linalg.norm(outward[eye.is_iris].mean(axis=0))
        cosine, turned = outward @ axis, normals[eye.vertices] @ axis
        over_iris, white = (cosine > 0.85) & (cosine < 0.999), cosine < 0.8
        assert over_iris.any()
        assert (turned[over_iris] < cosine[over_iris] - 0.005).all()
        np.testing.assert_allclose(turned[white], cosine[white], atol=1e-5)


def test_a_vertex_under_a_roof_sees_less_of_the_sky_than_one_in_the_open() -> None:
    floor = np.array([[-1, 1, 0], [1, 1, 0], [1, -1, 0], [-1, -1, 0], [0, 0, 0.0]]) * 0.1
    roof = np.array([[-1, 1, 0.3], [1, 1, 0.3], [1, -1, 0.3], [-1, -1, 0.3]]) * 0.1
    vertices = np.concatenate([floor, roof])
    triangles = np.array([[5, 7, 6], [5, 8, 7]])
    openness = sky_openness(vertices, np.tile([0, 0, 1.0], (9, 1)), triangles)
    assert openness[5:].min() > 0.9
    assert openness[4] < 0.4
    assert openness[4] < openness[:4].min()


def test_openness_falls_with_the_depth_of_the_mouth_and_stays_within_bounds() -> None:
    mesh = engine_mesh(tiny_rig())
    assert (mesh.openness >= 0).all() and (mesh.openness <= 1.001).all()
    assert mesh.openness[mesh.surfaces == TEETH] == pytest.approx(0.76)
    assert mesh.openness[mesh.surfaces == EYE].min() >= 0.3


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("vertices_m", np.zeros((5, 3)), r"job 3: vertices_m must have shape \(\d+, 3\), got \(5, 3\)"),
        ("vertices_m", np.full((len(tiny_rig().mesh.vertices_m), 3), np.nan), "vertices_m has values that are not"),
        ("camera", replace(camera(), focal_px=-1.0), "focal_px must be positive"),
        ("camera", replace(camera(), size_px=(0, 10)), "two sides in"),
        ("camera", replace(camera(), centre_px=np.zeros(3)), "centre_px must have shape"),
        ("lighting", replace(job().lighting, key=np.array([1, np.inf, 1])), "lighting.key has values that are not"),
        ("lighting", replace(job().lighting, direction=np.zeros(3)), "direction has no length"),
        ("look", UNKNOWN_LIPS, "look.colours has values that are not"),
    ],
)
def test_a_job_that_cannot_be_drawn_is_refused_by_name(field: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_job(engine_mesh(tiny_rig()), replace(job(), **{field: value}), 3)


def test_a_rig_without_appearance_is_refused() -> None:
    rig = tiny_rig()
    rig.appearance = None
    with pytest.raises(RigInvalid, match="tiny has no appearance"):
        engine_mesh(rig)


def test_an_appearance_of_another_mesh_is_refused() -> None:
    rig = tiny_rig()
    rig.appearance = replace(rig.appearance, render_triangles=rig.appearance.render_triangles[::-1])
    with pytest.raises(RigInvalid, match="do not lead to the mesh's triangles"):
        engine_mesh(rig)
