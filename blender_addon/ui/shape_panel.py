"""Panel Shape: history, random, variants, mix, and every slider in its region."""

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Panel

from .. import icons, shape_properties
from ..properties import VARIANTS
from ..scene import rig_data
from .parts import SidebarPanel, draw_text, head_or_hint


class FACEWRIGHT_PT_shape(SidebarPanel, Panel):
    """The shape of the head"""

    bl_label = "Shape"
    bl_idname = "FACEWRIGHT_PT_shape"

    def draw(self, context):
        """Draw the tools, then the regions."""
        layout, own = self.layout, context.scene.facewright
        armature = head_or_hint(layout, context)
        if armature is None:
            return
        row = layout.row(align=True)
        row.operator("facewright.history", text="", icon="LOOP_BACK").step = -1
        row.operator("facewright.history", text="", icon="LOOP_FORWARDS").step = 1
        row.operator("facewright.random_shape", icon="COMMUNITY")
        row.operator("facewright.mirror_shape", text="", icon="MOD_MIRROR")
        row.operator("facewright.lock_region", text="", icon="LOCKED")
        row.operator("facewright.reset_shape", text="", icon="FILE_REFRESH")
        layout.prop(own, "spread", slider=True)
        draw_variants(layout, own)
        draw_mix(layout, own)
        layout.prop(own, "search", text="", icon="VIEWZOOM")
        rig, sliders = rig_data.rig_of(armature), shape_properties.sliders_of(armature)
        if rig is None or sliders is None:
            draw_text(layout, context, "The description of this head's rig is missing: add the head again", "ERROR")
            return
        if search := own.search.strip().lower():
            draw_found(layout, rig, sliders, search)
            return
        header, body = layout.panel("facewright_sliders", default_closed=True)
        header.label(text="All Sliders")
        if body is not None:
            draw_regions(body, rig, sliders)


def draw_variants(layout, own):
    """Draw the nine pictures in three rows, each over its button; drawing new ones opens them."""
    header, body = layout.panel_prop(own, "shows_variants")
    header.label(text="Variants")
    header.operator("facewright.variants", text="Draw Nine", icon="IMAGE_REFERENCE")
    if body is None:
        return
    drawn = {index: number for index in range(VARIANTS) if (number := icons.icon(f"variant {index}"))}
    if not drawn:
        body.label(text="Draw Nine fills this sheet")
    grid = body.grid_flow(row_major=True, columns=3, even_columns=True, even_rows=True, align=True)
    for index, number in drawn.items():
        cell = grid.column(align=True)
        cell.template_icon(icon_value=number, scale=4.5)
        text = iface_("Take {number}").format(number=index + 1)
        cell.operator("facewright.pick_variant", text=text, translate=False).index = index


def draw_mix(layout, own):
    """Draw what mixes two heads."""
    header, body = layout.panel("facewright_mix", default_closed=True)
    header.label(text="Mix With Another Head")
    if body is not None:
        body.prop(own, "mix_with", text="")
        row = body.row(align=True)
        row.prop(own, "mix_share", slider=True)
        row.operator("facewright.mix")


def draw_found(layout, rig, sliders, search):
    """Draw the sliders that have the text in their name or in that of their region."""
    found = [one for one in rig.parameters if search in names_of(one.label, shape_properties.region_name(one.group))]
    column = layout.column(align=True)
    for one in found:
        draw_slider(column, sliders, one)
    if not found:
        column.label(text="No slider has this in its name")


def names_of(*labels):
    """Return labels as the rig has them and as the user reads them, in small letters."""
    return "\n".join(f"{label}\n{iface_(label)}" for label in labels).lower()


def draw_regions(layout, rig, sliders):
    """Draw the sliders of open regions."""
    for group in rig.groups:
        header, body = layout.panel(f"facewright_region_{group}", default_closed=True)
        header.label(text=shape_properties.region_name(group))
        row = header.row(align=True)
        row.operator("facewright.random_shape", text="", icon="COMMUNITY", emboss=False).group = group
        row.operator("facewright.lock_region", text="", icon="LOCKED", emboss=False).group = group
        row.operator("facewright.reset_shape", text="", icon="FILE_REFRESH", emboss=False).group = group
        if body is not None:
            column = body.column(align=True)
            for one in rig.parameters:
                if one.group == group:
                    draw_slider(column, sliders, one)


def draw_slider(column, sliders, parameter):
    """Draw a slider and its lock."""
    name = shape_properties.slider_name(parameter.name)
    lock = shape_properties.LOCK + name
    row = column.row(align=True)
    field = row.row(align=True)
    field.active = not getattr(sliders, lock)
    field.prop(sliders, name, slider=True)
    row.prop(sliders, lock, text="", icon="LOCKED" if getattr(sliders, lock) else "UNLOCKED", emboss=False)


CLASSES = (FACEWRIGHT_PT_shape,)
"""In the order of registration."""
