"""Builds the Blender extension; `python3 build.py addon` runs it. Standard library only, and Blender's own tool.

It copies blender_addon, the Python client and the scene builder into build/addon/facewright, puts the wheels of
wheels.toml beside them, and makes and checks a zip for each platform. A wheel with another SHA-256 is not taken.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WHEELS = tomllib.loads((ROOT / "tools" / "wheels.toml").read_text(encoding="utf-8"))
OUT = ROOT / "build" / "addon"
CACHE = ROOT / "build" / "wheels"
TOOL = "bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyi", "py.typed", "README.md", "client", "blender_scene.py")


class AddonFailed(Exception):
    """The extension cannot be built; the message says why and what to do."""


def say(message: str) -> None:
    """Tell what happens."""
    print(f"[addon] {message}", flush=True)


def is_right(path: Path, sha256: str) -> bool:
    """Tell whether a file is there and is the one that was noted."""
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def fetch_wheel(wheel: dict[str, str]) -> Path:
    """Return the path of a wheel of wheels.toml; fetch it through pip and check it unless it is there.

    Raises:
        AddonFailed: pip cannot get it, or what came is not what was noted.
    """
    kept = CACHE / wheel["file"]
    if is_right(kept, wheel["sha256"]):
        return kept
    requirement = f"{wheel['package']}=={WHEELS['licences'][wheel['package']]['version']}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        target = ["--platform", wheel["platform"], "--abi", wheel["abi"], "--python-version", wheel["python"]]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        if subprocess.call([*pip, "--only-binary=:all:", *target, "--dest", folder, requirement]):
            raise AddonFailed(f"pip cannot get {requirement}, see above. Remedy: check the network, then try again.")
        came = Path(folder) / wheel["file"]
        if not is_right(came, wheel["sha256"]):
            names = ", ".join(sorted(path.name for path in Path(folder).iterdir()))
            raise AddonFailed(
                f"{wheel['file']} with the noted SHA-256 was wanted, {names} came. Remedy: find out why before you "
                "change tools/wheels.toml."
            )
        came.replace(kept)
    say(f"fetched {wheel['file']}")
    return kept


def manifest_with_wheels(manifest: str) -> str:
    """Return the text of a manifest with the lines that name platforms and wheels, before its first table."""
    head, bracket, tables = manifest.partition("\n[")
    listed = "".join(f'  "./wheels/{wheel["file"]}",\n' for wheel in WHEELS["wheels"])
    platforms = ", ".join(f'"{platform}"' for platform in WHEELS["platforms"])
    return f"{head}\nplatforms = [{platforms}]\nwheels = [\n{listed}]\n{bracket}{tables}"


def third_party() -> str:
    """Return the text that names what the extension carries and under which licence."""
    lines = [
        "# What is in this extension besides itself",
        "",
        "| package | version | licence | by | text |",
        "|-|-|-|-|-|",
    ]
    for name, entry in WHEELS["licences"].items():
        words = (name, entry["version"], entry["licence"], entry["holder"], entry["text"])
        lines.append(f"| {' | '.join(words)} |")
    for ours in ("client (Facewright's Python client)", "scene/blender_scene.py (the builder of exported scenes)"):
        lines.append(f"| {ours} | this one | Apache-2.0 | the Facewright developers | client/LICENSE |")
    return "\n".join([*lines, ""])


def copy_sources(out: Path) -> Path:
    """Put the extension together without wheels: tests run it with packages that are installed beside Blender.

    Returns:
        Its folder, `facewright` in out; with out on the search path it can be imported in Blender.
    """
    folder = out / "facewright"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "blender_addon", folder, ignore=LEFT_OUT)
    shutil.copytree(ROOT / "clients" / "python" / "facewright_client", folder / "client", ignore=LEFT_OUT)
    shutil.copy(ROOT / "LICENSE", folder / "client" / "LICENSE")
    shutil.copy(ROOT / "backend" / "facewright" / "export" / "blender_scene.py", folder / "scene")
    return folder


def assemble(out: Path = OUT) -> Path:
    """Put the extension together, with its wheels.

    Returns:
        Its folder, `facewright` in out.
    """
    folder = copy_sources(out)
    (folder / "wheels").mkdir()
    for wheel in WHEELS["wheels"]:
        shutil.copy(fetch_wheel(wheel), folder / "wheels")
    manifest = folder / "blender_manifest.toml"
    manifest.write_text(manifest_with_wheels(manifest.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / "THIRD_PARTY.md").write_text(third_party(), encoding="utf-8")
    return folder


def find_tool() -> Path:
    """Return the path of Blender's own tool for extensions, that of the oldest Blender that build.py fetched.

    Raises:
        AddonFailed: there is none.
    """
    found = sorted(
        path for lib in ("lib/python*", "Lib") for path in ROOT.glob(f".venv-blender*/{lib}/site-packages/{TOOL}")
    )
    if not found:
        raise AddonFailed("Blender's tool for extensions is not here. Remedy: python3 build.py blender.")
    return found[0]


def run_tool(*arguments: str | Path) -> None:
    """Run Blender's tool for extensions.

    Raises:
        AddonFailed: it found something wrong; the message holds what it said.
    """
    command = [sys.executable, "-B", find_tool(), *arguments]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise AddonFailed(f"Blender's tool does not accept the extension:\n{done.stdout}{done.stderr}")


def make_zips(folder: Path, out: Path = OUT) -> list[Path]:
    """Make a zip for each platform with Blender's own tool, and let it check each.

    Returns:
        Their paths, as in facewright-0.1.0-linux_x64.zip.
    """
    for old in out.glob("*.zip"):
        old.unlink()
    run_tool("build", "--split-platforms", "--source-dir", folder, "--output-dir", out)
    zips = sorted(out.glob("*.zip"))
    for path in zips:
        run_tool("validate", path)
    return zips


def main() -> int:
    """Build everything; returns the exit code."""
    try:
        for path in make_zips(assemble()):
            say(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1e6:.1f} MB, accepted by Blender's tool")
    except AddonFailed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
