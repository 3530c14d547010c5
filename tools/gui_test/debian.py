"""Makes a small Debian with Blender and a screen that nobody sees; kept in build/gui for the next time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "gui"
DEBIAN = FOLDER / "trixie"
SUITE = "trixie"
PACKAGES = (
    "blender", "xvfb", "libgl1-mesa-dri", "libegl1", "libegl-mesa0", "libgl1", "imagemagick", "python3-numpy",
    "ca-certificates",
)  # fmt: skip
DISK_GB = 4.0
STAMP = DEBIAN / ".facewright-setup"


class GuiTestFailed(Exception):
    """The test cannot be made or went wrong; the message says why and what to do."""


def say(message: str) -> None:
    """Tell what happens."""
    print(f"[gui-test] {message}", flush=True)


def check_machine() -> None:
    """Look for what the test needs of this machine.

    Raises:
        GuiTestFailed: something is missing; all of it is named.
    """
    missing = []
    if not sys.platform.startswith("linux"):
        raise GuiTestFailed("the window test runs on Linux only. Remedy: look at the extension in your own Blender.")
    if os.geteuid() != 0:
        missing.append("root, for chroot and mount (run it with sudo)")
    packages = {"debootstrap": "debootstrap", "unshare": "util-linux", "chroot": "coreutils", "mount": "mount"}
    missing += [f"{name} (apt-get install {package})" for name, package in packages.items() if not shutil.which(name)]
    FOLDER.mkdir(parents=True, exist_ok=True)
    free_gb = shutil.disk_usage(FOLDER).free / 1e9
    if not STAMP.exists() and free_gb < DISK_GB:
        missing.append(f"{DISK_GB:.0f} GB of disk, {free_gb:.1f} are free")
    if missing:
        raise GuiTestFailed("the window test needs: " + "; ".join(missing) + ".")


def run(*command: str | Path, message: str) -> None:
    """Run a command and keep what it says in build/gui/setup.log.

    Raises:
        GuiTestFailed: it failed; the message names the log.
    """
    log = FOLDER / "setup.log"
    with log.open("a") as out:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        words = [str(word) for word in command]
        if subprocess.call(words, stdout=out, stderr=out, env=environment):
            raise GuiTestFailed(f"{message}; see {log.relative_to(ROOT)}.")


def make() -> None:
    """Make the Debian unless it is there; takes some four minutes and 1.5 GB.

    Raises:
        GuiTestFailed: a package cannot be had.
    """
    wanted = " ".join(PACKAGES)
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    say(f"Debian {SUITE} with Blender is made in {DEBIAN.relative_to(ROOT)}: some four minutes")
    if not (DEBIAN / "etc" / "debian_version").exists():
        shutil.rmtree(DEBIAN, ignore_errors=True)
        run("debootstrap", "--variant=minbase", SUITE, DEBIAN, message="debootstrap failed")
    shutil.copy("/etc/resolv.conf", DEBIAN / "etc" / "resolv.conf")
    run("chroot", DEBIAN, "apt-get", "update", message="apt-get update failed in the new Debian")
    install = ("apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES)
    run("chroot", DEBIAN, *install, message="apt-get install failed in the new Debian")
    run("chroot", DEBIAN, "apt-get", "clean", message="apt-get clean failed in the new Debian")
    STAMP.write_text(wanted)
