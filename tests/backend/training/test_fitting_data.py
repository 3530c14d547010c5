"""What the training scripts derive: surface points, the ridge map, the face region, the imitator's loss."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from backend.rig.tiny_rig import write_tiny_rig
from facewright.engine.cameras import project
from facewright.rig.decoder import RigDecoder
from facewright.rig.expression_prior import coefficient_scales, sample_expression, seen_coefficients
from facewright.rig.installed import load_rig
from facewright.rig.nouns import Rig
from facewright.training.build_correction import learn
from facewright.training.build_landmarks import aggregate, surface_points
from facewright.training.face_region import aligned_error_mm
from facewright.training.imitator_data import ImitatorData, random_parameters
from facewright.training.synthetic_photos import PhotoRecipe, draw_heads
from facewright.training.train_imitator import TrainingRecipe, imitator_loss, train


@pytest.fixture
def rig(tmp_path) -> Rig:
    write_tiny_rig(tmp_path)
    tiny = load_rig("tiny", rigs_dir=tmp_path, cache_dir=tmp_path / "cache")
    return replace(tiny, mesh=replace(tiny.mesh, surfaces=np.zeros_like(tiny.mesh.surfaces)))


def test_surface_point_under_a_projected_point_is_that_point(rig):
    heads = draw_heads(rig, RigDecoder(rig), PhotoRecipe(size_px=200), 1, np.random.default_rng(1))
    camera, vertices = heads[0].job.camera, heads[0].job.vertices_m
    pixels, depth = project(camera, vertices)
    corners = vertices[rig.mesh.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    towards = -camera.camera_from_world[2, :3]
    front = np.flatnonzero(normals @ towards > 0.5 * np.linalg.norm(normals, axis=1))[:5]
    shares = np.array([0.2, 0.3, 0.5])
    wanted, _ = project(camera, (corners[front] * shares[:, None]).sum(1))
    candidates = np.arange(len(rig.mesh.triangles))
    found = surface_points(rig, candidates, pixels, depth, np.vstack([wanted, [[-500.0, -500.0]]]))
    np.testing.assert_array_equal(found[:-1, 0], front)
    np.testing.assert_allclose(found[:-1, 1:], np.tile(shares, (len(front), 1)), atol=0.02)
    assert found[-1, 0] == -1


def test_aggregate_takes_the_sample_in_the_middle_and_distrusts_scatter(rig):
    steady = np.tile([5.0, 0.2, 0.3, 0.5], (7, 1))
    scattered = np.column_stack([np.arange(0, 70, 10), np.full((7, 3), 1 / 3)])
    arrays = aggregate(rig, np.stack([steady, scattered], axis=1))
    assert arrays["triangles"][0] == 5
    np.testing.assert_allclose(arrays["barycentric"].sum(1), 1.0, atol=1e-6)
    assert arrays["weight"][0] == pytest.approx(1.0)
    assert arrays["weight"][1] < 0.2


def test_ridge_map_finds_a_linear_law_and_shrinks_noise():
    generator = np.random.default_rng(0)
    features = generator.normal(size=(400, 6)) * [1, 2, 3, 4, 5, 6]
    law = generator.normal(size=(6, 2))
    truth = features @ law + [0.5, -1.0]
    learnt = learn(features, truth, components=6, ridge=1e-6)
    np.testing.assert_allclose(learnt.code(features[:5]), truth[:5], atol=1e-3)
    noise = learn(features, generator.normal(size=(400, 2)), components=6, ridge=1e5)
    assert np.abs(noise.matrix).max() < 0.01


def test_aligned_error_ignores_rigid_motion_and_counts_millimetres():
    points = np.random.default_rng(0).normal(size=(50, 3)) * 0.05
    moved = points @ Rotation.from_euler("xyz", [20, -35, 50], degrees=True).as_matrix().T + [0.3, -0.1, 2.0]
    assert aligned_error_mm(points, moved) == pytest.approx(0.0, abs=1e-6)
    wider = points * [1.1, 1.0, 1.0]
    assert aligned_error_mm(wider, moved) > 1.0


def test_imitator_loss_is_l1_of_image_plus_weighted_l1_of_parts():
    image, parts = torch.zeros(1, 3, 2, 2), torch.zeros(1, 2, 2, 2)
    loss = imitator_loss(image + 0.3, parts + 0.2, image, parts, 0.5)
    assert loss.item() == pytest.approx(0.3 + 0.1)


def test_an_imitator_is_trained_with_a_checkpoint_after_each_epoch(tmp_path):
    draw = np.random.default_rng(3)
    images, parts = (draw.integers(0, 256, shape).astype(np.uint8) for shape in ((5, 128, 128, 3), (5, 7, 128, 128)))
    data = ImitatorData(draw.random((5, 3), np.float32), draw.random((5, 2), np.float32), images, parts)
    recipe = TrainingRecipe(samples=5, epochs=2, batch=2)
    network, metrics = train(data, recipe, tmp_path)
    again, same = train(data, recipe, tmp_path)  # nothing is left to be trained
    assert same == metrics
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], tensor)


def test_jittered_parameters_leave_the_span_of_the_prior(rig):
    drawn = random_parameters(rig, 400, np.random.default_rng(0)) - rig.prior.mean
    basis, _ = np.linalg.qr(rig.prior.factors)
    outside = np.linalg.norm(drawn - drawn @ basis @ basis.T, axis=1)
    assert 0.1 < (outside > 1e-3).mean() < 0.35


def test_random_expressions_are_sparse_bounded_and_nearly_symmetric():
    generator = np.random.default_rng(0)
    drawn = np.stack([sample_expression(generator) for _ in range(300)])
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    unseen = np.setdiff1d(np.arange(52), seen_coefficients())
    assert not drawn[:, unseen].any()
    assert 0.1 < (drawn[:, seen_coefficients()] > 0).mean() < 0.5
    assert (coefficient_scales() > 0).all()
    np.testing.assert_array_equal(sample_expression(generator, 0.0), 0.0)


def test_synthetic_heads_are_posed_by_their_own_parameters_and_seed(rig):
    decoder = RigDecoder(rig)
    first = draw_heads(rig, decoder, PhotoRecipe(), 2, np.random.default_rng(3))
    again = draw_heads(rig, decoder, PhotoRecipe(), 2, np.random.default_rng(3))
    np.testing.assert_array_equal(first[1].job.vertices_m, again[1].job.vertices_m)
    shape = torch.from_numpy(first[1].expression.astype(np.float32))[None]
    own = decoder.vertices(torch.from_numpy(first[1].parameters)[None], shape)[0].numpy()
    np.testing.assert_allclose(first[1].job.vertices_m, own, atol=1e-6)
    assert np.abs(first[0].job.vertices_m - first[1].job.vertices_m).max() > 1e-4
