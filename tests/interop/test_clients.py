"""Tests that the C++ and the Node.js example work against the real server and distrust a hostile one."""

import json
import re
import signal
import subprocess

import pytest

from interop.machine import run

pytestmark = pytest.mark.interop

CALL_S = 180
NO_TOKEN = {"FACEWRIGHT_TOKEN": ""}


def test_a_client_fits_a_photo_and_writes_rig_and_glb(client, server_address, photo, tmp_path):
    done = run([*client, server_address, "fit", photo, tmp_path / "out"], CALL_S)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^\w+ +\d+/\d+  loss \d+\.\d{4}  \d+ %$", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^head pose: yaw -?\d+\.\d, pitch", done.stdout, re.MULTILINE), done.stdout
    assert int(re.search(r"^bones: (\d+)$", done.stdout, re.MULTILINE)[1]) > 50
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["head.glb", "rig.json"]
    assert json.loads((tmp_path / "out" / "rig.json").read_text())
    assert (tmp_path / "out" / "head.glb").read_bytes()[:4] == b"glTF"


def test_a_client_streams_frames_and_shows_the_strongest_blendshapes(client, server_address, photo):
    done = run([*client, server_address, "live", photo, "12"], CALL_S)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^blendshapes: 5[12]$", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^expressions: \d+; the last, of frame 12, is tracked$", done.stdout, re.MULTILINE), done.stdout
    coefficients = [float(text) for text in re.findall(r"^  \w+ +(\d\.\d{3})$", done.stdout, re.MULTILINE)]
    assert len(coefficients) == 5
    assert coefficients == sorted(coefficients, reverse=True) and coefficients[0] > 0.0
    counts = re.search(r"^frames: 12 received, (\d+) answered, (\d+) dropped, 0 damaged", done.stdout, re.MULTILINE)
    assert counts and int(counts[1]) + int(counts[2]) == 12, done.stdout


def test_a_client_shows_code_reason_and_remedy_of_an_unreadable_photo(client, server_address, tmp_path):
    (tmp_path / "photo.png").write_bytes(b"no image")
    done = run([*client, server_address, "fit", tmp_path / "photo.png", tmp_path / "out"], CALL_S)
    assert done.returncode == 1
    assert re.match(r"INVALID_ARGUMENT: .+\nreason: IMAGE_UNREADABLE\nremedy: .+\n$", done.stderr), done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_ctrl_c_cancels_the_call_of_a_client(client, server_address, photo, tmp_path, started):
    command = [*client, server_address, "fit", str(photo), str(tmp_path / "out")]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    started.append(child)
    while not re.search(r" \d+ %$", line := child.stdout.readline().rstrip("\n")):
        assert child.poll() is None or line, "the client ended before the first progress"
    child.send_signal(signal.SIGINT)
    rest, _ = child.communicate(timeout=CALL_S)
    assert child.returncode == 130
    assert "CANCELLED: " in rest
    assert list((tmp_path / "out").iterdir()) == []


def test_a_client_says_when_no_server_is_there(client, photo, tmp_path):
    done = run([*client, "127.0.0.1:9", "fit", photo, tmp_path / "out"], CALL_S)
    assert done.returncode == 1
    assert done.stderr.startswith("UNAVAILABLE: ")


@pytest.mark.parametrize("name", ["../escaped.json", "..\\escaped.json", "a/b", "..", "", "C:x"])
def test_a_client_refuses_a_file_whose_name_leads_elsewhere(client, hostile_server, photo, tmp_path, name):
    hostile_server.name = name
    done = run([*client, hostile_server.address, "fit", photo, tmp_path / "out"], CALL_S)
    assert done.returncode == 1
    assert "is not a plain name" in done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["out"]


def test_a_client_sends_its_token_and_an_id(client, hostile_server, photo, tmp_path):
    for variables in ({"FACEWRIGHT_TOKEN": "secret"}, NO_TOKEN):
        run([*client, hostile_server.address, "fit", photo, tmp_path / "out"], CALL_S, variables=variables)
    first, second = hostile_server.metadata
    assert first["authorization"] == "Bearer secret"
    assert "authorization" not in second
    assert re.fullmatch(r"[0-9a-f-]{32,36}", first["x-facewright-client"])


@pytest.mark.parametrize("token", ["two\nlines", "schlüssel"])
def test_a_client_says_that_its_token_cannot_be_sent_and_does_not_show_it(client, photo, tmp_path, token):
    for words in (["fit", photo, tmp_path / "out"], ["live", photo, "2"]):
        done = run([*client, "127.0.0.1:9", *words], CALL_S, variables={"FACEWRIGHT_TOKEN": token})
        assert done.returncode == 1
        assert done.stderr.startswith("FACEWRIGHT_TOKEN has characters that cannot be sent; "), done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["fit"], ["fit", "photo"], ["live"], ["live", "photo", "0"], ["dance", "photo"]])
def test_a_client_explains_itself_after_a_wrong_command_line(client, words):
    done = run([*client, "127.0.0.1:9", *words], CALL_S)
    assert done.returncode == 64
    assert done.stderr.startswith("usage: ")
