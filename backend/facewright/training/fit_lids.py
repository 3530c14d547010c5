"""Edit a rig's shapes until lids and lips close on random heads: `python -m facewright.training.fit_lids`."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from facewright.datatypes import ARKIT_52
from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import RIGS_DIR, load_rig
from facewright.rig.nouns import Rig
from facewright.rig.parts import prior_of
from facewright.rig.prior import sample
from facewright.training.closing.checks import TOLERANCE_PX, Closing, measure_closing
from facewright.training.closing.eyeballs import Eyeball, bend_eyeball
from facewright.training.closing.lashes import lashes_of
from facewright.training.closing.lid_problem import LidProblem, LidWishes
from facewright.training.closing.lid_rings import find_lips
from facewright.training.closing.lips import LipProblem, LipWishes, fit_lips, teeth_offsets
from facewright.training.closing.posed_lids import SHAPES, Eye, pose_eyes, read_eye
from facewright.training.partial_rig import load_rig_without

FILE = "shapes.safetensors"

CARD = f"""# The shapes of `{{rig}}`

`shapes.safetensors`, made by `python -m facewright.training.fit_lids --rig {{rig}}`; to be run again after every change
of the skeleton, the skin weights, the parameters or the prior. Twice gives the same bytes on the same machine.

Smallest smooth edits of the head and of the eye shapes for which, on random heads of the prior and in every pose of
`training/closing/lid_problem.py`, the lids' outer skin stays outside the eyeball, their inner edge inside it while the
eye is open, and the closed edges overlap (behind the visible line, a flap of the upper lid dips under the lower one).
Eyeballs are a little smaller, have a cornea, and turn about their middle; lashes go with the skin they are rooted in.
The lips' inner edges overlap, neutral and in mouthClose over jawOpen; teeth are drawn in.

- Recipe: {{recipe}}.
- Lids (mm, loss weights): {{lids}}.
- Lips (mm, loss weights): {{lips}}.

## Metrics

200 random heads (seed 515, others than above), 256 px, from the front and from 34 degrees either side. Amiss are pixels
of eyeball outside the front edges of the lids give or take one pixel (at the full blink, all pixels of eyeball), and
pixels of the mouth's inside between closed lips. A head counts with more than {TOLERANCE_PX} of them.
`python benchmarks/closing.py` prints the same.

| pose | view | heads amiss before | worst px before | heads amiss | worst px |
|---|---|---|---|---|---|
"""

LASH_FORWARD_M = np.array([0.0, -0.001, -0.0008])
"""How far eyeBlink moves upper lashes out of the lower lid, on which they come to lie."""

LASH_TURN = np.array([[np.cos(0.9), -np.sin(0.9)], [np.sin(0.9), np.cos(0.9)]])
"""Rotation in depth and height, by 0.9 rad downwards, of upper lashes about their roots in eyeBlink."""


@dataclass(frozen=True)
class Recipe:
    """How the edits are found.

    Attributes:
        heads: random heads of the prior that must close.
        wide: more heads, those with the widest eyes of `among` random ones.
        seed: of the heads; checks use others.
        lid_steps, lip_steps: of the optimiser.
    """

    heads: int = 40
    wide: int = 16
    among: int = 1000
    seed: int = 11
    lid_steps: int = 110
    lip_steps: int = 150


class Edits:
    """Collects offsets of a rig's head and blendshapes, in m."""

    def __init__(self, rig: Rig) -> None:
        self.base = np.zeros((len(rig.mesh.vertices_m), 3))
        self.shapes: dict[str, np.ndarray] = {}

    def shape(self, name: str) -> np.ndarray:
        """Return the (V, 3) offset of a blendshape, to be added to."""
        return self.shapes.setdefault(name, np.zeros_like(self.base))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays of `shapes.safetensors`."""
        numbers = sorted(ARKIT_52.index(name) for name in self.shapes)
        offsets = np.stack([self.shapes[ARKIT_52[number]] for number in numbers])
        is_moved = (np.abs(offsets).max((0, 2)) > 1e-7) | (np.abs(self.base).max(1) > 1e-7)
        vertices = np.flatnonzero(is_moved)
        return {
            "vertices": vertices.astype(np.int32),
            "base_offset_m": self.base[vertices].astype(np.float32),
            "blendshapes": np.array(numbers, np.int32),
            "blendshape_offset_m": np.ascontiguousarray(offsets[:, vertices], np.float32),
        }


def without_shapes(rig_id: str) -> Rig:
    """Load a rig as if it had no `shapes.safetensors`."""
    plain = load_rig_without(RIGS_DIR / rig_id, FILE)
    return replace(load_rig(rig_id), mesh=plain.mesh, blendshapes=plain.blendshapes)


def draw_heads(rig: Rig, eyes: tuple[Eye, Eye], recipe: Recipe) -> np.ndarray:
    """Return (heads + wide, P) parameters: random heads, then those with the widest eyes of many."""
    generator = np.random.default_rng(recipe.seed)
    usual = sample(prior_of(rig), recipe.heads, generator)
    many = sample(prior_of(rig), recipe.among, generator)
    rims = np.concatenate([eye.lids.rim for eye in eyes])
    with torch.no_grad():
        heights = RigDecoder(rig, vertex_subset=rims).vertices(torch.from_numpy(many))[..., 2].numpy()
    openings = heights.reshape(len(many), len(eyes), -1)
    widest = np.argsort(-np.ptp(openings, axis=2).max(1), kind="stable")[: recipe.wide]
    return np.concatenate([usual, many[widest]])


def fit_lids(problem: LidProblem, steps: int) -> np.ndarray:
    """Find edits (1 + S, R, N, 3) in m of the head and of each of SHAPES at the rings around a left eye."""
    _, _, rings, columns, _ = problem.rest.shape
    edits = torch.zeros(1 + len(SHAPES), rings, columns, 3, requires_grad=True)
    optimizer = torch.optim.Adam([edits])
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 0.04 * (1 - step / steps) + 0.002
        terms = problem.terms(edits)
        if step % 25 == 0 or step == steps - 1:
            print(f"step {step}: " + ", ".join(f"{name} {float(term.detach()):.2f}" for name, term in terms.items()))
        optimizer.zero_grad()
        sum(terms.values(), edits.new_zeros(())).backward()
        optimizer.step()
    return (edits.detach() * problem.reach).numpy() / 1000


def add_eyes(edits: Edits, rig: Rig, eyes: tuple[Eye, Eye], ball: Eyeball, fitted: np.ndarray) -> None:
    """Put the edits of lids, lashes and eyeballs on both sides.

    Args:
        edits: to be added to.
        rig: the rig.
        eyes: left and right.
        ball: the bent left eyeball.
        fitted: (1 + S, R, N, 3) m, from `fit_lids`.
    """
    gaze = ball.gaze_offsets()
    for eye, word, sign in zip(eyes, ("Left", "Right"), (np.ones(3), np.array([-1.0, 1.0, 1.0])), strict=True):
        rings, vertices = eye.lids.rings, eye.lids.eyeball
        edits.base[rings] += fitted[0] * sign
        edits.base[vertices] += (ball.vertices_m - eye.ball_m) * sign
        for number, name in enumerate(SHAPES):
            offset = edits.shape(name + word)
            offset[rings] += fitted[1 + number] * sign
            if name.startswith("eyeLook"):
                offset[vertices] += (gaze[number] - eye.ball_shapes_m[number]) * sign
        _add_lashes(edits, rig, eye, word)


def _add_lashes(edits: Edits, rig: Rig, eye: Eye, word: str) -> None:
    """Let the lashes go with the skin of their lid."""
    for lash in lashes_of(rig, eye.lids):
        edits.base[lash.vertices] += lash.spread @ (lash.hold @ edits.base[lash.skin])
        for name in SHAPES:
            offset = edits.shape(name + word)
            of_lash = rig.blendshapes[ARKIT_52.index(name + word), lash.vertices]
            of_skin = rig.blendshapes[ARKIT_52.index(name + word), lash.skin] + offset[lash.skin]
            offset[lash.vertices] = lash.spread @ (lash.hold @ of_skin - of_lash[lash.roots])
        if lash.is_upper:
            arms = rig.mesh.vertices_m[lash.vertices] - lash.spread @ rig.mesh.vertices_m[lash.vertices[lash.roots]]
            turned = np.stack([arms[:, 0], *(LASH_TURN @ arms[:, 1:].T)], axis=1)
            edits.shape("eyeBlink" + word)[lash.vertices] += LASH_FORWARD_M + turned - arms


def add_mouth(edits: Edits, rig: Rig, fitted: np.ndarray, wishes: LipWishes) -> None:
    """Put the edits (2, R, N, 3) of `fit_lips` and those of the teeth in their places."""
    rings = find_lips(rig)
    edits.base[rings] += fitted[0]
    edits.shape("mouthClose")[rings] += fitted[1]
    base, shapes = teeth_offsets(rig, wishes)
    edits.base += base
    for name, offset in shapes.items():
        edits.shape(name)[:] += offset


def build(rig: Rig, recipe: Recipe) -> dict[str, np.ndarray]:
    """Find all edits of a rig that has none yet; returns the arrays of `shapes.safetensors`."""
    eyes = (read_eye(rig, "L"), read_eye(rig, "R"))
    parameters = draw_heads(rig, eyes, recipe)
    ball, edits = bend_eyeball(eyes[0]), Edits(rig)
    typical = np.tile(np.arange(len(parameters)) < recipe.heads, 2)
    problem = LidProblem(pose_eyes(rig, eyes, parameters), eyes[0].lids, ball, LidWishes(), typical)
    add_eyes(edits, rig, eyes, ball, fit_lids(problem, recipe.lid_steps))
    lips = LipProblem(rig, parameters, LipWishes())
    add_mouth(edits, rig, fit_lips(lips, recipe.lip_steps), lips.wishes)
    return edits.arrays()


def write_card(path: Path, rig_id: str, recipe: Recipe, before: list[Closing], after: list[Closing]) -> None:
    """Write how the edits were made and what they mend."""
    lines = CARD.format(rig=rig_id, recipe=_settings(recipe), lids=_settings(LidWishes()), lips=_settings(LipWishes()))
    rows = [
        f"| {old.pose} | {old.view} | "
        f"{old.heads_amiss} | {old.amiss_px.max()} | {new.heads_amiss} | {new.amiss_px.max()} |"
        for old, new in zip(before, after, strict=True)
    ]
    path.write_text(lines + "\n".join(rows) + "\n", encoding="utf-8")


def _settings(record: Recipe | LidWishes | LipWishes) -> str:
    return ", ".join(f"{name} {value}" for name, value in vars(record).items())


def main() -> None:
    """Build the edits, write them and their card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rig", default="makehuman")
    parser.add_argument("--card-only", action="store_true", help="measure the file that is there")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    recipe, folder = Recipe(), RIGS_DIR / arguments.rig
    rig = without_shapes(arguments.rig)
    if not arguments.card_only:
        save_file(build(rig, recipe), folder / FILE)
    before, after = measure_closing(rig), measure_closing(load_rig(arguments.rig))
    write_card(folder / "shapes.md", arguments.rig, recipe, before, after)


if __name__ == "__main__":
    main()
