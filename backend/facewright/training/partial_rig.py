"""Loads a rig without one of its files: what that file shall say is to be learnt anew."""

import shutil
import tempfile
from pathlib import Path

from facewright.rig.installed import load_rig
from facewright.rig.nouns import Rig


def load_rig_without(folder: Path, file: str) -> Rig:
    """Load the rig of a folder as if a file of the folder were not there.

    Args:
        folder: the rig's folder.
        file: name of a file that a rig need not have.
    """
    with tempfile.TemporaryDirectory() as copies:
        shutil.copytree(folder, Path(copies) / folder.name, ignore=shutil.ignore_patterns(file))
        return load_rig(folder.name, Path(copies), Path(copies) / "cache")
