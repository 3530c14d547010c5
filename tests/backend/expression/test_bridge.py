"""Tests of the bridge from other bases, on bases made of the rig's own shapes."""

import numpy as np
import pytest

from facewright.datatypes import ARKIT_52
from facewright.errors import ConfigInvalid
from facewright.expression.bridge import ShapeBasis, build_bridge, read_npz_basis, read_obj_shapes

COUNT = 30


@pytest.fixture(scope="module")
def shapes(rig) -> np.ndarray:
    """Return the rig's shapes at every fifth vertex, (52, v, 3)."""
    return rig.blendshapes[:, ::5].astype(np.float64)


@pytest.fixture(scope="module")
def mix() -> np.ndarray:
    """Return a well-conditioned (52, COUNT) matrix with entries of both signs."""
    generator = np.random.default_rng(7)
    rotation, _ = np.linalg.qr(generator.standard_normal((52, 52)))
    return rotation[:, :COUNT] * generator.uniform(0.5, 2.0, COUNT)


def numbered(deltas: np.ndarray) -> ShapeBasis:
    return ShapeBasis(tuple(f"shape {index}" for index in range(len(deltas))), deltas)


def test_a_mix_of_our_shapes_is_recovered(shapes, mix):
    basis = numbered(np.einsum("en,evk->nvk", mix, shapes))
    exact = build_bridge(shapes, basis, ridge=1e-12)
    assert exact.matrix == pytest.approx(mix, abs=1e-6) and exact.residual.max() < 1e-6
    usual = build_bridge(shapes, basis)
    assert usual.matrix == pytest.approx(mix, abs=0.03) and usual.residual.max() < 0.01


def test_coefficients_come_back_through_the_bridge(shapes, mix):
    bridge = build_bridge(shapes, numbered(np.einsum("en,evk->nvk", mix, shapes)), ridge=1e-12)
    wanted = np.clip(np.random.default_rng(2).uniform(0.0, 1.0, (4, 52)), 0.0, 1.0)
    theirs = np.random.default_rng(3).standard_normal((4, COUNT))
    assert bridge.apply(theirs) == pytest.approx(np.clip(theirs @ mix.T, 0.0, 1.0), abs=1e-5)
    assert bridge.apply(theirs[1]) == pytest.approx(bridge.apply(theirs)[1])
    whole = build_bridge(shapes, ShapeBasis(ARKIT_52, shapes), ridge=1e-12)
    assert whole.apply(wanted) == pytest.approx(wanted, abs=1e-6)


def test_an_unrelated_basis_has_a_large_residual_beside_a_small_one(shapes):
    noise = 0.003 * np.random.default_rng(1).standard_normal(shapes[0].shape)
    bridge = build_bridge(shapes, ShapeBasis(("noise", "jaw"), np.stack([noise, shapes[ARKIT_52.index("jawOpen")]])))
    assert bridge.residual[0] > 0.9 and bridge.residual[1] < 0.02


def test_bounds_keep_the_entries_between_none_and_all(shapes, mix):
    basis = numbered(np.einsum("en,evk->nvk", mix, shapes))
    bounded = build_bridge(shapes, basis, is_bounded=True)
    assert bounded.matrix.min() >= 0.0 and bounded.matrix.max() <= 1.0
    assert (bounded.residual >= build_bridge(shapes, basis).residual - 1e-9).all()
    own = build_bridge(shapes, ShapeBasis(ARKIT_52, shapes), is_bounded=True)
    assert own.matrix == pytest.approx(np.eye(52), abs=0.02)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda shapes: shapes[:, 1:], "expected"),
        (lambda shapes: shapes[0], "expected"),
        (lambda shapes: shapes[:0], "expected"),
        (lambda shapes: shapes * [[[0.0]], *[[[1.0]]] * 51], "browDownLeft"),
        (lambda shapes: np.where(np.arange(52)[:, None, None] == 3, np.nan, shapes), "browOuterUpLeft"),
    ],
)
def test_a_basis_that_does_not_fit_is_refused(shapes, change, message):
    deltas = change(shapes)
    with pytest.raises(ConfigInvalid, match=message):
        build_bridge(shapes, ShapeBasis(ARKIT_52[: len(deltas)], deltas))


def test_a_wrong_number_of_coefficients_is_refused(shapes):
    bridge = build_bridge(shapes, ShapeBasis(ARKIT_52, shapes))
    with pytest.raises(ValueError, match="52"):
        bridge.apply(np.zeros(51))


def write_obj(path, vertices) -> None:
    path.write_text("# a comment\n" + "".join(f"v {x:.7f} {y:.7f} {z:.7f}\n" for x, y, z in vertices) + "f 1 2 3\n")


def test_a_folder_of_obj_files_is_read_in_our_axes_and_metres(tmp_path):
    neutral = np.random.default_rng(0).uniform(-10, 10, (8, 3))
    move = np.arange(24.0).reshape(8, 3) / 10
    write_obj(tmp_path / "Neutral.obj", neutral)
    write_obj(tmp_path / "smile.obj", neutral + move)
    write_obj(tmp_path / "jaw.obj", neutral - move)
    basis = read_obj_shapes(tmp_path, unit_m=0.01)
    assert basis.names == ("jaw", "smile")
    right, up, ahead = move.T
    assert basis.deltas[1] == pytest.approx(0.01 * np.stack([right, -ahead, up], 1), abs=1e-8)
    assert read_obj_shapes(tmp_path, is_y_up=False).deltas[1] == pytest.approx(move, abs=1e-6)


def test_a_folder_without_a_neutral_or_of_mixed_topologies_is_refused(tmp_path):
    write_obj(tmp_path / "smile.obj", np.zeros((4, 3)))
    with pytest.raises(ConfigInvalid, match="no neutral"):
        read_obj_shapes(tmp_path)
    write_obj(tmp_path / "neutral.obj", np.zeros((5, 3)))
    with pytest.raises(ConfigInvalid, match="4 vertices"):
        read_obj_shapes(tmp_path)
    (tmp_path / "smile.obj").write_text("v 1 2\n")
    with pytest.raises(ConfigInvalid, match="three finite numbers"):
        read_obj_shapes(tmp_path)


def test_an_npz_is_read_in_both_layouts(tmp_path, shapes):
    np.savez(tmp_path / "a.npz", basis=shapes[:3] * 1e6, names=["a", "b", "c"])
    assert read_npz_basis(tmp_path / "a.npz", unit_m=1e-6).names == ("a", "b", "c")
    flat = shapes[:3].reshape(3, -1).T
    np.savez(tmp_path / "b.npz", exBase=flat)
    basis = read_npz_basis(tmp_path / "b.npz", "exBase")
    assert basis.names == ("shape_00", "shape_01", "shape_02")
    assert basis.deltas == pytest.approx(shapes[:3])


def test_an_npz_with_objects_or_of_another_shape_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", basis=np.array([{"x": 1}], dtype=object))
    with pytest.raises(ConfigInvalid, match="no basis"):
        read_npz_basis(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", basis=np.zeros((4, 5)))
    with pytest.raises(ConfigInvalid, match="shape"):
        read_npz_basis(tmp_path / "b.npz")
    with pytest.raises(ConfigInvalid, match="no basis"):
        read_npz_basis(tmp_path / "b.npz", "other")
    (tmp_path / "c.npz").write_text("text")
    with pytest.raises(ConfigInvalid, match="no basis"):
        read_npz_basis(tmp_path / "c.npz")
