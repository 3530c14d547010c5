"""What can go wrong when a client talks to a backend, with a stable reason and a remedy."""

from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

DETAILS_KEY = "grpc-status-details-bin"

WITHOUT_DETAILS = {
    grpc.StatusCode.UNAVAILABLE: (
        "BACKEND_UNREACHABLE",
        "start the backend with `facewright serve`, or check address and network; then do the same again",
    ),
    grpc.StatusCode.DEADLINE_EXCEEDED: ("DEADLINE_EXCEEDED", "allow more time, or ask when the backend is less busy"),
    grpc.StatusCode.CANCELLED: ("CANCELLED", "start it again"),
    grpc.StatusCode.UNIMPLEMENTED: ("UNIMPLEMENTED", "use a backend of this client's version or newer"),
    grpc.StatusCode.RESOURCE_EXHAUSTED: ("RESOURCE_EXHAUSTED", "send smaller messages, or fewer at once"),
}
"""Reason and remedy where gRPC itself ended a call."""

BAD_METADATA = "Invalid metadata"
"""What gRPC says of a token that it cannot send."""


class BackendError(Exception):
    """A call did not succeed.

    Attributes:
        code: gRPC's status code.
        reason: stable word, as in FACE_NOT_FOUND.
        remedy: what to do about it.
        fields: paths of the fields of the request that are to blame.
    """

    def __init__(
        self, code: grpc.StatusCode, reason: str, message: str, remedy: str, fields: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.remedy, self.fields = code, reason, remedy, fields

    @property
    def is_unreachable(self) -> bool:
        """Whether the backend is gone or not yet ready, so that the same call may succeed later."""
        return self.code is grpc.StatusCode.UNAVAILABLE

    def one_line(self) -> str:
        """Return the whole error as one line."""
        return f"{self.reason}: {str(self).rstrip('.')}. Remedy: {self.remedy}"


def error_from_call(error: grpc.RpcError) -> BackendError:
    """Read what a failed call says: `google.rpc.Status` with ErrorInfo and BadRequest, if the backend sent one."""
    code, message = error.code(), error.details() or ""
    reason, remedy = "", ""
    fields: tuple[str, ...] = ()
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_KEY:
            reason, remedy, fields = _read_details(value)
    if not reason:
        reason, remedy = WITHOUT_DETAILS.get(code, (code.name, "look into the backend's log"))
        message = message or code.name.lower().replace("_", " ")
        if code is grpc.StatusCode.UNAVAILABLE:
            message = f"the backend does not answer ({message})"
        elif code is grpc.StatusCode.DEADLINE_EXCEEDED:
            message = f"the call took longer than the time it was given ({message})"
        elif message == BAD_METADATA:
            reason, remedy = "NOT_AUTHORISED", "give the token as letters and digits, without spaces and line ends"
            message = "the token, or the client's id, has characters that cannot be sent"
    return BackendError(code, reason, message, remedy, fields)


def _read_details(content: bytes) -> tuple[str, str, tuple[str, ...]]:
    """Return reason, remedy and fields; empty where they are missing."""
    status_type, info_type, fields_type = _message_types()
    reason, remedy = "", ""
    fields: tuple[str, ...] = ()
    for detail in status_type.FromString(content).details:
        name = detail.type_url.rsplit("/", 1)[-1]
        if name == "google.rpc.ErrorInfo":
            info = info_type.FromString(detail.value)
            reason, remedy = info.reason, next((one.value for one in info.metadata if one.key == "remedy"), "")
        elif name == "google.rpc.BadRequest":
            fields = tuple(one.field for one in fields_type.FromString(detail.value).field_violations)
    return reason, remedy, fields


def _message_types() -> list[Any]:
    """Make the messages of google/rpc that are read here, in a pool of their own, so that no other package is needed.

    Source: google/rpc/status.proto and error_details.proto; a map is on the wire a list of pairs.
    """
    text, message, many = 9, 11, 3  # TYPE_STRING, TYPE_MESSAGE, LABEL_REPEATED
    layout: dict[str, list[tuple[Any, ...]]] = {
        "Any": [("type_url", 1, text), ("value", 2, 12)],
        "Status": [("details", 3, message, "Any")],
        "Pair": [("key", 1, text), ("value", 2, text)],
        "ErrorInfo": [("reason", 1, text), ("metadata", 3, message, "Pair")],
        "Violation": [("field", 1, text)],
        "BadRequest": [("field_violations", 1, message, "Violation")],
    }
    file = descriptor_pb2.FileDescriptorProto(name="status.proto", package="facewright_client", syntax="proto3")
    for name, fields in layout.items():
        described = file.message_type.add(name=name)
        for field, number, kind, *of in fields:
            added = described.field.add(name=field, number=number, type=kind, label=many if of else 1)
            if of:
                added.type_name = f".facewright_client.{of[0]}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    names = ("Status", "ErrorInfo", "BadRequest")
    found = [pool.FindMessageTypeByName(f"facewright_client.{name}") for name in names]
    return [message_factory.GetMessageClass(one) for one in found]
