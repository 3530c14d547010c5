"""Binds glasses to a rig nearly rigidly: bridge, hinges and ears move as one each, what lies between them blends."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import nnls
from scipy.spatial import cKDTree

from facewright.rig.decoder import RigDecoder
from facewright.rig.nouns import Rig
from facewright.rig.parts import prior_of
from facewright.rig.prior import sample
from facewright.rig.skinning import dense_skin_weights
from facewright.training.styles.binding import Attachment, bind_piece
from facewright.training.styles.cards import PieceMesh
from facewright.training.styles.glasses_fit import Fit
from facewright.training.styles.surface import FaceSurface

HEADS = 160
SEED = 34
BONES = 4
"""Bones that move each of bridge, hinge and ear; between two of them they add up to eight."""

SUM_WEIGHT = 10.0
REACH_M = 0.06
PATCH_MM = 5.0
FRONT_FROM_BRIDGE = 0.65
"""Share of the bridge in how a hinge moves forward and up; the rest follows the outer rim of the eye."""


@dataclass(frozen=True, eq=False)
class Heads:
    """How random heads move what is near the glasses.

    Attributes:
        matrices: (H, J, 4, 4) posed world from rest world of all bones.
        moved_m: (H, V, 3) how far each vertex of the head is moved.
    """

    matrices: np.ndarray
    moved_m: np.ndarray


def random_heads(rig: Rig, count: int = HEADS, seed: int = SEED) -> Heads:
    """Draw random heads of a rig with a prior."""
    decoder = RigDecoder(rig)
    parameters = torch.from_numpy(sample(prior_of(rig), count, np.random.default_rng(seed)))
    with torch.no_grad():
        channels = decoder.channels(parameters)
        matrices = decoder.skin_matrices(channels).numpy().astype(np.float64)
        moved = decoder.vertices_from_channels(channels).numpy() - rig.mesh.vertices_m
    return Heads(matrices, moved)


def bind_glasses(rig: Rig, surface: FaceSurface, fit: Fit, mesh: PieceMesh) -> dict[str, np.ndarray]:
    """Make all arrays of a pair of glasses' file.

    Args:
        rig: a rig with a prior.
        surface: its face chart.
        fit: the places that the glasses were made for.
        mesh: the glasses on the neutral head.
    """
    heads = random_heads(rig)
    bridge = solve_bridge(rig, surface, fit, heads)
    place = (mesh.vertices_m - surface.origin_m) * [1, -1, 1] * surface.per_m
    across = np.clip(np.abs(place[:, :1]) / fit.hinge, 0, 1)
    corner = fit.front - 4.0
    back = np.clip((corner - place[:, 1:2]) / (corner - fit.ear_top[1]), 0, 1) * (np.abs(place[:, :1]) > fit.hinge - 8)
    hinge, ear = solve_hinge(rig, surface, fit, heads), solve_ear(rig, surface, fit, heads)
    mirror, left = mirrored_bones(rig), place[:, :1] > 0
    front = (1 - across) * bridge + across * np.where(left, hinge, hinge[mirror])
    weights = (1 - back) * front + back * np.where(left, ear, ear[mirror])
    arrays = bind_piece(rig, mesh, Attachment())
    order = np.argsort(-weights, axis=1, kind="stable")[:, :8]
    strongest = np.take_along_axis(weights, order, axis=1)
    arrays["indices"] = order.astype(np.uint8)
    arrays["weights"] = (strongest / strongest.sum(1, keepdims=True)).astype(np.float16)
    return arrays


def solve_bridge(rig: Rig, surface: FaceSurface, fit: Fit, heads: Heads) -> np.ndarray:
    """Return the (J,) weights that move the middle of the front as the skin under the pads moves."""
    target = nose_moves(rig, surface, fit, heads)
    half = fit.hinge * 0.6
    places = [[x, fit.front, up] for x in (-half, 0, half) for up in (-18, 3, 18)]
    return _solve(rig, surface, heads, np.array(places), target, is_middle=True)


def solve_hinge(rig: Rig, surface: FaceSurface, fit: Fit, heads: Heads) -> np.ndarray:
    """Return the (J,) weights of the left hinge: outwards as the temple moves, otherwise with bridge and eye rim."""
    bridge = nose_moves(rig, surface, fit, heads)
    rim = patch_moves(rig, surface, heads, np.array([[fit.eye + 16, 12.0, 9.0], [fit.eye + 14, 10.0, -10.0]]))
    temple = patch_moves(rig, surface, heads, np.array([[fit.hinge, -8.0, 6.0], [fit.hinge, -25.0, 6.0]]))
    target = FRONT_FROM_BRIDGE * bridge + (1 - FRONT_FROM_BRIDGE) * rim.mean(1)
    target[:, 0] = temple.mean(1)[:, 0]
    places = [[fit.hinge, fit.front - 6, 5.0], [fit.hinge + 2, 0.0, 6.0]]
    places += [[fit.eye + x, fit.front, up] for x in (-8, 22) for up in (-18, 18)]
    return _solve(rig, surface, heads, np.array(places), target, is_middle=False)


def solve_ear(rig: Rig, surface: FaceSurface, fit: Fit, heads: Heads) -> np.ndarray:
    """Return the (J,) weights of the left temple's end: as the crease between ear and head moves."""
    target = patch_moves(rig, surface, heads, np.stack([fit.ear_top, fit.ear_back[1]])).mean(1)
    places = np.concatenate([[fit.ear_top, fit.ear_top + [0, 30, 0]], fit.ear_back])
    return _solve(rig, surface, heads, places, target, is_middle=False)


def nose_moves(rig: Rig, surface: FaceSurface, fit: Fit, heads: Heads) -> np.ndarray:
    """Return (H, 3) m: how the place moves on which glasses rest, the root of the nose more than its sides."""
    root = [0.0, fit.front - 4.0, 3.0]
    places = np.array([root, root, root, fit.nose[0], fit.nose[0] * [-1, 1, 1]])
    return patch_moves(rig, surface, heads, places).mean(1)


def patch_moves(rig: Rig, surface: FaceSurface, heads: Heads, places: np.ndarray) -> np.ndarray:
    """Return (H, n, 3) m: the mean move of the skin around places (n, 3)."""
    skin = np.flatnonzero(rig.mesh.surfaces == 0)
    around = cKDTree((rig.mesh.vertices_m[skin] - surface.origin_m) * [1, -1, 1] * surface.per_m)
    moves = []
    for place in places:
        _, nearest = around.query(place)
        middle = around.data[nearest]
        moves.append(heads.moved_m[:, skin[around.query_ball_point(middle, PATCH_MM)]].mean(1))
    return np.stack(moves, axis=1)


def _solve(
    rig: Rig, surface: FaceSurface, heads: Heads, places: np.ndarray, target_m: np.ndarray, is_middle: bool
) -> np.ndarray:
    """Return the (J,) weights of few bones that move places (n, 3) alike by the target (H, 3).

    In the middle of the face the bones of the two sides get equal weights.
    """
    world = surface.world_m(places)
    turn, shift = heads.matrices[:, :, :3, :3], heads.matrices[:, :, :3, 3]
    moved = np.einsum("hjab,nb->jhna", turn, world) + shift.transpose(1, 0, 2)[:, :, None] - world  # (J, H, n, 3)
    goal = np.broadcast_to(target_m[:, None], moved.shape[1:]).ravel() * 1000.0
    mirror = mirrored_bones(rig)
    columns = moved.reshape(len(moved), -1).T * 1000.0
    columns = (columns + columns[:, mirror]) / 2 if is_middle else columns
    used = np.flatnonzero(_near_bones(rig, world) & ((np.arange(len(mirror)) <= mirror) | (not is_middle)))
    scale, budget = SUM_WEIGHT * np.sqrt(len(columns)), 16
    while True:
        matrix = np.concatenate([columns[:, used], np.full((1, len(used)), scale)])
        found, _ = nnls(matrix, np.append(goal, scale))
        cost = np.where(is_middle & (mirror[used] != used), 2, 1)
        order = np.argsort(-found)
        kept = order[(np.cumsum(cost[order]) <= budget) & (found[order] > 0)]
        if budget == BONES and len(kept) == len(used):
            break
        used, budget = used[kept], max(budget // 2, BONES)
    weights = np.zeros(len(rig.bones))
    weights[used] = found / found.sum()
    return (weights + weights[mirror]) / 2 if is_middle else weights


def mirrored_bones(rig: Rig) -> np.ndarray:
    """Return (J,) the number of each bone's counterpart on the other side; its own for bones of the middle."""
    numbers = {bone.name: index for index, bone in enumerate(rig.bones)}
    other = {"L": "R", "R": "L"}
    return np.array(
        [
            numbers[b.name[:-1] + other[b.name[-1]]] if b.name[-2:] in (".L", ".R") else numbers[b.name]
            for b in rig.bones
        ]
    )


def _near_bones(rig: Rig, world: np.ndarray) -> np.ndarray:
    """Return (J,) bool: bones that move skin and start near the places, and those that move the whole head."""
    moving = dense_skin_weights(rig.skin_indices, rig.skin_weights, len(rig.bones)).sum(0) > 0
    distance = np.array([np.linalg.norm(world - bone.head, axis=1).min() for bone in rig.bones])
    return moving & ((distance < REACH_M) | np.array([bone.region == "root" for bone in rig.bones]))
