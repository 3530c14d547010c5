"""What heads wear, as the engines draw it: painted layers and pieces, read when they are first worn and then kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from facewright.datatypes import RenderJob, Style
from facewright.engine.mesh import BEARD, FRAME, HAIR, EngineMesh, check_job
from facewright.engine.shading import DEFAULT_FRAME, Finish
from facewright.engine.strands import strand_turns
from facewright.errors import RigInvalid
from facewright.recent import Recent
from facewright.rig.appearance import LAYER_CHANNELS, MakeUp
from facewright.rig.nouns import Choice, Piece
from facewright.rig.styles import find_choice, find_group, read_layer, read_piece, worn_choice

LAYER_GROUPS = tuple(LAYER_CHANNELS)
"""Groups whose choices may paint the skin."""

PIECE_SURFACES = {"hair": HAIR, "beard": BEARD, "glasses": FRAME}

LAYER_BLOCK_PX = 64
"""Boxes of layers are widened to whole blocks, so that their coarser levels line up with the face texture's."""

LAYER_LEVELS = 7
"""Levels of a layer; at the coarsest a block is one texel."""

LENS = 1
"""Material of a piece's triangles that are clear."""

_REBUILD = "restore the rig's folder, or rebuild its styles"
KEPT_LAYERS, KEPT_PIECES = 64, 32
"""Files that stay in memory."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """The box of a layer, in whole blocks.

    Attributes:
        path: the layer's file.
        box: (4,) float32 left, top, width, height as shares of the face texture, row 0 at 0.
        coverage: (h, w) uint8.
    """

    path: Path
    box: np.ndarray
    coverage: np.ndarray


@dataclass(frozen=True, eq=False)
class WornPiece:
    """One piece of one job.

    Attributes:
        path: the piece's file.
        piece: what never moves.
        turns: (n, 2) float32 directions of strands, as `strand_turns` measures them.
        vertices_m: (n, 3) float32 world space.
        normals: (n, 3) float32 unit, world space.
        surface: HAIR, BEARD or FRAME.
        texture: file of the strands, None if they are solid.
    """

    path: Path
    piece: Piece
    turns: np.ndarray
    vertices_m: np.ndarray
    normals: np.ndarray
    surface: int
    texture: Path | None


@dataclass(frozen=True, eq=False)
class Worn:
    """Everything that one job's style adds to the bare head.

    Attributes:
        layers: painted boxes by group; groups that paint nothing are left out.
        finish: colours and shine of make-up and frame.
        pieces: hair, beard, glasses.
        openness: (V,) float32 factor on the openness of the head's vertices.
        texture_side: side of the face texture, px.
    """

    layers: dict[str, Coverage]
    finish: Finish
    pieces: tuple[WornPiece, ...]
    openness: np.ndarray
    texture_side: int


class WearStore:
    """Finds and keeps the files of a rig's styles.

    Args:
        mesh: What the engine draws.
    """

    def __init__(self, mesh: EngineMesh) -> None:
        self._mesh = mesh
        self._bare = np.ones(mesh.vertex_count, np.float32)
        self._layers: Recent[Path, Coverage] = Recent(KEPT_LAYERS)
        self._pieces: Recent[Path, tuple[Piece, np.ndarray]] = Recent(KEPT_PIECES)

    def check(self, jobs: Sequence[RenderJob]) -> list[Worn]:
        """Refuse jobs that cannot be drawn, before any is, and look up what each of them wears.

        Raises:
            RigInvalid: The rig has no such choice, or a file of it is damaged.
            ValueError: A value is wrong, or a piece does not fit its choice; the message names the job.
        """
        worn = []
        for index, job in enumerate(jobs):
            check_job(self._mesh, job, index)
            worn.append(self._worn(job, index))
        return worn

    def _worn(self, job: RenderJob, index: int) -> Worn:
        """Look up what a job wears; `index` is its place in the call, for messages."""
        chosen = {name: find_choice(self._mesh.styles, name, job.look.style) for name in LAYER_GROUPS}
        painted = {name: choice for name, choice in chosen.items() if choice is not None and choice.layer is not None}
        layers = {name: self._coverage(one.layer) for name, one in painted.items() if one.layer is not None}
        colours = {name: choice.colour or (0.0, 0.0, 0.0) for name, choice in painted.items()}
        make_up = MakeUp(colours.get("lips", (0.0, 0.0, 0.0)), colours.get("eyes", (0.0, 0.0, 0.0)))
        gloss = painted["lips"].gloss if "lips" in painted else 0.0
        frame, openness, pieces = DEFAULT_FRAME, self._bare, []
        for number, posed in enumerate(job.pieces):
            choice, path, texture = self._choice(posed.group, posed.choice, f"job {index}: pieces[{number}]")
            piece, turns = self._piece(path)
            vertices, normals = (np.asarray(values, np.float32) for values in (posed.vertices_m, posed.normals))
            for field, values in (("vertices_m", vertices), ("normals", normals)):
                if values.shape != piece.vertices_m.shape or not np.isfinite(values).all():
                    expected = f"finite {piece.vertices_m.shape}, got {values.shape}"
                    raise ValueError(f"job {index}: pieces[{number}].{field} must be {expected}")
            surface = PIECE_SURFACES[posed.group]
            pieces.append(WornPiece(path, piece, turns, vertices, normals, surface, texture))
            openness = openness * piece.head_openness
            if surface == FRAME and choice.colour is not None:
                frame = choice.colour
        return Worn(layers, Finish(make_up, gloss, frame), tuple(pieces), openness, len(self._mesh.masks))

    def _choice(self, group: str, name: str, where: str) -> tuple[Choice, Path, Path | None]:
        """Return the choice that a posed piece belongs to, the file of its mesh and that of its strands."""
        found = find_group(self._mesh.styles, group) if group in PIECE_SURFACES and name else None
        choice = None if found is None else worn_choice(found, replace(Style(), **{group: name}))
        if found is None or choice is None or choice.piece is None:
            raise ValueError(f"{where}: the rig has no piece for {name!r} of the group {group!r}")
        return choice, choice.piece, found.texture

    def _piece(self, path: Path) -> tuple[Piece, np.ndarray]:
        mesh = self._mesh

        def read() -> tuple[Piece, np.ndarray]:
            piece = read_piece(path, mesh.bone_count, len(mesh.triangles), mesh.vertex_count)
            return piece, strand_turns(piece)

        return self._pieces.get(path, read)

    def _coverage(self, path: Path) -> Coverage:
        return self._layers.get(path, lambda: _read_coverage(path, len(self._mesh.masks)))


def _read_coverage(path: Path, side: int) -> Coverage:
    """Read a layer and widen its box to whole blocks of the face texture."""
    layer = read_layer(path)
    if layer.side != side:
        raise RigInvalid(f"{path} has {layer.side} px a side, the face texture {side}", _REBUILD)
    height, width = layer.coverage.shape
    left, top = layer.left // LAYER_BLOCK_PX * LAYER_BLOCK_PX, layer.top // LAYER_BLOCK_PX * LAYER_BLOCK_PX
    columns = -((left - layer.left - width) // LAYER_BLOCK_PX) * LAYER_BLOCK_PX
    rows = -((top - layer.top - height) // LAYER_BLOCK_PX) * LAYER_BLOCK_PX
    coverage = np.zeros((rows, columns), np.uint8)
    coverage[layer.top - top :, layer.left - left :][:height, :width] = layer.coverage
    box = np.array([left, top, columns, rows], np.float32) / np.float32(side)
    return Coverage(path, box, coverage)
