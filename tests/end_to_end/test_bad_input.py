"""Tests that bad input ends in one line with reason and remedy, an exit code, and nothing half-written."""

import errno
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from facewright.cli import main


def test_a_picture_without_a_face(fail, save):
    noise = np.random.default_rng(3).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    assert "FACE_NOT_FOUND" in fail(save("noise.png", noise))


def test_a_face_that_the_photo_does_not_have(fail, photo):
    assert "FACE_NOT_FOUND" in fail(photo, "--face", "7")
    assert "CONFIG_INVALID: --face is -1" in fail(photo, "--face", "-1")


def test_a_face_that_is_too_small(fail, save):
    small = np.asarray(Image.fromarray(astronaut()).resize((110, 110)))
    wide = np.full((480, 640, 3), 127, np.uint8)
    wide[100:210, 200:310] = small
    line = fail(save("small.png", wide))
    assert "FACE_TOO_SMALL" in line or "FACE_NOT_FOUND" in line


def test_a_profile(fail, save):
    line = fail(save("profile.png", profile_view()))
    assert "FACE_NOT_FRONTAL" in line or "FACE_NOT_FOUND" in line


def profile_view() -> np.ndarray:
    """Draw the neutral head from its side."""
    import torch

    from facewright.datatypes import FaceColours, Look, RenderJob
    from facewright.engine import open_engine
    from facewright.engine.cameras import orbit_camera
    from facewright.engine.lighting import DEFAULT_LIGHTING
    from facewright.rig.decoder import RigDecoder
    from facewright.rig.installed import load_rig

    rig = load_rig("makehuman")
    vertices = RigDecoder(rig).vertices(torch.full((1, len(rig.parameters)), 0.5), torch.zeros(1, 52))[0].numpy()
    eyes = np.stack([vertices[rig.anchors[name]].mean(0) for name in ("eye_centre.R", "eye_centre.L")])
    colours = FaceColours.from_vector(np.repeat([0.75, 0.55, 0.45], 6).reshape(3, 6).T.reshape(-1))
    job = RenderJob(vertices, orbit_camera(eyes, np.radians(85.0), 0.0, 400), Look(colours), DEFAULT_LIGHTING)
    return open_engine(rig, "software").render([job])[0].image


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_a_file_that_is_no_picture(fail, tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    assert "IMAGE_UNREADABLE" in fail(tmp_path / "a.png")


def test_a_picture_that_is_cut_off(fail, tmp_path, photo):
    (tmp_path / "a.png").write_bytes(photo.read_bytes()[:20_000])
    assert "IMAGE_UNREADABLE" in fail(tmp_path / "a.png")


def test_a_file_that_does_not_exist(fail, tmp_path):
    line = fail(tmp_path / "nowhere.png")
    assert "IMAGE_UNREADABLE" in line and "nowhere.png" in line


def test_a_picture_that_would_fill_the_memory(fail, tmp_path):
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
    (tmp_path / "bomb.png").write_bytes(bomb)
    assert "IMAGE_TOO_LARGE" in fail(tmp_path / "bomb.png")


def test_a_file_that_is_huge(fail, tmp_path):
    with (tmp_path / "huge.png").open("wb") as stream:
        stream.truncate(200 * 2**20)
    assert "IMAGE_TOO_LARGE" in fail(tmp_path / "huge.png")


def test_an_unknown_rig(fail, photo):
    line = fail(photo, "--rig", "nobody")
    assert "RIG_UNKNOWN" in line and "makehuman" in line


def test_no_permission_to_write(fail, photo, tmp_path):
    """A path below a file, since permission bits do not bind an administrator."""
    (tmp_path / "file").write_text("")
    assert "OUTPUT_NOT_WRITABLE" in fail(photo, out=tmp_path / "file" / "head")


def test_a_full_disk(fail, photo, monkeypatch):
    def no_room(*_arguments, **_settings):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", no_room)
    line = fail(photo, "--set", "fitting.iterations=1")
    assert "OUTPUT_NOT_WRITABLE" in line and "No space left" in line


def test_a_failed_fit_leaves_earlier_results_alone(fail, photo, tmp_path):
    out = tmp_path / "head"
    out.mkdir()
    (out / "rig.json").write_text("earlier")
    fail(photo, "--face", "7", out=out)
    assert (out / "rig.json").read_text() == "earlier"


def test_model_files_that_are_missing(fail, photo, tmp_path, monkeypatch):
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path.parent / "empty-cache"))
    line = fail(photo)
    assert "WEIGHTS_MISSING" in line and "python3 build.py weights" in line


def test_model_files_that_cannot_be_fetched_without_a_network(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    assert main(["weights"]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and "WEIGHTS_MISSING" in errors[0] and "index" in errors[0]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_engine_or_device_that_is_not_there_is_an_error(fail, photo, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert "CONFIG_INVALID" in fail(photo, "--device", "cuda")


def test_another_photo_without_a_face_is_named(photo, tmp_path, save, capsys):
    noise = save("noise.png", np.random.default_rng(3).integers(0, 255, (300, 400, 3), dtype=np.uint8))
    assert main(["fit", str(photo), str(noise), "--out", str(tmp_path / "head"), "--quiet"]) == 2
    assert "FACE_NOT_FOUND: photo 2 of 2: no face was found" in capsys.readouterr().err
    assert not (tmp_path / "head").exists()


def test_a_share_of_the_photo_skin_that_is_none(fail, photo):
    assert "CONFIG_INVALID: --skin is 'shiny'. Remedy: Write photo, procedural, or a number from 0 to 1" in fail(
        photo, "--skin", "shiny"
    )
    assert "skin.side_px" in fail(photo, "--set", "skin.side_px=many")
    assert "Choose one of 1024, 2048" in fail(photo, "--set", "skin.side_px=1000")
