"""What all operators need: why a button is grey, what a head lacks."""

from bpy.app.translations import pgettext_rpt as rpt_
from bpy.app.translations import pgettext_tip as tip_

from .. import session
from ..scene import head as heads_module

SEEDS = 2**31
"""How many there are for the backend to draw a random person from."""

NO_BACKEND = "Start the backend first: panel Backend"
OTHER_FIT = "Another fit is running: wait for it, or cancel it"
LINKED = "The head is linked from another file: make it local, or override it"
HALF_LINKED = "Only the shape is this file's own; for the rest make head and data local: Object, Relations, Make Local"
NO_HEAD = "Select a Facewright head, or add one: panel Character"


def needs(operator, is_met, reason):
    """Return whether a condition is met; when not, the operator's button says the reason why it is grey."""
    if not is_met:
        operator.poll_message_set(tip_(reason))
    return bool(is_met)


def needs_backend(operator):
    """As `needs`, that the backend is ready."""
    return needs(operator, session.current().state == "READY", NO_BACKEND)


def needs_idle_backend(operator):
    """As `needs`, that the backend is ready and fits nothing for us."""
    is_idle = session.current().fit is None and session.current().batch is None
    return needs_backend(operator) and needs(operator, is_idle, OTHER_FIT)


def needs_head(operator, context):
    """As `needs`, that a head is active whose shape may be changed."""
    trouble = shape_trouble(heads_module.active_head(context))
    return needs(operator, not trouble, trouble)


def needs_whole_head(operator, context):
    """As `needs`, that a head is active whose meshes may be changed too."""
    trouble = whole_trouble(heads_module.active_head(context))
    return needs(operator, not trouble, trouble)


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
