"""The extension and the files of two heads in a folder, and a way to run a case in Blender."""

import json
from pathlib import Path

import numpy as np
import pytest

from facewright.datatypes import Look, Style
from facewright.errors import BlenderUnavailable
from facewright.export.blender import find_blender, run_script, write_scene_folder
from facewright.export.character import build_character
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.prior import sample
from facewright.service.convert.rig import physical_value, rig_message
from facewright.service.rigs import RigShelf

from ..assemble import ROOT, assemble

RIG = "makehuman"
SHORT = Style(hair="short", beard="full")
LONG = Style(hair="bob", beard="goatee", glasses="round")
SCRIPTS = Path(__file__).parent


@pytest.fixture(scope="session")
def shelf() -> RigShelf:
    """The rigs of a backend."""
    return RigShelf(RIG)


@pytest.fixture(scope="session")
def rig(shelf):
    """The default rig."""
    return shelf.get()


@pytest.fixture(scope="session")
def people(rig) -> np.ndarray:
    """Parameters (3, P) of random heads."""
    return sample(rig.prior, 3, np.random.default_rng(8))


@pytest.fixture(scope="session")
def stage(rig, shelf, people, tmp_path_factory) -> Path:
    """A folder with the package, rig.bin, people.json (physical values) and the scene folders `short` and `long`."""
    folder = tmp_path_factory.mktemp("stage")
    assemble(folder)
    neutral = shelf.channels(rig, np.full(len(rig.parameters), 0.5, np.float32))
    (folder / "rig.bin").write_bytes(rig_message(rig, neutral, with_offsets=True).SerializeToString())
    named = [
        {one.name: physical_value(one, float(value)) for one, value in zip(rig.parameters, person, strict=True)}
        for person in people
    ]
    (folder / "people.json").write_text(json.dumps(named))
    for name, style in (("short", SHORT), ("long", LONG)):
        (folder / name).mkdir()
        write_scene_folder(folder / name, build_character(rig, people[0], Look(NEUTRAL_COLOURS, style=style)))
    return folder


@pytest.fixture(params=[".venv-blender", ".venv-blender-5"])
def in_blender(request, stage, tmp_path):
    """Run a case of a module in a process of its own; returns what it says, as JSON has it."""
    try:
        blender = find_blender(environment=ROOT / request.param)
    except BlenderUnavailable as error:
        pytest.skip(error.one_line())

    def run(module: str, case: str) -> dict:
        run_script(blender, SCRIPTS / "run_case.py", [str(stage), str(tmp_path), module, case])
        return json.loads((tmp_path / "said.json").read_text())

    return run
