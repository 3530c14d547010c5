"""Runs in Blender: cases of turns, recordings, animated sliders, looks and links."""

import time

import bpy
import numpy as np
from facewright.scene import head, pose, recording, rig_data, shape_keys
from staging import OUT, PEOPLE, add, close, files, moved_mm, vertices

from facewright import shape_properties as sliders


def case_turn():
    """The head turns by a pose in camera axes; the shape neither turns it back nor moves when it is turned."""
    armature = add(values={})
    rest = vertices(armature)
    half = np.radians(30) / 2
    done = pose.turn_head(armature, (np.cos(half), 0.0, np.sin(half), 0.0))
    turned = vertices(armature)
    sliders.sliders_of(armature).nose_width = 0.001
    kept = vertices(armature)
    pose.turn_head(armature, (1.0, 0.0, 0.0, 0.0))
    nose = int(rest[:, 1].argmin())
    return {
        "done": done,
        "nose_m": [rest[nose].tolist(), turned[nose].tolist()],
        "pivot_m": list(armature.data.bones["head"].head_local),
        "kept_mm": moved_mm(turned, kept),
        "back_mm": moved_mm(rest, vertices(armature)),
    }


def case_recording():
    """A recording of a clock with jitter and a loop, at 23.976 frames a second, with an earlier take in the way."""
    armature, scene = add(values={}), bpy.context.scene
    scene.render.fps, scene.render.fps_base = 24, 1.001
    generator, taken = np.random.default_rng(1), recording.Recording(11)
    times_s = np.sort(np.arange(900) / 30 + generator.uniform(0, 0.01, 900))
    times_s -= times_s[0]
    for time_s in times_s:
        half = 0.2 * np.sin(time_s)
        taken.add(
            round(1e6 * time_s),
            {"jawOpen": 0.5 + 0.5 * np.sin(time_s), "purr": 1.0},
            (np.cos(half), np.sin(half), 0, 0),
        )
    ignored = taken.add(round(1e6 * times_s[-1]), {})
    earlier = recording.Recording(1)
    earlier.add(0, {"jawOpen": 1.0, "mouthFunnel": 1.0})
    earlier.add(50_000_000, {"jawOpen": 1.0, "mouthFunnel": 1.0})
    recording.write_recording(armature, earlier, scene)
    begun = time.perf_counter()
    first, last, missing = recording.write_recording(armature, taken, scene)
    taken_ms = 1000 * (time.perf_counter() - begun)
    seen = []
    for frame in (5, 11, 300, last, last + 5):
        scene.frame_set(frame)
        seen.append(shape_keys.read_expression(armature)["jawOpen"])
    scene.frame_set(300)
    head.replace_look(armature, files("long"))
    scene.frame_set(301)
    beard = next(made for made in armature.children if "beard" in made.name)
    looped = recording.Recording(1)
    for stamp in (0, 40_000, 80_000, 0, 40_000):
        looped.add(stamp, {"jawOpen": 0.0})
    return {
        "frames": [first, last],
        "missing": missing,
        "ignored": not ignored,
        "taken_ms": taken_ms,
        "seen": seen,
        "wanted": [1.0] + [0.5 + 0.5 * np.sin((frame - 11) * 1.001 / 24) for frame in (11, 300, last)] + [1.0],
        "angle": armature.pose.bones["head"].rotation_euler.to_quaternion().angle,
        "wanted_angle": 0.4 * abs(np.sin((301 - 11) * 1.001 / 24)),
        "beard": [beard.data.shape_keys.key_blocks["jawOpen"].value, 0.5 + 0.5 * np.sin(290 * 1.001 / 24)],
        "looped_s": looped.seconds().tolist(),
        "actions": sorted(action.name for action in bpy.data.actions),
    }


def case_recording_undo():
    """A recording is undone whole."""
    armature = add(values={})
    taken = recording.Recording(1)
    taken.add(0, {"jawOpen": 1.0}, (1, 0, 0, 0))
    taken.add(1_000_000, {"jawOpen": 0.0}, (1, 0, 0, 0))
    bpy.ops.ed.undo_push(message="before")
    recording.write_recording(armature, taken, bpy.context.scene)
    written = len(bpy.data.actions)
    bpy.ops.ed.undo_push(message="recording")
    bpy.ops.ed.undo()
    return {"written": written, "left": len(bpy.data.actions)}


def case_animated_sliders():
    """Keyframes on a slider move the bones on frame change, only for heads that have some."""
    armature, other = add(values={}), add("Ben", values={})
    group, rest = sliders.sliders_of(armature), vertices(armature)
    for frame, value in ((1, 0.0), (11, 3.0)):
        group.nose_width = value
        armature.keyframe_insert(f"{sliders.property_name(rig_data.rig_of(armature))}.nose_width", frame=frame)
    other.pose.bones["chin"].location.x = 0.5
    bpy.app.handlers.frame_change_post.append(sliders.on_frame_change)
    moved = []
    for frame in (1, 6, 11):
        bpy.context.scene.frame_set(frame)
        moved.append(moved_mm(rest, vertices(armature)))
    return {"moved_mm": moved, "other": other.pose.bones["chin"].location.x, "value": group.nose_width}


def case_look():
    """Another look keeps armature, shape, expression; old meshes, materials and pictures are gone."""
    armature = add(values=PEOPLE[1])
    shape_keys.set_expression(armature, {"jawOpen": 0.7})
    mesh, before = shape_keys.head_meshes(armature)[0].data, vertices(armature)
    counts = [len(bpy.data.objects), len(bpy.data.meshes)]
    head.replace_look(armature, files("long"))
    worn = sorted(made[head.PART] for made in armature.children)
    materials = [slot.material.name for slot in shape_keys.head_meshes(armature)[0].material_slots]
    unused = [
        one.name for kind in (bpy.data.materials, bpy.data.images, bpy.data.meshes) for one in kind if not one.users
    ]
    head.replace_look(armature, files("short"))
    again = [len(bpy.data.objects), len(bpy.data.meshes)]
    try:
        head.replace_look(armature, {})
    except ValueError as error:
        refused = str(error)
    return {
        "worn": worn,
        "same_mesh": shape_keys.head_meshes(armature)[0].data == mesh,
        "apart_mm": moved_mm(before, vertices(armature)),
        "jaw": [made.data.shape_keys.key_blocks["jawOpen"].value for made in armature.children if made.data.shape_keys],
        "materials": materials,
        "unused": unused,
        "counts": [counts, again],
        "refused": refused,
        "textured": all(
            node.image.has_data or len(node.image.pixels)
            for one in bpy.data.materials
            for node in one.node_tree.nodes
            if node.type == "TEX_IMAGE"
        ),
    }


def case_linked():
    """Linked and overridden heads raise nothing; an overridden one can be shaped."""
    add(values=PEOPLE[0])
    path = str(OUT / "library.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.collections = ["Anna"]
    collection = wanted.collections[0]
    bpy.context.scene.collection.children.link(collection)
    sliders.on_load()
    linked = next(made for made in collection.objects if made.type == "ARMATURE")
    sliders.write_values(linked, PEOPLE[1])
    pose.turn_head(linked, (1, 0.1, 0, 0))
    shape_keys.set_expression(linked, {"jawOpen": 1.0})
    try:
        head.replace_look(linked, files("long"))
    except ValueError as error:
        refused = str(error)
    made = collection.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    local = next(one for one in made.all_objects if one.type == "ARMATURE")
    before = vertices(local)
    sliders.write_values(local, PEOPLE[2])
    return {
        "refused": refused,
        "is_override": local.override_library is not None,
        "moved_mm": moved_mm(before, vertices(local)),
        "kept": close(sliders.read_values(local), PEOPLE[2]),
        "missing": shape_keys.set_expression(local, {"jawOpen": 1.0}),
    }
