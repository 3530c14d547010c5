"""A linear bridge from other expression bases to ARKit-52: which coefficients of ours move the points as theirs do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import lsq_linear

from facewright.datatypes import ARKIT_52
from facewright.errors import ConfigInvalid

RIDGE = 1e-4
"""Weight of the squares of our coefficients, relative to the mean square length of our shapes."""

LARGEST_FILE_BYTES = 500_000_000
NEUTRAL = "neutral"


@dataclass(frozen=True, eq=False)
class ShapeBasis:
    """Expression shapes of another model.

    Attributes:
        names: of the N shapes.
        deltas: (N, V, 3) offsets of V points from the neutral face, at coefficient 1.
    """

    names: tuple[str, ...]
    deltas: np.ndarray


@dataclass(frozen=True, eq=False)
class Bridge:
    """Turns coefficients of another basis into ARKit-52.

    Attributes:
        names: of the N shapes of the other basis.
        matrix: (52, N) ARKit-52 coefficients for each shape at 1.
        residual: (N,) what ours cannot do of each shape: the length of the rest over that of the shape, 0 to about 1.
    """

    names: tuple[str, ...]
    matrix: np.ndarray
    residual: np.ndarray

    def apply(self, coefficients: np.ndarray) -> np.ndarray:
        """Return ARKit-52 coefficients (..., 52) in [0, 1] for coefficients (..., N) of the other basis.

        Raises:
            ValueError: the last axis is not N long.
        """
        values = np.asarray(coefficients, np.float64)
        if values.shape[-1:] != self.matrix.shape[1:]:
            raise ValueError(f"coefficients: expected (..., {self.matrix.shape[1]}), found {values.shape}")
        return np.clip(values @ self.matrix.T, 0.0, 1.0)


def build_bridge(
    arkit_deltas_m: np.ndarray, basis: ShapeBasis, is_bounded: bool = False, ridge: float = RIDGE
) -> Bridge:
    """Fit each shape of a basis by the ARKit-52 shapes of a rig, in least squares over all points.

    Both are given on the same points: the rig's vertices, or points of the rig that correspond to those of the basis.
    They share axes and unit; a wrong unit shows in the matrix, wrong axes in the residuals.

    Args:
        arkit_deltas_m: (52, V, 3) offsets of the points by the ARKit-52 shapes, as `Rig.blendshapes`, in metres.
        basis: the other shapes on the same points, in metres.
        is_bounded: keep each entry of the matrix in [0, 1], for bases of named shapes that go from 0 to 1; a
            statistical basis, whose coefficients have signs, needs False.
        ridge: weight of the squares of the entries; keeps shapes apart that nearly look the same.

    Returns:
        Matrix and residuals.

    Raises:
        ConfigInvalid: the arrays do not fit together, are not finite, or a shape does not move.
    """
    ours, theirs = np.asarray(arkit_deltas_m, np.float64), np.asarray(basis.deltas, np.float64)
    _check(ours, theirs, basis.names)
    columns, wanted = ours.reshape(len(ours), -1).T, theirs.reshape(len(theirs), -1).T  # (3V, 52), (3V, N)
    weight = ridge * float((columns**2).sum()) / len(ours)
    normal, right = columns.T @ columns + weight * np.eye(len(ours)), columns.T @ wanted
    if is_bounded:
        root = np.linalg.cholesky(normal).T  # |root m - root^-T right|^2 differs from the cost by a constant
        sides = np.linalg.solve(root.T, right)
        solved = [lsq_linear(root, side, (0.0, 1.0), method="bvls").x for side in sides.T]
        matrix = np.clip(np.column_stack(solved), 0.0, 1.0)
    else:
        matrix = np.linalg.solve(normal, right)
    rest = np.linalg.norm(columns @ matrix - wanted, axis=0)
    return Bridge(tuple(basis.names), matrix, rest / np.linalg.norm(wanted, axis=0))


def read_obj_shapes(folder: Path, unit_m: float = 1.0, is_y_up: bool = True) -> ShapeBasis:
    """Read a folder of OBJ files of one topology: neutral.obj, and a shape each named after its file.

    Args:
        folder: of the files.
        unit_m: length of the files' unit in m; 0.01 for centimetres.
        is_y_up: whether the files have y up and z ahead, as most do; else z up and -y ahead, as the rig.

    Raises:
        ConfigInvalid: a file is missing, damaged, or has another number of vertices.
    """
    remedy = f"give a folder with {NEUTRAL}.obj and one .obj of the same topology for each shape"
    paths = sorted(path for path in folder.glob("*.obj") if path.stem.lower() != NEUTRAL)
    neutral_path = next((path for path in folder.glob("*.obj") if path.stem.lower() == NEUTRAL), None)
    if neutral_path is None or not paths:
        raise ConfigInvalid(f"{folder} has {len(paths)} shapes and {'a' if neutral_path else 'no'} neutral", remedy)
    neutral, deltas = _read_vertices(neutral_path), []
    for path in paths:
        vertices = _read_vertices(path)
        if vertices.shape != neutral.shape:
            raise ConfigInvalid(f"{path} has {len(vertices)} vertices, {neutral_path.name} has {len(neutral)}", remedy)
        deltas.append(vertices - neutral)
    moved = np.stack(deltas) * unit_m
    if is_y_up:
        moved = np.stack([moved[..., 0], -moved[..., 2], moved[..., 1]], axis=-1)
    return ShapeBasis(tuple(path.stem for path in paths), moved)


def read_npz_basis(path: Path, array: str = "basis", unit_m: float = 1.0) -> ShapeBasis:
    """Read a basis from an .npz without unpickling, as one of 64 FaceWarehouse or BFM expressions.

    Args:
        path: the file; a text array `names` in it names the shapes, else they are numbered.
        array: name of the basis in it: (N, V, 3), or (3V, N) with x, y, z of each vertex in turn as in BFM's `exBase`.
        unit_m: length of its unit in m; 1e-6 for BFM's micrometres.

    Raises:
        ConfigInvalid: it is no such file.
    """
    remedy = f"give an .npz with an array {array!r} of shape (N, V, 3) or (3V, N), saved without objects"
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise ConfigInvalid(f"{path} has more than {LARGEST_FILE_BYTES} bytes", remedy)
        with np.load(path, allow_pickle=False) as stored:
            values = np.asarray(stored[array], np.float64)
            names = tuple(map(str, stored["names"])) if "names" in stored else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigInvalid(f"{path} is no basis: {error}", remedy) from error
    if values.ndim == 2 and len(values) % 3 == 0:
        values = values.T.reshape(values.shape[1], -1, 3)
    if values.ndim != 3 or values.shape[2] != 3:
        raise ConfigInvalid(f"{path}: {array} has the shape {values.shape}", remedy)
    names = names or tuple(f"shape_{number:02d}" for number in range(len(values)))
    return ShapeBasis(names, values * unit_m)


def _check(ours: np.ndarray, theirs: np.ndarray, names: Sequence[str]) -> None:
    remedy = "give offsets (N, V, 3) on the same points as the rig's shapes"
    if ours.ndim != 3 or ours.shape[0] != len(ARKIT_52) or ours.shape[2] != 3:
        raise ConfigInvalid(f"the ARKit shapes have the shape {ours.shape}, expected (52, V, 3)", remedy)
    if theirs.ndim != 3 or theirs.shape[1:] != ours.shape[1:] or not len(theirs) or len(names) != len(theirs):
        raise ConfigInvalid(
            f"the basis has the shape {theirs.shape} and {len(names)} names, expected (N, {ours.shape[1]}, 3) and N",
            remedy,
        )
    still = [name for name, shape in zip(names, theirs, strict=True) if not np.isfinite(shape).all() or not shape.any()]
    if still or not np.isfinite(ours).all():
        raise ConfigInvalid(f"shapes without a finite movement: {', '.join(still) or 'ours'}", "leave them out")


def _read_vertices(path: Path) -> np.ndarray:
    """Return the (V, 3) vertices of an OBJ file."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        rows = [[float(word) for word in line.split()[1:4]] for line in lines if line.startswith("v ")]
        vertices = np.array(rows, np.float64)
    except (OSError, ValueError) as error:
        raise ConfigInvalid(f"{path} cannot be read: {error}", "give an OBJ file") from error
    if vertices.ndim != 2 or vertices.shape[1] != 3 or not np.isfinite(vertices).all():
        raise ConfigInvalid(f"{path} has no vertices of three finite numbers", "give an OBJ file")
    return vertices
