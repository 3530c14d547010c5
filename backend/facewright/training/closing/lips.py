"""Lets the lips of random heads touch, at rest and over an open jaw, and keeps the teeth behind the skin."""

from dataclasses import dataclass

import numpy as np
import torch

from facewright.datatypes import ARKIT_52
from facewright.rig.decoder import RigDecoder
from facewright.rig.nouns import Rig
from facewright.training.closing.lashes import pieces
from facewright.training.closing.lid_problem import height_at
from facewright.training.closing.lid_rings import INSIDE_LIPS, find_lips

POSES = ({}, *({"jawOpen": share, "mouthClose": share} for share in (0.25, 0.5, 1.0)))
"""In which the lips shall touch."""

BASE_REACH = (0.15, 0.5, 1.0, 1.0, 0.6, 0.0)
CLOSE_REACH = (0.6, 0.8, 1.0, 1.0, 0.6, 0.0)
"""How much of an edit of the head and of mouthClose each ring takes part in, from the front edge into the mouth."""


@dataclass(frozen=True)
class LipWishes:
    """Distances in mm and loss weights.

    Attributes:
        overlap: of the lips in height at the second or the third ring behind their front edge.
        close, size, bend: loss weights.
        teeth_scale: sideways and in depth, of the rows of teeth about their back.
        jaw_back, close_back, close_up: how far jawOpen and mouthClose also move the lower teeth and the tongue.
        jaw_narrow: how much narrower jawOpen makes the lower teeth, as a share.
    """

    overlap: float = 0.5
    close: float = 2.0
    size: float = 0.02
    bend: float = 0.3
    teeth_scale: tuple[float, float] = (0.92, 0.93)
    jaw_back: float = 2.5
    jaw_narrow: float = 0.06
    close_back: float = 8.0
    close_up: float = 3.0


class LipProblem:
    """Holds the lips of random heads and judges edits, in mm throughout.

    Args:
        rig: the rig.
        parameters: (B, P) heads.
        wishes: distances and loss weights.
    """

    def __init__(self, rig: Rig, parameters: np.ndarray, wishes: LipWishes) -> None:
        self.rings, self.wishes = find_lips(rig), wishes
        decoder = RigDecoder(rig, vertex_subset=self.rings.ravel())
        with torch.no_grad():
            bones = decoder.skin_matrices(decoder.channels(torch.from_numpy(parameters)))[:, :, :3]
            blended = torch.einsum("vj,bjxy->bvxy", decoder.dense_weights, bones)
        self.matrices = blended.view(len(parameters), *self.rings.shape, 3, 4)
        names = ("jawOpen", "mouthClose")
        shares = torch.tensor([[pose.get(name, 0.0) for name in names] for pose in POSES])
        shapes = torch.tensor(rig.blendshapes[[ARKIT_52.index(name) for name in names]][:, self.rings])
        rest = torch.tensor(rig.mesh.vertices_m[self.rings])
        self.rest = (rest + torch.einsum("cs,srnx->crnx", shares, shapes)) * 1000
        self.shares = torch.stack([torch.ones(len(POSES)), shares[:, 1]], 1)
        self.reach = torch.tensor([BASE_REACH, CLOSE_REACH])[..., None, None]
        columns = self.rings.shape[1]
        self.right = int(np.argmin(rig.mesh.vertices_m[self.rings[0], 0]))
        self.mirrored = (self.right - torch.arange(columns)) % columns

    def even(self, edits: torch.Tensor) -> torch.Tensor:
        """Make edits (2, R, N, 3) of head and mouthClose alike on both sides, and let them fade."""
        other = edits[:, :, self.mirrored] * torch.tensor([-1.0, 1.0, 1.0])
        return (edits + other) / 2 * self.reach

    def gaps(self, edits: torch.Tensor) -> torch.Tensor:
        """Return how far the upper lip stands above the lower in each pose, (B, C, 2, columns), at two rings."""
        local = self.rest + torch.einsum("cs,srnx->crnx", self.shares, self.even(edits))
        posed = torch.einsum("brnxy,crny->bcrnx", self.matrices[..., :3], local)
        posed = posed + 1000 * self.matrices[:, None, ..., 3]
        gaps = []
        for ring in (2, 3):
            upper = posed[:, :, ring, 1 : self.right].flatten(0, 1)
            lower = torch.cat([posed[:, :, ring, self.right + 1 :], posed[:, :, ring, :1]], 2).flatten(0, 1)
            gaps.append((upper[..., 2] - height_at(lower, upper[..., 0])).view(*posed.shape[:2], -1))
        return torch.stack(gaps, 2)

    def loss(self, edits: torch.Tensor) -> torch.Tensor:
        """Return the loss of edits (2, R, N, 3)."""
        wish = self.wishes
        short = torch.relu(self.gaps(edits).amin(2) + wish.overlap)
        bends = edits - (torch.roll(edits, 1, 2) + torch.roll(edits, -1, 2)) / 2
        close = (short + short**2).sum() / len(self.matrices)
        return wish.close * close + wish.size * (edits**2).sum() + wish.bend * (bends**2).sum()


def fit_lips(problem: LipProblem, steps: int) -> np.ndarray:
    """Find edits (2, R, N, 3) in m of the head and of mouthClose at the rings."""
    edits = torch.zeros(2, 1 + INSIDE_LIPS, problem.rings.shape[1], 3, requires_grad=True)
    optimizer = torch.optim.Adam([edits])
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 0.04 * (1 - step / steps) + 0.002
        optimizer.zero_grad()
        problem.loss(edits).backward()
        optimizer.step()
    return problem.even(edits.detach()).numpy() / 1000


def teeth_offsets(rig: Rig, wishes: LipWishes) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Draw the teeth in, so that neither cheeks nor chin of any head let them through.

    Args:
        rig: the rig, whose teeth are two pieces.
        wishes: how far.

    Returns:
        (V, 3) m of the head, and of jawOpen and mouthClose by name.
    """
    vertices = rig.mesh.vertices_m.astype(np.float64)
    base, shapes = np.zeros_like(vertices), {name: np.zeros_like(vertices) for name in ("jawOpen", "mouthClose")}
    rows = pieces(rig, "teeth")
    for row in rows:
        arms = vertices[row] - (0, vertices[row, 1].max(), 0)
        base[row] = arms * (np.array([*wishes.teeth_scale, 1]) - 1) * (1, 1, 0)
    lower = min(rows, key=lambda row: vertices[row, 2].mean())
    for part in (lower, *pieces(rig, "tongue")):
        shapes["jawOpen"][part] += (0, wishes.jaw_back / 1000, 0)
        shapes["jawOpen"][part, 0] -= wishes.jaw_narrow * (vertices + base)[part, 0]
        shapes["mouthClose"][part] += (0, wishes.close_back / 1000, wishes.close_up / 1000)
    return base, shapes
