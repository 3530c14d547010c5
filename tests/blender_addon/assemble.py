"""Puts the extension together as the build does, in a folder of a test."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def assemble(folder: Path) -> Path:
    """Make the package `facewright` in a folder; with the folder on the search path it can be imported in Blender.

    Args:
        folder: an existing folder.

    Returns:
        The folder of the package.
    """
    package, unwanted = folder / "facewright", shutil.ignore_patterns("__pycache__", "*.pyi")
    shutil.copytree(ROOT / "blender_addon", package, ignore=unwanted)
    shutil.copytree(ROOT / "clients" / "python" / "facewright_client", package / "client", ignore=unwanted)
    shutil.copyfile(
        ROOT / "backend" / "facewright" / "export" / "blender_scene.py", package / "scene" / "blender_scene.py"
    )
    return package
