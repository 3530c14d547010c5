from . import fitting_pb2 as _fitting_pb2
from . import rig_pb2 as _rig_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TrackingState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRACKING_STATE_UNSPECIFIED: _ClassVar[TrackingState]
    TRACKING_STATE_TRACKED: _ClassVar[TrackingState]
    TRACKING_STATE_HELD: _ClassVar[TrackingState]
    TRACKING_STATE_LOST: _ClassVar[TrackingState]

class PixelFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PIXEL_FORMAT_UNSPECIFIED: _ClassVar[PixelFormat]
    PIXEL_FORMAT_RGB8: _ClassVar[PixelFormat]
    PIXEL_FORMAT_BGR8: _ClassVar[PixelFormat]
    PIXEL_FORMAT_RGBX8: _ClassVar[PixelFormat]

class CaptureState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPTURE_STATE_UNSPECIFIED: _ClassVar[CaptureState]
    CAPTURE_STATE_RUNNING: _ClassVar[CaptureState]
    CAPTURE_STATE_ENDED: _ClassVar[CaptureState]
    CAPTURE_STATE_INTERRUPTED: _ClassVar[CaptureState]

class CalibrationPose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALIBRATION_POSE_UNSPECIFIED: _ClassVar[CalibrationPose]
    CALIBRATION_POSE_NEUTRAL: _ClassVar[CalibrationPose]
    CALIBRATION_POSE_OPEN_MOUTH: _ClassVar[CalibrationPose]
    CALIBRATION_POSE_BLINK: _ClassVar[CalibrationPose]
    CALIBRATION_POSE_SMILE: _ClassVar[CalibrationPose]
TRACKING_STATE_UNSPECIFIED: TrackingState
TRACKING_STATE_TRACKED: TrackingState
TRACKING_STATE_HELD: TrackingState
TRACKING_STATE_LOST: TrackingState
PIXEL_FORMAT_UNSPECIFIED: PixelFormat
PIXEL_FORMAT_RGB8: PixelFormat
PIXEL_FORMAT_BGR8: PixelFormat
PIXEL_FORMAT_RGBX8: PixelFormat
CAPTURE_STATE_UNSPECIFIED: CaptureState
CAPTURE_STATE_RUNNING: CaptureState
CAPTURE_STATE_ENDED: CaptureState
CAPTURE_STATE_INTERRUPTED: CaptureState
CALIBRATION_POSE_UNSPECIFIED: CalibrationPose
CALIBRATION_POSE_NEUTRAL: CalibrationPose
CALIBRATION_POSE_OPEN_MOUTH: CalibrationPose
CALIBRATION_POSE_BLINK: CalibrationPose
CALIBRATION_POSE_SMILE: CalibrationPose

class Calibration(_message.Message):
    __slots__ = ("reader", "resting_features", "gains")
    READER_FIELD_NUMBER: _ClassVar[int]
    RESTING_FEATURES_FIELD_NUMBER: _ClassVar[int]
    GAINS_FIELD_NUMBER: _ClassVar[int]
    reader: str
    resting_features: _containers.RepeatedScalarFieldContainer[float]
    gains: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, reader: _Optional[str] = ..., resting_features: _Optional[_Iterable[float]] = ..., gains: _Optional[_Iterable[float]] = ...) -> None: ...

class TrackingSettings(_message.Message):
    __slots__ = ("rig_id", "identity", "disable_smoothing", "calibration", "prediction_ms")
    RIG_ID_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    DISABLE_SMOOTHING_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_MS_FIELD_NUMBER: _ClassVar[int]
    rig_id: str
    identity: _rig_pb2.Character
    disable_smoothing: bool
    calibration: Calibration
    prediction_ms: int
    def __init__(self, rig_id: _Optional[str] = ..., identity: _Optional[_Union[_rig_pb2.Character, _Mapping]] = ..., disable_smoothing: bool = ..., calibration: _Optional[_Union[Calibration, _Mapping]] = ..., prediction_ms: _Optional[int] = ...) -> None: ...

class RawImage(_message.Message):
    __slots__ = ("format", "width_px", "height_px", "content")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    format: PixelFormat
    width_px: int
    height_px: int
    content: bytes
    def __init__(self, format: _Optional[_Union[PixelFormat, str]] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ..., content: _Optional[bytes] = ...) -> None: ...

class Frame(_message.Message):
    __slots__ = ("frame_id", "timestamp_us", "encoded", "raw")
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_US_FIELD_NUMBER: _ClassVar[int]
    ENCODED_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    frame_id: int
    timestamp_us: int
    encoded: bytes
    raw: RawImage
    def __init__(self, frame_id: _Optional[int] = ..., timestamp_us: _Optional[int] = ..., encoded: _Optional[bytes] = ..., raw: _Optional[_Union[RawImage, _Mapping]] = ...) -> None: ...

class Expression(_message.Message):
    __slots__ = ("frame_id", "timestamp_us", "coefficients", "head_pose", "state", "dropped_frames", "work_ms", "wait_ms")
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_US_FIELD_NUMBER: _ClassVar[int]
    COEFFICIENTS_FIELD_NUMBER: _ClassVar[int]
    HEAD_POSE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FRAMES_FIELD_NUMBER: _ClassVar[int]
    WORK_MS_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    frame_id: int
    timestamp_us: int
    coefficients: _containers.RepeatedScalarFieldContainer[float]
    head_pose: _fitting_pb2.HeadPose
    state: TrackingState
    dropped_frames: int
    work_ms: float
    wait_ms: float
    def __init__(self, frame_id: _Optional[int] = ..., timestamp_us: _Optional[int] = ..., coefficients: _Optional[_Iterable[float]] = ..., head_pose: _Optional[_Union[_fitting_pb2.HeadPose, _Mapping]] = ..., state: _Optional[_Union[TrackingState, str]] = ..., dropped_frames: _Optional[int] = ..., work_ms: _Optional[float] = ..., wait_ms: _Optional[float] = ...) -> None: ...

class StreamExpressionsRequest(_message.Message):
    __slots__ = ("header", "frame", "calibrate")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    CALIBRATE_FIELD_NUMBER: _ClassVar[int]
    header: TrackingSettings
    frame: Frame
    calibrate: CalibrationPose
    def __init__(self, header: _Optional[_Union[TrackingSettings, _Mapping]] = ..., frame: _Optional[_Union[Frame, _Mapping]] = ..., calibrate: _Optional[_Union[CalibrationPose, str]] = ...) -> None: ...

class StreamStarted(_message.Message):
    __slots__ = ("blendshapes", "rig")
    BLENDSHAPES_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    blendshapes: _containers.RepeatedScalarFieldContainer[str]
    rig: _rig_pb2.RigSummary
    def __init__(self, blendshapes: _Optional[_Iterable[str]] = ..., rig: _Optional[_Union[_rig_pb2.RigSummary, _Mapping]] = ...) -> None: ...

class StreamStatus(_message.Message):
    __slots__ = ("received_frames", "answered_frames", "dropped_frames", "damaged_frames", "median_work_ms", "notice")
    RECEIVED_FRAMES_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_FRAMES_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FRAMES_FIELD_NUMBER: _ClassVar[int]
    DAMAGED_FRAMES_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_WORK_MS_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    received_frames: int
    answered_frames: int
    dropped_frames: int
    damaged_frames: int
    median_work_ms: float
    notice: str
    def __init__(self, received_frames: _Optional[int] = ..., answered_frames: _Optional[int] = ..., dropped_frames: _Optional[int] = ..., damaged_frames: _Optional[int] = ..., median_work_ms: _Optional[float] = ..., notice: _Optional[str] = ...) -> None: ...

class Calibrated(_message.Message):
    __slots__ = ("pose", "calibration", "notice")
    POSE_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    pose: CalibrationPose
    calibration: Calibration
    notice: str
    def __init__(self, pose: _Optional[_Union[CalibrationPose, str]] = ..., calibration: _Optional[_Union[Calibration, _Mapping]] = ..., notice: _Optional[str] = ...) -> None: ...

class StreamExpressionsResponse(_message.Message):
    __slots__ = ("started", "expression", "status", "calibrated")
    STARTED_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CALIBRATED_FIELD_NUMBER: _ClassVar[int]
    started: StreamStarted
    expression: Expression
    status: StreamStatus
    calibrated: Calibrated
    def __init__(self, started: _Optional[_Union[StreamStarted, _Mapping]] = ..., expression: _Optional[_Union[Expression, _Mapping]] = ..., status: _Optional[_Union[StreamStatus, _Mapping]] = ..., calibrated: _Optional[_Union[Calibrated, _Mapping]] = ...) -> None: ...

class StartCaptureRequest(_message.Message):
    __slots__ = ("camera_index", "video_path", "settings", "loop")
    CAMERA_INDEX_FIELD_NUMBER: _ClassVar[int]
    VIDEO_PATH_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    LOOP_FIELD_NUMBER: _ClassVar[int]
    camera_index: int
    video_path: str
    settings: TrackingSettings
    loop: bool
    def __init__(self, camera_index: _Optional[int] = ..., video_path: _Optional[str] = ..., settings: _Optional[_Union[TrackingSettings, _Mapping]] = ..., loop: bool = ...) -> None: ...

class StartCaptureResponse(_message.Message):
    __slots__ = ("capture_id", "blendshapes", "rig", "width_px", "height_px", "frames_hz")
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    BLENDSHAPES_FIELD_NUMBER: _ClassVar[int]
    RIG_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    FRAMES_HZ_FIELD_NUMBER: _ClassVar[int]
    capture_id: str
    blendshapes: _containers.RepeatedScalarFieldContainer[str]
    rig: _rig_pb2.RigSummary
    width_px: int
    height_px: int
    frames_hz: float
    def __init__(self, capture_id: _Optional[str] = ..., blendshapes: _Optional[_Iterable[str]] = ..., rig: _Optional[_Union[_rig_pb2.RigSummary, _Mapping]] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ..., frames_hz: _Optional[float] = ...) -> None: ...

class GetLatestExpressionRequest(_message.Message):
    __slots__ = ("capture_id", "seen_frame_id")
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    SEEN_FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    capture_id: str
    seen_frame_id: int
    def __init__(self, capture_id: _Optional[str] = ..., seen_frame_id: _Optional[int] = ...) -> None: ...

class GetLatestExpressionResponse(_message.Message):
    __slots__ = ("state", "expression", "frames_hz", "notice")
    STATE_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    FRAMES_HZ_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    state: CaptureState
    expression: Expression
    frames_hz: float
    notice: str
    def __init__(self, state: _Optional[_Union[CaptureState, str]] = ..., expression: _Optional[_Union[Expression, _Mapping]] = ..., frames_hz: _Optional[float] = ..., notice: _Optional[str] = ...) -> None: ...

class CalibrateCaptureRequest(_message.Message):
    __slots__ = ("capture_id", "pose")
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    POSE_FIELD_NUMBER: _ClassVar[int]
    capture_id: str
    pose: CalibrationPose
    def __init__(self, capture_id: _Optional[str] = ..., pose: _Optional[_Union[CalibrationPose, str]] = ...) -> None: ...

class CalibrateCaptureResponse(_message.Message):
    __slots__ = ("calibration",)
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    calibration: Calibration
    def __init__(self, calibration: _Optional[_Union[Calibration, _Mapping]] = ...) -> None: ...

class StopCaptureRequest(_message.Message):
    __slots__ = ("capture_id",)
    CAPTURE_ID_FIELD_NUMBER: _ClassVar[int]
    capture_id: str
    def __init__(self, capture_id: _Optional[str] = ...) -> None: ...

class StopCaptureResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
