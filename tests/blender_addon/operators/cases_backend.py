"""Cases with a backend: add, fit, undo, repaint, variants, live, loss; the timer's function is called in a loop."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import bpy
import numpy as np
from facewright.client.generated import fitting_pb2
from facewright.operators import conversion, shape
from facewright.scene import head, shape_keys
from runner import stage, wait_for

from facewright import session, shape_properties

STAGE = Path(stage)
QUICK_STEPS = 10
STEPS_BESIDE_THREADS = 40


def connect():
    """Press Start and wait until the light is green; returns the slowest tick in ms."""
    assert bpy.ops.facewright.start_backend() == {"FINISHED"}
    own = bpy.context.window_manager.facewright_backend
    slowest = wait_for(lambda: own.state in ("READY", "LOST"), "the backend")
    assert own.state == "READY", f"{own.message} {own.remedy}"
    return slowest


def scene_heads():
    """Return the heads of the scene."""
    return head.heads(bpy.context.scene)


def add(kind="NEUTRAL"):
    """Press Add and wait for the head."""
    count = len(scene_heads())
    assert bpy.ops.facewright.add_head(kind=kind) == {"FINISHED"}
    wait_for(lambda: len(scene_heads()) > count or session.current().notice, "the head")
    assert not session.current().notice, session.current().notice
    return head.active_head(bpy.context)


def start_fit(**options):
    """Choose the photo and press Fit."""
    own = bpy.context.scene.facewright
    if not len(own.photos):
        bpy.ops.facewright.add_photos(filepath=str(STAGE / "photo.png"))
    own.steps = QUICK_STEPS
    assert bpy.ops.facewright.fit(**options) == {"FINISHED"}
    return own.job


def fit(**options):
    """Fit and wait for the end; returns the job and the slowest tick in ms."""
    job = start_fit(**options)
    return job, wait_for(lambda: job.state not in ("QUEUED", "RUNNING"), "the end of the fit", 500)


def idle():
    """Wait until no answer is on its way."""
    wait_for(lambda: not session.current().calls, "the last answer", 60)


def worst_bone(armature):
    """Return how far the bones' channels are from those of EvaluateRig, at most."""
    character = conversion.character_of(armature, has_skin=False)
    answer = session.current().client.evaluate(character)
    worst = 0.0
    for one in answer.bones:
        bone = armature.pose.bones[one.bone]
        wanted = [*vector(one.location_m), *vector(one.rotation_rad), *vector(one.scale)]
        found = [*bone.location, *bone.rotation_euler, *bone.scale]
        worst = max(worst, float(np.abs(np.array(wanted) - found).max()))
    return worst


def materials(armature):
    """Return the names of the materials of a head's meshes, and how many there are at all."""
    names = [slot.material.name for made in shape_keys.head_meshes(armature) for slot in made.material_slots]
    return names, len(bpy.data.materials), len(bpy.data.images)


def glb_materials(path):
    """Return the alpha mode and whether there is a picture for each material of a GLB."""
    content = path.read_bytes()
    header = json.loads(content[20 : 20 + int.from_bytes(content[12:16], "little")])
    return [
        [one["name"].split(".")[0], one.get("alphaMode", "OPAQUE"), "baseColorTexture" in one["pbrMetallicRoughness"]]
        for one in header["materials"]
    ]


def vector(message):
    """Return the three numbers of a message."""
    return message.x, message.y, message.z


def case_start_and_fit(out):
    """Start our own backend, add a head, fit another, undo and redo."""
    connect()
    pid = session.current().process.pid
    neutral = add()
    before = worst_bone(neutral)
    job, slowest = fit()
    names = [one.name for one in scene_heads()]
    fitted = head.active_head(bpy.context)
    said = {
        "state": [job.state, job.message],
        "names": names,
        "neutral_bones": before,
        "fitted_bones": worst_bone(fitted),
        "moved": max(abs(v - shape_properties.read_values(neutral)[n])
                     for n, v in shape_properties.read_values(fitted).items()),
        "has_photo_skin": bool(fitted.facewright.paint.photo_skin),
        "history": [one.label for one in fitted.facewright.history],
        "slowest_ms": slowest,
    }  # fmt: skip
    bpy.ops.ed.undo()
    said["after_undo"] = [one.name for one in scene_heads()]
    bpy.ops.ed.redo()
    said["after_redo"] = [one.name for one in scene_heads()]
    own_materials = materials(head.active_head(bpy.context))
    bpy.ops.facewright.export(filepath=str(out / "head.glb"))
    said["materials_stay"] = materials(head.active_head(bpy.context)) == own_materials
    said["glb_materials"] = sorted(glb_materials(out / "head.glb"))
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "saved.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(out / "saved.blend"))
    fitted = bpy.data.objects[names[-1]]
    said["after_load"] = [worst_bone(fitted), session.current().state, fitted.facewright.paint.photo_skin != ""]
    bpy.ops.facewright.stop_backend()
    session.current().watch()
    wait_for(lambda: not session.current()._leaving, "the end of the backend", 30)
    said["is_gone"] = not Path(f"/proc/{pid}").exists() if os.name == "posix" else True
    return said


def case_fit_onto_selected(out):
    """Fit onto a head, go back in its history, then change a colour and wait for the paint."""
    connect()
    armature = add()
    name, values = armature.name, shape_properties.read_values(armature)
    job, _ = fit(onto_selected=True)
    said = {"state": [job.state, job.message], "heads": len(scene_heads())}
    armature = bpy.data.objects[name]
    fitted = shape_properties.read_values(armature)
    said["moved"] = max(abs(fitted[one] - value) for one, value in values.items())
    bpy.ops.facewright.history(step=-1)
    said["back"] = max(abs(shape_properties.read_values(armature)[one] - value) for one, value in values.items())
    bpy.ops.facewright.history(step=1)
    said["forth"] = max(abs(shape_properties.read_values(armature)[one] - value) for one, value in fitted.items())
    wait_for(lambda: armature.facewright.look == conversion.look_text(armature), "the paint of the history", 60)
    armature.facewright.paint.hair = (0.8, 0.1, 0.1)
    shape_properties.write_styles(armature, {"glasses": "round"})
    wait_for(lambda: armature.facewright.look == conversion.look_text(armature), "the paint", 60)
    said["meshes"] = sorted(one.name for one in shape_keys.head_meshes(armature))
    return said


def case_shape(out):
    """Random shapes with locks, variants, preset, mix, lock and reset of a region."""
    connect()
    armature = add("RANDOM")
    rig = shape_properties.rig_of(armature)
    group = rig.groups[-1]
    start = shape_properties.read_values(armature)
    bpy.ops.facewright.lock_region(group=group)
    inside = {one.name for one in rig.parameters if one.group == group}
    bpy.ops.facewright.random_shape(seed=5)
    wait_for(lambda: shape_properties.read_values(armature) != start, "the random shape", 60)
    random_values = shape_properties.read_values(armature)
    said = {"locked_moved": max(abs(random_values[one] - start[one]) for one in inside)}
    said["free_moved"] = max(abs(random_values[one] - start[one]) for one in start)
    bpy.ops.facewright.variants()
    idle()
    said["variants"] = len(session.current().variants.values)
    from fake_layout import draw_all

    from facewright import icons

    said["icons"] = sum(f"variant {index}" in icons.SHELF.versions for index in range(9))
    said["drawn_sliders"] = len(draw_all()["FACEWRIGHT_PT_shape"]) - len(draw_all(False)["FACEWRIGHT_PT_shape"])
    said["parameters"] = len(rig.parameters)
    bpy.context.scene.facewright.search = "nose"
    said["found_sliders"] = len(draw_all(False)["FACEWRIGHT_PT_shape"])
    bpy.ops.facewright.pick_variant(index=4)
    picked = session.current().variants.values[4]
    said["picked"] = max(abs(shape_properties.read_values(armature)[one] - value) for one, value in picked.items())
    bpy.ops.facewright.save_preset(name="Kept")
    idle()
    said["presets"] = [one.name for one in bpy.context.window_manager.facewright_presets]
    said["preset_icon"] = "preset Kept" in icons.SHELF.versions
    bpy.ops.facewright.reset_shape()
    bpy.ops.facewright.apply_preset(name="Kept")
    said["preset"] = max(abs(shape_properties.read_values(armature)[one] - value) for one, value in picked.items())
    bpy.ops.facewright.delete_preset(name="Kept")
    said["presets_left"] = len(bpy.context.window_manager.facewright_presets)
    other = add()
    bpy.ops.facewright.select_head(name=armature.name)
    bpy.context.scene.facewright.mix_with, bpy.context.scene.facewright.mix_share = other, 1.0
    bpy.ops.facewright.mix()
    neutral = shape_properties.read_values(other)
    mixed = shape_properties.read_values(armature)
    said["mixed"] = max(abs(mixed[one] - neutral[one]) for one in mixed if one not in inside)
    shape_properties.write_values(armature, start)
    for form, suffix in (("GLB", "glb"), ("FBX", "fbx")):
        bpy.context.scene.facewright.export.form = form
        path = out / f"head.{suffix}"
        bpy.ops.facewright.select_head(name=armature.name)
        bpy.ops.facewright.export(filepath=str(path))
        said[suffix] = path.stat().st_size
        before = set(bpy.data.objects)
        importer = bpy.ops.import_scene.gltf if form == "GLB" else bpy.ops.import_scene.fbx
        importer(filepath=str(path))
        said[f"{suffix}_mm"] = difference_mm(armature, [one for one in bpy.data.objects if one not in before])
    said["notice"] = session.current().notice
    return said


def difference_mm(armature, imported):
    """Return how far the points of an imported head lie from the nearest ones of the head itself, at most."""
    from mathutils.kdtree import KDTree

    own = evaluated(shape_keys.head_meshes(armature)[0])
    made = next(one for one in imported if one.type == "MESH" and "head_mesh" in one.name)
    tree = KDTree(len(own))
    for number, point in enumerate(own):
        tree.insert(point, number)
    tree.balance()
    return 1000 * max(tree.find(point)[2] for point in evaluated(made)[::7])


def evaluated(made):
    """Return the points of a mesh object in the world as Blender shows it."""
    shown = made.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return [made.matrix_world @ one.co for one in shown.data.vertices]


def case_delete_during_fit(out):
    """Delete the head that a fit is for, while it runs."""
    connect()
    armature = add()
    job = start_fit(onto_selected=True)
    wait_for(lambda: job.state == "RUNNING", "the work")
    bpy.data.objects.remove(armature)
    wait_for(lambda: job.state not in ("QUEUED", "RUNNING"), "the end of the fit", 500)
    return {"state": job.state, "message": job.message, "heads": len(scene_heads())}


def case_cancel(out):
    """Cancel a fit."""
    connect()
    job = start_fit()
    wait_for(lambda: job.state == "RUNNING", "the work")
    bpy.ops.facewright.cancel_fit()
    state = job.state
    idle()
    return {"state": state, "message": job.message, "heads": len(scene_heads())}


def state_there(job_id):
    """Return how the backend says that a fit is."""
    return session.current().client.get_fit(job_id).state


def case_open_while_fitting(out):
    """Open another file while a fit runs, then while it is being begun: it ends, there too, and no head comes."""
    connect()
    add()
    blend = str(out / "one.blend")
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    job = start_fit()
    wait_for(lambda: job.state == "RUNNING", "the work")
    job_id = session.current().fit.job_id
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "busy.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(out / "busy.blend"))
    job = bpy.context.scene.facewright.job
    said = {"after_load": [job.state, session.current().fit is None, bpy.ops.facewright.cancel_fit.poll()]}
    cancelled = fitting_pb2.FIT_STATE_CANCELLED
    wait_for(lambda: state_there(job_id) == cancelled, "the end of the work there", 30)
    job = start_fit()
    begun = session.current().calls[0].pending.result()  # the answer is there, the timer has not looked
    bpy.ops.wm.open_mainfile(filepath=blend)
    wait_for(lambda: state_there(begun.job_id) == cancelled, "the end of the second there", 30)
    idle()
    said["heads"] = len(scene_heads())
    said["state"] = bpy.context.scene.facewright.job.state
    job, _ = fit()
    said["again"] = [job.state, len(scene_heads())]
    return said


def case_killed(out):
    """Kill our own backend in the middle of a fit."""
    connect()
    armature = add()
    name, values = armature.name, shape_properties.read_values(armature)
    job = start_fit()
    wait_for(lambda: job.state == "RUNNING", "the work")
    os.kill(session.current().process.pid, signal.SIGKILL)
    own = bpy.context.window_manager.facewright_backend
    wait_for(lambda: own.state == "LOST" and job.state != "RUNNING", "the loss", 30)
    wait_for(lambda: not session.current().calls, "the rest", 30)
    armature = bpy.data.objects[name]
    said = {"message": own.message, "remedy": own.remedy, "job": [job.state, job.message, job.remedy]}
    said["unharmed"] = shape_properties.read_values(armature) == values and len(scene_heads()) == 1
    shape_properties.write_values(armature, {next(iter(values)): 0.3})
    said["can_start_again"] = bpy.ops.facewright.start_backend.poll()
    return said


def case_busy_threads(out):
    """What the timer does with Blender's operators, while other threads use Python as much as they can."""
    connect()
    armature = add()
    values, is_over = shape_properties.read_values(armature), threading.Event()
    for _ in range(2):
        threading.Thread(target=use_python, args=(is_over,), daemon=True).start()
    for _ in range(STEPS_BESIDE_THREADS):
        shape.apply_values(armature, values, "Random")
    add("RANDOM")
    is_over.set()
    return {"heads": len(scene_heads())}


def use_python(is_over):
    """Make and forget objects, as threads of gRPC do whenever an answer comes."""
    while not is_over.is_set():
        [str(number) for number in range(50)]
        time.sleep(0.0005)


def case_batch(out):
    """Make heads of a folder with a photo and a file that is none."""
    connect()
    folder = out / "photos"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"no picture")
    (folder / "b.png").write_bytes((STAGE / "photo.png").read_bytes())
    scene = bpy.context.scene.facewright
    scene.steps, scene.batch.folder, scene.batch.spacing_m = QUICK_STEPS, str(folder), 0.7
    bpy.ops.facewright.batch()
    wait_for(lambda: session.current().batch is None and session.current().fit is None, "the batch", 500)
    made = scene_heads()
    return {
        "names": [one.name for one in made],
        "x": [round(one.location.x, 3) for one in made],
        "failures": scene.batch.failures,
        "done": scene.batch.done,
    }
