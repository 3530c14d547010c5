"""Runs in Blender: python run_case.py STAGE OUT MODULE CASE; writes what the case returns as OUT/said.json."""

import importlib
import json
import os
import sys
import traceback
from pathlib import Path

stage, out, module, case = sys.argv[1:]
sys.path[:0] = [stage, str(Path(__file__).parent)]
code = 0
try:
    importlib.import_module("staging").start()
    said = getattr(importlib.import_module(module), f"case_{case}")()
    (Path(out) / "said.json").write_text(json.dumps(said))
except Exception as error:
    traceback.print_exc()
    print(f"{type(error).__name__}: {error}")
    code = 1
importlib.import_module("facewright.shape_properties").unregister_all()
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
