"""Runs in Blender: cases of sliders, bones and what heads survive."""

import time
from pathlib import Path

import bpy
import numpy as np
from facewright.scene import head, pose, rig_data, shape_keys
from staging import OUT, PEOPLE, RIG, add, close, files, moved_mm, vertices

from facewright import shape_properties as sliders


def case_shape():
    """Shape and expression of several people: vertices to compare, and how long it took."""
    armature = add()
    names = rig_data.rig_of(armature).blendshapes
    generator, found, expressions = np.random.default_rng(4), [], []
    for values in PEOPLE:
        weights = generator.uniform(0, 1, len(names)) * (generator.uniform(0, 1, len(names)) < 0.25)
        missing = sliders.write_values(armature, values)
        missing += shape_keys.set_expression(armature, dict(zip(names, weights.tolist(), strict=True)))
        found.append(vertices(armature))
        expressions.append(weights)
    np.savez(OUT / "found.npz", vertices=np.stack(found), expressions=np.stack(expressions))
    taken_ms = {"pose": [], "keys": [], "update": []}
    for number in range(30):
        times = [time.perf_counter()]
        pose.apply_shape(armature, PEOPLE[number % len(PEOPLE)])
        times.append(time.perf_counter())
        shape_keys.set_expression(armature, dict.fromkeys(names, number / 30))
        times.append(time.perf_counter())
        bpy.context.view_layer.update()
        times.append(time.perf_counter())
        for name, taken in zip(taken_ms, np.diff(times), strict=True):
            taken_ms[name].append(float(1000 * taken))
    return {
        "missing": missing,
        "taken_ms": {name: float(np.median(values)) for name, values in taken_ms.items()},
        "turning_bone": rig_data.rig_of(armature).turning_bone,
        "left_on_disk": [path.name for path in Path(bpy.app.tempdir).glob("*")],
        "pictures": [[bool(image.packed_file), image.filepath] for image in bpy.data.images],
        "owner": [armature.facewright.rig_id, armature.facewright.rig_version, armature.users_collection[0].name],
    }


def case_one_slider():
    """One slider moves the bones at once; locks, reset of a region, mirror."""
    armature = add(values={})
    group, rest = sliders.sliders_of(armature), vertices(armature)
    group.nose_width = 3.0
    moved = moved_mm(rest, vertices(armature))
    group.lock_nose_width, group.nose_length, group.chin_width = True, 2.0, 5.0
    sliders.reset(armature, "nose")
    after_reset = sliders.read_values(armature)
    sliders.write_values(armature, {"nose_width": 0.0, "eye_size_asymmetry": 1.0}, respects_locks=True)
    after_write = sliders.read_values(armature)
    before = vertices(armature)
    sliders.mirror(armature)
    mirrored, values = vertices(armature), sliders.read_values(armature)
    group.nose_length = 1e6
    described = group.bl_rna.properties["nose_width"]
    return {
        "moved_mm": moved,
        "after_reset": [after_reset[name] for name in ("nose_width", "nose_length", "chin_width")],
        "after_write": after_write["nose_width"],
        "locked": sorted(sliders.locked(armature)),
        "mirrored": values["eye_size_asymmetry"],
        "mirror_moved_mm": moved_mm(before, mirrored),
        "clamped": sliders.read_values(armature)["nose_length"],
        "texts": [described.name, described.description],
        "styles": sliders.read_styles(armature),
    }


def case_undo():
    """Undo and redo of sliders; the bones go along."""
    armature = add(values={})
    name, rest, neutral = armature.name, vertices(armature), sliders.read_values(armature)
    bpy.ops.ed.undo_push(message="before")
    sliders.write_values(armature, PEOPLE[1])
    moved = vertices(armature)
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    armature = bpy.data.objects[name]
    undone, undone_mm = sliders.read_values(armature), moved_mm(rest, vertices(armature))
    bpy.ops.ed.redo()
    armature = bpy.data.objects[name]
    redone_mm = moved_mm(moved, vertices(armature))
    sliders.sliders_of(armature).nose_width = 1.0
    return {
        "undone": close(undone, neutral),
        "apart_mm": [undone_mm, redone_mm],
        "moved_mm": moved_mm(rest, moved),
        "then_mm": moved_mm(moved, vertices(armature)),
    }


def case_reload():
    """A saved file opens in a Blender that has not seen the rig: sliders are there after on_load and move bones."""
    armature = add(values=PEOPLE[2])
    before = vertices(armature)
    path = str(OUT / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    sliders.unregister_all()
    rig_data._read.clear()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    armature = bpy.data.objects["Anna"]
    without = sliders.sliders_of(armature) is None
    sliders.on_load()
    opened = vertices(armature)
    kept = close(sliders.read_values(armature), PEOPLE[2])
    sliders.sliders_of(armature).chin_width = 9.0
    return {
        "without": without,
        "kept": kept,
        "apart_mm": moved_mm(before, opened),
        "moved_mm": moved_mm(opened, vertices(armature)),
    }


def case_two_heads():
    """Two heads and a duplicate are independent; an active mesh leads to its head."""
    first, second = add("Anna", values={}), add("Anna", "long", values={})
    rest = vertices(second)
    sliders.write_values(first, PEOPLE[1])
    shape_keys.set_expression(first, {"jawOpen": 1.0})
    other_mm = moved_mm(rest, vertices(second))
    bpy.ops.object.select_all(action="DESELECT")
    for made in (first, *first.children):
        made.select_set(True)
    bpy.ops.object.duplicate()
    copy = next(made for made in head.heads(bpy.context.scene) if made not in (first, second))
    same_mm = moved_mm(vertices(first), vertices(copy))
    kept = vertices(first)
    sliders.sliders_of(copy).nose_width = 3.0
    bpy.context.view_layer.objects.active = copy.children[0]
    active = head.active_head(bpy.context).name
    bpy.context.view_layer.objects.active = None
    return {
        "names": sorted(made.name for made in head.heads(bpy.context.scene)),
        "collections": sorted(collection.name for collection in bpy.context.scene.collection.children),
        "other_mm": other_mm,
        "same_mm": same_mm,
        "copy_mm": moved_mm(kept, vertices(copy)),
        "first_mm": moved_mm(kept, vertices(first)),
        "active": [active == copy.name, head.active_head(bpy.context)],
    }


def case_missing():
    """Bones and keys that are not there are named, and the rest is applied."""
    armature = add(values={})
    rest = vertices(armature)
    armature.data.bones["chin"].name = "beak"
    for keys in shape_keys.expression_keys(armature):
        keys.key_blocks["jawOpen"].name = "beakOpen"
    armature.pose.bones["jaw"].rotation_mode = "QUATERNION"
    return {
        "bones": sliders.write_values(armature, PEOPLE[1]),
        "keys": shape_keys.set_expression(armature, {"jawOpen": 1.0, "mouthClose": 1.0, "purr": 0.5}),
        "moved_mm": moved_mm(rest, vertices(armature)),
        "no_head": [
            pose.apply_shape(bpy.data.objects.new("arm", bpy.data.armatures.new("arm")), {}),
            sliders.mirror(bpy.data.objects.new("cube", None)),
        ],
    }


def case_other_scene():
    """A head for a scene that is not shown is there, active and selected alone; here everything stays as it was."""
    here, there = add("Anna"), bpy.data.scenes.new("There")
    other = bpy.data.objects.new("cube", None)
    there.collection.objects.link(other)
    other.select_set(True, view_layer=there.view_layers[0])
    made, layer = add("Berta", scene=there), there.view_layers[0]
    return {
        "here": [one.name for one in bpy.context.scene.objects if one.type == "ARMATURE"],
        "collections": [[one.name for one in scene.collection.children] for scene in (bpy.context.scene, there)],
        "active_here": bpy.context.view_layer.objects.active == here,
        "selected_here": here.select_get(),
        "active_there": layer.objects.active == made,
        "selected_there": [one.name for one in layer.objects if one.select_get(view_layer=layer)],
        "bones": len(made.data.bones) == len(here.data.bones) > 0,
    }


def case_broken_files():
    """What cannot be built leaves nothing behind."""
    said = []
    whole = files("short")
    for broken in ({}, whole | {"../x": b""}, whole | {"arrays.npz": b"PK"}):
        try:
            head.build_head(bpy.context, bpy.context.scene, broken, RIG, "Broken")
        except ValueError as error:
            said.append(str(error))
    try:
        head.build_head(bpy.context, bpy.context.scene, whole, b"\xff\xff", "Broken")
    except ValueError as error:
        said.append(str(error))
    return {
        "said": said,
        "left": [len(bpy.data.collections), len(bpy.context.scene.objects)],
        "on_disk": [path.name for path in Path(bpy.app.tempdir).glob("*")],
    }


def case_modes():
    """A head is added while another object is edited, and while a rig's bones have other rotation modes."""
    first = add(values={})
    bpy.ops.object.mode_set(mode="POSE")
    second = add("Ben", values={})
    for bone in second.pose.bones:
        bone.rotation_mode = "ZYX" if bone.name < "j" else "QUATERNION" if bone.name < "n" else "AXIS_ANGLE"
    sliders.write_values(first, PEOPLE[1])
    sliders.write_values(second, PEOPLE[1])
    return {"apart_mm": moved_mm(vertices(first), vertices(second)), "mode": second.mode}


def case_rig():
    """The bone that turns a head is found from regions or from what the shape moves; a bad description is refused."""
    bones = [("root", "", "body"), ("spine", "root", "body"), ("skull", "spine", "body"), ("snout", "skull", "Nose")]
    bones += [("lid", "skull", "eye"), ("tip", "snout", "nose"), ("toe", "root", "foot")]
    bones = tuple(rig_data.Bone(*one) for one in bones)
    no_regions = tuple(bone._replace(region="") for bone in bones)
    still, turned, moves = (np.zeros((len(bones), 3), bool) for _ in range(3))
    turned[2, 1] = True
    moves[[3, 4], 0] = True
    said = []
    for response in (b"\xff\xff", b""):
        try:
            rig_data.parse_rig(response, "key")
        except ValueError as error:
            said.append(str(error))
    rig = rig_data.parse_rig(RIG, "key")
    values = np.array([PEOPLE[1][one.name] for one in rig.parameters])
    return {
        "bones": [
            rig_data.find_turning_bone(bones, still),
            rig_data.find_turning_bone(bones, turned),
            rig_data.find_turning_bone(no_regions, moves),
            rig_data.find_turning_bone(no_regions, still),
        ],
        "said": said,
        "same": bool((rig_data.channels(rig, values) == rig_data.channels(rig, PEOPLE[1])).all()),
        "channels": rig_data.channels(rig, PEOPLE[1]).tolist(),
        "neutral": rig_data.channels(rig, {}).tolist(),
    }
