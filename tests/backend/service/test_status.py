"""Tests of the table of status codes, and that the client reads from the wire what the server put there."""

import grpc
import pytest
from facewright_client.errors import error_from_call

from facewright import errors
from facewright.service.status import CODES, as_facewright_error, rich_status


def leaves() -> list[type[errors.FacewrightError]]:
    return [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.FacewrightError)]


class FailedCall(grpc.RpcError):
    """A call as gRPC reports it to a client."""

    def __init__(self, code, details, metadata=()) -> None:
        self._parts = code, details, metadata

    def code(self):
        return self._parts[0]

    def details(self):
        return self._parts[1]

    def trailing_metadata(self):
        return self._parts[2]


def test_every_reason_has_its_status_code_and_no_other_stands_in_the_table():
    assert set(CODES) == {leaf.reason for leaf in leaves()}


def test_reason_remedy_and_field_arrive_at_the_client():
    error = errors.RequestInvalid("fit.photos[0]", "expected a photo, found none", "send one")
    status = rich_status(error)
    read = error_from_call(FailedCall(status.code, status.details, status.trailing_metadata))
    assert (read.code, read.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
    assert (str(read), read.remedy, read.fields) == (str(error), "send one", ("fit.photos[0]",))


def test_a_backend_that_does_not_answer_has_a_reason_and_a_remedy():
    read = error_from_call(FailedCall(grpc.StatusCode.UNAVAILABLE, "connection refused"))
    assert read.is_unreachable and read.reason == "BACKEND_UNREACHABLE" and "facewright serve" in read.remedy


def test_a_deadline_of_the_client_is_told_in_words():
    read = error_from_call(FailedCall(grpc.StatusCode.DEADLINE_EXCEEDED, "Stream removed (Deadline Exceeded)"))
    assert read.reason == "DEADLINE_EXCEEDED" and str(read).startswith(
        "the call took longer than the time it was given"
    )


def test_an_unforeseen_error_tells_the_client_an_id_that_the_log_has_and_nothing_else(caplog):
    try:
        raise KeyError("secret of the machine")
    except KeyError as error:
        shown = as_facewright_error(error)
    fault = str(shown).rsplit(" ", 1)[-1]
    assert shown.reason == "INTERNAL" and "secret" not in str(shown) + shown.remedy
    assert fault in caplog.text and "secret of the machine" in caplog.text


@pytest.mark.parametrize("error", [MemoryError(), pytest.importorskip("torch").OutOfMemoryError()])
def test_too_little_memory_is_an_error_of_its_own(error):
    assert as_facewright_error(error).reason == "OUT_OF_MEMORY"
