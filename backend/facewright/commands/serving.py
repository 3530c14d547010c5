"""The `serve` command: its options, and the settings that they make."""

import argparse
from collections.abc import Callable
from pathlib import Path

from facewright.config import DEVICES, ENGINES, FacewrightConfig, ServiceConfig
from facewright.errors import ConfigInvalid, ServeFailed

NUMBERS = {
    "threads": "threads of the networks for fits; 0 takes half of the cores",
    "queued_fits": "most fits that wait, of all clients",
    "queued_fits_per_client": "most fits that wait, of one client",
    "queued_mib": "how many MiB of decoded photos may wait",
    "live_sessions": "most live streams and captures at once",
    "requests": "most requests that are served at once",
    "fit_seconds": "longest time that a fit may run, in s",
    "result_seconds": "how long results are kept, in s",
    "result_mib": "how many MiB of results are kept; the oldest go first",
    "idle_seconds": "time in s after which a live stream without frames is ended",
    "stop_seconds": "time in s that fits have to end when the server is stopped",
}
"""Fields of ServiceConfig that are plain numbers, with their help."""


def add_serve_command(commands: argparse._SubParsersAction, run: Callable[[argparse.Namespace], int]) -> None:
    """Describe the command.

    Args:
        commands: of the whole program.
        run: called with the options.
    """
    usual = ServiceConfig()
    meaning = "run the backend for Blender, engines and scripts (gRPC)"
    serve = commands.add_parser(
        "serve", help=meaning, description="Run the backend for Blender, engines and scripts (gRPC) until Ctrl-C."
    )
    serve.add_argument("--host", default=usual.host, help="address to listen on (default: %(default)s, this machine)")
    serve.add_argument("--port", type=int, default=usual.port, help="TCP port, 0 for any free one (%(default)s)")
    serve.add_argument("--port-file", type=Path, metavar="FILE", help="gets the port as text once it is open")
    serve.add_argument("--exit-with-parent", type=int, metavar="PID", help="stop when that process ends")
    serve.add_argument("--rig", default=FacewrightConfig().rig, metavar="ID", help="default rig (%(default)s)")
    serve.add_argument("--device", choices=DEVICES, default="auto", help="where the networks run (%(default)s)")
    serve.add_argument("--engine", choices=ENGINES, default="auto", help="what draws the head (%(default)s)")
    serve.add_argument("--tls-cert", type=Path, metavar="PEM", help="certificate chain: serve with TLS")
    serve.add_argument("--tls-key", type=Path, metavar="PEM", help="key of the certificate")
    serve.add_argument("--client-ca", type=Path, metavar="PEM", help="clients must show a certificate signed by these")
    serve.add_argument(
        "--token-file", type=Path, metavar="FILE", help="clients must send this token (or set FACEWRIGHT_TOKEN)"
    )
    serve.add_argument("--videos", type=Path, metavar="DIR", help="the only folder whose video files may be opened")
    serve.add_argument("--metrics-port", type=int, metavar="PORT", help="Prometheus metrics on this machine (none)")
    serve.add_argument("--profile", action="store_true", help="log the time of each stage of a fit")
    for name, meaning in NUMBERS.items():
        default = getattr(usual, name)
        option = "--" + name.replace("_", "-")
        serve.add_argument(option, type=type(default), default=default, metavar="N", help=f"{meaning} (%(default)s)")
    serve.set_defaults(command=run)


def service_config(options: argparse.Namespace, token: str | None) -> ServiceConfig:
    """Build the settings of the service.

    Args:
        options: of the command.
        token: from the environment, if there is one; that of --token-file wins.

    Raises:
        ServeFailed: the token file cannot be read.
        ConfigInvalid: a number is out of its limits.
    """
    for option, number, least, most in (
        ("--metrics-port", options.metrics_port, 0, 65535),
        ("--exit-with-parent", options.exit_with_parent, 1, 2**31 - 1),
    ):
        if number is not None and not least <= number <= most:
            raise ConfigInvalid(f"{option} is {number}.", f"Give a value between {least} and {most}.")
    if options.videos is not None and not options.videos.is_dir():
        raise ConfigInvalid(f"--videos {options.videos} is no folder.", "Give the folder that holds the videos.")
    return ServiceConfig(
        host=options.host,
        port=options.port,
        port_file=options.port_file,
        parent_pid=options.exit_with_parent,
        tls_cert=options.tls_cert,
        tls_key=options.tls_key,
        client_ca=options.client_ca,
        token=token if options.token_file is None else read_token(options.token_file),
        videos_dir=options.videos,
        metrics_port=options.metrics_port,
        profile=options.profile,
        **{name: getattr(options, name) for name in NUMBERS},
    )


def read_token(path: Path) -> str:
    """Return the token in a file.

    Raises:
        ServeFailed: it cannot be read, or is no single word.
    """
    try:
        words = path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds other characters than ASCII"
        raise ServeFailed(f"{path}: {why}", "write the token into it, letters and digits, on one line") from error
    if len(words) != 1:
        raise ServeFailed(f"{path} holds {len(words)} words", "write one token into it, on one line")
    return words[0]
