"""The wish that lids clear the eyeball and close, as one loss of edits of a rig's shapes over many eyes."""

from dataclasses import dataclass

import numpy as np
import torch

from facewright.training.closing.eyeballs import CORNEA_ANGLE_RAD, CORNEA_HEIGHT_M, FORWARD, Eyeball
from facewright.training.closing.lid_rings import BEHIND, Lids
from facewright.training.closing.posed_lids import SHAPES, PosedEyes

POSES: tuple[dict[str, float], ...] = (
    {},
    *({"eyeBlink": share} for share in (0.25, 0.5, 0.75, 1.0)),
    *({name: 1.0} for name in SHAPES if name != "eyeBlink"),
    {"eyeBlink": 0.5, "eyeLookDown": 1.0},
    *({"eyeBlink": 1.0, name: 1.0} for name in ("eyeLookUp", "eyeLookIn", "eyeLookOut")),
)
"""What the eyes do while the lids are watched."""

CLOSED = POSES.index({"eyeBlink": 1.0})

REACH = (1.0,) * 9 + (0.7, 0.3, 0.0)
"""How much of an edit each ring takes part in, from behind: it fades towards the cheek."""


@dataclass(frozen=True)
class LidWishes:
    """Distances in mm, and the loss weights of the terms.

    Attributes:
        clear: of the lids' outer skin from the eyeball.
        behind: the innermost ring lies so far inside the eyeball while the eye is open, so that no gap shows.
        overlap: of the upper lid's innermost ring over the lower lid's last ring before its front edge, in height.
        meet: height of the upper edge above the lower one in the mean closed eye.
        lift, forward: of the lower lid's middle when the eye closes.
        upper_clear: of the upper edge from the eyeball, in the mean closed eye.
        skin, rim, flap, contact, close, shape, size, slope, bend: loss weights.
    """

    clear: float = 0.45
    behind: float = 0.25
    overlap: float = 1.0
    meet: float = 0.2
    lift: float = 2.0
    forward: float = 0.9
    upper_clear: float = 2.6
    skin: float = 5.0
    rim: float = 0.5
    flap: float = 2.0
    contact: float = 1.0
    close: float = 10.0
    shape: float = 0.3
    size: float = 0.02
    slope: float = 0.06
    bend: float = 0.3


class LidProblem:
    """Holds the eyes of random heads and judges edits, in mm throughout.

    Args:
        eyes: posed eyes, B of them.
        lids: whose rings they have.
        ball: the eyeball that they shall fit.
        wishes: distances and loss weights.
        typical: (B,) bool, eyes that say what the mean closed eye is; the others need only close.
    """

    def __init__(self, eyes: PosedEyes, lids: Lids, ball: Eyeball, wishes: LidWishes, typical: np.ndarray) -> None:
        self.typical = torch.as_tensor(typical)
        scale = torch.tensor([1.0, 1.0, 1.0, 1000.0])
        self.matrices, self.ball_from_world = eyes.matrices * scale, eyes.ball_from_world * scale
        shares = torch.tensor([[pose.get(name, 0.0) for name in SHAPES] for pose in POSES])  # (C, S)
        moved = torch.einsum("cs,bsrnx->bcrnx", shares, eyes.shapes_m)
        self.rest = (eyes.rest_m[:, None] + moved) * 1000  # (B, C, R, N, 3)
        self.shares = torch.cat([torch.ones(len(POSES), 1), shares], 1)  # (C, 1 + S)
        self.reach = torch.tensor(REACH)[:, None, None]
        self.centre = torch.tensor(ball.centre_m * 1000, dtype=torch.float32)
        self.radius, self.wishes = ball.radius_m * 1000, wishes
        axes = [_gaze(pose, ball.rotations) for pose in POSES]
        self.axes = torch.tensor(np.stack(axes), dtype=torch.float32)  # (C, 3)
        self.is_open = torch.tensor([pose.get("eyeBlink", 0.0) <= 0.5 for pose in POSES])
        columns = lids.rings.shape[1]
        self.upper, self.lower = slice(1, columns // 2), slice(columns // 2 + 1, columns)
        self.hump = torch.sin(torch.arange(1, columns // 2) * np.pi / (columns // 2))

    def posed(self, edits: torch.Tensor) -> torch.Tensor:
        """Pose all eyes with edits (1 + S, R, N, 3) of head and shapes; returns (B, C, R, N, 3) in world space."""
        local = self.rest + torch.einsum("cs,srnx->crnx", self.shares, edits * self.reach)
        return torch.einsum("brnxy,bcrny->bcrnx", self.matrices[..., :3], local) + self.matrices[:, None, ..., 3]

    def clearance(self, points: torch.Tensor) -> torch.Tensor:
        """Return how far points (B, C, ..., 3) lie outside the eyeball and its cornea, (B, C, ...)."""
        flat = points.flatten(2, -2)
        inverse = self.ball_from_world
        arms = torch.einsum("bxy,bcmy->bcmx", inverse[:, :, :3], flat) + inverse[:, None, None, :, 3] - self.centre
        lengths = arms.norm(dim=-1)
        cosine = (arms * self.axes[None, :, None]).sum(-1) / lengths
        outward = (torch.arccos(cosine.clamp(-0.9999, 0.9999)) / CORNEA_ANGLE_RAD).clamp(max=1)
        above = lengths - self.radius - 1000 * CORNEA_HEIGHT_M * (1 - outward**2) ** 2
        return above.view(points.shape[:-1])

    def gap(self, posed: torch.Tensor, above: int, below: int) -> torch.Tensor:
        """Return how far one ring's upper lid stands above another's lower lid in the shut eye, (B, columns)."""
        shut = posed[:, CLOSED]
        upper, lower = shut[:, above, self.upper], torch.cat([shut[:, below, self.lower], shut[:, below, :1]], 1)
        return upper[..., 2] - height_at(lower, upper[..., 0])

    def terms(self, edits: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the weighted terms of the loss by name."""
        wish, posed = self.wishes, self.posed(edits)
        skin = self.clearance(_between(posed[:, :, BEHIND:-1]))
        rim = self.clearance(posed[:, :, : BEHIND + 1])
        shut = rim[:, CLOSED]
        differences = torch.cat([(edits - torch.roll(edits, 1, 2)).ravel(), (edits[:, 1:] - edits[:, :-1]).ravel()])
        bends = edits - (torch.roll(edits, 1, 2) + torch.roll(edits, -1, 2)) / 2
        count = len(posed)
        return {
            "skin": wish.skin * _hinge(wish.clear - skin) / count,
            "rim": wish.rim * _hinge(-rim[:, :, BEHIND - 1]) / count,
            "flap": wish.flap * _hinge(0.2 - shut[:, :BEHIND, self.upper]) / count,
            "contact": wish.contact * _hinge(rim[:, self.is_open, 0] + wish.behind) / count,
            "close": wish.close * _hinge(self.gap(posed, 0, BEHIND - 1) + wish.overlap) / count,
            "shape": wish.shape * self._shape(posed, rim),
            "size": wish.size * (edits**2).sum(),
            "slope": wish.slope * (differences**2).sum(),
            "bend": wish.bend * (bends**2).sum(),
        }

    def _shape(self, posed: torch.Tensor, rim: torch.Tensor) -> torch.Tensor:
        """Return how far the mean closed eye is from what it should look like."""
        posed, rim, wish = posed[self.typical], rim[self.typical], self.wishes
        shut = rim[:, CLOSED].mean(0)
        moved = (posed[:, CLOSED, BEHIND, self.lower, 2] - posed[:, 0, BEHIND, self.lower, 2]).mean(0)
        came = (rim[:, CLOSED, BEHIND, self.lower] - rim[:, 0, BEHIND, self.lower]).mean(0)
        return (
            ((self.gap(posed, BEHIND, BEHIND).mean(0) - wish.meet) ** 2).sum()
            + ((moved - wish.lift * self.hump) ** 2).sum()
            + ((came - wish.forward * self.hump) ** 2).sum()
            + 0.3 * ((shut[BEHIND, self.upper] - wish.upper_clear) ** 2).sum()
            + 2 * (torch.relu(shut[: BEHIND - 1, self.upper] - 0.9) ** 2).sum()
            + (torch.relu(shut[BEHIND - 1, self.upper] - 1.6) ** 2).sum()
        )


def _gaze(pose: dict[str, float], rotations: np.ndarray) -> np.ndarray:
    turns = [rotations[SHAPES.index(name)] for name in pose if name.startswith("eyeLook")]
    return turns[0] @ FORWARD if turns else FORWARD


def _hinge(missing: torch.Tensor) -> torch.Tensor:
    short = torch.relu(missing)
    return (short + short**2).sum()


def _between(rings: torch.Tensor) -> torch.Tensor:
    """Return points (B, C, M, 3) at the vertices, the middles of the edges and of the quads of rings."""
    along = (rings + torch.roll(rings, -1, 3)) / 2
    across, middle = ((part[:, :, 1:] + part[:, :, :-1]) / 2 for part in (rings, along))
    return torch.cat([part.flatten(2, 3) for part in (rings, along, across, middle)], 2)


def height_at(line: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Interpolate the heights of lines (B, N, 3), whose x grows, at x (B, M)."""
    known, wanted = torch.cummax(line[..., 0].detach(), 1)[0].contiguous(), x.detach().contiguous()
    after = torch.searchsorted(known, wanted).clamp(1, line.shape[1] - 1)
    start, end = known.gather(1, after - 1), known.gather(1, after)
    share = ((wanted - start) / (end - start).clamp(min=1e-3)).clamp(0, 1)
    heights = line[..., 2]
    return heights.gather(1, after - 1) * (1 - share) + heights.gather(1, after) * share
