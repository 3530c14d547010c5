"""Case that lists what Blender shows of the extension's classes, and what its catalogue says of them."""

import importlib

import bpy

OF_BLENDER = {"rna_type", "name", "bl_idname"}
"""Properties that the extension's classes have from Blender."""


def case_texts(out):
    """Return labels, tooltips and choices of all registered classes, and what the catalogue has.

    The module bpy has no languages, so none can be chosen here; the window test chooses German in a whole Blender.
    """
    registration = importlib.import_module("facewright.registration")
    catalogue = importlib.import_module("facewright.translations").CATALOGUE
    texts = set()
    for one in registration.CLASSES:
        texts |= {getattr(one, "bl_label", ""), getattr(one, "bl_description", "")}
        for name in set(getattr(one, "__annotations__", {})) - OF_BLENDER:
            described = properties_of(one)[name]
            if described.name and described.name != name:
                texts |= {described.name, described.description}
                texts |= {text for item in choices(described) for text in (item.name, item.description)}
    importlib.import_module("facewright").unregister()
    is_free = True
    try:
        bpy.app.translations.register("facewright", catalogue)
        bpy.app.translations.unregister("facewright")
    except ValueError:
        is_free = False
    importlib.import_module("facewright").register()
    return {
        "texts": sorted(texts - {""}),
        "languages": sorted(catalogue),
        "panel": catalogue["de_DE"]["*", "Shape"],
        "button": catalogue["de_DE"]["Operator", "Fit New Head"],
        "can_be_registered_again": is_free,
    }


def properties_of(one):
    """Return the descriptions of a class's properties; of an operator they are those of its settings."""
    if issubclass(one, bpy.types.Operator):
        module, name = one.bl_idname.split(".")
        return getattr(getattr(bpy.ops, module), name).get_rna_type().properties
    return one.bl_rna.properties


def choices(described):
    """Return the items of a property that is chosen from some."""
    return described.enum_items if described.type == "ENUM" else ()
