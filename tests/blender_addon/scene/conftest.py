"""The extension and the files of two heads in a folder, and a way to run a case in Blender."""

import json
from pathlib import Path

import numpy as np
import pytest

from facewright.errors import BlenderUnavailable
from facewright.export.blender import find_blender, run_script
from facewright.rig.prior import sample
from facewright.service.rigs import RigShelf

from ..assemble import ROOT
from .stage import make_stage

RIG = "makehuman"
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
    make_stage(folder, shelf, rig, people)
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
