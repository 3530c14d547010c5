"""The Khronos validator has nothing to say against a dressed head, and nothing in the file is without a name."""

import json
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from facewright.datatypes import Look, SkinDetail, Style
from facewright.export.character import bake_pose, build_character
from facewright.export.gltf import write_glb
from facewright.pipelines.rig_export import NEUTRAL_COLOURS
from facewright.rig.installed import load_rig
from facewright.rig.prior import sample

TOOLS = Path(__file__).resolve().parents[3] / "build" / "tools"
VALIDATE = """
const validator = require("gltf-validator"), fs = require("fs");
validator.validateBytes(new Uint8Array(fs.readFileSync(process.argv[1])), {maxIssues: 20})
    .then(report => console.log(JSON.stringify(report.issues)));
"""


@pytest.fixture(scope="module")
def character():
    """A random head of the default rig with a piece of every group that has any."""
    rig = load_rig("makehuman")
    with_mesh = {group.name: [choice.name for choice in group.choices if choice.piece] for group in rig.styles}
    style = Style(**{name: choices[0] for name, choices in with_mesh.items() if choices})
    parameters = sample(rig.prior, 1, np.random.default_rng(8))[0]
    return build_character(rig, parameters, Look(NEUTRAL_COLOURS, SkinDetail(wrinkles=0.6), style))


@pytest.fixture(scope="module", params=["bones", "baked"])
def path(request, character, tmp_path_factory):
    """The head's .glb, posed by its bones or with the pose baked in."""
    path = tmp_path_factory.mktemp("validator") / "head.glb"
    write_glb(path, bake_pose(character) if request.param == "baked" else character)
    return path


def test_the_validator_finds_no_error_and_nothing_to_warn_of(path):
    node = shutil.which("node")
    if node is None or not (TOOLS / "node_modules" / "gltf-validator").is_dir():
        pytest.skip("no node, or no gltf-validator: `python3 build.py test` fetches it where npm is installed")
    shown = subprocess.run([node, "-e", VALIDATE, str(path)], cwd=TOOLS, capture_output=True, text=True, check=True)
    issues = json.loads(shown.stdout)
    found = [f"{message['code']} at {message['pointer']}" for message in issues["messages"]]
    assert (issues["numErrors"], issues["numWarnings"], found) == (0, 0, [])


@pytest.mark.parametrize("kind", ["nodes", "meshes", "materials", "images", "textures", "skins", "scenes"])
def test_everything_has_a_name_of_its_own(path, kind):
    content = path.read_bytes()
    document = json.loads(content[20 : 20 + struct.unpack_from("<I", content, 12)[0]])
    names = [entry.get("name", "") for entry in document[kind]]
    assert names and all(names)
    assert len(set(names)) == len(names)
