"""Tests that commands, examples, paths, names, links and tables of the documents agree with the code."""

import re
import shlex
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

from architecture import document_rules as rules
from architecture.rules import LAYERS
from facewright.cli import build_parser

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "backend" / "facewright"
STRICT = ("CONTRIBUTING.md", "docs/architecture.md")
"""Every name and every path of these is looked up; of the others, paths."""

WITHOUT_THE_PROJECT = ("CHANGELOG.md", "clients/csharp/README.md", "docs/parameters/README.md")
"""What these name lies partly in older versions, in Unity, or is made by a script."""

SOURCES = (".py", ".md", ".proto", ".cpp", ".cs")

OTHER_PROGRAMS = {
    "apt-get": "tests/interop/builds.py",
    "cmake": "tests/interop/builds.py",
    "protoc": "tests/interop/builds.py",
    "npm ci": "tests/interop/builds.py",
    "cd": "tests/interop/builds.py",
    "node": "tests/interop/test_clients.py",
    "clients/cpp/build/facewright_example": "tests/interop/test_clients.py",
    "npm install": "",
    "dotnet": "",
}
"""Which test runs the commands that are not ours; none where the document itself says what is not checked."""


@cache
def files() -> list[str]:
    """Return the files that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def documents() -> list[str]:
    return sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.md") if is_ours(path))


def is_ours(path: Path) -> bool:
    return not {"build", "out", "node_modules"} & set(path.relative_to(ROOT).parts) and "/." not in str(path)


def table_rows(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading."""
    part = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


@cache
def sub_parsers() -> dict[str, str]:
    """Return the help of each command by its words, options quoted."""
    actions = [action for action in build_parser()._actions if action.choices and not action.option_strings]
    found = dict(actions[0].choices)
    inner = [action for action in found["rig"]._actions if action.choices and not action.option_strings]
    found |= {f"rig {name}": parser for name, parser in inner[0].choices.items()}
    return {
        name: " ".join(f'"{option}"' for action in parser._actions for option in action.option_strings)
        for name, parser in found.items()
    }


def check_command(command: str, is_whole: bool) -> None:
    """Look at a command of ours: its task, script and options exist; a whole one is parsed as if it were given."""
    words = shlex.split(command.replace("…", ""))
    if words[0] == "python3":
        task, words = words[2], words[2:]
        assert f"\npython3 build.py {task} " in (ROOT / "build.py").read_text(), command
        if task == "test":
            paths = [word for word in words[1:] if "/" in word and ":" not in word]
            assert [path for path in paths if not (ROOT / path).exists()] == [], command
            assert "-m" not in words or f'"{words[words.index("-m") + 1]}: ' in (ROOT / "pyproject.toml").read_text()
        if task != "run":
            return
    elif words[1].startswith(("benchmarks/", "tools/")) or words[1] == "-m":
        script = ROOT / words[1] if words[1] != "-m" else ROOT / "backend" / f"{words[2].replace('.', '/')}.py"
        if script.name != "facewright.py":
            assert script.is_file(), command
            assert rules.unknown_options(command, script.read_text()) == [], command
            return
    if is_whole:
        build_parser().parse_args(words[1:])  # leaves with SystemExit if it does not understand
        return
    parsers = sub_parsers()
    known = next((text for name, text in parsers.items() if " ".join(words[1:]).startswith(name)), None)
    if words[1].startswith("--"):
        known = " ".join(parsers.values())
    assert known is not None, command
    assert rules.unknown_options(command, known) == [], command


@pytest.mark.parametrize("document", documents())
def test_every_command_in_a_block_is_understood_or_run_by_a_test(document):
    for command in rules.shell_lines((ROOT / document).read_text()):
        if command.startswith("bash .ci/run"):
            continue
        if command.startswith(rules.PROGRAMS):
            check_command(command, is_whole=True)
            continue
        program = next((name for name in OTHER_PROGRAMS if command.startswith(name + " ") or command == name), None)
        assert program, f"{document}: no test knows `{command}`"
        text = (ROOT / OTHER_PROGRAMS[program]).read_text() if OTHER_PROGRAMS[program] else ""
        options = [
            word for word in command.split() if re.fullmatch(r"-{1,2}[a-z_]\w*|[a-z+.0-9]+(?:-[a-z0-9+.]+)+", word)
        ]
        ignored = ("--no-install-recommends", "apt-get")
        assert not text or [word for word in options if word not in ignored and word not in text] == [], command


@pytest.mark.parametrize("document", documents())
def test_every_command_between_backticks_has_its_script_and_its_options(document):
    for command in rules.own_commands(rules.code_spans((ROOT / document).read_text())):
        check_command(command, is_whole=False)


@pytest.mark.parametrize("document", documents())
def test_every_fenced_block_is_of_a_kind_that_a_test_reads(document):
    blocks = rules.fenced_blocks((ROOT / document).read_text())
    assert {language for language, _ in blocks} <= {"bash", "python", "mermaid", ""}
    for language, text in blocks:
        if language == "python":
            assert rules.wrong_uses(text) == []


@pytest.mark.parametrize("document", documents())
def test_files_pictures_and_headings_that_the_documents_link_exist(document):
    assert rules.broken_links(ROOT / document) == []


@pytest.mark.parametrize("document", [name for name in documents() if name not in WITHOUT_THE_PROJECT])
def test_every_path_that_the_documents_name_exists(document):
    text = (ROOT / document).read_text()
    spans = [span for span in rules.code_spans(text) if " " not in span or document in STRICT]
    spans += [text for language, text in rules.fenced_blocks(text) if not language and document in STRICT]
    paths = [path for span in spans for path in rules.path_words(re.sub(r"^training\.(\w+)$", r"training/\1", span))]
    folders = {part for name in files() for part in name.split("/")[:-1]}
    sure = [path for path in paths if document in STRICT or path.endswith(SOURCES) or path.split("/")[0] in folders]
    assert rules.missing_paths([path for path in sure if "/mine/" not in path], files()) == []


def test_every_function_and_class_that_the_documents_name_exists():
    spans = [span for document in STRICT for span in rules.code_spans((ROOT / document).read_text())]
    names, defined = set(rules.name_words(spans)), set()
    ends = "|".join({name.split(".")[-1] for name in names})
    defines = re.compile(rf"^ *(?:def |class )?(?:{ends})\b *[(:=]", re.MULTILINE)
    for path in [ROOT / name for name in files() if name.endswith(".py") and "generated" not in name]:
        defined.add(f"{path.parent.name}.{path.stem}")
        if defines.search(text := path.read_text()):
            found = rules.defined_names(text)
            defined |= found | {f"{path.stem}.{name}" for name in found}
    protocol = "".join(path.read_text() for path in (ROOT / "protos").rglob("*.proto"))
    defined |= set(re.findall(r"\b(?:rpc|message|enum|service) (\w+)", protocol))
    assert names and sorted(names - defined) == []


def test_the_tree_in_the_architecture_is_the_tree():
    blocks = rules.fenced_blocks((ROOT / "docs" / "architecture.md").read_text())
    drawn = rules.tree_paths(blocks[0][1])
    assert [path for path in drawn if not (ROOT / path).exists()] == []
    here = {name.split("/")[2] for name in files() if name.startswith("backend/facewright/")} - {"__init__.py"}
    assert here - {Path(path).name for path in drawn if path.startswith("backend/facewright/")} == set()
    top = {name.split("/")[0] for name in files()} - {"LICENSE", ".gitignore"}
    assert top - {path.split("/")[0] for path in drawn} == set()


def test_the_picture_of_imports_is_the_rule_that_is_checked():
    blocks = rules.fenced_blocks((ROOT / "docs" / "architecture.md").read_text())
    (picture,) = [text for _, text in blocks if text.startswith("cli ->")]
    assert rules.import_picture(picture) == {name: targets for name, targets in LAYERS.items() if name[0] != "_"}


def test_the_record_of_dependencies_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    wanted = [*project["project"]["dependencies"], *project["tool"]["facewright"]["data-packages"]]
    wanted += [package for extra in extras.values() for package in extra if not package.startswith("facewright[")]
    names = {re.match(r"[\w-]+", package)[0].lower() for package in wanted}
    text = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text()
    rows = table_rows(text, "Outcome")
    assert {name.lower() for row in rows for name in re.findall(r"[\w-]+", row[0].split(" (")[0])} == names
    assert all(len(row[1]) > 10 for row in rows)


def test_every_model_file_and_every_carried_package_has_its_licence_in_the_table():
    rows = table_rows((ROOT / "README.md").read_text(), "Licences")
    catalogue = tomllib.loads((PACKAGE / "weights.toml").read_text())
    wheels = tomllib.loads((ROOT / "tools" / "wheels.toml").read_text())["licences"]
    wanted = [
        (f"`{entry['file']}`", entry["package"].replace("==", "` "), entry["licence"]) for entry in catalogue.values()
    ]
    wanted += [(f"`{name}`", entry["holder"], entry["licence"]) for name, entry in wheels.items()]
    for what, source, licence in wanted:
        assert any(what in row[0] and source in row[1] and licence in row[2] for row in rows), what


def test_every_file_of_a_rig_that_is_no_text_is_in_its_licence():
    for licence in (ROOT / "rigs").glob("*/LICENSE.md"):
        folder, text = licence.parent, licence.read_text()
        named = set(rules.code_spans(text))
        here = {
            path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.suffix in (".png", ".safetensors")
        }
        assert {name for name in here if name not in named and f"{name}/" not in named} == set()


def test_every_benchmark_says_how_it_is_run_and_every_row_of_numbers_has_its_command():
    for script in (ROOT / "benchmarks").glob("*.py"):
        text = script.read_text()
        assert "add_argument" not in text or f"`python benchmarks/{script.name}" in text, script.name
    for row in table_rows((ROOT / "README.md").read_text(), "Numbers"):
        assert rules.own_commands(rules.code_spans(row[-1])), row[0]
