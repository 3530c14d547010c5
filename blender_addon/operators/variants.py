"""Nine heads like the one that is there, as pictures to click on."""

import random

from bpy.props import IntProperty, StringProperty
from bpy.types import Operator

from .. import icons, lookup, session, shape_properties
from ..client.generated import rig_pb2
from ..properties import VARIANTS
from ..scene import head
from . import common, conversion, past, shape

SIDE_PX, YAW_DEG = 192, 20.0


def key(index):
    """Return the key of a variant's picture."""
    return f"variant {index}"


class FACEWRIGHT_OT_variants(Operator):
    """Draw variants"""

    bl_idname = "facewright.variants"
    bl_label = "Variants"
    bl_description = "Draw nine heads like this one to choose from; locked sliders stay as they are"

    group: StringProperty(name="Region", description="Region to vary; empty for all", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        """Return whether a head is active and the backend can draw."""
        return common.needs_head(cls, context) and common.needs_backend(cls)

    def execute(self, context):
        """Ask for random people, mix each with the head, and ask for their pictures."""
        live, armature = session.current(), head.active_head(context)
        uid, spread, group = armature.session_uid, context.scene.facewright.spread, self.group
        for index in range(VARIANTS):
            icons.forget(key(index))
        context.scene.facewright.shows_variants = True
        live.variants = wanted = session.Variants(uid, [])

        def drawn(response):
            target = lookup.find_head(uid)
            if target is None or live.variants is not wanted:
                return
            start, kept = shape_properties.read_values(target), shape_properties.locked(target)
            chosen = shape.group_items(target, group) - kept
            for index, character in enumerate(response.characters):
                mixed = shape.blend(start, {one.name: one.value for one in character.parameters}, spread)
                values = start | {name: value for name, value in mixed.items() if name in chosen}
                wanted.values.append(values)
                portray(live, wanted, index, conversion.character_of(target, values=values))

        pending = live.client.sample_later(VARIANTS, random.randrange(common.SEEDS), armature.facewright.rig_id)
        live.later(pending, drawn, live.tell_error)
        return {"FINISHED"}


def portray(live, wanted, index, character):
    """Ask for the picture of one variant and show it once it is there."""

    def drawn(response):
        if live.variants is wanted:
            icons.show(key(index), response.picture.content)

    picture = rig_pb2.PictureRequest(side_px=SIDE_PX, yaw_deg=YAW_DEG)
    live.later(live.client.evaluate_later(character, picture=picture), drawn, live.tell_error)


class FACEWRIGHT_OT_pick_variant(Operator):
    """Take a variant"""

    bl_idname = "facewright.pick_variant"
    bl_label = "Take"
    bl_description = "Give the head this shape; the one before stays in the history"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(name="Variant", description="Which of the nine", min=0, max=VARIANTS - 1, options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        """Return whether there are variants of the active head."""
        if not common.needs_head(cls, context):
            return False
        variants = session.current().variants
        is_own = variants is not None and variants.head_uid == head.active_head(context).session_uid
        return common.needs(cls, is_own, "Draw variants of this head first")

    def execute(self, context):
        """Apply and remember."""
        armature, values = head.active_head(context), session.current().variants.values
        if self.index >= len(values):
            self.report({"WARNING"}, "This variant is not drawn yet")
            return {"CANCELLED"}
        with past.step(armature, f"Variant {self.index + 1}"):
            missing = shape_properties.write_values(armature, values[self.index], respects_locks=True)
            common.say_missing(self, "bone", missing)
        return {"FINISHED"}


class FACEWRIGHT_OT_forget_variants(Operator):
    """Take the variants away"""

    bl_idname = "facewright.forget_variants"
    bl_label = "Close"
    bl_description = "Take the nine pictures away"

    def execute(self, context):
        """Forget them."""
        session.current().variants = None
        for index in range(VARIANTS):
            icons.forget(key(index))
        return {"FINISHED"}


CLASSES = (FACEWRIGHT_OT_variants, FACEWRIGHT_OT_pick_variant, FACEWRIGHT_OT_forget_variants)
"""In the order of registration."""
