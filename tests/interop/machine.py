"""What the interop tests do to the machine: install packages, run programs, and skip where that is not possible."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "interop"
INSTALL_S, BUILD_S = 300, 600
APT_SOURCES = Path("/etc/apt")
# The words of dpkg and apt, and no questions.
PLAIN = {"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def run(
    command: Sequence[str | Path], timeout_s: float, folder: Path = ROOT, variables: Mapping[str, str] = PLAIN
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return what it said.

    Raises:
        subprocess.TimeoutExpired: It took longer; it is killed then.
    """
    words = [str(part) for part in command]
    environment = {**os.environ, **variables}
    return subprocess.run(
        words, cwd=folder, env=environment, timeout=timeout_s, text=True, capture_output=True, check=False
    )


def run_or_skip(command: Sequence[str | Path], folder: Path = ROOT) -> None:
    """Run a program that needs the network; skip the test when it fails or takes too long."""
    try:
        done = run(command, INSTALL_S, folder)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{command[0]} took longer than {INSTALL_S} s")
    if done.returncode:
        pytest.skip(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-300:]}")


def must_build(command: Sequence[str | Path], folder: Path = ROOT) -> None:
    """Run a program that builds something of ours; fail the test, with what it said, when it fails."""
    done = run(command, BUILD_S, folder)
    assert done.returncode == 0, f"{command[0]} failed:\n{(done.stdout + done.stderr)[-4000:]}"


def need_debian_packages(*names: str) -> None:
    """Install packages of Debian that are not there yet; skip the test where that is not possible."""
    if shutil.which("apt-get") is None:
        pytest.skip("no apt-get here")
    listed = run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *names], INSTALL_S).stdout
    missing = [name for name in names if f"{name} installed" not in listed.splitlines()]
    if not missing:
        return
    if os.geteuid() != 0:
        pytest.skip(f"not root. Remedy: apt-get install {' '.join(missing)}")
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    if run(install, INSTALL_S).returncode:
        run_or_skip(["apt-get", "update", "-qq"])
        run_or_skip(install)


def fetch_debian_sources(names: Sequence[str], folder: Path) -> None:
    """Download source packages of Debian; skip the test where that is not possible.

    apt's own lists and settings stay as they are: the entries of this machine's package sources are read, turned into
    entries for sources, and used with lists of our own.
    """
    if all(list(folder.glob(f"{name}_*.orig.tar.*")) for name in names):
        return
    parts, lists = folder / "parts", folder / "lists"
    for made in (parts, lists / "partial"):
        made.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(sorted(APT_SOURCES.glob("sources.list.d/*.sources"))):
        text = path.read_text().replace("Types: deb\n", "Types: deb-src\n")
        (parts / f"{number}.sources").write_text(text)
    for number, path in enumerate(sorted(APT_SOURCES.glob("sources.list")) + sorted(APT_SOURCES.glob("*/*.list"))):
        lines = [
            line.replace("deb ", "deb-src ", 1) for line in path.read_text().splitlines() if line.startswith("deb ")
        ]
        (parts / f"{number}.list").write_text("\n".join(lines) + "\n")
    settings = {"Dir::Etc::SourceList": "/dev/null", "Dir::Etc::SourceParts": parts, "Dir::State::Lists": lists}
    options = [f"-o{name}={value}" for name, value in settings.items()] + ["-oDir::Cache::srcpkgcache="]
    run_or_skip(["apt-get", *options, "update", "-qq"])
    run_or_skip(["apt-get", *options, "source", "-qq", "--download-only", *names], folder)
