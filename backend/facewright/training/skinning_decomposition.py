"""Smooth skinning decomposition: skin weights and bone channels that together reproduce a set of example shapes.

The example displacements Y (T, V, 3) are approximated by weighted bone motions, linear in a bone's nine channels:
y_v = sum_j w_vj R_j (t_j + r_j x q_vj + s_j * q_vj) with q_vj = R_j^T (v - head_j). Channels are solved by ridge least
squares, weights per vertex by non-negative least squares over the geodesically nearest bones, in turn. Distances run
along the surface, so that upper and lower lip stay apart though they touch.

Source: Le and Deng, "Smooth Skinning Decomposition with Rigid Bones", SIGGRAPH Asia 2012; here with scale and fixed
centres.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.csgraph import dijkstra

from facewright.training.rig_bones import MIRROR_SIGNS

LEVER_M = 0.012
"""Radius at which a rotation or scale counts as much as a translation in the ridge term."""

NEAREST_BONES = 20
"""A vertex chooses its influences among so many bones, nearest along the surface."""

NEIGHBOUR_PULL_M = 4e-4
"""Weight of the pull towards the neighbours' skin weights: per example shape, as metres of displacement error."""

RIDGE = 1e-4
"""Ridge of the channels, relative to the mean diagonal of the normal matrix."""


@dataclass(frozen=True)
class Skin:
    """The skin surface that the weights are solved on.

    Attributes:
        vertices_m: (V, 3), exactly symmetric.
        mirror: (V,) index of each vertex's mirror image.
        edges: (V, V) sparse symmetric matrix of edge lengths in metres.
        fixed: (V,) share in [0, 1] of each vertex that stays with the unmoved body (the rim of the bust).
    """

    vertices_m: np.ndarray
    mirror: np.ndarray
    edges: csr_matrix
    fixed: np.ndarray


@dataclass(frozen=True)
class FaceBones:
    """The bones that carry the skin of the face.

    Attributes:
        vertices: (J,) skin vertex under each bone.
        rotations: (J, 3, 3) world-from-bone at rest.
        mirror: (J,) index of the bone on the other side.
    """

    vertices: np.ndarray
    rotations: np.ndarray
    mirror: np.ndarray


def edge_lengths(vertices_m: np.ndarray, triangles: np.ndarray, mirror: np.ndarray) -> csr_matrix:
    """Return the (V, V) matrix of edge lengths; an edge present on one side only (a quad's diagonal) counts on both."""
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    pairs = np.concatenate([pairs, mirror[pairs]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    length = np.linalg.norm(vertices_m[pairs[:, 0]] - vertices_m[pairs[:, 1]], axis=1)
    count = len(vertices_m)
    one_way = coo_matrix((length, (pairs[:, 0], pairs[:, 1])), shape=(count, count)).tocsr()
    return one_way + one_way.T


def decompose(skin: Skin, bones: FaceBones, shapes: np.ndarray, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """Solve skin weights and channels in turn.

    Args:
        skin: the surface.
        bones: where the bones stand.
        shapes: (T, V, 3) example displacements in metres; the set must be symmetric as a whole.
        rounds: alternations after the start by distance.

    Returns:
        Skin weights (V, J) with at most eight influences, and others with at most four for the same motions; each row
        sums to 1 - `skin.fixed`, sides exactly mirrored.
    """
    distance_m = np.minimum(dijkstra(skin.edges, indices=bones.vertices).T, 1.0)  # (V, J)
    weights = _weights_by_distance(skin, bones, distance_m, 8)
    for _ in range(rounds):
        channels = solve_channels(skin.vertices_m, bones, weights, shapes)
        weights = _solve_weights(skin, bones, weights, channels, shapes, distance_m, 8)
    return weights, _solve_weights(skin, bones, weights, channels, shapes, distance_m, 4)


def channel_basis(
    vertices_m: np.ndarray, heads_m: np.ndarray, rotations: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return the (3V, 9J) matrix that takes the channels of all bones to displacements, to first order.

    Args:
        vertices_m: (V, 3) rest vertices. heads_m: (J, 3). rotations: (J, 3, 3) world-from-bone. weights: (V, J).
    """
    basis = np.zeros((len(vertices_m), 3, len(heads_m), 9))
    for j, (head_m, rotation) in enumerate(zip(heads_m, rotations, strict=True)):
        moved = np.flatnonzero(weights[:, j])
        local = (vertices_m[moved] - head_m) @ rotation
        for k in range(3):
            basis[moved, :, j, k] = rotation[:, k]
            basis[moved, :, j, 3 + k] = np.cross(np.eye(3)[k], local) @ rotation.T
            basis[moved, :, j, 6 + k] = local[:, k, None] * rotation[:, k]
        basis[moved, :, j] *= weights[moved, j, None, None]
    return basis.reshape(3 * len(vertices_m), -1)


def solve_channels(
    vertices_m: np.ndarray, bones: FaceBones, weights: np.ndarray, shapes: np.ndarray, ridge: float = RIDGE
) -> np.ndarray:
    """Return the (T, J, 9) channels that reproduce (T, V, 3) displacements best, by ridge least squares."""
    lever = np.tile([1.0] * 3 + [LEVER_M] * 6, len(bones.vertices))
    basis = channel_basis(vertices_m, vertices_m[bones.vertices], bones.rotations, weights) / lever
    normal = basis.T @ basis
    normal[np.diag_indices_from(normal)] += ridge * np.trace(normal) / len(normal)
    solved = np.linalg.solve(normal, basis.T @ shapes.reshape(len(shapes), -1).T)
    return (solved / lever[:, None]).T.reshape(len(shapes), -1, 9)


def keep_largest(weights: np.ndarray, mirror: np.ndarray, bone_mirror: np.ndarray, count: int) -> np.ndarray:
    """Keep the largest `count` influences of each row and rescale to the row's sum, exactly mirrored.

    A vertex on the middle plane keeps or drops the two bones of a pair together.
    """
    order = np.argsort(-weights, axis=1, kind="stable")
    kept = np.zeros_like(weights)
    np.put_along_axis(kept, order[:, :count], np.take_along_axis(weights, order[:, :count], 1), 1)
    middle = np.flatnonzero(mirror == np.arange(len(mirror)))
    kept[middle] *= kept[middle][:, bone_mirror] > 0
    kept *= weights.sum(1, keepdims=True) / np.maximum(kept.sum(1, keepdims=True), 1e-12)
    return _symmetrise(kept, mirror, bone_mirror)


def pose_vertices(
    rest_m: np.ndarray, weights: np.ndarray, heads_m: np.ndarray, rotations: np.ndarray, channels: np.ndarray
) -> np.ndarray:
    """Skin a mesh with the true, nonlinear bone transforms of bones that hang under unmoved parents.

    Args:
        rest_m: (V, 3). weights: (V, J), rows summing to one. heads_m: (J, 3). rotations: (J, 3, 3).
        channels: (J, 9) offsets: metres, radians, ratio minus one.

    Returns:
        (V, 3) posed vertices.
    """
    turn = euler_matrices(channels[:, 3:6]) * (1 + channels[:, None, 6:9])
    linear = rotations @ turn @ rotations.transpose(0, 2, 1)
    shift = heads_m + np.einsum("jab,jb->ja", rotations, channels[:, :3]) - np.einsum("jab,jb->ja", linear, heads_m)
    blended = weights @ np.concatenate([linear.reshape(-1, 9), shift], axis=1)
    return np.einsum("vab,vb->va", blended[:, :9].reshape(-1, 3, 3), rest_m) + blended[:, 9:]


def euler_matrices(angles_rad: np.ndarray) -> np.ndarray:
    """Return (J, 3, 3) rotations Rz Ry Rx of (J, 3) Euler XYZ angles."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles_rad).T, np.sin(angles_rad).T
    rows = [
        [cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz],
        [cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz],
        [-sy, sx * cy, cx * cy],
    ]
    return np.array(rows).transpose(2, 0, 1)


def mirrored_channels(channels: np.ndarray, bone_mirror: np.ndarray) -> np.ndarray:
    """Return the mirror image of (..., J, 9) channels."""
    return channels[..., bone_mirror, :] * MIRROR_SIGNS


def _weights_by_distance(skin: Skin, bones: FaceBones, distance_m: np.ndarray, influences: int) -> np.ndarray:
    """Start weights: a bell around each bone, as wide as its third nearest neighbour is far."""
    between = distance_m[bones.vertices].copy()
    np.fill_diagonal(between, np.inf)
    width = np.sort(between, axis=1)[:, 2]
    bell = np.exp(-0.5 * (distance_m / width) ** 2) + 1e-30
    if bell.shape[1] > influences:
        bell = np.maximum(bell - np.sort(bell, axis=1)[:, -influences - 1][:, None], 0)
    bell *= (1 - skin.fixed)[:, None] / bell.sum(1, keepdims=True)
    return _symmetrise(bell, skin.mirror, bones.mirror)


def _solve_weights(
    skin: Skin,
    bones: FaceBones,
    weights: np.ndarray,
    channels: np.ndarray,
    shapes: np.ndarray,
    distance_m: np.ndarray,
    influences: int,
) -> np.ndarray:
    """One round of non-negative least squares per vertex of the left half, mirrored to the right one."""
    count = len(shapes)
    links = (skin.edges > 0).astype(float)
    average = diags(1 / np.asarray(links.sum(1)).ravel()) @ links @ weights
    by_bone = channels.transpose(1, 2, 0)  # (J, 9, T)
    solved = np.zeros_like(weights)
    pull, unit = NEIGHBOUR_PULL_M**2 * count, 1e4 * NEIGHBOUR_PULL_M**2 * count
    left = np.flatnonzero(skin.vertices_m[:, 0] >= 0)
    for v in left:
        near = np.argsort(distance_m[v])[:NEAREST_BONES]
        local = np.einsum(
            "jab,ja->jb", bones.rotations[near], skin.vertices_m[v] - skin.vertices_m[bones.vertices[near]]
        )
        bone = by_bone[near]
        motion = bone[:, :3] + np.cross(bone[:, 3:6], local[:, :, None], axis=1) + bone[:, 6:9] * local[:, :, None]
        motion = (bones.rotations[near] @ motion).reshape(len(near), -1)  # (N, 3T)
        total = 1 - skin.fixed[v]
        normal = motion @ motion.T + pull * np.eye(len(near)) + unit
        right = motion @ shapes[:, v].T.ravel() + pull * average[v, near] + unit * total
        free = _least_squares(normal, right)
        best = np.argsort(-free, kind="stable")[:influences]
        solved[v, near[best]] = _least_squares(normal[np.ix_(best, best)], right[best])
    solved[skin.mirror[left]] = np.where(
        (skin.mirror[left] == left)[:, None], solved[left], solved[left][:, bones.mirror]
    )
    solved = _symmetrise(solved, skin.mirror, bones.mirror)
    solved *= ((1 - skin.fixed) / np.maximum(solved.sum(1), 1e-12))[:, None]
    return keep_largest(solved, skin.mirror, bones.mirror, influences)


def _least_squares(normal: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve non-negative least squares from its normal equations."""
    factor = np.linalg.cholesky(normal)
    return nnls(factor.T, np.linalg.solve(factor, right))[0]


def _symmetrise(weights: np.ndarray, mirror: np.ndarray, bone_mirror: np.ndarray) -> np.ndarray:
    """Average weights with their mirror image."""
    return 0.5 * (weights + weights[mirror][:, bone_mirror])
