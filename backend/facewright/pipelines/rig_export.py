"""The `rig export` command: a rig, a fitted head or a random one, dressed as asked, as a file of any format."""

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facewright.config import EXPORT_POSES, FacewrightConfig, StyleConfig, photo_share
from facewright.datatypes import Look, Style
from facewright.errors import ConfigInvalid
from facewright.export.blender import find_blender, write_with_blender
from facewright.export.character import bake_pose, build_character
from facewright.export.files import write_folder
from facewright.export.gltf import write_glb
from facewright.export.obj import write_obj
from facewright.export.rig_json import COLOUR_NAMES, SKIN_NAMES, head_from_document, read_rig_json
from facewright.export.skin_files import read_photo_skin
from facewright.pipelines.sampling import random_characters
from facewright.pipelines.styling import checked_style, merged
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.installed import load_rig
from facewright.rig.nouns import Rig


@dataclass(frozen=True)
class ExportRequest:
    """What to export and how.

    Attributes:
        out: the file.
        format: one of EXPORT_FORMATS.
        rig: id of the rig; None for that of `source`, or for the default one.
        source: rig.json of the head; None for the neutral head, or a random one.
        seed: seed of a random head; None for none.
        pose: one of EXPORT_POSES: the identity in the pose of the bones, or baked into mesh and rest skeleton.
        style: choices that replace those of the head.
        colours: NAME=RRGGBB words that replace colours.
        skin: NAME=NUMBER words that replace amounts of skin detail, or one word of `photo_share`.
        blender: the user's Blender; None for the project's own.
    """

    out: Path
    format: str
    rig: str | None = None
    source: Path | None = None
    seed: int | None = None
    pose: str = EXPORT_POSES[0]
    style: StyleConfig = StyleConfig()
    colours: tuple[str, ...] = ()
    skin: tuple[str, ...] = ()
    blender: Path | None = None


def export_rig(request: ExportRequest, cache_dir: Path | None = None, rigs_dir: Path | None = None) -> list[Path]:
    """Write the file that is asked for.

    Args:
        request: what and how.
        cache_dir: folder for compiled rigs; the user's cache when None.
        rigs_dir: folder of rig folders; the project's own when None.

    Returns:
        The files written, the asked one first.

    Raises:
        ConfigInvalid: an option contradicts another or names something unknown, a style too.
        RigInvalid: the rig or the rig.json is damaged.
        BlenderUnavailable: .blend and .fbx need Blender.
        BlenderFailed: Blender did not write the file.
        OutputNotWritable: the file cannot be written.
    """
    blender = find_blender(request.blender) if request.format in ("blend", "fbx") else None
    document = None if request.source is None else read_rig_json(request.source)
    rig_id = request.rig or (document["rig"]["id"] if document else FacewrightConfig().rig)
    rig = load_rig(rig_id, rigs_dir, cache_dir)
    parameters, look = chosen_head(rig, document, request.seed)
    shares = [word for word in request.skin if "=" not in word]
    look = with_photo_skin(look, document, request.source, shares)
    style = merged(look.style, checked_style(rig, Style(**vars(request.style))))
    look = changed_look(
        dataclasses.replace(look, style=style), request.colours, [word for word in request.skin if "=" in word]
    )
    return write_export(rig, parameters, look, request.out, request.format, request.pose, blender)


def write_export(
    rig: Rig,
    parameters: np.ndarray,
    look: Look,
    out: Path,
    form: str,
    pose: str = EXPORT_POSES[0],
    blender: list[str] | None = None,
) -> list[Path]:
    """Write a head in a format.

    Args:
        rig: the rig.
        parameters: (P,) in [0, 1].
        look: colours, skin, style.
        out: the file.
        form: one of EXPORT_FORMATS.
        pose: one of EXPORT_POSES.
        blender: words that start Blender, for .blend and .fbx; the project's own when None.

    Returns:
        The files written, the asked one first.

    Raises:
        BlenderUnavailable: .blend and .fbx need Blender.
        BlenderFailed: Blender did not write the file.
        OutputNotWritable: the file cannot be written.
    """
    if form in ("blend", "fbx") and blender is None:
        blender = find_blender()
    character = build_character(rig, parameters, look)
    if pose == "baked":
        character = bake_pose(character)
    if form == "glb":
        write_glb(out, character)
    elif form == "obj":
        write_folder(out.parent, lambda folder: write_obj(folder / out.name, character))
        pictures = [out.with_name(f"{out.stem}_{name}.png") for name in character.pictures]
        return [out, out.with_suffix(".mtl"), *pictures]
    else:
        write_with_blender(out, character, blender or find_blender())
    return [out]


def chosen_head(rig: Rig, document: dict | None, seed: int | None) -> tuple[np.ndarray, Look]:
    """Return parameters (P,) in [0, 1] and look of a described head, of a random one, or of the neutral one."""
    if document is not None:
        return head_from_document(rig, document)
    if seed is not None:
        return next(random_characters(rig, 1, seed))  # the first head of `random --seed`
    return np.full(len(rig.parameters), 0.5, np.float32), Look(NEUTRAL_COLOURS)


def with_photo_skin(look: Look, document: dict | None, source: Path | None, shares: Sequence[str]) -> Look:
    """Return a look with the photo skin that lies beside its rig.json, as much of it as asked for.

    Args:
        look: without a photo skin.
        document: the rig.json; None for a head without.
        source: its path.
        shares: what `--skin` asks for; the last word counts, the rig.json's own share when there is none.

    Raises:
        ConfigInvalid: a photo skin is asked for and the head has none.
        RigInvalid: its picture is missing or damaged.
    """
    asked = photo_share(shares[-1]) if shares else None
    described = document["look"].get("photo_skin") if document and source else None
    if described is None or source is None:
        if asked:
            raise ConfigInvalid(
                f"--skin {shares[-1]}: this head has no photo skin", "export a head that was fitted to a photo"
            )
        return look
    share = described["share"] if asked is None else asked
    if share == 0:
        return look
    return dataclasses.replace(look, photo_skin=read_photo_skin(source.parent, described), photo_share=share)


def changed_look(look: Look, colours: Sequence[str], skin: Sequence[str]) -> Look:
    """Replace colours and skin detail of a look by what the words of the options say.

    Raises:
        ConfigInvalid: a word is not NAME=VALUE, the name is unknown, or the value is not of its kind.
    """
    tints = dict(_split(word, "--colour", COLOUR_NAMES) for word in colours)
    amounts = dict(_split(word, "--skin", SKIN_NAMES) for word in skin)
    return dataclasses.replace(
        look,
        colours=dataclasses.replace(look.colours, **{name: _colour(name, text) for name, text in tints.items()}),
        skin=dataclasses.replace(look.skin, **{name: _amount(name, text) for name, text in amounts.items()}),
    )


def _split(word: str, option: str, names: Sequence[str]) -> tuple[str, str]:
    name, separator, value = word.partition("=")
    if not separator or name not in names or not value:
        raise ConfigInvalid(
            f"{option} {word!r} is not understood", f"write {option} NAME=VALUE with a name out of {', '.join(names)}"
        )
    return name, value


def _colour(name: str, text: str) -> np.ndarray:
    if not re.fullmatch("#?[0-9a-fA-F]{6}", text):
        raise ConfigInvalid(f"--colour {name}={text} is no colour", "write six hexadecimal digits, as in 3a2a1a")
    return np.frombuffer(bytes.fromhex(text.removeprefix("#")), np.uint8).astype(np.float32) / 255.0


def _amount(name: str, text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0.0 <= amount <= 1.0:
        raise ConfigInvalid(f"--skin {name}={text} is not a number from 0 to 1", "write one, as in 0.5")
    return amount
