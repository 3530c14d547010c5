"""Cards along guide curves."""

import numpy as np

from facewright.training.styles.cards import across, join, resample, sheet, smooth_normals, strips


def bent(seed=0):
    generator = np.random.default_rng(seed)
    return np.cumsum(generator.uniform(0.1, 1.0, (3, 9, 3)), axis=1)


def lengths(curves):
    return np.linalg.norm(np.diff(curves, axis=1), axis=2)


def test_resampled_points_of_a_straight_line_lie_evenly_however_uneven_it_was():
    line = np.array([0.0, 0.1, 0.15, 0.7, 1.0])[None, :, None] * np.array([3.0, -4.0, 0.0])
    np.testing.assert_allclose(lengths(resample(line, 6)), 1.0, atol=1e-9)


def test_resampling_keeps_both_ends_and_can_crowd_points_near_the_roots():
    curves = bent()
    crowded = resample(curves, 5, 2.0)
    np.testing.assert_allclose(crowded[:, [0, -1]], curves[:, [0, -1]], atol=1e-9)
    assert (np.diff(lengths(crowded), axis=1) > 0).mean() > 0.8


def test_cards_lie_at_right_angles_to_curve_and_normal():
    curves, normals = bent(), np.broadcast_to([0.0, 0.6, 0.8], (3, 9, 3))
    sideways = across(curves, normals)
    along = np.gradient(curves, axis=1)
    np.testing.assert_allclose(np.einsum("kmd,kmd->km", sideways, along), 0, atol=1e-9)
    np.testing.assert_allclose(np.einsum("kmd,kmd->km", sideways, normals), 0, atol=1e-9)
    turned = across(curves, normals, 0.5)
    np.testing.assert_allclose(np.einsum("kmd,kmd->km", sideways, turned), np.cos(0.5), atol=1e-9)


def test_a_strip_has_its_width_its_box_and_its_root_at_the_top_of_the_box():
    curves = resample(bent(), 5)
    normals = np.broadcast_to([0.0, 0.0, 1.0], curves.shape)
    box = np.tile([0.1, 0.2, 0.4, 0.9], (3, 1))
    mesh = strips(curves, across(curves, normals), np.full((3, 5), 0.5), box, normals, 0.3, 0.7)
    assert mesh.triangles.shape == (3 * 8, 3) and mesh.vertices_m.shape == (30, 3)
    left, right = mesh.vertices_m[::2], mesh.vertices_m[1::2]
    np.testing.assert_allclose(np.linalg.norm(left - right, axis=1), 0.5, atol=1e-9)
    np.testing.assert_allclose((left + right) / 2, curves.reshape(-1, 3), atol=1e-9)
    np.testing.assert_allclose(mesh.uv[[0, 1, 8, 9]], [[0.1, 0.9], [0.4, 0.9], [0.1, 0.2], [0.4, 0.2]], atol=1e-9)
    assert (mesh.openness == 0.7).all()


def test_triangles_of_a_strip_stay_in_it_and_normals_of_its_edges_lean_apart():
    curves = resample(bent(), 4)
    normals = np.broadcast_to([0.0, 0.0, 1.0], curves.shape)
    sideways = across(curves, normals)
    mesh = strips(curves, sideways, np.full((3, 4), 0.5), np.zeros((3, 4)), normals, 0.3)
    assert (mesh.triangles.reshape(3, -1) // 8 == np.arange(3)[:, None]).all()
    out = (mesh.vertices_m[1::2] - mesh.vertices_m[::2]) / 0.5
    assert (np.einsum("nd,nd->n", out, mesh.normals[1::2] - mesh.normals[::2]) > 0.4).all()


def test_joined_meshes_keep_their_own_triangles():
    curves = resample(bent(), 3)
    normals = np.broadcast_to([0.0, 0.0, 1.0], curves.shape)
    one = strips(curves, across(curves, normals), np.full((3, 3), 0.5), np.zeros((3, 4)), normals)
    both = join([one, one])
    np.testing.assert_array_equal(both.triangles[len(one.triangles) :] - len(one.vertices_m), one.triangles)
    assert len(both.material) == 2 * len(one.triangles)


def test_a_sheet_leaves_out_triangles_without_an_area_and_closes_rings():
    turn = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    grid = np.stack([np.stack([r * np.cos(turn), r * np.sin(turn), 0 * turn], 1) for r in (0.0, 1.0, 2.0)])
    mesh = sheet(grid, np.broadcast_to([0.0, 0.0, 1.0], grid.shape), np.zeros((3, 6, 2)), is_ring=True)
    assert len(mesh.triangles) == 6 + 12
    corners = mesh.vertices_m[mesh.triangles]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] / 2
    np.testing.assert_allclose(areas.sum(), 6 / 2 * 4 * np.sin(np.pi / 3), atol=1e-9)  # a hexagon, all facing up


def test_smooth_normals_of_a_sphere_point_away_from_its_middle():
    generator = np.random.default_rng(1)
    points = generator.normal(size=(4000, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    found = smooth_normals(points[:50] * 1.1, points, points)
    assert np.einsum("nd,nd->n", found, points[:50]).min() > 0.99
