"""What the cases in Blender start from: the extension, a description of the rig, people and two heads, as files."""

import json
from pathlib import Path

import numpy as np

from facewright.datatypes import Look, Style
from facewright.export.blender import write_scene_folder
from facewright.export.character import build_character
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.nouns import Rig
from facewright.service.convert.rig import character_message, rig_message
from facewright.service.rigs import RigShelf

from ..assemble import assemble

SHORT = Style(hair="short", beard="full")
LONG = Style(hair="bob", beard="goatee", glasses="round")


def make_stage(folder: Path, shelf: RigShelf, rig: Rig, people: np.ndarray) -> None:
    """Write the package, rig.bin, people.json (physical values) and the scene folders `short` and `long`.

    Args:
        folder: an existing folder.
        shelf: the rigs of a backend.
        rig: the rig of the heads.
        people: (n, P) parameters in [0, 1]; both heads are the first one.
    """
    assemble(folder)
    neutral = shelf.channels(rig, np.full(len(rig.parameters), 0.5, np.float32))
    (folder / "rig.bin").write_bytes(rig_message(rig, neutral, with_offsets=True).SerializeToString())
    sent = [character_message(rig, person, Look(NEUTRAL_COLOURS)) for person in people]
    named = [{one.name: one.value for one in character.parameters} for character in sent]
    (folder / "people.json").write_text(json.dumps(named))
    for name, style in (("short", SHORT), ("long", LONG)):
        (folder / name).mkdir()
        write_scene_folder(folder / name, build_character(rig, people[0], Look(NEUTRAL_COLOURS, style=style)))
