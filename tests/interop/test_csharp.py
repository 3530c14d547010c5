"""Tests that the C# stubs compile and read what Python writes; clients/csharp/README.md says what that leaves open."""

from pathlib import Path

import pytest
from facewright_client.generated import fitting_pb2

from interop.builds import CLIENTS, build_csharp_tools, compile_csharp, make_csharp_stubs
from interop.machine import run

pytestmark = pytest.mark.interop

CHECK = CLIENTS / "csharp" / "check"
RUN_S = 60


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> Path:
    """Return a folder with the compiled messages beside Google.Protobuf, and the files of the services."""
    tools = build_csharp_tools()
    folder = tmp_path_factory.mktemp("csharp")
    (folder / "Google.Protobuf.dll").write_bytes((tools / "Google.Protobuf.dll").read_bytes())
    messages, _ = make_csharp_stubs(tools, folder)
    compile_csharp(folder / "Messages.dll", messages, [folder / "Google.Protobuf.dll"])
    return folder


def test_csharp_reads_a_result_of_python_and_writes_the_same_bytes(compiled, tmp_path):
    response = fitting_pb2.FitPhotoResponse()
    result = response.result
    result.head_pose.yaw_deg = -12.3456789
    result.files.add(name="über.json", content=bytes(range(256)))
    result.expression.add(name="jawOpen", weight=0.1)
    result.losses["landmarks"] = 1.5
    result.character.look.colours.skin.red = 0.3
    written, copied = tmp_path / "written", tmp_path / "copied"
    written.write_bytes(response.SerializeToString())
    references = [compiled / "Google.Protobuf.dll", compiled / "Messages.dll"]
    compile_csharp(compiled / "RoundTrip.exe", [CHECK / "RoundTrip.cs"], references)

    done = run(["mono", compiled / "RoundTrip.exe", written, copied], RUN_S)

    assert done.stdout.splitlines() == ["Result", "-12.3456789", "über.json"], done.stderr
    assert copied.read_bytes() == written.read_bytes()


def test_csharp_services_and_example_compile_against_the_declared_surface_of_grpc(compiled):
    services = sorted(compiled.glob("*Grpc.cs"))
    assert len(services) == 4
    references = [compiled / "Google.Protobuf.dll", compiled / "Messages.dll", "System.Net.Http.dll"]
    compile_csharp(compiled / "Services.dll", [*services, CHECK / "GrpcSurface.cs"], references)
    references.append(compiled / "Services.dll")
    compile_csharp(compiled / "Example.exe", [CLIENTS / "csharp" / "Example.cs"], references)
