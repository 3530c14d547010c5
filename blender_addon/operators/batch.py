"""A folder of photos becomes heads in a grid, one after the other."""

from pathlib import Path

import bpy
from bpy.app.translations import pgettext_rpt as rpt_
from bpy.types import Operator

from .. import session
from . import arrival, common, photo


class FACEWRIGHT_OT_batch(Operator):
    """Make a head of each photo"""

    bl_idname = "facewright.batch"
    bl_label = "Make Heads"
    bl_description = "Make a head of each photo of the folder, side by side from the 3D cursor; Esc cancels"

    @classmethod
    def poll(cls, context):
        """Return whether there is a folder and nothing else is being fitted."""
        folder = context.scene.facewright.batch.folder
        return common.needs_idle_backend(cls) and common.needs(cls, folder, "Choose a folder with photos first")

    def invoke(self, context, event):
        """Start, and listen for Esc."""
        return photo.execute_until_escape(self, context)

    def execute(self, context):
        """List the photos and start with the first."""
        own = context.scene.facewright.batch
        folder = Path(bpy.path.abspath(own.folder))
        try:
            paths = sorted(one for one in folder.iterdir() if one.suffix.lower() in photo.PHOTO_SUFFIXES)
        except OSError as error:
            self.report({"ERROR"}, rpt_("The folder cannot be read: {why}").format(why=error.strerror))
            return {"CANCELLED"}
        if not paths:
            self.report({"ERROR"}, rpt_("There is no photo in {folder}").format(folder=folder))
            return {"CANCELLED"}
        live = session.current()
        live.batch = session.Batch(context.scene.name, paths, len(paths))
        own.done, own.total, own.failures = 0, len(paths), ""
        Row(live.batch, tuple(context.scene.cursor.location), own.columns, own.spacing_m).next()
        return {"FINISHED"}


class Row:
    """Works through the photos of a batch; it knows the scene by name only."""

    def __init__(self, batch, origin, columns, spacing_m):
        self._batch, self._origin, self._columns, self._spacing_m = batch, origin, columns, spacing_m
        self._path, self._index = None, -1

    def next(self):
        """Start with the next photo that can be read, or end."""
        live, scene = session.current(), bpy.data.scenes.get(self._batch.scene_name)
        live.fit = None
        while live.batch is self._batch and scene is not None and live.client is not None and self._batch.paths:
            self._path, self._index = self._batch.paths.pop(0), self._index + 1
            try:
                photo.start_fit(
                    scene.facewright, [self._path], self._path.stem, scene.name, self._fitted, self._failed
                )  # fmt: skip
                return
            except OSError as error:
                self._note(rpt_("cannot be read: {why}").format(why=error.strerror))
        if live.batch is self._batch:
            live.batch = None
            if scene is not None:
                self._say(scene, live)

    def _fitted(self, result):
        row, column = divmod(self._index, self._columns)
        x, y, z = self._origin
        place = (x + column * self._spacing_m, y + row * self._spacing_m, z)
        wanted = session.Arrival(
            result.character, {}, self._path.stem, "Batch", self._batch.scene_name, place=place
        )  # fmt: skip
        wanted.fit = session.current().fit
        arrival.bring(wanted, self._arrived)

    def _arrived(self, message):
        self._note(message)
        self.next()

    def _failed(self, message, remedy):
        self._note(message)
        self.next()

    def _note(self, message):
        """Count a photo and keep why it has no head; an empty message means that it has one or was cancelled."""
        if message:
            self._batch.failures.append(f"{self._path.name}: {message}")
        scene = bpy.data.scenes.get(self._batch.scene_name)
        if scene is not None:
            own = scene.facewright.batch
            own.done, own.failures = self._index + 1, "\n".join(self._batch.failures)

    def _say(self, scene, live):
        """End the job of the panel."""
        failures = self._batch.failures
        job = scene.facewright.job
        job.state, job.stage = ("FAILED" if failures else "DONE"), ""
        text = rpt_("{count} of {total} photos have no head").format(count=len(failures), total=self._batch.total)
        job.message = text if failures else ""
        job.remedy = live.remedy or ("the panel Batch says why" if failures else "")


CLASSES = (FACEWRIGHT_OT_batch,)
"""In the order of registration."""
