"""Add a Facewright head to the scene, or select one that is there."""

import random

from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import EnumProperty, StringProperty
from bpy.types import Operator

from .. import session
from ..client.generated import rig_pb2
from ..scene import head
from . import arrival, common

KINDS = (
    ("NEUTRAL", "Neutral", "The neutral head, to be shaped with the sliders"),
    ("RANDOM", "Random", "A random person"),
)


class FACEWRIGHT_OT_add_head(Operator):
    """Add a head"""

    bl_idname = "facewright.add_head"
    bl_label = "Add Head"
    bl_description = "Add a Facewright head with bones, expressions and sliders to the scene"

    kind: EnumProperty(name="Kind", description="What the head is like", items=KINDS)

    @classmethod
    def poll(cls, context):
        """Return whether the backend can make one."""
        return common.needs_backend(cls)

    def execute(self, context):
        """Ask for the head; it appears in a second or two."""
        live = session.current()
        place = tuple(context.scene.cursor.location)
        scene_name, rig_id = context.scene.name, live.info.default_rig_id

        def bring(character, name):
            arrival.bring(session.Arrival(character, {}, name, "Add Head", scene_name, place=place))

        if self.kind == "NEUTRAL":
            bring(rig_pb2.Character(rig_id=rig_id), "Head")
        else:
            seed = random.randrange(common.SEEDS)
            pending = live.client.sample_later(1, seed, rig_id)
            live.later(pending, lambda response: bring(response.characters[0], "Random head"), live.tell_error)
        self.report({"INFO"}, "The head is being made")
        return {"FINISHED"}


class FACEWRIGHT_OT_select_head(Operator):
    """Select a head"""

    bl_idname = "facewright.select_head"
    bl_label = "Select Head"
    bl_description = "Make this head the one that the panels work on"
    bl_options = {"REGISTER", "UNDO"}

    name: StringProperty(name="Head", description="Name of the head", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        """Return whether heads can be selected in this mode."""
        return common.needs(cls, context.mode in ("OBJECT", "POSE"), "Leave edit mode first")

    def execute(self, context):
        """Select the head alone; of several with the name, as a linked one and its override, one that is not active."""
        layer = context.view_layer
        named = [one for one in head.heads(context.scene) if one.name == self.name and one in set(layer.objects)]
        chosen = next((one for one in named if one != head.active_head(context)), named[0] if named else None)
        if chosen is None:
            self.report({"ERROR"}, rpt_("There is no head {name} in this view layer").format(name=self.name))
            return {"CANCELLED"}
        for one in layer.objects:
            one.select_set(one == chosen)
        layer.objects.active = chosen
        return {"FINISHED"}


CLASSES = (FACEWRIGHT_OT_add_head, FACEWRIGHT_OT_select_head)
"""In the order of registration."""
