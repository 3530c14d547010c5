"""Heads of a batch in Blender files: all in one, or one beside each rig.json."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

from facewright.datatypes import Progress
from facewright.export.blender import write_gallery_with_blender, write_with_blender
from facewright.export.character import Character, build_character
from facewright.export.rig_json import head_from_document, read_rig_json
from facewright.pipelines.rig_export import with_photo_skin
from facewright.rig.installed import load_rig
from facewright.rig.nouns import Rig

HEAD_FILE = "head.blend"


def write_gallery(
    folders: Sequence[Path],
    out: Path,
    blender: list[str],
    progress: Callable[[Progress], None],
    cache_dir: Path | None = None,
) -> None:
    """Write the heads of some result folders into one .blend: a collection each, in a grid, named as the folders.

    Args:
        folders: each holds a rig.json.
        out: the file.
        blender: words that start Blender.
        progress: told after each head.
        cache_dir: folder of compiled rigs; the user's cache when None.

    Raises:
        RigInvalid: a rig.json is damaged or of another version.
        BlenderFailed: Blender did not write the file.
        OutputNotWritable: the file cannot be written.
    """
    write_gallery_with_blender(out, _characters(folders, progress, cache_dir), blender)


def write_heads(
    folders: Sequence[Path],
    blender: list[str],
    progress: Callable[[Progress], None],
    cache_dir: Path | None = None,
) -> int:
    """Write a .blend beside the rig.json of each folder; one that is newer than its rig.json stays.

    Args:
        folders, blender, progress, cache_dir: as for `write_gallery`.

    Returns:
        How many were written.

    Raises:
        RigInvalid, BlenderFailed, OutputNotWritable: as for `write_gallery`.
    """
    wanted = [folder for folder in folders if not _is_newer(folder / HEAD_FILE, folder / "rig.json")]
    for folder, (_, character) in zip(wanted, _characters(wanted, progress, cache_dir), strict=True):
        write_with_blender(folder / HEAD_FILE, character, blender)
    return len(wanted)


def _characters(
    folders: Sequence[Path], progress: Callable[[Progress], None], cache_dir: Path | None
) -> Iterator[tuple[str, Character]]:
    @cache
    def rig_of(rig_id: str) -> Rig:
        return load_rig(rig_id, cache_dir=cache_dir)

    for number, folder in enumerate(folders, 1):
        path = folder / "rig.json"
        document = read_rig_json(path)
        rig = rig_of(document["rig"]["id"])
        parameters, look = head_from_document(rig, document)
        yield folder.name, build_character(rig, parameters, with_photo_skin(look, document, path, []))
        progress(Progress("blender", number, len(folders)))


def _is_newer(path: Path, other: Path) -> bool:
    return path.is_file() and path.stat().st_mtime_ns >= other.stat().st_mtime_ns
