"""Tests of what the command line says about a server's errors."""

import grpc
from facewright_client import BackendError

from facewright.commands.remote import as_facewright_error


def test_a_wrong_token_names_the_option_that_gives_the_right_one():
    error = BackendError(grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHORISED", "the token is wrong", "send the metadata")
    shown = as_facewright_error(error).one_line()
    assert shown.startswith("NOT_AUTHORISED: the token is wrong. Remedy: ") and "--token-file FILE" in shown


def test_other_errors_keep_their_reason_and_remedy():
    error = BackendError(grpc.StatusCode.NOT_FOUND, "RIG_UNKNOWN", "no rig 'x'", "choose one of makehuman")
    assert as_facewright_error(error).one_line() == "RIG_UNKNOWN: no rig 'x'. Remedy: choose one of makehuman"
