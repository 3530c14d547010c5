from . import rig_pb2 as _rig_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FitState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FIT_STATE_UNSPECIFIED: _ClassVar[FitState]
    FIT_STATE_QUEUED: _ClassVar[FitState]
    FIT_STATE_RUNNING: _ClassVar[FitState]
    FIT_STATE_SUCCEEDED: _ClassVar[FitState]
    FIT_STATE_FAILED: _ClassVar[FitState]
    FIT_STATE_CANCELLED: _ClassVar[FitState]
FIT_STATE_UNSPECIFIED: FitState
FIT_STATE_QUEUED: FitState
FIT_STATE_RUNNING: FitState
FIT_STATE_SUCCEEDED: FitState
FIT_STATE_FAILED: FitState
FIT_STATE_CANCELLED: FitState

class Photo(_message.Message):
    __slots__ = ("content",)
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    def __init__(self, content: _Optional[bytes] = ...) -> None: ...

class PreviewRequest(_message.Message):
    __slots__ = ("side_px", "interval_ms")
    SIDE_PX_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_MS_FIELD_NUMBER: _ClassVar[int]
    side_px: int
    interval_ms: int
    def __init__(self, side_px: _Optional[int] = ..., interval_ms: _Optional[int] = ...) -> None: ...

class FitSpecification(_message.Message):
    __slots__ = ("rig_id", "photos", "face_index", "styles", "skin_share", "settings", "preview", "files", "include_photo_skin")
    class SettingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    RIG_ID_FIELD_NUMBER: _ClassVar[int]
    PHOTOS_FIELD_NUMBER: _ClassVar[int]
    FACE_INDEX_FIELD_NUMBER: _ClassVar[int]
    STYLES_FIELD_NUMBER: _ClassVar[int]
    SKIN_SHARE_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_PHOTO_SKIN_FIELD_NUMBER: _ClassVar[int]
    rig_id: str
    photos: _containers.RepeatedCompositeFieldContainer[Photo]
    face_index: int
    styles: _containers.RepeatedCompositeFieldContainer[_rig_pb2.StyleChoice]
    skin_share: float
    settings: _containers.ScalarMap[str, str]
    preview: PreviewRequest
    files: _containers.RepeatedScalarFieldContainer[_rig_pb2.ResultFile]
    include_photo_skin: bool
    def __init__(self, rig_id: _Optional[str] = ..., photos: _Optional[_Iterable[_Union[Photo, _Mapping]]] = ..., face_index: _Optional[int] = ..., styles: _Optional[_Iterable[_Union[_rig_pb2.StyleChoice, _Mapping]]] = ..., skin_share: _Optional[float] = ..., settings: _Optional[_Mapping[str, str]] = ..., preview: _Optional[_Union[PreviewRequest, _Mapping]] = ..., files: _Optional[_Iterable[_Union[_rig_pb2.ResultFile, str]]] = ..., include_photo_skin: bool = ...) -> None: ...

class FitProgress(_message.Message):
    __slots__ = ("sequence", "stage", "step", "steps", "loss", "preview", "fraction")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    stage: str
    step: int
    steps: int
    loss: float
    preview: _rig_pb2.Picture
    fraction: float
    def __init__(self, sequence: _Optional[int] = ..., stage: _Optional[str] = ..., step: _Optional[int] = ..., steps: _Optional[int] = ..., loss: _Optional[float] = ..., preview: _Optional[_Union[_rig_pb2.Picture, _Mapping]] = ..., fraction: _Optional[float] = ...) -> None: ...

class HeadPose(_message.Message):
    __slots__ = ("rotation_w", "rotation_x", "rotation_y", "rotation_z", "translation_m", "yaw_deg", "pitch_deg", "roll_deg")
    ROTATION_W_FIELD_NUMBER: _ClassVar[int]
    ROTATION_X_FIELD_NUMBER: _ClassVar[int]
    ROTATION_Y_FIELD_NUMBER: _ClassVar[int]
    ROTATION_Z_FIELD_NUMBER: _ClassVar[int]
    TRANSLATION_M_FIELD_NUMBER: _ClassVar[int]
    YAW_DEG_FIELD_NUMBER: _ClassVar[int]
    PITCH_DEG_FIELD_NUMBER: _ClassVar[int]
    ROLL_DEG_FIELD_NUMBER: _ClassVar[int]
    rotation_w: float
    rotation_x: float
    rotation_y: float
    rotation_z: float
    translation_m: _rig_pb2.Vector3
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    def __init__(self, rotation_w: _Optional[float] = ..., rotation_x: _Optional[float] = ..., rotation_y: _Optional[float] = ..., rotation_z: _Optional[float] = ..., translation_m: _Optional[_Union[_rig_pb2.Vector3, _Mapping]] = ..., yaw_deg: _Optional[float] = ..., pitch_deg: _Optional[float] = ..., roll_deg: _Optional[float] = ...) -> None: ...

class Camera(_message.Message):
    __slots__ = ("camera_from_world", "focal_px", "centre_x_px", "centre_y_px", "width_px", "height_px")
    CAMERA_FROM_WORLD_FIELD_NUMBER: _ClassVar[int]
    FOCAL_PX_FIELD_NUMBER: _ClassVar[int]
    CENTRE_X_PX_FIELD_NUMBER: _ClassVar[int]
    CENTRE_Y_PX_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    camera_from_world: _containers.RepeatedScalarFieldContainer[float]
    focal_px: float
    centre_x_px: float
    centre_y_px: float
    width_px: int
    height_px: int
    def __init__(self, camera_from_world: _Optional[_Iterable[float]] = ..., focal_px: _Optional[float] = ..., centre_x_px: _Optional[float] = ..., centre_y_px: _Optional[float] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ...) -> None: ...

class FitResult(_message.Message):
    __slots__ = ("character", "bones", "expression", "head_pose", "camera", "losses", "stage_ms", "files")
    class LossesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class StageMsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    CHARACTER_FIELD_NUMBER: _ClassVar[int]
    BONES_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    HEAD_POSE_FIELD_NUMBER: _ClassVar[int]
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    LOSSES_FIELD_NUMBER: _ClassVar[int]
    STAGE_MS_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    character: _rig_pb2.Character
    bones: _containers.RepeatedCompositeFieldContainer[_rig_pb2.BoneChannels]
    expression: _containers.RepeatedCompositeFieldContainer[_rig_pb2.BlendshapeWeight]
    head_pose: HeadPose
    camera: Camera
    losses: _containers.ScalarMap[str, float]
    stage_ms: _containers.ScalarMap[str, float]
    files: _containers.RepeatedCompositeFieldContainer[_rig_pb2.File]
    def __init__(self, character: _Optional[_Union[_rig_pb2.Character, _Mapping]] = ..., bones: _Optional[_Iterable[_Union[_rig_pb2.BoneChannels, _Mapping]]] = ..., expression: _Optional[_Iterable[_Union[_rig_pb2.BlendshapeWeight, _Mapping]]] = ..., head_pose: _Optional[_Union[HeadPose, _Mapping]] = ..., camera: _Optional[_Union[Camera, _Mapping]] = ..., losses: _Optional[_Mapping[str, float]] = ..., stage_ms: _Optional[_Mapping[str, float]] = ..., files: _Optional[_Iterable[_Union[_rig_pb2.File, _Mapping]]] = ...) -> None: ...

class Failure(_message.Message):
    __slots__ = ("reason", "message", "remedy", "status_code")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    STATUS_CODE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    remedy: str
    status_code: int
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., remedy: _Optional[str] = ..., status_code: _Optional[int] = ...) -> None: ...

class FitAccepted(_message.Message):
    __slots__ = ("job_id", "queue_position")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    QUEUE_POSITION_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    queue_position: int
    def __init__(self, job_id: _Optional[str] = ..., queue_position: _Optional[int] = ...) -> None: ...

class FitPhotoRequest(_message.Message):
    __slots__ = ("request_id", "fit")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    FIT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    fit: FitSpecification
    def __init__(self, request_id: _Optional[str] = ..., fit: _Optional[_Union[FitSpecification, _Mapping]] = ...) -> None: ...

class FitPhotoResponse(_message.Message):
    __slots__ = ("accepted", "progress", "result")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    accepted: FitAccepted
    progress: FitProgress
    result: FitResult
    def __init__(self, accepted: _Optional[_Union[FitAccepted, _Mapping]] = ..., progress: _Optional[_Union[FitProgress, _Mapping]] = ..., result: _Optional[_Union[FitResult, _Mapping]] = ...) -> None: ...

class StartFitRequest(_message.Message):
    __slots__ = ("request_id", "fit")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    FIT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    fit: FitSpecification
    def __init__(self, request_id: _Optional[str] = ..., fit: _Optional[_Union[FitSpecification, _Mapping]] = ...) -> None: ...

class StartFitResponse(_message.Message):
    __slots__ = ("job_id", "state", "queue_position")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    QUEUE_POSITION_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    state: FitState
    queue_position: int
    def __init__(self, job_id: _Optional[str] = ..., state: _Optional[_Union[FitState, str]] = ..., queue_position: _Optional[int] = ...) -> None: ...

class GetFitRequest(_message.Message):
    __slots__ = ("job_id", "seen_sequence")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    SEEN_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    seen_sequence: int
    def __init__(self, job_id: _Optional[str] = ..., seen_sequence: _Optional[int] = ...) -> None: ...

class GetFitResponse(_message.Message):
    __slots__ = ("state", "queue_position", "progress", "result", "failure")
    STATE_FIELD_NUMBER: _ClassVar[int]
    QUEUE_POSITION_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    state: FitState
    queue_position: int
    progress: FitProgress
    result: FitResult
    failure: Failure
    def __init__(self, state: _Optional[_Union[FitState, str]] = ..., queue_position: _Optional[int] = ..., progress: _Optional[_Union[FitProgress, _Mapping]] = ..., result: _Optional[_Union[FitResult, _Mapping]] = ..., failure: _Optional[_Union[Failure, _Mapping]] = ...) -> None: ...

class CancelFitRequest(_message.Message):
    __slots__ = ("job_id",)
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    def __init__(self, job_id: _Optional[str] = ...) -> None: ...

class CancelFitResponse(_message.Message):
    __slots__ = ("state",)
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: FitState
    def __init__(self, state: _Optional[_Union[FitState, str]] = ...) -> None: ...
