"""Live tracking: frames and settings from messages, expressions to messages."""

import statistics
from functools import partial

import numpy as np
from facewright_client.generated import expression_pb2

from facewright.datatypes import ARKIT_52
from facewright.errors import RequestInvalid
from facewright.expression.calibration import Calibration
from facewright.perception.image import decode_image
from facewright.pipelines.video import ENDED, PLAYING, WAITING
from facewright.rig.nouns import Rig
from facewright.service.convert.checks import known_enum
from facewright.service.convert.fitting import head_pose_message
from facewright.service.convert.rig import head_from_message, summary_message
from facewright.service.live.hub import CalibrationOutcome, LiveAnswer, LiveCounts, LiveFrame, raw_frame

FRAME_BYTES, FRAME_PIXELS, SMALLEST_SIDE_PX = 32 * 2**20, 4096 * 4096, 16
TRACKED_SIDE_PX = 1280
"""Encoded frames are scaled down to this: a face in a larger one gains nothing."""

LARGEST_PREDICTION_MS = 100
FRAME_FORMATS = ("JPEG", "PNG", "WEBP")
LAYOUTS = {
    expression_pb2.PIXEL_FORMAT_RGB8: "rgb",
    expression_pb2.PIXEL_FORMAT_BGR8: "bgr",
    expression_pb2.PIXEL_FORMAT_RGBX8: "rgbx",
}
STATES = {
    "tracked": expression_pb2.TRACKING_STATE_TRACKED,
    "held": expression_pb2.TRACKING_STATE_HELD,
    "lost": expression_pb2.TRACKING_STATE_LOST,
}
POSES = {
    expression_pb2.CALIBRATION_POSE_NEUTRAL: "neutral",
    expression_pb2.CALIBRATION_POSE_OPEN_MOUTH: "open_mouth",
    expression_pb2.CALIBRATION_POSE_BLINK: "blink",
    expression_pb2.CALIBRATION_POSE_SMILE: "smile",
}
CAPTURE_STATES = {
    PLAYING: expression_pb2.CAPTURE_STATE_RUNNING,
    ENDED: expression_pb2.CAPTURE_STATE_ENDED,
    WAITING: expression_pb2.CAPTURE_STATE_INTERRUPTED,
}


def identity_from_message(rig: Rig, settings: expression_pb2.TrackingSettings, field: str) -> np.ndarray | None:
    """Read (P,) parameters of the person in front of the camera; None when they are not known.

    Raises:
        RequestInvalid: they are of another rig, or out of range.
    """
    if not settings.HasField("identity"):
        return None
    if settings.identity.rig_id not in ("", rig.id):
        raise RequestInvalid(
            f"{field}.identity.rig_id", f"the identity is not one of rig {rig.id}", "name the same rig in both places"
        )
    return head_from_message(rig, settings.identity, f"{field}.identity")[0]


def calibration_from_message(settings: expression_pb2.TrackingSettings) -> Calibration | None:
    """Read what is known of the person; None when nothing is."""
    if not settings.HasField("calibration"):
        return None
    known = settings.calibration
    rest, gains = np.array(known.resting_features, np.float32), np.array(known.gains, np.float64)
    if not (np.isfinite(rest).all() and np.isfinite(gains).all()):
        raise RequestInvalid("settings.calibration", "it holds numbers that are not finite", "calibrate again")
    return Calibration(known.reader, rest, gains)


def calibration_message(calibration: Calibration | None) -> expression_pb2.Calibration | None:
    """Describe what is known of a person."""
    if calibration is None:
        return None
    return expression_pb2.Calibration(
        reader=calibration.reader,
        resting_features=calibration.rest.tolist(),
        gains=calibration.gains.tolist(),
    )


def calibrated_message(outcome: CalibrationOutcome) -> expression_pb2.Calibrated:
    """Tell how a calibration went."""
    return expression_pb2.Calibrated(
        pose=next(number for number, pose in POSES.items() if pose == outcome.pose),
        calibration=calibration_message(outcome.calibration),
        notice="" if outcome.problem is None else f"{outcome.problem}: {outcome.problem.remedy}",
    )


def prediction_from_message(settings: expression_pb2.TrackingSettings, field: str) -> float:
    """Read how many seconds ahead expressions are predicted.

    Raises:
        RequestInvalid: it is too far.
    """
    if settings.prediction_ms > LARGEST_PREDICTION_MS:
        raise RequestInvalid(
            f"{field}.prediction_ms",
            f"expected at most {LARGEST_PREDICTION_MS}, found {settings.prediction_ms}",
            "send less, or nothing",
        )
    return settings.prediction_ms * 1e-3


def frame_from_message(frame: expression_pb2.Frame) -> LiveFrame:
    """Read a frame; it is decoded when it is worked on.

    Raises:
        RequestInvalid: it has no image, or one that is too large or too small.
    """
    kind = frame.WhichOneof("image")
    if kind is None:
        raise RequestInvalid("frame.image", "expected an encoded or raw image, found none", "send one")
    content = frame.encoded if kind == "encoded" else frame.raw.content  # read once: each reading copies
    if not 0 < len(content) <= FRAME_BYTES:
        raise RequestInvalid(
            f"frame.{kind}",
            f"expected at most {FRAME_BYTES // 2**20} MiB, found {len(content)} bytes",
            "send a smaller one",
        )
    if kind == "encoded":
        decode = partial(decode_image, content, TRACKED_SIDE_PX, FRAME_PIXELS, FRAME_FORMATS)
    else:
        raw = frame.raw
        layout = known_enum("frame.raw.format", raw.format, LAYOUTS)
        if min(raw.width_px, raw.height_px) < SMALLEST_SIDE_PX or raw.width_px * raw.height_px > FRAME_PIXELS:
            raise RequestInvalid(
                "frame.raw",
                f"expected sides of at least {SMALLEST_SIDE_PX} px and at most {FRAME_PIXELS} px in all, found "
                f"{raw.width_px} x {raw.height_px}",
                "send frames of a usual size, as 640 x 480",
            )
        decode = partial(raw_frame, content, raw.width_px, raw.height_px, layout)
    return LiveFrame(frame.frame_id, frame.timestamp_us, decode)


def answer_message(answer: LiveAnswer) -> expression_pb2.Expression:
    """Describe what a face does in a frame."""
    expression = answer.expression
    message = expression_pb2.Expression(
        frame_id=answer.frame.frame_id,
        timestamp_us=answer.frame.timestamp_us,
        coefficients=expression.coefficients.tolist(),
        state=STATES[expression.state],
        dropped_frames=answer.dropped,
        work_ms=answer.work_ms,
        wait_ms=answer.wait_ms,
    )
    if expression.camera is not None and answer.eye_middle_m is not None:
        message.head_pose.CopyFrom(head_pose_message(expression.camera, answer.eye_middle_m))
    return message


def started_message(rig: Rig) -> expression_pb2.StreamStarted:
    """Tell what every expression of a stream has in common."""
    return expression_pb2.StreamStarted(blendshapes=ARKIT_52, rig=summary_message(rig))


def status_message(counts: LiveCounts) -> expression_pb2.StreamStatus:
    """Tell how a stream fares."""
    times = list(counts.work_ms)
    return expression_pb2.StreamStatus(
        received_frames=counts.received,
        answered_frames=counts.answered,
        dropped_frames=counts.dropped,
        damaged_frames=counts.damaged,
        median_work_ms=statistics.median(times) if times else 0.0,
        notice=counts.notice,
    )
