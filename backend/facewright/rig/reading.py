"""Reads the files of a rig folder into checked arrays and nouns; every complaint names the file and the key."""

import tomllib
from pathlib import Path
from typing import TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from facewright.datatypes import BONE_CHANNELS
from facewright.errors import RigInvalid
from facewright.rig.nouns import Bone, Parameter

UNITS = ("mm", "degree", "ratio", "amount")
_Kind = TypeVar("_Kind")
_REMEDY = "mend the file as rigs/README.md describes, or restore it from the repository"


def invalid(path: Path, complaint: str) -> RigInvalid:
    """Build the error for a rig file: which file, and what is wrong with it."""
    return RigInvalid(f"{path.parent.name}/{path.name}: {complaint}", _REMEDY)


def read_toml(path: Path) -> dict:
    """Read a TOML file of a rig.

    Raises:
        RigInvalid: it is missing or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise invalid(path, "the file is missing") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise invalid(path, f"not valid TOML: {error}") from error


def read_tensors(path: Path, shapes: dict[str, tuple[int | None, ...]]) -> dict[str, np.ndarray]:
    """Read arrays from a safetensors file of a rig.

    Args:
        path: the file.
        shapes: required arrays and their shapes; None stands for any length.

    Returns:
        The required arrays by name.

    Raises:
        RigInvalid: it is missing, damaged, or an array is absent, has another shape or holds NaN or infinity.
    """
    try:
        tensors = load_file(path)
    except FileNotFoundError as error:
        raise invalid(path, "the file is missing") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise invalid(path, f"not a safetensors file: {error}") from error
    for name, shape in shapes.items():
        if name not in tensors:
            raise invalid(path, f"array '{name}' is missing")
        found = tensors[name].shape
        if len(found) != len(shape) or any(want not in (None, have) for want, have in zip(shape, found, strict=True)):
            want = tuple("any" if length is None else length for length in shape)
            raise invalid(path, f"array '{name}': expected shape {want}, found {found}")
        if not np.isfinite(tensors[name]).all():
            raise invalid(path, f"array '{name}' holds values that are not finite")
    return {name: tensors[name] for name in shapes}


def require_below(path: Path, name: str, indices: np.ndarray, bound: int) -> None:
    """Check that indices point into something of `bound` elements.

    Raises:
        RigInvalid: one does not.
    """
    if indices.size and (indices.min() < 0 or indices.max() >= bound):
        found = f"{indices.min()} to {indices.max()}"
        raise invalid(path, f"array '{name}': expected indices from 0 to {bound - 1}, found {found}")


def value_of(path: Path, table: dict, key: str, kind: type[_Kind], where: str = "") -> _Kind:
    """Take a required value of a known type from a TOML table; a float may be written as an integer.

    Raises:
        RigInvalid: the key is absent or of another type.
    """
    name = f"{where}{key}"
    if key not in table:
        raise invalid(path, f"key '{name}' is missing")
    value = table[key]
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise invalid(path, f"key '{name}': expected {kind.__name__}, found {value!r}")
    return value


def read_bones(path: Path) -> tuple[Bone, ...]:
    """Read `skeleton.toml`.

    Returns:
        The bones, parents before children.

    Raises:
        RigInvalid: see rigs/README.md for what is required.
    """
    bones: list[Bone] = []
    index: dict[str, int] = {}
    for row, table in enumerate(value_of(path, read_toml(path), "bone", list)):
        name = value_of(path, table, "name", str, f"bone[{row}].")
        where = f"bone '{name}': "
        parent = value_of(path, table, "parent", str, where)
        if name in index:
            raise invalid(path, f"{where}the name stands twice")
        if parent and parent not in index:
            raise invalid(path, f"{where}parent '{parent}' is not among the bones above it")
        head, tail = (_point(path, table, key, where) for key in ("head", "tail"))
        if np.linalg.norm(tail - head) < 1e-6:
            raise invalid(path, f"{where}head and tail are the same point")
        roll, region = value_of(path, table, "roll", float, where), value_of(path, table, "region", str, where)
        index[name] = row
        bones.append(Bone(name, index[parent] if parent else -1, head, tail, roll, region))
    if not bones:
        raise invalid(path, "key 'bone': expected at least one bone")
    return tuple(bones)


def read_parameters(path: Path, bones: tuple[Bone, ...]) -> tuple[tuple[Parameter, ...], np.ndarray]:
    """Read `parameters.toml`.

    Returns:
        The P parameters, and (P, J, 9, 3) float64 minimum, neutral and maximum of each channel as offsets from rest.

    Raises:
        RigInvalid: see rigs/README.md for what is required.
    """
    bone_index = {bone.name: index for index, bone in enumerate(bones)}
    tables = value_of(path, read_toml(path), "parameter", list)
    ranges = np.zeros((len(tables), len(bones), len(BONE_CHANNELS), 3))
    parameters: list[Parameter] = []
    names: set[str] = set()
    for row, table in enumerate(tables):
        parameter = _parameter(path, table, row)
        where = f"parameter '{parameter.name}': "
        if parameter.name in names:
            raise invalid(path, f"{where}the name stands twice")
        names.add(parameter.name)
        parameters.append(parameter)
        for entry in value_of(path, table, "channels", list, where):
            bone, channel, values = _channel_range(path, entry, where)
            if bone not in bone_index:
                raise invalid(path, f"{where}channels: no bone '{bone}' in skeleton.toml")
            ranges[row, bone_index[bone], BONE_CHANNELS.index(channel)] += values
    if not parameters:
        raise invalid(path, "key 'parameter': expected at least one parameter")
    return tuple(parameters), ranges


def _parameter(path: Path, table: dict, row: int) -> Parameter:
    name = value_of(path, table, "name", str, f"parameter[{row}].")
    where = f"parameter '{name}': "
    label, group, unit = (value_of(path, table, key, str, where) for key in ("label", "group", "unit"))
    numbers = [value_of(path, table, key, float, where) for key in ("minimum", "neutral", "maximum")]
    mirrored, asymmetry = (
        key in table and value_of(path, table, key, bool, where) for key in ("mirrored", "asymmetry")
    )
    if unit not in UNITS:
        raise invalid(path, f"{where}unit: expected one of {', '.join(UNITS)}, found '{unit}'")
    low, neutral, high = numbers
    if not low <= neutral <= high or low == high:
        raise invalid(path, f"{where}expected minimum <= neutral <= maximum and a range, found {numbers}")
    residual_mm = value_of(path, table, "residual_mm", float, where)
    return Parameter(name, label, group, unit, low, neutral, high, mirrored, asymmetry, residual_mm)


def _channel_range(path: Path, entry: list, where: str) -> tuple[str, str, np.ndarray]:
    if not isinstance(entry, list) or len(entry) != 5 or not all(type(v) in (int, float) for v in entry[2:]):
        raise invalid(path, f'{where}channels: expected ["bone", "channel", min, neutral, max], found {entry!r}')
    bone, channel, *values = entry
    if channel not in BONE_CHANNELS:
        raise invalid(path, f"{where}channels: expected one of {', '.join(BONE_CHANNELS)}, found {channel!r}")
    return bone, channel, np.array(values, np.float64)


def _point(path: Path, table: dict, key: str, where: str) -> np.ndarray:
    values = value_of(path, table, key, list, where)
    if len(values) != 3 or not all(type(value) in (int, float) for value in values):
        raise invalid(path, f"{where}{key}: expected three numbers in metres, found {values!r}")
    return np.array(values, np.float64)
