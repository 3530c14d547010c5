"""A layout that draws nothing and checks what it is told: properties, operators and icons must exist."""

import bpy

ICONS = set(bpy.types.UILayout.bl_rna.functions["prop"].parameters["icon"].enum_items.keys())


class OperatorProperties:
    """Takes values for the properties that an operator has."""

    def __init__(self, known):
        object.__setattr__(self, "known", known)

    def __setattr__(self, name, value):
        assert name in self.known, f"the operator has no property {name}"


class FakeLayout:
    """Stands in for UILayout; every layout made of it shares the list of what was drawn."""

    def __init__(self, drawn=None, opens_panels=True):
        self.drawn, self.opens_panels = [] if drawn is None else drawn, opens_panels

    def __getattr__(self, name):
        if name not in ("row", "column", "box", "grid_flow"):
            raise AttributeError(name)
        return lambda **options: FakeLayout(self.drawn, self.opens_panels)

    def panel(self, idname, default_closed=False):
        """Return header and body; the body is None where panels are closed."""
        body = FakeLayout(self.drawn, self.opens_panels) if self.opens_panels else None
        return FakeLayout(self.drawn, self.opens_panels), body

    def panel_prop(self, data, name):
        """Return header and body as `panel` does; the property says in Blender whether it is open."""
        assert name in data.bl_rna.properties, f"{data} has no {name}"
        return self.panel(name)

    def label(self, text="", icon="NONE", icon_value=0, translate=True):
        """Check the icon."""
        assert icon in ICONS, icon
        self.drawn.append(text)

    def prop(self, data, name, icon="NONE", **options):
        """Check property and icon."""
        assert name in data.bl_rna.properties, f"{data} has no {name}"
        assert icon in ICONS, icon
        self.drawn.append(name)

    def operator(self, idname, text="", icon="NONE", **options):
        """Check operator and icon."""
        assert icon in ICONS, icon
        module, name = idname.split(".")
        known = getattr(getattr(bpy.ops, module), name).get_rna_type().properties.keys()
        self.drawn.append(idname)
        return OperatorProperties(known)

    def template_list(self, kind, idname, data, name, active, active_name, **options):
        """Check the properties."""
        assert hasattr(bpy.types, kind) and name in data.bl_rna.properties and active_name in active.bl_rna.properties

    def template_icon(self, icon_value, scale=1.0):
        """Check the number."""
        assert icon_value > 0

    def progress(self, text="", factor=0.0, type="BAR"):
        """Check the share."""
        assert 0.0 <= factor <= 1.0


def draw_all(opens_panels=True):
    """Draw all panels of the extension; returns what was drawn by the name of the panel."""
    from facewright import registration

    said = {}
    for one in registration.CLASSES:
        if issubclass(one, bpy.types.Panel):
            layout = FakeLayout(opens_panels=opens_panels)
            stand_in = type(one.__name__, (), {**vars_of(one), "layout": layout})()
            if hasattr(one, "draw_header_preset"):
                stand_in.draw_header_preset(bpy.context)
            stand_in.draw(bpy.context)
            said[one.__name__] = layout.drawn
    return said


def vars_of(panel):
    """Return the functions of a panel, which cannot be made by hand."""
    return {name: value for name, value in vars(panel).items() if callable(value)}
