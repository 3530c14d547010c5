"""A live stream as a process of its own."""

import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest

from end_to_end.service_process import ROOT

WAIT_S = 120.0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stream_that_is_told_to_end_keeps_its_table_and_leaves_nothing_else(tmp_path, number):
    film = cv2.VideoWriter(str(tmp_path / "grey.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (160, 120))
    for level in range(30):
        film.write(np.full((120, 160, 3), 4 * level, np.uint8))
    film.release()
    words = ["live", "--source", str(tmp_path / "grey.avi"), "--loop", "--out", str(tmp_path / "take.csv")]
    command = [sys.executable, "-m", "facewright", *words]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    while line := process.stderr.readline():
        if line.startswith("lost"):
            process.send_signal(number)
            break
    _, rest = process.communicate(timeout=WAIT_S)
    assert process.returncode == 130 and rest.endswith("stopped\n") and "Traceback" not in rest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grey.avi", "take.csv"]
    assert len((tmp_path / "take.csv").read_text().splitlines()) > 1
