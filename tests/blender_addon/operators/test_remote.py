"""A backend that somebody else has started, with a token and TLS: the right preferences work, wrong ones say why."""

import json
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from end_to_end.service_process import ROOT, stop_server

TOKEN = "a-token-of-some-length"
START_S = 120.0
IN_ONE_BLENDER = pytest.mark.parametrize("python", [".venv-blender"], indirect=True)


def write_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a certificate for the name localhost, signed by itself; returns the paths of it and of its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    return paths


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """Return the port of a backend that wants a token and speaks TLS only, and the folder with its certificate."""
    folder = tmp_path_factory.mktemp("guarded")
    certificate, key = write_certificate(folder, "right")
    write_certificate(folder, "other")
    (folder / "token.txt").write_text(TOKEN)
    (folder / "garbage.pem").write_text("no certificate")
    port_file, log_path = folder / "port.txt", folder / "server.log"
    options = ["--port", "0", "--port-file", port_file, "--token-file", folder / "token.txt"]
    options += ["--tls-cert", certificate, "--tls-key", key]
    with log_path.open("w") as log:
        command = [sys.executable, "-m", "facewright", "serve", *map(str, options)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    deadline = time.monotonic() + START_S
    while not port_file.exists() or not port_file.read_text().strip():
        assert process.poll() is None and time.monotonic() < deadline, log_path.read_text()
        time.sleep(0.05)
    yield int(port_file.read_text()), folder
    stop_server(process)


@pytest.fixture
def remote(guarded, stage):
    """Write remote.json, what to connect with by the name of the case; returns it."""
    port, folder = guarded
    right = str(folder / "right.pem")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        unused = closed.getsockname()[1]
    cases = {
        "right": [f"localhost:{port}", TOKEN, right],
        "with_blanks": [f" localhost:{port} ", f" {TOKEN}\n", right],
        "no_token": [f"localhost:{port}", "", right],
        "wrong_token": [f"localhost:{port}", TOKEN + "x", right],
        "odd_token": [f"localhost:{port}", "schlüssel\x07", right],
        "no_certificate": [f"localhost:{port}", TOKEN, ""],
        "other_certificate": [f"localhost:{port}", TOKEN, str(folder / "other.pem")],
        "garbage_certificate": [f"localhost:{port}", TOKEN, str(folder / "garbage.pem")],
        "absent_certificate": [f"localhost:{port}", TOKEN, str(folder / "absent.pem")],
        "other_name": [f"127.0.0.1:{port}", TOKEN, right],
        "nobody": [f"127.0.0.1:{unused}", "", ""],
        "no_port": ["localhost", "", ""],
        "odd_port": ["localhost:99999", "", ""],
        "not_local": [f"backend.invalid:{port}", TOKEN, right],
    }
    (stage / "remote.json").write_text(json.dumps(cases))
    return cases


@IN_ONE_BLENDER
def test_the_right_token_and_certificate_connect_and_wrong_ones_say_which_preference_to_mend(run, remote):
    said = run("cases_remote", "remote")
    for name in ("right", "with_blanks"):
        state, message, _ = said.pop(name)
        assert state == "READY" and "Ready on" in message, name
    expected = {
        "no_token": ("LOST", "wants another token", "Token in the add-on's preferences"),
        "wrong_token": ("LOST", "wants another token", "Token in the add-on's preferences"),
        "odd_token": ("OFF", "token has letters in it that cannot be sent", ""),
        "no_certificate": ("LOST", "may speak TLS only", "Certificate in the add-on's preferences"),
        "other_certificate": ("LOST", "not the one that is trusted", "Certificate in the add-on's preferences"),
        "other_name": ("LOST", "not the one that is trusted", "a name under Address"),
        "garbage_certificate": ("OFF", "no certificate in PEM form", ""),
        "absent_certificate": ("OFF", "cannot be read: No such file", ""),
        "nobody": ("LOST", "Nobody answers at 127.0.0.1:", "Address in the add-on's preferences"),
        "no_port": ("OFF", "not of the form HOST:PORT", ""),
        "odd_port": ("OFF", "not of the form HOST:PORT", ""),
        "not_local": ("OFF", "allow Online Access", ""),
    }
    assert set(said) == set(expected)
    for name, (state, message, remedy) in said.items():
        wanted = expected[name]
        assert state == wanted[0] and wanted[1] in message and wanted[2] in remedy, (name, state, message, remedy)
        assert TOKEN not in message + remedy


def test_a_backend_with_token_and_tls_makes_a_head_and_the_token_is_shown_nowhere(run, remote):
    said = run("cases_remote", "works")
    assert said["state"] == "READY" and said["rig"]
    assert not said["secret"]
