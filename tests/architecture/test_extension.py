"""Tests that the Blender extension keeps its own rules, and that each rule sees a violation of it."""

import ast
from pathlib import Path

import pytest

from architecture import extension_rules, rules
from facewright.perception.image import PHOTO_SUFFIXES

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "blender_addon"
COPIED = (ROOT / "clients" / "python" / "facewright_client", ROOT / "backend" / "facewright" / "export")
"""Where the rest of the package comes from: the client, and of the exports the scene builder."""


def extension_files() -> list[tuple[str, str]]:
    return [(path.relative_to(EXTENSION).as_posix(), path.read_text()) for path in sorted(EXTENSION.rglob("*.py"))]


def violations(rule) -> list[str]:
    return [sentence for module, source in extension_files() for sentence in rule(source, module)]


def test_imports_follow_the_table_of_the_readme():
    assert violations(extension_rules.wrong_imports) == []


def test_the_package_holds_nothing_that_the_extensions_platform_refuses():
    client = [(path.name, path.read_text()) for path in sorted(COPIED[0].rglob("*.py"))]
    scene = ("scene/blender_scene.py", (COPIED[1] / "blender_scene.py").read_text())
    found = [extension_rules.refused(source, module) for module, source in [*extension_files(), *client, scene]]
    assert sum(found, []) == []


def test_a_folder_of_photos_holds_the_same_for_extension_and_backend():
    tree = ast.parse((EXTENSION / "operators" / "photo.py").read_text())
    found = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    assert ast.literal_eval(found["PHOTO_SUFFIXES"]) == PHOTO_SUFFIXES


def test_files_and_functions_stay_within_the_limits_and_are_documented():
    assert violations(rules.wrong_sizes) == []
    assert violations(rules.undocumented) == []


def test_the_table_names_every_module_and_folder():
    rows = extension_rules.table_of((EXTENSION / "README.md").read_text())
    here = {module.removesuffix(".py").split("/")[0] for module, _ in extension_files()}
    assert here - {"__init__"} <= set(rows)
    assert set(rows) - {"client"} == set(extension_rules.UNITS) - {"__init__"}


@pytest.mark.parametrize(
    ("module", "source", "count"),
    [
        ("ui/panels.py", "from ..properties import CLASSES\nimport bpy\nimport os", 0),
        ("ui/panels.py", "from . import rows\nfrom .rows import draw", 0),
        ("ui/panels.py", "from ..session import current", 1),
        ("ui/panels.py", "from .. import session", 1),
        ("session.py", "import bpy", 1),
        ("session.py", "from .client import Client\nfrom . import backend_process", 0),
        ("scene/head.py", "from ..client import Client", 1),
        ("scene/head.py", "from ..client.generated import rig_pb2\nfrom ..client.generated.rig_pb2 import X", 0),
        ("scene/head.py", "from google.protobuf.message import DecodeError", 0),
        ("ui/panels.py", "from google.protobuf.message import DecodeError", 1),
        ("scene/head.py", "import grpc", 1),
        ("scene/head.py", "import numpy as np\nfrom mathutils import Matrix\nfrom .blender_scene import build", 0),
        ("operators/fit.py", "from .. import session, tick\nfrom ..scene import head\nimport bpy", 0),
        ("operators/fit.py", "from ..ui import panels", 1),
        ("operators/fit.py", "import facewright", 1),
        ("backend_process.py", "from .client import Client", 1),
        ("newcomer.py", "import os", 1),
    ],
)
def test_an_import_against_the_table_is_seen(module, source, count):
    assert len(extension_rules.wrong_imports(source, module)) == count


@pytest.mark.parametrize(
    "source",
    [
        "import threading",
        "from concurrent.futures import ThreadPoolExecutor",
        "import pip",
        "eval('1')",
        "exec('1')",
        "print('a')",
        "import sys\nsys.path.append('a')",
        "import sys\ndel sys.modules['a']",
        "import os\nos.system('a')",
        "with context.temp_override(window=window):\n    pass",
        "def f():\n    global x\n    x = 1",
        "try:\n    f()\nexcept Exception:\n    pass",
    ],
)
def test_what_is_refused_is_seen(source):
    assert len(extension_rules.refused(source, "scene/head.py")) == 1


def test_operators_and_the_timer_may_catch_everything_and_a_method_may_be_called_compile():
    caught = "try:\n    f()\nexcept Exception:\n    pass"
    assert extension_rules.refused(caught, "operators/fit.py") == extension_rules.refused(caught, "tick.py") == []
    assert extension_rules.refused("import re\nre.compile('a')\nimport sys\nsys.argv", "scene/head.py") == []
