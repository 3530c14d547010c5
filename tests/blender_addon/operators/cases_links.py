"""Cases of heads that are linked from another file, and of library overrides of such heads: every button on them."""

import bpy
from cases_backend import STAGE, add, connect, glb_materials, idle
from facewright.scene import head, shape_keys
from fake_layout import draw_all
from runner import wait_for

from facewright import session, shape_properties

BUTTONS = (
    ("reset_shape", {}),
    ("mirror_shape", {}),
    ("random_shape", {"seed": 3}),
    ("lock_region", {"group": "nose"}),
    ("lock_region", {"group": "nose"}),
    ("variants", {}),
    ("pick_variant", {"index": 2}),
    ("mix", {}),
    ("history", {"step": -1}),
    ("save_preset", {"name": "Linked"}),
    ("apply_preset", {"name": "Linked"}),
    ("paint", {}),
    ("drop_photo_skin", {}),
    ("start_live", {}),
    ("rest", {}),
    ("fit", {"onto_selected": True}),
)
"""Those that read or change the active head, with what they are pressed with."""


def link(out):
    """Save a head as a library and link it into an empty file; returns the linked collection."""
    collection = add("RANDOM").users_collection[0].name
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "library.blend"))
    bpy.ops.facewright.export(filepath=str(out / "local.glb"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    with bpy.data.libraries.load(str(out / "library.blend"), link=True) as (_, wanted):
        wanted.collections = [collection]
    made = bpy.data.collections[collection]
    bpy.context.scene.collection.children.link(made)
    shape_properties.on_load()
    return made


def choose(collection):
    """Select the head of a collection by the button of the panel; a linked one and its override have the same name."""
    made = next(one for one in collection.all_objects if head.is_head(one))
    bpy.ops.facewright.select_head(name=made.name)
    if head.active_head(bpy.context) != made:
        bpy.ops.facewright.select_head(name=made.name)
    assert head.active_head(bpy.context) == made
    return made


def press(button, options):
    """Press a button and wait for its answer; returns what it did, or why it could not."""
    session.current().tell("")
    try:
        outcome = getattr(bpy.ops.facewright, button)(**options)
    except RuntimeError as error:
        return str(error).strip()
    idle()
    return session.current().notice or " ".join(outcome)


def press_all(armature):
    """Press every button; returns what each said, how far the sliders went, and whether the meshes are the same."""
    before = shape_properties.read_values(armature)
    meshes, expression = shape_keys.head_meshes(armature), shape_keys.read_expression(armature)
    draw_all()
    said = {name: press(name, options) for name, options in BUTTONS}
    after = shape_properties.read_values(armature)
    return {
        "said": said,
        "moved": max(abs(after[name] - value) for name, value in before.items()),
        "is_same": meshes == shape_keys.head_meshes(armature) and expression == shape_keys.read_expression(armature),
    }


def export(path):
    """Export the active head; returns the materials of the file."""
    assert press("export", {"filepath": str(path)}) == "FINISHED"
    return sorted(glb_materials(path))


def case_links(out):
    """Press every button on a linked head, on its override, and on that once it was made local."""
    connect()
    collection = link(out)
    scene = bpy.context.scene.facewright
    bpy.ops.facewright.add_photos(filepath=str(STAGE / "photo.png"))
    scene.steps, scene.live.source, scene.live.video_path = 5, "VIDEO", str(STAGE / "video.avi")
    linked = choose(collection)
    said = {"linked": press_all(linked)}
    wanted = sorted(glb_materials(out / "local.glb"))
    said["glb"] = [export(out / "linked.glb") == wanted]
    made = collection.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    override, scene.mix_with = choose(made), linked
    said["override"] = press_all(override)
    said["glb"].append(export(out / "override.glb") == wanted)
    said["linked_after"] = shape_properties.read_values(linked) == shape_properties.read_values(override)
    kept = shape_properties.read_values(override)
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "override.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(out / "override.blend"))
    override = next(one for one in head.heads(bpy.context.scene) if one.override_library)
    again = shape_properties.read_values(override)
    said["kept"] = max(abs(again[name] - value) for name, value in kept.items())
    for one in bpy.context.view_layer.objects:
        one.select_set(one == override or one.parent == override)
    bpy.context.view_layer.objects.active = override
    bpy.ops.object.make_local(type="ALL")
    own = head.active_head(bpy.context)
    said["local"] = [press("paint", {}), press("rest", {}), press("reset_shape", {}), press("history", {"step": -1})]
    slider = shape_properties.read_values(own)
    said["back"] = max(abs(slider[name] - value) for name, value in again.items())
    wait_for(lambda: not session.current().calls, "the end", 60)
    return said
