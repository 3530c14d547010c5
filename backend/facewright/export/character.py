"""A head with all that it wears, in the form that every exporter shares: parts, materials, pictures, posed bones."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from facewright.datatypes import Look
from facewright.export.materials import Material, head_materials, paint_pictures, piece_material, skin_layers
from facewright.rig.dressing import piece_blendshapes
from facewright.rig.normals import smooth_normals
from facewright.rig.nouns import Bone, Choice, Piece, Rig, StyleGroup
from facewright.rig.parameters import REST_CHANNELS, rig_channels
from facewright.rig.skeleton import depth_levels, rest_matrix, skin_matrices
from facewright.rig.styles import read_piece, worn_choice

HEAD = "head_mesh"
"""Name of the part that is the head itself; bones may well be called "head"."""

SMALLEST_OPENNESS = 0.5
"""Where a piece sees no sky at all, exported colours are darkened to this share; viewers light the rest."""


@dataclass(frozen=True, eq=False)
class Part:
    """One mesh of a character.

    Attributes:
        name: unique name.
        vertices_m: (n, 3) float32 at rest, world space.
        normals: (n, 3) float32 unit, at rest.
        triangles: (t, 3) int32, counter-clockwise seen from outside.
        material: (t,) int32 index into `Character.materials`.
        uv: (u, 2) float32, v up; None where nothing is painted.
        uv_vertex: (u,) int32 vertex of each texture point; seams give a vertex several.
        uv_triangles: (t, 3) int32 texture points of each triangle.
        indices: (n, I) int32 bones.
        weights: (n, I) float32, rows sum to 1.
        blendshapes: (E, n, 3) float32 m, ARKIT_52 order; None for a part that does not follow the face.
        openness: (n,) float32 factor on the colour, for the depth of a mass of hair; None where there is none.
    """

    name: str
    vertices_m: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    material: np.ndarray
    uv: np.ndarray | None
    uv_vertex: np.ndarray
    uv_triangles: np.ndarray
    indices: np.ndarray
    weights: np.ndarray
    blendshapes: np.ndarray | None
    openness: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Character:
    """A dressed head, ready to be written in any format.

    Attributes:
        rig_id: id of its rig.
        rig_version: version of its rig.
        bones: J bones at rest.
        channels: (J, 9) float64 pose of the bones: m, rad, ratio.
        parts: the head first, then what it wears.
        materials: of all parts.
        pictures: uint8 textures by name, row 0 at v = 1; colour (S, S, 4 or 3) or grey (S, S).
        layers: what the albedo of the skin is mixed of (`skin_layers`), for programs that can mix; may be empty.
        photo_share: how much of the photo's layer lies over the other.
    """

    rig_id: str
    rig_version: str
    bones: tuple[Bone, ...]
    channels: np.ndarray
    parts: tuple[Part, ...]
    materials: tuple[Material, ...]
    pictures: dict[str, np.ndarray]
    layers: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    photo_share: float = 1.0


def build_character(rig: Rig, parameters: np.ndarray, look: Look) -> Character:
    """Put a head together: mesh, pieces, materials and textures; the identity is in the pose of the bones.

    Args:
        rig: The rig.
        parameters: (P,) in [0, 1].
        look: Colours, skin and style.

    Returns:
        The character with its meshes at rest.

    Raises:
        RigInvalid: The rig lacks a choice of the style, or a file of it is damaged.
        ValueError: A wrong number of parameters.
    """
    if parameters.shape != (len(rig.parameters),):
        raise ValueError(f"parameters: expected ({len(rig.parameters)},), found {parameters.shape}")
    pictures = paint_pictures(rig, look)
    layers = skin_layers(rig, look, pictures)
    materials = head_materials(rig, look, pictures)
    parts = [_head_part(rig)]
    for group in rig.styles:
        choice = worn_choice(group, look.style)
        if choice.piece is not None:
            part, worn, texture = _dressed(rig, group, choice, choice.piece, look, len(materials))
            parts.append(part)
            materials += worn
            pictures |= texture
    return Character(
        rig.id,
        rig.version,
        rig.bones,
        rig_channels(rig, parameters),
        tuple(parts),
        tuple(materials),
        pictures,
        layers,
        look.photo_share,
    )


def bone_matrices(bones: tuple[Bone, ...], channels: np.ndarray) -> np.ndarray:
    """Return (J, 4, 4) float64 posed world from rest world of all bones for channels (J, 9)."""
    rest = torch.as_tensor(np.stack([rest_matrix(bone.head, bone.tail, bone.roll) for bone in bones]))
    parents = np.array([bone.parent for bone in bones])
    pose = torch.as_tensor(np.asarray(channels, np.float64))[None]
    return skin_matrices(pose, rest, torch.linalg.inv(rest), parents, depth_levels(parents))[0].numpy()


def bake_pose(character: Character) -> Character:
    """Make the posed head the head at rest, for engines whose animations set bones absolutely.

    Vertices and blendshapes are skinned, which is exact because skinning is linear in them; bones keep their places
    and lose their scales and shear.

    Args:
        character: The character.

    Returns:
        The same character with channels at rest.
    """
    matrices = bone_matrices(character.bones, character.channels)
    bones = tuple(_posed_bone(bone, matrix) for bone, matrix in zip(character.bones, matrices, strict=True))
    channels = np.broadcast_to(np.array(REST_CHANNELS), (len(bones), 9)).copy()
    parts = tuple(_posed_part(part, matrices) for part in character.parts)
    return dataclasses.replace(character, bones=bones, channels=channels, parts=parts)


def facing_triangles(vertices_m: np.ndarray, normals: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Turn triangles to the side of their vertices' normals; viewers mirror the normals of what they see from behind.

    Args:
        vertices_m: (n, 3).
        normals: (n, 3).
        triangles: (t, 3).

    Returns:
        (t, 3) the same triangles, some with two corners swapped.
    """
    a, b, c = (vertices_m[triangles[:, k]] for k in range(3))
    is_turned = (np.cross(b - a, c - a) * normals[triangles].sum(1)).sum(1) < 0
    return np.where(is_turned[:, None], triangles[:, ::-1], triangles)


def _head_part(rig: Rig) -> Part:
    mesh, look = rig.mesh, rig.appearance
    own = np.arange(len(mesh.vertices_m), dtype=np.int32)
    return Part(
        name=HEAD,
        vertices_m=mesh.vertices_m,
        normals=smooth_normals(mesh.vertices_m, mesh.triangles),
        triangles=mesh.triangles,
        material=_used_surfaces(rig)[mesh.surfaces[mesh.triangles[:, 0]]],
        uv=None if look is None else look.uv,
        uv_vertex=own if look is None else look.render_vertex,
        uv_triangles=mesh.triangles if look is None else look.render_triangles,
        indices=rig.skin_indices,
        weights=rig.skin_weights,
        blendshapes=rig.blendshapes,
        openness=None,
    )


def _used_surfaces(rig: Rig) -> np.ndarray:
    """Return the place of each surface among those that have triangles, in the order of `head_materials`."""
    used = np.unique(rig.mesh.surfaces[rig.mesh.triangles[:, 0]])
    places = np.zeros(used.max() + 1, np.int32)
    places[used] = np.arange(len(used))
    return places


def _dressed(
    rig: Rig, group: StyleGroup, choice: Choice, path: Path, look: Look, first: int
) -> tuple[Part, list[Material], dict[str, np.ndarray]]:
    """Return the part of a choice whose mesh lies at a path, its materials, numbered from `first`, and its texture."""
    piece = read_piece(path, len(rig.bones), len(rig.mesh.triangles), len(rig.mesh.vertices_m))
    used, local = np.unique(piece.material, return_inverse=True)
    made = [piece_material(group, choice, bool(kind), look) for kind in used]
    textures = {name: picture for _, added in made for name, picture in added.items()}
    part = _piece_part(rig, f"{group.name}_{choice.name}", piece, first + local.reshape(-1).astype(np.int32))
    if not textures:
        part = dataclasses.replace(part, uv=None, openness=None)
    return part, [material for material, _ in made], textures


def _piece_part(rig: Rig, name: str, piece: Piece, material: np.ndarray) -> Part:
    own = np.arange(len(piece.vertices_m), dtype=np.int32)
    triangles = facing_triangles(piece.vertices_m, piece.normals, piece.triangles)
    return Part(
        name=name,
        vertices_m=piece.vertices_m,
        normals=piece.normals,
        triangles=triangles,
        material=material,
        uv=piece.uv,
        uv_vertex=own,
        uv_triangles=triangles,
        indices=piece.indices,
        weights=piece.weights,
        blendshapes=piece_blendshapes(rig, piece).astype(np.float32) if piece.follow.any() else None,
        openness=(SMALLEST_OPENNESS + (1 - SMALLEST_OPENNESS) * piece.openness).astype(np.float32),
    )


def _posed_part(part: Part, matrices: np.ndarray) -> Part:
    blended = np.einsum("ni,niab->nab", part.weights.astype(np.float64), matrices[part.indices])  # (n, 4, 4)
    turn, shift = blended[:, :3, :3], blended[:, :3, 3]
    normals = np.einsum("nab,nb->na", np.linalg.inv(turn).transpose(0, 2, 1), part.normals)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    shapes = None if part.blendshapes is None else np.einsum("nab,enb->ena", turn.astype(np.float32), part.blendshapes)
    return dataclasses.replace(
        part,
        vertices_m=(np.einsum("nab,nb->na", turn, part.vertices_m) + shift).astype(np.float32),
        normals=normals.astype(np.float32),
        blendshapes=shapes,
    )


def _posed_bone(bone: Bone, matrix: np.ndarray) -> Bone:
    """Return a bone that rests where a pose has put it: head, direction, length and, as near as can be, roll."""
    posed = matrix @ rest_matrix(bone.head, bone.tail, bone.roll)
    head, along = posed[:3, 3], posed[:3, 1]
    tail = head + along * np.linalg.norm(np.subtract(bone.tail, bone.head))
    across = np.linalg.inv(rest_matrix(head, tail, 0.0)[:3, :3]) @ posed[:3, 2]
    roll = float(np.arctan2(across[0], across[2]))
    return dataclasses.replace(bone, head=head, tail=tail, roll=roll)
