"""Builds the beard styles: hair painted on the skin, and cards above it that move with jaw and lips."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from facewright.rig.nouns import Rig
from facewright.rig.parts import appearance_of
from facewright.training.styles.beard_cards import CardStyle, grow_cards
from facewright.training.styles.beard_region import BeardMap, beard_map
from facewright.training.styles.beard_texture import draw_tufts
from facewright.training.styles.binding import Attachment, bind_piece, write_piece
from facewright.training.styles.stubble import RootStyle, growth, root_coverage
from facewright.training.styles.surface import face_surface, save_layer

SEED = 33
RAGGED_MM = 1.2


@dataclass(frozen=True)
class BeardStyle:
    """One style of beard.

    Attributes:
        areas: names of areas in OUTLINES_MM that it covers together.
        roots: hair painted on the skin.
        cards: the mesh above it; None for stubble.
    """

    areas: tuple[str, ...]
    roots: RootStyle
    cards: CardStyle | None = None


DENSE = RootStyle(1.5, 3.6, 0.19, 0.85, 0.60, 2.6)
CLOSE = RootStyle(1.5, 2.6, 0.18, 0.85, 0.52, 2.2)
BEARD_STYLES = {
    "stubble": BeardStyle(("full",), RootStyle(0.75, 1.5, 0.17, 0.9, 0.13, 6.0)),
    "moustache": BeardStyle(("moustache",), DENSE, CardStyle(1.35, 3.0, (7, 9, 7), (1.6, 2.2, 1.6))),
    "goatee": BeardStyle(("goatee",), DENSE, CardStyle(1.9, 3.6, (8, 7.5, 11), (1.8, 1.8, 3.2), gather=0.4)),
    "short": BeardStyle(("boxed",), DENSE, CardStyle(2.9, 4.6, (7.5, 7, 9), (1.8, 1.8, 2.8))),
    "full": BeardStyle(
        ("full",),
        replace(DENSE, edge_mm=4.0),
        CardStyle(3.3, 6.0, (15, 9.5, 27), (4.5, 2.6, 9.0), points=4, sway=0.28, gather=0.5),
    ),
    "chin_strap": BeardStyle(("strap",), CLOSE, CardStyle(2.5, 4.0, (5.5, 5, 6.5), (1.2, 1.2, 1.8))),
    "van_dyke": BeardStyle(
        ("moustache", "chin"),
        replace(DENSE, edge_mm=3.2),
        CardStyle(1.6, 3.4, (9, 10, 18), (2.0, 2.4, 4.0), points=4, gather=1.1),
    ),
}


def build(rig: Rig, folder: Path) -> None:
    """Write the layers, the meshes and the texture of the beard styles.

    Args:
        rig: the rig.
        folder: the rig's folder.
    """
    target = folder / "styles" / "beard"
    beard = beard_map(face_surface(rig), appearance_of(rig))
    for name, style in BEARD_STYLES.items():
        coverage, arrays = build_style(rig, beard, style)
        save_layer(coverage, target / f"{name}.png")
        if arrays is not None:
            write_piece(target / f"{name}.safetensors", arrays)
    Image.fromarray(draw_tufts(), "RGBA").save(target / "strands.png", optimize=True)


def build_style(
    rig: Rig, beard: BeardMap, style: BeardStyle, seed: int = SEED
) -> tuple[np.ndarray, dict[str, np.ndarray] | None]:
    """Return the (S, S) coverage of a style's layer, and the arrays of its piece if it has one."""
    generator = np.random.default_rng(seed)
    depth = np.max([beard.depth(area, RAGGED_MM, generator) for area in style.areas], axis=0)
    coverage = root_coverage(beard, depth, style.roots, generator)
    if style.cards is None:
        return coverage, None
    cards = grow_cards(beard, growth(beard, depth, style.roots.edge_mm, generator), style.cards, generator)
    return coverage, bind_piece(rig, cards.mesh, Attachment(follow=1.0), cards.roots_m)
