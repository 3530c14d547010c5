"""Puts the rigs into the package when it is built; everything else stands in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithRigs(build_py):
    """Copies `rigs/` to `facewright/rigs` for rig/installed.py; a checkout has its own beside the code."""

    def run(self) -> None:
        """Build the package, then add the rigs."""
        super().run()
        if not self.editable_mode:
            rigs = Path(__file__).resolve().parent / "rigs"
            shutil.copytree(rigs, Path(self.build_lib) / "facewright" / "rigs", dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithRigs})
