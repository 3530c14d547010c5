"""The rules of docs/architecture.md as functions from source text to sentences that name each violation."""

import ast
import re
from collections.abc import Iterator

LAYERS: dict[str, set[str]] = {
    "datatypes": set(),
    "errors": set(),
    "recent": set(),
    "config": {"errors"},
    "networks": {"datatypes", "errors"},
    "rig": {"recent", "datatypes", "errors"},
    "engine": {"rig.nouns", "rig.appearance", "rig.styles", "recent", "datatypes", "errors"},
    "perception": {"networks", "rig", "engine", "datatypes", "errors"},
    "fitting": {"networks", "rig", "engine", "config", "datatypes", "errors"},
    "expression": {"networks", "rig", "engine", "export.files", "config", "datatypes", "errors"},
    "texture": {"networks", "rig", "engine", "datatypes", "errors"},
    "export": {"networks", "rig", "engine", "datatypes", "errors"},
    "model_files": {"errors"},
    "weights": {"model_files", "networks", "errors"},
    "pipelines": {
        "perception", "fitting", "expression", "texture", "export", "networks", "rig", "engine", "config", "weights",
        "model_files", "datatypes", "errors",
    },
    "training": {"perception", "fitting", "export", "networks", "rig", "engine", "weights", "datatypes", "errors"},
    "service": {
        "pipelines", "perception.image", "expression.calibration", "export", "engine.cameras", "engine.lighting", "rig",
        "config", "recent", "datatypes", "errors", "__version__",
    },
    "commands": {"export.files", "config", "datatypes", "errors"},
    "doctor": {"rig", "fitting", "engine.opengl", "config", "weights", "model_files", "errors"},
    "cli": {
        "commands", "service", "pipelines", "export.blender", "doctor", "rig", "config", "model_files", "datatypes",
        "errors",
    },
    "__main__": {"cli"},
    "__init__": set(),
}  # fmt: skip
"""What each module or folder of the package may import besides itself; "rig.nouns" is that module alone."""

RUN_BY_BLENDER = ("export/blender_scene.py", "export/blender_gallery.py")
"""Scripts that Blender itself runs: they may import bpy, and nothing of the package imports them."""

NOT_IN_THE_BACKEND = ("bpy", "torchvision", "torchaudio")
WIRE = ("grpc", "google.protobuf", "google.rpc", "grpc_status", "grpc_health", "grpc_reflection", "facewright_client")
MAY_USE_THE_WIRE = ("service/", "commands/remote.py")
"""Only these know that there is a network; messages stop at `service/convert` and `service/servicers`."""

MAY_READ_THE_ENVIRONMENT = ("cli.py",)
MAY_PRINT = ("cli.py", "training/")
MAY_LOAD_TORCH_FILES = ("weights.py",)
MAY_CATCH_EVERYTHING = (
    "pipelines/workers.py", "engine/opengl.py", "doctor.py", "service/border.py", "service/device/",
    "service/live/hub.py",
)  # fmt: skip
"""One photo, request or frame of many must not stop the rest; OpenGL drivers raise bare Exception."""
FILE_LINES, FUNCTION_LINES = 400, 60


def imported_modules(source: str, module: str, package: str = "facewright") -> Iterator[tuple[int, str]]:
    """Find what a module imports.

    Args:
        source: its text.
        module: its path in the package, as in "rig/installed.py".
        package: what relative imports are named after; when it is empty their names begin with a dot.

    Yields:
        Line number and dotted name; `from a import b` gives "a.b", so that a name may follow its module.
    """
    folder = [package, *module.split("/")[:-1]]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = folder[: len(folder) - node.level + 1] if node.level else []
            base = [*above, *([node.module] if node.module else [])]
            yield from ((node.lineno, ".".join([*base, alias.name])) for alias in node.names)


def wrong_imports(source: str, module: str) -> list[str]:
    """Name the imports that go against LAYERS or NOT_IN_THE_BACKEND."""
    own = module.removesuffix(".py").split("/")[0]
    if own not in LAYERS:
        return [f"{module}: tests/architecture/rules.py says nothing about `{own}`: give it a place in LAYERS"]
    found = []
    for line, name in imported_modules(source, module):
        banned = NOT_IN_THE_BACKEND[1:] if module in RUN_BY_BLENDER else NOT_IN_THE_BACKEND
        if any(name == package or name.startswith(package + ".") for package in banned):
            found.append(f"{module}:{line}: `{name}` has no place in the backend")
        is_wire = any(name == package or name.startswith(package + ".") for package in WIRE)
        if is_wire and not module.startswith(MAY_USE_THE_WIRE):
            found.append(f"{module}:{line}: `{name}`: only {', '.join(MAY_USE_THE_WIRE)} know of the wire")
        if not name.startswith("facewright."):
            continue
        scripts = [script.removesuffix(".py").replace("/", ".") for script in RUN_BY_BLENDER]
        if module in RUN_BY_BLENDER or name.removeprefix("facewright.") in scripts:
            found.append(f"{module}:{line}: `{name}`: what Blender runs and the package do not import each other")
        target = name.removeprefix("facewright.")
        allowed = LAYERS[own] | {own}
        if not any(target == unit or target.startswith(unit + ".") for unit in allowed):
            found.append(f"{module}:{line}: `{own}` may not import `{target}`")
    return found


def wrong_calls(source: str, module: str) -> list[str]:
    """Name what is done outside its only place: environment, print, torch.load, unpickling, catch-all."""
    found = []
    for node in ast.walk(ast.parse(source)):
        text = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""
        line = getattr(node, "lineno", 0)
        if text in ("os.environ", "os.getenv", "environ", "getenv") and module not in MAY_READ_THE_ENVIRONMENT:
            found.append(f"{module}:{line}: the environment is read in cli.py only")
        if text == "torch.load" and module not in MAY_LOAD_TORCH_FILES:
            found.append(f"{module}:{line}: torch.load stands in weights.py only")
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print" and not module.startswith(MAY_PRINT):
            found.append(f"{module}:{line}: print stands in cli.py and training only; use logging or return a value")
    found += global_state(source, module) + wrong_catches(source, module, MAY_CATCH_EVERYTHING)
    for line, name in imported_modules(source, module):
        if name.split(".")[0] in ("pickle", "dill", "joblib", "shelve"):
            found.append(f"{module}:{line}: nothing is ever unpickled")
    return found


def global_state(source: str, module: str) -> list[str]:
    """Name the places where a function changes a variable of its module."""
    return [
        f"{module}:{node.lineno}: no global state"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Global)
    ]


def wrong_catches(source: str, module: str, may_catch_everything: tuple[str, ...]) -> list[str]:
    """Name the places that catch everything, but for those in modules that may."""
    return [
        f"{module}:{node.lineno}: catch what can be handled, not everything"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and not module.startswith(may_catch_everything)
    ]


def wrong_sizes(source: str, module: str) -> list[str]:
    """Name files and functions over the hard limits, and modules without a docstring."""
    tree = ast.parse(source)
    found = []
    lines = len(source.splitlines())
    if lines > FILE_LINES:
        found.append(f"{module}: {lines} lines, at most {FILE_LINES}")
    if not ast.get_docstring(tree) and not (module.endswith("__init__.py") and not source.strip()):
        found.append(f"{module}: no module docstring")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                found.append(f"{module}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION_LINES}")
    return found


def undocumented(source: str, module: str) -> list[str]:
    """Name the public functions and classes at the top level of a module that have no docstring."""
    return [
        f"{module}:{node.lineno}: {node.name} has no docstring"
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]


def machine_dependent(text: str, name: str) -> list[str]:
    """Name paths of one machine and hosts of package indices in a text file."""
    roots = "|".join(("home", "root", "work", "opt", "tmp", "Users", "mnt", "workspace"))
    patterns = {
        "an absolute path of one machine": rf"(?<![\w./~-])/(?:{roots})/[\w.-]+",
        "the host of a package index": r"(?:py"
        + r"pi\.org|pythonhosted\.org|download\.pytorch\.org|\bregistry\.npmjs)",
    }
    return [
        f"{name}:{number}: {what}"
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in patterns.items()
        if re.search(pattern, line)
    ]
