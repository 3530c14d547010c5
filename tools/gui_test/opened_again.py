"""Opens a saved head on a small screen, without a backend, and moves a slider; `window.py` starts it in Blender.

blender head.blend --python opened_again.py -- OUT
"""

import os
import sys

import bpy

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import hand  # noqa: E402  (Blender does not look for modules beside a script)

(OUT,) = sys.argv[sys.argv.index("--") + 1 :]
PAGES = 4


def use_light_theme():
    """Take Blender's own light theme."""
    folder = bpy.utils.preset_paths("interface_theme")[0]
    theme = os.path.join(folder, "Blender_Light.xml")
    bpy.ops.script.execute_preset(filepath=theme, menu_idname="USERPREF_MT_interface_theme_presets")


def steps():
    """Look at every part of the tab on a small screen, in the light theme, then move a slider."""
    yield 2.0
    use_light_theme()
    hand.area().spaces.active.show_region_ui = True
    yield 1.0
    hand.sidebar().active_panel_category = "Facewright"
    yield 2.0
    for page in range(PAGES):
        hand.take_picture(OUT, f"{20 + page}-small-screen")
        yield from hand.scroll(12)
    bpy.context.scene.facewright.search = "chin"
    yield hand.REDRAW_S
    head = next(made for made in bpy.context.scene.objects if made.type == "ARMATURE" and made.facewright.rig_id)
    before = [tuple(bone.matrix_basis.translation) for bone in head.pose.bones]
    place = yield from hand.find("chin")
    yield from hand.drag(*place, 40)
    hand.take_picture(OUT, "29-slider-without-backend")
    if before == [tuple(bone.matrix_basis.translation) for bone in head.pose.bones]:
        raise hand.Unexpected("the slider moved no bone")


hand.run(steps(), OUT)
