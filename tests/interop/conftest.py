"""A running server, a hostile one, a photo, and the example clients as commands."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from facewright_client.generated import fitting_pb2, fitting_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from PIL import Image
from skimage.data import astronaut

from interop.builds import build_cpp_client, build_node_client
from interop.machine import ROOT

START_S, STOP_S, POLL_S = 240.0, 30.0, 0.2
BUILDS = {"cpp": build_cpp_client, "node": build_node_client}


@dataclass
class HostileServer(fitting_pb2_grpc.FittingServiceServicer):
    """A server that answers each fit with a file that wants to lie elsewhere, and remembers who asked."""

    name: str = "../escaped.json"
    metadata: list[dict[str, str | bytes]] = field(default_factory=list)
    address: str = ""

    def FitPhoto(self, request, context):  # noqa: N802, the name is gRPC's
        self.metadata.append(dict(context.invocation_metadata()))
        result = fitting_pb2.FitResult(head_pose=fitting_pb2.HeadPose(rotation_w=1.0))
        result.files.add(name=self.name, content=b"{}")
        yield fitting_pb2.FitPhotoResponse(result=result)


@pytest.fixture(scope="session")
def server_address(tmp_path_factory) -> Iterator[str]:
    """Start the real server and return its address."""
    folder = tmp_path_factory.mktemp("server")
    port_file, log = folder / "port", folder / "log"
    command = [sys.executable, "-m", "facewright", "serve", "--port", "0", "--port-file", str(port_file)]
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield _wait_until_serving(server, port_file, log)
    finally:
        server.terminate()
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_serving(server: subprocess.Popen, port_file: Path, log: Path) -> str:
    """Return the address once the server says that it serves."""
    deadline = time.monotonic() + START_S
    request = health_pb2.HealthCheckRequest(service="")
    while time.monotonic() < deadline:
        assert server.poll() is None, f"the server ended: {log.read_text()[-3000:]}"
        time.sleep(POLL_S)
        port = port_file.read_text().strip() if port_file.exists() else ""
        if not port:
            continue
        address = f"127.0.0.1:{port}"
        with grpc.insecure_channel(address) as channel:
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=5.0)
            except grpc.RpcError:
                continue
        if answer.status == health_pb2.HealthCheckResponse.SERVING:
            return address
    raise AssertionError(f"the server does not serve after {START_S:.0f} s: {log.read_text()[-3000:]}")


@pytest.fixture
def hostile_server() -> Iterator[HostileServer]:
    """Start a server that sends a file with a path for a name."""
    servicer = HostileServer()
    server = grpc.server(ThreadPoolExecutor(2))
    fitting_pb2_grpc.add_FittingServiceServicer_to_server(servicer, server)
    servicer.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield servicer
    server.stop(grace=None).wait()


@pytest.fixture(scope="session", params=sorted(BUILDS))
def client(request) -> list[str]:
    """Return the command that starts an example client; both understand the same words."""
    return BUILDS[request.param]()


@pytest.fixture(scope="session")
def photo(tmp_path_factory) -> Path:
    """Return a real photo with one face."""
    path = tmp_path_factory.mktemp("photo") / "astronaut.png"
    Image.fromarray(astronaut()).save(path)
    return path


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen]]:
    """Return a list for children that a test starts; what still runs at its end is killed."""
    children: list[subprocess.Popen] = []
    yield children
    for child in children:
        if child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
