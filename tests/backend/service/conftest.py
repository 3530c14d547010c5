"""One backend with real networks for all tests that talk to one, and a photo for it."""

import io
from collections.abc import Iterator

import pytest
from facewright_client import Client
from PIL import Image
from skimage.data import astronaut

from facewright.config import FacewrightConfig, ServiceConfig
from facewright.service.server import FacewrightServer, create_server

FEW = {"fitting.iterations": "3", "skin.share": "0"}
"""Settings of a fit that shall not take long."""


@pytest.fixture(scope="package")
def png() -> bytes:
    """Return an encoded photo with one face."""
    stream = io.BytesIO()
    Image.fromarray(astronaut()).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture(scope="package")
def running() -> Iterator[tuple[FacewrightServer, int]]:
    """Return a server that is ready, and its port."""
    limits = ServiceConfig(port=0, live_sessions=2, idle_seconds=1.0, stop_seconds=5.0)
    server, port = create_server(limits, FacewrightConfig(device="cpu"))
    server.start()
    assert server.wait_until_loaded(120.0)
    yield server, port
    server.stop()


@pytest.fixture
def client(running) -> Iterator[Client]:
    """Return a client of that server."""
    with Client(f"127.0.0.1:{running[1]}") as made:
        yield made
