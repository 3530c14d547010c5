"""Styles and colours: the backend paints a head anew when they have been changed and left alone."""

from bpy.types import Operator

from .. import session
from ..client.generated import rig_pb2
from ..lookup import find_head
from ..scene import head
from . import common, conversion


class FACEWRIGHT_OT_repaint(Operator):
    """Paint the active head if its colours or styles have been changed"""

    bl_idname = "facewright.repaint"
    bl_label = "Repaint If Changed"
    bl_description = "Paint the active head if its colours or styles have been changed"
    bl_options = {"INTERNAL"}

    def execute(self, context):
        """Compare what the meshes show with what is wanted; ask once it has not changed since the last look."""
        live, armature = session.current(), head.active_head(context)
        if common.whole_trouble(armature) or not live.client or not armature.facewright.look:
            return {"CANCELLED"}
        wanted = conversion.look_text(armature)
        is_calm, live.painting = wanted == live.painting, wanted
        if wanted == armature.facewright.look or not is_calm:
            return {"CANCELLED"}
        paint(live, armature, wanted)
        return {"FINISHED"}


class FACEWRIGHT_OT_paint(Operator):
    """Paint the head"""

    bl_idname = "facewright.paint"
    bl_label = "Paint Now"
    bl_description = "Paint colours, skin and styles of this head anew; that happens by itself after a change too"

    @classmethod
    def poll(cls, context):
        """Return whether a head is active and the backend can paint."""
        return common.needs_whole_head(cls, context) and common.needs_backend(cls)

    def execute(self, context):
        """Ask for the meshes and pictures."""
        armature = head.active_head(context)
        paint(session.current(), armature, conversion.look_text(armature))
        return {"FINISHED"}


class FACEWRIGHT_OT_drop_photo_skin(Operator):
    """Take the photo's skin off"""

    bl_idname = "facewright.drop_photo_skin"
    bl_label = "Remove Photo Skin"
    bl_description = "Use the painted skin alone; the history keeps the photo's skin"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        """Return whether the head has one."""
        return common.needs_whole_head(cls, context) and common.needs(
            cls, head.active_head(context).facewright.paint.photo_skin, "The head has no skin of a photo"
        )

    def execute(self, context):
        """Take it off."""
        head.active_head(context).facewright.paint.photo_skin = ""
        return {"FINISHED"}


def paint(live, armature, wanted):
    """Ask for the head's meshes and pictures and put them on; undo is that of the change that led to it.

    The look is marked as shown even where the backend refuses it, so that it is not asked for again and again.
    """
    uid = armature.session_uid

    def painted(response):
        target = find_head(uid)
        if target is None:
            return
        try:
            head.replace_look(target, {one.name: one.content for one in response.files})
        except ValueError as error:
            live.tell(str(error))
        target.facewright.look = wanted

    def refused(error):
        live.tell_error(error)
        target = find_head(uid)
        if target is not None and live.client is not None:
            target.facewright.look = wanted

    character = conversion.character_of(armature)
    live.later(live.client.export_later(character, rig_pb2.EXPORT_FORMAT_SCENE), painted, refused)


CLASSES = (FACEWRIGHT_OT_repaint, FACEWRIGHT_OT_paint, FACEWRIGHT_OT_drop_photo_skin)
"""In the order of registration."""
