"""Tests of a server's life with stand-ins for the models: loading, token, TLS, ports, limits, faults, stopping."""

import socket
import threading
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import numpy as np
import pytest
from facewright_client import BackendError, Client, open_channel, photo_specification
from facewright_client.generated import fitting_pb2, rig_pb2, server_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from facewright.config import FacewrightConfig, ServiceConfig
from facewright.datatypes import Camera, FitResult, Lighting, Look, Progress
from facewright.errors import ServeFailed, WeightsCorrupt
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.installed import load_rig
from facewright.service.device.workshop import FittedHead, Workshop
from facewright.service.server import FacewrightServer, create_server

TOKEN = "0123456789abcdef-token"
WAIT_S = 20.0


class StandIn(Workshop):
    """A workshop whose fits obey the face index: 0 is done at once, 1 goes on until it is cancelled, 2 fails."""

    def __init__(self, config: FacewrightConfig, may_open: threading.Event | None = None) -> None:
        super().__init__(config)
        self.may_open, self.rig = may_open, load_rig("makehuman")

    def open(self) -> None:
        if self.may_open is not None:
            self.may_open.wait(WAIT_S)
        self.device = "cpu"

    def fit(self, order, progress, cancel) -> FittedHead:
        progress(Progress("observe", 0, 1))
        if order.face_index == 2:
            raise KeyError("secret of the machine")
        while order.face_index == 1 and not cancel.is_set():
            progress(Progress("imitator", 1, 2, 0.5))
            time.sleep(0.005)
        parameters = np.full(len(self.rig.parameters), 0.5, np.float32)
        lighting = Lighting(np.array([0.0, 0, 1]), np.ones(3), np.ones(3))
        camera = Camera(np.eye(4), 1.0, np.zeros(2), (8, 8))
        return FittedHead(FitResult(parameters, np.zeros(52), camera, Look(NEUTRAL_COLOURS), lighting, {}, {}), ())


@pytest.fixture
def start():
    """Return a call that starts a server of stand-ins and returns it with its port."""
    servers: list[FacewrightServer] = []

    def run(workshop: Workshop | None = None, **limits) -> tuple[FacewrightServer, int]:
        config = FacewrightConfig(device="cpu")
        server, port = create_server(ServiceConfig(port=0, **limits), config, workshop or StandIn(config))
        servers.append(server)
        server.start()
        return server, port

    yield run
    for server in servers:
        server.stop(0.0)


@pytest.fixture(scope="module")
def spec() -> fitting_pb2.FitSpecification:
    import io

    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (32, 32)).save(stream, "PNG")
    return photo_specification([stream.getvalue()])


def with_face(spec: fitting_pb2.FitSpecification, index: int) -> fitting_pb2.FitSpecification:
    other = fitting_pb2.FitSpecification.FromString(spec.SerializeToString())
    other.face_index = index
    return other


def health(port: int) -> int:
    with open_channel(f"127.0.0.1:{port}") as channel:
        return health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest()).status


def test_a_server_that_loads_says_so_and_refuses_fits_until_it_is_ready(start, spec):
    may_open = threading.Event()
    server, port = start(StandIn(FacewrightConfig(device="cpu"), may_open))
    with Client(f"127.0.0.1:{port}") as client:
        assert client.server_info().state == server_pb2.SERVER_STATE_LOADING
        assert health(port) == health_pb2.HealthCheckResponse.NOT_SERVING
        with pytest.raises(BackendError, match="loading") as raised:
            client.fit(spec)
        assert raised.value.is_unreachable
        with pytest.raises(BackendError, match="still loading"):
            client.wait_until_ready(0.2)
        may_open.set()
        assert client.wait_until_ready(WAIT_S).state == server_pb2.SERVER_STATE_READY
        assert client.fit(spec).character.rig_id == "makehuman"
        assert health(port) == health_pb2.HealthCheckResponse.SERVING


def test_watching_the_health_holds_no_thread_and_sees_the_server_become_ready(start):
    may_open = threading.Event()
    _, port = start(StandIn(FacewrightConfig(device="cpu"), may_open), requests=8)
    with open_channel(f"127.0.0.1:{port}") as channel, Client(f"127.0.0.1:{port}") as client:
        stub = health_pb2_grpc.HealthStub(channel)
        watches = [stub.Watch(health_pb2.HealthCheckRequest()) for _ in range(7)]
        assert [next(watch).status for watch in watches] == [health_pb2.HealthCheckResponse.NOT_SERVING] * 7
        assert sum(thread.name.startswith("rpc") for thread in threading.enumerate()) < 7
        may_open.set()
        client.wait_until_ready(WAIT_S)
        assert [next(watch).status for watch in watches] == [health_pb2.HealthCheckResponse.SERVING] * 7
        for watch in watches:
            watch.cancel()


def test_a_model_that_is_damaged_is_raised_to_whoever_waits(start):
    class Broken(StandIn):
        def open(self) -> None:
            raise WeightsCorrupt("model file embedder has another hash", "fetch it again")

    server, port = start(Broken(FacewrightConfig(device="cpu")))
    with pytest.raises(WeightsCorrupt, match="embedder"):
        server.wait_until_loaded(WAIT_S)
    assert health(port) == health_pb2.HealthCheckResponse.NOT_SERVING


def test_without_the_token_only_health_is_answered(start, spec):
    server, port = start(token=TOKEN)
    server.wait_until_loaded(WAIT_S)
    health(port)
    for token in (None, "wrong", TOKEN + "x"):
        with Client(f"127.0.0.1:{port}", token) as client:
            for call in (client.server_info, lambda client=client: client.fit(spec)):
                with pytest.raises(BackendError) as raised:
                    call()
                assert (raised.value.code, raised.value.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHORISED")
            with pytest.raises(BackendError, match="token"):
                list(client.expressions(iter([])))
    with Client(f"127.0.0.1:{port}", TOKEN) as client:
        assert client.fit(spec).bones


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for this machine, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    key_path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return cert_path, key_path


def test_tls_keeps_plain_clients_out_and_lets_those_in_that_trust_the_certificate(start, spec, tmp_path):
    cert, key = certificate(tmp_path)
    server, port = start(tls_cert=cert, tls_key=key)
    server.wait_until_loaded(WAIT_S)
    with Client(f"localhost:{port}", root_certificates=cert.read_bytes()) as client:
        assert client.fit(spec).bones
    with Client(f"localhost:{port}") as client, pytest.raises(BackendError):
        client.server_info(2.0)


def test_a_client_without_a_certificate_is_kept_out_where_one_is_wanted(start, tmp_path):
    cert, key = certificate(tmp_path)
    _, port = start(tls_cert=cert, tls_key=key, client_ca=cert)
    with Client(f"localhost:{port}", root_certificates=cert.read_bytes()) as client, pytest.raises(BackendError):
        client.server_info(2.0)


def test_tls_files_that_are_no_certificates_are_refused(tmp_path):
    (tmp_path / "cert.pem").write_text("no certificate")
    service = ServiceConfig(port=0, tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "cert.pem")
    with pytest.raises(ServeFailed):
        create_server(service, FacewrightConfig(device="cpu"))


def test_a_file_without_certificates_is_no_authority_of_clients_and_the_port_is_not_blamed(tmp_path):
    cert, key = certificate(tmp_path)
    (tmp_path / "ca.pem").write_text("no certificate")
    service = ServiceConfig(port=0, tls_cert=cert, tls_key=key, client_ca=tmp_path / "ca.pem")
    with pytest.raises(ServeFailed, match=r"--client-ca .*ca\.pem holds no certificate"):
        create_server(service, FacewrightConfig(device="cpu"))


def test_a_second_server_on_the_same_port_is_refused_with_a_remedy(start):
    _, port = start()
    with pytest.raises(ServeFailed, match="another program has the port") as raised:
        create_server(ServiceConfig(port=port), FacewrightConfig(device="cpu"))
    assert "--port" in raised.value.remedy


def test_an_unforeseen_fault_shows_an_id_and_the_next_fit_works(start, spec, caplog):
    server, port = start()
    server.wait_until_loaded(WAIT_S)
    with Client(f"127.0.0.1:{port}") as client:
        with pytest.raises(BackendError, match="fault [0-9a-f]{8}") as raised:
            client.fit(with_face(spec, 2))
        assert raised.value.code is grpc.StatusCode.INTERNAL
        assert "secret" not in str(raised.value) + raised.value.remedy and "Traceback" not in str(raised.value)
        assert str(raised.value).rsplit(" ", 1)[-1] in caplog.text and "secret of the machine" in caplog.text
        assert client.fit(spec).bones


def test_a_fit_that_takes_too_long_is_ended_and_says_so(start, spec):
    server, port = start(fit_seconds=1.0)
    server.wait_until_loaded(WAIT_S)
    with Client(f"127.0.0.1:{port}") as client:
        with pytest.raises(BackendError, match="longer than 1 s") as raised:
            client.fit(with_face(spec, 1))
        assert raised.value.reason == "TIME_LIMIT_EXCEEDED"
        assert client.fit(spec).bones


def test_the_queue_has_an_end_and_says_so(start, spec):
    server, port = start(queued_fits=2, queued_fits_per_client=2)
    server.wait_until_loaded(WAIT_S)
    with Client(f"127.0.0.1:{port}") as client:
        first = client.start_fit(with_face(spec, 1))
        while client.get_fit(first.job_id).state != fitting_pb2.FIT_STATE_RUNNING:
            time.sleep(0.01)
        waiting = [client.start_fit(spec) for _ in range(2)]
        assert [one.queue_position for one in waiting] == [1, 2]
        with pytest.raises(BackendError, match="2 fits wait") as raised:
            client.start_fit(spec)
        assert (raised.value.code, raised.value.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL")
        client.cancel_fit(first.job_id)


def test_a_waiting_stream_tells_its_place_again_and_again(start, spec):
    server, port = start()
    server.wait_until_loaded(WAIT_S)
    with Client(f"127.0.0.1:{port}") as client:
        first = client.start_fit(with_face(spec, 1))
        places: list[int] = []

        def queued(accepted: fitting_pb2.FitAccepted) -> None:
            places.append(accepted.queue_position)
            if len(places) == 2:
                client.cancel_fit(first.job_id)

        assert client.fit(spec, queued=queued).bones
        assert places[:2] == [1, 1]


def test_stopping_lets_a_fit_end_refuses_new_ones_and_frees_the_port(start, spec):
    server, port = start(stop_seconds=10.0)
    server.wait_until_loaded(WAIT_S)
    with Client(f"127.0.0.1:{port}") as client:
        started = client.start_fit(with_face(spec, 1))
        waiting = client.start_fit(spec)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        while not server.backend.is_stopping:
            time.sleep(0.01)
        assert client.server_info().state == server_pb2.SERVER_STATE_STOPPING
        assert health(port) == health_pb2.HealthCheckResponse.NOT_SERVING
        with pytest.raises(BackendError, match="stopping"):
            client.fit(spec)
        while client.get_fit(waiting.job_id).state != fitting_pb2.FIT_STATE_CANCELLED:
            time.sleep(0.01)
        client.cancel_fit(started.job_id)
        stopping.join(WAIT_S)
        assert not stopping.is_alive()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # ended connections may linger, a listener may not
        probe.bind(("127.0.0.1", port))


def test_stopping_without_patience_cancels_what_runs_and_its_stream_gets_an_answer(start, spec):
    server, port = start()
    server.wait_until_loaded(WAIT_S)
    begun, ends = threading.Event(), []

    def fit() -> None:
        with Client(f"127.0.0.1:{port}") as client:
            try:
                client.fit(with_face(spec, 1), lambda _: begun.set())
            except BackendError as error:
                ends.append((error.code, error.reason, str(error)))

    thread = threading.Thread(target=fit)
    thread.start()
    assert begun.wait(WAIT_S)
    server.stop(0.0)
    thread.join(WAIT_S)
    assert ends == [(grpc.StatusCode.UNAVAILABLE, "NOT_READY", "the backend was stopped before the fit had ended")]


def test_metrics_are_there_for_who_asks_and_on_this_machine_alone(start, spec):
    server, port = start(metrics_port=0)
    server.wait_until_loaded(WAIT_S)
    with Client(f"127.0.0.1:{port}") as client:
        client.fit(spec)
        with pytest.raises(BackendError):
            client.get_rig("nothing")
    text = urllib.request.urlopen(f"http://127.0.0.1:{server.metrics.port}/metrics", timeout=5).read().decode()
    assert 'facewright_requests_total{code="OK",rpc="FitPhoto"} 1.0' in text
    assert 'facewright_requests_total{code="NOT_FOUND",rpc="GetRig"} 1.0' in text
    assert "facewright_fits_queued 0.0" in text
    with pytest.raises(ServeFailed, match="metrics port"):
        start(metrics_port=server.metrics.port)


def test_log_lines_name_rpc_status_and_time_but_neither_client_nor_content(start, spec, caplog):
    import logging

    server, port = start()
    server.wait_until_loaded(WAIT_S)
    with caplog.at_level(logging.INFO), Client(f"127.0.0.1:{port}", client_id="somebody") as client:
        client.fit(spec)
        with pytest.raises(BackendError):
            client.get_rig("somewhere")
    lines = [record.getMessage() for record in caplog.records if record.name == "facewright.service.border"]
    assert any("rpc=FitPhoto code=OK" in line and "ms=" in line for line in lines)
    assert any("rpc=GetRig code=NOT_FOUND reason=RIG_UNKNOWN" in line for line in lines)
    assert "somebody" not in caplog.text and "somewhere" not in " ".join(lines) and "127.0.0.1" not in " ".join(lines)


def test_more_requests_than_the_limit_are_turned_away_at_once(start, spec):
    server, port = start(requests=8)
    server.wait_until_loaded(WAIT_S)
    codes: list[grpc.StatusCode] = []

    def fit() -> None:
        with Client(f"127.0.0.1:{port}") as client:
            try:
                client.fit(with_face(spec, 1))
            except BackendError as error:
                codes.append(error.code)

    streams = [threading.Thread(target=fit) for _ in range(12)]
    for stream in streams:
        stream.start()
    deadline = time.monotonic() + WAIT_S
    while (len(codes) < 4 or sum(server.backend.schedule.counts().values()) < 8) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert codes == [grpc.StatusCode.RESOURCE_EXHAUSTED] * 4
    server.stop(0.0)
    for stream in streams:
        stream.join(WAIT_S)
    assert codes[4:] == [grpc.StatusCode.UNAVAILABLE] * 8


def test_pictures_ask_for_a_side_in_range(start):
    server, port = start()
    server.wait_until_loaded(WAIT_S)
    with Client(f"127.0.0.1:{port}") as client, pytest.raises(BackendError, match="picture.side_px"):
        client.evaluate(rig_pb2.Character(), picture=rig_pb2.PictureRequest(side_px=100_000))
