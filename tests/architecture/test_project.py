"""Tests that the project keeps its own rules; each rule is tested on a violation in test_rules.py."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import facewright
from architecture import rules

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "backend" / "facewright"
FILE_BYTES = 20_000_000


def package_files() -> list[tuple[str, str]]:
    return [(path.relative_to(PACKAGE).as_posix(), path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))]


def tracked_files() -> list[Path]:
    """Return the files that git knows or would add; all files where the project is not a git checkout."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def text_files() -> list[Path]:
    suffixes = (".py", ".md", ".toml", ".json", ".yml", ".yaml", ".cfg", ".glsl", ".vert", ".frag", ".txt", "")
    return [path for path in tracked_files() if path.suffix in suffixes]


def violations(rule) -> list[str]:
    return [sentence for module, source in package_files() for sentence in rule(source, module)]


def test_imports_go_in_the_allowed_directions():
    assert violations(rules.wrong_imports) == []


def test_environment_print_and_model_files_stay_in_their_places():
    assert violations(rules.wrong_calls) == []


def test_files_and_functions_stay_within_the_limits_and_have_docstrings():
    assert violations(rules.wrong_sizes) == []


def test_public_functions_and_classes_are_documented():
    assert violations(rules.undocumented) == []


def test_tests_and_scripts_stay_within_the_limits_too():
    scripts = [path for name in ("tests", "benchmarks", "tools") for path in (ROOT / name).rglob("*.py")]
    scripts.append(ROOT / "build.py")
    found = [rules.wrong_sizes(path.read_text(), path.relative_to(ROOT).as_posix()) for path in scripts]
    assert sum(found, []) == []


def test_the_task_runner_is_short_and_uses_the_standard_library_only():
    source = (ROOT / "build.py").read_text()
    assert len(source.splitlines()) <= 300
    own = {name.split(".")[0] for _, name in rules.imported_modules(source, "build.py")}
    allowed = {
        "__future__", "collections", "contextlib", "hashlib", "os", "pathlib", "shutil", "subprocess", "sys", "time",
        "tomllib",
    }  # fmt: skip
    assert own <= allowed


def test_no_tracked_file_names_a_machine_or_a_package_index():
    found = [
        rules.machine_dependent(path.read_text(errors="ignore"), str(path.relative_to(ROOT))) for path in text_files()
    ]
    assert sum(found, []) == []


def test_no_tracked_file_is_large():
    assert [path.name for path in tracked_files() if path.stat().st_size > FILE_BYTES] == []


def test_the_code_names_no_rig_and_no_bone():
    allowed = ("config.py", "cli.py", "rig/sources/makehuman.py", "rig/compile.py", "training/")
    found = [
        module
        for module, source in package_files()
        if re.search(r"makehuman", source) and not module.startswith(allowed)
    ]
    assert found == []


def test_the_version_is_the_same_everywhere():
    files = ("pyproject.toml", "clients/python/pyproject.toml", "blender_addon/blender_manifest.toml")
    tables = [tomllib.loads((ROOT / file).read_text(encoding="utf-8")) for file in files]
    versions = {table.get("project", table)["version"] for table in tables}
    assert versions == {facewright.__version__}
    assert f"## {facewright.__version__} - " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
