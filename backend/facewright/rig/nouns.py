"""What a loaded rig consists of: frozen dataclasses of arrays; letters as in docs/conventions.md."""

from dataclasses import dataclass

import numpy as np

SURFACES = ("skin", "eye", "teeth", "tongue", "lash")
"""Surfaces of a mesh: a vertex's surface is an index into this tuple."""


@dataclass(frozen=True, eq=False)
class Bone:
    """One bone of the armature as Blender defines it.

    Attributes:
        name: unique name; `.L` is the character's left (+X).
        parent: index of the parent bone, always smaller than the bone's own, or -1 for a root.
        head: (3,) m, where the bone starts.
        tail: (3,) m, where it ends; local y runs from head to tail.
        roll: rad, turn about local y as in Blender's edit mode.
        region: part of the head that the bone belongs to, for grouping in user interfaces.
    """

    name: str
    parent: int
    head: np.ndarray
    tail: np.ndarray
    roll: float
    region: str


@dataclass(frozen=True)
class Parameter:
    """One continuous identity parameter; what it drives is in `Rig.channel_minimum` and `Rig.channel_maximum`.

    Attributes:
        name: unique lower_snake name.
        label: what a user interface shows.
        group: heading under which it stands.
        unit: "mm", "degree", "ratio" or "amount".
        minimum: physical meaning of the value 0, in the unit.
        neutral: physical meaning of 0.5.
        maximum: physical meaning of 1.
        mirrored: drives both sides of the face alike.
        asymmetry: makes the sides differ.
        residual_mm: what the bones miss of the shape that the parameter was solved for, RMS over its vertices.
    """

    name: str
    label: str
    group: str
    unit: str
    minimum: float
    neutral: float
    maximum: float
    mirrored: bool
    asymmetry: bool
    residual_mm: float


@dataclass(frozen=True, eq=False)
class Mesh:
    """The neutral head at rest.

    Attributes:
        vertices_m: (V, 3) float32, world space, with the base offset applied.
        triangles: (F, 3) int32, counter-clockwise seen from outside.
        surfaces: (V,) uint8 index into SURFACES.
    """

    vertices_m: np.ndarray
    triangles: np.ndarray
    surfaces: np.ndarray


@dataclass(frozen=True, eq=False)
class Prior:
    """Distribution of real heads: x = clip(mean + factors @ z), z ~ N(0, I).

    Attributes:
        mean: (P,) in [0, 1].
        factors: (P, R).
        residual_std: (P,) standard deviation that the factors leave out.
    """

    mean: np.ndarray
    factors: np.ndarray
    residual_std: np.ndarray


@dataclass(frozen=True, eq=False)
class LandmarkMap:
    """Where the landmarks of the detector lie on the mesh.

    Attributes:
        triangles: (K,) int32 row of `Mesh.triangles`.
        barycentric: (K, 3) float32, sums to 1.
        weight: (K,) float32 in [0, 1], how far to trust the landmark.
    """

    triangles: np.ndarray
    barycentric: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True, eq=False)
class Appearance:
    """How the surface is painted.

    Attributes:
        uv: (Vr, 2) float32 in [0, 1] per render vertex, v up.
        render_vertex: (Vr,) int32 mesh vertex of each render vertex.
        render_triangles: (F, 3) int32 render vertices, in the order of `Mesh.triangles`.
        masks: (S, S, C) uint8 masks in UV space.
        labels: (S, S) uint8 index into PART_NAMES in UV space.
    """

    uv: np.ndarray
    render_vertex: np.ndarray
    render_triangles: np.ndarray
    masks: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, eq=False)
class Rig:
    """A head that parameters can shape.

    Attributes:
        id: name of its folder.
        version: version of its files.
        digest: sha256 (hex) of everything it was compiled from.
        bones: J bones, parents before children.
        parameters: P parameters.
        mesh: the neutral head.
        skin_indices: (V, I) int32 bones that move a vertex.
        skin_weights: (V, I) float32, rows sum to 1.
        blendshapes: (E, V, 3) float32 m, ARKIT_52 order.
        channel_neutral: (J, 9) float32 offsets from rest that all parameters at 0.5 add up to.
        channel_minimum: (P, J, 9) float32 offsets from the neutral at 0 (m, rad, ratio).
        channel_maximum: (P, J, 9) float32 offsets from the neutral at 1.
        anchors: named points; each is the mean of these mesh vertices.
        prior: distribution of real heads, if the rig has one.
        landmarks: landmark correspondence, if the rig has one.
        appearance: paint, if the rig has it.
    """

    id: str
    version: str
    digest: str
    bones: tuple[Bone, ...]
    parameters: tuple[Parameter, ...]
    mesh: Mesh
    skin_indices: np.ndarray
    skin_weights: np.ndarray
    blendshapes: np.ndarray
    channel_neutral: np.ndarray
    channel_minimum: np.ndarray
    channel_maximum: np.ndarray
    anchors: dict[str, np.ndarray]
    prior: Prior | None
    landmarks: LandmarkMap | None
    appearance: Appearance | None
