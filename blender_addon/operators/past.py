"""The history of a head, so that a good face is never lost: every step is kept whole, and one may go back and forth."""

import json
from contextlib import contextmanager

from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import IntProperty
from bpy.types import Operator

from ..scene import head
from . import common, conversion

MOST_SNAPSHOTS = 60


def remember(armature, label):
    """Keep the head as it is as the newest step, unless it is the step at which the history stands.

    Of a library override nothing is kept: Blender lets nothing be added to its lists.
    """
    if not head.is_whole(armature):
        return
    own = armature.facewright
    text = conversion.head_text(armature)
    if 0 <= own.history_index < len(own.history) and own.history[own.history_index].head == text:
        return
    while len(own.history) >= MOST_SNAPSHOTS:
        own.history.remove(0)
    added = own.history.add()
    added.head, added.label = text, label
    own.history_index = len(own.history) - 1
    used = {json.loads(one.head)["skinKey"] for one in own.history}
    conversion.forget_skins(armature, used | {own.paint.photo_skin})


@contextmanager
def step(armature, label):
    """Change a head as one step of its history; what was changed by hand before becomes a step of its own."""
    remember(armature, "By hand")
    yield
    remember(armature, label)


class FACEWRIGHT_OT_history(Operator):
    """Go to another head of the history"""

    bl_idname = "facewright.history"
    bl_label = "History"
    bl_description = "Go back or forth through the faces that this head has had; nothing is lost by it"
    bl_options = {"REGISTER", "UNDO"}

    step: IntProperty(name="Step", description="-1 goes back, 1 forth", default=-1, options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        """Return whether there is a history."""
        return common.needs_whole_head(cls, context) and common.needs(
            cls,
            len(head.active_head(context).facewright.history),
            "The head has no history yet: it grows with every fit and every random face",
        )

    @classmethod
    def description(cls, context, properties):
        """Say which way the button goes."""
        return "The face before this one" if properties.step < 0 else "The face after this one"

    def execute(self, context):
        """Keep the face if it was changed by hand, then show the other one."""
        armature = head.active_head(context)
        own = armature.facewright
        index = own.history_index
        is_new = not 0 <= index < len(own.history) or own.history[index].head != conversion.head_text(armature)
        if is_new:
            remember(armature, "By hand")
            index = own.history_index
        target = index + self.step
        if not 0 <= target < len(own.history):
            self.report({"INFO"}, "This is the first face" if self.step < 0 else "This is the newest face")
            return {"CANCELLED"} if not is_new else {"FINISHED"}
        missing = conversion.restore_head(armature, own.history[target].head)
        common.say_missing(self, "bone", missing)
        own.history_index = target
        text = rpt_("{label} ({number} of {count})")
        label = rpt_(own.history[target].label)
        self.report({"INFO"}, text.format(label=label, number=target + 1, count=len(own.history)))
        return {"FINISHED"}


CLASSES = (FACEWRIGHT_OT_history,)
"""In the order of registration."""
