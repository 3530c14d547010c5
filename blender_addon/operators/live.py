"""Live: a camera or video drives the expression of a head."""

import base64

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.app.translations import pgettext_tip as tip_
from bpy.types import Operator

from .. import session, tick
from ..client.generated import expression_pb2
from ..lookup import find_head
from ..properties import CALIBRATION_POSES
from ..scene import head, pose, recording, shape_keys
from . import common, conversion

FORWARD_WXYZ = (1.0, 0.0, 0.0, 0.0)


class FACEWRIGHT_OT_start_live(Operator):
    """Start the camera or the video"""

    bl_idname = "facewright.start_live"
    bl_label = "Start"
    bl_description = "Let the face in front of the camera, or in the video, move the head"

    @classmethod
    def poll(cls, context):
        """Return whether a head is active and nothing is live."""
        live, own = session.current(), context.scene.facewright.live
        is_free = live.capture is None and not live.is_opening_capture
        return (
            common.needs_whole_head(cls, context)
            and common.needs_backend(cls)
            and common.needs(cls, is_free, "A head is live already: stop it first")
            and common.needs(cls, own.source != "VIDEO" or own.video_path, "Choose a video file first")
        )

    def execute(self, context):
        """Ask the backend to open the source; the timer follows it."""
        live, own, armature = session.current(), context.scene.facewright.live, head.active_head(context)
        settings = expression_pb2.TrackingSettings(
            rig_id=armature.facewright.rig_id, disable_smoothing=not own.smoothing
        )
        known = armature.facewright.calibration
        if known:
            settings.calibration.ParseFromString(base64.b64decode(known))
        if own.uses_identity:
            settings.identity.CopyFrom(conversion.character_of(armature, has_skin=False))
        is_video = own.source == "VIDEO"
        pending = live.client.start_capture_later(
            None if is_video else own.camera_index,
            bpy.path.abspath(own.video_path) if is_video else None,
            settings,
            own.loop,
        )
        own.message = "The source is being opened"
        live.is_opening_capture = True
        uid, name, scene_name, turns = armature.session_uid, armature.name, context.scene.name, own.head_pose
        recorded = recording.Recording(own.start_frame) if own.record else None

        def opened(response):
            live.is_opening_capture = False
            live.capture = session.Capture(
                response.capture_id, tuple(response.blendshapes), uid, name, scene_name, turns_head=turns
            )
            live.capture.recording = recorded

        def refused(error):
            live.is_opening_capture = False
            live.tell_error(error)
            scene = bpy.data.scenes.get(scene_name)
            if scene is not None:
                scene.facewright.live.message = f"{error.reason}: {error}"

        def unwanted(response):
            if live.client is not None:
                live.send(live.client.stop_capture_later(response.capture_id))

        live.later(pending, opened, refused, undo=unwanted)
        return {"FINISHED"}


class FACEWRIGHT_OT_calibrate(Operator):
    """Watch the person for a second"""

    bl_idname = "facewright.calibrate"
    bl_label = "Calibrate"
    bl_description = "Hold this expression for a second; it is remembered with the head"

    pose: bpy.props.EnumProperty(name="Expression", items=CALIBRATION_POSES)

    @classmethod
    def description(cls, context, properties):
        """Return the tooltip of the button for one expression."""
        return tip_(cls.bl_rna.properties["pose"].enum_items[properties.pose].description)

    @classmethod
    def poll(cls, context):
        """Return whether something is live."""
        is_live = session.current().capture is not None and session.current().client is not None
        return common.needs(cls, is_live, "Nothing is live")

    def execute(self, context):
        """Ask the backend to watch; the answer is kept with the head."""
        live = session.current()
        capture, pose = live.capture, getattr(expression_pb2, f"CALIBRATION_POSE_{self.pose}")
        capture.calibration = "Hold it for a second"

        def calibrated(response):
            armature = find_head(capture.head_uid, capture.head_name)
            if armature is not None:
                armature.facewright.calibration = base64.b64encode(response.calibration.SerializeToString()).decode()
            capture.calibration = "Calibrated"

        def refused(error):
            capture.calibration = f"{error}: {error.remedy}"

        live.later(live.client.calibrate_capture_later(capture.capture_id, pose), calibrated, refused)
        return {"FINISHED"}


class FACEWRIGHT_OT_stop_live(Operator):
    """Stop the camera or the video"""

    bl_idname = "facewright.stop_live"
    bl_label = "Stop"
    bl_description = "Stop; what was recorded becomes keyframes"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        """Return whether something is live."""
        return common.needs(cls, session.current().capture is not None, "Nothing is live")

    def execute(self, context):
        """Close the source and write the keyframes."""
        live = session.current()
        capture, live.capture = live.capture, None
        if live.client is not None:
            live.later(live.client.stop_capture_later(capture.capture_id), lambda answer: None, lambda error: None)
        armature = find_head(capture.head_uid, capture.head_name)
        scene = bpy.data.scenes.get(capture.scene_name)
        if capture.recording is not None and armature is not None and scene is not None:
            if len(capture.recording):
                first, last, missing = recording.write_recording(armature, capture.recording, scene)
                common.say_missing(self, "shape key", missing)
                capture.notice = rpt_("Keyframes from {first} to {last} were written").format(first=first, last=last)
            else:
                capture.notice = "Nothing was recorded: no face was seen"
        tick.show_capture(live, capture)
        return {"FINISHED"}


class FACEWRIGHT_OT_rest(Operator):
    """Take expression and head turn away"""

    bl_idname = "facewright.rest"
    bl_label = "Neutral"
    bl_description = "Take the expression and the turn of the head away; the shape of the head stays"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        """Return whether a head is active and nothing moves it."""
        return common.needs_whole_head(cls, context) and common.needs(
            cls, session.current().capture is None, "A head is live: stop it first"
        )

    def execute(self, context):
        """Set all shape keys to 0 and face the head forward."""
        armature = head.active_head(context)
        shape_keys.set_expression(armature, dict.fromkeys(shape_keys.read_expression(armature), 0.0))
        pose.turn_head(armature, FORWARD_WXYZ)
        return {"FINISHED"}


CLASSES = (FACEWRIGHT_OT_start_live, FACEWRIGHT_OT_calibrate, FACEWRIGHT_OT_stop_live, FACEWRIGHT_OT_rest)
"""In the order of registration."""
