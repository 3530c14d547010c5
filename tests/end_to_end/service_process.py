"""A real server as a child process, for tests and benchmarks that talk to one."""

import os
import subprocess
import sys
import time
from pathlib import Path

from facewright_client import Client

ROOT = Path(__file__).resolve().parents[2]
START_S, STOP_S, POLL_S = 240.0, 30.0, 0.05
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def start_server(tmp_path: Path, *options: str) -> tuple[subprocess.Popen, int, Path]:
    """Start `facewright serve` on a free port and wait until it is ready.

    Args:
        tmp_path: folder for the port file and the log.
        options: further options of the command.

    Returns:
        The process, its port, and the path of what it writes to stderr and stdout.
    """
    port_file, log_path = tmp_path / "port.txt", tmp_path / "server.log"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "facewright", "serve", "--port", "0", "--port-file", str(port_file), *options]
    environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1")}
    with log_path.open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        port = _wait_for_port(process, port_file, log_path)
        with Client(f"127.0.0.1:{port}") as client:
            client.wait_until_ready(START_S)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process, port, log_path


def stop_server(process: subprocess.Popen) -> int:
    """Ask a server to end, kill it if it does not, and return its exit code."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _wait_for_port(process: subprocess.Popen, port_file: Path, log_path: Path) -> int:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        text = port_file.read_text().strip() if port_file.exists() else ""
        if text:
            return int(text)
        if process.poll() is not None:
            raise RuntimeError(f"the server has ended with {process.returncode}: {log_path.read_text()[-3000:]}")
        time.sleep(POLL_S)
    raise RuntimeError(f"the server has not opened its port after {START_S:g} s: {log_path.read_text()[-3000:]}")
