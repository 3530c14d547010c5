"""Tests of the commands around a server as a user meets them: serve, --server, kill, resume, a full stop."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import grpc
import pytest
from facewright_client import BackendError, Client, photo_specification

from end_to_end.service_process import ROOT, start_server, stop_server
from facewright import model_files
from facewright.cli import main

FEW = ("--set", "fitting.iterations=3", "--skin", "procedural")
LONG = {"fitting.iterations": "10000"}
WAIT_S = 60.0


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Return the port of a server that is shared by the tests that do it no harm; SIGTERM ends it cleanly."""
    folder = tmp_path_factory.mktemp("server")
    process, port, log = start_server(folder)
    yield port
    assert stop_server(process) == 0
    assert not (folder / "port.txt").exists() and "Traceback" not in log.read_text()


def serve(folder: Path, *options: str, **environment: str) -> subprocess.Popen:
    command = [
        sys.executable,
        "-m",
        "facewright",
        "serve",
        "--port",
        "0",
        "--port-file",
        str(folder / "port"),
        *options,
    ]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def test_a_fit_by_a_server_writes_the_files_of_a_local_fit(server, photo, tmp_path):
    assert main(["fit", str(photo), "--out", str(tmp_path / "local"), "--quiet", *FEW]) == 0
    assert (
        main(["fit", str(photo), "--out", str(tmp_path / "far"), "--quiet", "--server", f"127.0.0.1:{server}", *FEW])
        == 0
    )
    names = [sorted(path.name for path in (tmp_path / name).iterdir()) for name in ("local", "far")]
    assert names[0] == names[1] and "head.glb" in names[0]
    local, far = (json.loads((tmp_path / name / "rig.json").read_text()) for name in ("local", "far"))
    for document in (local, far):
        del document["stage_ms"]
    assert local == far
    for name in ("front.png", "head.obj"):
        assert (tmp_path / "local" / name).read_bytes() == (tmp_path / "far" / name).read_bytes()


def test_the_example_of_the_readme_writes_a_head(server, photo, tmp_path):
    _, example = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    shutil.copy(photo, tmp_path / "me.jpg")
    words = [sys.executable, "-c", example.replace("50550", str(server))]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "head.glb").read_bytes().startswith(b"glTF") and "imitator" in done.stdout


def test_a_bad_photo_is_the_same_error_by_a_server(server, tmp_path, capsys):
    (tmp_path / "photo.png").write_bytes(b"no image")
    words = ["fit", str(tmp_path / "photo.png"), "--out", str(tmp_path / "out")]
    assert main(words) == 2
    local = capsys.readouterr().err.splitlines()[-1]
    assert main([*words, "--server", f"127.0.0.1:{server}"]) == 2
    far = capsys.readouterr().err.splitlines()[-1]
    assert local.startswith("error: IMAGE_UNREADABLE: ") and far.startswith("error: IMAGE_UNREADABLE: ")
    assert not (tmp_path / "out").exists()


def test_an_option_of_this_machine_does_not_go_with_a_server(photo, tmp_path, capsys):
    assert main(["fit", str(photo), "--out", str(tmp_path), "--server", "127.0.0.1:1", "--device", "cpu"]) == 2
    assert "--device and --server" in capsys.readouterr().err


def test_no_server_is_an_error_with_a_remedy(photo, tmp_path, capsys):
    assert main(["fit", str(photo), "--out", str(tmp_path / "out"), "--server", "127.0.0.1:1"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: BACKEND_UNREACHABLE: ") and "facewright serve" in error


@pytest.mark.parametrize("command", ["batch", "fit"])
def test_a_server_that_is_not_there_is_not_waited_for(command, photo, tmp_path, capsys):
    begin_s = time.monotonic()
    assert main([command, str(photo), "--out", str(tmp_path / "out"), "--server", "127.0.0.1:1"]) == 2
    assert time.monotonic() - begin_s < WAIT_S / 4
    assert "error: BACKEND_UNREACHABLE: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_rigs_and_random_heads_come_from_a_server(server, tmp_path, capsys):
    assert main(["rig", "list", "--server", f"127.0.0.1:{server}"]) == 0
    assert "makehuman 2" in capsys.readouterr().out
    out = tmp_path / "heads"
    words = ["random", "--count", "1", "--seed", "3", "--out", str(out), "--quiet"]
    assert main([*words, "--server", f"127.0.0.1:{server}"]) == 0
    far = json.loads((out / "0001" / "rig.json").read_text())
    assert (out / "overview.png").exists() and (out / "0001" / "head.glb").exists()
    assert main([*words[:-3], "--out", str(tmp_path / "local"), "--quiet"]) == 0
    local = json.loads((tmp_path / "local" / "0001" / "rig.json").read_text())
    assert far["parameters"] == pytest.approx(local["parameters"], abs=1e-6)
    assert far["look"]["style"] == local["look"]["style"]


def test_a_batch_goes_on_where_a_killed_server_left_it(server, photo, tmp_path):
    folder, out = tmp_path / "photos", tmp_path / "out"
    folder.mkdir()
    for name in ("a", "b"):
        shutil.copy(photo, folder / f"{name}.png")
    process, port, _ = start_server(tmp_path)
    killer = threading.Thread(target=_kill_when, args=(process, out / "a" / ".facewright.json"))
    killer.start()
    words = ["batch", str(folder), "--out", str(out), "--quiet", *FEW]
    assert main([*words, "--server", f"127.0.0.1:{port}"]) == 1
    killer.join()
    summary = (out / "summary.csv").read_text()
    assert "BACKEND_UNREACHABLE" in summary and summary.count(",done,") >= 1
    made = (out / "a" / "rig.json").stat().st_mtime_ns
    assert main([*words, "--server", f"127.0.0.1:{server}"]) == 0
    summary = (out / "summary.csv").read_text()
    assert summary.count(",skipped,") >= 1 and "failed" not in summary
    assert (out / "a" / "rig.json").stat().st_mtime_ns == made, "what was done is not done again"


def _kill_when(process: subprocess.Popen, path: Path) -> None:
    deadline = time.monotonic() + WAIT_S
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()


def test_a_server_killed_in_the_middle_of_a_fit_is_unavailable_with_a_remedy(photo, tmp_path):
    process, port, _ = start_server(tmp_path)
    with Client(f"127.0.0.1:{port}") as client:
        spec = photo_specification([photo.read_bytes()], settings=LONG)
        with pytest.raises(BackendError, match="does not answer") as raised:
            client.fit(spec, lambda report: process.kill() if report.stage == "imitator" else None)
        assert raised.value.code is grpc.StatusCode.UNAVAILABLE and "facewright serve" in raised.value.remedy
    process.wait()


def test_a_client_killed_in_the_middle_of_a_fit_costs_the_server_one_step(server, photo, tmp_path):
    script = (
        "import sys; from facewright_client import Client, photo_specification\n"
        "with Client(sys.argv[1]) as client:\n"
        "    spec = photo_specification([open(sys.argv[2], 'rb').read()], settings={'fitting.iterations': '10000'})\n"
        "    client.fit(spec, lambda report: print(report.stage, flush=True))\n"
    )
    command = [sys.executable, "-c", script, f"127.0.0.1:{server}", str(photo)]
    killed = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert any(line.strip() == "imitator" for line in killed.stdout)
    killed.kill()
    killed.wait()
    begun = time.monotonic()
    with Client(f"127.0.0.1:{server}") as client:
        few = photo_specification([photo.read_bytes()], settings={"fitting.iterations": "1", "skin.share": "0"})
        assert client.fit(few).bones
    assert time.monotonic() - begun < WAIT_S / 2, "the abandoned fit would take ten minutes"


def test_a_server_ends_with_the_process_that_it_belongs_to(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = serve(tmp_path, "--exit-with-parent", str(parent.pid))
    deadline = time.monotonic() + WAIT_S
    while not (tmp_path / "port").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (tmp_path / "port").read_text().strip().isdigit()
    parent.kill()
    parent.wait()
    assert process.wait(WAIT_S) == 0
    assert "stopping" in process.stderr.read()
    assert not (tmp_path / "port").exists()


def test_ctrl_c_while_a_server_loads_ends_it_with_130(tmp_path):
    process = serve(tmp_path)
    assert "listening on" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(WAIT_S) == 130
    shown = process.stderr.read()
    assert "stopping" in shown and "Traceback" not in shown
    assert not (tmp_path / "port").exists()


def test_a_damaged_model_file_is_named_before_the_server_is_ready(tmp_path):
    cache = tmp_path / "cache"
    shutil.copytree(model_files.default_directory().parent, cache)
    damaged = cache / "weights" / "face_landmark.tflite"
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(bytes(content))
    process = serve(tmp_path, FACEWRIGHT_CACHE=str(cache))
    _, errors = process.communicate(timeout=WAIT_S)
    assert process.returncode == 2
    assert "error: WEIGHTS_CORRUPT" in errors and "Traceback" not in errors
    assert not (tmp_path / "port").exists()


def test_a_port_file_that_cannot_be_written_ends_the_server_with_an_error_before_it_loads(tmp_path):
    (tmp_path / "port").mkdir()
    process = serve(tmp_path)
    _, errors = process.communicate(timeout=WAIT_S)
    assert process.returncode == 2
    assert errors.startswith("error: SERVE_FAILED: the port file ") and errors.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--host", "0.0.0.0"], "lets other machines connect"),
        (["--token-file", "absent"], "absent"),
        (["--port", "99999"], "port is 99999"),
        (["--exit-with-parent", "999999999"], "no process 999999999"),
        (["--port", "0", "--port-file", f"{__file__}/port"], "with --port-file"),
    ],
)
def test_settings_that_cannot_be_served_end_in_one_line(options, message, capsys):
    assert main(["serve", *options]) == 2
    error = capsys.readouterr().err
    assert message in error and " Remedy: " in error and error.count("\n") == 1
