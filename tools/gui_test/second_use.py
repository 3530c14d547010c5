"""Works on with a saved head: variants, presets, history, recording, export, many photos; `window.py` starts it.

blender head.blend --python second_use.py -- OUT CLIP PHOTOS BACKEND
"""

import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import hand  # noqa: E402  (Blender does not look for modules beside a script)
import tab  # noqa: E402

OUT, CLIP, PHOTOS, BACKEND = sys.argv[sys.argv.index("--") + 1 :]
DRAW_S, RECORD_S, WRITE_S, BATCH_S = 120, 60, 120, 600
VARIANTS, LEAST_KEYS = 9, 10
BACK, FORWARD, LEFT, RIGHT = 0.07, 0.165, 0.25, 0.75
"""Where in the sidebar's width the arrows of the history stand, and the halves of a row."""

SIGNATURES = {"GLB": b"glTF", "FBX": b"Kaydara FBX Binary"}
LEAST_FILE_BYTES = 1_000_000


def head():
    """Return the head that everything is done with."""
    return tab.heads()[0]


def expect(holds, what):
    """Fail unless something holds."""
    if not holds:
        raise hand.Unexpected(what)
    hand.say(what)


def start_backend():
    """Open the tab, start the backend, see the lamp."""
    yield from tab.open_tab()
    yield from tab.open_alone("Backend")
    yield from tab.press_start(BACKEND)
    hand.take_picture(OUT, "20-lamp-amber")
    yield from tab.wait_until_ready()
    hand.take_picture(OUT, "21-lamp-green")
    bpy.ops.facewright.rest()


def pick_variant():
    """Draw nine variants and take the fifth."""
    icons = sys.modules[f"{tab.PACKAGE}.icons"]
    yield from tab.open_alone("Shape")
    hand.take_picture(OUT, "22-shape")
    place = yield from hand.find("facewright.variants", across=0.8)
    yield from hand.click(*place)
    wanted = [f"variant {index}" for index in range(VARIANTS)]
    yield from hand.wait_for("nine variants are drawn", lambda: all(map(icons.icon, wanted)), DRAW_S)
    yield 2.0
    hand.take_picture(OUT, "23-variants")
    before = tab.bones(head())
    place = yield from hand.find("pick_variant(index=4)")
    yield from hand.click(*place)
    expect(tab.bones(head()) != before, "a variant gives the head another shape")
    hand.take_picture(OUT, "24-variant-taken")


def go_back_and_forth():
    """Click the arrows of the history."""
    newest = tab.bones(head())
    place = yield from hand.find("facewright.history(step=-1)", across=BACK)
    yield from hand.click(*place)
    before = tab.bones(head())
    expect(before != newest, "Back brings another face")
    hand.take_picture(OUT, "25-back")
    place = yield from hand.find("facewright.history(step=1)", across=FORWARD)
    yield from hand.click(*place)
    expect(tab.bones(head()) == newest, "Forward brings the newest face again")
    hand.take_picture(OUT, "26-forward")


def keep_preset():
    """Keep the head as a preset, go back to the face before, take the preset."""
    icons, kept = sys.modules[f"{tab.PACKAGE}.icons"], tab.bones(head())
    yield from tab.open_alone("Character")
    yield from tab.open_child("shading.type")
    place = yield from hand.find("facewright.save_preset")
    yield from hand.click(*place)
    hand.take_picture(OUT, "27-preset-name")
    yield from hand.press("RET", *place)
    key = f"preset {head().name}"
    yield from hand.wait_for("the preset has a picture", lambda: icons.icon(key), DRAW_S)
    yield 1.0
    bpy.ops.facewright.history(step=-1)
    expect(tab.bones(head()) != kept, "the face is another one")
    place = yield from hand.find("facewright.apply_preset")
    yield from hand.click(*place)
    expect(tab.bones(head()) == kept, "the preset brings the face again")
    hand.take_picture(OUT, "28-preset")


def record():
    """Record the clip to keyframes."""
    live = tab.settings().live
    live.source, live.video_path, live.record, live.loop = "VIDEO", CLIP, True, False
    yield from tab.open_alone("Live")
    hand.take_picture(OUT, "29-record")
    place = yield from hand.find("facewright.start_live")
    yield from hand.click(*place)
    yield from hand.wait_for("the face moves", lambda: max(tab.weights(), default=0) > 0.2, tab.LIVE_S)
    hand.take_picture(OUT, "30-recording")
    yield from hand.wait_for("the clip has ended", lambda: not live.is_running, RECORD_S)
    actions = [block.animation_data.action for block in tab.keys_of(head()) if block.animation_data]
    curves = [curve for action in actions if action for curve in action.fcurves]
    most = max((len(curve.keyframe_points) for curve in curves), default=0)
    expect(most >= LEAST_KEYS, f"{len(curves)} expressions have up to {most} keyframes")
    bpy.context.scene.frame_set(bpy.context.scene.frame_start + 20)
    yield 2.0
    hand.take_picture(OUT, "31-keyframes")


def export():
    """Export as glTF and as FBX, through Blender's file browser."""
    bpy.context.preferences.view.filebrowser_display_type = "SCREEN"
    for number, form in ((32, "GLB"), (34, "FBX")):
        tab.settings().export.form = form
        yield from tab.open_alone("Export")
        hand.take_picture(OUT, f"{number}-export-{form.lower()}")
        place = yield from hand.find("ops.facewright.export(")
        yield from hand.click(*place)
        yield from hand.wait_for("the file browser is open", lambda: hand.area("FILE_BROWSER"), 20)
        browser = hand.area("FILE_BROWSER")
        browser.spaces.active.params.directory = os.fsencode(OUT)
        yield 2.0
        hand.take_picture(OUT, f"{number + 1}-file-browser")
        path = Path(OUT) / browser.spaces.active.params.filename
        yield from hand.press("RET", browser.x + browser.width // 2, browser.y + browser.height // 2)
        yield from hand.wait_for(f"{form} is written", path.is_file, WRITE_S)
        yield 1.0
        content = path.read_bytes()
        expect(content.startswith(SIGNATURES[form]), f"{path.name} is a file of that kind")
        expect(len(content) >= LEAST_FILE_BYTES, f"{path.name} has {len(content) / 1e6:.1f} MB")


def make_many():
    """Make a head of each photo of a folder."""
    batch, count = tab.settings().batch, len(tab.heads())
    batch.folder, batch.columns = PHOTOS, 2
    bpy.context.scene.cursor.location = (0.5, 0.0, 0.0)
    yield from tab.open_alone("Batch")
    hand.take_picture(OUT, "36-batch")
    place = yield from hand.find("ops.facewright.batch(")
    yield from hand.click(*place)
    yield from hand.wait_for("the first of them is done", lambda: batch.done == 1, BATCH_S)
    yield hand.REDRAW_S
    hand.take_picture(OUT, "37-batch-runs")
    yield from hand.wait_for("the batch has ended", lambda: batch.total and not batch.is_running, BATCH_S)
    yield 2.0
    expect(len(tab.heads()) == count + len(list(Path(PHOTOS).iterdir())), "there is a head for each photo")
    expect(not batch.failures, "none failed")
    bpy.ops.object.select_all(action="SELECT")
    hand.show_view()
    yield 3.0
    hand.take_picture(OUT, "38-heads")


def lose_backend():
    """Take a backend that ends at once: the lamp becomes red, the panel says why, the button says Restart."""
    place = yield from _open_backend_and_find("facewright.stop_backend", LEFT)
    yield from hand.click(*place)
    yield from tab.press_start("/bin/false")
    yield from hand.wait_for("the backend is lost", lambda: tab.backend().state == "LOST", 60)
    hand.move(hand.sidebar().x - 200, hand.sidebar().y + 200)
    yield hand.REDRAW_S
    hand.take_picture(OUT, "39-lamp-red")
    expect(bpy.ops.facewright.start_backend.poll(), "Restart can be clicked")


def _open_backend_and_find(text, across):
    yield from tab.open_alone("Backend")
    place = yield from hand.find(text, across=across)
    return place


def steps():
    """Do everything in the order of the panels."""
    yield 2.0
    hand.show_view()
    parts = (start_backend, pick_variant, go_back_and_forth, keep_preset, record, export, make_many, lose_backend)
    for part in parts:
        yield from part()


hand.run(steps(), OUT)
