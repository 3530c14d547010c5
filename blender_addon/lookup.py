"""Finds heads at the moment when they are needed: what was there a tick ago may be gone."""

import bpy


def find_head(uid, name=""):
    """Return the head of a session-wide id, None when it was deleted; the name makes it faster."""
    named = bpy.data.objects.get(name) if name else None
    if named is not None and named.session_uid == uid and named.users_collection:
        return named
    return next((one for one in bpy.data.objects if one.session_uid == uid and one.users_collection), None)
