"""The extension in a folder, one backend for all, a photo and a video, and a way to run a case in Blender."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from end_to_end.service_process import start_server, stop_server
from facewright.errors import BlenderUnavailable
from facewright.export.blender import find_blender

from ..assemble import ROOT, assemble

SCRIPTS = Path(__file__).parent
CASE_S = 600
FRAMES, SIDE_PX = 45, 400


def find_python(environment: str) -> str:
    """Return the Python of an environment that has Blender and gRPC; skips the test where there is none."""
    try:
        program = find_blender(environment=ROOT / environment)[0]
    except BlenderUnavailable as error:
        pytest.skip(error.one_line())
    if subprocess.run([program, "-c", "import grpc, google.protobuf"], capture_output=True).returncode:
        pytest.skip(f"gRPC is not installed in {environment}: run `python3 build.py blender`")
    return program


@pytest.fixture(scope="session", params=[".venv-blender", ".venv-blender-5"])
def python(request) -> str:
    """The Python that has a Blender, each in turn."""
    return find_python(request.param)


@pytest.fixture(scope="session")
def stage(tmp_path_factory) -> Path:
    """A folder with the package `facewright`, photo.png and video.avi of the sample person."""
    folder = tmp_path_factory.mktemp("stage")
    assemble(folder)
    photo = np.ascontiguousarray(data.astronaut())
    Image.fromarray(photo).save(folder / "photo.png")
    writer = cv2.VideoWriter(str(folder / "video.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 30, (SIDE_PX, SIDE_PX))
    for number in range(FRAMES):
        shift = int(10 * np.sin(number / 5))
        writer.write(photo[shift + 10 : shift + 10 + SIDE_PX, 40 : 40 + SIDE_PX, ::-1].copy())
    writer.release()
    return folder


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """Address of a backend that all cases share."""
    find_python(".venv-blender")
    process, port, _ = start_server(tmp_path_factory.mktemp("server"))
    yield f"127.0.0.1:{port}"
    stop_server(process)


@pytest.fixture
def run(python, stage, tmp_path):
    """Run a case of a module in a process of its own; returns what it says, as JSON has it.

    Args of the function: module, case, and the address of a backend; without one the case starts its own.
    """

    def run(module: str, case: str, address: str = "") -> dict:
        return run_case(python, stage, tmp_path, module, case, address)

    return run


def run_case(python: str, stage: Path, out: Path, module: str, case: str, address: str = "") -> dict:
    """Run a case in Blender and return what it says; whatever the timer's function logs as failed fails the test."""
    words = [str(stage), str(out), module, case, address, str(Path(sys.executable).with_name("facewright"))]
    done = subprocess.run(
        [python, str(SCRIPTS / "runner.py"), *words],
        capture_output=True,
        text=True,
        timeout=CASE_S,
        env={**os.environ, "OMP_NUM_THREADS": "1", "BLENDER_USER_RESOURCES": str(out)},
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert "a look of the timer failed" not in done.stderr, done.stderr[-6000:]
    return json.loads((out / "said.json").read_text())
