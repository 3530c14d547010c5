"""The one table from reasons of errors to gRPC status codes, and the rich status that carries reason and remedy."""

import logging
import secrets

import grpc
import torch
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from facewright.errors import FacewrightError, InternalFault, OutOfMemory

LOG = logging.getLogger(__name__)

DOMAIN = "facewright"

CODES: dict[str, grpc.StatusCode] = {
    "FACEWRIGHT_ERROR": grpc.StatusCode.INTERNAL,
    "IMAGE_UNREADABLE": grpc.StatusCode.INVALID_ARGUMENT,
    "IMAGE_TOO_LARGE": grpc.StatusCode.INVALID_ARGUMENT,
    "FACE_NOT_FOUND": grpc.StatusCode.INVALID_ARGUMENT,
    "FACE_TOO_SMALL": grpc.StatusCode.INVALID_ARGUMENT,
    "FACE_NOT_FRONTAL": grpc.StatusCode.INVALID_ARGUMENT,
    "CONFIG_INVALID": grpc.StatusCode.INVALID_ARGUMENT,
    "REQUEST_INVALID": grpc.StatusCode.INVALID_ARGUMENT,
    "CALIBRATION_INVALID": grpc.StatusCode.FAILED_PRECONDITION,
    "RIG_UNKNOWN": grpc.StatusCode.NOT_FOUND,
    "RIG_INVALID": grpc.StatusCode.FAILED_PRECONDITION,
    "WEIGHTS_MISSING": grpc.StatusCode.FAILED_PRECONDITION,
    "WEIGHTS_CORRUPT": grpc.StatusCode.DATA_LOSS,
    "OUTPUT_NOT_WRITABLE": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "ENGINE_UNAVAILABLE": grpc.StatusCode.FAILED_PRECONDITION,
    "BLENDER_UNAVAILABLE": grpc.StatusCode.FAILED_PRECONDITION,
    "BLENDER_FAILED": grpc.StatusCode.INTERNAL,
    "CANCELLED": grpc.StatusCode.CANCELLED,
    "REQUEST_ID_REUSED": grpc.StatusCode.ALREADY_EXISTS,
    "NOT_AUTHORISED": grpc.StatusCode.UNAUTHENTICATED,
    "JOB_UNKNOWN": grpc.StatusCode.NOT_FOUND,
    "CAPTURE_UNKNOWN": grpc.StatusCode.NOT_FOUND,
    "QUEUE_FULL": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "NOT_READY": grpc.StatusCode.UNAVAILABLE,
    "TIME_LIMIT_EXCEEDED": grpc.StatusCode.DEADLINE_EXCEEDED,
    "OUT_OF_MEMORY": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "SOURCE_UNAVAILABLE": grpc.StatusCode.NOT_FOUND,
    "SERVE_FAILED": grpc.StatusCode.INTERNAL,
    "INTERNAL": grpc.StatusCode.INTERNAL,
}
"""Every reason of errors.py has its line; a test sees to it."""


def code_of(error: FacewrightError) -> grpc.StatusCode:
    """Return the status code of an error."""
    return CODES.get(error.reason, grpc.StatusCode.INTERNAL)


def rich_status(error: FacewrightError) -> grpc.Status:
    """Describe an error for the wire.

    Args:
        error: what went wrong.

    Returns:
        Code and message, with `google.rpc.ErrorInfo` (reason, domain, metadata `remedy`) and, where one field of the
        request is to blame, `google.rpc.BadRequest`.
    """
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata={"remedy": error.remedy})
    details = [info]
    if error.field is not None:
        violation = error_details_pb2.BadRequest.FieldViolation(field=error.field, description=str(error))
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    packed = []
    for detail in details:
        packed.append(any_pb2.Any())
        packed[-1].Pack(detail)
    number = getattr(code_pb2, code_of(error).name)
    return rpc_status.to_status(status_pb2.Status(code=number, message=str(error), details=packed))


def without_frames(error: FacewrightError) -> FacewrightError:
    """Return a copy of an error that does not hold the frames through which it came, and so no photo of theirs.

    An error that is kept must be such a copy; one that is raised again grows by the frames of whoever raises it.
    """
    copy = type(error).__new__(type(error), *error.args)
    copy.__dict__.update(error.__dict__)
    return copy


def as_facewright_error(error: Exception) -> FacewrightError:
    """Return an error that clients may see; one that nobody foresaw is logged under an id and tells no more."""
    if isinstance(error, FacewrightError):
        return error
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return OutOfMemory("there is too little memory for this work", "send less at once, or end other programs")
    fault = secrets.token_hex(4)
    LOG.error("fault %s", fault, exc_info=error)
    return InternalFault(
        f"something went wrong in the backend, fault {fault}", f"look for {fault} in the backend's log, and report it"
    )
