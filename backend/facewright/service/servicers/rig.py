"""RigService: rigs as data, heads as numbers, pictures and files."""

import tempfile
from pathlib import Path

import grpc
import numpy as np
from facewright_client.generated import rig_pb2, rig_pb2_grpc

from facewright.config import EXPORT_POSES
from facewright.datatypes import Look
from facewright.errors import OutputNotWritable, RequestInvalid
from facewright.export.blender import write_scene_folder
from facewright.export.character import build_character
from facewright.export.gltf import write_glb
from facewright.pipelines.rig_export import write_export
from facewright.pipelines.sampling import random_characters
from facewright.service.backend import Backend
from facewright.service.convert.checks import in_range, known_enum
from facewright.service.convert.rig import (
    bones_message,
    character_message,
    expression_from_message,
    head_from_message,
    outputs_from_message,
    rig_message,
    style_from_message,
    summary_message,
)
from facewright.service.pictures import jpeg, png

PICTURE_SIDES_PX, PICTURE_SIDE_PX = (64, 2048), 512
MAX_CHARACTERS = 256
FORMATS = {
    rig_pb2.EXPORT_FORMAT_GLB: "glb",
    rig_pb2.EXPORT_FORMAT_OBJ: "obj",
    rig_pb2.EXPORT_FORMAT_BLEND: "blend",
    rig_pb2.EXPORT_FORMAT_FBX: "fbx",
    rig_pb2.EXPORT_FORMAT_SCENE: "scene",
}
POSES = dict(zip((rig_pb2.EXPORT_POSE_BONES, rig_pb2.EXPORT_POSE_BAKED), EXPORT_POSES, strict=True))
POSES[rig_pb2.EXPORT_POSE_UNSPECIFIED] = EXPORT_POSES[0]
ENCODERS = {
    rig_pb2.PICTURE_FORMAT_UNSPECIFIED: "jpeg",
    rig_pb2.PICTURE_FORMAT_JPEG: "jpeg",
    rig_pb2.PICTURE_FORMAT_PNG: "png",
}


class RigServicer(rig_pb2_grpc.RigServiceServicer):
    """Answers about rigs and characters.

    Args:
        backend: the running backend.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def ListRigs(self, request: rig_pb2.ListRigsRequest, context: grpc.ServicerContext) -> rig_pb2.ListRigsResponse:
        """Name the installed rigs."""
        shelf = self._backend.shelf
        summaries = [summary_message(shelf.get(rig_id)) for rig_id in shelf.ids()]
        return rig_pb2.ListRigsResponse(rigs=summaries, default_rig_id=shelf.default_id)

    def GetRig(self, request: rig_pb2.GetRigRequest, context: grpc.ServicerContext) -> rig_pb2.GetRigResponse:
        """Describe a rig."""
        rig = self._backend.shelf.get(request.rig_id)
        neutral = self._backend.shelf.channels(rig, np.full(len(rig.parameters), 0.5))
        return rig_message(rig, neutral, request.include_offsets)

    def EvaluateRig(
        self, request: rig_pb2.EvaluateRigRequest, context: grpc.ServicerContext
    ) -> rig_pb2.EvaluateRigResponse:
        """Turn a character into bone channels, a picture, a GLB."""
        rig = self._backend.shelf.get(request.character.rig_id)
        parameters, look = head_from_message(rig, request.character, "character")
        expression = expression_from_message(request.expression, "expression")
        outputs = outputs_from_message(request.files, "files")
        if "as_photo" in outputs:
            raise RequestInvalid("files", "there is no photo to show the head like", "leave RESULT_FILE_AS_PHOTO out")
        response = rig_pb2.EvaluateRigResponse(bones=bones_message(rig, self._backend.shelf.channels(rig, parameters)))
        if request.HasField("picture"):
            response.picture.CopyFrom(self._picture(rig.id, (parameters, look, expression), request.picture, context))
        if request.include_glb:
            with self._backend.heavy, tempfile.TemporaryDirectory(prefix="facewright-") as folder:
                path = Path(folder) / "head.glb"
                write_glb(path, build_character(rig, parameters, look), expression)
                response.glb = path.read_bytes()
        if outputs:
            made = self._backend.schedule.call(
                lambda: self._backend.workshop.files(rig.id, parameters, look, outputs), context.time_remaining()
            )
            response.files.extend(rig_pb2.File(name=name, content=content) for name, content in made)
        return response

    def SampleCharacters(
        self, request: rig_pb2.SampleCharactersRequest, context: grpc.ServicerContext
    ) -> rig_pb2.SampleCharactersResponse:
        """Draw random characters."""
        rig = self._backend.shelf.get(request.rig_id)
        in_range("count", request.count, 1, MAX_CHARACTERS)
        style = style_from_message(rig, request.styles, "styles")
        with self._backend.heavy:
            drawn = list(random_characters(rig, request.count, request.seed, style))
        return rig_pb2.SampleCharactersResponse(characters=[character_message(rig, *one) for one in drawn])

    def ExportCharacter(
        self, request: rig_pb2.ExportCharacterRequest, context: grpc.ServicerContext
    ) -> rig_pb2.ExportCharacterResponse:
        """Write a character in the format of another program."""
        rig = self._backend.shelf.get(request.character.rig_id)
        form = known_enum("format", request.format, FORMATS)
        pose = known_enum("pose", request.pose, POSES)
        parameters, look = head_from_message(rig, request.character, "character")
        with self._backend.heavy, tempfile.TemporaryDirectory(prefix="facewright-") as folder:
            try:
                if form == "scene":
                    write_scene_folder(Path(folder), build_character(rig, parameters, look))
                    made = sorted(Path(folder).iterdir())
                else:
                    made = write_export(rig, parameters, look, Path(folder) / f"head.{form}", form, pose)
            except OutputNotWritable as error:
                raise OutputNotWritable(
                    "the server could not write its temporary files", "free some disk space on the server's machine"
                ) from error
            files = [rig_pb2.File(name=path.name, content=path.read_bytes()) for path in made]
        return rig_pb2.ExportCharacterResponse(files=files)

    def _picture(
        self,
        rig_id: str,
        head: tuple[np.ndarray, Look, np.ndarray],
        asked: rig_pb2.PictureRequest,
        context: grpc.ServicerContext,
    ) -> rig_pb2.Picture:
        """Draw a head, which is parameters (P,), look and expression (E,), on the device's thread."""
        side = asked.side_px or PICTURE_SIDE_PX
        in_range("picture.side_px", side, *PICTURE_SIDES_PX)
        yaw = np.radians(in_range("picture.yaw_deg", asked.yaw_deg, -180.0, 180.0))
        pitch = np.radians(in_range("picture.pitch_deg", asked.pitch_deg, -60.0, 60.0))
        encode = {"jpeg": jpeg, "png": png}[known_enum("picture.format", asked.format, ENCODERS)]
        workshop = self._backend.workshop
        image = self._backend.schedule.call(
            lambda: workshop.draw(rig_id, head, side, yaw, pitch), context.time_remaining()
        )
        form = rig_pb2.PICTURE_FORMAT_PNG if encode is png else rig_pb2.PICTURE_FORMAT_JPEG
        return rig_pb2.Picture(format=form, content=encode(image), width_px=side, height_px=side)
