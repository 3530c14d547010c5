"""Panel Character: add a head, or choose one."""

from bpy.types import Panel

from .. import icons
from ..scene.head import active_head, heads
from .parts import SidebarPanel


class FACEWRIGHT_PT_character(SidebarPanel, Panel):
    """Heads of the scene"""

    bl_label = "Character"
    bl_idname = "FACEWRIGHT_PT_character"

    def draw(self, context):
        """Draw buttons and the heads of the scene."""
        layout, active = self.layout, active_head(context)
        row = layout.row(align=True)
        row.operator("facewright.add_head", text="Neutral Head", icon="ADD").kind = "NEUTRAL"
        row.operator("facewright.add_head", text="Random Head", icon="COMMUNITY").kind = "RANDOM"
        column = layout.column(align=True)
        for one in heads(context.scene):
            if one == active:
                column.prop(one, "name", text="", icon="RADIOBUT_ON")
            else:
                chosen = column.operator("facewright.select_head", text=one.name, icon="RADIOBUT_OFF", translate=False)
                chosen.name = one.name
        draw_skin_hint(layout, context, active)


def draw_skin_hint(layout, context, active):
    """Offer the view that shows skin and hair while there is a head and the 3D view draws plain solids."""
    space = context.space_data
    if active is not None and space is not None and space.type == "VIEW_3D" and space.shading.type == "SOLID":
        layout.prop_enum(space.shading, "type", "MATERIAL", text="Show Skin and Hair", icon="SHADING_TEXTURE")


class FACEWRIGHT_PT_presets(SidebarPanel, Panel):
    """Kept heads"""

    bl_label = "Presets"
    bl_idname = "FACEWRIGHT_PT_presets"
    bl_parent_id = "FACEWRIGHT_PT_character"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        """Draw the presets as a grid of pictures."""
        layout = self.layout
        layout.operator("facewright.save_preset", icon="ADD")
        grid = layout.grid_flow(columns=3, even_columns=True, even_rows=True, align=True)
        for one in context.window_manager.facewright_presets:
            box = grid.box().column(align=True)
            number = icons.icon(f"preset {one.name}")
            if number:
                box.template_icon(icon_value=number, scale=4.0)
            row = box.row(align=True)
            row.operator("facewright.apply_preset", text=one.name, translate=False).name = one.name
            row.operator("facewright.delete_preset", text="", icon="X").name = one.name


CLASSES = (FACEWRIGHT_PT_character, FACEWRIGHT_PT_presets)
"""In the order of registration."""
