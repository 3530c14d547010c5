"""Tests of calls that are on their way, against a small server in this process."""

import threading
import time
from concurrent import futures

import grpc
import pytest
from facewright_client import BackendError, Client
from facewright_client.generated import server_pb2, server_pb2_grpc
from grpc_health.v1 import health, health_pb2_grpc

from facewright.errors import QueueFull
from facewright.service.status import rich_status

WAIT_S = 10.0
UNUSED_PORT = 1


class Server(server_pb2_grpc.ServerServiceServicer):
    """Answers once it may; says what it was told to say."""

    def __init__(self) -> None:
        self.may_answer, self.has_begun, self.was_left = (threading.Event() for _ in range(3))
        self.error = None

    def GetServerInfo(self, request, context):
        self.has_begun.set()
        context.add_callback(self.was_left.set)
        self.may_answer.wait(WAIT_S)
        if self.error is not None:
            context.abort_with_status(rich_status(self.error))
        return server_pb2.GetServerInfoResponse(version="7.8.9")


@pytest.fixture
def server():
    """Return what answers, with its address."""
    made, own = grpc.server(futures.ThreadPoolExecutor(3)), Server()
    server_pb2_grpc.add_ServerServiceServicer_to_server(own, made)
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), made)
    own.address = f"127.0.0.1:{made.add_insecure_port('127.0.0.1:0')}"
    made.start()
    yield own
    own.may_answer.set()
    made.stop(None)


@pytest.fixture
def client(server):
    """Return a client of that server."""
    with Client(server.address) as made:
        yield made


def wait_until_done(pending) -> None:
    """Look again and again, as the timer of Blender does."""
    deadline = time.monotonic() + WAIT_S
    while not pending.done():
        assert time.monotonic() < deadline, "the call has not ended"
        time.sleep(0.005)


def test_a_call_is_begun_at_once_and_done_when_its_answer_is_there(server, client):
    pending = client.server_info_later()
    assert server.has_begun.wait(WAIT_S)
    assert not pending.done()
    server.may_answer.set()
    wait_until_done(pending)
    assert pending.result().version == "7.8.9"
    assert pending.result() is pending.result(), "the answer may be looked at again"


def test_a_result_that_is_not_there_yet_is_waited_for(server, client):
    pending = client.server_info_later()
    threading.Timer(0.1, server.may_answer.set).start()
    assert pending.result().version == "7.8.9"
    assert pending.done()


def test_a_cancelled_call_says_so_and_the_server_is_told(server, client):
    pending = client.server_info_later()
    assert server.has_begun.wait(WAIT_S)
    pending.cancel()
    assert pending.done()
    with pytest.raises(BackendError, match="was cancelled") as raised:
        pending.result()
    assert (raised.value.code, raised.value.reason) == (grpc.StatusCode.CANCELLED, "CANCELLED")
    assert raised.value.remedy
    assert server.was_left.wait(WAIT_S)


def test_what_the_server_says_arrives_with_reason_and_remedy(server, client):
    server.error = QueueFull("2 fits wait already", "try again later")
    server.may_answer.set()
    pending = client.server_info_later()
    wait_until_done(pending)
    for _ in range(2):
        with pytest.raises(BackendError, match="2 fits wait") as raised:
            pending.result()
        assert (raised.value.code, raised.value.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL")
        assert raised.value.remedy == "try again later"


def test_a_call_that_takes_too_long_ends_by_itself(server, client):
    pending = client.server_info_later(0.1)
    wait_until_done(pending)
    with pytest.raises(BackendError) as raised:
        pending.result()
    assert raised.value.reason == "DEADLINE_EXCEEDED" and not raised.value.is_unreachable


def test_nobody_at_the_address_is_unreachable():
    with Client(f"127.0.0.1:{UNUSED_PORT}") as client:
        pending = client.server_info_later(WAIT_S)
        wait_until_done(pending)
        with pytest.raises(BackendError, match="does not answer") as raised:
            pending.result()
    assert raised.value.is_unreachable and raised.value.reason == "BACKEND_UNREACHABLE"


def test_a_client_that_is_closed_ends_what_is_on_its_way(server):
    client = Client(server.address)
    pending = client.server_info_later()
    assert server.has_begun.wait(WAIT_S)
    client.close()
    wait_until_done(pending)
    with pytest.raises(BackendError) as raised:
        pending.result()
    assert raised.value.reason == "CANCELLED"
    assert server.was_left.wait(WAIT_S)


def threads() -> set[threading.Thread]:
    """Return the threads of this process but for those that answer for the server."""
    return {one for one in threading.enumerate() if not one.name.startswith("ThreadPoolExecutor")}


def test_a_client_that_stays_awake_starts_no_thread_with_each_call(server):
    before = threads()
    server.may_answer.set()
    with Client(server.address) as client:
        client.stay_awake()
        client.server_info()
        first = threads() - before
        time.sleep(0.5)
        client.server_info()
        assert len(first) == 1 and threads() - before == first
    deadline = time.monotonic() + WAIT_S
    while threads() - before:
        assert time.monotonic() < deadline, "the thread goes on after the client was closed"
        time.sleep(0.05)
