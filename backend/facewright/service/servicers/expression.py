"""ExpressionService: frames of a client as a stream, cameras of this machine by polling."""

import threading
import time
from collections.abc import Iterator

import grpc
import numpy as np
from facewright_client.generated import expression_pb2, expression_pb2_grpc

from facewright.errors import CalibrationInvalid, FacewrightError, NotReady, RequestInvalid, TimeLimitExceeded
from facewright.pipelines.live import LiveTracker
from facewright.pipelines.video import Source
from facewright.rig.nouns import Rig
from facewright.service.backend import Backend
from facewright.service.convert.checks import known_enum
from facewright.service.convert.expression import (
    CAPTURE_STATES,
    POSES,
    answer_message,
    calibrated_message,
    calibration_from_message,
    calibration_message,
    frame_from_message,
    identity_from_message,
    prediction_from_message,
    started_message,
    status_message,
)
from facewright.service.live.captures import allowed_path
from facewright.service.live.hub import LiveSession
from facewright.service.status import without_frames

STATUS_S = 2.0
"""So often a stream tells how it fares."""

HEARTBEAT_S = 0.25
CALIBRATION_WAIT_S = 8.0
LARGEST_CAMERA_INDEX = 63


class ExpressionServicer(expression_pb2_grpc.ExpressionServiceServicer):
    """Tracks faces live.

    Args:
        backend: the running backend.
        is_local_only: whether clients of other machines cannot connect.
    """

    def __init__(self, backend: Backend, is_local_only: bool) -> None:
        self._backend, self._is_local_only = backend, is_local_only

    def StreamExpressions(
        self, requests: Iterator[expression_pb2.StreamExpressionsRequest], context: grpc.ServicerContext
    ) -> Iterator[expression_pb2.StreamExpressionsResponse]:
        """Answer frames with expressions; the latest frame wins."""
        header = next(requests, None)
        if header is None or header.WhichOneof("message") != "header":
            raise RequestInvalid("message", "expected a header first", "send a header, then frames")
        rig, session = self._open(header.header, "header", keeps_all=True)
        reader = _FrameReader(requests, session)
        try:
            yield expression_pb2.StreamExpressionsResponse(started=started_message(rig))
            reader.start()
            told_s, told = time.monotonic(), 0
            while context.is_active():
                answer = session.next_answer(HEARTBEAT_S)
                if answer is not None:
                    yield expression_pb2.StreamExpressionsResponse(expression=answer_message(answer))
                    if answer.outcome is not None:
                        yield expression_pb2.StreamExpressionsResponse(calibrated=calibrated_message(answer.outcome))
                elif session.is_done():
                    break
                if session.counts.received > told and time.monotonic() - told_s >= STATUS_S:
                    told_s, told = time.monotonic(), session.counts.received
                    yield expression_pb2.StreamExpressionsResponse(status=status_message(session.counts))
                if time.monotonic() - reader.heard_s > self._backend.limits.idle_seconds:
                    raise TimeLimitExceeded(
                        f"no frame came for {self._backend.limits.idle_seconds:g} s", "open the stream again"
                    )
            if reader.failure is not None:
                raise reader.failure
            yield expression_pb2.StreamExpressionsResponse(status=status_message(session.counts))
        finally:
            self._backend.hub.close(session)

    def StartCapture(
        self, request: expression_pb2.StartCaptureRequest, context: grpc.ServicerContext
    ) -> expression_pb2.StartCaptureResponse:
        """Open a camera or video file."""
        kind = request.WhichOneof("source")
        if kind is None:
            raise RequestInvalid("source", "expected a camera or a video file, found none", "send one")
        if kind == "camera_index":
            if request.camera_index > LARGEST_CAMERA_INDEX:
                raise RequestInvalid(
                    "camera_index",
                    f"expected 0 to {LARGEST_CAMERA_INDEX}, found {request.camera_index}",
                    "mostly it is 0",
                )
            source = Source(camera_index=request.camera_index)
        else:
            path = allowed_path(request.video_path, self._backend.limits.videos_dir, self._is_local_only)
            source = Source(path=path, loops=request.loop)
        opened: list[Rig] = []

        def open_session() -> LiveSession:
            rig, session = self._open(request.settings, "settings", keeps_all=False)
            opened.append(rig)
            return session

        capture = self._backend.captures.start(source, open_session)
        started = started_message(opened[0])
        return expression_pb2.StartCaptureResponse(
            capture_id=capture.id,
            blendshapes=started.blendshapes,
            rig=started.rig,
            width_px=max(capture.width_px, 0),
            height_px=max(capture.height_px, 0),
            frames_hz=capture.frames_hz,
        )

    def GetLatestExpression(
        self, request: expression_pb2.GetLatestExpressionRequest, context: grpc.ServicerContext
    ) -> expression_pb2.GetLatestExpressionResponse:
        """Return the newest expression of a capture."""
        capture = self._backend.captures.find(request.capture_id)
        newest = capture.session.newest()
        response = expression_pb2.GetLatestExpressionResponse(
            state=CAPTURE_STATES[capture.player.state],
            frames_hz=capture.session.answered_hz(),
            notice=capture.player.notice or capture.session.counts.notice,
        )
        if newest is not None and newest.frame.frame_id != request.seen_frame_id:
            response.expression.CopyFrom(answer_message(newest))
        return response

    def CalibrateCapture(
        self, request: expression_pb2.CalibrateCaptureRequest, context: grpc.ServicerContext
    ) -> expression_pb2.CalibrateCaptureResponse:
        """Watch the person of a capture for a second."""
        pose = known_enum("pose", request.pose, POSES)
        session = self._backend.captures.find(request.capture_id).session
        session.calibrate(pose)
        outcome = session.wait_for_outcome(CALIBRATION_WAIT_S)
        if outcome is None:
            raise CalibrationInvalid(
                f"no face was seen for a second within {CALIBRATION_WAIT_S:g} s", "look into the camera and try again"
            )
        if outcome.problem is not None:
            raise outcome.problem
        return expression_pb2.CalibrateCaptureResponse(calibration=calibration_message(outcome.calibration))

    def StopCapture(
        self, request: expression_pb2.StopCaptureRequest, context: grpc.ServicerContext
    ) -> expression_pb2.StopCaptureResponse:
        """Close a capture."""
        self._backend.captures.stop(self._backend.captures.find(request.capture_id))
        return expression_pb2.StopCaptureResponse()

    def _open(self, settings: expression_pb2.TrackingSettings, field: str, keeps_all: bool) -> tuple[Rig, LiveSession]:
        backend = self._backend
        if backend.is_stopping or not backend.is_loaded:
            raise NotReady("the backend is loading or stopping", "wait until its health is SERVING")
        rig = backend.shelf.get(settings.rig_id)
        identity = identity_from_message(rig, settings, field)
        tracker: LiveTracker = backend.workshop.live_pipeline(rig).open(
            identity,
            not settings.disable_smoothing,
            calibration_from_message(settings),
            prediction_from_message(settings, field),
            learns_aside=True,
        )

        def eye_middle(parameters: np.ndarray) -> np.ndarray:
            return backend.shelf.eye_middle(rig, parameters)

        return rig, backend.hub.open(tracker, eye_middle, keeps_all)


class _FrameReader:
    """Takes a client's frames from the wire as they come, in a thread, so that the latest can win."""

    def __init__(self, requests: Iterator[expression_pb2.StreamExpressionsRequest], session: LiveSession) -> None:
        self._requests, self._session = requests, session
        self.heard_s = time.monotonic()
        self.failure: FacewrightError | None = None

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._read, name="frames", daemon=True).start()

    def _read(self) -> None:
        try:
            for request in self._requests:
                self.heard_s = time.monotonic()
                kind = request.WhichOneof("message")
                if kind == "calibrate":
                    self._session.calibrate(known_enum("calibrate", request.calibrate, POSES))
                    continue
                if kind != "frame":
                    raise RequestInvalid("message", "expected a frame, found none or a second header", "send frames")
                self._session.put(frame_from_message(request.frame))
        except FacewrightError as error:
            self.failure = without_frames(error)
        finally:
            self._session.end()
