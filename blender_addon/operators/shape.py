"""The shape of a head: neutral, mirrored, random, mixed with another."""

import random

import bpy
from bpy.app.translations import pgettext_tip as tip_
from bpy.props import IntProperty, StringProperty
from bpy.types import Operator

from .. import lookup, session, shape_properties
from ..scene import head, rig_data
from . import common, past


def blend(start, end, share):
    """Return values that lie between two dicts of values, for the parameters that both have."""
    return {name: value + share * (end[name] - value) for name, value in start.items() if name in end}


def group_items(armature, group):
    """Return the names of the parameters of a group; of all when the group is empty."""
    return {one.name for one in rig_data.rig_of(armature).parameters if group in ("", one.group)}


class FACEWRIGHT_OT_reset_shape(Operator):
    """Make sliders neutral"""

    bl_idname = "facewright.reset_shape"
    bl_label = "Reset"
    bl_description = "Set the sliders to those of the neutral head; locked ones stay"
    bl_options = {"REGISTER", "UNDO"}

    group: StringProperty(name="Region", description="Region to reset; empty for all", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        """Return whether a head is active."""
        return common.needs_head(cls, context)

    def execute(self, context):
        """Reset and remember."""
        armature = head.active_head(context)
        with past.step(armature, "Reset"):
            common.say_missing(self, "bone", shape_properties.reset(armature, self.group or None))
        return {"FINISHED"}


class FACEWRIGHT_OT_mirror_shape(Operator):
    """Swap the sides"""

    bl_idname = "facewright.mirror_shape"
    bl_label = "Mirror"
    bl_description = "Give each side of the face the shape of the other; locked sliders stay"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        """Return whether a head is active."""
        return common.needs_head(cls, context)

    def execute(self, context):
        """Mirror and remember."""
        armature = head.active_head(context)
        with past.step(armature, "Mirrored"):
            common.say_missing(self, "bone", shape_properties.mirror(armature))
        return {"FINISHED"}


class FACEWRIGHT_OT_random_shape(Operator):
    """Draw a random shape"""

    bl_idname = "facewright.random_shape"
    bl_label = "Random"
    bl_description = "Draw a random person's shape; Variety says how far from this head; locked sliders stay"

    group: StringProperty(name="Region", description="Region to draw; empty for all", options={"SKIP_SAVE"})
    seed: IntProperty(
        name="Seed", description="The same number draws the same shape; 0 takes any", min=0, options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context):
        """Return whether a head is active and the backend can draw."""
        return common.needs_head(cls, context) and common.needs_backend(cls)

    @classmethod
    def description(cls, context, properties):
        """Say what is drawn."""
        if not properties.group:
            return tip_(
                "Draw a random shape for the whole head; Variety says how far from this head; locked sliders stay"
            )
        text = tip_(
            "Draw a random shape for the region {region}; Variety says how far from this head; locked sliders stay"
        )
        return text.format(region=tip_(shape_properties.region_name(properties.group)))

    def execute(self, context):
        """Ask for a random person; one undo step applies it."""
        live, armature = session.current(), head.active_head(context)
        uid, group, spread = armature.session_uid, self.group, context.scene.facewright.spread
        pending = live.client.sample_later(
            1, self.seed or random.randrange(1, common.SEEDS), armature.facewright.rig_id
        )

        def drawn(response):
            target = lookup.find_head(uid)
            if target is None:
                return
            start = shape_properties.read_values(target)
            drawn_values = {one.name: one.value for one in response.characters[0].parameters}
            values = blend(start, drawn_values, spread)
            chosen = group_items(target, group)
            apply_values(target, {name: value for name, value in values.items() if name in chosen}, "Random")

        live.later(pending, drawn, live.tell_error)
        return {"FINISHED"}


def apply_values(armature, values, label):
    """Set unlocked sliders as one undo step, from the timer: a call of Blender's undo follows the change."""
    with past.step(armature, label):
        shape_properties.write_values(armature, values, respects_locks=True)
    bpy.ops.ed.undo_push(message=label)


class FACEWRIGHT_OT_mix(Operator):
    """Mix two heads"""

    bl_idname = "facewright.mix"
    bl_label = "Mix"
    bl_description = "Take a share of the other head's shape; locked sliders stay"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        """Return whether there are two heads."""
        other = context.scene.facewright.mix_with
        is_other = other is not None and head.is_head(other) and other != head.active_head(context)
        return common.needs_head(cls, context) and common.needs(
            cls, is_other, "Choose another Facewright head to mix with"
        )

    def execute(self, context):
        """Mix and remember."""
        own, armature = context.scene.facewright, head.active_head(context)
        start, end = shape_properties.read_values(armature), shape_properties.read_values(own.mix_with)
        values = blend(start, end, own.mix_share)
        with past.step(armature, f"Mixed with {own.mix_with.name}"):
            common.say_missing(self, "bone", shape_properties.write_values(armature, values, respects_locks=True))
        return {"FINISHED"}


class FACEWRIGHT_OT_lock_region(Operator):
    """Lock or unlock a region"""

    bl_idname = "facewright.lock_region"
    bl_label = "Lock Region"
    bl_description = "Lock all sliders of the region, or unlock them if all are locked"
    bl_options = {"REGISTER", "UNDO"}

    group: StringProperty(name="Region", description="Region to lock; empty for all", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        """Return whether a head is active."""
        return common.needs_head(cls, context)

    def execute(self, context):
        """Set all locks of the region."""
        armature = head.active_head(context)
        names, sliders = group_items(armature, self.group), shape_properties.sliders_of(armature)
        is_locked = names <= shape_properties.locked(armature)
        for name in names:
            setattr(sliders, shape_properties.LOCK + shape_properties.slider_name(name), not is_locked)
        return {"FINISHED"}


CLASSES = (
    FACEWRIGHT_OT_reset_shape,
    FACEWRIGHT_OT_mirror_shape,
    FACEWRIGHT_OT_random_shape,
    FACEWRIGHT_OT_mix,
    FACEWRIGHT_OT_lock_region,
)
"""In the order of registration."""
