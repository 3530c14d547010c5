"""Tests that a server answers hostile requests with the right status, and goes on."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import grpc
import pytest
from facewright_client import Client
from facewright_client.specification import photo_specification
from PIL import Image
from skimage.data import astronaut

from end_to_end.hostile import HEAVY, KINDS, Attack, Material, huge_name
from end_to_end.hostile_material import FIT, make_material
from end_to_end.hostile_wire import OPTIONS, break_off, broken_stream, send
from end_to_end.service_process import start_server, stop_server

SEED, ROUNDS = 11, 4


@dataclass(frozen=True)
class Server:
    """A running server and how to reach it."""

    port: int
    log_path: Path
    channel: grpc.Channel
    material: Material

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    """Start a server; its log must hold no traceback in the end."""
    process, port, log_path = start_server(tmp_path_factory.mktemp("hostile"))
    try:
        with Client(f"127.0.0.1:{port}") as client:
            material = make_material(client.sample(1)[0], has_large_bombs=False)
        with grpc.insecure_channel(f"127.0.0.1:{port}", OPTIONS) as channel:
            yield Server(port, log_path, channel, material)
        assert process.poll() is None, "the server must still run"
    finally:
        code = stop_server(process)
    assert code == 0
    assert "Traceback" not in log_path.read_text(errors="replace")


def unexpected(server: Server, sent: list[Attack]) -> list[str]:
    """Send requests and name those that were not answered as a sound server answers them."""
    found = []
    for attack in sent:
        code, text, _ = send(server.channel, attack)
        if code not in attack.expected:
            found.append(f"{attack.category}: {attack.method}: {code.name}: {text[:200]}")
    return found


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_hostile_requests_get_the_right_status(server, kind):
    random = Random(f"{SEED} {kind.__name__}")
    assert unexpected(server, [kind(random, server.material) for _ in range(ROUNDS)]) == []


def test_small_files_that_become_large_are_refused(server):
    random = Random(SEED)
    assert unexpected(server, [HEAVY[0](random, server.material) for _ in range(20)]) == []


def test_names_of_a_million_letters_are_refused(server):
    random = Random(SEED)
    assert unexpected(server, [huge_name(random, server.material) for _ in range(12)]) == []


def test_connections_that_break_off_do_no_harm(server):
    random = Random(SEED)
    for _ in range(20):
        break_off(server.port, broken_stream(random, FIT), 0.01)
    with Client(server.address) as client:
        assert client.evaluate(server.material.character).bones


def test_a_photo_can_be_fitted_after_all_that(server):
    stream = io.BytesIO()
    Image.fromarray(astronaut()).save(stream, "PNG")
    settings = {"fitting.iterations": "2", "fitting.choose_styles": "false"}
    with Client(server.address) as client:
        specification = photo_specification([stream.getvalue()], settings=settings, skin_share=0.0)
        result = client.fit(specification, timeout_s=120.0)
    assert len(result.character.parameters) == len(server.material.character.parameters)
