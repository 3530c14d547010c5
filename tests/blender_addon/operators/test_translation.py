"""Tests of the translation: every text that the extension shows is in the catalogue, with the same fields."""

import ast
import re
import tomllib

import pytest

from ..assemble import ROOT

ADDON = ROOT / "blender_addon"
TRANSLATORS = {"iface_", "tip_", "rpt_"}
NEVER_SHOWN = {
    "Facewright Head", "Facewright shape", "Base Color", "Error: ", "error: ", "fit preview", "Socket closed",
    "Hostname Verification", "the backend is lost: %s", "a look of the timer failed", "What went wrong",
    "What the backend says, or why it does not", "What went wrong last", "What to do about it",
    "Where the backend computes", "Name of the head that the result is for", "Frames a second that reach the head",
    "Photos without a head, and why", "What the meshes show: a Look message as JSON, the photo's skin by its key",
    "Which skin layer of the armature's data; empty for painted skin alone",
}  # fmt: skip
"""Names within a file, log lines, and descriptions of properties that no panel draws."""


def read_catalogue():
    """Return the German texts by the English ones, without Blender."""
    texts = {}
    for name in ("german_labels.py", "german_sentences.py"):
        tree = ast.parse((ADDON / "translations" / name).read_text())
        texts |= next(ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign))
    return texts


def texts_in(tree):
    """Return the texts of a module that somebody may see: those of labels, those to be translated, and sentences."""
    hidden = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    hidden |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    found = set()
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in hidden
        if is_text and " " in node.value and node.value[0].isalpha():
            found.add(node.value)
        if isinstance(node, ast.Call):
            labels = [one.value for one in node.keywords if one.arg in ("text", "name")]
            if isinstance(node.func, ast.Name) and node.func.id in TRANSLATORS:
                labels.append(node.args[0])
            found |= {one.value for one in labels if isinstance(one, ast.Constant)}
        if isinstance(node, ast.Assign) and [getattr(one, "id", "") for one in node.targets] == ["bl_label"]:
            found.add(node.value.value)
    return found - {""}


def test_every_text_in_the_source_is_in_the_catalogue():
    catalogue, missing = read_catalogue(), {}
    for path in sorted(ADDON.rglob("*.py")):
        if "translations" not in path.parts:
            for text in texts_in(ast.parse(path.read_text())) - set(catalogue) - NEVER_SHOWN:
                missing[text] = path.name
    assert missing == {}


def test_a_text_that_is_put_together_without_translation_is_found():
    tree = ast.parse('layout.label(text="Colour")\nself.report({"INFO"}, "It is done")\nx = iface_("Take {n}")')
    assert texts_in(tree) == {"Colour", "It is done", "Take {n}"}


def test_no_panel_and_no_report_puts_values_into_an_untranslated_text():
    shown = re.compile(r"(?:text=|report\(\{\"\w+\"\}, |draw_text\(layout, context, )f\"")
    found = [
        f"{path.name}:{number}"
        for folder in ("ui", "operators")
        for path in sorted((ADDON / folder).glob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if shown.search(line)
    ]
    assert found == []


def test_every_reason_of_a_grey_button_is_translated_by_us_since_blender_does_not():
    lines = [line.strip() for path in ADDON.rglob("*.py") for line in path.read_text().splitlines()]
    assert [line for line in lines if "poll_message_set(" in line] == ["operator.poll_message_set(tip_(reason))"]
    assert sum("common.needs(" in line for line in lines) > 15


def test_a_translation_has_the_fields_of_its_original():
    field = re.compile(r"\{[^}]*\}")
    different = {
        english: german
        for english, german in read_catalogue().items()
        if sorted(field.findall(english)) != sorted(field.findall(german))
    }
    assert different == {}


def test_regions_and_styles_of_our_rig_are_in_the_catalogue():
    rig = ROOT / "rigs" / "makehuman"
    parameters = tomllib.loads((rig / "parameters.toml").read_text())["parameter"]
    styles = tomllib.loads((rig / "styles.toml").read_text())["group"]
    names = {one["group"].replace("_", " ").capitalize() for one in parameters} | {one["label"] for one in styles}
    assert names - set(read_catalogue()) == set()


def test_messages_that_are_put_together_without_blender_are_known_to_the_panels():
    known = {re.sub(r"\{\w+\}", "{}", text) for text in read_catalogue()}
    panels = (ADDON / "ui" / "parts.py").read_text()
    for name in ("session.py", "backend_process.py"):
        for node in ast.walk(ast.parse((ADDON / name).read_text())):
            if not isinstance(node, ast.JoinedStr):
                continue
            text = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            if " " in text and text != "{}: {}":
                assert text in known, f"{name}: {text}"
                pattern = re.escape(text).replace(r"\{\}", r"\{\w+\}")
                assert re.search(f'"{pattern}"', panels), f"ui/parts.py lacks {text}"


@pytest.fixture
def shown(run):
    """What the classes show in Blender; without Blender the test is skipped."""
    return run("cases_translation", "texts")


def test_labels_and_tooltips_of_all_registered_classes_are_in_the_catalogue(shown):
    assert set(shown["texts"]) - set(read_catalogue()) - NEVER_SHOWN == set()
    assert len(shown["texts"]) > 150


def test_a_language_has_its_texts_for_panels_and_for_buttons_and_leaves_with_the_extension(shown):
    assert shown["languages"] == ["de", "de_DE"]
    assert shown["panel"] == "Form" and shown["button"] == "Neuen Kopf anpassen"
    assert shown["can_be_registered_again"]
