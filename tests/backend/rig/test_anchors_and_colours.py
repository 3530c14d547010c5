"""Anchors and landmarks are read off posed vertices; random colours are plausible and follow the generator."""

from dataclasses import replace

import numpy as np
import pytest

from backend.rig.tiny_rig import write_tiny_rig
from facewright.datatypes import FaceColours
from facewright.rig.anchors import anchor_points, eye_centres, landmark_points
from facewright.rig.colours import sample_colours
from facewright.rig.installed import load_rig
from facewright.rig.nouns import LandmarkMap, Rig


@pytest.fixture
def rig(tmp_path) -> Rig:
    write_tiny_rig(tmp_path)
    return load_rig("tiny", rigs_dir=tmp_path, cache_dir=tmp_path / "cache")


def test_eye_centres_are_the_means_of_their_vertices_right_first(rig):
    vertices = rig.mesh.vertices_m * 1.5
    right, left = eye_centres(rig, vertices)
    np.testing.assert_allclose(right, (vertices[2] + vertices[3]) / 2, rtol=1e-6)
    np.testing.assert_allclose(left, (vertices[0] + vertices[1]) / 2, rtol=1e-6)


def test_anchor_of_one_vertex_is_that_vertex(rig):
    np.testing.assert_array_equal(anchor_points(rig, rig.mesh.vertices_m)["nose_tip"], rig.mesh.vertices_m[9])


def test_landmark_points_mix_the_corners_by_barycentric_weights(rig):
    shares = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]], np.float32)
    rig = replace(rig, landmarks=LandmarkMap(np.array([4, 9], np.int32), shares, np.ones(2, np.float32)))
    found = landmark_points(rig, rig.mesh.vertices_m)
    a, b, c = rig.mesh.vertices_m[rig.mesh.triangles[4]]
    np.testing.assert_allclose(found[0], 0.2 * a + 0.3 * b + 0.5 * c, atol=1e-6)
    np.testing.assert_allclose(found[1], rig.mesh.vertices_m[rig.mesh.triangles[9, 0]], atol=1e-7)


def test_random_colours_stay_in_the_gamut_and_skin_is_never_green_or_blue():
    generator = np.random.default_rng(0)
    for _ in range(300):
        colours = sample_colours(generator)
        vector = colours.vector()
        assert vector.min() >= 0.02
        assert vector.max() <= 0.98
        red, green, blue = colours.skin
        assert red > green > blue


def test_random_colours_follow_their_seed_and_differ_between_heads():
    first, again = (sample_colours(np.random.default_rng(4)).vector() for _ in range(2))
    np.testing.assert_array_equal(first, again)
    generator = np.random.default_rng(4)
    assert np.abs(sample_colours(generator).vector() - sample_colours(generator).vector()).max() > 0.05


def test_colour_vector_round_trip_keeps_every_colour_in_its_place():
    vector = np.linspace(0.1, 0.8, 18, dtype=np.float32)
    colours = FaceColours.from_vector(vector)
    np.testing.assert_array_equal(colours.iris, vector[9:12])
    np.testing.assert_array_equal(colours.vector(), vector)
