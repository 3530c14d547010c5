"""Uses the extension for the first time: start, photo, fit, slider, live; `window.py` starts it in Blender.

blender --python first_use.py -- OUT PHOTO CLIP BACKEND SAVED
"""

import os
import sys

import bpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import hand  # noqa: E402  (Blender does not look for modules beside a script)
import tab  # noqa: E402

OUT, PHOTO, CLIP, BACKEND, SAVED = sys.argv[sys.argv.index("--") + 1 :]


def start_backend():
    """Open the tab, click Start and wait until the light is green."""
    yield from tab.open_tab()
    hand.take_picture(OUT, "01-tab")
    yield from tab.press_start(BACKEND)
    hand.take_picture(OUT, "02-starting")
    yield from tab.wait_until_ready()
    hand.take_picture(OUT, "03-ready")


def fit_photo():
    """Choose the photo, click Fit, and wait for the head."""
    bpy.ops.facewright.add_photos(filepath=PHOTO)
    yield hand.REDRAW_S
    hand.take_picture(OUT, "04-photo")
    place = yield from hand.find("facewright.fit")
    yield from hand.click(*place)
    yield from hand.wait_for("the fit runs", lambda: tab.settings().job.fraction > 0.3, tab.FIT_S)
    yield hand.REDRAW_S
    hand.take_picture(OUT, "05-fitting")
    yield from hand.wait_for("the head is there", lambda: tab.settings().job.state == "DONE" and tab.heads(), tab.FIT_S)
    hand.show_view()
    yield 5.0
    hand.take_picture(OUT, "06-head")


def move_slider():
    """Drag a slider and see that the bones follow."""
    before = tab.bones(tab.heads()[0])
    tab.settings().search = "nose"
    yield hand.REDRAW_S
    place = yield from hand.find("nose")
    yield from hand.drag(*place, 60)
    if tab.bones(tab.heads()[0]) == before:
        raise hand.Unexpected("the slider moved no bone")
    hand.take_picture(OUT, "07-slider")


def save():
    """Save the head for the other sessions, while the panels are open as Blender has opened them."""
    tab.settings().search = ""
    bpy.ops.wm.save_as_mainfile(filepath=SAVED)
    hand.say("saved")
    yield hand.REDRAW_S


def go_live():
    """Play the clip and see that the expressions follow."""
    live = tab.settings().live
    live.source, live.video_path = "VIDEO", CLIP
    yield from tab.open_alone("Live")
    hand.take_picture(OUT, "08-live-panel")
    place = yield from hand.find("facewright.start_live")
    yield from hand.click(*place)
    yield from hand.wait_for("the face moves", lambda: max(tab.weights(), default=0) > 0.2, tab.LIVE_S)
    for number in (9, 10):
        hand.take_picture(OUT, f"{number:02d}-live")
        yield 1.5
    hand.say(f"{tab.settings().live.frames_hz:.0f} expressions a second reach the head, in software drawing")
    place = yield from hand.find("facewright.stop_live")
    yield from hand.click(*place)
    yield from hand.wait_for("live has stopped", lambda: not tab.settings().live.is_running, tab.LIVE_S)


def steps():
    """Do everything in the order in which somebody meets it."""
    yield 1.0
    for name in ("Cube", "Light", "Camera"):
        bpy.data.objects.remove(bpy.data.objects[name])
    for part in (start_backend, fit_photo, move_slider, save, go_live):
        yield from part()


hand.run(steps(), OUT)
