"""Shows the extension in a real window; `main.py` starts it with mounts of its own, which end with it.

Blender runs in the Debian of `debian.py`, on a screen that Xvfb draws into memory. The checkout is seen there under its
own path. The backend is started by Blender as a user would: its preference "Backend command" names a script that
leaves the small Debian again and runs the checkout's own Facewright on this machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from debian import DEBIAN, FOLDER, ROOT, GuiTestFailed, say

TIME_LIMIT_S = 1500.0
HOST = "host"
LAUNCHER = """#!/bin/sh
# Runs the Facewright of the checkout outside of this Debian; paths below the checkout are the same on both sides.
exec chroot /{host} /usr/bin/env -u TMPDIR -u LD_LIBRARY_PATH HOME="{home}" "{python}" -m facewright "$@"
"""


def mount() -> None:
    """Show the checkout, this machine's devices and the machine itself inside the Debian."""
    for source, target, how in (
        (ROOT, DEBIAN / ROOT.relative_to("/"), "--bind"),
        (Path("/"), DEBIAN / HOST, "--rbind"),
        (Path("/dev"), DEBIAN / "dev", "--rbind"),
    ):
        target.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", how, str(source), str(target)], check=True)
    subprocess.run(["mount", "-t", "proc", "proc", str(DEBIAN / "proc")], check=True)


def write_launcher() -> Path:
    """Write the script that runs the backend; returns its path inside the Debian."""
    path = DEBIAN / "usr" / "local" / "bin" / "facewright"
    path.write_text(LAUNCHER.format(host=HOST, home=Path.home(), python=Path(sys.prefix) / "bin" / "python"))
    path.chmod(0o755)
    return Path("/") / path.relative_to(DEBIAN)


def inside(*command: str | Path) -> list[str]:
    """Return the words that run a command inside the Debian."""
    return ["chroot", str(DEBIAN), *map(str, command)]


def start_screen(size: tuple[int, int]) -> tuple[subprocess.Popen, str]:
    """Start Xvfb on a free display; returns its process and the display's name."""
    screen = subprocess.Popen(
        inside("Xvfb", "-displayfd", "1", "-screen", "0", f"{size[0]}x{size[1]}x24", "-nolisten", "tcp"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    number = screen.stdout.readline().strip()
    if not number:
        raise GuiTestFailed("Xvfb did not start")
    return screen, f":{number}"


def install(package: Path) -> dict[str, str]:
    """Install the package for a new user of Blender; returns the environment that Blender then needs.

    Raises:
        GuiTestFailed: Blender does not take it.
    """
    resources = FOLDER / "resources"
    shutil.rmtree(resources, ignore_errors=True)
    (resources / "tmp").mkdir(parents=True)
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(resources),
        "TMPDIR": str(resources / "tmp"),
        "LANG": "C.UTF-8",
        "BLENDER_USER_RESOURCES": str(resources),
        "LIBGL_ALWAYS_SOFTWARE": "1",
    }
    environment |= {name: os.environ[name] for name in ("FACEWRIGHT_CACHE",) if name in os.environ}
    words = inside("blender", "--command", "extension", "install-file", "--repo", "user_default", "--enable", package)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or "Exception in module" in done.stdout + done.stderr:
        raise GuiTestFailed(f"Blender does not install the extension:\n{done.stdout}{done.stderr}")
    say(f"installed {package.name}")
    return environment


def show(
    session: str,
    size: tuple[int, int],
    environment: dict[str, str],
    out: Path,
    *arguments: Path,
    file: Path | None = None,
) -> None:
    """Open Blender's window on a screen of its own and let a session walk through it.

    Args:
        session: script beside this one.
        size: of screen and window in px.
        environment: from `install`.
        out: folder for pictures and log.
        arguments: for the session, after out.
        file: the .blend to open first.

    Raises:
        GuiTestFailed: the session ended with an error or took too long.
    """
    screen, display = start_screen(size)
    script = ROOT / "tools" / "gui_test" / session
    log_path = out / f"{script.stem}.log"
    window = ["--no-window-focus", "--window-geometry", "0", "0", *map(str, size), "--enable-event-simulate"]
    words = inside(
        "blender", *window, *([file] if file else []), "--python-exit-code", "4", "--python", script, "--", out
    )
    words += map(str, arguments)
    with log_path.open("w", buffering=1) as log:
        environment = {**environment, "DISPLAY": display}
        blender = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        limit = threading.Timer(TIME_LIMIT_S, blender.kill)
        limit.start()
        try:
            for line in blender.stdout:
                log.write(line)
                if line.startswith("GUI "):
                    say(line.removeprefix("GUI ").rstrip())
        finally:
            limit.cancel()
            blender.kill()
            screen.terminate()
            screen.wait()
    if blender.wait():
        raise GuiTestFailed(f"{session} ended with {blender.returncode}, see {log_path.relative_to(ROOT)}")


def main(package: Path, out: Path, photo: Path, clip: Path, photos: Path) -> None:
    """Install the package and walk through it: the first use, work on the saved head, the file on a small screen."""
    mount()
    launcher = write_launcher()
    environment = install(package)
    saved = out / "head.blend"
    show("first_use.py", (1600, 900), environment, out, photo, clip, launcher, saved)
    show("second_use.py", (1600, 900), environment, out, clip, photos, launcher, file=saved)
    show("opened_again.py", (1280, 800), environment, out, file=saved)


if __name__ == "__main__":
    try:
        main(*map(Path, sys.argv[1:]))
    except GuiTestFailed as failure:
        print(f"error: {failure}", file=sys.stderr)
        sys.exit(1)
