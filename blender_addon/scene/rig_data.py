"""The description of a rig: kept in the file with every head, read into arrays, turned into poses of bones."""

import hashlib
import re
import zlib
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from google.protobuf.message import DecodeError

from ..client.generated import rig_pb2

RESPONSE, KEY = "facewright_rig", "facewright_rig_key"
"""Custom properties of the armature's data: the compressed answer of GetRig, and what tells it from others."""

SMALLEST_SCALE = 0.1
"""As in the backend: many parameters can shrink one bone together; its scale never falls below this."""

UNITS = {rig_pb2.UNIT_MILLIMETRE: "mm", rig_pb2.UNIT_DEGREE: "deg", rig_pb2.UNIT_RATIO: "ratio"}
RESERVED = frozenset({"name", "rna_type", "bl_rna", "id_data"})
"""Names that Blender has given to every property group already."""

FACE_REGIONS = frozenset({"eye", "brow", "nose", "mouth", "lips", "chin", "cheek", "jaw", "face"})
_KEY_CHARACTERS = 16


class Parameter(NamedTuple):
    """One slider: values are physical, in its unit ("mm", "deg", "ratio", "amount"); `slider` is a property's name."""

    name: str
    label: str
    group: str
    unit: str
    minimum: float
    neutral: float
    maximum: float
    asymmetry: bool
    slider: str


class Bone(NamedTuple):
    """One bone; the name of a root's parent is empty."""

    name: str
    parent: str
    region: str


class StyleGroup(NamedTuple):
    """What can be worn of one kind; options are pairs of name and label."""

    name: str
    label: str
    default: str
    options: tuple[tuple[str, str], ...]


class Offsets(NamedTuple):
    """What parameters add to bone channels: the entries of a (2 P, J * 9) matrix that are not 0, channel by channel.

    The product with a vector takes half a millisecond and, unlike a dense one, starts no threads.

    Attributes:
        sides: (n,) row of each entry: a parameter at its minimum, or P rows further at its maximum.
        values: (n,) m, rad, ratio.
        channels: (c,) channels that have entries, rising.
        starts: (c,) first entry of each.
    """

    sides: np.ndarray
    values: np.ndarray
    channels: np.ndarray
    starts: np.ndarray


class RigData(NamedTuple):
    """A rig as the extension needs it.

    Attributes:
        id, version: as the backend names it.
        key: short digest of the whole description.
        parameters: P sliders, in the rig's order.
        groups: headings of the sliders, in the order in which they first appear.
        bones: J bones, parents first.
        blendshapes: names of the expression's shape keys.
        styles: what can be worn.
        limits: (P, 3) minimum, neutral, maximum.
        neutral: (J, 9) pose with all parameters neutral: m, rad, ratio.
        offsets: what each parameter adds at its minimum and at its maximum.
        driven: (J, 3) whether any parameter changes location, rotation, scale of a bone.
        turning_bone: the bone that turns the whole head and that no parameter turns; empty if there is none.
    """

    id: str
    version: str
    key: str
    parameters: tuple[Parameter, ...]
    groups: tuple[str, ...]
    bones: tuple[Bone, ...]
    blendshapes: tuple[str, ...]
    styles: tuple[StyleGroup, ...]
    limits: np.ndarray
    neutral: np.ndarray
    offsets: Offsets
    driven: np.ndarray
    turning_bone: str


_read: dict[str, RigData] = {}
"""Rigs that have been read, by their keys: nothing but a cache."""


def slider_name(parameter: str) -> str:
    """Return the name that the property of a parameter can have."""
    name = re.sub(r"\W", "_", parameter)
    return f"{name}_" if name in RESERVED else name


def attach_rig(armature, response: bytes) -> RigData:
    """Keep the description of a rig with an armature.

    Args:
        armature: the armature object; its data gets two custom properties.
        response: a GetRigResponse with offsets, as bytes.

    Returns:
        The rig.

    Raises:
        ValueError: the bytes are no such message, or have no offsets.
    """
    key = hashlib.sha256(response).hexdigest()[:_KEY_CHARACTERS]
    rig = _read.get(key) or parse_rig(response, key)
    armature.data[RESPONSE], armature.data[KEY] = zlib.compress(response), key
    _read[key] = rig
    return rig


def rig_of(armature) -> RigData | None:
    """Return the rig of an armature object, or None if it carries none that can be read."""
    if armature is None or armature.type != "ARMATURE" or armature.data is None:
        return None
    key = armature.data.get(KEY)
    if not isinstance(key, str):
        return None
    if key not in _read:
        try:
            response = zlib.decompress(bytes(armature.data.get(RESPONSE, b"")))
            _read[key] = parse_rig(response, key)
        except (zlib.error, ValueError, TypeError):
            return None
    return _read[key]


def parse_rig(response: bytes, key: str) -> RigData:
    """Read a GetRigResponse.

    Args:
        response: its bytes, with offsets.
        key: what the rig shall be told from others by.

    Raises:
        ValueError: the bytes are no such message, or have no offsets.
    """
    try:
        message = rig_pb2.GetRigResponse.FromString(response)
    except DecodeError as error:
        raise ValueError("the description of the rig cannot be read; add the head again") from error
    parameters = tuple(_parameter(one) for one in message.parameters)
    bones = tuple(Bone(one.name, one.parent, one.region) for one in message.bones)
    offsets = _offsets(message)
    if not len(offsets.values):
        raise ValueError("the description of the rig says nothing of its bones; ask for it with offsets")
    driven = np.zeros(9 * len(bones), bool)
    driven[offsets.channels] = True
    driven = driven.reshape(-1, 3, 3).any(axis=2)  # (J, 3)
    return RigData(
        id=message.summary.id,
        version=message.summary.version,
        key=key,
        parameters=parameters,
        groups=tuple(dict.fromkeys(one.group for one in parameters)),
        bones=bones,
        blendshapes=tuple(message.blendshapes),
        styles=tuple(_style_group(one) for one in message.styles),
        limits=np.array([(one.minimum, one.neutral, one.maximum) for one in parameters]).reshape(-1, 3),
        neutral=_neutral(message, bones),
        offsets=offsets,
        driven=driven,
        turning_bone=find_turning_bone(bones, driven),
    )


def channels(rig: RigData, values: Mapping[str, float] | np.ndarray) -> np.ndarray:
    """Compute the pose of all bones.

    Args:
        rig: the rig.
        values: physical values by name, neutral where left out, or all (P,) of them; taken into their ranges.

    Returns:
        (J, 9) location in m, rotation XYZ in rad, scale.
    """
    minimum, neutral, maximum = rig.limits.T
    if isinstance(values, Mapping):
        values = np.array([values.get(one.name, one.neutral) for one in rig.parameters], np.float64)
    values = np.clip(values, minimum, maximum)
    lower = np.maximum(neutral - values, 0.0) / (neutral - minimum)
    upper = np.maximum(values - neutral, 0.0) / (maximum - neutral)
    shares, offsets = np.concatenate([lower, upper]), rig.offsets  # (2 P,)
    posed = rig.neutral.copy()  # (J, 9)
    posed.reshape(-1)[offsets.channels] += np.add.reduceat(shares[offsets.sides] * offsets.values, offsets.starts)
    np.maximum(posed[:, 6:], SMALLEST_SCALE, out=posed[:, 6:])
    return posed


def find_turning_bone(bones: tuple[Bone, ...], driven: np.ndarray) -> str:
    """Find the bone that turns the whole head: the nearest one that all bones of the face hang from.

    A bone whose rotation belongs to the shape of the head is passed over for its parent.

    Args:
        bones: J bones, parents first.
        driven: (J, 3) whether a parameter changes location, rotation, scale.

    Returns:
        Its name; empty if there is none.
    """
    index = {bone.name: number for number, bone in enumerate(bones)}
    above = {}  # name -> names from the bone up to its root
    for bone in bones:
        above[bone.name] = [bone.name, *above.get(bone.parent, [])]
    face = [bone for bone in bones if bone.region.lower() in FACE_REGIONS]
    if not face:  # regions of another language: what the shape moves is the face
        face = [bone for bone, moves in zip(bones, driven[:, 0], strict=True) if moves]
    if not face:
        return ""
    shared = set(above[face[0].name]).intersection(*(above[bone.name] for bone in face))
    chain = [name for name in above[face[0].name] if name in shared]
    return next((name for name in chain if not driven[index[name], 1]), "")


def _parameter(message) -> Parameter:
    return Parameter(
        message.name,
        message.label,
        message.group,
        UNITS.get(message.unit, "amount"),
        message.minimum,
        message.neutral,
        message.maximum,
        message.asymmetry,
        slider_name(message.name),
    )


def _style_group(message) -> StyleGroup:
    options = tuple((one.name, one.label or one.name) for one in message.options)
    return StyleGroup(message.name, message.label, message.default_choice, options)


def _neutral(message, bones: tuple[Bone, ...]) -> np.ndarray:
    """Return (J, 9); bones that the message leaves out are at rest."""
    rows = {one.bone: _numbers(one) for one in message.neutral_pose}
    rest = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0)
    return np.array([rows.get(bone.name, rest) for bone in bones], np.float64).reshape(-1, 9)


def _numbers(message) -> tuple[float, ...]:
    vectors = (message.location_m, message.rotation_rad, message.scale)
    return tuple(number for vector in vectors for number in (vector.x, vector.y, vector.z))


def _offsets(message) -> Offsets:
    count = len(message.parameters)
    lists = [one.at_minimum for one in message.parameters] + [one.at_maximum for one in message.parameters]
    lengths = [len(side.channels) for side in lists]
    sides = np.repeat(np.arange(2 * count, dtype=np.int32), lengths)
    channel = np.fromiter((number for side in lists for number in side.channels), np.int64, sum(lengths))
    values = np.fromiter((number for side in lists for number in side.offsets), np.float64, sum(lengths))
    order = np.argsort(channel, kind="stable")
    used, starts = np.unique(channel[order], return_index=True)
    return Offsets(sides[order], values[order], used, starts)
