from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Unit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNIT_UNSPECIFIED: _ClassVar[Unit]
    UNIT_MILLIMETRE: _ClassVar[Unit]
    UNIT_DEGREE: _ClassVar[Unit]
    UNIT_RATIO: _ClassVar[Unit]
    UNIT_AMOUNT: _ClassVar[Unit]

class ExportFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXPORT_FORMAT_UNSPECIFIED: _ClassVar[ExportFormat]
    EXPORT_FORMAT_GLB: _ClassVar[ExportFormat]
    EXPORT_FORMAT_OBJ: _ClassVar[ExportFormat]
    EXPORT_FORMAT_BLEND: _ClassVar[ExportFormat]
    EXPORT_FORMAT_FBX: _ClassVar[ExportFormat]
    EXPORT_FORMAT_SCENE: _ClassVar[ExportFormat]

class ExportPose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXPORT_POSE_UNSPECIFIED: _ClassVar[ExportPose]
    EXPORT_POSE_BONES: _ClassVar[ExportPose]
    EXPORT_POSE_BAKED: _ClassVar[ExportPose]

class ResultFile(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESULT_FILE_UNSPECIFIED: _ClassVar[ResultFile]
    RESULT_FILE_RIG_JSON: _ClassVar[ResultFile]
    RESULT_FILE_GLB: _ClassVar[ResultFile]
    RESULT_FILE_OBJ: _ClassVar[ResultFile]
    RESULT_FILE_SKIN: _ClassVar[ResultFile]
    RESULT_FILE_FRONT: _ClassVar[ResultFile]
    RESULT_FILE_AS_PHOTO: _ClassVar[ResultFile]
    RESULT_FILE_SHEET: _ClassVar[ResultFile]

class PictureFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PICTURE_FORMAT_UNSPECIFIED: _ClassVar[PictureFormat]
    PICTURE_FORMAT_JPEG: _ClassVar[PictureFormat]
    PICTURE_FORMAT_PNG: _ClassVar[PictureFormat]
UNIT_UNSPECIFIED: Unit
UNIT_MILLIMETRE: Unit
UNIT_DEGREE: Unit
UNIT_RATIO: Unit
UNIT_AMOUNT: Unit
EXPORT_FORMAT_UNSPECIFIED: ExportFormat
EXPORT_FORMAT_GLB: ExportFormat
EXPORT_FORMAT_OBJ: ExportFormat
EXPORT_FORMAT_BLEND: ExportFormat
EXPORT_FORMAT_FBX: ExportFormat
EXPORT_FORMAT_SCENE: ExportFormat
EXPORT_POSE_UNSPECIFIED: ExportPose
EXPORT_POSE_BONES: ExportPose
EXPORT_POSE_BAKED: ExportPose
RESULT_FILE_UNSPECIFIED: ResultFile
RESULT_FILE_RIG_JSON: ResultFile
RESULT_FILE_GLB: ResultFile
RESULT_FILE_OBJ: ResultFile
RESULT_FILE_SKIN: ResultFile
RESULT_FILE_FRONT: ResultFile
RESULT_FILE_AS_PHOTO: ResultFile
RESULT_FILE_SHEET: ResultFile
PICTURE_FORMAT_UNSPECIFIED: PictureFormat
PICTURE_FORMAT_JPEG: PictureFormat
PICTURE_FORMAT_PNG: PictureFormat

class Vector3(_message.Message):
    __slots__ = ("x", "y", "z")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    Z_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    z: float
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ..., z: _Optional[float] = ...) -> None: ...

class Colour(_message.Message):
    __slots__ = ("red", "green", "blue")
    RED_FIELD_NUMBER: _ClassVar[int]
    GREEN_FIELD_NUMBER: _ClassVar[int]
    BLUE_FIELD_NUMBER: _ClassVar[int]
    red: float
    green: float
    blue: float
    def __init__(self, red: _Optional[float] = ..., green: _Optional[float] = ..., blue: _Optional[float] = ...) -> None: ...

class BoneChannels(_message.Message):
    __slots__ = ("bone", "location_m", "rotation_rad", "scale")
    BONE_FIELD_NUMBER: _ClassVar[int]
    LOCATION_M_FIELD_NUMBER: _ClassVar[int]
    ROTATION_RAD_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    bone: str
    location_m: Vector3
    rotation_rad: Vector3
    scale: Vector3
    def __init__(self, bone: _Optional[str] = ..., location_m: _Optional[_Union[Vector3, _Mapping]] = ..., rotation_rad: _Optional[_Union[Vector3, _Mapping]] = ..., scale: _Optional[_Union[Vector3, _Mapping]] = ...) -> None: ...

class ParameterValue(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class BlendshapeWeight(_message.Message):
    __slots__ = ("name", "weight")
    NAME_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    name: str
    weight: float
    def __init__(self, name: _Optional[str] = ..., weight: _Optional[float] = ...) -> None: ...

class RigSummary(_message.Message):
    __slots__ = ("id", "version", "sha256", "parameter_count", "bone_count", "blendshape_count", "vertex_count")
    ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    PARAMETER_COUNT_FIELD_NUMBER: _ClassVar[int]
    BONE_COUNT_FIELD_NUMBER: _ClassVar[int]
    BLENDSHAPE_COUNT_FIELD_NUMBER: _ClassVar[int]
    VERTEX_COUNT_FIELD_NUMBER: _ClassVar[int]
    id: str
    version: str
    sha256: str
    parameter_count: int
    bone_count: int
    blendshape_count: int
    vertex_count: int
    def __init__(self, id: _Optional[str] = ..., version: _Optional[str] = ..., sha256: _Optional[str] = ..., parameter_count: _Optional[int] = ..., bone_count: _Optional[int] = ..., blendshape_count: _Optional[int] = ..., vertex_count: _Optional[int] = ...) -> None: ...

class ChannelOffsets(_message.Message):
    __slots__ = ("channels", "offsets")
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    OFFSETS_FIELD_NUMBER: _ClassVar[int]
    channels: _containers.RepeatedScalarFieldContainer[int]
    offsets: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, channels: _Optional[_Iterable[int]] = ..., offsets: _Optional[_Iterable[float]] = ...) -> None: ...

class Parameter(_message.Message):
    __slots__ = ("name", "label", "group", "unit", "minimum", "neutral", "maximum", "mirrored", "asymmetry", "at_minimum", "at_maximum")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    NEUTRAL_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    MIRRORED_FIELD_NUMBER: _ClassVar[int]
    ASYMMETRY_FIELD_NUMBER: _ClassVar[int]
    AT_MINIMUM_FIELD_NUMBER: _ClassVar[int]
    AT_MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    name: str
    label: str
    group: str
    unit: Unit
    minimum: float
    neutral: float
    maximum: float
    mirrored: bool
    asymmetry: bool
    at_minimum: ChannelOffsets
    at_maximum: ChannelOffsets
    def __init__(self, name: _Optional[str] = ..., label: _Optional[str] = ..., group: _Optional[str] = ..., unit: _Optional[_Union[Unit, str]] = ..., minimum: _Optional[float] = ..., neutral: _Optional[float] = ..., maximum: _Optional[float] = ..., mirrored: bool = ..., asymmetry: bool = ..., at_minimum: _Optional[_Union[ChannelOffsets, _Mapping]] = ..., at_maximum: _Optional[_Union[ChannelOffsets, _Mapping]] = ...) -> None: ...

class Bone(_message.Message):
    __slots__ = ("name", "parent", "head_m", "tail_m", "roll_rad", "region")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    HEAD_M_FIELD_NUMBER: _ClassVar[int]
    TAIL_M_FIELD_NUMBER: _ClassVar[int]
    ROLL_RAD_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    name: str
    parent: str
    head_m: Vector3
    tail_m: Vector3
    roll_rad: float
    region: str
    def __init__(self, name: _Optional[str] = ..., parent: _Optional[str] = ..., head_m: _Optional[_Union[Vector3, _Mapping]] = ..., tail_m: _Optional[_Union[Vector3, _Mapping]] = ..., roll_rad: _Optional[float] = ..., region: _Optional[str] = ...) -> None: ...

class StyleGroup(_message.Message):
    __slots__ = ("name", "label", "default_choice", "options")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_CHOICE_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    label: str
    default_choice: str
    options: _containers.RepeatedCompositeFieldContainer[StyleOption]
    def __init__(self, name: _Optional[str] = ..., label: _Optional[str] = ..., default_choice: _Optional[str] = ..., options: _Optional[_Iterable[_Union[StyleOption, _Mapping]]] = ...) -> None: ...

class StyleOption(_message.Message):
    __slots__ = ("name", "label")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    name: str
    label: str
    def __init__(self, name: _Optional[str] = ..., label: _Optional[str] = ...) -> None: ...

class Colours(_message.Message):
    __slots__ = ("skin", "lip", "brow", "iris", "hair", "beard")
    SKIN_FIELD_NUMBER: _ClassVar[int]
    LIP_FIELD_NUMBER: _ClassVar[int]
    BROW_FIELD_NUMBER: _ClassVar[int]
    IRIS_FIELD_NUMBER: _ClassVar[int]
    HAIR_FIELD_NUMBER: _ClassVar[int]
    BEARD_FIELD_NUMBER: _ClassVar[int]
    skin: Colour
    lip: Colour
    brow: Colour
    iris: Colour
    hair: Colour
    beard: Colour
    def __init__(self, skin: _Optional[_Union[Colour, _Mapping]] = ..., lip: _Optional[_Union[Colour, _Mapping]] = ..., brow: _Optional[_Union[Colour, _Mapping]] = ..., iris: _Optional[_Union[Colour, _Mapping]] = ..., hair: _Optional[_Union[Colour, _Mapping]] = ..., beard: _Optional[_Union[Colour, _Mapping]] = ...) -> None: ...

class SkinDetail(_message.Message):
    __slots__ = ("pores", "redness", "freckles", "wrinkles")
    PORES_FIELD_NUMBER: _ClassVar[int]
    REDNESS_FIELD_NUMBER: _ClassVar[int]
    FRECKLES_FIELD_NUMBER: _ClassVar[int]
    WRINKLES_FIELD_NUMBER: _ClassVar[int]
    pores: float
    redness: float
    freckles: float
    wrinkles: float
    def __init__(self, pores: _Optional[float] = ..., redness: _Optional[float] = ..., freckles: _Optional[float] = ..., wrinkles: _Optional[float] = ...) -> None: ...

class StyleChoice(_message.Message):
    __slots__ = ("group", "choice", "probabilities")
    class ProbabilitiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    GROUP_FIELD_NUMBER: _ClassVar[int]
    CHOICE_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    group: str
    choice: str
    probabilities: _containers.ScalarMap[str, float]
    def __init__(self, group: _Optional[str] = ..., choice: _Optional[str] = ..., probabilities: _Optional[_Mapping[str, float]] = ...) -> None: ...

class PhotoSkin(_message.Message):
    __slots__ = ("layer_png", "share", "keeps_brows", "keeps_beard")
    LAYER_PNG_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    KEEPS_BROWS_FIELD_NUMBER: _ClassVar[int]
    KEEPS_BEARD_FIELD_NUMBER: _ClassVar[int]
    layer_png: bytes
    share: float
    keeps_brows: bool
    keeps_beard: bool
    def __init__(self, layer_png: _Optional[bytes] = ..., share: _Optional[float] = ..., keeps_brows: bool = ..., keeps_beard: bool = ...) -> None: ...

class Look(_message.Message):
    __slots__ = ("colours", "skin", "styles", "photo_skin")
    COLOURS_FIELD_NUMBER: _ClassVar[int]
    SKIN_FIELD_NUMBER: _ClassVar[int]
    STYLES_FIELD_NUMBER: _ClassVar[int]
    PHOTO_SKIN_FIELD_NUMBER: _ClassVar[int]
    colours: Colours
    skin: SkinDetail
    styles: _containers.RepeatedCompositeFieldContainer[StyleChoice]
    photo_skin: PhotoSkin
    def __init__(self, colours: _Optional[_Union[Colours, _Mapping]] = ..., skin: _Optional[_Union[SkinDetail, _Mapping]] = ..., styles: _Optional[_Iterable[_Union[StyleChoice, _Mapping]]] = ..., photo_skin: _Optional[_Union[PhotoSkin, _Mapping]] = ...) -> None: ...

class Character(_message.Message):
    __slots__ = ("rig_id", "rig_version", "parameters", "look")
    RIG_ID_FIELD_NUMBER: _ClassVar[int]
    RIG_VERSION_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    LOOK_FIELD_NUMBER: _ClassVar[int]
    rig_id: str
    rig_version: str
    parameters: _containers.RepeatedCompositeFieldContainer[ParameterValue]
    look: Look
    def __init__(self, rig_id: _Optional[str] = ..., rig_version: _Optional[str] = ..., parameters: _Optional[_Iterable[_Union[ParameterValue, _Mapping]]] = ..., look: _Optional[_Union[Look, _Mapping]] = ...) -> None: ...

class File(_message.Message):
    __slots__ = ("name", "content")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    content: bytes
    def __init__(self, name: _Optional[str] = ..., content: _Optional[bytes] = ...) -> None: ...

class Picture(_message.Message):
    __slots__ = ("format", "content", "width_px", "height_px")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    format: PictureFormat
    content: bytes
    width_px: int
    height_px: int
    def __init__(self, format: _Optional[_Union[PictureFormat, str]] = ..., content: _Optional[bytes] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ...) -> None: ...

class ListRigsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRigsResponse(_message.Message):
    __slots__ = ("rigs", "default_rig_id")
    RIGS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_RIG_ID_FIELD_NUMBER: _ClassVar[int]
    rigs: _containers.RepeatedCompositeFieldContainer[RigSummary]
    default_rig_id: str
    def __init__(self, rigs: _Optional[_Iterable[_Union[RigSummary, _Mapping]]] = ..., default_rig_id: _Optional[str] = ...) -> None: ...

class GetRigRequest(_message.Message):
    __slots__ = ("rig_id", "include_offsets")
    RIG_ID_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_OFFSETS_FIELD_NUMBER: _ClassVar[int]
    rig_id: str
    include_offsets: bool
    def __init__(self, rig_id: _Optional[str] = ..., include_offsets: bool = ...) -> None: ...

class GetRigResponse(_message.Message):
    __slots__ = ("summary", "parameters", "blendshapes", "bones", "neutral_pose", "styles")
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    BLENDSHAPES_FIELD_NUMBER: _ClassVar[int]
    BONES_FIELD_NUMBER: _ClassVar[int]
    NEUTRAL_POSE_FIELD_NUMBER: _ClassVar[int]
    STYLES_FIELD_NUMBER: _ClassVar[int]
    summary: RigSummary
    parameters: _containers.RepeatedCompositeFieldContainer[Parameter]
    blendshapes: _containers.RepeatedScalarFieldContainer[str]
    bones: _containers.RepeatedCompositeFieldContainer[Bone]
    neutral_pose: _containers.RepeatedCompositeFieldContainer[BoneChannels]
    styles: _containers.RepeatedCompositeFieldContainer[StyleGroup]
    def __init__(self, summary: _Optional[_Union[RigSummary, _Mapping]] = ..., parameters: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ..., blendshapes: _Optional[_Iterable[str]] = ..., bones: _Optional[_Iterable[_Union[Bone, _Mapping]]] = ..., neutral_pose: _Optional[_Iterable[_Union[BoneChannels, _Mapping]]] = ..., styles: _Optional[_Iterable[_Union[StyleGroup, _Mapping]]] = ...) -> None: ...

class PictureRequest(_message.Message):
    __slots__ = ("side_px", "yaw_deg", "pitch_deg", "format")
    SIDE_PX_FIELD_NUMBER: _ClassVar[int]
    YAW_DEG_FIELD_NUMBER: _ClassVar[int]
    PITCH_DEG_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    side_px: int
    yaw_deg: float
    pitch_deg: float
    format: PictureFormat
    def __init__(self, side_px: _Optional[int] = ..., yaw_deg: _Optional[float] = ..., pitch_deg: _Optional[float] = ..., format: _Optional[_Union[PictureFormat, str]] = ...) -> None: ...

class EvaluateRigRequest(_message.Message):
    __slots__ = ("character", "expression", "picture", "include_glb", "files")
    CHARACTER_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_GLB_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    character: Character
    expression: _containers.RepeatedCompositeFieldContainer[BlendshapeWeight]
    picture: PictureRequest
    include_glb: bool
    files: _containers.RepeatedScalarFieldContainer[ResultFile]
    def __init__(self, character: _Optional[_Union[Character, _Mapping]] = ..., expression: _Optional[_Iterable[_Union[BlendshapeWeight, _Mapping]]] = ..., picture: _Optional[_Union[PictureRequest, _Mapping]] = ..., include_glb: bool = ..., files: _Optional[_Iterable[_Union[ResultFile, str]]] = ...) -> None: ...

class EvaluateRigResponse(_message.Message):
    __slots__ = ("bones", "picture", "glb", "files")
    BONES_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    GLB_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    bones: _containers.RepeatedCompositeFieldContainer[BoneChannels]
    picture: Picture
    glb: bytes
    files: _containers.RepeatedCompositeFieldContainer[File]
    def __init__(self, bones: _Optional[_Iterable[_Union[BoneChannels, _Mapping]]] = ..., picture: _Optional[_Union[Picture, _Mapping]] = ..., glb: _Optional[bytes] = ..., files: _Optional[_Iterable[_Union[File, _Mapping]]] = ...) -> None: ...

class SampleCharactersRequest(_message.Message):
    __slots__ = ("rig_id", "count", "seed", "styles")
    RIG_ID_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    STYLES_FIELD_NUMBER: _ClassVar[int]
    rig_id: str
    count: int
    seed: int
    styles: _containers.RepeatedCompositeFieldContainer[StyleChoice]
    def __init__(self, rig_id: _Optional[str] = ..., count: _Optional[int] = ..., seed: _Optional[int] = ..., styles: _Optional[_Iterable[_Union[StyleChoice, _Mapping]]] = ...) -> None: ...

class SampleCharactersResponse(_message.Message):
    __slots__ = ("characters",)
    CHARACTERS_FIELD_NUMBER: _ClassVar[int]
    characters: _containers.RepeatedCompositeFieldContainer[Character]
    def __init__(self, characters: _Optional[_Iterable[_Union[Character, _Mapping]]] = ...) -> None: ...

class ExportCharacterRequest(_message.Message):
    __slots__ = ("character", "format", "pose")
    CHARACTER_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    POSE_FIELD_NUMBER: _ClassVar[int]
    character: Character
    format: ExportFormat
    pose: ExportPose
    def __init__(self, character: _Optional[_Union[Character, _Mapping]] = ..., format: _Optional[_Union[ExportFormat, str]] = ..., pose: _Optional[_Union[ExportPose, str]] = ...) -> None: ...

class ExportCharacterResponse(_message.Message):
    __slots__ = ("files",)
    FILES_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[File]
    def __init__(self, files: _Optional[_Iterable[_Union[File, _Mapping]]] = ...) -> None: ...
