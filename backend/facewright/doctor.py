"""The checklist of what a fit needs on this machine, with a remedy for every line that fails."""

import importlib
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from facewright.config import FacewrightConfig
from facewright.errors import EngineUnavailable, FacewrightError
from facewright.rig.parts import prior_of

MINIMUM_PYTHON = (3, 11)
MINIMUM_FREE_MB = 500
SETUP = "python3 build.py setup"
PACKAGES = (
    "numpy",
    "scipy",
    "PIL",
    "cv2",
    "safetensors",
    "flatbuffers",
    "skimage",
    "jsonschema",
    "pygltflib",
    "platformdirs",
    "tqdm",
    "grpc",
    "psutil",
)


@dataclass(frozen=True)
class Finding:
    """One line of the checklist.

    Attributes:
        subject: what was looked at.
        mark: "ok", "warn" (a fit works without it) or "FAIL".
        detail: what was found.
        remedy: the command or step that mends it; empty when ok.
    """

    subject: str
    mark: str
    detail: str
    remedy: str = ""

    @property
    def is_failure(self) -> bool:
        """Whether a fit cannot work."""
        return self.mark == "FAIL"


def examine(config: FacewrightConfig) -> list[Finding]:
    """Look at everything that a fit needs.

    Args:
        config: says where the cache is.

    Returns:
        The findings, in the order of the checklist; nothing raises.
    """
    findings = [check_python(sys.version_info[:3]), check_packages(), check_torch(), check_opengl()]
    findings.append(check_cache(config.cache_dir or default_cache_dir()))
    if not any(finding.is_failure for finding in findings[:3]):  # the rest cannot even be imported otherwise
        findings += check_weights(config)
        findings += check_rigs(config)
    return findings


def default_cache_dir() -> Path:
    """Return the user's cache folder, the temporary folder where platformdirs is missing."""
    try:
        from platformdirs import user_cache_path
    except ImportError:
        return Path(tempfile.gettempdir())
    return user_cache_path("facewright")


def check_python(version: tuple[int, int, int]) -> Finding:
    """Check a Python version."""
    found = ".".join(map(str, version))
    if version[:2] < MINIMUM_PYTHON:
        wanted = ".".join(map(str, MINIMUM_PYTHON))
        return Finding("python", "FAIL", f"{found}, needs {wanted}", f"install Python {wanted}, then {SETUP}")
    return Finding("python", "ok", f"{found} on {platform.system()} {platform.machine()}")


def check_packages(names: tuple[str, ...] = PACKAGES) -> Finding:
    """Check that packages can be imported."""
    missing = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            missing.append(f"{name} ({error})")
    if missing:
        return Finding("packages", "FAIL", f"cannot import {', '.join(missing)}", SETUP)
    return Finding("packages", "ok", ", ".join(names))


def check_torch() -> Finding:
    """Check torch and say which device a fit takes."""
    try:
        import torch
    except ImportError as error:
        return Finding("torch", "FAIL", str(error), SETUP)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu (no CUDA device; slower, but enough)"
    return Finding("torch", "ok", f"{torch.__version__}, device: {device}")


def check_opengl() -> Finding:
    """Check for an OpenGL context; without one the software engine draws."""
    remedy = "nothing has to be done; for speed install EGL (Debian and Ubuntu: libegl1 libgl1-mesa-dri)"
    try:
        from facewright.engine.opengl import create_context

        context = create_context()
    except (ImportError, EngineUnavailable) as error:
        return Finding("opengl", "warn", f"{error}; the software engine draws, more slowly", remedy)
    renderer = context.info["GL_RENDERER"]
    context.release()
    return Finding("opengl", "ok", renderer)


def check_weights(config: FacewrightConfig) -> Iterator[Finding]:
    """Check that each third-party model file is present and has its hash."""
    from facewright import model_files

    for name, state, detail, remedy in model_files.status(config.weights_dir()):
        if state == "present":
            yield Finding(f"model file {name}", "ok", detail)
        else:
            yield Finding(f"model file {name}", "FAIL", f"{state}: {detail}", remedy)


def check_rigs(config: FacewrightConfig, rigs_dir: Path | None = None) -> Iterator[Finding]:
    """Check that each installed rig loads and has all that a fit needs."""
    from facewright.rig.installed import RIGS_DIR, list_rigs

    rigs_dir = rigs_dir or RIGS_DIR
    rig_ids = list_rigs(rigs_dir)
    if not rig_ids:
        remedy = "restore the rigs folder: git checkout -- rigs; installed by pip: install again"
        yield Finding("rigs", "FAIL", f"none in {rigs_dir}", remedy)
    for rig_id in rig_ids:
        yield check_rig(rig_id, rigs_dir, config)


def check_rig(rig_id: str, rigs_dir: Path, config: FacewrightConfig) -> Finding:
    """Check that one rig loads and has prior, landmark map, appearance, imitator, style reader, correction, parser."""
    from facewright import weights
    from facewright.fitting.correction import load_correction
    from facewright.fitting.style_choice import read_metrics
    from facewright.rig.installed import load_rig
    from facewright.rig.styles import look_size

    subject = f"rig {rig_id}"
    rebuild = "restore the rig's folder, or build the missing files as rigs/README.md describes"
    try:
        rig = load_rig(rig_id, rigs_dir, config.compiled_rigs_dir())
        parts: dict[str, object] = {"prior": rig.prior, "landmark map": rig.landmarks, "appearance": rig.appearance}
        missing = [name for name, part in parts.items() if part is None]
        if missing:
            return Finding(subject, "FAIL", f"version {rig.version} lacks: {', '.join(missing)}", rebuild)
        counts = (len(rig.parameters), look_size(rig.styles))
        weights.load_imitator(rigs_dir / rig_id / "imitator.safetensors", rig.version, *counts)
        if rig.styles:
            read_metrics(rigs_dir / rig_id / "style_reader.safetensors", rig.version)
        rank = prior_of(rig).factors.shape[1]
        correction = load_correction(rigs_dir / rig_id / "correction.safetensors", rank, rig.version)
        parser = rigs_dir / rig_id / "parser.safetensors"
        if parser.is_file():
            weights.load_parser(parser)
        reader = rigs_dir / rig_id / "expression_reader.safetensors"
        if reader.is_file():
            weights.load_expression_reader(reader, rig.version)
    except FacewrightError as error:
        return Finding(subject, "FAIL", f"{error.reason}: {error}", error.remedy)
    if correction is None:
        return Finding(
            subject, "warn", f"version {rig.version} has no landmark correction; fits are less exact", rebuild
        )
    if not parser.is_file():
        lacks = "has no parser; hair and glasses of a photo may get onto the skin"
        return Finding(subject, "warn", f"version {rig.version} {lacks}", rebuild)
    if not reader.is_file():
        lacks = "has no expression reader; live tracking goes by landmarks alone"
        return Finding(subject, "warn", f"version {rig.version} {lacks}", rebuild)
    size = f"{len(rig.parameters)} parameters, {len(rig.bones)} bones, {len(rig.mesh.vertices_m)} vertices"
    return Finding(subject, "ok", f"version {rig.version}, {size}")


def check_cache(folder: Path, disk_usage: Callable = shutil.disk_usage) -> Finding:
    """Check that the cache can be written and has room."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        free_mb = disk_usage(folder).free / 1e6
    except OSError as error:
        return Finding("cache", "FAIL", f"{folder}: {error}", "set FACEWRIGHT_CACHE to a folder that you may write")
    if free_mb < MINIMUM_FREE_MB:
        return Finding(
            "cache",
            "FAIL",
            f"{folder}: {free_mb:.0f} MB free, needs {MINIMUM_FREE_MB}",
            "free some room, or set FACEWRIGHT_CACHE to a folder on another disk",
        )
    return Finding("cache", "ok", f"{folder}, {free_mb / 1000:.0f} GB free")
