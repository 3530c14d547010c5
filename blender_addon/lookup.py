"""Finds heads and windows at the moment when they are needed: what was there a tick ago may be gone."""

import bpy


def find_head(uid, name=""):
    """Return the head of a session-wide id, None when it was deleted; the name makes it faster."""
    named = bpy.data.objects.get(name) if name else None
    if named is not None and named.session_uid == uid and named.users_collection:
        return named
    return next((one for one in bpy.data.objects if one.session_uid == uid and one.users_collection), None)


def in_window(scene=None):
    """Return a context override for operators that the timer calls: it has no window, an undo step needs one."""
    windows = bpy.context.window_manager.windows
    window = next((one for one in windows if scene is None or one.scene == scene), windows[0] if windows else None)
    if window is None:
        return bpy.context.temp_override()
    if scene is None or window.scene == scene:
        return bpy.context.temp_override(window=window)
    return bpy.context.temp_override(window=window, scene=scene, view_layer=scene.view_layers[0])
