"""Tests of the problems whose solution are the shapes of the default rig."""

import numpy as np
import pytest
import torch

from facewright.rig.decoder import RigDecoder
from facewright.rig.prior import sample
from facewright.training.closing.checks import expression
from facewright.training.closing.eyeballs import CORNEA_ANGLE_RAD, CORNEA_HEIGHT_M, bend_eyeball, cornea
from facewright.training.closing.lashes import lashes_of
from facewright.training.closing.lid_problem import POSES, LidProblem, LidWishes, height_at
from facewright.training.closing.lips import LipProblem, LipWishes, fit_lips, teeth_offsets
from facewright.training.closing.posed_lids import SHAPES, pose_eyes, read_eye
from facewright.training.fit_lids import Edits, fit_lids


@pytest.fixture(scope="module")
def eyes(rig):
    return read_eye(rig, "L"), read_eye(rig, "R")


@pytest.fixture(scope="module")
def parameters(rig):
    return sample(rig.prior, 2, np.random.default_rng(77))


@pytest.fixture(scope="module")
def problem(rig, eyes, parameters):
    typical = np.ones(4, bool)
    return LidProblem(pose_eyes(rig, eyes, parameters), eyes[0].lids, bend_eyeball(eyes[0]), LidWishes(), typical)


def test_lids_are_posed_as_the_decoder_poses_them(rig, eyes, parameters, problem):
    posed = problem.posed(torch.zeros(1 + len(SHAPES), 12, 28, 3)).numpy() / 1000
    for number in (0, 2, 7):
        wanted = torch.from_numpy(expression(POSES[number])).expand(2, -1)
        heads = RigDecoder(rig).vertices(torch.from_numpy(parameters), wanted).numpy()
        for side, (eye, sign) in enumerate(zip(eyes, ((1, 1, 1), (-1, 1, 1)), strict=True)):
            found = posed[2 * side : 2 * side + 2, number]
            assert np.abs(found - heads[:, eye.lids.rings] * sign).max() < 2e-6


def test_clearance_is_the_distance_from_sphere_and_cornea(problem):
    centre, radius = problem.centre.numpy(), problem.radius
    inverse = np.linalg.inv(problem.ball_from_world[1, :, :3].numpy())
    arms = np.array([(0.0, -radius - 2.0, 0.0), (radius + 1.5, 0.0, 0.0), (0.0, 0.0, radius - 0.5)])
    world = (centre + arms - problem.ball_from_world[1, :, 3].numpy()) @ inverse.T
    points = torch.tensor(world, dtype=torch.float32).expand(4, len(POSES), 3, 3)
    found = problem.clearance(points)[1, 0].numpy()
    assert np.allclose(found, [2.0 - 1000 * CORNEA_HEIGHT_M, 1.5, -0.5], atol=2e-3)


def test_the_cornea_is_highest_in_the_middle_and_ends_at_its_rim():
    heights = cornea(np.cos([0.0, CORNEA_ANGLE_RAD / 2, CORNEA_ANGLE_RAD, 2.0]))
    assert np.allclose(heights, np.array([1, 0.75**2, 0, 0]) * CORNEA_HEIGHT_M, atol=1e-9)


def test_heights_are_interpolated_along_a_line():
    line = torch.tensor([[[-1.0, 9.0, 2.0], [0.5, 9.0, 5.0], [2.0, 9.0, -1.0]]])
    x = torch.tensor([[-2.0, -0.25, 0.5, 1.25, 7.0]])
    assert np.allclose(height_at(line, x)[0], np.interp(x[0], line[0, :, 0], line[0, :, 2]), atol=1e-6)


def test_a_few_steps_make_the_lids_of_the_committed_rig_no_worse(problem):
    before = sum(problem.terms(torch.zeros(1 + len(SHAPES), 12, 28, 3)).values()).item()
    edits = torch.tensor(fit_lids(problem, 6)) * 1000
    assert sum(problem.terms(edits).values()).item() < before


def test_lashes_go_with_roots_that_go_with_skin(rig, eyes):
    for eye in eyes:
        lashes = lashes_of(rig, eye.lids)
        assert sorted(lash.is_upper for lash in lashes) == [False, True]
        for lash in lashes:
            assert np.allclose(lash.hold.sum(1), 1) and np.allclose(lash.spread.sum(1), 1)
            assert np.allclose(lash.spread[lash.roots], np.eye(len(lash.roots)))
            assert lash.spread.min() > -1e-9
            same_side = np.sign(rig.mesh.vertices_m[lash.vertices, 0]) == np.sign(
                rig.mesh.vertices_m[eye.lids.rim[0], 0]
            )
            assert same_side.all()


def test_lips_of_random_heads_overlap_in_the_committed_rig(rig):
    heads = sample(rig.prior, 40, np.random.default_rng(78))
    lips = LipProblem(rig, heads, LipWishes())
    gaps = lips.gaps(torch.zeros(2, 6, 38, 3)).amin(2)  # (B, C, columns)
    middle = gaps[..., 3:-3]
    assert (middle < 0).float().mean() > 0.999


def test_lip_edits_are_alike_on_both_sides_and_close(rig, parameters):
    lips = LipProblem(rig, parameters, LipWishes(overlap=2.0))
    before = lips.loss(torch.zeros(2, 6, 38, 3)).item()
    found = torch.tensor(fit_lips(lips, 8))
    assert torch.allclose(found[:, :, lips.mirrored] * torch.tensor([-1.0, 1, 1]), found, atol=1e-7)
    lips.reach = torch.ones(2, 6, 1, 1)
    assert lips.loss(found * 1000).item() < before


def test_teeth_are_drawn_towards_the_middle_and_their_own_back(rig):
    base, shapes = teeth_offsets(rig, LipWishes())
    teeth = rig.mesh.surfaces == 2
    x = rig.mesh.vertices_m[teeth, 0]
    assert np.allclose(base[teeth, 0], -0.08 * x, atol=1e-7)
    assert base[teeth, 1].min() >= 0 and np.abs(base[~teeth]).max() == 0
    assert shapes["mouthClose"][teeth].max() == pytest.approx(0.008)


def test_edits_keep_only_what_moves():
    class Shell:
        mesh = type("Mesh", (), {"vertices_m": np.zeros((5, 3))})

    edits = Edits(Shell)
    edits.base[3] = 0.5
    edits.shape("mouthClose")[1, 2] = 0.25
    arrays = edits.arrays()
    assert arrays["vertices"].tolist() == [1, 3]
    assert arrays["base_offset_m"].tolist() == [[0, 0, 0], [0.5, 0.5, 0.5]]
    assert arrays["blendshape_offset_m"][0, 0].tolist() == [0, 0, 0.25]
