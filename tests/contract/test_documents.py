"""Tests that docs/service.md tells about every call, reason, limit and option, and that the examples are Python."""

import re
import subprocess
import sys
from pathlib import Path

from facewright_client.generated import expression_pb2, fitting_pb2, rig_pb2, server_pb2

from facewright.commands.serving import NUMBERS
from facewright.service.status import CODES

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "service.md").read_text()


def test_every_call_is_described():
    for module in (server_pb2, rig_pb2, fitting_pb2, expression_pb2):
        for service in module.DESCRIPTOR.services_by_name.values():
            assert [method.name for method in service.methods if f"{method.name}`" not in TEXT] == []


def test_every_reason_stands_in_the_row_of_its_status():
    rows = {line.split("|")[1].strip(): line for line in TEXT.splitlines() if re.match(r"\| [A-Z_]+ \|", line)}
    for reason, code in CODES.items():
        assert f"`{reason}`" in rows[code.name], reason


def test_every_limit_that_can_be_changed_has_its_option():
    told_elsewhere = {"threads"}
    assert [name for name in NUMBERS if name not in told_elsewhere and "--" + name.replace("_", "-") not in TEXT] == []


def test_the_example_in_both_documents_is_python():
    for path in (ROOT / "README.md", ROOT / "clients" / "python" / "README.md"):
        example = re.search(r"```python\n(.*?)```", path.read_text(), re.DOTALL).group(1)
        done = subprocess.run([sys.executable, "-c", f"compile({example!r}, 'example', 'exec')"], check=False)
        assert done.returncode == 0
