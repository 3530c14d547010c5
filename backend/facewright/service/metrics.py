"""Numbers for Prometheus, on a port of this machine; nothing is counted unless a port is asked for."""

from collections.abc import Callable

from facewright.errors import ServeFailed

LATENCY_S = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


class Metrics:
    """Counts requests and live frames; without a port it does nothing.

    Args:
        port: of the HTTP endpoint, 0 for any free one; None for none.
        gauges: name and help of numbers that are read when somebody looks.

    Raises:
        ServeFailed: the package prometheus-client is missing, or the port is taken.
    """

    def __init__(self, port: int | None, gauges: dict[tuple[str, str], Callable[[], float]]) -> None:
        self.port = None
        self._requests = self._seconds = self._frames = self._close = None
        if port is None:
            return
        try:
            from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
        except ImportError as error:
            raise ServeFailed(
                "--metrics-port needs the package prometheus-client", "install facewright[metrics]"
            ) from error
        registry = CollectorRegistry()
        self._requests = Counter("facewright_requests", "Requests by their end", ["rpc", "code"], registry=registry)
        self._seconds = Histogram(
            "facewright_request_seconds", "Time of requests", ["rpc"], buckets=LATENCY_S, registry=registry
        )
        self._frames = Histogram(
            "facewright_live_frame_seconds", "Time of live frames", ["part"], buckets=LATENCY_S, registry=registry
        )
        for (name, meaning), read in gauges.items():
            Gauge(f"facewright_{name}", meaning, registry=registry).set_function(read)
        try:
            server, thread = start_http_server(port, "127.0.0.1", registry)
        except OSError as error:
            raise ServeFailed(f"the metrics port {port} is taken: {error.strerror}", "choose another one") from error
        self.port = server.server_address[1]

        def close() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        self._close = close

    def count_request(self, rpc: str, code: str, seconds: float) -> None:
        """Count a request that has ended."""
        if self._requests is not None and self._seconds is not None:
            self._requests.labels(rpc, code).inc()
            self._seconds.labels(rpc).observe(seconds)

    def count_frame(self, wait_ms: float, work_ms: float) -> None:
        """Count a live frame."""
        if self._frames is not None:
            self._frames.labels("wait").observe(wait_ms / 1000)
            self._frames.labels("work").observe(work_ms / 1000)

    def close(self) -> None:
        """Free the port."""
        if self._close is not None:
            self._close()
            self._close = None
