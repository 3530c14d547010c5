"""The rules of blender_addon/README.md, and what the extensions platform refuses, as functions from source text."""

import ast
import re
import sys

from architecture import rules

UNITS: dict[str, set[str]] = {
    "__init__": {"registration"},
    "registration": {"everything"},
    "preferences": {"bpy"},
    "properties": {"bpy"},
    "shape_properties": {"bpy", "numpy", "scene"},
    "session": {"client", "backend_process"},
    "backend_process": set(),
    "icons": {"bpy", "numpy", "preferences"},
    "lookup": {"bpy"},
    "tick": {"bpy", "session", "client", "scene", "icons", "lookup"},
    "scene": {"bpy", "numpy", "client.generated", "google.protobuf"},
    "operators": {"everything but ui", "google.protobuf"},
    "ui": {"bpy", "properties", "shape_properties", "scene", "icons"},
    "translations": set(),
}  # fmt: skip
"""What each module or folder of the extension may import besides itself and Python's own library.

`client.generated` and `google.protobuf` are messages, without the network.
"""

BLENDER = ("bpy", "bpy_extras", "mathutils", "gpu", "gpu_extras", "blf", "bmesh", "bl_math", "idprop", "bl_ui")
REFUSED_MODULES = (
    "threading", "_thread", "multiprocessing", "concurrent", "asyncio", "pip", "ensurepip", "pickle", "shelve",
    "ctypes", "urllib", "http", "socket",
)  # fmt: skip
REFUSED_CALLS = ("eval", "exec", "compile", "__import__", "print")
REFUSED_NAMES = ("sys.path", "sys.modules", "os.system")
CRASHES = ("temp_override",)
"""An operator that is called within it crashes Blender up to 5.0 if another thread uses Python: see tick.py."""

MAY_CATCH_EVERYTHING = ("operators/", "tick.py")
"""The border: what an operator or the timer meets must not stop Blender."""


def wrong_imports(source: str, module: str) -> list[str]:
    """Name the imports that go against UNITS."""
    own = module.removesuffix(".py").split("/")[0]
    if own not in UNITS:
        return [f"{module}: tests/architecture/extension_rules.py says nothing about `{own}`: give it a place in UNITS"]
    allowed, found = UNITS[own] | {own}, []
    for line, name in rules.imported_modules(source, module, package=""):
        is_inside, first = name.startswith("."), name.removeprefix(".").split(".")[0]
        target = "bpy" if first in BLENDER else name.removeprefix(".")
        if any(target == unit or target.startswith(unit + ".") for unit in allowed):
            continue
        if not is_inside and target != "bpy" and first != "numpy":
            if first not in sys.stdlib_module_names:
                found.append(f"{module}:{line}: `{name}` is not in the package")
        elif "everything" not in allowed and not ("everything but ui" in allowed and first != "ui"):
            found.append(f"{module}:{line}: `{own}` may not import `{name.removeprefix('.')}`")
    return found


def refused(source: str, module: str) -> list[str]:
    """Name what the extensions platform refuses, what would come from code that it has not seen, and what crashes."""
    found = []
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 0)
        text = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        if text in REFUSED_NAMES or text.rsplit(".", 1)[-1] in CRASHES:
            found.append(f"{module}:{line}: `{text}`")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSED_CALLS:
            found.append(f"{module}:{line}: `{node.func.id}`")
    found += rules.global_state(source, module) + rules.wrong_catches(source, module, MAY_CATCH_EVERYTHING)
    names = [(line, name.split(".")[0]) for line, name in rules.imported_modules(source, module, package="")]
    names = [(line, name) for line, name in names if name in REFUSED_MODULES]
    return found + [f"{module}:{line}: `import {name}`" for line, name in names]


def table_of(readme: str) -> dict[str, str]:
    """Return the rows of README.md's table: module or folder, and what it may import in its words."""
    rows = re.findall(r"^\| `([\w./]+)` \|.*\|([^|]*)\|$", readme, re.MULTILINE)
    return {name.rstrip("/").removesuffix(".py"): words.strip() for name, words in rows}
