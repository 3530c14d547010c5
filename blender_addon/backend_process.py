"""Finds, starts, watches and stops a backend on this computer; knows neither Blender nor the network."""

import os
import shlex
import subprocess
import time
from pathlib import Path

FOLDERS_ABOVE = 8
LOG_TAIL_BYTES = 65536
PATIENCE_S = 15.0
"""How long a backend that was asked to end may still run."""

IN_CHECKOUT = (".venv/bin/facewright", ".venv/Scripts/facewright.exe")
IN_ENVIRONMENT = ("bin/facewright", "Scripts/facewright.exe")
NOT_INHERITED = ("FACEWRIGHT_TOKEN", "PYTHONPATH", "PYTHONHOME")
"""A token would be asked of us too; the other two are for Blender's own Python."""


def find_command(preference: str) -> list[str] | None:
    """Find the words that start the command line of Facewright.

    Args:
        preference: what the user set: a program, a folder with a checkout, or a command with arguments; may be empty.

    Returns:
        The words; None where there is nothing. Without a preference the folders above this file are searched.
    """
    text = preference.strip()
    if not text:
        above = list(Path(__file__).resolve().parents)[:FOLDERS_ABOVE]
        return next((command for folder in above if (command := _first_file(folder, IN_CHECKOUT))), None)
    path = Path(text).expanduser()
    if path.is_dir():
        return _first_file(path, IN_CHECKOUT + IN_ENVIRONMENT)
    if path.is_file():
        return [str(path)]
    words = [word.strip('"') for word in shlex.split(text, posix=os.name != "nt")]
    return words if words and _is_program(words[0]) else None


def _first_file(folder: Path, names: tuple[str, ...]) -> list[str] | None:
    """Return the first of the names that is a file in the folder, as a command."""
    return next(([str(folder / name)] for name in names if (folder / name).is_file()), None)


def _is_program(word: str) -> bool:
    """Return whether a word names a file, or a program in one of the folders of the search path."""
    return Path(word).is_file() or any(
        (Path(folder) / (word + suffix)).is_file() for folder in os.get_exec_path() for suffix in ("", ".exe")
    )


class BackendProcess:
    """A backend that this Blender has started; it ends with Blender, also when Blender crashes.

    Args:
        command: words that start Facewright's command line.
        folder: the extension's own folder, for port file and log.

    Raises:
        OSError: the command cannot be started.
    """

    def __init__(self, command: list[str], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._port_path = folder / f"port-{os.getpid()}-{time.monotonic_ns()}.txt"
        self.log_path = folder / f"backend-{os.getpid()}.log"
        self._asked_to_end_at: float | None = None
        options = ["serve", "--port", "0", "--port-file", str(self._port_path), "--exit-with-parent", str(os.getpid())]
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={name: value for name, value in os.environ.items() if name not in NOT_INHERITED},
                creationflags=flags,
                start_new_session=os.name != "nt",
            )

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        return self._process.poll()

    def port(self) -> int | None:
        """Return the port, None while it is not open."""
        try:
            text = self._port_path.read_text(encoding="utf-8").strip()
        except OSError:
            return None
        return int(text) if text.isdigit() else None

    def last_error(self) -> tuple[str, str]:
        """Return what went wrong and the remedy, as the command line said it in its last line of that form.

        Without such a line: the last line of the log, and a remedy that names the log.
        """
        lines = self._log_lines()
        for line in reversed(lines):
            if line.startswith("error: "):
                message, _, remedy = line.removeprefix("error: ").partition(" Remedy: ")
                return message.strip(), remedy.strip() or f"look into {self.log_path}"
        last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
        return f"the backend ended: {last.strip()}", f"start it again; its log is {self.log_path}"

    def stop(self) -> None:
        """Ask the process to end; it is not waited for."""
        self._asked_to_end_at = time.monotonic()
        if self._process.poll() is None:
            self._process.terminate()
        self._port_path.unlink(missing_ok=True)

    def is_gone(self) -> bool:
        """Return whether a process that was asked to end has done so; one that takes too long is killed."""
        if self._process.poll() is not None:
            self._port_path.unlink(missing_ok=True)
            return True
        if self._asked_to_end_at is not None and time.monotonic() - self._asked_to_end_at > PATIENCE_S:
            self._process.kill()
        return False

    def _log_lines(self) -> list[str]:
        try:
            with self.log_path.open("rb") as log:
                log.seek(0, os.SEEK_END)
                log.seek(max(0, log.tell() - LOG_TAIL_BYTES))
                return log.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return []


def start(command: list[str], folder: Path) -> BackendProcess:
    """Start a backend on any free port.

    Raises:
        OSError: the command cannot be started.
    """
    return BackendProcess(command, folder)
