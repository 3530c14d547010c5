"""Reads what the default rig wears as the build script has left it."""

from facewright.datatypes import Style
from facewright.rig.nouns import Piece, Rig
from facewright.rig.styles import find_choice, read_piece


def committed_piece(rig: Rig, group: str, name: str) -> Piece:
    """Return the committed piece of a choice of a style group."""
    choice = find_choice(rig.styles, group, Style(**{group: name}))
    return read_piece(choice.piece, len(rig.bones), len(rig.mesh.triangles), len(rig.mesh.vertices_m))
