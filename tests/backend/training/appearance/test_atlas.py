"""Unfolding keeps lengths of what is developable and every triangle's side; texels get what belongs there."""

import numpy as np
import pytest

from facewright.rig.baking import rasterise
from facewright.training.appearance import atlas


def grid(columns: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """A unit-spaced flat mesh: (n, 2) points and (m, 3) counter-clockwise triangles."""
    points = np.array([[x, y] for y in range(rows) for x in range(columns)], float)
    triangles = []
    for y in range(rows - 1):
        for x in range(columns - 1):
            a = y * columns + x
            triangles += [[a, a + 1, a + columns + 1], [a, a + columns + 1, a + columns]]
    return points, np.array(triangles)


def areas(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])


def edge_lengths(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    return np.stack([np.linalg.norm(points[triangles[:, k]] - points[triangles[:, k - 1]], axis=1) for k in range(3)])


def test_a_rolled_sheet_unrolls_without_any_stretch():
    flat, triangles = grid(9, 6)
    rolled = np.stack([5 * np.sin(flat[:, 0] / 5), flat[:, 1], 5 * np.cos(flat[:, 0] / 5)], axis=1)
    points = atlas.flatten(rolled[triangles], triangles)
    np.testing.assert_allclose(edge_lengths(points, triangles), edge_lengths(rolled, triangles), rtol=2e-3)
    assert (areas(points, triangles) > 0).all()


def test_a_wanted_scale_is_reached_where_it_changes_slowly():
    flat, triangles = grid(7, 7)
    place = np.concatenate([flat, np.zeros((len(flat), 1))], axis=1)
    points = atlas.flatten(place[triangles] * 0.25, triangles)
    np.testing.assert_allclose(edge_lengths(points, triangles), 0.25 * edge_lengths(place, triangles), rtol=1e-3)


def test_tutte_flips_no_triangle_of_a_bumpy_disc():
    flat, triangles = grid(10, 10)
    height = 4 * np.random.default_rng(3).random(len(flat))
    place = np.concatenate([flat, height[:, None]], axis=1)
    points = atlas.tutte(place[triangles], triangles)
    assert (areas(points, triangles) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(points[atlas.border_loops(triangles)[0]], axis=1), 1.0)


def test_a_cut_from_the_border_inwards_opens_it_up():
    points, triangles = grid(5, 5)
    path = np.array([10, 11, 12])  # from the left border to the middle
    chart, original = atlas.cut(triangles, path)
    assert len(original) == len(points) + 2
    np.testing.assert_array_equal(original[chart], triangles)
    assert sorted(np.flatnonzero(np.bincount(original) == 2)) == [10, 11]
    assert len(atlas.border_loops(chart)[0]) == 16 + 4


def test_border_loops_are_ordered_along_edges_the_longest_first():
    _, triangles = grid(6, 6)
    around_the_middle = (triangles == 14).any(axis=1)
    loops = atlas.border_loops(triangles[~around_the_middle])
    assert [len(loop) for loop in loops] == [20, 6]
    edges = {tuple(sorted((t[k], t[k - 1]))) for t in triangles for k in range(3)}
    assert all(tuple(sorted(pair)) in edges for loop in loops for pair in zip(loop, np.roll(loop, 1), strict=True))


def test_a_closed_slit_is_filled_with_a_gap():
    flat, triangles = grid(9, 7)
    place = np.stack([flat[:, 0], np.zeros(len(flat)), flat[:, 1]], axis=1)
    slit = np.isin(triangles, [29, 30, 31, 32, 33]).any(axis=1)
    shapes, fans = atlas.fill_holes(place * [1, 1, 0.01], triangles[~slit], gap_m=2.0)
    assert fans.max() == len(place)
    assert len(fans) == len(atlas.border_loops(triangles[~slit])[1])
    assert 1.6 < np.ptp(shapes[..., 2]) <= 2.0 + 1e-9
    whole = np.concatenate([triangles[~slit], fans])
    assert len(atlas.border_loops(whole)) == 1


def test_only_outer_walls_are_visible_from_outside():
    box = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    quads = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    triangles = np.array([[q[0], q[k], q[k + 1]] for q in quads for k in (1, 2)])
    both = np.concatenate([triangles, triangles + 8])
    seen = atlas.visible_from(np.concatenate([box, 0.1 * box]), both, atlas.sphere_directions(30), side=200)
    assert seen[:, :12].any(axis=0).all()
    assert not seen[:, 12:].any()


def test_directions_cover_the_sphere_evenly():
    directions = atlas.sphere_directions(200)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0)
    np.testing.assert_allclose(directions.mean(0), 0.0, atol=0.02)
    np.testing.assert_allclose((directions**2).mean(0), 1 / 3, atol=0.02)


def test_the_cheapest_path_avoids_what_costs_more():
    points, triangles = grid(5, 5)
    place = np.concatenate([points, np.zeros((25, 1))], axis=1)
    cost = np.ones(25)
    cost[[11, 12, 13]] = 100.0
    path = atlas.shortest_path(place, triangles, 10, 14, cost)
    assert path[0] == 10
    assert path[-1] == 14
    assert not set(path) & {11, 12, 13}
    assert list(atlas.shortest_path(place, triangles, 10, 14, np.ones(25))) == [10, 11, 12, 13, 14]


def test_rasterising_a_linear_function_gives_its_value_at_every_texel_centre():
    uv = np.array([[0.1, 0.1], [0.9, 0.2], [0.3, 0.95]])
    values, owner = rasterise(uv, np.array([[0, 1, 2]]), uv @ [[2.0], [-3.0]] + 1.0, 32)
    row, column = np.nonzero(owner == 0)
    u, v = (column + 0.5) / 32, 1 - (row + 0.5) / 32
    np.testing.assert_allclose(values[row, column, 0], 2 * u - 3 * v + 1, atol=1e-5)
    assert len(row) == pytest.approx(areas(uv, np.array([[0, 1, 2]]))[0] * 32 * 32, rel=0.05)


def test_spreading_gives_every_unknown_texel_its_nearest_known_value():
    image = np.zeros((9, 9, 2))
    known = np.zeros((9, 9), bool)
    for row, column, value in ((1, 1, 5.0), (7, 7, 8.0)):
        known[row, column] = True
        image[row, column] = [value, -value]
    spread = atlas.spread(image, known)
    assert spread[0, 3].tolist() == [5.0, -5.0]
    assert spread[8, 5].tolist() == [8.0, -8.0]
    assert image[0, 3].tolist() == [0.0, 0.0]
