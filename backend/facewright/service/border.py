"""What every request passes: token, reading of its bytes, errors to status, one log line, one count."""

import dataclasses
import hashlib
import hmac
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2

from facewright.errors import Cancelled, NotAuthorised, RequestInvalid
from facewright.service.metrics import Metrics
from facewright.service.status import as_facewright_error, rich_status

LOG = logging.getLogger(__name__)

OPEN_SERVICES = ("/grpc.health.v1.Health/",)
"""What may be asked without a token: whether the server lives."""

WATCH = "/grpc.health.v1.Health/Watch"

QUIET_RPCS = ("GetFit", "GetLatestExpression", "GetServerInfo", "Check", "List")
"""Polled many times a second: logged at the level debug."""

CLIENT_KEY, TOKEN_KEY = "x-facewright-client", "authorization"
CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclasses.dataclass(frozen=True)
class Unreadable:
    """Stands for a request whose bytes are not the message that they should be."""

    message: str


class Border(grpc.ServerInterceptor):
    """Wraps every handler.

    Args:
        token: what clients must send as `authorization: Bearer TOKEN`; None for nothing.
        metrics: counts.
    """

    def __init__(self, token: str | None, metrics: Metrics) -> None:
        self._expected = None if token is None else f"Bearer {token}".encode()
        self._metrics = metrics

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler | None:
        """Return the handler of a call, wrapped."""
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        rpc = handler_call_details.method
        if rpc == WATCH:  # as it is: a wrapped one would hold a thread
            return handler._replace(request_deserializer=_read_watch)
        if not rpc.startswith(OPEN_SERVICES) and not self._may_pass(handler_call_details.invocation_metadata):
            return self._wrapped(handler._replace(request_deserializer=None), rpc, _refuse)
        if handler.request_deserializer is not None:
            handler = handler._replace(request_deserializer=_reading(handler.request_deserializer))
        return self._wrapped(handler, rpc, None)

    def _may_pass(self, metadata: Iterable[tuple[str, str | bytes]] | None) -> bool:
        if self._expected is None:
            return True
        sent = next((value for key, value in metadata or () if key == TOKEN_KEY), "")
        return hmac.compare_digest(sent.encode() if isinstance(sent, str) else sent, self._expected)

    def _wrapped(self, handler: grpc.RpcMethodHandler, rpc: str, instead: Callable | None) -> grpc.RpcMethodHandler:
        """Put the guard around whichever of the four behaviours the handler has."""

        def answer(behaviour: Callable) -> Callable:
            def one(request: Any, context: grpc.ServicerContext) -> Any:
                with self._guard(rpc, context):
                    return (instead or behaviour)(_checked(request), context)

            return one

        def stream(behaviour: Callable) -> Callable:
            def many(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
                with self._guard(rpc, context):
                    yield from (instead or behaviour)(_checked(request), context)

            return many

        if handler.response_streaming:
            name = "stream_stream" if handler.request_streaming else "unary_stream"
            return handler._replace(**{name: stream(getattr(handler, name))})
        name = "stream_unary" if handler.request_streaming else "unary_unary"
        return handler._replace(**{name: answer(getattr(handler, name))})

    @contextmanager
    def _guard(self, rpc: str, context: grpc.ServicerContext) -> Iterator[None]:
        """Turn what a behaviour raises into a status, then log and count the request."""
        started, name = time.perf_counter(), rpc.rsplit("/", 1)[-1]
        code, reason = "OK", ""
        try:
            yield
            if context.code() is not None:  # a library's servicer says its status so
                code = context.code().name
        except GeneratorExit:  # the client has gone
            code = "CANCELLED"
            raise
        except Exception as error:  # the border: nothing unforeseen gets past it
            status, reason = _described(error)
            code = status.code.name
            context.abort_with_status(status)
        finally:
            seconds = time.perf_counter() - started
            self._metrics.count_request(name, code, seconds)
            LOG.log(
                logging.DEBUG if name in QUIET_RPCS else logging.INFO,
                "rpc=%s code=%s reason=%s ms=%.1f client=%s", name, code, reason or "-", 1000 * seconds,
                hashlib.sha256(client_of(context).encode()).hexdigest()[:8],
            )  # fmt: skip


def _described(error: Exception) -> tuple[grpc.Status, str]:
    """Return status and reason of an error; the guard itself keeps no name for it, which would be a circle."""
    shown = as_facewright_error(error)
    return rich_status(shown), shown.reason


def client_of(context: grpc.ServicerContext) -> str:
    """Return who asks, for fairness: the id that the client gives itself, or else its connection."""
    for key, value in context.invocation_metadata() or ():
        if key == CLIENT_KEY and isinstance(value, str) and CLIENT_ID.fullmatch(value):
            return value
    return context.peer()


def _reading(deserialise: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Return a reader that never fails, so that bytes that are no message get a status of their own."""

    def read(content: bytes) -> Any:
        try:
            return deserialise(content)
        except DecodeError as error:
            return Unreadable(f"{len(content)} bytes are not the message of this call: {error}")

    return read


def _read_watch(content: bytes) -> health_pb2.HealthCheckRequest:
    """Read whose health is asked for; of bytes that are no message, that of nobody, which is answered as unknown."""
    try:
        return health_pb2.HealthCheckRequest.FromString(content)
    except DecodeError:
        return health_pb2.HealthCheckRequest(service="unreadable request")


def _checked(request: Any) -> Any:
    """Return a request, or raise for one that could not be read; of a stream, each in its turn.

    Raises:
        RequestInvalid: the bytes are not the message of the call.
    """
    if isinstance(request, Unreadable):
        raise RequestInvalid("request", request.message, "use the protocol facewright.v1 of the server's version")
    return _each(request) if hasattr(request, "__next__") else request


def _each(requests: Iterator[Any]) -> Iterator[Any]:
    """Yield the requests of a stream.

    Raises:
        RequestInvalid: the bytes of one are not the message of the call.
        Cancelled: the client has gone.
    """
    try:
        for one in requests:
            yield _checked(one)
    except grpc.RpcError as error:
        raise Cancelled("the client has gone before its stream was read", "call again") from error


def _refuse(_request: Any, _context: grpc.ServicerContext) -> Iterator[Any]:
    raise NotAuthorised(
        "the token is missing or wrong", "send the metadata `authorization: Bearer TOKEN` with the server's token"
    )
