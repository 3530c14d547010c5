"""Tests that every rule sees a violation of it, and lets right code pass."""

import pytest

from architecture import rules


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("rig/installed.py", "from facewright.engine import open_engine"),
        ("rig/installed.py", "import facewright.pipelines.photo"),
        ("rig/installed.py", "from ..engine import mesh"),
        ("rig/installed.py", "from facewright import weights"),
        ("fitting/losses.py", "from facewright.perception.parts import part_maps"),
        ("perception/parts.py", "from facewright.fitting import losses"),
        ("engine/mesh.py", "from facewright.rig.decoder import RigDecoder"),
        ("pipelines/photo.py", "def load():\n    from facewright.training import dataset"),
        ("networks/imitator.py", "from facewright.config import FittingConfig"),
        ("engine/blender.py", "import bpy"),
        ("export/blender.py", "from facewright.export import blender_scene"),
        ("export/blender_scene.py", "from facewright.export.files import atomic_write"),
        ("export/blender_scene.py", "import grpc"),
        ("perception/image.py", "import torchvision.transforms"),
        ("newcomer/x.py", "import os"),
    ],
)
def test_an_import_against_the_direction_is_seen(module, source):
    assert len(rules.wrong_imports(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("rig/installed.py", "from facewright.rig.nouns import Rig\nfrom .reading import read\nimport numpy"),
        ("engine/mesh.py", "from facewright.rig.nouns import Rig"),
        ("weights.py", "from facewright.networks.detector import Detector"),
        ("pipelines/photo.py", "from facewright import weights\nfrom facewright.fitting.losses import content_loss"),
        ("perception/parts.py", "import bpyx"),
        ("export/blender_scene.py", "import bpy\nimport numpy as np"),
    ],
)
def test_an_import_in_the_right_direction_passes(module, source):
    assert rules.wrong_imports(source, module) == []


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("import os\nx = os.environ['A']", "environment"),
        ("import os\nx = os.getenv('A')", "environment"),
        ("from os import environ\nx = environ.get('A')", "environment"),
        ("import torch\nx = torch.load('a')", "torch.load"),
        ("import pickle", "unpickled"),
        ("from joblib import load", "unpickled"),
        ("print('a')", "print"),
        ("def f():\n    global x\n    x = 1", "global"),
        ("try:\n    f()\nexcept Exception:\n    pass", "catch"),
        ("try:\n    f()\nexcept:\n    pass", "catch"),
    ],
)
def test_a_call_in_the_wrong_place_is_seen(source, word):
    (violation,) = rules.wrong_calls(source, "rig/installed.py")
    assert word in violation and violation.startswith("rig/installed.py:")


def test_calls_in_their_own_place_pass():
    assert rules.wrong_calls("import os\nprint(os.environ)", "cli.py") == []
    assert rules.wrong_calls("print('epoch')", "training/train_imitator.py") == []
    assert rules.wrong_calls("import torch\ntorch.load('a', weights_only=True)", "weights.py") == []
    assert rules.wrong_calls("try:\n    f()\nexcept ValueError:\n    printer.print()", "rig/installed.py") == []


def test_a_file_or_function_over_the_limit_is_seen():
    long_function = '"""Doc."""\n\n\ndef f():\n' + "    x = 1\n" * 60
    assert rules.wrong_sizes(long_function, "a.py") == ["a.py:4: f has 61 lines, at most 60"]
    assert rules.wrong_sizes('"""Doc."""\n' + "x = 1\n" * 400, "a.py") == ["a.py: 401 lines, at most 400"]
    assert rules.wrong_sizes('"""Doc."""\n' + "x = 1\n" * 399, "a.py") == []


def test_a_missing_docstring_is_seen():
    assert rules.wrong_sizes("x = 1", "a.py") == ["a.py: no module docstring"]
    assert rules.wrong_sizes("", "a/__init__.py") == []
    assert rules.undocumented("def f():\n    pass\n\n\ndef _g():\n    pass", "a.py") == ["a.py:1: f has no docstring"]
    assert rules.undocumented('class C:\n    """Doc."""', "a.py") == []


def test_paths_of_one_machine_and_index_hosts_are_seen():
    for path in ("/home/" + "me/photos", "/opt/" + "wheels"):
        assert rules.machine_dependent(f"see\nopen('{path}')", "a.md") == ["a.md:2: an absolute path of one machine"]
    assert len(rules.machine_dependent("pip install -i https://py" + "pi.org/simple x", "a.md")) == 1
    harmless = "#!/usr/bin/env bash\nsee https://example.org/home/x and docs/work/x and src/opt/y"
    assert rules.machine_dependent(harmless, "a.md") == []
