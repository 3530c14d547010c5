"""Heads kept in the extension's own folder, with a picture each."""

import re

from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import StringProperty
from bpy.types import Operator
from google.protobuf import json_format

from .. import icons, preferences, session, shape_properties
from ..client.generated import rig_pb2
from ..scene import head
from . import common, conversion, past

SIDE_PX = 192
MOST_BYTES = 64 * 2**20


def folder():
    """Return the folder of the presets."""
    return preferences.user_folder("presets")


def key(name):
    """Return the key of a preset's picture."""
    return f"preset {name}"


def read_list(context):
    """Put the presets of the folder into the list that the panel draws."""
    shown = context.window_manager.facewright_presets
    shown.clear()
    for path in sorted(folder().glob("*.json")):
        shown.add().name = path.stem
        picture = path.with_suffix(".jpg")
        if picture.is_file():
            icons.show_file(key(path.stem), str(picture))


class FACEWRIGHT_OT_save_preset(Operator):
    """Keep the head as a preset"""

    bl_idname = "facewright.save_preset"
    bl_label = "Save Preset"
    bl_description = "Keep shape and look of this head for other files; with a backend it gets a picture"

    name: StringProperty(name="Name", description="Name of the preset", default="My head")

    @classmethod
    def poll(cls, context):
        """Return whether a head is active."""
        return common.needs_head(cls, context)

    def invoke(self, context, event):
        """Ask for the name."""
        self.name = head.active_head(context).name
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context):
        """Write the head, and ask for its picture."""
        name = re.sub(r"[^\w \-]", "_", self.name).strip()[:60]
        if not name:
            self.report({"ERROR"}, "The preset needs a name")
            return {"CANCELLED"}
        character, path = conversion.character_of(head.active_head(context)), folder() / f"{name}.json"
        try:
            path.write_text(json_format.MessageToJson(character, indent=None), encoding="utf-8")
            path.with_suffix(".jpg").unlink(missing_ok=True)
        except OSError as error:
            self.report({"ERROR"}, rpt_("The preset cannot be written: {why}").format(why=error.strerror))
            return {"CANCELLED"}
        live = session.current()
        if live.state == "READY":

            def drawn(response):
                path.with_suffix(".jpg").write_bytes(response.picture.content)
                icons.show_file(key(name), str(path.with_suffix(".jpg")))

            picture = rig_pb2.PictureRequest(side_px=SIDE_PX)
            live.later(live.client.evaluate_later(character, picture=picture), drawn, live.tell_error)
        read_list(context)
        return {"FINISHED"}


class FACEWRIGHT_OT_apply_preset(Operator):
    """Take a preset"""

    bl_idname = "facewright.apply_preset"
    bl_label = "Take Preset"
    bl_description = "Give the head the shape and the look of this preset; the face before stays in the history"
    bl_options = {"REGISTER", "UNDO"}

    name: StringProperty(name="Name", description="Name of the preset", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        """Return whether a head is active."""
        return common.needs_whole_head(cls, context)

    def execute(self, context):
        """Read, apply, remember; the backend paints the look when it is there."""
        path, armature = folder() / f"{self.name}.json", head.active_head(context)
        try:
            if path.stat().st_size > MOST_BYTES:
                raise ValueError("it is too large")
            character = json_format.Parse(path.read_text(encoding="utf-8"), rig_pb2.Character())
        except (OSError, ValueError, json_format.ParseError) as error:
            text = rpt_("The preset {name} cannot be read: {why}")
            self.report({"ERROR"}, text.format(name=self.name, why=error))
            return {"CANCELLED"}
        if character.rig_id != armature.facewright.rig_id:
            text = rpt_("The preset is of the rig {rig}, the head of another one")
            self.report({"ERROR"}, text.format(rig=character.rig_id))
            return {"CANCELLED"}
        with past.step(armature, self.name):
            conversion.write_look(armature, character.look)
            missing = shape_properties.write_values(armature, conversion.values_of(character, armature))
            common.say_missing(self, "bone", missing)
        return {"FINISHED"}


class FACEWRIGHT_OT_delete_preset(Operator):
    """Delete a preset"""

    bl_idname = "facewright.delete_preset"
    bl_label = "Delete Preset"
    bl_description = "Delete this preset and its picture"

    name: StringProperty(name="Name", description="Name of the preset", options={"SKIP_SAVE"})

    def invoke(self, context, event):
        """Ask first."""
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context):
        """Delete both files."""
        known = [one.name for one in context.window_manager.facewright_presets]
        if self.name not in known:
            self.report({"ERROR"}, rpt_("There is no preset {name}").format(name=self.name))
            return {"CANCELLED"}
        for suffix in (".json", ".jpg"):
            (folder() / f"{self.name}{suffix}").unlink(missing_ok=True)
        icons.forget(key(self.name))
        read_list(context)
        return {"FINISHED"}


CLASSES = (FACEWRIGHT_OT_save_preset, FACEWRIGHT_OT_apply_preset, FACEWRIGHT_OT_delete_preset)
"""In the order of registration."""
