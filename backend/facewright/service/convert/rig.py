"""Rigs and characters: between the nouns of a rig, with parameters in [0, 1], and messages with physical values."""

import io
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from facewright_client.generated import rig_pb2
from PIL import Image

from facewright.datatypes import ARKIT_52, STYLE_GROUPS, FaceColours, Look, PhotoSkin, SkinDetail, SkinShares, Style
from facewright.errors import RequestInvalid
from facewright.export.rig_json import COLOUR_NAMES, SKIN_NAMES
from facewright.perception.image import DECODER_ERRORS
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.nouns import Parameter, Rig
from facewright.rig.parts import group_of
from facewright.rig.styles import worn_choice
from facewright.service.convert.checks import all_different, at_most, in_range, known_enum, known_name, shortened
from facewright.service.pictures import png

UNITS = {
    "mm": rig_pb2.UNIT_MILLIMETRE,
    "degree": rig_pb2.UNIT_DEGREE,
    "ratio": rig_pb2.UNIT_RATIO,
    "amount": rig_pb2.UNIT_AMOUNT,
}
FILES = {
    rig_pb2.RESULT_FILE_RIG_JSON: "rig_json",
    rig_pb2.RESULT_FILE_GLB: "glb",
    rig_pb2.RESULT_FILE_OBJ: "obj",
    rig_pb2.RESULT_FILE_SKIN: "skin",
    rig_pb2.RESULT_FILE_FRONT: "front",
    rig_pb2.RESULT_FILE_AS_PHOTO: "as_photo",
    rig_pb2.RESULT_FILE_SHEET: "sheet",
}
LAYER_BYTES, LAYER_SIDES_PX = 16 * 2**20, (64, 4096)


def summary_message(rig: Rig) -> rig_pb2.RigSummary:
    """Describe a rig in a few words."""
    return rig_pb2.RigSummary(
        id=rig.id,
        version=rig.version,
        sha256=rig.digest,
        parameter_count=len(rig.parameters),
        bone_count=len(rig.bones),
        blendshape_count=len(rig.blendshapes),
        vertex_count=len(rig.mesh.vertices_m),
    )


def rig_message(rig: Rig, neutral_channels: np.ndarray, with_offsets: bool) -> rig_pb2.GetRigResponse:
    """Describe a rig whole.

    Args:
        rig: the rig.
        neutral_channels: (J, 9) with all parameters at 0.5.
        with_offsets: whether to say what each parameter adds to the bone channels.
    """
    parameters = [_parameter_message(one) for one in rig.parameters]
    if with_offsets:
        for message, lower, upper in zip(parameters, rig.channel_minimum, rig.channel_maximum, strict=True):
            message.at_minimum.CopyFrom(_offsets_message(lower))
            message.at_maximum.CopyFrom(_offsets_message(upper))
    return rig_pb2.GetRigResponse(
        summary=summary_message(rig),
        parameters=parameters,
        blendshapes=ARKIT_52,
        bones=[
            rig_pb2.Bone(
                name=bone.name,
                parent=rig.bones[bone.parent].name if bone.parent >= 0 else "",
                head_m=vector_message(bone.head),
                tail_m=vector_message(bone.tail),
                roll_rad=bone.roll,
                region=bone.region,
            )
            for bone in rig.bones
        ],
        neutral_pose=bones_message(rig, neutral_channels),
        styles=[
            rig_pb2.StyleGroup(
                name=group.name,
                label=group.label,
                default_choice=group.default,
                options=[rig_pb2.StyleOption(name=choice.name, label=choice.label) for choice in group.choices],
            )
            for group in rig.styles
        ],
    )


def bones_message(rig: Rig, channels: np.ndarray) -> Sequence[rig_pb2.BoneChannels]:
    """Describe the pose of all bones, (J, 9) in m, rad, ratio."""
    filled = rig_pb2.EvaluateRigResponse()
    filled.CopyFrom(_bones_template(rig))  # filling in is three times as fast as building
    for bone, row in zip(filled.bones, channels.tolist(), strict=True):
        place, turn, scale = bone.location_m, bone.rotation_rad, bone.scale
        place.x, place.y, place.z, turn.x, turn.y, turn.z, scale.x, scale.y, scale.z = row
    return filled.bones


def vector_message(values: Sequence[float] | np.ndarray) -> rig_pb2.Vector3:
    """Turn (3,) numbers into a message."""
    return rig_pb2.Vector3(x=values[0], y=values[1], z=values[2])


def unit_value(parameter: Parameter, value: float) -> float:
    """Turn a value in the unit of a parameter into one in [0, 1], of which 0.5 is neutral."""
    if value < parameter.neutral:
        return 0.5 * (value - parameter.minimum) / (parameter.neutral - parameter.minimum)
    return 0.5 + 0.5 * (value - parameter.neutral) / (parameter.maximum - parameter.neutral)


def character_message(
    rig: Rig,
    parameters: np.ndarray,
    look: Look,
    choices: dict[str, dict[str, float]] | None = None,
    with_skin: bool = False,
) -> rig_pb2.Character:
    """Describe a head.

    Args:
        rig: the rig.
        parameters: (P,) in [0, 1].
        look: colours, skin, style.
        choices: how probable each choice was, by group.
        with_skin: whether the photo skin comes along.
    """
    template, minimum, neutral, maximum = _character_template(rig)
    message = rig_pb2.Character()
    message.CopyFrom(template)
    unit = np.asarray(parameters, np.float64)
    lower, upper = minimum + 2 * unit * (neutral - minimum), neutral + (2 * unit - 1) * (maximum - neutral)
    for parameter, value in zip(message.parameters, np.where(unit < 0.5, lower, upper).tolist(), strict=True):
        parameter.value = value
    message.look.CopyFrom(_look_message(rig, look, choices or {}, with_skin))
    return message


def head_from_message(rig: Rig, character: rig_pb2.Character, field: str) -> tuple[np.ndarray, Look]:
    """Read a head: (P,) float32 parameters in [0, 1], and its look.

    Raises:
        RequestInvalid: a name is unknown, a value out of range, or the rig's version another one.
    """
    if character.rig_version and character.rig_version != rig.version:
        raise RequestInvalid(
            f"{field}.rig_version",
            f"the character was made for {shortened(character.rig_version)}, {rig.id} has version {rig.version}",
            "leave the version out if that is meant, or make the character again",
        )
    at_most(f"{field}.parameters", len(character.parameters), len(rig.parameters), "parameters")
    all_different(f"{field}.parameters", (one.name for one in character.parameters))
    index = {parameter.name: number for number, parameter in enumerate(rig.parameters)}
    values = np.full(len(index), 0.5, np.float32)
    for sent in character.parameters:
        where = f"{field}.parameters[{shortened(sent.name)}]"
        number = index[known_name(where, sent.name, index, "parameter")]
        parameter = rig.parameters[number]
        values[number] = unit_value(parameter, in_range(where, sent.value, parameter.minimum, parameter.maximum))
    return values, _look_from_message(rig, character.look, f"{field}.look")


def style_from_message(rig: Rig, styles: Sequence[rig_pb2.StyleChoice], field: str) -> Style:
    """Read choices; groups that are left out stay open.

    Raises:
        RequestInvalid: a group or a choice is unknown.
    """
    at_most(field, len(styles), len(STYLE_GROUPS), "groups")
    all_different(field, (one.group for one in styles))
    chosen = {}
    for one in styles:
        groups = [group.name for group in rig.styles]
        known_name(f"{field}.group", one.group, groups, "style group")
        if one.choice:
            names = [choice.name for choice in group_of(rig, one.group).choices]
            chosen[one.group] = known_name(f"{field}[{one.group}].choice", one.choice, names, f"{one.group} style")
    return Style(**chosen)


def outputs_from_message(files: Sequence[rig_pb2.ResultFile], field: str) -> tuple[str, ...]:
    """Read which files are asked for, as `pipelines.outputs.OUTPUTS` names them.

    Raises:
        RequestInvalid: one is unknown.
    """
    at_most(field, len(files), len(FILES), "files")
    return tuple(dict.fromkeys(known_enum(field, value, FILES) for value in files))


def expression_from_message(weights: Sequence[rig_pb2.BlendshapeWeight], field: str) -> np.ndarray:
    """Read (E,) float32 blendshape weights.

    Raises:
        RequestInvalid: a name is unknown or a weight out of range.
    """
    at_most(field, len(weights), len(ARKIT_52), "blendshapes")
    all_different(field, (one.name for one in weights))
    expression = np.zeros(len(ARKIT_52), np.float32)
    for one in weights:
        where = f"{field}[{shortened(one.name)}]"
        number = ARKIT_52.index(known_name(where, one.name, ARKIT_52, "blendshape"))
        expression[number] = in_range(where, one.weight, 0.0, 1.0)
    return expression


def expression_message(expression: np.ndarray) -> list[rig_pb2.BlendshapeWeight]:
    """Name (E,) coefficients."""
    named = zip(ARKIT_52, expression.tolist(), strict=True)
    return [rig_pb2.BlendshapeWeight(name=name, weight=weight) for name, weight in named]


@lru_cache(maxsize=4)
def _bones_template(rig: Rig) -> rig_pb2.EvaluateRigResponse:
    """Return the bones of a rig with all fields that a pose fills in."""
    zero, one = rig_pb2.Vector3(x=0, y=0, z=0), rig_pb2.Vector3(x=1, y=1, z=1)
    rest = [rig_pb2.BoneChannels(bone=bone.name, location_m=zero, rotation_rad=zero, scale=one) for bone in rig.bones]
    return rig_pb2.EvaluateRigResponse(bones=rest)


@lru_cache(maxsize=4)
def _character_template(rig: Rig) -> tuple[rig_pb2.Character, np.ndarray, np.ndarray, np.ndarray]:
    """Return a neutral character of a rig, and minimum, neutral and maximum (P,) of its parameters."""
    values = [rig_pb2.ParameterValue(name=one.name, value=one.neutral) for one in rig.parameters]
    limits = np.array([(one.minimum, one.neutral, one.maximum) for one in rig.parameters])
    return rig_pb2.Character(rig_id=rig.id, rig_version=rig.version, parameters=values), *limits.T


def _parameter_message(parameter: Parameter) -> rig_pb2.Parameter:
    return rig_pb2.Parameter(
        name=parameter.name,
        label=parameter.label,
        group=parameter.group,
        unit=UNITS[parameter.unit],
        minimum=parameter.minimum,
        neutral=parameter.neutral,
        maximum=parameter.maximum,
        mirrored=parameter.mirrored,
        asymmetry=parameter.asymmetry,
    )


def _offsets_message(offsets: np.ndarray) -> rig_pb2.ChannelOffsets:
    flat = offsets.reshape(-1)
    used = np.flatnonzero(flat)
    return rig_pb2.ChannelOffsets(channels=used.tolist(), offsets=flat[used].tolist())


def _look_message(rig: Rig, look: Look, choices: dict[str, dict[str, float]], with_skin: bool) -> rig_pb2.Look:
    styles = [
        rig_pb2.StyleChoice(
            group=group.name,
            choice=worn_choice(group, look.style).name,
            probabilities=choices.get(group.name, {}),
        )
        for group in rig.styles
    ]
    message = rig_pb2.Look(
        colours=rig_pb2.Colours(**{name: _colour_message(getattr(look.colours, name)) for name in COLOUR_NAMES}),
        skin=rig_pb2.SkinDetail(**{name: getattr(look.skin, name) for name in SKIN_NAMES}),
        styles=styles,
    )
    if with_skin and look.photo_skin is not None:
        skin = look.photo_skin
        message.photo_skin.CopyFrom(
            rig_pb2.PhotoSkin(
                layer_png=png(skin.layer),
                share=look.photo_share,
                keeps_brows=skin.keeps_brows,
                keeps_beard=skin.keeps_beard,
            )
        )
    return message


def _colour_message(colour: np.ndarray) -> rig_pb2.Colour:
    red, green, blue = (float(part) for part in colour)
    return rig_pb2.Colour(red=red, green=green, blue=blue)


def _look_from_message(rig: Rig, look: rig_pb2.Look, field: str) -> Look:
    colours = {name: getattr(NEUTRAL_COLOURS, name) for name in COLOUR_NAMES}
    for name in COLOUR_NAMES:
        if look.colours.HasField(name):
            sent = getattr(look.colours, name)
            parts = {part: getattr(sent, part) for part in ("red", "green", "blue")}
            checked = [in_range(f"{field}.colours.{name}.{part}", value, 0.0, 1.0) for part, value in parts.items()]
            colours[name] = np.array(checked, np.float32)
    skin = SkinDetail()
    if look.HasField("skin"):
        amounts = {name: getattr(look.skin, name) for name in SKIN_NAMES}
        skin = SkinDetail(**{name: in_range(f"{field}.skin.{name}", one, 0.0, 1.0) for name, one in amounts.items()})
    photo_skin, share = None, 1.0
    if look.HasField("photo_skin"):
        share = in_range(f"{field}.photo_skin.share", look.photo_skin.share, 0.0, 1.0)
        photo_skin = _photo_skin(look.photo_skin, f"{field}.photo_skin.layer_png")
    style = style_from_message(rig, look.styles, f"{field}.styles")
    return Look(FaceColours(**colours), skin, style, photo_skin, share)


def _photo_skin(sent: rig_pb2.PhotoSkin, field: str) -> PhotoSkin:
    smallest, largest = LAYER_SIDES_PX
    wanted = f"a square PNG of {smallest} to {largest} px and at most {LAYER_BYTES // 2**20} MiB"
    remedy = "send the layer as a fit returned it, painted on or not"
    if not sent.layer_png or len(sent.layer_png) > LAYER_BYTES:
        raise RequestInvalid(field, f"expected {wanted}, found {len(sent.layer_png)} bytes", remedy)
    try:
        with Image.open(io.BytesIO(sent.layer_png), formats=["PNG"]) as picture:
            width, height = picture.size
            if width != height or not smallest <= width <= largest:
                raise RequestInvalid(field, f"expected {wanted}, found {width} x {height} px", remedy)
            layer = np.asarray(picture.convert("RGBA"))
    except (*DECODER_ERRORS, Image.DecompressionBombError) as error:
        raise RequestInvalid(field, f"expected {wanted}, which cannot be decoded: {error}", remedy) from error
    shares = SkinShares(0.0, 0.0, 0.0, 0.0)  # where the layer came from is not sent
    return PhotoSkin(layer, np.zeros((*layer.shape[:2], 3), np.uint8), sent.keeps_brows, sent.keeps_beard, shares)
