"""Tangents follow the texture: u along the tangent, v along the bitangent."""

import numpy as np

from facewright.export.tangents import vertex_tangents

POINTS = np.array([[0.0, 0, 0], [2, 0, 0], [2, 1, 0], [0, 1, 0]])
NORMALS = np.tile([0.0, 0, 1], (4, 1))
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]])


def test_on_a_plane_the_tangent_is_the_direction_of_growing_u():
    uv = np.array([[0.1, 0.2], [0.1, 0.9], [0.4, 0.9], [0.4, 0.2]])  # u grows along y, v along x: mirrored
    found = vertex_tangents(POINTS, NORMALS, uv, TRIANGLES)
    np.testing.assert_allclose(found, np.tile([0.0, 1, 0, -1], (4, 1)), atol=1e-6)
    turned = vertex_tangents(POINTS, NORMALS, np.stack([1 - uv[:, 0], uv[:, 1]], 1), TRIANGLES)
    np.testing.assert_allclose(turned, np.tile([0.0, -1, 0, 1], (4, 1)), atol=1e-6)


def test_tangents_are_unit_and_upright_on_a_bent_surface():
    generator = np.random.default_rng(0)
    points = generator.normal(size=(30, 3))
    normals = generator.normal(size=(30, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    triangles = generator.permutation(30).reshape(10, 3)
    found = vertex_tangents(points, normals, generator.uniform(size=(30, 2)), triangles)
    np.testing.assert_allclose(np.linalg.norm(found[:, :3], axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose((found[:, :3] * normals).sum(1), 0.0, atol=1e-6)
    assert set(found[:, 3]) <= {-1.0, 1.0}


def test_a_texture_without_extent_still_gives_a_tangent():
    found = vertex_tangents(POINTS, NORMALS, np.full((4, 2), 0.5), TRIANGLES)
    np.testing.assert_allclose(np.linalg.norm(found[:, :3], axis=1), 1.0, atol=1e-6)
