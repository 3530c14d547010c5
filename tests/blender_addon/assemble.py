"""The tool that builds the extension, for tests: they put it together as users get it."""

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def load_tool() -> ModuleType:
    """Return tools/addon.py, which is no part of a package, as a module."""
    spec = importlib.util.spec_from_file_location("addon_tool", ROOT / "tools" / "addon.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assemble(folder: Path) -> Path:
    """Make the package `facewright` in a folder and return the path of the package."""
    return load_tool().copy_sources(folder)
