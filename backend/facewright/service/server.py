"""Puts a backend together and opens its port; `serve` runs it until it is told to stop."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import grpc
import psutil
import torch
from facewright_client.generated import (
    expression_pb2,
    expression_pb2_grpc,
    fitting_pb2,
    fitting_pb2_grpc,
    rig_pb2,
    rig_pb2_grpc,
    server_pb2,
    server_pb2_grpc,
)
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from facewright.config import FacewrightConfig, ServiceConfig
from facewright.errors import OutputNotWritable, ServeFailed
from facewright.export.files import atomic_write
from facewright.service.backend import Backend
from facewright.service.border import Border
from facewright.service.convert.fitting import result_message
from facewright.service.device.schedule import QUEUED, RUNNING, Schedule
from facewright.service.device.worker import Worker
from facewright.service.device.workshop import FitOrder, FittedHead, Workshop
from facewright.service.exposure import address, checked_exposure, credentials, is_loopback
from facewright.service.health import HealthServicer
from facewright.service.live.captures import Captures
from facewright.service.live.hub import LiveHub
from facewright.service.metrics import Metrics
from facewright.service.rigs import RigShelf
from facewright.service.servicers.expression import ExpressionServicer
from facewright.service.servicers.fitting import FittingServicer
from facewright.service.servicers.rig import RigServicer
from facewright.service.servicers.server import MESSAGE_BYTES, ServerServicer

LOG = logging.getLogger(__name__)

SERVICES = tuple(
    file.DESCRIPTOR.services_by_name[name].full_name
    for file, name in (
        (server_pb2, "ServerService"),
        (rig_pb2, "RigService"),
        (fitting_pb2, "FittingService"),
        (expression_pb2, "ExpressionService"),
    )
)
CLOSE_S = 1.0
"""What calls that are still open get after all jobs have ended."""

EXIT_INTERRUPTED = 130
FLUSH_S = 0.1
"""Last answers leave the machine before the connections are closed."""

SWITCH_S = 0.001
"""A live frame's thread gets its turn from Python after so long while a fit computes."""

OPTIONS = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    ("grpc.so_reuseport", 0),  # else a second server shares the port unnoticed
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
)


class FacewrightServer:
    """A backend behind an open port.

    Args:
        backend: all its parts.
        server: gRPC's server, with its port bound.
        state: tells clients whether it is ready.
        metrics: counts.
    """

    def __init__(self, backend: Backend, server: grpc.Server, state: HealthServicer, metrics: Metrics) -> None:
        self.backend, self.metrics = backend, metrics
        self._server, self._health = server, state
        self._stopped = threading.Event()

    def start(self) -> None:
        """Accept calls and begin to load the models; health is SERVING once they have been tried."""
        self._server.start()
        self.backend.worker.start()
        threading.Thread(target=self._announce, name="announce", daemon=True).start()

    def wait_until_loaded(self, timeout_s: float | None = None) -> bool:
        """Wait for the models; False when the time is over before.

        Raises:
            FacewrightError: a model, a rig or an engine is missing or broken.
        """
        if not self.backend.worker.is_open.wait(timeout_s):
            return False
        if self.backend.worker.failure is not None:
            raise self.backend.worker.failure
        return True

    def stop(self, patience_s: float | None = None) -> None:
        """Take nothing new, give running fits some time, then cancel them; every call gets an answer.

        Args:
            patience_s: time for fits to end by themselves; that of the limits when None.
        """
        if self._stopped.is_set():
            return
        self._stopped.set()
        backend = self.backend
        backend.is_stopping = True
        self._health.enter_graceful_shutdown()
        backend.schedule.stop()
        backend.captures.stop_all()
        backend.hub.stop()
        deadline = time.monotonic() + (backend.limits.stop_seconds if patience_s is None else patience_s)
        while not backend.schedule.is_idle() and time.monotonic() < deadline:
            time.sleep(0.05)
        backend.schedule.cancel_running()
        while not backend.schedule.is_idle() and backend.is_loaded:
            time.sleep(0.02)
        deadline = time.monotonic() + CLOSE_S
        while backend.schedule.is_followed() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(FLUSH_S)
        self._server.stop(CLOSE_S).wait()
        if backend.is_loaded:
            backend.worker.join()
        self.metrics.close()

    def _announce(self) -> None:
        self.backend.worker.is_open.wait()
        if self.backend.worker.failure is None and not self._stopped.is_set():
            for name in ("", *SERVICES):
                self._health.set(name, health_pb2.HealthCheckResponse.SERVING)


def create_server(
    service: ServiceConfig,
    config: FacewrightConfig,
    workshop: Workshop | None = None,
) -> tuple[FacewrightServer, int]:
    """Put a backend together and bind its port; nothing is loaded yet.

    Args:
        service: address and limits.
        config: rig, device and the settings that requests start from.
        workshop: the models; those of the config when None.

    Returns:
        The server, to be started, and its port.

    Raises:
        ServeFailed: the port is taken, or the address may not be served like this.
    """
    checked_exposure(service)
    schedule, shelf = Schedule(service), RigShelf(config.rig, config.compiled_rigs_dir())
    metrics = Metrics(
        service.metrics_port,
        {
            ("fits_queued", "Fits that wait"): lambda: schedule.counts()[QUEUED],
            ("fits_running", "Fits that are worked on"): lambda: schedule.counts()[RUNNING],
            ("live_sessions", "Open live streams and captures"): lambda: hub.count(),
        },
    )
    hub = LiveHub(service, metrics.count_frame)
    workshop = workshop or Workshop(config)

    def pack(head: FittedHead, order: FitOrder) -> tuple[fitting_pb2.FitResult, int]:
        rig = shelf.get(order.config.rig)
        channels, middle = shelf.pose(rig, head.result.parameters)
        message = result_message(rig, head, channels, middle, order.with_skin)
        return message, message.ByteSize()

    worker = Worker(workshop, schedule, service, pack, hub.wait_until_idle)
    backend = Backend(config, service, shelf, workshop, schedule, worker, hub, Captures(hub.close))
    server, state = _grpc_server(backend, metrics)
    try:
        port = _bind(server, service)
    except ServeFailed:
        hub.stop()
        metrics.close()
        raise
    return FacewrightServer(backend, server, state, metrics), port


def _grpc_server(backend: Backend, metrics: Metrics) -> tuple[grpc.Server, HealthServicer]:
    """Make gRPC's server with all services, health (nothing serves yet) and reflection."""
    service = backend.limits
    server = grpc.server(
        ThreadPoolExecutor(service.requests, thread_name_prefix="rpc"),
        interceptors=[Border(service.token, metrics)],
        options=OPTIONS,
        maximum_concurrent_rpcs=service.requests,
    )
    is_local_only = is_loopback(service.host)
    may_open_videos = is_local_only or service.videos_dir is not None
    server_pb2_grpc.add_ServerServiceServicer_to_server(ServerServicer(backend, may_open_videos), server)
    rig_pb2_grpc.add_RigServiceServicer_to_server(RigServicer(backend), server)
    fitting_pb2_grpc.add_FittingServiceServicer_to_server(FittingServicer(backend), server)
    expression_pb2_grpc.add_ExpressionServiceServicer_to_server(ExpressionServicer(backend, is_local_only), server)
    state = HealthServicer()
    for name in ("", *SERVICES):
        state.set(name, health_pb2.HealthCheckResponse.NOT_SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(state, server)
    reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    return server, state


def _bind(server: grpc.Server, service: ServiceConfig) -> int:
    where, secret = address(service.host, service.port), credentials(service)
    try:
        port = server.add_insecure_port(where) if secret is None else server.add_secure_port(where, secret)
    except RuntimeError as error:
        raise ServeFailed(
            f"{where} cannot be opened: another program has the port, or this machine has no such address",
            "stop the other server, or take another port with --port (0 takes any free one)",
        ) from error
    if port == 0:
        raise ServeFailed(f"{where} cannot be opened with these TLS files", "check certificate and key: PEM, a pair")
    return port


def serve(service: ServiceConfig, config: FacewrightConfig, say: Callable[[str], None]) -> bool:
    """Serve until SIGINT, SIGTERM, or the end of the parent process.

    Args:
        service: address and limits.
        config: rig, device and default settings.
        say: told when the port is open and when the server is ready.

    Returns:
        Whether Ctrl-C ended it.

    Raises:
        ServeFailed: the port is taken, the address may not be served like this, or the port file cannot be written.
        FacewrightError: a model, a rig or an engine is missing or broken.
    """
    torch.set_num_threads(service.threads or max(1, (os.cpu_count() or 2) // 2))
    sys.setswitchinterval(SWITCH_S)
    stop, signals, started = threading.Event(), [], time.perf_counter()
    parent = _parent(service.parent_pid)
    server, port = create_server(service, config)
    _write_port(server, service.port_file, port)

    def ask_to_stop(number: int, _frame: object) -> None:
        signals.append(number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_stop)
    server.start()
    say(f"listening on {address(service.host, port)}, loading")
    try:
        is_ready = False
        while not stop.wait(0.0 if is_ready else 0.2) and _is_running(parent):
            if not is_ready and server.wait_until_loaded(0.2):
                is_ready = True
                say(f"ready after {time.perf_counter() - started:.1f} s; Ctrl-C stops")
            elif is_ready:
                stop.wait(1.0)
    finally:
        if service.port_file is not None:
            with suppress(OSError):
                service.port_file.unlink()
        say("stopping")
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a second Ctrl-C does not wait
        server.stop(None if _is_running(parent) else 0.0)
        if not server.backend.worker.join(0.0):  # it still loads, which nothing can interrupt
            logging.shutdown()
            os._exit(EXIT_INTERRUPTED if signal.SIGINT in signals else 0)
    return signal.SIGINT in signals


def _write_port(server: FacewrightServer, path: Path | None, port: int) -> None:
    """Write the port for whoever started the server, if asked to; without the file the server ends.

    Raises:
        ServeFailed: the file cannot be written.
    """
    if path is None:
        return
    try:
        atomic_write(path, lambda part: part.write_text(f"{port}\n"))
    except OutputNotWritable as error:
        server.stop(0.0)
        raise ServeFailed(f"the port file {error}", "name a file that can be written with --port-file") from error


def _parent(pid: int | None) -> psutil.Process | None:
    """Return the process with which the server shall end.

    Raises:
        ServeFailed: there is none of that id.
    """
    if pid is None:
        return None
    try:
        return psutil.Process(pid)
    except psutil.Error as error:
        raise ServeFailed(f"there is no process {pid}", "give the id of a running process") from error


def _is_running(parent: psutil.Process | None) -> bool:
    try:
        return parent is None or (parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
