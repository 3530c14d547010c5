"""Uses the extension in a real window and takes pictures of it; `python3 build.py gui-test` runs it.

The first time it makes a Debian with Blender in build/gui (root, four minutes, 1.5 GB). The pictures lie in out/gui.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

import debian
import material
from debian import ROOT, GuiTestFailed, say

OUT = ROOT / "out" / "gui"


def call(*command: object) -> None:
    """Run a command of this project.

    Raises:
        GuiTestFailed: it failed; it has said why.
    """
    words = [str(word) for word in command]
    if subprocess.call(words, cwd=ROOT):
        raise GuiTestFailed(f"`{' '.join(words[1:])}` failed, see above")


def main() -> int:
    """Prepare everything, then show it; returns the exit code."""
    try:
        debian.check_machine()
        debian.make()
        call(sys.executable, "build.py", "addon")
        call(sys.executable, "-m", "facewright", "weights")
        call(sys.executable, "-m", "facewright", "rig", "compile")
        material_paths = material.make(debian.FOLDER / "material")
        package = next((ROOT / "build" / "addon").glob("*linux_x64.zip"))
        shutil.rmtree(OUT, ignore_errors=True)
        OUT.mkdir(parents=True)
        window = ROOT / "tools" / "gui_test" / "window.py"
        own_mounts = ["unshare", "--mount", "--propagation", "private"]
        code = subprocess.call([*own_mounts, sys.executable, str(window), *map(str, (package, OUT, *material_paths))])
        if code:
            raise GuiTestFailed(f"the window test failed ({code}), see above")
    except GuiTestFailed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    say(f"{len(list(OUT.glob('*.png')))} pictures in {OUT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
