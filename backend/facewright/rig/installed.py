"""The installed rigs: where they lie, the list of them, and loading one by its id."""

from pathlib import Path

from facewright.errors import RigUnknown
from facewright.rig.compile import load_compiled
from facewright.rig.nouns import Rig

_CHECKOUT, _PACKAGE = (Path(__file__).resolve().parents[up] / "rigs" for up in (3, 1))
RIGS_DIR = _PACKAGE if _PACKAGE.is_dir() else _CHECKOUT
"""The rigs that come with the project: setup.py puts them into the package, a checkout has them beside the code."""


def list_rigs(rigs_dir: Path | None = None) -> list[str]:
    """List the ids of the installed rigs.

    Args:
        rigs_dir: folder of rig folders; the project's own when None.

    Returns:
        Names of the subfolders that hold a `rig.toml`, sorted.
    """
    folder = RIGS_DIR if rigs_dir is None else rigs_dir
    return sorted(path.parent.name for path in folder.glob("*/rig.toml"))


def load_rig(rig_id: str, rigs_dir: Path | None = None, cache_dir: Path | None = None) -> Rig:
    """Load a rig, compiling it into the cache on first use.

    Args:
        rig_id: name of the rig's folder.
        rigs_dir: folder of rig folders; the project's own when None.
        cache_dir: folder for compiled rigs; the user's cache when None. One that cannot be written is done without.

    Returns:
        The rig, checked.

    Raises:
        RigUnknown: no such folder.
        RigInvalid: a file is missing or contradicts its format or another file.
    """
    folder = RIGS_DIR if rigs_dir is None else rigs_dir
    installed = list_rigs(folder)
    if rig_id not in installed:
        known = ", ".join(installed) or "none"
        raise RigUnknown(
            f"no rig '{rig_id}' in {folder} (installed: {known})",
            f"choose one of the installed rigs, or add {rig_id}/rig.toml as rigs/README.md describes",
        )
    return load_compiled(folder / rig_id, cache_dir)
