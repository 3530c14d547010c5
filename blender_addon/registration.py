"""The one ordered list of classes, the properties of Blender's types, the handlers, the timer."""

import bpy
from bpy.app.handlers import persistent
from bpy.props import CollectionProperty, PointerProperty

from . import icons, operators, preferences, properties, session, shape_properties, tick, translations, ui
from .operators import presets

CLASSES = (*properties.CLASSES, *preferences.CLASSES, *operators.CLASSES, *ui.CLASSES)
"""In the order of registration."""

FIRST_TICK_S = 0.5


@persistent
def on_load_pre(*_):
    """Let go of what concerns the file that is left: a fit, a live session, answers on their way."""
    session.current().forget_work()


@persistent
def on_load_post(*_):
    """Make the sliders of the new file's heads; nothing of it is running."""
    shape_properties.on_load()
    for scene in bpy.data.scenes:
        scene.facewright.job.state, scene.facewright.live.is_running = "NONE", False
        scene.facewright.batch.is_running = False
    presets.read_list(bpy.context)


@persistent
def on_frame_change(scene, depsgraph=None):
    """Move the bones of heads whose sliders are animated."""
    shape_properties.on_frame_change(scene, depsgraph)


HANDLERS = (("load_pre", on_load_pre), ("load_post", on_load_post), ("frame_change_post", on_frame_change))


def register():
    """Add everything to Blender."""
    bpy.app.translations.register(__package__, translations.CATALOGUE)
    icons.draw_lamps()
    for one in CLASSES:
        bpy.utils.register_class(one)
    bpy.types.Scene.facewright = PointerProperty(type=properties.FACEWRIGHT_PG_scene)
    bpy.types.Object.facewright = PointerProperty(type=properties.FACEWRIGHT_PG_head, override={"LIBRARY_OVERRIDABLE"})
    bpy.types.WindowManager.facewright_backend = PointerProperty(type=properties.FACEWRIGHT_PG_backend)
    bpy.types.WindowManager.facewright_presets = CollectionProperty(type=properties.FACEWRIGHT_PG_preset)
    for name, function in HANDLERS:
        getattr(bpy.app.handlers, name).append(function)
    bpy.app.timers.register(begin, first_interval=0.0)
    bpy.app.timers.register(tick.tick, first_interval=FIRST_TICK_S, persistent=True)


def begin():
    """Read what is there; while an add-on is being registered Blender lets it read nothing. Runs once."""
    shape_properties.on_load()
    presets.read_list(bpy.context)


def unregister():
    """Take everything out of Blender again: live sessions end, our own backend is stopped."""
    for function in (begin, tick.tick):
        if bpy.app.timers.is_registered(function):
            bpy.app.timers.unregister(function)
    session.current().forget_work()
    session.close()
    icons.clear()
    for name, function in HANDLERS:
        getattr(bpy.app.handlers, name).remove(function)
    shape_properties.unregister_all()
    del bpy.types.WindowManager.facewright_presets
    del bpy.types.WindowManager.facewright_backend
    del bpy.types.Object.facewright
    del bpy.types.Scene.facewright
    for one in reversed(CLASSES):
        bpy.utils.unregister_class(one)
    bpy.app.translations.unregister(__package__)
