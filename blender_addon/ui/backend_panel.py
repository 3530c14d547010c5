"""Panel Backend: light, start, stop, reason."""

from bpy.types import Panel

from .. import icons
from ..properties import BACKEND_STATES
from .parts import SidebarPanel, draw_text, draw_trouble

WORDS = {state: word for state, word, _ in BACKEND_STATES}


class FACEWRIGHT_PT_backend(SidebarPanel, Panel):
    """How the backend fares"""

    bl_label = "Backend"
    bl_idname = "FACEWRIGHT_PT_backend"

    def draw_header_preset(self, context):
        """Draw the light, so that it is seen also while the panel is closed."""
        state = context.window_manager.facewright_backend.state
        row = self.layout.row()
        row.alert = state == "LOST"
        row.label(text=WORDS[state], icon_value=icons.icon(f"lamp {state}"))

    def draw(self, context):
        """Draw why it is lost or what it does, and buttons."""
        layout, own = self.layout, context.window_manager.facewright_backend
        if own.state == "LOST":
            draw_trouble(layout, context, own.message, own.remedy)
        elif own.state != "OFF":
            draw_text(layout, context, own.message)
        row = layout.row(align=True)
        if own.state == "LOST":
            row.operator("facewright.start_backend", text="Restart", icon="FILE_REFRESH")
        elif own.state == "OFF":
            row.operator("facewright.start_backend", icon="PLAY")
        else:
            row.operator("facewright.stop_backend", icon="SNAP_FACE")
        settings = row.operator("preferences.addon_show", text="Settings", icon="PREFERENCES")
        settings.module = __package__.rpartition(".")[0]
        if own.notice:
            box = draw_trouble(layout, context, own.notice, own.notice_remedy)
            box.operator("facewright.dismiss", icon="X")


CLASSES = (FACEWRIGHT_PT_backend,)
"""In the order of registration."""
