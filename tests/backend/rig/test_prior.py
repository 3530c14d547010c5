"""Tests of drawing random heads."""

import numpy as np
import pytest
import torch

from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import load_rig
from facewright.rig.nouns import Prior, Rig
from facewright.rig.prior import parameters_from_coefficients, sample
from facewright.training.registration import align_heads, vertex_normals

PRIOR = Prior(
    np.array([0.5, 0.4, 0.6]), np.array([[0.05, 0.02], [-0.03, 0.04], [0.0, 0.06]]), np.array([0.01, 0.0, 0.0])
)


@pytest.fixture(scope="module")
def default_rig() -> Rig:
    return load_rig("makehuman")


def test_samples_have_the_priors_mean_and_covariance():
    drawn = sample(PRIOR, 40000, np.random.default_rng(0))
    assert np.allclose(drawn.mean(0), PRIOR.mean, atol=0.002)
    assert np.allclose(np.cov(drawn.T), PRIOR.factors @ PRIOR.factors.T, atol=1e-4)


def test_the_same_seed_draws_the_same_heads():
    first, second = (sample(PRIOR, 5, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, sample(PRIOR, 5, np.random.default_rng(8)))


def test_far_coefficients_are_clipped_to_the_ranges():
    far = parameters_from_coefficients(PRIOR, np.array([[30.0, 0.0], [0.0, 1.0]]))
    assert far[0].tolist() == [1.0, 0.0, np.float32(0.6)]
    assert np.allclose(far[1], [0.52, 0.44, 0.66])


def test_random_heads_of_the_default_rig_stay_in_range_and_differ_like_people(default_rig):
    prior = default_rig.prior
    drawn = sample(prior, 200, np.random.default_rng(3))
    unclipped = prior.mean + np.random.default_rng(3).standard_normal((200, prior.factors.shape[1])) @ prior.factors.T
    assert ((unclipped < 0) | (unclipped > 1)).mean() < 0.005
    face = face_of(default_rig)
    decoder = RigDecoder(default_rig, vertex_subset=face, dtype=torch.float64)
    heads = decoder.vertices(torch.from_numpy(drawn.astype(np.float64))).numpy()
    mean = decoder.vertices(torch.from_numpy(prior.mean.astype(np.float64))[None]).numpy()
    aligned = align_heads(heads, np.broadcast_to(mean, heads.shape), np.ones(len(face)))
    assert 0.003 < np.sqrt(((aligned - mean) ** 2).sum(2).mean()) < 0.004


def test_the_default_priors_mean_and_symmetric_part_are_symmetric(default_rig):
    is_asymmetric = np.array([parameter.asymmetry for parameter in default_rig.parameters])
    covariance = default_rig.prior.factors @ default_rig.prior.factors.T
    assert is_asymmetric.any() and np.allclose(default_rig.prior.mean[is_asymmetric], 0.5)
    assert np.allclose(covariance[np.ix_(is_asymmetric, ~is_asymmetric)], 0.0, atol=1e-7)
    assert np.diag(covariance)[is_asymmetric].mean() < np.diag(covariance)[~is_asymmetric].mean()


def face_of(rig: Rig) -> np.ndarray:
    """Skin in front of the eyes' centres, between forehead and chin, that looks forward."""
    vertices = rig.mesh.vertices_m.astype(np.float64)
    anchors = {name: vertices[indices].mean(0) for name, indices in rig.anchors.items()}
    eye, chin = anchors["eye_centre.L"], anchors["chin"]
    is_near = (vertices[:, 1] < eye[1] + 0.02) & (vertices[:, 2] > chin[2] - 0.01) & (vertices[:, 2] < eye[2] + 0.06)
    looks_forward = vertex_normals(vertices, rig.mesh.triangles)[:, 1] < -0.2
    return np.flatnonzero(is_near & looks_forward & (rig.mesh.surfaces == 0))
