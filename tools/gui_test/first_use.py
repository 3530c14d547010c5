"""Uses the extension for the first time: start, photo, fit, slider, live; `window.py` starts it in Blender.

blender --python first_use.py -- OUT PHOTO CLIP BACKEND SAVED
"""

import os
import sys

import bpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import hand  # noqa: E402  (Blender does not look for modules beside a script)

OUT, PHOTO, CLIP, BACKEND, SAVED = sys.argv[sys.argv.index("--") + 1 :]
START_S, FIT_S, LIVE_S = 180, 400, 60
LIVE_BELOW_SEARCH_PX = 84
"""From the search field to the header of Live; a line of text and the header of Styles and Colours lie between."""

PACKAGE = "bl_ext.user_default.facewright"


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


def weights():
    """Return the weights of the expressions."""
    meshes = (made for made in heads()[0].children if made.type == "MESH" and made.data.shape_keys)
    return [key.value for made in meshes for key in made.data.shape_keys.key_blocks[1:]]


def open_tab():
    """Open the sidebar and its tab."""
    hand.area().spaces.active.show_region_ui = True
    yield 1.0
    hand.sidebar().active_panel_category = "Facewright"
    yield 1.0
    hand.take_picture(OUT, "01-tab")


def start_backend():
    """Click Start and wait until the light is green."""
    bpy.context.preferences.addons[PACKAGE].preferences.command = BACKEND
    place = yield from hand.find("facewright.start_backend")
    yield from hand.click(*place)
    hand.take_picture(OUT, "02-starting")
    yield from hand.wait_for("the backend is ready", lambda: backend().state == "READY", START_S)
    yield hand.REDRAW_S
    hand.take_picture(OUT, "03-ready")


def fit_photo():
    """Choose the photo, click Fit, and wait for the head."""
    bpy.ops.facewright.add_photos(filepath=PHOTO)
    yield hand.REDRAW_S
    hand.take_picture(OUT, "04-photo")
    place = yield from hand.find("facewright.fit")
    yield from hand.click(*place)
    yield from hand.wait_for("the fit runs", lambda: settings().job.fraction > 0.3, FIT_S)
    yield hand.REDRAW_S
    hand.take_picture(OUT, "05-fitting")
    yield from hand.wait_for("the head is there", lambda: settings().job.state == "DONE" and heads(), FIT_S)
    hand.show_view()
    yield 5.0
    hand.take_picture(OUT, "06-head")


def move_slider():
    """Drag a slider and see that the bones follow."""
    before = bones(heads()[0])
    settings().search = "nose"
    yield hand.REDRAW_S
    place = yield from hand.find("nose")
    yield from hand.drag(*place, 60)
    if bones(heads()[0]) == before:
        raise hand.Unexpected("the slider moved no bone")
    hand.take_picture(OUT, "07-slider")


def open_live_panel():
    """Click the header of the panel Live, which stands below the search field while that finds nothing."""
    settings().search = "nothing has this name"
    yield hand.REDRAW_S
    x, y = yield from hand.find("facewright.search")
    yield from hand.click(hand.sidebar().x + 60, y - LIVE_BELOW_SEARCH_PX)
    hand.take_picture(OUT, "08-live-panel")


def go_live():
    """Play the clip and see that the expressions follow."""
    settings().live.source, settings().live.video_path = "VIDEO", CLIP
    yield from open_live_panel()
    place = yield from hand.find("facewright.start_live")
    yield from hand.click(*place)
    yield from hand.wait_for("the face moves", lambda: max(weights(), default=0) > 0.2, LIVE_S)
    for number in (9, 10):
        hand.take_picture(OUT, f"{number:02d}-live")
        yield 1.5
    hand.say(f"{settings().live.frames_hz:.0f} expressions a second reach the head, in software drawing")
    place = yield from hand.find("facewright.stop_live")
    yield from hand.click(*place)
    yield from hand.wait_for("live has stopped", lambda: not settings().live.is_running, LIVE_S)


def steps():
    """Do everything in the order in which somebody meets it."""
    yield 1.0
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    for part in (open_tab, start_backend, fit_photo, move_slider, go_live):
        yield from part()
    bpy.ops.wm.save_as_mainfile(filepath=SAVED)
    hand.say("saved")


hand.run(steps(), OUT)
