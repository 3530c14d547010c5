"""Panel Styles and Colours: what the head wears and how it is painted."""

from bpy.types import Panel

from .. import shape_properties
from ..properties import LOOK_COLOURS, SKIN_AMOUNTS
from ..scene import rig_data
from .parts import SidebarPanel, draw_text, head_or_hint


class FACEWRIGHT_PT_look(SidebarPanel, Panel):
    """What the head wears and how it is painted"""

    bl_label = "Styles and Colours"
    bl_idname = "FACEWRIGHT_PT_look"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw styles, colours, skin."""
        layout = self.layout
        armature = head_or_hint(layout, context)
        if armature is None:
            return
        layout.use_property_split = True
        layout.use_property_decorate = False
        rig, sliders = rig_data.rig_of(armature), shape_properties.sliders_of(armature)
        if rig is not None and sliders is not None:
            column = layout.column()
            for group in rig.styles:
                column.prop(sliders, shape_properties.style_name(group.name))
        paint = armature.facewright.paint
        column = layout.column()
        for name in LOOK_COLOURS:
            column.prop(paint, name)
        column = layout.column()
        for name in SKIN_AMOUNTS:
            column.prop(paint, name, slider=True)
        if paint.photo_skin:
            column = layout.column()
            for name in ("photo_share", "keeps_brows", "keeps_beard"):
                column.prop(paint, name)
            column.operator("facewright.drop_photo_skin", icon="X")
        if context.window_manager.facewright_backend.state == "READY":
            layout.operator("facewright.paint", icon="BRUSH_DATA")
        else:
            draw_text(layout, context, "A change is painted as soon as the backend is ready", "INFO")


CLASSES = (FACEWRIGHT_PT_look,)
"""In the order of registration."""
