"""A call that is on its way, for programs that must not wait."""

from typing import Any

import grpc

from .errors import BackendError, error_from_call


class Pending:
    """Wraps gRPC's future, so that it fails with BackendError.

    Args:
        future: what the stub's `future` returned.
    """

    def __init__(self, future: grpc.Future) -> None:
        self._future = future

    def done(self) -> bool:
        """Return whether the answer, or an error, is there."""
        return self._future.done()

    def cancel(self) -> None:
        """Stop the call; `result` then raises CANCELLED."""
        self._future.cancel()

    def result(self) -> Any:
        """Wait for the answer and return it.

        Raises:
            BackendError: the call failed or was cancelled.
        """
        try:
            return self._future.result()
        except grpc.FutureCancelledError:
            raise BackendError(
                grpc.StatusCode.CANCELLED, "CANCELLED", "the call was cancelled", "start it again"
            ) from None
        except grpc.RpcError as error:
            raise error_from_call(error) from None
