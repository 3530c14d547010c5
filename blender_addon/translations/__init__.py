"""Blender shows the extension in these languages: every text of its panels, buttons and tooltips by its English one.

Blender translates labels and tooltips of classes and properties, and fixed texts, by itself; texts with numbers or
names in them are put together after `pgettext_iface`, `pgettext_tip` or `pgettext_rpt` has translated their pattern.
"""

from . import german_labels, german_sentences

CONTEXTS = ("*", "Operator")
"""Where Blender looks: labels of operators have a context of their own."""

GERMAN = german_labels.TEXTS | german_sentences.TEXTS
LANGUAGES = {"de_DE": GERMAN, "de": GERMAN}
"""By Blender's code of the language."""

CATALOGUE = {
    code: {(context, english): text for context in CONTEXTS for english, text in texts.items()}
    for code, texts in LANGUAGES.items()
}
"""As `bpy.app.translations.register` takes it."""
