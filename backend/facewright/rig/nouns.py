"""What a loaded rig consists of: frozen dataclasses of arrays; letters as in docs/conventions.md."""

from dataclasses import dataclass
from pathlib import Path

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
        marks: (S, S, 3) uint8 freckles, age spots and wrinkle creases in UV space; None where a rig has none.
        relief: (S, S, 4) uint8 slopes of wrinkles and pores, as `rig/appearance.py` decodes them; None likewise.
    """

    uv: np.ndarray
    render_vertex: np.ndarray
    render_triangles: np.ndarray
    masks: np.ndarray
    labels: np.ndarray
    marks: np.ndarray | None = None
    relief: np.ndarray | None = None


@dataclass(frozen=True)
class Choice:
    """One choice of a style group; files named after it hold what it paints and what it adds (`rig/styles.py`).

    Attributes:
        name: unique in its group.
        label: what a user interface shows.
        colour: sRGB of make-up or of a frame; None where the head's own colours serve.
        gloss: shine that lip make-up adds, in [0, 1].
        frequency: relative frequency among feminine and among masculine adults.
        ages: youngest and oldest age, in years, at which it is drawn at random.
        layer: file of its painted layer, None if it has none.
        piece: file of its mesh, None if it has none.
        curl: of hair, 0 straight to 1 tight curls; 0.5 goes with any hair.
    """

    name: str
    label: str
    colour: tuple[float, float, float] | None
    gloss: float
    frequency: tuple[float, float]
    ages: tuple[float, float]
    layer: Path | None
    piece: Path | None
    curl: float = 0.5


@dataclass(frozen=True)
class StyleGroup:
    """A choice parameter: one of its choices is worn.

    Attributes:
        name: one of STYLE_GROUPS.
        label: what a user interface shows.
        default: name of the choice that a head has when none is asked for.
        choices: at least one.
        texture: file of the texture that the group's pieces share, None if they have none.
    """

    name: str
    label: str
    default: str
    choices: tuple[Choice, ...]
    texture: Path | None


@dataclass(frozen=True, eq=False)
class Layer:
    """What a choice paints on the skin.

    Attributes:
        left, top: place of the box in the face texture, px.
        side: side of the face texture, px.
        coverage: (h, w) uint8 in the box; outside of it the coverage is 0.
    """

    left: int
    top: int
    side: int
    coverage: np.ndarray


@dataclass(frozen=True, eq=False)
class Piece:
    """A light mesh that a head wears: hair, beard, glasses; skinned to the head's skeleton.

    Attributes:
        vertices_m: (n, 3) float32, at rest.
        normals: (n, 3) float32 unit, at rest; of the whole mass, not of single cards.
        triangles: (t, 3) int32.
        uv: (n, 2) float32 in the group's texture, v up.
        material: (t,) uint8, 0 strands or frame, 1 lens.
        indices: (n, I) int32 bones.
        weights: (n, I) float32, rows sum to 1.
        anchor_triangle: (n,) int32 triangle of the head whose blendshapes a vertex follows.
        anchor_barycentric: (n, 3) float32.
        follow: (n,) float32 in [0, 1], how much of them.
        openness: (n,) float32 share of the sky that a vertex sees.
        head_openness: (V,) float32 factor on the openness of the head's vertices while the piece is worn.
    """

    vertices_m: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    material: np.ndarray
    indices: np.ndarray
    weights: np.ndarray
    anchor_triangle: np.ndarray
    anchor_barycentric: np.ndarray
    follow: np.ndarray
    openness: np.ndarray
    head_openness: np.ndarray


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
        landmarks: landmark map, if the rig has one.
        appearance: paint, if the rig has it.
        styles: choice parameters; empty if the rig has none.
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
    styles: tuple[StyleGroup, ...] = ()
