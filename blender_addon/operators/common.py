"""What all operators need: why a button is grey, what a head lacks."""

from bpy.app.translations import pgettext_rpt as rpt_
from bpy.app.translations import pgettext_tip as tip_

from .. import session
from ..scene import head as heads_module

NO_BACKEND = "Start the backend first: panel Backend"
LINKED = "The head is linked from another file: make it local, or override it"
HALF_LINKED = "Only the shape is this file's own; for the rest make head and data local: Object, Relations, Make Local"
NO_HEAD = "Select a Facewright head, or add one: panel Character"


def needs_backend(operator):
    """Return whether the backend is ready; sets the operator's poll message when not."""
    if session.current().state == "READY":
        return True
    operator.poll_message_set(tip_(NO_BACKEND))
    return False


def needs_head(operator, context):
    """Return whether a head whose shape may be changed is active; sets the operator's poll message when not."""
    trouble = shape_trouble(heads_module.active_head(context))
    if trouble:
        operator.poll_message_set(tip_(trouble))
    return not trouble


def needs_whole_head(operator, context):
    """Return whether a head whose meshes may be changed too is active; sets the operator's poll message when not."""
    trouble = whole_trouble(heads_module.active_head(context))
    if trouble:
        operator.poll_message_set(tip_(trouble))
    return not trouble


def shape_trouble(armature):
    """Return why the shape of a head cannot be changed, "" when it can; those of library overrides can."""
    if armature is None:
        return NO_HEAD
    return "" if armature.is_editable else LINKED


def whole_trouble(armature):
    """Return why look, expression and history of a head cannot be changed, "" when they can."""
    return shape_trouble(armature) or ("" if heads_module.is_whole(armature) else HALF_LINKED)


def say_missing(operator, what, names):
    """Report names that the head lacks."""
    if names:
        shown = ", ".join(sorted(names)[:8]) + (" ..." if len(names) > 8 else "")
        operator.report({"WARNING"}, rpt_("The head has no {what} {names}").format(what=rpt_(what), names=shown))
