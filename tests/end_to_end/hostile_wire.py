"""Sends hostile requests: calls with bytes of any kind, and connections that break off."""

import socket
import struct
import time
from dataclasses import dataclass
from random import Random

import grpc

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, HEADERS, DATA = 4, 1, 0
OPTIONS = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


@dataclass(frozen=True)
class Attack:
    """One hostile call.

    Attributes:
        category: what it tries.
        method: path of the method.
        messages: serialised, or what stands for them.
        expected: how it may end.
        timeout_s: the call's deadline.
        metadata: of the call.
        cancel_after_s: when the client gives up; None if it does not.
    """

    category: str
    method: str
    messages: tuple[bytes, ...]
    expected: frozenset[grpc.StatusCode]
    timeout_s: float = 60.0
    metadata: tuple[tuple[str, str | bytes], ...] = ()
    cancel_after_s: float | None = None


def send(channel: grpc.Channel, attack: Attack) -> tuple[grpc.StatusCode, str, float]:
    """Make a call; on the wire all four kinds of methods look alike.

    Returns:
        The status, what it says, and how long the answer took in s.
    """
    started = time.perf_counter()
    call = channel.stream_stream(attack.method)(iter(attack.messages), attack.timeout_s, attack.metadata or None)
    if attack.cancel_after_s is not None:
        time.sleep(attack.cancel_after_s)
        call.cancel()
    try:
        for _ in call:
            pass
    except grpc.RpcError as error:
        return error.code(), error.details() or "", time.perf_counter() - started
    return grpc.StatusCode.OK, "", time.perf_counter() - started


def break_off(port: int, content: bytes, linger_s: float) -> None:
    """Send bytes to a port and cut the connection with a reset."""
    with socket.create_connection(("127.0.0.1", port), timeout=10.0) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        try:
            connection.sendall(content)
        except OSError:
            return  # the server has closed it
        time.sleep(linger_s)


def broken_stream(random: Random, method: str) -> bytes:
    """Return what a client sends whose connection ends too early, or who speaks no HTTP/2 at all."""
    headers = {":method": "POST", ":scheme": "http", ":path": method, ":authority": "x", "te": "trailers"}
    headers["content-type"] = "application/grpc"
    block = b"".join(b"\0" + _word(name) + _word(value) for name, value in headers.items())
    greeting = PREFACE + _frame(SETTINGS, 0, 0, b"")
    message = struct.pack(">BI", 0, 2**20) + random.randbytes(100)
    beginnings = (
        random.randbytes(random.randrange(1, 5000)),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + bytes(random.randrange(100)),
        PREFACE[: random.randrange(1, len(PREFACE))],
        PREFACE + random.randbytes(random.randrange(1, 500)),
        greeting + _frame(HEADERS, 4, 1, random.randbytes(200)),
        greeting + struct.pack(">I", 2**24 - 1)[1:] + bytes([DATA, 0, 0, 0, 0, 1]) + bytes(100),
        greeting + _frame(HEADERS, 4, 1, block),
        greeting + _frame(HEADERS, 4, 1, block) + _frame(DATA, 0, 1, message),
        greeting + _frame(HEADERS, 4, 1, block) + _frame(DATA, 1, 1, message[:3]),
        greeting + b"".join(_frame(HEADERS, 4, 2 * number + 1, block) for number in range(50)),
    )
    return random.choice(beginnings)


def _frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    return struct.pack(">I", len(content))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + content


def _word(text: str) -> bytes:
    """Write a string as HPACK does, without Huffman coding; shorter than 127 bytes."""
    return bytes([len(text)]) + text.encode()
