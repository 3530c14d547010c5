"""Panels Live, Export and Batch."""

from bpy.app.translations import pgettext_iface as iface_
from bpy.types import Panel

from ..properties import CALIBRATION_POSES
from .parts import SidebarPanel, draw_text, head_or_hint

SETTLED_HZ = 5.0
"""Below this the backend still learns who is in front of the camera, and the number means little."""


class FACEWRIGHT_PT_live(SidebarPanel, Panel):
    """A camera moves the head"""

    bl_label = "Live"
    bl_idname = "FACEWRIGHT_PT_live"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the source, what is done with it, and the button."""
        layout, own = self.layout, context.scene.facewright.live
        if head_or_hint(layout, context) is None and not own.is_running:
            return
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column()
        column.enabled = not own.is_running
        column.prop(own, "source")
        if own.source == "CAMERA":
            column.prop(own, "camera_index")
        else:
            column.prop(own, "video_path")
            column.prop(own, "loop")
        for name in ("uses_identity", "smoothing", "head_pose", "record"):
            column.prop(own, name)
        if own.record:
            column.prop(own, "start_frame")
        if own.is_running:
            layout.operator("facewright.stop_live", icon="SNAP_FACE")
            is_settled = own.frames_hz >= SETTLED_HZ
            speed = iface_("{count:.0f} frames a second").format(count=own.frames_hz)
            layout.label(text=speed if is_settled else "Learning the face")
            layout.label(text="Calibrate while holding")
            row = layout.row(align=True)
            for pose, text, _ in CALIBRATION_POSES:
                row.operator("facewright.calibrate", text=text).pose = pose
        else:
            layout.operator("facewright.start_live", icon="PLAY")
            layout.operator("facewright.rest", icon="LOOP_BACK")
        if own.message:
            draw_text(layout, context, own.message, "INFO")


class FACEWRIGHT_PT_export(SidebarPanel, Panel):
    """Files for game engines"""

    bl_label = "Export"
    bl_idname = "FACEWRIGHT_PT_export"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the options and the button."""
        layout, own = self.layout, context.scene.facewright.export
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.row().prop(own, "form", expand=True)
        if own.form == "FBX":
            layout.row().prop(own, "game", expand=True)
        layout.prop(own, "animation")
        layout.operator("facewright.export", icon="EXPORT")


class FACEWRIGHT_PT_batch(SidebarPanel, Panel):
    """Many photos at once"""

    bl_label = "Batch"
    bl_idname = "FACEWRIGHT_PT_batch"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the folder, the grid, and the button or how far it is."""
        layout, own = self.layout, context.scene.facewright.batch
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column()
        column.enabled = not own.is_running
        for name in ("folder", "columns", "spacing_m"):
            column.prop(own, name)
        if own.is_running:
            text = iface_("{done} of {total}").format(done=own.done, total=own.total)
            layout.progress(text=text, factor=own.done / max(own.total, 1), type="BAR")
            layout.operator("facewright.cancel_fit", icon="CANCEL")
        else:
            layout.operator("facewright.batch", icon="COMMUNITY")
        for line in own.failures.splitlines():
            draw_text(layout, context, line, "ERROR")


CLASSES = (FACEWRIGHT_PT_live, FACEWRIGHT_PT_export, FACEWRIGHT_PT_batch)
"""In the order of registration."""
