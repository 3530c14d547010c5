"""The health of the server's services, as grpc.health.v1 tells it, watched without holding threads."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2


class HealthServicer(health.HealthServicer):
    """The servicer of the package grpc_health, without its deadlock.

    While a status is told to a watcher, the package holds a lock and waits for gRPC's own thread; a watcher that leaves
    at that moment lets gRPC's own thread wait for the lock. Here that thread never waits: a watcher is taken off aside.
    """

    def __init__(self) -> None:
        super().__init__(experimental_non_blocking=True, experimental_thread_pool=ThreadPoolExecutor(1))

    def Watch(
        self,
        request: health_pb2.HealthCheckRequest,
        context: grpc.ServicerContext,
        send_response_callback: Callable[[health_pb2.HealthCheckResponse | None], None] | None = None,
    ) -> None:
        """Tell the status of a service now and whenever it changes."""
        super().Watch(request, _LeavingAside(context), send_response_callback)


class _LeavingAside:
    """Of a call's context what the package asks for; what is called when the call ends runs in a thread of its own."""

    def __init__(self, context: grpc.ServicerContext) -> None:
        self._context = context

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Call back when the call ends; False when it has ended already."""
        aside = threading.Thread(target=callback, name="watcher leaves", daemon=True)
        return self._context.add_callback(aside.start)
