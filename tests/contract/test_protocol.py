"""Tests that the protocol follows its rules and breaks no released client, and that stubs, server, client fit it."""

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from facewright_client.generated import expression_pb2, fitting_pb2, rig_pb2, server_pb2
from google.protobuf import descriptor_pb2

from facewright.service.servicers.expression import ExpressionServicer
from facewright.service.servicers.fitting import FittingServicer
from facewright.service.servicers.rig import RigServicer
from facewright.service.servicers.server import ServerServicer

ROOT = Path(__file__).resolve().parents[2]
PROTOS = ROOT / "protos"
CLIENT = ROOT / "clients" / "python" / "facewright_client"
BUF = ROOT / "build" / "tools" / "node_modules" / ".bin" / "buf"
PROTOS_PYTHON = ROOT / ".venv-protos" / "bin" / "python"
FILES = (server_pb2, rig_pb2, fitting_pb2, expression_pb2)
SERVICERS = {
    "ServerService": ServerServicer,
    "RigService": RigServicer,
    "FittingService": FittingServicer,
    "ExpressionService": ExpressionServicer,
}


def buf(*words: str, folder: Path = PROTOS) -> subprocess.CompletedProcess:
    if not BUF.exists():
        pytest.skip("no buf: `python3 build.py test` fetches it where npm is installed")
    return subprocess.run([BUF, *words], cwd=folder, capture_output=True, check=False)


@pytest.fixture
def copy(tmp_path) -> Path:
    """Return a copy of the protocol that a test may spoil."""
    return Path(shutil.copytree(PROTOS, tmp_path / "protos"))


def test_the_stubs_were_made_from_these_files():
    whole = hashlib.sha256()
    for source in sorted(PROTOS.glob("facewright/v1/*.proto")):
        whole.update(source.name.encode() + b"\0" + source.read_bytes())
    made_from = (CLIENT / "generated" / "protos.sha256").read_text().strip()
    assert made_from == whole.hexdigest(), "run `python3 build.py protos`"


@pytest.mark.parametrize("words", [("lint",), ("format", "--exit-code"), ("breaking", "--against", "released.binpb")])
def test_buf_finds_nothing(words):
    done = buf(*words)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("repeated BoneChannels bones = 2;", "repeated BoneChannels bones = 30;", ("breaking", "--against")),
        ("  // Phase of the fit.\n  FitState state = 1;", "", ("breaking", "--against")),
        ("  // Losses by name.", "", ("lint",)),
        ("service FittingService {", "service Fitting {", ("lint",)),
    ],
)
def test_buf_sees_a_broken_field_and_a_missing_comment(copy, before, after, words):
    path = copy / "facewright" / "v1" / "fitting.proto"
    text = path.read_text().replace("  // Loss terms by name.", "  // Losses by name.")
    assert before in text
    path.write_text(text.replace(before, after))
    words = (*words, str(PROTOS / "released.binpb")) if words[0] == "breaking" else words
    done = buf(*words, folder=copy)
    assert done.returncode != 0 and b"fitting.proto" in done.stdout + done.stderr


def test_the_stubs_hold_what_the_files_say():
    done = buf("build", "--as-file-descriptor-set", "--exclude-source-info", "-o", "-")
    described = {file.name: file for file in descriptor_pb2.FileDescriptorSet.FromString(done.stdout).file}
    for module in FILES:
        stub = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(stub)
        assert _plain(stub) == _plain(described[module.DESCRIPTOR.name])


def _plain(file: descriptor_pb2.FileDescriptorProto) -> descriptor_pb2.FileDescriptorProto:
    """Drop the names for JSON, which some compilers write out and others leave to be derived."""
    plain = descriptor_pb2.FileDescriptorProto.FromString(file.SerializeToString())
    waiting = list(plain.message_type)
    while waiting:
        message = waiting.pop()
        waiting += message.nested_type
        for field in message.field:
            field.ClearField("json_name")
    return plain


def test_every_rpc_has_its_own_method_in_the_server():
    for module in FILES:
        for name, service in module.DESCRIPTOR.services_by_name.items():
            missing = [method.name for method in service.methods if method.name not in vars(SERVICERS[name])]
            assert missing == []


def test_the_client_calls_every_rpc():
    source = (CLIENT / "client.py").read_text()
    for module in FILES:
        for service in module.DESCRIPTOR.services_by_name.values():
            missing = [one.name for one in service.methods if not re.search(rf"\.{one.name}\b", source)]
            assert missing == []


def test_the_client_needs_grpc_and_protobuf_alone():
    allowed = {"grpc", "google", *sys.stdlib_module_names}
    for path in CLIENT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            assert {name.split(".")[0] for name in names} <= allowed, path.name


def test_the_stubs_work_as_part_of_any_package_and_with_an_old_protobuf(tmp_path):
    if not PROTOS_PYTHON.exists():
        pytest.skip("no environment with an old protobuf: `python3 build.py protos` makes it")
    shutil.copytree(CLIENT, tmp_path / "extension" / "client")
    (tmp_path / "extension" / "__init__.py").write_text("")
    script = (
        "import json, google.protobuf; from extension.client.generated import fitting_pb2, expression_pb2_grpc; "
        "spec = fitting_pb2.FitSpecification(rig_id='a', photos=[fitting_pb2.Photo(content=b'1')]); "
        "print(json.dumps([google.protobuf.__version__, spec.SerializeToString().hex()]))"
    )
    done = subprocess.run([PROTOS_PYTHON, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    version, content = json.loads(done.stdout)
    assert version.startswith("4.")
    assert fitting_pb2.FitSpecification.FromString(bytes.fromhex(content)).photos[0].content == b"1"
