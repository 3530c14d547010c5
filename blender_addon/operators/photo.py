"""From photos to a head: choose them, fit, cancel."""

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.props import BoolProperty, CollectionProperty, StringProperty
from bpy.types import Operator, OperatorFileListElement

from .. import icons, session
from ..client import BackendError, photo_specification
from ..client.generated import fitting_pb2
from ..scene import head
from . import arrival, common

PHOTO_SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif", ".ppm", ".pgm", ".tga", ".jp2", ".avif",
    ".psd",
)  # fmt: skip
"""Those of the backend's perception/image.py."""

PREVIEW_SIDE_PX, PREVIEW_INTERVAL_MS = 256, 500


class FACEWRIGHT_OT_add_photos(Operator):
    """Choose photos"""

    bl_idname = "facewright.add_photos"
    bl_label = "Choose Photos"
    bl_description = "Choose one or several photos of one person; the first decides shape and tone"
    bl_options = {"REGISTER", "UNDO"}

    files: CollectionProperty(type=OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})
    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filepath: StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context, event):
        """Open the file browser."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        """Put the photos on the list."""
        names = [one.name for one in self.files if one.name]
        paths = [str(Path(self.directory) / name) for name in names] or ([self.filepath] if self.filepath else [])
        own = context.scene.facewright
        known = {one.path for one in own.photos}
        for path in paths:
            if path not in known:
                own.photos.add().path = path
                icons.show_file(f"photo {path}", bpy.path.abspath(path))
        own.photo_index = max(len(own.photos) - 1, 0)
        return {"FINISHED"} if paths else {"CANCELLED"}


class FACEWRIGHT_OT_remove_photo(Operator):
    """Take a photo off the list"""

    bl_idname = "facewright.remove_photo"
    bl_label = "Remove Photo"
    bl_description = "Take the selected photo off the list; the file stays"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        """Return whether there is a photo."""
        return common.needs(cls, len(context.scene.facewright.photos), "There is no photo on the list")

    def execute(self, context):
        """Remove it."""
        own = context.scene.facewright
        own.photos.remove(own.photo_index)
        own.photo_index = max(min(own.photo_index, len(own.photos) - 1), 0)
        return {"FINISHED"}


class FACEWRIGHT_OT_fit(Operator):
    """Fit a head"""

    bl_idname = "facewright.fit"
    bl_label = "Fit"
    bl_description = "Make a head of the person in the photos; Esc cancels"

    onto_selected: BoolProperty(
        name="Onto the selected head",
        description="Give the selected head this face in place of adding a new head",
        default=False,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context):
        """Return whether there are photos and nothing else is being fitted."""
        has_photo = len(context.scene.facewright.photos)
        return common.needs_idle_backend(cls) and common.needs(cls, has_photo, "Choose a photo first")

    @classmethod
    def description(cls, context, properties):
        """Say what the button does."""
        if properties.onto_selected:
            return "Give the selected head the face of the person in the photos; Esc cancels"
        return "Add a head of the person in the photos; Esc cancels"

    def invoke(self, context, event):
        """Start the fit and listen for Esc."""
        return execute_until_escape(self, context)

    def execute(self, context):
        """Start the fit; the timer follows it."""
        own, target = context.scene.facewright, None
        if self.onto_selected:
            target = head.active_head(context)
            if trouble := common.whole_trouble(target):
                self.report({"ERROR"}, trouble)
                return {"CANCELLED"}
        paths = [Path(bpy.path.abspath(one.path)) for one in own.photos]
        ending = Ending(context.scene, paths[0].stem, target, own.uses_expression)
        try:
            start_fit(own, paths, ending.name, context.scene.name, ending.done, ending.failed)
        except OSError as error:
            text = rpt_("The photo cannot be read: {path}: {why}").format(path=error.filename, why=error.strerror)
            own.job.state, own.job.message = "FAILED", text
            own.job.remedy = "choose it again"
            self.report({"ERROR"}, own.job.message)
            return {"CANCELLED"}
        return {"FINISHED"}


def execute_until_escape(operator, context):
    """Execute an operator that starts a fit; Esc cancels what it has started."""
    outcome = operator.execute(context)
    if outcome == {"FINISHED"}:
        bpy.ops.facewright.cancel_on_escape("INVOKE_DEFAULT")
    return outcome


class Ending:
    """What becomes of a fit that was started by the button; it knows scene and head by name and id only."""

    def __init__(self, scene, name, target, uses_expression):
        self.name = target.name if target is not None else name
        self._scene_name, self._uid = scene.name, target.session_uid if target is not None else 0
        self._place = tuple(scene.cursor.location)
        self._uses_expression = uses_expression

    def done(self, result):
        """Bring the head."""
        weights = {one.name: one.weight for one in result.expression} if self._uses_expression else None
        wanted = session.Arrival(result.character, {}, self.name, "Fit", self._scene_name, self._uid, self._place)
        wanted.expression, wanted.fit = weights, session.current().fit
        arrival.bring(wanted, self._arrived)

    def failed(self, message, remedy):
        """Say why there is no head; an empty message means that it was cancelled."""
        self._end("FAILED" if message else "CANCELLED", message, remedy)

    def _arrived(self, message):
        self._end("FAILED" if message else "DONE", message, "fit again" if message else "")

    def _end(self, state, message, remedy):
        session.current().fit = None
        scene = bpy.data.scenes.get(self._scene_name)
        if scene is not None:
            job = scene.facewright.job
            job.state, job.message, job.remedy, job.stage = state, message, remedy, ""


def start_fit(settings, paths, name, scene_name, done, failed):
    """Begin a fit with the settings of a scene; the timer follows it.

    Args:
        settings: the scene's `facewright`.
        paths: photos of one person.
        name: what the panel calls it.
        scene_name: the scene whose job it is.
        done: takes the FitResult; it sets `session.fit` to None once the head is there.
        failed: takes message and remedy.

    Raises:
        OSError: a photo cannot be read.
    """
    live = session.current()
    specification = photo_specification(
        [path.read_bytes() for path in paths],
        face_index=settings.face_index,
        settings={"fitting.iterations": str(settings.steps)} if settings.steps else None,
        skin_share=settings.skin_share,
        include_photo_skin=True,
    )
    specification.preview.CopyFrom(fitting_pb2.PreviewRequest(side_px=PREVIEW_SIDE_PX, interval_ms=PREVIEW_INTERVAL_MS))
    icons.forget(icons.FIT_PREVIEW)
    job = settings.job
    job.state, job.stage, job.fraction, job.message, job.remedy = "QUEUED", "", 0.0, "", ""
    fit = live.fit = session.Fit(name, scene_name, done, failed)

    def accepted(response):
        if live.fit is fit:
            fit.job_id = response.job_id
        elif live.client is not None:
            live.send(live.client.cancel_fit_later(response.job_id))

    def refused(error: BackendError):
        if live.fit is fit:
            live.fit = None
            lost = (
                rpt_("The fit was lost with the backend. {why}").format(why=live.message) if live.client is None else ""
            )
            failed(lost or f"{error.reason}: {error}", live.remedy or error.remedy)

    live.later(live.client.start_fit_later(specification), accepted, refused, undo=accepted)


class FACEWRIGHT_OT_cancel_fit(Operator):
    """Cancel the fit"""

    bl_idname = "facewright.cancel_fit"
    bl_label = "Cancel"
    bl_description = "Stop the fit (Esc); the scene stays as it is"

    @classmethod
    def poll(cls, context):
        """Return whether something is being fitted."""
        return common.needs(cls, session.current().fit is not None, "Nothing is being fitted")

    def execute(self, context):
        """Forget the fit here and stop it there."""
        live = session.current()
        fit, live.fit, live.batch = live.fit, None, None
        if fit.job_id and live.client is not None:
            live.send(live.client.cancel_fit_later(fit.job_id))
        fit.failed("", "")
        self.report({"INFO"}, "The fit was cancelled")
        return {"FINISHED"}


class FACEWRIGHT_OT_cancel_on_escape(Operator):
    """Wait for Esc while a fit runs; everything else works as always"""

    bl_idname = "facewright.cancel_on_escape"
    bl_label = "Cancel on Esc"
    bl_description = "Wait for Esc while a fit runs"
    bl_options = {"INTERNAL"}

    def invoke(self, context, event):
        """Listen until the fit has ended."""
        if bpy.app.background or context.window is None:
            return {"CANCELLED"}
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        """Cancel the fit on Esc; let everything through."""
        if session.current().fit is None:
            return {"FINISHED", "PASS_THROUGH"}
        if event.type == "ESC" and event.value == "PRESS":
            bpy.ops.facewright.cancel_fit("EXEC_DEFAULT")
            return {"CANCELLED"}
        return {"PASS_THROUGH"}


CLASSES = (
    FACEWRIGHT_OT_add_photos,
    FACEWRIGHT_OT_remove_photo,
    FACEWRIGHT_OT_fit,
    FACEWRIGHT_OT_cancel_fit,
    FACEWRIGHT_OT_cancel_on_escape,
)
"""In the order of registration."""
