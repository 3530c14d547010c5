"""One class with a method for each call of a backend; messages are those of the protocol, errors are BackendError."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import grpc

from .errors import BackendError, error_from_call
from .generated import (
    expression_pb2,
    expression_pb2_grpc,
    fitting_pb2,
    fitting_pb2_grpc,
    rig_pb2,
    rig_pb2_grpc,
    server_pb2,
    server_pb2_grpc,
)
from .pending import Pending
from .specification import style_choices

MESSAGE_BYTES = 64 * 2**20
CALL_S = 30.0
EXPORT_S = 600.0
"""Time that short calls, and those that write files, may take."""

HEALTH_WATCH = "/grpc.health.v1.Health/Watch"

OPTIONS = [
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
]


def open_channel(address: str, root_certificates: bytes | None = None, is_tls: bool = False) -> grpc.Channel:
    """Open a channel with the limits of the protocol; it connects with the first call.

    Args:
        address: HOST:PORT.
        root_certificates: PEM certificates to trust; implies TLS.
        is_tls: whether to use TLS with the system's certificates.
    """
    if root_certificates is not None or is_tls:
        return grpc.secure_channel(address, grpc.ssl_channel_credentials(root_certificates), OPTIONS)
    return grpc.insecure_channel(address, OPTIONS)


class Client:
    """Talks to one backend; close it, or use it in a `with` statement.

    Args:
        address: HOST:PORT.
        token: what the backend wants clients to send; None for nothing.
        root_certificates: PEM certificates to trust; implies TLS.
        is_tls: whether to use TLS with the system's certificates.
        client_id: tells this client from others where the backend shares its time; random when None.
    """

    def __init__(
        self,
        address: str,
        token: str | None = None,
        root_certificates: bytes | None = None,
        is_tls: bool = False,
        client_id: str | None = None,
    ) -> None:
        self.address = address
        self._metadata = [("x-facewright-client", client_id or uuid.uuid4().hex)]
        if token is not None:
            self._metadata.append(("authorization", f"Bearer {token}"))
        self._channel = open_channel(address, root_certificates, is_tls)
        self._watch: grpc.Call | None = None
        self._server = server_pb2_grpc.ServerServiceStub(self._channel)
        self._rigs = rig_pb2_grpc.RigServiceStub(self._channel)
        self._fitting = fitting_pb2_grpc.FittingServiceStub(self._channel)
        self._expressions = expression_pb2_grpc.ExpressionServiceStub(self._channel)

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stay_awake(self) -> None:
        """Keep one call open, so that calls that are polled begin sooner; it ends with `close`.

        Without any call gRPC ends its thread and starts another one with the next call, for which the caller waits. The
        call that is kept is a watch on the backend's health, which costs the backend no thread.
        """
        watch = self._channel.unary_stream(HEALTH_WATCH)
        self._watch = watch(b"", metadata=self._metadata)

    def server_info(self, timeout_s: float = CALL_S) -> server_pb2.GetServerInfoResponse:
        """Return version, state, device, limits, rigs and capabilities.

        Raises:
            BackendError: the call failed; every method of this class raises it.
        """
        return self.server_info_later(timeout_s).result()

    def server_info_later(self, timeout_s: float = CALL_S) -> Pending:
        """Begin `server_info`; every method that ends in `_later` returns at once."""
        request = server_pb2.GetServerInfoRequest()
        return Pending(self._server.GetServerInfo.future(request, timeout_s, metadata=self._metadata))

    def wait_until_ready(self, timeout_s: float = 120.0) -> server_pb2.GetServerInfoResponse:
        """Wait until the backend answers and has loaded its models.

        Raises:
            BackendError: the time is over, or the backend refuses to answer.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                info = self.server_info(min(2.0, max(0.1, deadline - time.monotonic())))
                if info.state == server_pb2.SERVER_STATE_READY:
                    return info
                trouble = BackendError(
                    grpc.StatusCode.UNAVAILABLE, "NOT_READY", "the backend is still loading", "wait a little longer"
                )
            except BackendError as error:
                if error.code not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                    raise
                trouble = error
            if time.monotonic() > deadline:
                raise trouble
            time.sleep(0.1)

    def list_rigs(self) -> rig_pb2.ListRigsResponse:
        """Return the installed rigs."""
        with _errors():
            return self._rigs.ListRigs(rig_pb2.ListRigsRequest(), CALL_S, metadata=self._metadata)

    def get_rig(self, rig_id: str = "", include_offsets: bool = False) -> rig_pb2.GetRigResponse:
        """Return parameters, bones, blendshapes and styles of a rig; with offsets, what poses it without a backend."""
        return self.get_rig_later(rig_id, include_offsets).result()

    def get_rig_later(self, rig_id: str = "", include_offsets: bool = False) -> Pending:
        """Begin `get_rig`."""
        request = rig_pb2.GetRigRequest(rig_id=rig_id, include_offsets=include_offsets)
        return Pending(self._rigs.GetRig.future(request, CALL_S, metadata=self._metadata))

    def evaluate(
        self,
        character: rig_pb2.Character,
        expression: Mapping[str, float] | None = None,
        picture: rig_pb2.PictureRequest | None = None,
        include_glb: bool = False,
        files: Sequence[rig_pb2.ResultFile] = (),
    ) -> rig_pb2.EvaluateRigResponse:
        """Return the bone channels of a character, and a picture, a posed GLB or files if asked for."""
        return self.evaluate_later(character, expression, picture, include_glb, files).result()

    def evaluate_later(
        self,
        character: rig_pb2.Character,
        expression: Mapping[str, float] | None = None,
        picture: rig_pb2.PictureRequest | None = None,
        include_glb: bool = False,
        files: Sequence[rig_pb2.ResultFile] = (),
    ) -> Pending:
        """Begin `evaluate`."""
        weights = [rig_pb2.BlendshapeWeight(name=name, weight=weight) for name, weight in (expression or {}).items()]
        request = rig_pb2.EvaluateRigRequest(
            character=character, expression=weights, picture=picture, include_glb=include_glb, files=files
        )
        return Pending(self._rigs.EvaluateRig.future(request, EXPORT_S, metadata=self._metadata))

    def sample(
        self, count: int, seed: int = 0, rig_id: str = "", styles: Mapping[str, str] | None = None
    ) -> Sequence[rig_pb2.Character]:
        """Return random characters; the same seed gives the same ones."""
        return self.sample_later(count, seed, rig_id, styles).result().characters

    def sample_later(
        self, count: int, seed: int = 0, rig_id: str = "", styles: Mapping[str, str] | None = None
    ) -> Pending:
        """Begin `sample`; the result is a SampleCharactersResponse."""
        request = rig_pb2.SampleCharactersRequest(rig_id=rig_id, count=count, seed=seed, styles=style_choices(styles))
        return Pending(self._rigs.SampleCharacters.future(request, EXPORT_S, metadata=self._metadata))

    def export(
        self,
        character: rig_pb2.Character,
        form: rig_pb2.ExportFormat,
        pose: rig_pb2.ExportPose = rig_pb2.EXPORT_POSE_BONES,
    ) -> Sequence[rig_pb2.File]:
        """Return a character as files of one of the formats EXPORT_FORMAT_*."""
        return self.export_later(character, form, pose).result().files

    def export_later(
        self,
        character: rig_pb2.Character,
        form: rig_pb2.ExportFormat,
        pose: rig_pb2.ExportPose = rig_pb2.EXPORT_POSE_BONES,
    ) -> Pending:
        """Begin `export`; the result is an ExportCharacterResponse."""
        request = rig_pb2.ExportCharacterRequest(character=character, format=form, pose=pose)
        return Pending(self._rigs.ExportCharacter.future(request, EXPORT_S, metadata=self._metadata))

    def fit(
        self,
        specification: fitting_pb2.FitSpecification,
        progress: Callable[[fitting_pb2.FitProgress], None] | None = None,
        queued: Callable[[fitting_pb2.FitAccepted], None] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
        request_id: str = "",
        timeout_s: float | None = None,
    ) -> fitting_pb2.FitResult:
        """Fit a head and wait for it; leaving early, by an exception or Ctrl-C, stops the backend's work.

        Args:
            specification: photos and options; `photo_specification` makes one.
            progress: told how far the fit is.
            queued: told the place in the queue while it waits.
            is_cancelled: asked after every report; the fit is cancelled once it says yes.
            request_id: makes a retry join the first call.
            timeout_s: time for the whole fit; None for no limit but the backend's own.

        Raises:
            BackendError: the photo cannot be used, the fit was cancelled, or the backend is gone.
        """
        request = fitting_pb2.FitPhotoRequest(request_id=request_id or uuid.uuid4().hex, fit=specification)
        result = None
        with _errors():
            call = self._fitting.FitPhoto(request, timeout_s, metadata=self._metadata)
            try:
                for response in call:
                    event = response.WhichOneof("event")
                    if event == "accepted" and queued is not None:
                        queued(response.accepted)
                    elif event == "progress" and progress is not None:
                        progress(response.progress)
                    elif event == "result":
                        result = response.result
                    if result is None and is_cancelled is not None and is_cancelled():
                        raise BackendError(
                            grpc.StatusCode.CANCELLED, "CANCELLED", "the fit was cancelled", "start it again"
                        )
            finally:
                call.cancel()
        if result is None:
            raise BackendError(grpc.StatusCode.INTERNAL, "INTERNAL", "the fit ended without a result", "fit again")
        return result

    def start_fit(
        self, specification: fitting_pb2.FitSpecification, request_id: str = "", timeout_s: float = CALL_S
    ) -> fitting_pb2.StartFitResponse:
        """Put a fit into the queue and return its id."""
        return self.start_fit_later(specification, request_id, timeout_s).result()

    def start_fit_later(
        self, specification: fitting_pb2.FitSpecification, request_id: str = "", timeout_s: float = CALL_S
    ) -> Pending:
        """Begin `start_fit`."""
        request = fitting_pb2.StartFitRequest(request_id=request_id or uuid.uuid4().hex, fit=specification)
        return Pending(self._fitting.StartFit.future(request, timeout_s, metadata=self._metadata))

    def get_fit(self, job_id: str, seen_sequence: int = 0, timeout_s: float = CALL_S) -> fitting_pb2.GetFitResponse:
        """Return how far a fit is, and its result or failure once it has ended."""
        return self.get_fit_later(job_id, seen_sequence, timeout_s).result()

    def get_fit_later(self, job_id: str, seen_sequence: int = 0, timeout_s: float = CALL_S) -> Pending:
        """Begin `get_fit`."""
        request = fitting_pb2.GetFitRequest(job_id=job_id, seen_sequence=seen_sequence)
        return Pending(self._fitting.GetFit.future(request, timeout_s, metadata=self._metadata))

    def cancel_fit(self, job_id: str, timeout_s: float = CALL_S) -> fitting_pb2.CancelFitResponse:
        """Stop a fit within a step."""
        return self.cancel_fit_later(job_id, timeout_s).result()

    def cancel_fit_later(self, job_id: str, timeout_s: float = CALL_S) -> Pending:
        """Begin `cancel_fit`."""
        request = fitting_pb2.CancelFitRequest(job_id=job_id)
        return Pending(self._fitting.CancelFit.future(request, timeout_s, metadata=self._metadata))

    def expressions(
        self,
        frames: "Iterable[expression_pb2.Frame | expression_pb2.CalibrationPose]",
        settings: expression_pb2.TrackingSettings | None = None,
    ) -> Iterator[expression_pb2.StreamExpressionsResponse]:
        """Send frames and yield what the backend answers: started, expressions, status.

        Args:
            frames: read in a thread of gRPC; frame_id grows. A value of CalibrationPose among them says what the person
                holds in the coming second.
            settings: rig, identity, smoothing, calibration.

        Raises:
            BackendError: the call failed; an exception of `frames` itself is raised as it is.
        """
        ends: list[BaseException | None] = []  # of `frames`; gRPC tells that there was an error, not which

        def requests() -> Iterator[expression_pb2.StreamExpressionsRequest]:
            yield expression_pb2.StreamExpressionsRequest(header=settings or expression_pb2.TrackingSettings())
            with ExitStack() as leaving:
                leaving.push(lambda _kind, error, _trace: ends.append(error))
                for frame in frames:
                    if isinstance(frame, int):
                        yield expression_pb2.StreamExpressionsRequest(calibrate=frame)
                    else:
                        yield expression_pb2.StreamExpressionsRequest(frame=frame)

        with _errors():
            call = self._expressions.StreamExpressions(requests(), metadata=self._metadata)
            try:
                yield from call
            except grpc.RpcError:
                if ends and isinstance(ends[0], Exception):
                    raise ends[0] from None
                raise
            finally:
                call.cancel()

    def start_capture(
        self,
        camera_index: int | None = None,
        video_path: str | None = None,
        settings: expression_pb2.TrackingSettings | None = None,
        loop: bool = False,
    ) -> expression_pb2.StartCaptureResponse:
        """Open a camera or video file of the backend's machine."""
        return self.start_capture_later(camera_index, video_path, settings, loop).result()

    def start_capture_later(
        self,
        camera_index: int | None = None,
        video_path: str | None = None,
        settings: expression_pb2.TrackingSettings | None = None,
        loop: bool = False,
    ) -> Pending:
        """Begin `start_capture`."""
        request = expression_pb2.StartCaptureRequest(settings=settings, loop=loop)
        if camera_index is not None:
            request.camera_index = camera_index
        if video_path is not None:
            request.video_path = video_path
        return Pending(self._expressions.StartCapture.future(request, CALL_S, metadata=self._metadata))

    def latest_expression(
        self, capture_id: str, seen_frame_id: int = 0, timeout_s: float = CALL_S
    ) -> expression_pb2.GetLatestExpressionResponse:
        """Return the newest expression of a capture, if it is not the one that was seen."""
        return self.latest_expression_later(capture_id, seen_frame_id, timeout_s).result()

    def latest_expression_later(self, capture_id: str, seen_frame_id: int = 0, timeout_s: float = CALL_S) -> Pending:
        """Begin `latest_expression`."""
        request = expression_pb2.GetLatestExpressionRequest(capture_id=capture_id, seen_frame_id=seen_frame_id)
        return Pending(self._expressions.GetLatestExpression.future(request, timeout_s, metadata=self._metadata))

    def stop_capture(self, capture_id: str) -> None:
        """Close a capture."""
        self.stop_capture_later(capture_id).result()

    def stop_capture_later(self, capture_id: str) -> Pending:
        """Begin `stop_capture`."""
        request = expression_pb2.StopCaptureRequest(capture_id=capture_id)
        return Pending(self._expressions.StopCapture.future(request, CALL_S, metadata=self._metadata))

    def calibrate_capture(self, capture_id: str, pose: expression_pb2.CalibrationPose) -> expression_pb2.Calibration:
        """Watch the person of a capture for a second, in which an expression is held.

        Args:
            capture_id: of the capture.
            pose: what the person does, a value of CalibrationPose.

        Returns:
            What is known of the person, for `TrackingSettings.calibration` of the next capture.
        """
        return self.calibrate_capture_later(capture_id, pose).result().calibration

    def calibrate_capture_later(self, capture_id: str, pose: expression_pb2.CalibrationPose) -> Pending:
        """Begin `calibrate_capture`."""
        request = expression_pb2.CalibrateCaptureRequest(capture_id=capture_id, pose=pose)
        return Pending(self._expressions.CalibrateCapture.future(request, CALL_S, metadata=self._metadata))


@contextmanager
def _errors() -> Iterator[None]:
    """Raise BackendError for errors of gRPC."""
    try:
        yield
    except grpc.RpcError as error:
        raise error_from_call(error) from None
