"""Panel From Photo: photos, fit, progress."""

import os

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Panel, UIList

from .. import icons
from ..scene.head import active_head
from .parts import SidebarPanel, draw_text, draw_trouble

STAGES = {
    "observe": "Looking at the photo",
    "landmarks": "Placing the face",
    "imitator": "Shaping the head",
    "correction": "Refining the shape",
    "detection": "Comparing with the photo",
    "skin": "Painting the skin",
    "style": "Choosing hair and brows",
    "mesh": "Building the head",
}
"""What the panel says while a stage is worked on, by the backend's name of it."""


class FACEWRIGHT_UL_photos(UIList):
    """The list of photos"""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0):
        """Draw the name of one photo; the first is marked."""
        mark = "SOLO_ON" if index == 0 else "IMAGE_DATA"
        layout.label(text=os.path.basename(item.path), icon=mark, translate=False)


class FACEWRIGHT_PT_photo(SidebarPanel, Panel):
    """From photos to a head"""

    bl_label = "From Photo"
    bl_idname = "FACEWRIGHT_PT_photo"

    def draw(self, context):
        """Draw photos, settings, button or progress."""
        layout, own = self.layout, context.scene.facewright
        row = layout.row()
        if 0 <= own.photo_index < len(own.photos):
            number = icons.icon(f"photo {own.photos[own.photo_index].path}")
            if number:
                row.column().template_icon(icon_value=number, scale=3.0)
        row.template_list(
            "FACEWRIGHT_UL_photos", "", own, "photos", own, "photo_index", rows=2, sort_lock=True
        )  # fmt: skip
        column = row.column(align=True)
        column.operator("facewright.add_photos", text="", icon="ADD")
        column.operator("facewright.remove_photo", text="", icon="REMOVE")
        if own.job.state in ("QUEUED", "RUNNING"):
            self._draw_progress(context, own.job)
            return
        buttons = layout.column(align=True)
        buttons.scale_y = 1.2
        buttons.operator("facewright.fit", text="Fit New Head", icon="USER")
        if active_head(context) is not None:
            buttons.operator("facewright.fit", text="Fit Onto Selected", icon="IMPORT").onto_selected = True
        if own.job.state == "FAILED":
            draw_trouble(layout, context, own.job.message, own.job.remedy)

    def _draw_progress(self, context, job):
        layout = self.layout
        text = STAGES.get(job.stage, job.stage.capitalize())
        if job.state == "QUEUED":
            text = iface_("Waiting, {count} before this one").format(count=job.stage) if job.stage else "Waiting"
        layout.progress(text=text, factor=job.fraction, type="BAR")
        number = icons.icon(icons.FIT_PREVIEW)
        if number:
            layout.template_icon(icon_value=number, scale=8.0)
        layout.operator("facewright.cancel_fit", icon="CANCEL")
        draw_text(layout, context, iface_("{name}: Esc cancels too").format(name=job.name))


class FACEWRIGHT_PT_photo_settings(SidebarPanel, Panel):
    """How photos are used"""

    bl_label = "Options"
    bl_idname = "FACEWRIGHT_PT_photo_settings"
    bl_parent_id = "FACEWRIGHT_PT_photo"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the settings."""
        layout, own = self.layout, context.scene.facewright
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in ("face_index", "skin_share", "uses_expression", "steps"):
            layout.prop(own, name)


CLASSES = (FACEWRIGHT_UL_photos, FACEWRIGHT_PT_photo, FACEWRIGHT_PT_photo_settings)
"""In the order of registration."""
