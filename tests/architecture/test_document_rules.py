"""Tests that what is read out of documents is right, and that each kind of mistake in them is seen."""

import pytest

from architecture import document_rules as rules

BLOCKS = """```bash
python3 build.py demo  # first

cmake -S a \\
    -B b
```
1. item

   ```bash
   ls
   ```
`facewright fit`
"""


def test_commands_are_read_from_blocks_for_a_shell_joined_and_without_comments():
    assert rules.shell_lines(BLOCKS) == ["python3 build.py demo", "cmake -S a -B b", "ls"]
    assert rules.shell_lines("```python\nx = 1\n```\nnot `facewright fit`") == []


def test_spans_are_read_outside_of_blocks_and_commands_among_them():
    spans = rules.code_spans(BLOCKS + "and `python benchmarks/skin.py --heads 0`, `facewright`, `losses.py`")
    assert spans == ["facewright fit", "python benchmarks/skin.py --heads 0", "facewright", "losses.py"]
    assert rules.own_commands(spans) == ["facewright fit", "python benchmarks/skin.py --heads 0"]


def test_an_option_that_a_script_does_not_have_is_seen():
    script = 'parser.add_argument("--heads")'
    assert rules.unknown_options("python benchmarks/skin.py --heads 0 --hats 1", script) == ["--hats"]


def test_a_link_to_a_missing_file_or_heading_is_seen(tmp_path):
    (tmp_path / "other.md").write_text("# Who may connect?\n")
    document = tmp_path / "a.md"
    document.write_text("## Here\n[a](other.md#who-may-connect) [b](#here) [c](https://example.org/x)")
    assert rules.broken_links(document) == []
    document.write_text("[a](other.md#nobody) [b](gone.md) ![c](gone.webp) [d](#there)")
    assert rules.broken_links(document) == ["other.md#nobody", "gone.md", "gone.webp", "#there"]


FILES = ["backend/facewright/fitting/losses.py", "rigs/makehuman/rig.toml", "README.md"]


@pytest.mark.parametrize(
    "text",
    [
        "fitting/losses.py",
        "see losses.py.",
        "fitting/losses",
        "backend/facewright/",
        "rigs/<rig>/rig.toml",
        "*/loss*.py",
    ],
)
def test_a_path_that_is_there_is_found(text):
    paths = rules.path_words(text)
    assert len(paths) == 1 and rules.missing_paths(paths, FILES) == []


@pytest.mark.parametrize(
    "text", ["fitting/lost.py", "lost.py", "backend/losses.py", "rigs/<rig>/rigs.toml", "make/rig.toml"]
)
def test_a_path_that_is_not_there_is_seen(text):
    assert len(rules.missing_paths(rules.path_words(text), FILES)) == 1


def test_what_is_made_later_and_what_is_no_path_are_left_alone():
    assert rules.path_words("out/me/rig.json .venv/bin/facewright 127.0.0.1:50550 e.g. `.py` http://a.b/c.md") == []


def test_a_tree_gives_whole_paths():
    tree = """build.py     the runner
rigs/        data
  mine/      ours
             and more of it
    a.toml b.toml  two
docs/
"""
    assert rules.tree_paths(tree) == ["build.py", "rigs", "rigs/mine", "rigs/mine/a.toml", "rigs/mine/b.toml", "docs"]


def test_names_of_the_code_are_told_from_words():
    spans = [
        "weigh_terms",
        "Photo.from_config",
        "send(expression, time_s)",
        "close()",
        "fit",
        "a b",
        "losses.py",
        "_px",
    ]
    assert rules.name_words(spans) == ["weigh_terms", "Photo.from_config", "send", "close"]


def test_definitions_are_functions_classes_their_members_and_constants():
    source = "LIMIT = 3\nclass A:\n    x: int = 1\n    def go(self): pass\ndef f():\n    inner = 1\n"
    assert rules.defined_names(source) == {"LIMIT", "A", "A.x", "A.go", "go", "f", "inner", "x"}


def test_the_picture_of_imports_is_read_with_lines_that_go_on():
    block = "cli -> rig,\n    config.py, errors\nerrors -> nothing\n"
    assert rules.import_picture(block) == {"cli": {"rig", "config.py", "errors"}, "errors": set()}


@pytest.mark.parametrize(
    "example",
    [
        "from facewright.errors import Nothing",
        "from facewright_client import Client\nwith Client('a') as c:\n    c.fly()",
        "from facewright_client import Client\nClient('a', colour=1)",
        "from facewright_client import photo_specification\nphoto_specification()",
    ],
)
def test_an_example_that_does_not_agree_with_the_code_is_seen(example):
    assert len(rules.wrong_uses(example)) == 1


def test_an_example_that_agrees_passes():
    assert (
        rules.wrong_uses("from facewright_client import Client\nwith Client('a') as c:\n    c.wait_until_ready()") == []
    )
