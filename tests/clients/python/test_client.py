"""Tests of what a client does beside its calls, against a small server in this process."""

from collections.abc import Iterator
from concurrent import futures

import grpc
import pytest
from facewright_client import BackendError, Client
from facewright_client.generated import expression_pb2, expression_pb2_grpc


class Expressions(expression_pb2_grpc.ExpressionServiceServicer):
    """Answers each frame."""

    def StreamExpressions(self, requests, context):
        for request in requests:
            if request.WhichOneof("message") == "frame":
                yield expression_pb2.StreamExpressionsResponse(expression={"frame_id": request.frame.frame_id})


@pytest.fixture
def address() -> Iterator[str]:
    """Return where a server answers."""
    server = grpc.server(futures.ThreadPoolExecutor(2))
    expression_pb2_grpc.add_ExpressionServiceServicer_to_server(Expressions(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


def test_an_error_of_the_frames_themselves_comes_back_as_it_is(address):
    def frames() -> Iterator[expression_pb2.Frame]:
        yield expression_pb2.Frame(frame_id=7)
        raise RuntimeError("the camera fell down")

    with Client(address) as client, pytest.raises(RuntimeError, match="the camera fell down"):
        list(client.expressions(frames()))


def test_frames_that_end_end_the_stream_with_all_answers(address):
    with Client(address) as client:
        answers = list(client.expressions(expression_pb2.Frame(frame_id=number) for number in (3, 4)))
    assert [answer.expression.frame_id for answer in answers] == [3, 4]


def test_a_token_that_cannot_be_sent_is_the_tokens_fault_and_not_the_backends(address):
    with Client(address, token="two\nlines") as client, pytest.raises(BackendError, match="cannot be sent") as caught:
        client.list_rigs()
    assert caught.value.reason == "NOT_AUTHORISED" and "letters and digits" in caught.value.remedy
