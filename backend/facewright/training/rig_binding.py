"""Binds MakeHuman's head to the skeleton: the face's skin weights by decomposition, the other surfaces' by rule."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from facewright.engine.smoothstep import smoothstep
from facewright.rig.nouns import SURFACES
from facewright.rig.sources.makehuman import GROUPS, SourceMesh
from facewright.training.rig_bones import BoneTable, place_bones
from facewright.training.rig_shapes import Shape, example_shapes
from facewright.training.skinning_decomposition import FaceBones, Skin, decompose, edge_lengths, keep_largest

FADE_M = 0.06
"""Within this distance of the bust's rim, along the surface, shapes fade to nothing and root and neck take over."""

ROUNDS = 4
"""Alternations of the decomposition; more change the residual by less than 2 %."""

LASH_ROOT_M = 0.0012
"""Lash vertices so near to the skin are roots; the others follow the nearest root along the card."""


@dataclass(frozen=True)
class SkinFrame:
    """What the skin alone knows of itself.

    Attributes:
        count: number of skin vertices; they are the first of the mesh.
        mirror: (V,) index of each vertex's mirror image, for the whole mesh.
        normals: (count, 3) outward unit normals.
        edges: sparse (count, count) edge lengths in metres.
        rim_distance_m: (count,) distance from the rim of the bust along the surface.
    """

    count: int
    mirror: np.ndarray
    normals: np.ndarray
    edges: csr_matrix
    rim_distance_m: np.ndarray


def skin_frame(mesh: SourceMesh) -> SkinFrame:
    """Measure the skin of a symmetric mesh whose skin vertices come first."""
    count = int((mesh.parts == SURFACES.index("skin")).sum())
    mirror = cKDTree(mesh.vertices_m).query(mesh.vertices_m * [-1, 1, 1])[1]
    triangles = mesh.triangles[(mesh.triangles < count).all(1)]
    vertices_m = mesh.vertices_m[:count]
    corners = vertices_m[triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros((count, 3))
    for k in range(3):
        np.add.at(normals, triangles[:, k], across)
    normals += normals[mirror[:count]] * [-1, 1, 1]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    edges = edge_lengths(vertices_m, triangles, mirror[:count])
    pairs = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    unique, uses = np.unique(pairs, axis=0, return_counts=True)
    rim = np.unique(unique[uses == 1])
    rim = np.unique(np.concatenate([rim, mirror[rim]]))
    return SkinFrame(count, mirror, normals, edges, dijkstra(edges, indices=rim, min_only=True))


def moving_share(frame: SkinFrame, vertex_count: int) -> np.ndarray:
    """Return (V,): how far each vertex takes part in shapes; 0 at the bust's rim, 1 from FADE_M on and off the skin."""
    share = np.ones(vertex_count)
    share[: frame.count] = smoothstep(0.0, 1.0, frame.rim_distance_m / FADE_M)
    return share


def bones_of_mesh(mesh: SourceMesh, frame: SkinFrame) -> BoneTable:
    """Place the skeleton on the mesh."""
    groups = list(GROUPS)
    inner = {
        "eye.L": mesh.vertices_m[mesh.groups == groups.index("helper-l-eye")].mean(0),
        "teeth_upper": mesh.vertices_m[mesh.groups == groups.index("helper-upper-teeth")].mean(0) * [0, 1, 1],
        "teeth_lower": mesh.vertices_m[mesh.groups == groups.index("helper-lower-teeth")].mean(0) * [0, 1, 1],
    }
    count = frame.count
    return place_bones(mesh.vertices_m[:count], frame.normals, frame.mirror[:count], inner)


def bind_mesh(
    mesh: SourceMesh, frame: SkinFrame, bones: BoneTable, shapes: list[Shape]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the (V, J) skin weights of the whole mesh with eight influences and with four, mirrored."""
    count, moving = frame.count, moving_share(frame, len(mesh.vertices_m))[: frame.count]
    of_face = np.flatnonzero(bones.vertices >= 0)
    position = np.full(len(bones.names), -1)
    position[of_face] = np.arange(len(of_face))
    mirror = frame.mirror[:count]
    face = FaceBones(bones.vertices[of_face], bones.rest_rotations()[of_face], position[bones.mirror[of_face]])
    skin = Skin(mesh.vertices_m[:count], mirror, frame.edges, 1 - moving)
    bound = []
    for solved, influences in zip(
        decompose(skin, face, example_shapes(shapes, frame.mirror)[:, :count], ROUNDS), (8, 4), strict=True
    ):
        weights = np.zeros((len(mesh.vertices_m), len(bones.names)))
        weights[:count, of_face] = solved
        _bind_body(weights[:count], 1 - moving, frame.rim_distance_m, bones)
        weights[:count] = keep_largest(weights[:count], mirror, bones.mirror, influences)
        _bind_inner(weights, mesh, bones)
        _bind_lashes(weights, mesh, frame, bones)
        bound.append(weights / weights.sum(1, keepdims=True))
    return bound[0], bound[1]


def _bind_body(weights: np.ndarray, fixed: np.ndarray, rim_distance_m: np.ndarray, bones: BoneTable) -> None:
    """Share what does not move in shapes between the root (at the rim) and the neck; fills `weights`."""
    to_neck = smoothstep(0.0, 1.0, (rim_distance_m - 0.2 * FADE_M) / (0.8 * FADE_M))
    weights[:, bones.index("root")] = fixed * (1 - to_neck)
    weights[:, bones.index("neck")] = fixed * to_neck


def _bind_inner(weights: np.ndarray, mesh: SourceMesh, bones: BoneTable) -> None:
    """Bind eyeballs, teeth and tongue rigidly; fills `weights`."""
    bone_of_group = {
        "helper-l-eye": "eye.L",
        "helper-r-eye": "eye.R",
        "helper-upper-teeth": "teeth_upper",
        "helper-lower-teeth": "teeth_lower",
        "helper-tongue": "teeth_lower",
    }
    for group, bone in bone_of_group.items():
        weights[mesh.groups == list(GROUPS).index(group), bones.index(bone)] = 1.0


def _bind_lashes(weights: np.ndarray, mesh: SourceMesh, frame: SkinFrame, bones: BoneTable) -> None:
    """Give every lash vertex the weights of the lid at its root; fills `weights`."""
    lashes = np.flatnonzero(mesh.parts == SURFACES.index("lash"))
    distance, nearest = cKDTree(mesh.vertices_m[: frame.count]).query(mesh.vertices_m[lashes])
    triangles = mesh.triangles[np.isin(mesh.triangles, lashes).all(1)]
    compact = np.full(len(mesh.vertices_m), -1)
    compact[lashes] = np.arange(len(lashes))
    edges = edge_lengths(mesh.vertices_m[lashes], compact[triangles], compact[frame.mirror[lashes]])
    roots = np.flatnonzero(distance < LASH_ROOT_M)
    along = dijkstra(edges, indices=roots)  # (roots, lashes)
    left = np.flatnonzero(mesh.vertices_m[lashes, 0] > 0)
    root_of = roots[along[:, left].argmin(0)]
    weights[lashes[left]] = weights[nearest[root_of]]
    weights[frame.mirror[lashes[left]]] = weights[lashes[left]][:, bones.mirror]
