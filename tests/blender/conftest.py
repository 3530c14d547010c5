"""Fixtures of the tests that run Blender, in a process of its own; without it they are skipped."""

import json
from pathlib import Path

import numpy as np
import pytest

from facewright.datatypes import Look, SkinDetail, Style
from facewright.errors import BlenderUnavailable
from facewright.export.blender import find_blender, run_script
from facewright.export.character import Character, build_character
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.installed import load_rig
from facewright.rig.nouns import Rig
from facewright.rig.prior import sample

SCRIPTS = Path(__file__).parent


@pytest.fixture(scope="session")
def blender() -> list[str]:
    """The words that start a script in Blender."""
    try:
        return find_blender()
    except BlenderUnavailable as error:
        pytest.skip(error.one_line())


@pytest.fixture(scope="session")
def rig() -> Rig:
    """The default rig."""
    return load_rig("makehuman")


@pytest.fixture(scope="session")
def worn(rig) -> dict[str, str]:
    """One choice with a mesh for each group that has some; that of the beard follows the face."""
    with_mesh = {group.name: [choice.name for choice in group.choices if choice.piece] for group in rig.styles}
    return {name: choices[-1] for name, choices in with_mesh.items() if choices}


@pytest.fixture(scope="session")
def parameters(rig) -> np.ndarray:
    """A random head."""
    return sample(rig.prior, 1, np.random.default_rng(6))[0]


@pytest.fixture(scope="session")
def character(rig, worn, parameters) -> Character:
    """The random head with hair, beard and glasses."""
    skin = SkinDetail(freckles=0.5, wrinkles=0.5)
    return build_character(rig, parameters, Look(NEUTRAL_COLOURS, skin, Style(**worn)))


def describe(blender: list[str], path: Path) -> dict:
    """Import a file in Blender and return what `import_script.py` says of it."""
    out = path.with_suffix(".described.json")
    run_script(blender, SCRIPTS / "import_script.py", [str(path), str(out)])
    return json.loads(out.read_text())
