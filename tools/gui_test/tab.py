"""The extension's tab as the sessions of the window test use it: what it says, and how to open it and its panels."""

import bpy
import hand

PACKAGE = "bl_ext.user_default.facewright"
START_S, FIT_S, LIVE_S = 180, 400, 60

PANELS = ("Backend", "Character", "From Photo", "Shape", "Styles and Colours", "Live", "Export", "Batch")
TOP_PX, HEADER_PX, HEADER_X_PX = 16, 28, 60
"""Middle of the first panel's header below the edge of the sidebar, its height while it is closed, a place on it."""

CHILD_PX = 30
"""From a button to the header of a panel within its panel that follows it."""


def backend():
    """Return how the connection fares."""
    return bpy.context.window_manager.facewright_backend


def settings():
    """Return what the panels are set to."""
    return bpy.context.scene.facewright


def heads():
    """Return the heads of the scene."""
    return [made for made in bpy.context.scene.objects if made.type == "ARMATURE" and made.facewright.rig_id]


def bones(head):
    """Return where the bones are, as numbers to compare."""
    return [round(value, 6) for bone in head.pose.bones for row in bone.matrix_basis for value in row]


def keys_of(head):
    """Return the blocks of shape keys of a head's meshes."""
    meshes = (made for made in head.children if made.type == "MESH" and made.data.shape_keys)
    return [made.data.shape_keys for made in meshes]


def weights():
    """Return the weights of the first head's expressions."""
    return [key.value for block in keys_of(heads()[0]) for key in block.key_blocks[1:]]


def open_tab():
    """Open the sidebar and its tab."""
    hand.area().spaces.active.show_region_ui = True
    yield 1.0
    hand.sidebar().active_panel_category = "Facewright"
    yield 1.0


def press_start(command):
    """Click Start of the panel Backend; the command is where it finds the backend."""
    bpy.context.preferences.addons[PACKAGE].preferences.command = command
    place = yield from hand.find("facewright.start_backend", across=0.25)
    yield from hand.click(*place)


def wait_until_ready():
    """Wait until the light is green."""
    yield from hand.wait_for("the backend is ready", lambda: backend().state == "READY", START_S)
    yield hand.REDRAW_S


def open_alone(name):
    """Open one panel and close all others, with clicks on their headers.

    A click with Ctrl opens a panel and closes the others; then a plain one closes it too, and all headers stand at
    known places.
    """
    yield from hand.scroll(-60)
    yield from hand.click(*_header(0), ctrl=True)
    yield from hand.scroll(-60)
    yield from hand.click(*_header(0))
    yield from hand.click(*_header(PANELS.index(name)))


def _header(index):
    region = hand.sidebar()
    return region.x + HEADER_X_PX, region.y + region.height - TOP_PX - index * HEADER_PX


def open_child(last_button):
    """Open the closed panel that stands below a button within the same panel."""
    x, y = yield from hand.find(last_button)
    yield from hand.click(hand.sidebar().x + HEADER_X_PX, y - CHILD_PX)
