"""Reads the choice parameters of a rig: styles.toml, and the painted layer and the mesh of each choice."""

from pathlib import Path

import numpy as np
from PIL import Image

from facewright.datatypes import STYLE_GROUPS, FaceColours, Look, SkinDetail, Style
from facewright.errors import RigInvalid
from facewright.rig.nouns import Choice, Layer, Piece, StyleGroup
from facewright.rig.reading import invalid, read_tensors, read_toml, require_below, value_of

STYLES_FILE = "styles.toml"
STYLES_FOLDER = "styles"
STRANDS_FILE = "strands.png"
"""The texture that a group's pieces share, in the group's folder under STYLES_FOLDER."""

ADULT_AGES = (18.0, 90.0)
LOOK_AMOUNTS = 22
"""Numbers of a look vector before its choices: 18 of colours, 4 of skin."""

LAYER_MARGIN_PX = 8
"""Empty rim around the painted box of a layer, so that coarser levels of it stay empty at its edge."""


def read_styles(folder: Path) -> tuple[StyleGroup, ...]:
    """Read `styles.toml` and find the files of each choice.

    Args:
        folder: the rig's folder.

    Returns:
        The groups in the order of STYLE_GROUPS; none when the rig has no styles.

    Raises:
        RigInvalid: the file contradicts its format.
    """
    path = folder / STYLES_FILE
    if not path.is_file():
        return ()
    groups = [_read_group(path, table) for table in value_of(path, read_toml(path), "group", list)]
    names = [group.name for group in groups]
    if len(set(names)) < len(names):
        raise invalid(path, f"each group may stand there once, found {', '.join(names)}")
    return tuple(sorted(groups, key=lambda group: STYLE_GROUPS.index(group.name)))


def styles_files(folder: Path) -> list[Path]:
    """List every file that the styles of a rig consist of, sorted."""
    present = [folder / STYLES_FILE, *(folder / STYLES_FOLDER).glob("*/*.png")]
    present += (folder / STYLES_FOLDER).glob("*/*.safetensors")
    return sorted(path for path in present if path.is_file())


def find_group(styles: tuple[StyleGroup, ...], name: str) -> StyleGroup | None:
    """Return the group of a name, None if the rig has no such group."""
    return next((group for group in styles if group.name == name), None)


def find_choice(styles: tuple[StyleGroup, ...], group: str, style: Style) -> Choice | None:
    """Return what a head wears of a group.

    Args:
        styles: the rig's.
        group: one of STYLE_GROUPS.
        style: the head's; an empty name stands for the group's default.

    Returns:
        The choice, None if the rig has no such group.

    Raises:
        RigInvalid: the rig has the group but no choice of that name.
    """
    found = find_group(styles, group)
    return None if found is None else worn_choice(found, style)


def worn_choice(group: StyleGroup, style: Style) -> Choice:
    """Return what a head wears of a group that the rig has; an empty name stands for the group's default.

    Raises:
        RigInvalid: the group has no choice of that name.
    """
    wanted = style.choice(group.name) or group.default
    for choice in group.choices:
        if choice.name == wanted:
            return choice
    known = ", ".join(choice.name for choice in group.choices)
    raise RigInvalid(f"the rig has no {group.name} style {wanted!r}", f"choose one of: {known}")


def read_layer(path: Path) -> Layer:
    """Read the painted layer of a choice.

    Raises:
        RigInvalid: it is not a square grey picture.
    """
    try:
        with Image.open(path) as picture:
            coverage = np.asarray(picture)
    except OSError as error:
        raise invalid(path, f"not a picture: {error}") from error
    if coverage.ndim != 2 or coverage.shape[0] != coverage.shape[1] or coverage.dtype != np.uint8:
        raise invalid(path, f"expected a square grey picture of 8 bits, found {coverage.dtype} {coverage.shape}")
    side = len(coverage)
    rows, columns = np.flatnonzero(coverage.any(1)), np.flatnonzero(coverage.any(0))
    if not len(rows):
        raise invalid(path, "the layer is empty; a choice without paint has no file")
    top, bottom = max(rows[0] - LAYER_MARGIN_PX, 0), min(rows[-1] + 1 + LAYER_MARGIN_PX, side)
    left, right = max(columns[0] - LAYER_MARGIN_PX, 0), min(columns[-1] + 1 + LAYER_MARGIN_PX, side)
    return Layer(int(left), int(top), side, np.ascontiguousarray(coverage[top:bottom, left:right]))


def read_strands(path: Path) -> np.ndarray:
    """Read the texture of a group's strands.

    Returns:
        (S, S, 4) uint8 detail, shade, strand number, opacity.

    Raises:
        RigInvalid: it is not a square picture of four channels.
    """
    try:
        with Image.open(path) as picture:
            strands = np.asarray(picture)
    except OSError as error:
        raise invalid(path, f"not a picture: {error}") from error
    if strands.ndim != 3 or strands.shape[2] != 4 or strands.shape[0] != strands.shape[1]:
        raise invalid(path, f"expected a square RGBA picture, found {strands.shape}")
    return strands


def read_piece(path: Path, bones: int, head_triangles: int, head_vertices: int) -> Piece:
    """Read the mesh of a choice.

    Args:
        path: the file.
        bones: J of the rig.
        head_triangles: F of the rig's mesh.
        head_vertices: V of the rig's mesh.

    Raises:
        RigInvalid: the file contradicts its format or the rig.
    """
    shapes = {
        "vertices_m": (None, 3),
        "normals": (None, 3),
        "triangles": (None, 3),
        "uv": (None, 2),
        "material": (None,),
        "indices": (None, None),
        "weights": (None, None),
        "anchor_triangle": (None,),
        "anchor_barycentric": (None, 3),
        "follow": (None,),
        "openness": (None,),
        "head_openness": (head_vertices,),
    }
    arrays = read_tensors(path, shapes)
    count = len(arrays["vertices_m"])
    for name in shapes:
        wanted = len(arrays["triangles"]) if name == "material" else count
        if name not in ("triangles", "head_openness") and len(arrays[name]) != wanted:
            raise invalid(path, f"array '{name}': expected {wanted} rows, found {len(arrays[name])}")
    require_below(path, "triangles", arrays["triangles"], count)
    require_below(path, "indices", arrays["indices"], bones)
    require_below(path, "anchor_triangle", arrays["anchor_triangle"], head_triangles)
    weights = arrays["weights"].astype(np.float32)
    if weights.shape != arrays["indices"].shape or np.abs(weights.sum(1) - 1).max() > 0.01:
        raise invalid(path, "array 'weights': expected the shape of 'indices' and rows that sum to 1")
    arrays["weights"] = weights / weights.sum(1, keepdims=True)
    for name in ("openness", "head_openness"):
        arrays[name] = arrays[name].astype(np.float32) / 255.0
    for name in ("triangles", "indices", "anchor_triangle"):
        arrays[name] = arrays[name].astype(np.int32)
    kept = ("material", "triangles", "indices", "anchor_triangle")
    return Piece(**{name: values if name in kept else values.astype(np.float32) for name, values in arrays.items()})


def look_size(styles: tuple[StyleGroup, ...]) -> int:
    """Return the length of `look_vector`."""
    return LOOK_AMOUNTS + sum(len(group.choices) for group in styles)


def look_vector(look: Look, styles: tuple[StyleGroup, ...]) -> np.ndarray:
    """Write a look as numbers: colours (18), skin (4), and for each group of the rig one number a choice, 1 where worn.

    Args:
        look: the head's.
        styles: the rig's.

    Returns:
        (A,) float32 in [0, 1].

    Raises:
        RigInvalid: the rig has no choice of a name in the look.
    """
    parts = [look.colours.vector(), look.skin.vector()]
    for group in styles:
        worn = worn_choice(group, look.style)
        parts.append(np.array([choice == worn for choice in group.choices], np.float32))
    return np.concatenate(parts)


def choice_slices(styles: tuple[StyleGroup, ...]) -> dict[str, slice]:
    """Return the entries of a look vector that hold the choices of each group, by the group's name."""
    slices, start = {}, LOOK_AMOUNTS
    for group in styles:
        slices[group.name] = slice(start, start + len(group.choices))
        start += len(group.choices)
    return slices


def look_from_vector(vector: np.ndarray, styles: tuple[StyleGroup, ...]) -> Look:
    """Read a look from (A,) numbers in the order of `look_vector`; of soft choices the most likely is worn."""
    if vector.shape != (look_size(styles),):
        raise ValueError(f"vector: expected ({look_size(styles)},), found {vector.shape}")
    worn = {}
    for group in styles:
        entries = choice_slices(styles)[group.name]
        worn[group.name] = group.choices[int(np.argmax(vector[entries]))].name
    skin = SkinDetail(*(float(value) for value in vector[18:LOOK_AMOUNTS]))
    return Look(FaceColours.from_vector(vector[:18]), skin, Style(**worn))


def _read_group(path: Path, table: dict) -> StyleGroup:
    name = value_of(path, table, "name", str, "group.")
    if name not in STYLE_GROUPS:
        raise invalid(path, f"group.name: expected one of {', '.join(STYLE_GROUPS)}, found {name!r}")
    folder = path.parent / STYLES_FOLDER / name
    where = f"group {name}: "
    choices = [_read_choice(path, folder, entry, where) for entry in value_of(path, table, "choice", list, where)]
    names = [choice.name for choice in choices]
    default = value_of(path, table, "default", str, where)
    if default not in names or len(set(names)) < len(names):
        raise invalid(path, f"{where}names must differ and hold the default {default!r}, found {', '.join(names)}")
    texture = folder / STRANDS_FILE
    label = value_of(path, table, "label", str, where)
    return StyleGroup(name, label, default, tuple(choices), texture if texture.is_file() else None)


def _read_choice(path: Path, folder: Path, table: dict, where: str) -> Choice:
    name = value_of(path, table, "name", str, where)
    where = f"{where}{name}."
    unknown = set(table) - {"name", "label", "colour", "gloss", "frequency", "ages", "curl"}
    if unknown:
        raise invalid(path, f"{where}: unknown keys {', '.join(sorted(unknown))}")
    layer, piece = folder / f"{name}.png", folder / f"{name}.safetensors"
    colour = None
    if "colour" in table:
        red, green, blue = _numbers(path, table, "colour", 3, where)
        colour = (red, green, blue)
    feminine, masculine = _numbers(path, table, "frequency", 2, where) if "frequency" in table else (1.0, 1.0)
    youngest, oldest = _numbers(path, table, "ages", 2, where) if "ages" in table else ADULT_AGES
    return Choice(
        name,
        value_of(path, table, "label", str, where),
        colour,
        value_of(path, table, "gloss", float, where) if "gloss" in table else 0.0,
        (feminine, masculine),
        (youngest, oldest),
        layer if layer.is_file() else None,
        piece if piece.is_file() else None,
        value_of(path, table, "curl", float, where) if "curl" in table else 0.5,
    )


def _numbers(path: Path, table: dict, key: str, count: int, where: str) -> tuple[float, ...]:
    values = value_of(path, table, key, list, where)
    if len(values) != count or not all(type(value) in (int, float) and value >= 0 for value in values):
        raise invalid(path, f"key '{where}{key}': expected {count} numbers of at least 0, found {values}")
    return tuple(float(value) for value in values)
