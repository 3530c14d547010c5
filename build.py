"""The project's only task runner: makes the environment and runs every task. Standard library only.

python3 build.py setup      virtual environment in .venv with everything that the project needs
python3 build.py demo       the first head: setup, model files, rig, then a fit of a sample photo into out/demo
python3 build.py test       setup, model files, Blender, glTF validator, then the tests; further arguments go to pytest
python3 build.py check      setup, then formatting, lint and types
python3 build.py weights    setup, then fetch and verify the third-party model files
python3 build.py rig        setup, then compile the rigs into the user cache
python3 build.py protos     make the Python stubs from protos/ and check the protocol: lint, format, nothing broken
python3 build.py blender    Blender as a Python module in .venv-blender, for exports as .blend and .fbx (some 400 MB)
python3 build.py addon      the extension for Blender: a zip for each platform in build/addon, checked by Blender's tool
python3 build.py gui-test   setup, then the extension in a real window, pictures in out/gui (Debian, root, 3 GB)
python3 build.py run ARGS   setup, then the `facewright` command with ARGS
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / ".facewright-setup"
MINIMUM_PYTHON = (3, 11)
TASKS = ("setup", "demo", "test", "check", "weights", "rig", "protos", "blender", "addon", "gui-test", "run")
BLENDERS = {ROOT / ".venv-blender": "bpy==4.5.4", ROOT / ".venv-blender-5": "bpy==5.0.1"}  # the second for tests
BLENDER_PYTHON, BLENDER_BESIDE = (3, 11), "grpcio==1.78.0 protobuf==6.33.5"
PROTOS_VENV, PROTOS_PACKAGE = ROOT / ".venv-protos", "grpcio-tools==1.62.3"
NPM_TOOLS = {"gltf-validator": "2.0.0-dev.3.10", "@bufbuild/buf": "1.75.0"}
TOOLS = ROOT / "build" / "tools"
EXIT_USAGE, EXIT_FAILED, EXIT_INTERRUPTED = 64, 1, 130
INTERRUPT_GRACE_S = 10.0
CUDA_REMEDY = "to do without CUDA, set PIP_EXTRA_INDEX_URL to PyTorch's index for CPUs (on its page Get Started)"
KILLED_REMEDY = "9 is often a lack of memory; `python3 build.py run doctor` looks for other reasons"
PIP_REMEDY = "pip could not install the packages; see above. Remedy: check network, disk space, `pip config list`."
PIP = ("-m", "pip", "--disable-pip-version-check", "install", "--prefer-binary", "--use-pep517")
QUIET_END = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); "  # Ctrl-C without a traceback
MAKE_VENV = QUIET_END + "import sys, venv; venv.main(sys.argv[1:])"
SAMPLE_PHOTO = QUIET_END + (
    "import sys; from pathlib import Path; from PIL import Image; from skimage.data import astronaut; "
    "path = Path(sys.argv[1]); path.parent.mkdir(parents=True, exist_ok=True); Image.fromarray(astronaut()).save(path)"
)


class TaskFailed(Exception):
    """A task stopped; carries the exit code that the shell gets and, unless a child has spoken, a message."""

    def __init__(self, exit_code: int, message: str = "") -> None:
        super().__init__(message)
        self.exit_code = exit_code


def say(message: str) -> None:
    print(f"[build] {message}", flush=True)


def venv_tool(name: str, venv: Path = VENV) -> Path:
    """Return the path of an executable of a virtual environment."""
    return venv / ("Scripts" if os.name == "nt" else "bin") / (name + (".exe" if os.name == "nt" else ""))


def call(command: Sequence[str | Path], folder: Path = ROOT) -> int:
    """Run a child in a folder with our own terminal and return its exit code, 128 + signal if killed.

    A child gets the terminal's Ctrl-C as well: it is given time to leave by itself before it is ended.
    """
    child = subprocess.Popen([str(part) for part in command], cwd=folder)
    try:
        code = child.wait()
    except KeyboardInterrupt:
        try:
            child.wait(INTERRUPT_GRACE_S)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            child.kill()
            child.wait()
        raise
    return code if code >= 0 else 128 - code


def must(command: Sequence[str | Path], message: str = "", folder: Path = ROOT) -> None:
    """Run a child and raise TaskFailed with its exit code if it fails; a child that was killed could not say why."""
    code = call(command, folder)
    if code > 128 and code != EXIT_INTERRUPTED:
        message = f"{Path(command[0]).name} was ended by signal {code - 128}. Remedy: {KILLED_REMEDY}."
    if code:
        raise TaskFailed(code, message)


def data_packages() -> list[str]:
    """Return the packages that are installed for the data in them only, without their dependencies."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return project["tool"]["facewright"]["data-packages"]


def wanted_stamp() -> str:
    """Return the hash of all that decides what is installed."""
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes())
    digest.update(repr((sys.version_info[:3], sys.base_prefix, str(VENV))).encode())
    return digest.hexdigest()


def is_set_up() -> bool:
    return venv_tool("python").exists() and STAMP.exists() and STAMP.read_text().strip() == wanted_stamp()


def make_environment() -> None:
    """Make .venv unless a working one is there."""
    python = venv_tool("python")
    if python.exists():
        probe = subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True)
        if probe.returncode == 0:
            return
        say("the virtual environment does not work any more: making a new one")
    remedy = "install Python with venv and ensurepip (Debian and Ubuntu: the package python3-venv)"
    must([sys.executable, "-c", MAKE_VENV, "--clear", VENV], f"no virtual environment could be made. Remedy: {remedy}.")


def fetches_cuda() -> bool:
    """Tell whether pip takes torch with CUDA, as it does on Linux unless it is told where to find another one."""
    elsewhere = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONFIG_FILE")
    return sys.platform == "linux" and not any(os.environ.get(name) for name in elsewhere)


def setup() -> None:
    """Install the project and what it needs into .venv; at once if nothing has changed since the last time."""
    if is_set_up():
        return
    free_gb, needed_gb = shutil.disk_usage(ROOT).free / 1e9, 8.0 if fetches_cuda() else 2.5
    remedy = f"free some{'; or, ' + CUDA_REMEDY if fetches_cuda() else ''}"
    if free_gb < needed_gb:
        room = f"the environment needs {needed_gb:g} GB, {free_gb:.1f} are free"
        raise TaskFailed(EXIT_FAILED, f"{room}. Remedy: {remedy}.")
    say("first run: packages are fetched through pip, which takes minutes; while it unpacks them, pip is silent")
    if fetches_cuda() and shutil.which("nvidia-smi") is None:
        say(f"torch comes with CUDA here, some 3 GB; {CUDA_REMEDY}")
    make_environment()
    STAMP.unlink(missing_ok=True)
    pip = [venv_tool("python"), *PIP]
    must([*pip, "--editable", ".[dev]"], PIP_REMEDY)
    must([*pip, "--no-deps", *data_packages()], PIP_REMEDY)
    STAMP.write_text(wanted_stamp() + "\n")


def has_packages(venv: Path, packages: str) -> bool:
    """Tell whether an environment beside .venv holds its packages."""
    stamp = venv / ".facewright-setup"
    return venv_tool("python", venv).exists() and stamp.exists() and stamp.read_text() == packages


def install_beside(venv: Path, packages: str, base: str = sys.executable) -> None:
    """Make an environment beside .venv for packages that would not get along with the others."""
    must([base, "-c", MAKE_VENV, "--clear", venv], f"the environment for {packages} could not be made.")
    must([venv_tool("python", venv), *PIP, "--quiet", *packages.split()], PIP_REMEDY)
    (venv / ".facewright-setup").write_text(packages)


def fetch_blender(count: int = 1) -> None:
    """Install the first Blenders as Python modules, each into an environment of its own; at once if they are there."""
    wanted = ".".join(map(str, BLENDER_PYTHON))
    for venv, package in list(BLENDERS.items())[:count]:
        packages = f"{package} {BLENDER_BESIDE}"
        if has_packages(venv, packages):
            continue
        base = sys.executable if sys.version_info[:2] == BLENDER_PYTHON else shutil.which(f"python{wanted}")
        if base is None:
            raise TaskFailed(EXIT_FAILED, f"{package} needs Python {wanted}, which is not here. Remedy: install it.")
        free_gb = shutil.disk_usage(ROOT).free / 1e9
        if free_gb < 2.0:
            raise TaskFailed(EXIT_FAILED, f"Blender needs 2 GB, {free_gb:.1f} are free. Remedy: free some.")
        say(f"{package} is fetched through pip (some 400 MB)")
        install_beside(venv, packages, base)


def fetch_npm_tools() -> None:
    """Install the glTF validator and buf through npm into build/tools; at once if they are there already."""
    manifests = {name: TOOLS / "node_modules" / name / "package.json" for name in NPM_TOOLS}
    if all(path.exists() and f'"{NPM_TOOLS[name]}"' in path.read_text("utf-8") for name, path in manifests.items()):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise TaskFailed(EXIT_FAILED, "npm is not here. Remedy: install Node.js.")
    TOOLS.mkdir(parents=True, exist_ok=True)
    wanted = [f"{name}@{version}" for name, version in NPM_TOOLS.items()]
    message = "npm could not install its packages; its own message stands above."
    must([npm, "install", "--no-save", "--silent", "--prefix", TOOLS, *wanted], message)


def protos() -> None:
    """Make the stubs in an environment with an old grpcio-tools, then let buf look at the protocol."""
    if not has_packages(PROTOS_VENV, PROTOS_PACKAGE):
        install_beside(PROTOS_VENV, PROTOS_PACKAGE)
    fetch_npm_tools()
    must([venv_tool("python", PROTOS_VENV), ROOT / "protos" / "generate.py", TOOLS / "node_modules" / ".bin" / "buf"])


def facewright(*arguments: str | Path) -> None:
    """Run the console script of the environment."""
    must([venv_tool("python"), "-m", "facewright", *arguments])


def demo() -> None:
    """Make the first head from a sample photo and say where it lies."""
    out = ROOT / "out" / "demo"
    photo = out / "astronaut.png"
    stages = {
        "environment": setup,
        "model files": lambda: facewright("weights"),
        "rig": lambda: facewright("rig", "compile"),
        "sample photo": lambda: must([venv_tool("python"), "-c", SAMPLE_PHOTO, photo]),
        "fit": lambda: facewright("fit", photo, "--out", out),
    }
    seconds = {}
    for name, work in stages.items():
        say(f"{name} ...")
        start = time.perf_counter()
        work()
        seconds[name] = time.perf_counter() - start
    for name in stages:
        say(f"  {name:<12}  {seconds[name]:7.1f} s")
    say(f"the head lies in {out.relative_to(ROOT)}; look at {(out / 'sheet.png').relative_to(ROOT)} first:")
    for path in sorted(filter(Path.is_file, out.iterdir())):
        say(f"  {path.relative_to(ROOT)}  {path.stat().st_size / 1024:.0f} KB")


def test(arguments: Sequence[str]) -> None:
    """Run the tests; the default is all but those marked slow, gpu or interop, in two processes."""
    facewright("weights")
    for name, fetch in (("Blender", lambda: fetch_blender(2)), ("a tool of npm", fetch_npm_tools)):
        try:
            fetch()
        except TaskFailed as failure:
            say(f"{name} is not here, its tests will be skipped: {failure}")
    must([venv_tool("python"), "-m", "pytest", *(arguments or ["-n", "2", "--dist", "loadfile"])])


def check() -> None:
    """Check format, lint and types; all are run even if the first finds something."""
    tools = (("ruff", "format", "--check", "."), ("ruff", "check", "."), ("mypy",))
    if max(call([venv_tool("python"), "-m", *tool]) for tool in tools):
        raise TaskFailed(EXIT_FAILED, "Remedy: `.venv/bin/ruff format .`, then mend what ruff and mypy name.")


def run_task(task: str, arguments: Sequence[str]) -> None:
    """Run one task of TASKS."""
    if arguments and task not in ("test", "run"):
        raise TaskFailed(EXIT_USAGE, f"`{task}` takes no arguments, got {' '.join(arguments)}")
    if task == "demo":
        demo()
        return
    (fetch_blender if task in ("blender", "addon") else setup)()
    work = {
        "setup": lambda: say(f"ready: {VENV.name} holds the environment"),
        "test": lambda: test(arguments),
        "check": check,
        "weights": lambda: facewright("weights"),
        "rig": lambda: facewright("rig", "compile"),
        "protos": protos,
        "blender": lambda: say(f"ready: {next(iter(BLENDERS)).name} holds Blender"),
        "addon": lambda: must([sys.executable, ROOT / "tools" / "addon.py"]),
        "gui-test": lambda: must([venv_tool("python"), ROOT / "tools" / "gui_test" / "main.py"]),
        "run": lambda: must([venv_tool("python"), "-m", "facewright", *arguments], folder=Path.cwd()),
    }
    work[task]()


def main(arguments: Sequence[str]) -> int:
    if sys.version_info < MINIMUM_PYTHON:  # noqa: UP036  (whoever starts this may have an older Python)
        found, wanted = ".".join(map(str, sys.version_info[:3])), ".".join(map(str, MINIMUM_PYTHON))
        print(f"error: Python {wanted} or newer is needed, this is {found}. Remedy: python{wanted} build.py ...")
        return EXIT_FAILED
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(__doc__)
        return 0 if arguments else EXIT_USAGE
    task, rest = arguments[0], arguments[1:]
    if task not in TASKS:
        print(f"error: unknown task {task!r}. Remedy: one of {', '.join(TASKS)}.", file=sys.stderr)
        return EXIT_USAGE
    try:
        run_task(task, rest)
    except TaskFailed as failure:
        if str(failure):
            print(f"error: {failure}", file=sys.stderr)
        return failure.exit_code
    except KeyboardInterrupt:
        print("\n[build] stopped", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
