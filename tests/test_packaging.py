"""What pip installs holds all that the command needs beside its packages."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_a_wheel_holds_each_file_of_the_rigs_and_of_the_code(tmp_path):
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    rigs = {f"facewright/{path.relative_to(ROOT)}" for path in (ROOT / "rigs").rglob("*") if path.is_file()}
    backend = ROOT / "backend"
    files = {path for path in (backend / "facewright").rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert rigs - held == set()
    assert {str(path.relative_to(backend)) for path in files} - held == set()
