"""The parameters of the default rig: solved ones that reach a shape, and direct ones that move named bones by hand."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from facewright.datatypes import BONE_CHANNELS
from facewright.training.rig_bones import BoneTable, mirrored_name
from facewright.training.rig_controls import (
    COMPOSITES,
    DIRECT_RANGE_MM,
    LEFT_MINUS_RIGHT,
    REGION_GROUP,
    SIDEWAYS_BONES,
    SIZES,
    TURNS,
)
from facewright.training.rig_shapes import Shape
from facewright.training.skinning_decomposition import LEVER_M, channel_basis, mirrored_channels, pose_vertices

CHANNEL_THRESHOLD_M = 1.5e-4
"""A solved channel that moves the skin by less than this (at LEVER_M for rotation and scale) is dropped."""

CHANNEL_THRESHOLD_SHARE = 0.015
"""So is one that moves it by less than this share of the shape's largest displacement."""

RESIDUAL_FROM_M = 3e-4
"""The residual is taken over the vertices that a shape moves by more than this."""

RIDGE = 1e-3
"""Ridge of the final channels, relative to the normal matrix's mean diagonal."""

ROUNDS = 4
"""How often a solve looks at what nonlinear skinning has left; a round that makes it worse ends it."""

ROTATION_LIMIT_RAD = 0.7


@dataclass(frozen=True)
class ScaleRule:
    """How far a solved parameter may scale bones.

    Attributes:
        least, most: ratio minus one at the ends of the parameter.
        ridge: how much more a scale costs than a translation that moves the skin at LEVER_M as far.
    """

    least: float
    most: float
    ridge: float


SCALE_RULE = ScaleRule(-0.35, 0.6, 2.0)
"""Beyond these limits a bone is used against its neighbours."""

MACRO_SCALE_RULE = ScaleRule(-0.2, 0.3, 10.0)
"""Macro heads and head shapes move every bone at once and add up with all others: they keep scales mild."""

MACRO_GROUPS = ("character", "head")

DIRECTIONS = {"forward": np.array([0, -1.0, 0]), "up": np.array([0, 0, 1.0]), "out": np.array([1.0, 0, 0])}
"""What artists call the world's directions on the left half; on the right half `out` is mirrored."""


@dataclass(frozen=True)
class AuthoredParameter:
    """A parameter before it is written.

    Attributes:
        name, group, unit: as in parameters.toml.
        minimum, maximum: physical meaning of the ends.
        mirrored: whether both sides follow alike (else it is an asymmetry).
        low, high: (J, 9) channel offsets at the ends.
        residual_mm: median distance to the shape it was solved for, the worse of both ends; 0 for a direct parameter.
        source: what it was solved for; empty for a direct parameter.
    """

    name: str
    group: str
    unit: str
    minimum: float
    maximum: float
    mirrored: bool
    low: np.ndarray
    high: np.ndarray
    residual_mm: float = 0.0
    source: str = ""


@dataclass(frozen=True)
class BoundHead:
    """The mesh bound to the skeleton.

    Attributes:
        vertices_m: (V, 3) rest vertices of the whole mesh.
        weights: (V, J) skin weights.
        bones: the skeleton.
    """

    vertices_m: np.ndarray
    weights: np.ndarray
    bones: BoneTable


class ChannelSolver:
    """Solves bone channels for shapes of the whole mesh; holds the normal equations of one bound head.

    Bones with children stay still: the others would inherit their motion.
    """

    def __init__(self, head: BoundHead) -> None:
        self.head = head
        self.rotations = head.bones.rest_rotations()
        is_parent = np.isin(np.arange(len(head.bones.names)), head.bones.parents)
        self.active = np.flatnonzero((head.weights.sum(0) > 0) & ~is_parent)
        lever = np.tile([1.0] * 3 + [LEVER_M] * 6, len(self.active))
        active_weights = head.weights[:, self.active]
        heads_m, rotations = head.bones.heads_m[self.active], self.rotations[self.active]
        self.basis = channel_basis(head.vertices_m, heads_m, rotations, active_weights)
        self.basis /= lever
        self.normal = self.basis.T @ self.basis
        self.spectrum = np.linalg.eigh(self.normal)
        self.lever = lever

    def solve(self, shape_m: np.ndarray, is_mirrored: bool, rule: ScaleRule) -> np.ndarray:
        """Return the sparse (J, 9) channels within the limits that reach (V, 3) displacements best."""
        values, vectors = self.spectrum
        aim = vectors.T @ (self.basis.T @ shape_m.ravel())
        first = vectors @ (aim / (values + RIDGE * values.mean()))
        largest_m = np.linalg.norm(shape_m, axis=1).max()
        kept = np.abs(first) > max(CHANNEL_THRESHOLD_M, CHANNEL_THRESHOLD_SHARE * largest_m)
        kept |= self._flat(mirrored_channels(self._unflat(kept.astype(float)), self.head.bones.mirror)) != 0
        channels, left = np.zeros((len(self.head.bones.names), 9)), (shape_m**2).sum()
        for _ in range(ROUNDS):
            missing = shape_m - (self.pose(channels) - self.head.vertices_m)
            tried = self._unflat(self._improve(self._flat(channels), missing, kept, rule))
            if is_mirrored:
                tried = 0.5 * (tried + mirrored_channels(tried, self.head.bones.mirror))
            tried_left = ((shape_m - (self.pose(tried) - self.head.vertices_m)) ** 2).sum()
            if tried_left > left:
                break
            channels, left = tried, tried_left
        return np.round(channels, 5)

    def pose(self, channels: np.ndarray) -> np.ndarray:
        """Return the (V, 3) vertices posed by (J, 9) channels."""
        bones = self.head.bones
        return pose_vertices(self.head.vertices_m, self.head.weights, bones.heads_m, self.rotations, channels)

    def _improve(self, start: np.ndarray, missing_m: np.ndarray, kept: np.ndarray, rule: ScaleRule) -> np.ndarray:
        """One bounded, regularised least-squares step from (9A,) channels; those that hit a limit stay there."""
        kind = np.tile([0] * 3 + [1] * 3 + [2] * 3, len(self.active))
        low, high = (
            np.choose(kind, (-sign * np.inf, -sign * ROTATION_LIMIT_RAD, scale)) * self.lever
            for sign, scale in ((1, rule.least), (-1, rule.most))
        )
        ridge = np.where(kind == 2, rule.ridge, 1.0) * RIDGE * self.normal.trace() / len(self.normal)
        goal = self.basis.T @ missing_m.ravel() - ridge * start
        step, free = np.zeros(len(start)), kept.copy()
        for _ in range(4):
            rest = goal[free] - self.normal[np.ix_(free, ~free & kept)] @ step[~free & kept]
            matrix = self.normal[np.ix_(free, free)] + np.diag(ridge[free])
            step[free] = cho_solve(cho_factor(matrix, check_finite=False), rest, check_finite=False)
            inside = (start + step >= low) & (start + step <= high)
            step = np.clip(start + step, low, high) - start
            if inside[free].all():
                break
            free &= inside
        return start + step

    def _unflat(self, flat: np.ndarray) -> np.ndarray:
        channels = np.zeros((len(self.head.bones.names), 9))
        channels[self.active] = (flat / self.lever).reshape(-1, 9)
        return channels

    def _flat(self, channels: np.ndarray) -> np.ndarray:
        return channels[self.active].ravel() * self.lever


def residual_mm(solver: ChannelSolver, shape_m: np.ndarray, channels: np.ndarray) -> np.ndarray:
    """Return the distances (mm) that remain at the vertices that the shape moves, after true skinning."""
    left = np.linalg.norm(solver.pose(channels) - solver.head.vertices_m - shape_m, axis=1)
    return left[np.linalg.norm(shape_m, axis=1) > RESIDUAL_FROM_M] * 1e3


def solved_parameter(solver: ChannelSolver, shape: Shape) -> AuthoredParameter:
    """Author the parameter that reaches a shape."""
    rule = MACRO_SCALE_RULE if shape.group in MACRO_GROUPS else SCALE_RULE
    low, high = (solver.solve(end, not shape.asymmetric, rule) for end in (shape.low_m, shape.high_m))
    worst = max(
        float(np.median(left)) if len(left := residual_mm(solver, end, channels)) else 0.0
        for end, channels in ((shape.low_m, low), (shape.high_m, high))
    )
    minimum, maximum = -1.0, 1.0
    if shape.unit == "mm":
        minimum, maximum = (
            sign * round(float(np.linalg.norm(end, axis=1).max()) * 1e3, 2)
            for sign, end in ((-1, shape.low_m), (1, shape.high_m))
        )
    return AuthoredParameter(
        shape.name,
        shape.group,
        shape.unit,
        minimum,
        maximum,
        not shape.asymmetric,
        low,
        high,
        round(worst, 3),
        shape.source,
    )


def direct_parameters(bones: BoneTable) -> list[AuthoredParameter]:
    """Author the parameters that move, size and turn named bones."""
    rotations = bones.rest_rotations()
    parameters = []
    for name, region in zip(bones.names, bones.regions, strict=True):
        stem = name.removesuffix(".L")
        if bones.vertices[bones.index(name)] < 0 or name.endswith(".R"):
            continue
        reach = DIRECT_RANGE_MM.get(stem, DIRECT_RANGE_MM[region])
        for direction in ("forward", "up", "out"):
            if name.endswith(".L") or direction != "out":
                moves = {stem: reach * DIRECTIONS[direction]}
                parameters.append(_moved(bones, rotations, f"{stem}_{direction}", REGION_GROUP[region], moves))
    for name, (group, listed) in COMPOSITES.items():
        moves = {stem: np.array([out, -forward, up]) for stem, (forward, up, out) in listed.items()}
        parameters.append(_moved(bones, rotations, name, group, moves))
    parameters += [_sized(bones, *row) for row in SIZES]
    parameters += [_turned(bones, rotations, *row) for row in TURNS]
    for stem, reach in SIDEWAYS_BONES.items():
        moves = {stem: np.array([reach, 0, 0])}
        parameter = _moved(bones, rotations, f"{stem}_sideways", "asymmetry", moves)
        parameters.append(replace(parameter, mirrored=False))
    for stem, direction, reach in LEFT_MINUS_RIGHT:
        parameter = _moved(
            bones, rotations, f"{stem}_{direction}_asymmetry", "asymmetry", {stem: reach * DIRECTIONS[direction]}
        )
        low, high = parameter.low.copy(), parameter.high.copy()
        right = bones.index(f"{stem}.R")
        low[right], high[right] = -low[right], -high[right]
        parameters.append(replace(parameter, low=low, high=high, mirrored=False))
    return parameters


def channel_rows(parameter: AuthoredParameter, bones: BoneTable) -> list[tuple[str, str, float, float]]:
    """Return the (bone, channel, low, high) offsets of a parameter that are not zero, in skeleton order."""
    rows = []
    for j, k in np.argwhere((np.abs(parameter.low) > 0) | (np.abs(parameter.high) > 0)):
        rows.append((bones.names[j], BONE_CHANNELS[k], float(parameter.low[j, k]), float(parameter.high[j, k])))
    return rows


def _both_sides(bones: BoneTable, stem: str) -> list[str]:
    """The bones that a stem means: the pair, or the one in the middle."""
    return [stem] if stem in bones.names else [f"{stem}.L", mirrored_name(f"{stem}.L")]


def _moved(bones: BoneTable, rotations: np.ndarray, name: str, group: str, moves: dict) -> AuthoredParameter:
    """A parameter that moves bones along world directions (mm, given for the left side), both sides alike."""
    high = np.zeros((len(bones.names), 9))
    for stem, move_mm in moves.items():
        for bone in _both_sides(bones, stem):
            j = bones.index(bone)
            world = move_mm * ([-1, 1, 1] if bone.endswith(".R") else [1, 1, 1]) * 1e-3
            high[j, :3] = np.round(rotations[j].T @ world, 7)
    reach = round(max(float(np.linalg.norm(move)) for move in moves.values()), 2)
    return AuthoredParameter(name, group, "mm", -reach, reach, True, -high, high)


def _sized(bones: BoneTable, name: str, group: str, stems: tuple[str, ...], ratio: float) -> AuthoredParameter:
    """A parameter that scales bones about their heads, from 1 - ratio to 1 + ratio."""
    high = np.zeros((len(bones.names), 9))
    for bone in (bone for stem in stems for bone in _both_sides(bones, stem)):
        high[bones.index(bone), 6:9] = ratio
    return AuthoredParameter(name, group, "ratio", 1 - ratio, 1 + ratio, True, -high, high)


def _turned(
    bones: BoneTable, rotations: np.ndarray, name: str, group: str, stems: tuple[str, ...], axis: tuple, degrees: float
) -> AuthoredParameter:
    """A parameter that turns bones about a world axis (given for the left side), both sides mirrored."""
    ends = []
    for angle in (-np.radians(degrees), np.radians(degrees)):
        end = np.zeros((len(bones.names), 9))
        for bone in (bone for stem in stems for bone in _both_sides(bones, stem)):
            j = bones.index(bone)
            world = np.array(axis, float) * ([1, -1, -1] if bone.endswith(".R") else [1, 1, 1])
            end[j, 3:6] = np.round(_euler_of_turn(rotations[j].T @ world, angle), 7)
        ends.append(end)
    low, high = ends
    return AuthoredParameter(name, group, "degree", -degrees, degrees, True, low, high)


def _euler_of_turn(axis: np.ndarray, angle_rad: float) -> np.ndarray:
    """Return the Euler XYZ angles (matrix Rz Ry Rx) of a turn about a unit axis."""
    x, y, z = axis
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn = np.eye(3) + np.sin(angle_rad) * skew + (1 - np.cos(angle_rad)) * (skew @ skew)
    return np.array([np.arctan2(turn[2, 1], turn[2, 2]), -np.arcsin(turn[2, 0]), np.arctan2(turn[1, 0], turn[0, 0])])
