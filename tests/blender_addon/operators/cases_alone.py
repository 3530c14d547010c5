"""Cases without a backend."""

import importlib

import bpy
import cases_backend

from facewright import shape_properties


def case_twice(out):
    """Take the extension out and in again, and say what is left over."""
    package = importlib.import_module("facewright")
    before = state()
    package.unregister()
    without = state()
    package.register()
    package.unregister()
    package.register()
    return {"before": before, "without": without, "after": state()}


def case_twice_with_head(out):
    """Do the same with a head in the scene and pictures for the panels: its sliders go and come back as they were."""
    package = importlib.import_module("facewright")
    cases_backend.connect()
    armature = cases_backend.add("RANDOM")
    bpy.ops.facewright.add_photos(filepath=str(cases_backend.STAGE / "photo.png"))
    before, values = state(), shape_properties.read_values(armature)
    package.unregister()
    without = state()
    session_is_gone = importlib.import_module("facewright.session").HOLDER.session is None
    package.register()
    importlib.import_module("facewright.registration").begin()
    return {
        "before": before,
        "without": without,
        "session_is_gone": session_is_gone,
        "after": state(),
        "kept": shape_properties.read_values(armature) == values,
    }


def state():
    """Return what the extension has in Blender."""
    handlers = [
        one.__name__
        for name in dir(bpy.app.handlers)
        if isinstance(getattr(bpy.app.handlers, name), list)
        for one in getattr(bpy.app.handlers, name)
        if one.__module__.startswith("facewright")
    ]
    tick, icons, registration = (
        importlib.import_module(f"facewright.{name}") for name in ("tick", "icons", "registration")
    )
    return {
        "classes": sorted(one for one in dir(bpy.types) if one.startswith("FACEWRIGHT_")),
        "groups": sorted(
            name
            for name in {one.__name__ for one in bpy.types.PropertyGroup.__subclasses__()}
            if name.startswith("FACEWRIGHT_") and bpy.types.PropertyGroup.bl_rna_get_subclass_py(name)
        ),
        "operators": sorted(dir(bpy.ops.facewright)),
        "properties": [
            hasattr(bpy.types.Scene, "facewright"),
            hasattr(bpy.types.WindowManager, "facewright_backend"),
            hasattr(bpy.types.WindowManager, "facewright_presets"),
        ],
        "object_properties": sorted(name for name in dir(bpy.types.Object) if name.startswith("facewright")),
        "pictures": icons.SHELF.pictures is not None,
        "begin": bpy.app.timers.is_registered(registration.begin),
        "handlers": sorted(handlers),
        "timer": bpy.app.timers.is_registered(tick.tick),
    }


def case_texts(out):
    """Name operators and properties without a tooltip, and panels in their order."""
    registration = importlib.import_module("facewright.registration")
    bare, panels = [], []
    for one in registration.CLASSES:
        if issubclass(one, bpy.types.Operator) and not one.bl_description:
            bare.append(one.__name__)
        if issubclass(one, bpy.types.Panel) and not hasattr(one, "bl_parent_id"):
            panels.append(one.bl_label)
    tick = importlib.import_module("facewright.tick")
    return {"bare": bare, "panels": panels, "wait": tick.tick()}


def case_grey(out):
    """Try every button in an empty scene and say why it is grey."""
    said = {}
    for name in ("add_head", "fit", "random_shape", "export", "start_live", "batch", "history", "stop_backend"):
        try:
            getattr(bpy.ops.facewright, name)()
        except RuntimeError as error:
            said[name] = str(error)
    return said


def case_no_backend(out):
    """Start a command that ends at once and say what the panel shows."""
    from runner import wait_for

    from facewright import preferences

    preferences.get().command = "/bin/false"
    bpy.ops.facewright.start_backend()
    own = bpy.context.window_manager.facewright_backend
    wait_for(lambda: own.state == "LOST", "the loss", 20)
    return {"message": own.message, "remedy": own.remedy, "objects": len(bpy.data.objects)}


def case_draw(out):
    """Draw all panels in an empty scene and in each state of backend, fit and live session."""
    from fake_layout import draw_all

    own, scene = bpy.context.window_manager.facewright_backend, bpy.context.scene.facewright
    empty = draw_all()
    scene.photos.add().path = "face.png"
    for state in ("OFF", "STARTING", "LOADING", "READY", "LOST"):
        own.state, own.message, own.remedy, own.notice = state, "a long message " * 9, "do this", "oh"
        for job in ("NONE", "QUEUED", "RUNNING", "DONE", "FAILED", "CANCELLED"):
            scene.job.state, scene.job.message = job, "a reason"
            scene.live.is_running = scene.batch.is_running = job == "RUNNING"
            scene.batch.failures = "a.png: no face"
            draw_all()
    return {"empty": empty}
