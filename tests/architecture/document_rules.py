"""What documents say, as functions from Markdown to words, and what sources define, to compare it with."""

import ast
import fnmatch
import importlib
import inspect
import re
import shlex
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path

PROGRAMS = (
    "python3 build.py", "facewright", ".venv/bin/facewright", "python benchmarks/", ".venv/bin/python benchmarks/",
    "python -m facewright.", ".venv/bin/python tools/",
)  # fmt: skip
"""What our own commands begin with."""

MADE = ("out", "build", ".venv", ".venv-blender", ".venv-protos", "Assets")
"""Folders that a checkout does not hold before something was run."""


def fenced_blocks(markdown: str) -> list[tuple[str, str]]:
    """Return language and text of each fenced block, without the block's own indentation."""
    blocks = re.findall(r"^( *)```(\w*)\n(.*?)^\1```$", markdown, re.MULTILINE | re.DOTALL)
    return [(language, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)) for indent, language, text in blocks]


def shell_lines(markdown: str) -> list[str]:
    """Return the command lines of the fenced blocks for a shell, each on one line, without comments."""
    texts = [text.replace("\\\n", " ") for language, text in fenced_blocks(markdown) if language == "bash"]
    lines = [line.split("#")[0] for text in texts for line in text.splitlines()]
    return [" ".join(line.split()) for line in lines if line.strip()]


def code_spans(markdown: str) -> list[str]:
    """Return what stands between backticks outside of fenced blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```$", "", markdown, flags=re.MULTILINE | re.DOTALL))


def own_commands(spans: Iterable[str]) -> list[str]:
    """Return the spans that are commands of this project; a mention of the name alone is none."""
    return [span for span in spans if span.startswith(PROGRAMS) and re.match(r"\S+ [\w./-]", span)]


def unknown_options(command: str, known: str) -> list[str]:
    """Return the options of a command that do not occur, quoted, in the text of what it runs."""
    return [word for word in shlex.split(command) if word.startswith("--") and f'"{word.split("=")[0]}"' not in known]


def headings(markdown: str) -> set[str]:
    """Return the anchors of a document's headings, as the usual viewers make them."""
    titles = re.findall(r"^#+ (.*)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


def broken_links(document: Path) -> list[str]:
    """Return the links and pictures of a document whose file or heading does not exist."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        if re.match(r"[a-z]+://", link):
            continue
        if not target.exists() or (anchor and anchor not in headings(target.read_text())):
            broken.append(link)
    return broken


def path_words(text: str) -> list[str]:
    """Return the paths in a text: words with a slash or with the ending of a source file; <x> stands for any name."""
    words = re.findall(r"(?<![\w./<:@-])[\w.<>*-]+(?:/[\w.<>*-]+)*/?(?![\w/<(:])", text)
    ending = r"\.(?:py|md|toml|proto|binpb|cpp|cs|glsl|safetensors)$"
    words = [word.rstrip(".") for word in words]
    found = [word for word in words if "/" in word or re.search(r"\w" + ending, word)]
    return [re.sub(r"<\w+>", "*", word) for word in found if word.split("/")[0] not in MADE]


def missing_paths(paths: Iterable[str], files: Iterable[str]) -> list[str]:
    """Return the paths that are neither a file, a folder nor, without its ending, a module.

    Args:
        paths: whole, or the last parts of a path; * stands for anything within a part.
        files: all files, relative to the project.
    """
    known = set()
    for name in files:
        parts = name.split("/")
        ends = [parts[: end + 1] for end in range(len(parts))] + [[*parts[:-1], parts[-1].removesuffix(".py")]]
        known.update("/".join(whole[start:]) for whole in ends for start in range(len(whole)))
    asked = [path.rstrip("/") for path in paths]
    return [path for path in asked if path not in known and not ("*" in path and fnmatch.filter(known, path))]


def tree_paths(block: str) -> list[str]:
    """Return the paths of a drawn tree: names, then two spaces and what they are; deeper ones are indented by two."""
    paths, folders = [], []
    for line in block.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        if depth > len(folders):
            continue  # the text of the line above goes on
        names = re.split(r"\s{2,}", line.strip())[0].split()
        paths += ["/".join([*folders[:depth], name.rstrip("/")]) for name in names]
        folders = [*folders[:depth], names[0].rstrip("/")] if names and names[0].endswith("/") else folders[:depth]
    return paths


def defined_names(source: str) -> set[str]:
    """Return what a Python file defines: functions, classes, their methods and fields as `Class.name`, constants."""
    tree, names = ast.parse(source), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names.update(f"{node.name}.{inner}" for inner in _members(node))
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(target.id for target in targets if isinstance(target, ast.Name))
    return names


def _members(node: ast.ClassDef) -> Iterator[str]:
    for inner in node.body:
        if isinstance(inner, ast.FunctionDef):
            yield inner.name
        elif isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
            yield inner.target.id


def name_words(spans: Iterable[str]) -> list[str]:
    """Return the spans that name something in the code: a word with a capital, an underscore, a dot or brackets."""
    pattern = r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)?(?:\([\w, ]*\))?"
    names = [span.split("(")[0] for span in spans if re.fullmatch(pattern, span) and re.search(r"[A-Z_.(]", span)]
    return [name for name in names if not path_words(name)]


def import_picture(block: str) -> dict[str, set[str]]:
    """Return the picture of imports that a document draws, one unit a line, as `unit -> a, b`; "nothing" is empty."""
    picture = {}
    for line in re.sub(r",\n +", ", ", block).splitlines():
        units, _, targets = line.partition("->")
        named = {word.strip() for word in targets.split(",")} - {"nothing"}
        picture |= {unit.strip(): named for unit in units.split(",")}
    return picture


def wrong_uses(source: str) -> list[str]:
    """Name what an example in Python imports, reads or passes that the code does not have.

    Followed are imported names, what they are called with, and attributes of what such a call returns.
    """
    tree, imported, types, found = ast.parse(source), {}, {}, []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            for alias in node.names:
                if not hasattr(module, alias.name):
                    found.append(f"{node.module} has no {alias.name}")
                imported[alias.name] = getattr(module, alias.name, None)
    for node in ast.walk(tree):
        pairs = []
        if isinstance(node, ast.With):
            pairs = [(item.context_expr, item.optional_vars) for item in node.items]
        elif isinstance(node, ast.Assign):
            pairs = [(node.value, node.targets[0])]
        for value, target in pairs:
            if isinstance(value, ast.Call) and isinstance(target, ast.Name) and _name(value.func) in imported:
                types[target.id] = _returned(imported[_name(value.func)])
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (owner := types.get(_name(node.value))) and inspect.isclass(owner):
            fields = {*dir(owner), *getattr(owner, "__annotations__", {})}
            found += [] if node.attr in fields else [f"{owner.__name__} has no {node.attr}"]
        if isinstance(node, ast.Call) and callable(called := imported.get(_name(node.func))):
            try:
                inspect.signature(called).bind(*node.args, **{word.arg: 0 for word in node.keywords})
            except TypeError as error:
                found.append(f"{_name(node.func)}: {error}")
            except ValueError:
                pass  # a class of protobuf has no signature
    return found


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _returned(called: object) -> object:
    return called if inspect.isclass(called) else typing.get_type_hints(called).get("return")
