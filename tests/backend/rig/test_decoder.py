"""Tests of the whole way from parameters and expression to vertices."""

import numpy as np
import pytest
import torch

from backend.rig.tiny_rig import write_tiny_rig
from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import load_rig
from facewright.rig.nouns import Rig
from facewright.rig.skeleton import rest_matrix


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    folder = tmp_path_factory.mktemp("rigs")
    write_tiny_rig(folder)
    return load_rig("tiny", folder, folder / "cache")


@pytest.fixture(scope="module")
def heads() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return torch.rand(4, 3, generator=generator), torch.rand(4, 52, generator=generator)


def test_identity_pose_leaves_rest_vertices_unchanged(rig):
    vertices = RigDecoder(rig).vertices(torch.full((2, 3), 0.5), torch.zeros(2, 52))
    assert np.allclose(vertices.numpy(), rig.mesh.vertices_m, atol=1e-6)


def test_vertices_equal_a_loop_over_vertices_and_influences(rig, heads):
    parameters, expression = (values.double() for values in heads)
    decoder = RigDecoder(rig, dtype=torch.float64)
    found = decoder.vertices(parameters, expression).numpy()
    for head in range(len(found)):
        channels = _channels(rig, parameters[head].numpy())
        expected = _loop(rig, channels, expression[head].numpy())
        assert np.allclose(found[head], expected, atol=1e-9)
        assert np.abs(expected - rig.mesh.vertices_m).max() > 0.005


def test_a_batch_equals_a_loop_over_singles(rig, heads):
    decoder = RigDecoder(rig)
    singles = [decoder.vertices(x[None], e[None]) for x, e in zip(*heads, strict=True)]
    assert torch.allclose(decoder.vertices(*heads), torch.cat(singles), atol=1e-6)


def test_a_vertex_subset_equals_those_vertices_of_the_whole(rig, heads):
    subset = np.array([41, 3, 17])
    assert torch.allclose(
        RigDecoder(rig, vertex_subset=subset).vertices(*heads), RigDecoder(rig).vertices(*heads)[:, subset], atol=1e-6
    )


def test_no_expression_is_the_zero_expression(rig, heads):
    decoder = RigDecoder(rig)
    assert torch.allclose(decoder.vertices(heads[0]), decoder.vertices(heads[0], torch.zeros(4, 52)), atol=1e-6)


def test_gradients_of_parameters_and_expression_are_right(rig, heads):
    decoder = RigDecoder(rig, vertex_subset=np.array([0, 25, 50]), dtype=torch.float64)
    parameters, expression = (values[:2].double().requires_grad_() for values in heads)
    assert torch.autograd.gradcheck(decoder.vertices, (parameters, expression))


def test_a_wrong_number_of_parameters_is_refused(rig):
    with pytest.raises(ValueError, match=r"expected \(B, 3\), found \(1, 4\)"):
        RigDecoder(rig).vertices(torch.zeros(1, 4))


def test_pose_matrices_of_the_rest_pose_are_the_rest_matrices(rig):
    decoder = RigDecoder(rig, dtype=torch.float64)
    found = decoder.pose_matrices(decoder.channels(torch.full((1, 3), 0.5, dtype=torch.float64)))
    expected = [rest_matrix(bone.head, bone.tail, bone.roll) for bone in rig.bones]
    assert np.allclose(found[0].numpy(), expected)


def _channels(rig: Rig, parameters: np.ndarray) -> np.ndarray:
    channels = rig.channel_neutral.astype(np.float64) + [0, 0, 0, 0, 0, 0, 1, 1, 1]
    for value, low, high in zip(parameters, rig.channel_minimum, rig.channel_maximum, strict=True):
        channels = channels + (low * 2 * (0.5 - value) if value < 0.5 else high * 2 * (value - 0.5))
    return channels


def _loop(rig: Rig, channels: np.ndarray, expression: np.ndarray) -> np.ndarray:
    deformation = []
    for bone, values in zip(rig.bones, channels, strict=True):
        rest = rest_matrix(bone.head, bone.tail, bone.roll)
        (cx, cy, cz), (sx, sy, sz) = np.cos(values[3:6]), np.sin(values[3:6])
        turn_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
        turn_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        turn_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
        basis = np.eye(4)
        basis[:3, :3] = turn_z @ turn_y @ turn_x @ np.diag(values[6:])
        basis[:3, 3] = values[:3]
        own = rest @ basis @ np.linalg.inv(rest)
        deformation.append(own if bone.parent < 0 else deformation[bone.parent] @ own)
    vertices = np.zeros_like(rig.mesh.vertices_m, dtype=np.float64)
    for vertex, point in enumerate(rig.mesh.vertices_m.astype(np.float64)):
        shaped = point + sum(weight * rig.blendshapes[e, vertex] for e, weight in enumerate(expression))
        for bone, weight in zip(rig.skin_indices[vertex], rig.skin_weights[vertex], strict=True):
            vertices[vertex] += weight * (deformation[bone] @ [*shaped, 1.0])[:3]
    return vertices
