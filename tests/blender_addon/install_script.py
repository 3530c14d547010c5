"""Installs a zip as a user does, in a process with the module bpy, and writes what came of it as JSON.

python install_script.py ZIP OUT, with BLENDER_USER_RESOURCES set to an empty folder.
"""

import importlib
import json
import os
import sys
import traceback
from pathlib import Path

import bpy

PACKAGE, OUT = sys.argv[1:]
NAME = "bl_ext.user_default.facewright"

try:
    result = bpy.ops.extensions.package_install_files(
        filepath=PACKAGE, repo="user_default", enable_on_install=True, overwrite=True
    )
    is_enabled = NAME in bpy.context.preferences.addons
    client = importlib.import_module(f"{NAME}.client")
    resources = Path(os.environ["BLENDER_USER_RESOURCES"])
    found = {
        "result": sorted(result),
        "is_enabled": is_enabled,
        "panels": sorted(name for name in dir(bpy.types) if name.startswith("FACEWRIGHT_PT_")),
        "client": client.__doc__,
        "unpacked": sorted(path.relative_to(resources).as_posix() for path in resources.rglob("*.so")),
        "folders": sorted(path.relative_to(resources).as_posix() for path in resources.glob("extensions/*/*")),
    }
    bpy.ops.preferences.addon_disable(module=NAME)
    found["left"] = sorted(name for name in dir(bpy.types) if name.startswith("FACEWRIGHT_"))
    Path(OUT).write_text(json.dumps(found))
except Exception:
    traceback.print_exc()
finally:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # the module bpy hangs or crashes at a usual exit
