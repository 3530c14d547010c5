"""What all operators need: why a button is grey, what a head lacks."""

from .. import session
from ..scene import head as heads_module

NO_BACKEND = "Start the backend first: panel Backend"
NO_HEAD = "Select a Facewright head, or add one: panel Character"


def needs_backend(operator):
    """Return whether the backend is ready; sets the operator's poll message when not."""
    if session.current().state == "READY":
        return True
    operator.poll_message_set(NO_BACKEND)
    return False


def needs_head(operator, context):
    """Return whether a head that may be changed is active; sets the operator's poll message when not."""
    armature = heads_module.active_head(context)
    if armature is None:
        operator.poll_message_set(NO_HEAD)
        return False
    if not armature.is_editable or not armature.data.is_editable:
        operator.poll_message_set("The head is linked from another file: make it local, or override it")
        return False
    return True


def say_missing(operator, what, names):
    """Report names that the head lacks."""
    if names:
        shown = ", ".join(sorted(names)[:8])
        operator.report({"WARNING"}, f"The head has no {what} {shown}{' ...' if len(names) > 8 else ''}")
