"""Fits: from a specification to an order, from a fitted head to its message."""

import dataclasses
import math
import re
from collections.abc import Sequence

import numpy as np
from facewright_client.generated import fitting_pb2, rig_pb2

from facewright.config import FacewrightConfig, with_overrides
from facewright.datatypes import Camera, FitResult, Progress
from facewright.errors import FacewrightError, RequestInvalid
from facewright.export.rig_json import head_pose
from facewright.perception.image import decode_image
from facewright.rig.nouns import Rig
from facewright.service.convert.checks import at_most, in_range, known_name, shortened
from facewright.service.convert.rig import (
    bones_message,
    character_message,
    expression_message,
    outputs_from_message,
    style_from_message,
    vector_message,
)
from facewright.service.device.schedule import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED, Job
from facewright.service.device.workshop import FitOrder, FittedHead
from facewright.service.status import code_of

MAX_PHOTOS = 8
MAX_SETTINGS, LONGEST_SETTING = 64, 256
SETTING_PARTS = ("fitting.", "skin.", "style.", "output.")
PREVIEW_SIDES_PX, PREVIEW_SIDE_PX = (64, 1024), 256
PREVIEW_INTERVALS_MS, PREVIEW_INTERVAL_MS = (100, 60_000), 1000
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")

STATES = {
    QUEUED: fitting_pb2.FIT_STATE_QUEUED,
    RUNNING: fitting_pb2.FIT_STATE_RUNNING,
    SUCCEEDED: fitting_pb2.FIT_STATE_SUCCEEDED,
    FAILED: fitting_pb2.FIT_STATE_FAILED,
    CANCELLED: fitting_pb2.FIT_STATE_CANCELLED,
}
STAGE_SHARES = {
    "observe": 0.03,
    "landmarks": 0.03,
    "style": 0.11,
    "detection": 0.03,
    "imitator": 0.44,
    "skin": 0.22,
    "write": 0.14,
}
"""Share of each stage in the time of a fit with all stages and files, in their order."""


def checked_request_id(request_id: str) -> str:
    """Return a request id.

    Raises:
        RequestInvalid: it is too long or holds other characters than letters, digits, - and _.
    """
    if request_id and not REQUEST_ID.fullmatch(request_id):
        raise RequestInvalid(
            "request_id", "expected 1 to 128 letters, digits, - and _", "use a UUID, or leave it empty"
        )
    return request_id


def config_from_message(rig: Rig, spec: fitting_pb2.FitSpecification, base: FacewrightConfig) -> FacewrightConfig:
    """Read what a fit changes of the server's settings.

    Raises:
        RequestInvalid: a field is out of range or a setting may not be changed.
        ConfigInvalid: a setting is unknown or its value is not of its kind.
    """
    at_most("fit.settings", len(spec.settings), MAX_SETTINGS, "settings")
    assignments = []
    for key, text in sorted(spec.settings.items()):
        if not key.startswith(SETTING_PARTS) or max(len(key), len(text)) > LONGEST_SETTING:
            raise RequestInvalid(
                f"fit.settings[{shortened(key)}]",
                f"expected a name that begins with {', '.join(SETTING_PARTS)}",
                "see `facewright fit --help` for the settings; device and engine are the server's own",
            )
        assignments.append(f"{key}={text}")
    config = with_overrides(dataclasses.replace(base, rig=rig.id), assignments)
    for group in rig.styles:
        choice = getattr(config.style, group.name)
        if choice and choice != getattr(base.style, group.name):
            names = [one.name for one in group.choices]
            known_name(f"fit.settings[style.{group.name}]", choice, names, f"{group.name} style")
    style = style_from_message(rig, spec.styles, "fit.styles")
    asked = {name: choice for name, choice in vars(style).items() if choice}
    config = dataclasses.replace(config, style=dataclasses.replace(config.style, **asked))
    if spec.HasField("skin_share"):
        share = in_range("fit.skin_share", spec.skin_share, 0.0, 1.0)
        config = dataclasses.replace(config, skin=dataclasses.replace(config.skin, share=share))
    return config


def order_from_message(rig: Rig, spec: fitting_pb2.FitSpecification, base: FacewrightConfig) -> FitOrder:
    """Read what shall be fitted and decode its photos.

    Raises:
        FacewrightError: a field is out of range, or a photo cannot be used.
    """
    config = config_from_message(rig, spec, base)
    outputs = outputs_from_message(spec.files, "fit.files")
    if not spec.photos:
        raise RequestInvalid("fit.photos", "expected at least one photo, found none", "send an encoded image")
    at_most("fit.photos", len(spec.photos), MAX_PHOTOS, "photos")
    preview_px, preview_ms = 0, PREVIEW_INTERVAL_MS
    if spec.HasField("preview"):
        preview_px = spec.preview.side_px or PREVIEW_SIDE_PX
        preview_ms = spec.preview.interval_ms or PREVIEW_INTERVAL_MS
        in_range("fit.preview.side_px", preview_px, *PREVIEW_SIDES_PX)
        in_range("fit.preview.interval_ms", preview_ms, *PREVIEW_INTERVALS_MS)
    photos = tuple(_decoded(photo.content, f"fit.photos[{number}]") for number, photo in enumerate(spec.photos))
    return FitOrder(
        photos=photos,
        face_index=spec.face_index,
        config=config,
        outputs=outputs,
        preview_px=preview_px,
        preview_ms=preview_ms,
        with_skin=spec.include_photo_skin,
    )


def _decoded(content: bytes, field: str) -> np.ndarray:
    try:
        return decode_image(content)
    except FacewrightError as error:
        blamed = type(error)(f"{field}: {error}", error.remedy)
        blamed.field = field
        raise blamed from error


def result_message(
    rig: Rig, head: FittedHead, channels: np.ndarray, eye_middle_m: np.ndarray, with_skin: bool
) -> fitting_pb2.FitResult:
    """Describe a fitted head.

    Args:
        rig: the rig.
        head: what the fit gave.
        channels: (J, 9) its bone channels.
        eye_middle_m: (3,) middle between its eyes, world space.
        with_skin: whether the photo skin comes along.
    """
    result: FitResult = head.result
    return fitting_pb2.FitResult(
        character=character_message(rig, result.parameters, result.look, result.choices, with_skin),
        bones=bones_message(rig, channels),
        expression=expression_message(result.expression),
        head_pose=head_pose_message(result.photo_camera, eye_middle_m),
        camera=_camera_message(result.photo_camera),
        losses={name: float(value) for name, value in result.losses.items()},
        stage_ms={name: float(value) for name, value in result.stage_ms.items()},
        files=[rig_pb2.File(name=name, content=content) for name, content in head.files],
    )


def head_pose_message(camera: Camera, eye_middle_m: np.ndarray) -> fitting_pb2.HeadPose:
    """Describe how a head is turned and placed in front of a camera; (3,) is the middle between its eyes."""
    pose = head_pose(camera, eye_middle_m)
    w, x, y, z = pose["rotation_wxyz"]
    return fitting_pb2.HeadPose(
        rotation_w=w,
        rotation_x=x,
        rotation_y=y,
        rotation_z=z,
        translation_m=vector_message(pose["translation_m"]),
        yaw_deg=pose["yaw_deg"],
        pitch_deg=pose["pitch_deg"],
        roll_deg=pose["roll_deg"],
    )


def progress_message(job: Job, seen_sequence: int) -> fitting_pb2.FitProgress | None:
    """Describe how far a job is; None before its first report. A preview up to `seen_sequence` is not sent again."""
    progress, preview, order = job.progress, job.preview, job.order
    if progress is None:
        return None
    message = fitting_pb2.FitProgress(
        sequence=job.sequence,
        stage=progress.stage,
        step=progress.step,
        steps=progress.steps,
        fraction=1.0 if order is None else done_share(progress, stages_of(order)),
    )
    if not math.isnan(progress.loss):
        message.loss = progress.loss
    if preview is not None and preview[1] > seen_sequence and order is not None:
        message.preview.format = rig_pb2.PICTURE_FORMAT_JPEG
        message.preview.content = preview[0]
        message.preview.width_px = message.preview.height_px = order.preview_px
    return message


def stages_of(order: FitOrder) -> tuple[str, ...]:
    """Return the stages that a fit has, in order."""
    fitting = order.config.fitting
    left_out = {
        "style": not fitting.choose_styles,
        "detection": fitting.detection_rounds == 0,
        "imitator": not fitting.imitator_stage or fitting.iterations == 0,
        "skin": order.config.skin.share == 0,
        "write": not order.outputs,
    }
    return tuple(name for name in STAGE_SHARES if not left_out.get(name, False))


def done_share(progress: Progress, stages: Sequence[str]) -> float:
    """Estimate how much of a fit is done, in [0, 1]."""
    if progress.stage not in stages:
        return 0.0
    before = sum(STAGE_SHARES[name] for name in stages[: stages.index(progress.stage)])
    here = STAGE_SHARES[progress.stage] * progress.step / max(progress.steps, 1)
    return (before + here) / sum(STAGE_SHARES[name] for name in stages)


def failure_message(error: FacewrightError) -> fitting_pb2.Failure:
    """Describe why a fit has no result."""
    number = code_of(error).value[0]
    return fitting_pb2.Failure(reason=error.reason, message=str(error), remedy=error.remedy, status_code=number)


def _camera_message(camera: Camera) -> fitting_pb2.Camera:
    width, height = camera.size_px
    return fitting_pb2.Camera(
        camera_from_world=np.asarray(camera.camera_from_world, np.float64).ravel().tolist(),
        focal_px=camera.focal_px,
        centre_x_px=float(camera.centre_px[0]),
        centre_y_px=float(camera.centre_px[1]),
        width_px=int(width),
        height_px=int(height),
    )
