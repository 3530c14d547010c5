"""Tests of what users get: the zips are whole, Blender's tool accepts them, and Blender installs and enables them."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from .assemble import ROOT, load_tool

BLENDERS = sorted(path for name in ("bin/python", "Scripts/python.exe") for path in ROOT.glob(f".venv-blender*/{name}"))
INSTALL_S = 120
PLATFORM_OF_WHEELS = {
    "linux-x64": "manylinux2014_x86_64",
    "windows-x64": "win_amd64",
    "macos-arm64": "universal2",
    "macos-x64": "universal2",
}


@pytest.fixture(scope="module")
def tool():
    """Return tools/addon.py as a module."""
    return load_tool()


@pytest.fixture(scope="module")
def zips(tool, tmp_path_factory):
    """Build and validate the real zips; returns their paths by platform."""
    if not BLENDERS:
        pytest.skip("Blender is not here; `python3 build.py blender` fetches it")
    out = tmp_path_factory.mktemp("addon")
    made = tool.make_zips(tool.assemble(out), out)
    return {path.stem.rpartition("-")[2].replace("_", "-"): path for path in made}


def names_in(path):
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def manifest_of(path):
    with zipfile.ZipFile(path) as archive:
        return tomllib.loads(archive.read("blender_manifest.toml").decode())


def test_there_is_a_zip_for_each_platform_with_its_own_wheels_only(zips):
    assert set(zips) == set(PLATFORM_OF_WHEELS)
    for platform, path in zips.items():
        wheels = [name for name in names_in(path) if name.endswith(".whl")]
        assert len(wheels) == 4
        assert sorted(wheel.split("/")[1].split("-")[0] for wheel in wheels) == [
            "grpcio", "grpcio", "protobuf", "typing_extensions",
        ]  # fmt: skip
        assert all(PLATFORM_OF_WHEELS[platform] in wheel or wheel.endswith("none-any.whl") for wheel in wheels)
        assert {tag for tag in ("cp311", "cp313") if any(f"-{tag}-{tag}-" in wheel for wheel in wheels)} == {
            "cp311", "cp313",
        }  # fmt: skip
        assert manifest_of(path)["build"]["generated"]["platforms"] == [platform]


def test_a_zip_holds_the_extension_and_nothing_of_its_workshop(zips):
    names = names_in(zips["linux-x64"])
    wanted = {
        "__init__.py",
        "LICENSE",
        "THIRD_PARTY.md",
        "client/client.py",
        "client/LICENSE",
        "scene/blender_scene.py",
    }
    assert wanted <= set(names)
    assert [name for name in names if "test" in name or "__pycache__" in name or name.endswith((".pyi", ".pyc"))] == []


def test_the_licence_of_everything_that_comes_along_is_named(tool, zips):
    with zipfile.ZipFile(zips["windows-x64"]) as archive:
        text = archive.read("THIRD_PARTY.md").decode()
    for wheel in tool.WHEELS["wheels"]:
        entry = tool.WHEELS["licences"][wheel["package"]]
        assert f"| {wheel['package']} | {entry['version']} | {entry['licence']} |" in text
        assert f"-{entry['version']}-" in wheel["file"]


def test_extension_and_backend_have_the_same_version():
    manifest = tomllib.loads((ROOT / "blender_addon" / "blender_manifest.toml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert manifest["version"] == project["project"]["version"]


def test_tests_run_with_the_packages_that_the_extension_carries(tool):
    runner = (ROOT / "build.py").read_text()
    for package in ("grpcio", "protobuf"):
        assert f"{package}=={tool.WHEELS['licences'][package]['version']}" in runner


def test_a_wheel_that_is_not_the_noted_one_is_not_taken(tool, monkeypatch, tmp_path):
    wheel = tool.WHEELS["wheels"][0]

    def bring_another(command):
        (Path(command[command.index("--dest") + 1]) / wheel["file"]).write_bytes(b"another")
        return 0

    monkeypatch.setattr(tool, "CACHE", tmp_path)
    monkeypatch.setattr(tool.subprocess, "call", bring_another)
    with pytest.raises(tool.AddonFailed, match="with the noted SHA-256 was wanted"):
        tool.fetch_wheel(wheel)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(tool.subprocess, "call", lambda _command: 1)
    with pytest.raises(tool.AddonFailed, match=f"pip cannot get {wheel['package']}=="):
        tool.fetch_wheel(wheel)


def test_a_manifest_that_blender_does_not_accept_ends_the_build_with_its_words(tool, zips, monkeypatch, tmp_path):
    folder = tool.assemble(tmp_path)
    manifest = folder / "blender_manifest.toml"
    manifest.write_text(manifest.read_text().replace('tagline = "', 'tagline = "Heads! ' + "very " * 12))
    with pytest.raises(tool.AddonFailed, match="tagline"):
        tool.make_zips(folder, tmp_path)


@pytest.mark.parametrize("python", BLENDERS or [None], ids=lambda path: path.parents[1].name if path else "none")
def test_blender_installs_enables_and_disables_the_zip(zips, python, tmp_path):
    if not sys.platform.startswith("linux"):
        pytest.skip("the zip of this platform is not tried")
    out = tmp_path / "found.json"
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "resources")}
    script = Path(__file__).with_name("install_script.py")
    command = [python, "-I", script, zips["linux-x64"], out]
    done = subprocess.run(
        list(map(str, command)), env=environment, capture_output=True, text=True, timeout=INSTALL_S, check=False
    )
    assert out.exists(), done.stdout + done.stderr
    found = json.loads(out.read_text())
    assert found["result"] == ["FINISHED"] and found["is_enabled"], done.stdout + done.stderr
    assert "Client of a Facewright backend" in found["client"]
    unpacked = [name for name in found["unpacked"] if "cygrpc" in name]
    assert len(unpacked) == 1 and "cpython-311" in unpacked[0]
    assert "extensions/user_default/facewright" in found["folders"]
    assert found["panels"] and found["left"] == []
