"""Tests of the bone frames and the pose recursion."""

import numpy as np
import torch

from facewright.rig.skeleton import basis_matrices, depth_levels, rest_matrix, skin_matrices

ORIGIN = np.zeros(3)


def test_bone_along_y_without_roll_has_the_identity_frame():
    assert np.allclose(rest_matrix(ORIGIN, [0, 2, 0], 0.0), np.eye(4))


def test_bone_along_z_has_blenders_known_frame():
    expected = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    assert np.allclose(rest_matrix([1, 2, 3], [1, 2, 4], 0.0)[:3, :3], expected)


def test_bone_against_y_is_turned_about_z():
    assert np.allclose(rest_matrix(ORIGIN, [0, -1, 0], 0.0)[:3, :3], np.diag([-1, -1, 1]))


def test_bone_almost_against_y_keeps_an_orthonormal_frame_along_the_bone():
    direction = np.array([3e-4, -1.0, 4e-4])
    frame = rest_matrix(ORIGIN, direction, 0.3)[:3, :3]
    assert np.allclose(frame.T @ frame, np.eye(3), atol=1e-6)
    assert np.allclose(frame[:, 1], direction / np.linalg.norm(direction), atol=1e-6)


def test_roll_turns_the_frame_about_the_bone_counter_clockwise():
    expected = [[0, 0, 1], [0, 1, 0], [-1, 0, 0]]
    assert np.allclose(rest_matrix(ORIGIN, [0, 1, 0], np.pi / 2)[:3, :3], expected)


def test_frame_of_a_general_bone_equals_blenders():
    frame = rest_matrix([0.002, -0.08, 1.62], [0.02, -0.11, 1.66], 0.7)
    expected = [  # Bone.matrix_local of such an edit bone in Blender 4.5.4
        [0.940509, 0.338720, 0.026688, 0.002],
        [0.225842, -0.564533, -0.793913, -0.08],
        [-0.253848, 0.752710, -0.607445, 1.62],
    ]
    assert np.allclose(frame[:3], expected, atol=2e-6)


def test_levels_hold_every_bone_once_and_parents_come_first():
    levels = depth_levels(np.array([-1, 0, 1, 0, 3, -1]))
    assert [level.tolist() for level in levels] == [[0, 5], [1, 3], [2, 4]]


def test_basis_is_location_then_rotation_z_y_x_then_scale():
    channels = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1.1, 1.2, 1.3])
    expected = np.eye(4)
    expected[:3, 3] = channels[:3]
    for axis in (2, 1, 0):
        expected = expected @ _turn(axis, channels[3 + axis])
    expected = expected @ np.diag([*channels[6:], 1.0])
    assert np.allclose(basis_matrices(torch.tensor(channels).view(1, 1, 9))[0, 0].numpy(), expected)


def test_pose_matrices_equal_the_armatures_recursion():
    generator = np.random.default_rng(0)
    parents = np.array([-1, 0, 1, 1, 0, 3])
    rest = np.stack([rest_matrix(*generator.normal(size=(2, 3)), generator.normal()) for _ in parents])
    channels = torch.tensor(generator.normal(0, 0.3, (2, 6, 9)) + [0, 0, 0, 0, 0, 0, 1, 1, 1])
    rest_t, inverse_t = torch.tensor(rest), torch.tensor(np.linalg.inv(rest))
    found = skin_matrices(channels, rest_t, inverse_t, parents, depth_levels(parents)) @ rest_t
    basis = basis_matrices(channels).numpy()
    for head in range(2):
        posed = []
        for bone, parent in enumerate(parents):
            before = np.eye(4) if parent < 0 else posed[parent] @ np.linalg.inv(rest[parent])
            posed.append(before @ rest[bone] @ basis[head, bone])
        assert np.allclose(found[head].numpy(), posed)


def _turn(axis: int, angle: float) -> np.ndarray:
    matrix = np.eye(4)
    first, second = [(1, 2), (2, 0), (0, 1)][axis]
    matrix[first, first] = matrix[second, second] = np.cos(angle)
    matrix[first, second], matrix[second, first] = -np.sin(angle), np.sin(angle)
    return matrix
