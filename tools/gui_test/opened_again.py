"""Opens a saved head on a small screen, without a backend, moves a slider, speaks German; `window.py` starts it.

blender head.blend --python opened_again.py -- OUT
"""

import os
import sys

import bpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import hand  # noqa: E402  (Blender does not look for modules beside a script)
import tab  # noqa: E402

(OUT,) = sys.argv[sys.argv.index("--") + 1 :]
PAGES, TOOLTIP_S = 3, 3.0


def use_light_theme():
    """Take Blender's own light theme."""
    folder = bpy.utils.preset_paths("interface_theme")[0]
    theme = os.path.join(folder, "Blender_Light.xml")
    bpy.ops.script.execute_preset(filepath=theme, menu_idname="USERPREF_MT_interface_theme_presets")


def look_around():
    """Look at every part of the tab on a small screen, in the light theme."""
    use_light_theme()
    yield from tab.open_tab()
    yield 1.0
    yield from hand.scroll(-60)
    for page in range(PAGES):
        hand.take_picture(OUT, f"{40 + page}-small-screen")
        yield from hand.scroll(12)


def move_slider():
    """Drag a slider and see that the bones follow."""
    tab.settings().search = "chin"
    yield hand.REDRAW_S
    (head,) = tab.heads()
    before = tab.bones(head)
    place = yield from hand.find("chin")
    yield from hand.drag(*place, 40)
    hand.take_picture(OUT, "48-slider-without-backend")
    if before == tab.bones(head):
        raise hand.Unexpected("the slider moved no bone")


def speak_german():
    """Choose German and see that panels and the reason of a grey button are in it."""
    tab.settings().search = ""
    bpy.context.preferences.view.language = "de_DE"
    yield hand.REDRAW_S
    label = bpy.types.FACEWRIGHT_PT_shape.bl_label
    shown = bpy.app.translations.pgettext_iface(label)
    if shown == label:
        raise hand.Unexpected(f"the panel is called {shown} in German too")
    hand.say(f"the panel {label} is called {shown} in German")
    yield from tab.open_alone("From Photo")
    place = yield from hand.find("facewright.fit")
    hand.move(*place)
    yield TOOLTIP_S
    hand.take_picture(OUT, "49-german")


def steps():
    """Look, move, speak."""
    yield 2.0
    for part in (look_around, move_slider, speak_german):
        yield from part()


hand.run(steps(), OUT)
