"""How a head comes into the scene: description and mesh are asked for, then one undo step applies them."""

import bpy
from bpy.types import Operator

from .. import lookup, session, shape_properties
from ..client.generated import rig_pb2
from ..scene import head, shape_keys
from . import common, conversion, past


def bring(arrival, then=None):
    """Ask for what a head needs and apply it once it is there; returns at once.

    Args:
        arrival: what shall come, without its files.
        then: called with an error message, "" when the head is there.
    """
    live = session.current()
    then = then or (lambda message: None)

    def fail(error):
        live.tell_error(error)
        then(f"{error.reason}: {error}")

    def export(response=None):
        if response is not None:
            live.rigs[response.summary.id] = response.SerializeToString()
        live.later(live.client.export_later(arrival.character, rig_pb2.EXPORT_FORMAT_SCENE), land, fail)

    def land(response):
        if arrival.fit is not None and live.fit is not arrival.fit:
            return
        arrival.files = {one.name: one.content for one in response.files}
        live.arrival = arrival
        if arrival.scene_name not in bpy.data.scenes:
            then("the scene was deleted")
            return
        try:
            outcome = bpy.ops.facewright.apply_head("EXEC_DEFAULT", True)
        except RuntimeError as error:
            live.tell(str(error).removeprefix("Error: ").strip())
            then(live.notice)
            return
        then("" if "FINISHED" in outcome else "the head was not built")

    if arrival.character.rig_id in live.rigs:
        export()
    else:
        live.later(live.client.get_rig_later(arrival.character.rig_id, include_offsets=True), export, fail)


class FACEWRIGHT_OT_apply_head(Operator):
    """Put a head that has come from the backend into the scene"""

    bl_idname = "facewright.apply_head"
    bl_label = "Facewright Head"
    bl_description = "Put a head that has come from the backend into the scene"
    bl_options = {"UNDO", "INTERNAL"}

    def execute(self, context):
        """Build the head, or give an existing one its new shape and look."""
        try:
            return self._apply(context)
        except ValueError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}

    def _apply(self, context):
        live = session.current()
        arrival, live.arrival = live.arrival, None
        if arrival is None:
            return {"CANCELLED"}
        values = {one.name: one.value for one in arrival.character.parameters}
        if arrival.head_uid:
            armature = lookup.find_head(arrival.head_uid)
            if armature is None:
                self.report({"ERROR"}, "The head was deleted in the meantime; undo brings it back, then do it again")
                return {"CANCELLED"}
            past.remember(armature, "Before")
            head.replace_look(armature, arrival.files)
            values = conversion.values_of(arrival.character, armature)
            missing = shape_properties.write_values(armature, values)
            common.say_missing(self, "bone", missing)
        else:
            rig = live.rigs[arrival.character.rig_id]
            styles = {one.group: one.choice for one in arrival.character.look.styles}
            scene = bpy.data.scenes[arrival.scene_name]
            armature = shape_properties.add_head(context, scene, arrival.files, rig, arrival.name, values, styles)
            if arrival.place is not None:
                armature.location = arrival.place
        conversion.write_look(armature, arrival.character.look)
        armature.facewright.look = conversion.look_text(armature)
        if arrival.expression is not None:
            common.say_missing(self, "shape key", shape_keys.set_expression(armature, arrival.expression))
        past.remember(armature, arrival.label)
        return {"FINISHED"}


CLASSES = (FACEWRIGHT_OT_apply_head,)
"""In the order of registration."""
