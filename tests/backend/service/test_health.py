"""The health servicer never lets gRPC's own thread wait."""

import threading

from grpc_health.v1 import health_pb2

from facewright.service.health import HealthServicer

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


class Call:
    """A watcher that leaves while it is told the second status, as gRPC's own thread notices it."""

    def __init__(self) -> None:
        self.left, self.told, self.has_left_at_once = None, [], False

    def add_callback(self, callback) -> bool:
        self.left = callback
        return True

    def send(self, response: health_pb2.HealthCheckResponse | None) -> None:
        if response is None:
            return
        self.told.append(response.status)
        if len(self.told) == 2:
            of_grpc = threading.Thread(target=self.left, daemon=True)
            of_grpc.start()
            of_grpc.join(5.0)
            self.has_left_at_once = not of_grpc.is_alive()


def test_a_watcher_may_leave_while_it_is_told_a_status():
    servicer, call = HealthServicer(), Call()
    servicer.set("", SERVING)
    servicer.Watch(health_pb2.HealthCheckRequest(), call, call.send)
    servicer.enter_graceful_shutdown()
    assert call.told == [SERVING, NOT_SERVING]
    assert call.has_left_at_once
