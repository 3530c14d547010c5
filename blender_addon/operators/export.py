"""Export of one head for a game engine, by Blender's own exporters with the options that the engine wants."""

from contextlib import contextmanager
from pathlib import Path

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import StringProperty
from bpy.types import Operator

from ..scene import head
from ..scene.shape_keys import head_meshes
from . import common, plain


class FACEWRIGHT_OT_export(Operator):
    """Export the head"""

    bl_idname = "facewright.export"
    bl_label = "Export Head"
    bl_description = "Write this head alone, with bones, expressions and textures, as a file for a game engine"

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.glb;*.fbx", options={"HIDDEN"})

    @classmethod
    def poll(cls, context):
        """Return whether a head is active."""
        return common.needs(cls, head.active_head(context) is not None, common.NO_HEAD)

    def invoke(self, context, event):
        """Ask for the file."""
        suffix = f".{context.scene.facewright.export.form.lower()}"
        self.filepath = bpy.path.ensure_ext(bpy.path.clean_name(head.active_head(context).name), suffix)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        """Export."""
        own = context.scene.facewright.export
        path = bpy.path.ensure_ext(bpy.path.abspath(self.filepath), f".{own.form.lower()}")
        if not Path(path).parent.is_dir():
            self.report({"ERROR"}, rpt_("There is no folder {folder}").format(folder=Path(path).parent))
            return {"CANCELLED"}
        armature = head.active_head(context)
        with _selected_alone(context, armature), plain.plain_materials(head_meshes(armature)):
            try:
                write_glb(path, own.animation) if own.form == "GLB" else write_fbx(path, own.game, own.animation)
            except RuntimeError as error:
                self.report({"ERROR"}, rpt_("Blender could not export: {why}").format(why=str(error).strip()))
                return {"CANCELLED"}
        self.report({"INFO"}, rpt_("Wrote {path}").format(path=path))
        return {"FINISHED"}


def write_glb(path, has_animation):
    """Export the selected head as glTF: metres, Y up, names of expressions in the file."""
    bpy.ops.export_scene.gltf(
        filepath=path,
        export_format="GLB",
        use_selection=True,
        export_yup=True,
        export_apply=False,
        export_skins=True,
        export_all_influences=True,
        export_morph=True,
        export_morph_normal=True,
        export_animations=has_animation,
        export_rest_position_armature=False,
    )


def write_fbx(path, game, has_animation):
    """Export the selected head as FBX: Unity wants scales of 1 in the nodes, Unreal the unit in the bones' root."""
    bpy.ops.export_scene.fbx(
        filepath=path,
        use_selection=True,
        object_types={"ARMATURE", "MESH"},
        apply_scale_options="FBX_SCALE_ALL" if game == "UNITY" else "FBX_SCALE_NONE",
        axis_forward="-Z",
        axis_up="Y",
        use_mesh_modifiers=False,
        mesh_smooth_type="OFF" if game == "UNITY" else "FACE",
        add_leaf_bones=False,
        primary_bone_axis="Y",
        secondary_bone_axis="X",
        bake_anim=has_animation,
        path_mode="COPY",
        embed_textures=True,
    )


@contextmanager
def _selected_alone(context, armature):
    """Select a head and its meshes, in object mode, and restore the selection and the mode afterwards."""
    layer = context.view_layer
    before, active = [one for one in layer.objects if one.select_get()], layer.objects.active
    mode = active.mode if active is not None else "OBJECT"
    if mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    wanted = {armature, *head_meshes(armature)}
    try:
        for one in layer.objects:
            one.select_set(one in wanted)
        layer.objects.active = armature
        yield
    finally:
        for one in layer.objects:
            one.select_set(one in before)
        layer.objects.active = active
        if mode != "OBJECT":
            bpy.ops.object.mode_set(mode=mode)


CLASSES = (FACEWRIGHT_OT_export,)
"""In the order of registration."""
