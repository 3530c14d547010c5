"""Who may connect: this machine alone, or others with TLS or a token."""

import ipaddress
import re
import secrets
import ssl
from pathlib import Path

import grpc

from facewright.config import ServiceConfig
from facewright.errors import ServeFailed

SHORTEST_TOKEN = 16
HALF_OF_TLS = ("TLS needs a certificate and its key", "give both --tls-cert and --tls-key")


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    if host == "localhost" or host.startswith("unix:"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def address(host: str, port: int) -> str:
    """Join host and port as gRPC wants them."""
    return f"[{host.strip('[]')}]:{port}" if ":" in host else f"{host}:{port}"


def checked_exposure(service: ServiceConfig) -> None:
    """Refuse settings that would let anybody in.

    Raises:
        ServeFailed: others could connect without TLS or a token, TLS lacks a half, or the token is too short or cannot
            be sent.
    """
    if (service.tls_cert is None) != (service.tls_key is None):
        raise ServeFailed(*HALF_OF_TLS)
    if service.client_ca is not None and service.tls_cert is None:
        raise ServeFailed("--client-ca works with TLS only", "give --tls-cert and --tls-key as well")
    if service.token is not None:
        _check_token(service.token)
    if not is_loopback(service.host) and service.tls_cert is None and service.token is None:
        raise ServeFailed(
            f"--host {service.host} lets other machines connect, and nothing would keep anybody out",
            "add --token-file FILE, or --tls-cert and --tls-key; or leave --host out to serve this machine alone",
        )


def _check_token(token: str) -> None:
    remedy = f"use a random one, as {secrets.token_urlsafe(24)}"
    if len(token) < SHORTEST_TOKEN:
        raise ServeFailed(f"the token has {len(token)} characters, at least {SHORTEST_TOKEN} are needed", remedy)
    if not re.fullmatch("[!-~]+", token):
        raise ServeFailed("the token has characters that clients cannot send", remedy)


def credentials(service: ServiceConfig) -> grpc.ServerCredentials | None:
    """Read the TLS files; None without TLS.

    Raises:
        ServeFailed: a file cannot be read, certificate and key are no pair, or the clients' authority is none.
    """
    if service.tls_cert is None:
        return None
    if service.tls_key is None:
        raise ServeFailed(*HALF_OF_TLS)
    key, chain = _read(service.tls_key), _read(service.tls_cert)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(service.tls_cert, service.tls_key, password="")
    except (OSError, ValueError) as error:  # an encrypted key is a ValueError or SSLError, by version
        raise ServeFailed(
            f"{service.tls_cert} and {service.tls_key} are no certificate and its key",
            "give both as PEM, the key without a password",
        ) from error
    roots = None if service.client_ca is None else _read(service.client_ca)
    if roots is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(service.client_ca)
        except OSError as error:  # gRPC would blame the port
            what = f"--client-ca {service.client_ca} holds no certificate"
            raise ServeFailed(what, "give certificates as PEM") from error
    return grpc.ssl_server_credentials([(key, chain)], roots, require_client_auth=roots is not None)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ServeFailed(f"{path}: {error.strerror}", "check the path and its permissions") from error
