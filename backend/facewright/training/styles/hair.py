"""The hair styles of the default rig: what each paints on the scalp and what it wears, and how they are written."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from facewright.errors import ConfigInvalid
from facewright.export.files import atomic_write
from facewright.rig.nouns import Rig
from facewright.rig.styles import STYLES_FOLDER, find_group
from facewright.training.styles import hair_curly, hair_long, hair_short, hair_tied
from facewright.training.styles.binding import Attachment, bind_piece, write_piece
from facewright.training.styles.cards import PieceMesh
from facewright.training.styles.hair_coats import radiate
from facewright.training.styles.hair_layers import ScalpPaint, paint_scalp
from facewright.training.styles.hair_texture import draw_strands
from facewright.training.styles.scalp import Scalp, read_scalp

SEED = 3
TEXTURE = "strands.png"

ATTACHMENT = Attachment(("jaw", "chin", "mouth", "cheek", "nose", "eye", "brow"), influences=4)
"""Hair follows skull, ears and neck, and no expression."""


@dataclass(frozen=True, eq=False)
class HairStyle:
    """One choice.

    Attributes:
        mesh: builds its cards, None where there are none.
        paint: what lies under them, None where the scalp is bare.
    """

    mesh: Callable[[Scalp, np.random.Generator], PieceMesh] | None
    paint: ScalpPaint | None


def _from_whorl(places: np.ndarray, roots: np.ndarray, share: float) -> np.ndarray:
    return radiate(places)


UNDER_HAIR = ScalpPaint(_from_whorl)

HAIR_STYLES = {
    "bald": HairStyle(None, None),
    "buzz": HairStyle(
        hair_short.buzz,
        ScalpPaint(_from_whorl, coverage=0.96, strands=0.35, hairs=42000, length_mm=3.0, soft_mm=10.0, reach_mm=999.0),
    ),
    "short": HairStyle(hair_short.short, ScalpPaint(hair_short.combed_forward)),
    "side_part": HairStyle(hair_short.side_part, ScalpPaint(hair_short.combed_aside)),
    "slicked": HairStyle(hair_short.slicked, ScalpPaint(hair_short.combed_back, soft_mm=5.0)),
    "receding": HairStyle(
        hair_short.receding,
        ScalpPaint(hair_short.combed_forward, hair_short.RECEDING_HAIRLINE, 0.9, 0.35, 30000, 7.0, 7.0, 60.0),
    ),
    "curly": HairStyle(hair_curly.curly, UNDER_HAIR),
    "afro": HairStyle(hair_curly.afro, UNDER_HAIR),
    "bob": HairStyle(hair_long.bob, UNDER_HAIR),
    "fringe": HairStyle(hair_long.fringe, UNDER_HAIR),
    "long_straight": HairStyle(hair_long.long_straight, UNDER_HAIR),
    "long_wavy": HairStyle(hair_long.long_wavy, UNDER_HAIR),
    "tied_back": HairStyle(hair_tied.tied_back, ScalpPaint(hair_short.combed_back, soft_mm=4.0)),
    "bun": HairStyle(hair_tied.bun, ScalpPaint(hair_short.combed_back, soft_mm=4.0)),
}
"""The choices by name."""


def build(rig: Rig, folder: Path, choice: str | None = None) -> None:
    """Write the texture, and the layer and the piece of each choice.

    Args:
        rig: the rig that wears them.
        folder: the rig's folder.
        choice: the only one to build; when None, all that the rig's styles.toml lists.

    Raises:
        ConfigInvalid: there is no such choice.
    """
    if choice is not None and choice not in HAIR_STYLES:
        raise ConfigInvalid(f"no hair style {choice!r}", f"choose one of: {', '.join(HAIR_STYLES)}")
    scalp, target = read_scalp(rig), folder / STYLES_FOLDER / "hair"
    _save(target / TEXTURE, draw_strands())
    group = find_group(rig.styles, "hair")
    listed = {one.name for one in group.choices} if group else set(HAIR_STYLES)
    for name, style in HAIR_STYLES.items():
        if name != choice if choice else name not in listed:
            continue
        if style.paint is not None:
            _save(target / f"{name}.png", paint_scalp(scalp, style.paint, np.random.default_rng(SEED)))
        if style.mesh is not None:
            mesh = style.mesh(scalp, np.random.default_rng(SEED))
            write_piece(target / f"{name}.safetensors", bind_piece(rig, mesh, ATTACHMENT))
            print(f"hair {name}: {len(mesh.triangles)} triangles, {len(mesh.vertices_m)} vertices")


def _save(path: Path, picture: np.ndarray) -> None:
    atomic_write(path, lambda temporary: Image.fromarray(picture).save(temporary, optimize=True))
