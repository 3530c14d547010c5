"""Tests of laying one head over another and of solving for the rig's parameters."""

import numpy as np
import pytest
import torch
from scipy.spatial import ConvexHull

from backend.rig.tiny_rig import write_tiny_rig
from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import load_rig
from facewright.training.parameter_solve import ParameterSolver, SolverTerms, decode
from facewright.training.registration import (
    align_rigidly,
    closest_points,
    fit_surface,
    hit_surface,
    seen_points,
    vertex_normals,
    warp_by_points,
)

FRONT = np.array([[1.0, 0, 0], [0, 0, 1]])
ALONG_Y = np.array([0.0, 1, 0])


def ball(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points on the unit sphere, slightly uneven, and triangles turned outward."""
    turn = np.arange(count) * np.pi * (3.0 - np.sqrt(5.0))
    height = 1.0 - 2.0 * (np.arange(count) + 0.5) / count
    ring = np.sqrt(1.0 - height**2)
    points = np.stack([ring * np.cos(turn), ring * np.sin(turn), height], axis=1)
    points += np.random.default_rng(seed).normal(0, 0.2 / np.sqrt(count), points.shape)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    triangles = ConvexHull(points).simplices
    corners = points[triangles]
    inward = (np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) * corners.mean(1)).sum(1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return points, triangles


def lumpy(points: np.ndarray) -> np.ndarray:
    """A known smooth deformation of head size, in metres."""
    x, y, z = points.T
    grown = 0.1 * points * np.array([0.8, 1.0, 1.2])
    return grown + 0.008 * np.stack([np.sin(2 * y) * z, np.cos(2 * x), np.sin(1.5 * x + y)], axis=1)


def test_alignment_recovers_scale_rotation_and_translation():
    points = np.random.default_rng(1).normal(size=(30, 3))
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    moved = 1.7 * points @ turn.T + [1, -2, 3]
    scale, rotation, shift = align_rigidly(points, moved, np.linspace(0.1, 1, 30), with_scale=True)
    assert np.isclose(scale, 1.7) and np.allclose(rotation, turn) and np.allclose(shift, [1, -2, 3])


def test_alignment_without_scale_is_rigid_and_never_a_reflection():
    points = np.random.default_rng(1).normal(size=(30, 3))
    scale, rotation, _ = align_rigidly(points, points * [-1, 1, 1], np.ones(30))
    assert scale == 1.0 and np.isclose(np.linalg.det(rotation), 1.0)


def test_closest_points_lie_on_faces_edges_and_corners():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    queries = np.array([[0.2, 0.3, 0.5], [0.5, -1.0, 0.0], [2.0, -1.0, 0.0], [1.0, 1.0, 0.0]])
    found = closest_points(queries, vertices, np.array([[0, 1, 2]]))
    assert np.allclose(found.points(vertices), [[0.2, 0.3, 0], [0.5, 0, 0], [1, 0, 0], [0.5, 0.5, 0]])
    assert np.allclose(found.distance_m, [0.5, 1.0, np.sqrt(2), np.sqrt(0.5)])


def test_a_look_along_an_axis_hits_the_near_side():
    points, triangles = ball(2000)
    hit = hit_surface(points, triangles, FRONT, ALONG_Y, np.array([[0.3, -0.4]]))[0]
    assert np.allclose(hit, [0.3, -np.sqrt(1 - 0.25), -0.4], atol=0.005)


def test_a_look_beside_the_surface_is_refused():
    points, triangles = ball(100)
    with pytest.raises(ValueError, match="no surface at"):
        hit_surface(points, triangles, FRONT, ALONG_Y, np.array([[1.5, 0.0]]))


def test_only_the_near_side_is_seen_and_nothing_behind_it():
    points, triangles = ball(800)
    both = np.concatenate([0.1 * points, 0.05 * points])
    seen = seen_points(both, np.concatenate([triangles, triangles + 800]), FRONT, ALONG_Y)
    assert seen[:800][points[:, 1] < -0.7].all()
    assert not seen[:800][points[:, 1] > 0].any() and not seen[800:].any()


def test_normals_of_a_ball_point_outward():
    points, triangles = ball(500)
    assert (vertex_normals(points, triangles) * points).sum(1).min() > 0.98


def test_a_warp_carries_its_points_exactly_and_their_surroundings_along():
    sources = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])
    targets = sources + np.linspace(0, 0.2, 15).reshape(5, 3)
    assert np.allclose(warp_by_points(sources, sources, targets, 0.0), targets)


def test_laying_a_mesh_over_another_recovers_a_known_deformation():
    ours, our_triangles = ball(900, seed=3)
    theirs, their_triangles = ball(3000, seed=4)
    truth = lumpy(ours)
    picked = np.arange(0, 900, 30)
    start = warp_by_points(0.1 * ours, 0.1 * ours[picked], truth[picked], 0.0)
    fitted = fit_surface(start, our_triangles, lumpy(theirs), their_triangles, np.ones(900))
    distance = closest_points(fitted, lumpy(theirs), their_triangles).distance_m
    assert np.median(distance) < 0.00005 and distance.max() < 0.001
    error, before = (np.linalg.norm(mesh - truth, axis=1).mean() for mesh in (fitted, 0.1 * ours))
    assert error < 0.0015 and error < 0.15 * before


def test_untrusted_vertices_follow_their_neighbours():
    ours, triangles = ball(900, seed=3)
    trust = np.ones(900)
    trust[ours[:, 2] > 0.9] = 0.0
    fitted = fit_surface(0.1 * ours, triangles, 0.104 * ours, triangles, trust)
    assert np.abs(np.linalg.norm(fitted[trust == 0], axis=1) - 0.104).max() < 0.001


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> RigDecoder:
    folder = tmp_path_factory.mktemp("rigs")
    write_tiny_rig(folder)
    return RigDecoder(load_rig("tiny", folder, folder / "cache"), dtype=torch.float64)


TRUE = np.array([[0.3, 0.8, 0.5], [0.7, 0.25, 0.5], [0.9, 0.6, 0.5]])
"""Parameters on both sides of 0.5; the third tilts and stretches the whole tiny head."""


def terms(**changes) -> SolverTerms:
    settings = {"weights": np.ones(60), "pairs": np.zeros((0, 2), int), "pair_weight": 1.0}
    settings |= {"centre": np.full(3, 0.5), "spread": np.full(3, 5.0)}
    return SolverTerms(**(settings | changes))


def test_solving_recovers_parameters_of_moved_heads(decoder):
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    heads = decode(decoder, TRUE) @ turn.T + [0.3, -0.2, 0.1]
    assert np.abs(ParameterSolver(decoder, terms()).solve(heads, rounds=20) - TRUE).max() < 0.01


def test_a_narrow_spread_pulls_to_the_centre(decoder):
    centre = np.array([0.4, 0.5, 0.6])
    found = ParameterSolver(decoder, terms(centre=centre, spread=np.full(3, 1e-4))).solve(decode(decoder, TRUE))
    assert np.abs(found - centre).max() < 0.01


def test_solutions_keep_to_the_bounds(decoder):
    found = ParameterSolver(decoder, terms(bounds=(0.4, 0.6))).solve(decode(decoder, TRUE), rounds=10)
    assert found.min() >= 0.4 and found.max() <= 0.6
    assert np.allclose(found[0, :2], [0.4, 0.6], atol=0.02)


def test_touching_pairs_are_kept_together(decoder):
    heads = decode(decoder, TRUE)
    neutral = decode(decoder, np.full((1, 3), 0.5))[0]
    opened = heads - neutral
    first, second = np.unravel_index(np.argmax(np.linalg.norm(opened[0][:, None] - opened[0][None], axis=2)), (60, 60))
    pairs = np.array([[first, second]])
    free, held = (
        decode(decoder, ParameterSolver(decoder, terms(pairs=pairs, pair_weight=weight)).solve(heads[:1]))[0] - neutral
        for weight in (0.0, 1e4)
    )
    assert np.linalg.norm(held[first] - held[second]) < 0.3 * np.linalg.norm(free[first] - free[second])
