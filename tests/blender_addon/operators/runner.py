"""Runs in Blender: python runner.py STAGE OUT MODULE CASE ADDRESS COMMAND; writes what a case returns."""

import faulthandler
import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path

import bpy

stage, out, module, case, address, command = sys.argv[1:]
sys.path[:0] = [stage, str(Path(__file__).parent)]


def wait_for(condition, what, seconds=300.0):
    """Call the timer's function until a condition holds, as Blender would; returns the slowest call in ms."""
    from facewright import tick

    deadline, slowest = time.monotonic() + seconds, 0.0
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds:g} s")
        before = time.perf_counter()
        tick.tick()
        slowest = max(slowest, 1000 * (time.perf_counter() - before))
        time.sleep(0.01)
    return slowest


def begin():
    """Make the add-on known to Blender's preferences, as enabling it does, and register it."""
    added = bpy.context.preferences.addons.new()
    added.module = "facewright"
    package = importlib.import_module("facewright")
    package.register()
    wanted = importlib.import_module("facewright.preferences").get()
    wanted.address, wanted.command = address, command
    bpy.ops.ed.undo_push(message="begin")
    return package


def main():
    """Run the case; where Blender crashes, each thread says where it was."""
    faulthandler.enable()
    code, package = 0, None
    try:
        package = begin()
        said = getattr(importlib.import_module(module), f"case_{case}")(Path(out))
        (Path(out) / "said.json").write_text(json.dumps(said))
        package.unregister()
    except Exception as error:
        traceback.print_exc()
        print(f"{type(error).__name__}: {error}")
        code = 1
        if package is not None:
            importlib.import_module("facewright.session").close()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.modules["runner"] = sys.modules["__main__"]
    main()
