from . import rig_pb2 as _rig_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ServerState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SERVER_STATE_UNSPECIFIED: _ClassVar[ServerState]
    SERVER_STATE_LOADING: _ClassVar[ServerState]
    SERVER_STATE_READY: _ClassVar[ServerState]
    SERVER_STATE_STOPPING: _ClassVar[ServerState]

class Capability(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPABILITY_UNSPECIFIED: _ClassVar[Capability]
    CAPABILITY_FIT: _ClassVar[Capability]
    CAPABILITY_STREAM_EXPRESSIONS: _ClassVar[Capability]
    CAPABILITY_CAPTURE_CAMERA: _ClassVar[Capability]
    CAPABILITY_CAPTURE_VIDEO: _ClassVar[Capability]
    CAPABILITY_EXPORT_BLENDER: _ClassVar[Capability]
SERVER_STATE_UNSPECIFIED: ServerState
SERVER_STATE_LOADING: ServerState
SERVER_STATE_READY: ServerState
SERVER_STATE_STOPPING: ServerState
CAPABILITY_UNSPECIFIED: Capability
CAPABILITY_FIT: Capability
CAPABILITY_STREAM_EXPRESSIONS: Capability
CAPABILITY_CAPTURE_CAMERA: Capability
CAPABILITY_CAPTURE_VIDEO: Capability
CAPABILITY_EXPORT_BLENDER: Capability

class Limits(_message.Message):
    __slots__ = ("message_bytes", "photo_bytes", "photo_pixels", "photos_per_fit", "frame_bytes", "frame_pixels", "queued_fits", "queued_fits_per_client", "live_sessions", "fit_seconds", "result_seconds", "result_bytes", "concurrent_requests")
    MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    PHOTO_BYTES_FIELD_NUMBER: _ClassVar[int]
    PHOTO_PIXELS_FIELD_NUMBER: _ClassVar[int]
    PHOTOS_PER_FIT_FIELD_NUMBER: _ClassVar[int]
    FRAME_BYTES_FIELD_NUMBER: _ClassVar[int]
    FRAME_PIXELS_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FITS_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FITS_PER_CLIENT_FIELD_NUMBER: _ClassVar[int]
    LIVE_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    FIT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    RESULT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    RESULT_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONCURRENT_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    message_bytes: int
    photo_bytes: int
    photo_pixels: int
    photos_per_fit: int
    frame_bytes: int
    frame_pixels: int
    queued_fits: int
    queued_fits_per_client: int
    live_sessions: int
    fit_seconds: float
    result_seconds: float
    result_bytes: int
    concurrent_requests: int
    def __init__(self, message_bytes: _Optional[int] = ..., photo_bytes: _Optional[int] = ..., photo_pixels: _Optional[int] = ..., photos_per_fit: _Optional[int] = ..., frame_bytes: _Optional[int] = ..., frame_pixels: _Optional[int] = ..., queued_fits: _Optional[int] = ..., queued_fits_per_client: _Optional[int] = ..., live_sessions: _Optional[int] = ..., fit_seconds: _Optional[float] = ..., result_seconds: _Optional[float] = ..., result_bytes: _Optional[int] = ..., concurrent_requests: _Optional[int] = ...) -> None: ...

class GetServerInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetServerInfoResponse(_message.Message):
    __slots__ = ("version", "state", "device", "device_name", "limits", "rigs", "default_rig_id", "model_sha256", "capabilities", "uptime_s", "notice")
    class ModelSha256Entry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_NAME_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    RIGS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_RIG_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_SHA256_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    UPTIME_S_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    version: str
    state: ServerState
    device: str
    device_name: str
    limits: Limits
    rigs: _containers.RepeatedCompositeFieldContainer[_rig_pb2.RigSummary]
    default_rig_id: str
    model_sha256: _containers.ScalarMap[str, str]
    capabilities: _containers.RepeatedScalarFieldContainer[Capability]
    uptime_s: float
    notice: str
    def __init__(self, version: _Optional[str] = ..., state: _Optional[_Union[ServerState, str]] = ..., device: _Optional[str] = ..., device_name: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., rigs: _Optional[_Iterable[_Union[_rig_pb2.RigSummary, _Mapping]]] = ..., default_rig_id: _Optional[str] = ..., model_sha256: _Optional[_Mapping[str, str]] = ..., capabilities: _Optional[_Iterable[_Union[Capability, str]]] = ..., uptime_s: _Optional[float] = ..., notice: _Optional[str] = ...) -> None: ...
