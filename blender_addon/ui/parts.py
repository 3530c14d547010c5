"""What several panels draw."""

import re

from bpy.app.translations import pgettext_iface as iface_

from ..scene.head import active_head

CHARACTERS_PER_LINE_PX = 7.2
CATEGORY = "Facewright"


MESSAGES = (
    "Ready on {device}",
    "Connecting to {address}",
    "Nobody answers at {address}",
    "The backend at {address} wants another token",
    "The backend at {address} closes the connection: it may speak TLS only",
    "The certificate of the backend at {address} is not the one that is trusted",
    "{program} cannot be started: {why}",
    "the backend ended: {why}",
    "start it again; its log is {path}",
    "look into {path}",
)
"""What `session` and `backend_process` put together, which know no Blender and so no language."""


class SidebarPanel:
    """What all panels have in common: the place where they are."""

    bl_space_type, bl_region_type, bl_category = "VIEW_3D", "UI", CATEGORY


def translated(message):
    """Return a message in the user's language; one with values in it by the pattern that it was made of."""
    for pattern in MESSAGES:
        match = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(pattern)), message)
        if match:
            return iface_(pattern).format(**match.groupdict())
    return iface_(message)


def draw_text(layout, context, text, icon="NONE"):
    """Draw text in the user's language over as many lines as the sidebar's width needs."""
    scale = context.preferences.system.ui_scale
    width = max(int(context.region.width / scale / CHARACTERS_PER_LINE_PX) - 5, 16) if context.region else 40
    line, lines = "", []
    for word in translated(text).split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    column = layout.column(align=True)
    column.scale_y = 0.85
    for number, one in enumerate([*lines, line] if line else lines):
        column.label(text=one, icon=icon if number == 0 else ("BLANK1" if icon != "NONE" else "NONE"), translate=False)


def draw_trouble(layout, context, message, remedy):
    """Draw what went wrong and what to do about it."""
    box = layout.box()
    draw_text(box, context, message, "ERROR")
    if remedy:
        draw_text(box, context, remedy, "INFO")
    return box


def head_or_hint(layout, context):
    """Return the active head; without one draw what to do, and return None."""
    armature = active_head(context)
    if armature is None:
        draw_text(layout, context, "Select a Facewright head, or add one in the panel Character", "INFO")
    return armature
