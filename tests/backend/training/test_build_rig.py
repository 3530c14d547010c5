"""The authored rig: its files, and the decomposition that made them."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import load_rig
from facewright.rig.sources import makehuman
from facewright.training.rig_bones import (
    MIRROR_SIGNS,
    BoneTable,
    mirrored_name,
    rest_rotation,
    table_of_rig,
    upright_roll,
)
from facewright.training.rig_parameters import BoundHead, ChannelSolver, ScaleRule
from facewright.training.rig_shapes import BUDGET_MM, align_similarity
from facewright.training.skinning_decomposition import (
    FaceBones,
    Skin,
    channel_basis,
    decompose,
    edge_lengths,
    keep_largest,
    pose_vertices,
    solve_channels,
)

FOLDER = Path(__file__).parents[3] / "rigs" / "makehuman"


@pytest.fixture(scope="module")
def skin():
    return load_file(FOLDER / "skin.safetensors")


@pytest.fixture(scope="module")
def parameters():
    return tomllib.loads((FOLDER / "parameters.toml").read_text())["parameter"]


@pytest.fixture(scope="module")
def bones():
    return tomllib.loads((FOLDER / "skeleton.toml").read_text())["bone"]


@pytest.fixture(scope="module")
def mirror():
    vertices = makehuman.read_mesh().vertices_m
    place = {tuple(point): i for i, point in enumerate(np.round(vertices, 9) + 0.0)}
    return np.array([place[tuple(point)] for point in np.round(vertices * [-1, 1, 1], 9) + 0.0])


@pytest.fixture(scope="module")
def posed():
    """Return a function from {parameter: x} to the displacements (V, 3) as the runtime decodes it, no base offset."""
    rig = load_rig("makehuman")
    bare = makehuman.read_mesh().vertices_m.astype(rig.mesh.vertices_m.dtype)
    rig = replace(rig, mesh=replace(rig.mesh, vertices_m=bare))
    decoder, names = RigDecoder(rig), [parameter.name for parameter in rig.parameters]
    torch = pytest.importorskip("torch")
    still = torch.zeros(1, 52)

    def displacements(values):
        x = torch.full((1, len(names)), 0.5)
        rest = decoder.vertices(x, still)
        for name, value in values.items():
            x[0, names.index(name)] = value
        return (decoder.vertices(x, still) - rest)[0].numpy()

    return displacements


def _dense(skin, suffix, bones):
    dense = np.zeros((len(skin["weights"]), len(bones)))
    np.add.at(dense, (np.arange(len(dense))[:, None], skin[f"indices{suffix}"]), skin[f"weights{suffix}"])
    return dense


@pytest.mark.parametrize("suffix", ["", "4"])
def test_skin_weights_are_a_mirrored_partition_of_unity(skin, bones, mirror, suffix):
    dense = _dense(skin, suffix, bones)
    names = [bone["name"] for bone in bones]
    other = [names.index(mirrored_name(name)) for name in names]
    assert skin[f"weights{suffix}"].min() >= 0 and skin[f"indices{suffix}"].shape[1] == (4 if suffix else 8)
    np.testing.assert_allclose(dense.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(dense[mirror][:, other], dense, atol=1e-6)


def test_rim_of_the_bust_stays_with_the_root_and_teeth_with_their_bones(skin, bones):
    dense, mesh = _dense(skin, "", bones), makehuman.read_mesh()
    names = [bone["name"] for bone in bones]
    lowest = mesh.vertices_m[:, 2].argmin()
    assert dense[lowest, names.index("root")] == pytest.approx(1)
    group = mesh.groups == list(makehuman.GROUPS).index("helper-lower-teeth")
    assert (dense[group, names.index("teeth_lower")] == 1).all()


def test_skeleton_is_a_tree_of_the_right_size_with_mirrored_bones(bones):
    names = [bone["name"] for bone in bones]
    assert 100 <= len(names) <= 180 and len(set(names)) == len(names)
    for i, bone in enumerate(bones):
        assert bone["parent"] in (names[:i] if i else [""])
        twin = bones[names.index(mirrored_name(bone["name"]))]
        np.testing.assert_allclose(np.array(twin["head"]) * [-1, 1, 1], bone["head"], atol=1e-9)
        if bone["name"].endswith(".L"):
            assert bone["head"][0] > 0
            axes, twin_axes = (rest_rotation(np.subtract(b["tail"], b["head"]), b["roll"]) for b in (bone, twin))
            flip = np.diag([-1.0, 1, 1])
            np.testing.assert_allclose(twin_axes, flip @ axes @ flip, atol=1e-7)


def test_parameters_are_many_named_once_and_grouped(parameters):
    names = [parameter["name"] for parameter in parameters]
    assert len(names) >= 208 and len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert sum(parameter.get("mirrored", False) for parameter in parameters) >= 208
    for parameter in parameters:
        assert parameter["minimum"] < parameter["neutral"] < parameter["maximum"]
        assert parameter["channels"] and all(row[3] == 0 for row in parameter["channels"])


def test_mirrored_parameters_have_mirrored_channels(parameters):
    signs = dict(zip(["x", "y", "z"], MIRROR_SIGNS[:3], strict=True)), dict(zip("xyz", MIRROR_SIGNS[3:6], strict=True))
    for parameter in parameters:
        if not parameter.get("mirrored"):
            continue
        rows = {(bone, channel): (low, high) for bone, channel, low, _, high in parameter["channels"]}
        for (bone, channel), ends in rows.items():
            kind, axis = channel.split("_")
            sign = {"location": signs[0][axis], "rotation": signs[1][axis], "scale": 1.0}[kind]
            twin = rows.get((mirrored_name(bone), channel), (0.0, 0.0))
            np.testing.assert_allclose(np.array(twin) * sign, ends, atol=2e-5, err_msg=f"{parameter['name']} {bone}")


def test_no_parameter_scales_a_bone_far_least_of_all_those_that_move_every_bone(parameters):
    for parameter in parameters:
        for _, channel, low, _, high in parameter["channels"]:
            if channel.startswith("scale"):
                assert min(low, high) > -0.36 and max(low, high) < 0.61, parameter["name"]
                if parameter["group"] in ("character", "head"):
                    assert min(low, high) > -0.21 and max(low, high) < 0.31, parameter["name"]


def test_posed_mesh_stays_symmetric(posed, mirror):
    moved = posed({"nose_width": 1.0, "jaw_width": 0.0, "ear_size": 0.9, "age": 0.8, "brow_outer_tilt": 1.0})
    assert np.abs(moved).max() > 2e-3
    np.testing.assert_allclose(moved[mirror] * [-1, 1, 1], moved, atol=5e-6)


@pytest.mark.parametrize(
    ("name", "targets"),
    [
        ("nose_hump", ["nose/nose-hump-incr"]),
        ("cheek_volume", ["cheek/l-cheek-volume-incr", "cheek/r-cheek-volume-incr"]),
        ("upper_lip_height", ["mouth/mouth-upperlip-height-incr"]),
    ],
)
def test_solved_parameter_reaches_its_target_within_its_residual(posed, parameters, name, targets):
    shape = 0
    for target in targets:
        displacement = makehuman.read_target(target)
        budget_m = BUDGET_MM[target.split("/")[0]] * 1e-3
        shape = shape + displacement * min(1, budget_m / np.linalg.norm(displacement, axis=1).max())
    moved = np.linalg.norm(shape, axis=1) > 3e-4
    left_mm = np.median(np.linalg.norm(posed({name: 1.0}) - shape, axis=1)[moved]) * 1e3
    residual_mm = next(parameter["residual_mm"] for parameter in parameters if parameter["name"] == name)
    assert left_mm <= residual_mm + 0.02
    assert left_mm < 0.35 * np.median(np.linalg.norm(shape, axis=1)[moved]) * 1e3


def test_median_residual_of_all_targets_is_at_most_three_tenths_of_a_millimetre(parameters):
    solved = [parameter["residual_mm"] for parameter in parameters if parameter["residual_mm"] > 0]
    assert len(solved) > 120 and np.median(solved) <= 0.25
    groups = {parameter["group"] for parameter in parameters if parameter["residual_mm"] > 0}
    for group in groups:
        of_group = [p["residual_mm"] for p in parameters if p["group"] == group and p["residual_mm"] > 0]
        assert np.median(of_group) <= 0.45, group


def test_decomposition_explains_shapes_that_bones_made():
    grid = np.linspace(-0.03, 0.03, 13)
    x, z = np.meshgrid(grid, grid)
    vertices = np.stack([x.ravel(), np.zeros(x.size), z.ravel()], axis=1)
    corner = np.arange(13 * 12).reshape(12, 13)[:, :-1].ravel()
    triangles = np.concatenate(
        [np.stack([corner, corner + 1, corner + 14], 1), np.stack([corner, corner + 14, corner + 13], 1)]
    )
    mirror = np.arange(169).reshape(13, 13)[:, ::-1].ravel()
    feet = np.array([13 * 6 + 2, 13 * 6 + 10, 13 * 2 + 6, 13 * 10 + 6])
    facing = rest_rotation(np.array([0, -1.0, 0]), upright_roll(np.array([0, -1.0, 0])))
    bones = FaceBones(feet, np.tile(facing, (4, 1, 1)), np.array([1, 0, 2, 3]))
    true = np.exp(-0.5 * (np.linalg.norm(vertices[:, None] - vertices[feet], axis=2) / 0.02) ** 2)
    true /= true.sum(1, keepdims=True)
    channels = np.random.default_rng(1).normal(size=(24, 4, 9)) * ([0.01] * 3 + [0.05] * 6)
    channels[12:] = channels[:12, [1, 0, 2, 3]] * MIRROR_SIGNS
    shapes = np.stack([pose_vertices(vertices, true, vertices[feet], bones.rotations, c) - vertices for c in channels])
    skin = Skin(vertices, mirror, edge_lengths(vertices, triangles, mirror), np.zeros(169))
    weights, fewer = decompose(skin, bones, shapes, rounds=6)
    solved = solve_channels(vertices, bones, weights, shapes).reshape(24, -1)
    again = (solved @ channel_basis(vertices, vertices[feet], bones.rotations, weights).T).reshape(shapes.shape)
    assert np.sqrt(((again - shapes) ** 2).mean()) < 0.05 * np.sqrt((shapes**2).mean())
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-9)
    np.testing.assert_allclose(weights[mirror][:, [1, 0, 2, 3]], weights, atol=1e-12)
    assert ((fewer > 0).sum(1) <= 4).all()


def test_keeping_the_largest_influences_keeps_pairs_together_in_the_middle():
    kept = keep_largest(np.array([[0.3, 0.3, 0.25, 0.15]]), np.array([0]), np.array([1, 0, 3, 2]), 3)
    np.testing.assert_allclose(kept, [[0.5, 0.5, 0, 0]])


def test_alignment_undoes_a_similarity():
    points = np.random.default_rng(2).normal(size=(20, 3))
    turn = rest_rotation(np.array([0.3, 0.9, 0.2]), 0.4)
    moved = 1.7 * points @ turn.T + [0.1, -2, 3]
    np.testing.assert_allclose(align_similarity(moved, points, np.arange(20) < 10), points, atol=1e-9)


def test_a_vertex_in_the_middle_is_bound_to_both_sides_alike():
    kept = keep_largest(np.array([[0.4, 0.2, 0.25, 0.15]]), np.array([0]), np.array([1, 0, 3, 2]), 4)
    np.testing.assert_allclose(kept, [[0.3, 0.3, 0.2, 0.2]])


@pytest.fixture
def swollen():
    """A solver for two bones in a cloud of points, and the shape that swells the cloud around one of them by 60 %."""
    points = np.random.default_rng(3).normal(size=(200, 3)) * 0.01
    heads = np.array([[0, 0, -0.1], [0, 0, 0.0]])
    bones = BoneTable(
        ("root", "face"), ("root", "nose"), np.array([-1, 0]), heads, heads + [0, -0.01, 0], np.zeros(2),
        np.arange(2), np.array([-1, 0])
    )  # fmt: skip
    return ChannelSolver(BoundHead(points, np.tile([0.0, 1.0], (200, 1)), bones)), 0.6 * points


def test_channels_reach_a_shape_within_the_limits_of_scale(swollen):
    solver, shape = swollen
    free = solver.solve(shape, False, ScaleRule(-0.5, 1.0, 0.0))[1]
    np.testing.assert_allclose(free, [0] * 6 + [0.6] * 3, atol=2e-3)
    held = solver.solve(shape, False, ScaleRule(-0.5, 0.25, 1.0))[1]
    np.testing.assert_allclose(held, [0] * 6 + [0.25] * 3, atol=2e-3)


def test_a_dearer_scale_is_used_less(swollen):
    solver, shape = swollen
    cheap, dear = (solver.solve(shape, False, ScaleRule(-0.5, 1.0, ridge))[1, 6] for ridge in (1.0, 500.0))
    assert dear < 0.8 * cheap


def test_the_skeleton_read_back_from_the_rig_is_the_authored_one(bones):
    table = table_of_rig(load_rig("makehuman"))
    assert table.names == tuple(bone["name"] for bone in bones)
    np.testing.assert_allclose(table.heads_m, [bone["head"] for bone in bones], atol=1e-7)
    assert [table.names[j] for j in table.mirror] == [mirrored_name(name) for name in table.names]
