"""Poses what a head wears: hair, beard and glasses follow the head's bones and, where they are anchored, its face."""

from functools import partial
from pathlib import Path

import numpy as np
import torch

from facewright.datatypes import STYLE_GROUPS, PosedPiece, Style
from facewright.recent import Recent
from facewright.rig.decoder import RigDecoder
from facewright.rig.nouns import Piece, Rig
from facewright.rig.skinning import dense_skin_weights
from facewright.rig.styles import find_choice, read_piece

KEPT_PIECES = 32
"""Pieces that a wardrobe keeps in memory."""


class Wardrobe:
    """Reads the pieces of a rig when they are first worn, and keeps the last ones.

    Args:
        rig: the rig.
        decoder: decoder of the same rig.
    """

    def __init__(self, rig: Rig, decoder: RigDecoder) -> None:
        self.rig, self._decoder = rig, decoder
        self._kept: Recent[Path, tuple[Piece, torch.Tensor]] = Recent(KEPT_PIECES)

    def dress(
        self, parameters: np.ndarray, style: Style, expression: np.ndarray | None = None
    ) -> tuple[PosedPiece, ...]:
        """Pose everything that one head wears.

        Args:
            parameters: (P,) in [0, 1].
            style: the head's choices.
            expression: (E,) ARKit coefficients; neutral when None.

        Returns:
            One piece for each group whose choice has a mesh.

        Raises:
            RigInvalid: the rig has no such choice, or its file is damaged.
        """
        with torch.no_grad():
            channels = self._decoder.channels(torch.from_numpy(np.asarray(parameters, np.float32))[None])
            matrices = self._decoder.skin_matrices(channels)[0]  # (J, 4, 4)
        posed = []
        for group in STYLE_GROUPS:
            choice = find_choice(self.rig.styles, group, style)
            if choice is not None and choice.piece is not None:
                piece, weights = self._kept.get(choice.piece, partial(self._read, choice.piece))
                posed.append(
                    PosedPiece(group, choice.name, *pose_piece(self.rig, piece, weights, matrices, expression))
                )
        return tuple(posed)

    def _read(self, path: Path) -> tuple[Piece, torch.Tensor]:
        """Read a piece; return it and its dense skin weights (n, J)."""
        bones = len(self.rig.bones)
        piece = read_piece(path, bones, len(self.rig.mesh.triangles), len(self.rig.mesh.vertices_m))
        weights = dense_skin_weights(piece.indices, piece.weights, bones).astype(np.float32)
        return piece, torch.from_numpy(weights)


def pose_piece(
    rig: Rig, piece: Piece, weights: torch.Tensor, matrices: torch.Tensor, expression: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Pose one piece by linear blend skinning.

    Args:
        rig: the rig.
        piece: the piece.
        weights: (n, J) dense skin weights of the piece.
        matrices: (J, 4, 4) posed world from rest world of all bones.
        expression: (E,) ARKit coefficients; neutral when None.

    Returns:
        (n, 3) float32 vertices in m, world space, and (n, 3) float32 unit normals.
    """
    rest = piece.vertices_m
    if expression is not None and np.any(expression) and piece.follow.any():
        rest = rest + np.einsum("e,env->nv", np.asarray(expression, np.float32), piece_blendshapes(rig, piece))
    blended = torch.einsum("nj,jab->nab", weights, matrices)  # (n, 4, 4)
    turn, shift = blended[:, :3, :3].numpy(), blended[:, :3, 3].numpy()
    vertices = np.einsum("nab,nb->na", turn, rest) + shift
    normals = np.einsum("nab,nb->na", _cofactors(turn), piece.normals)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return vertices.astype(np.float32), (normals / np.maximum(lengths, 1e-12)).astype(np.float32)


def _cofactors(matrices: np.ndarray) -> np.ndarray:
    """Return the cofactors of (n, 3, 3) matrices; they turn normals as the inverses' transposes do, lengths aside."""
    i, j = [1, 2, 0], [2, 0, 1]
    first, second = matrices[:, i], matrices[:, j]
    return first[:, :, i] * second[:, :, j] - first[:, :, j] * second[:, :, i]


def piece_blendshapes(rig: Rig, piece: Piece) -> np.ndarray:
    """Return the offsets (E, n, 3) m that the ARKit shapes of the head give a piece."""
    corners = rig.mesh.triangles[piece.anchor_triangle]  # (n, 3)
    share = piece.anchor_barycentric * piece.follow[:, None]
    return sum(rig.blendshapes[:, corners[:, k]] * share[None, :, k, None] for k in range(3))
