"""Which photos are taken, whether they can be, and the folder that each one's results get in a batch."""

import glob
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from facewright.errors import ConfigInvalid
from facewright.perception.image import PHOTO_SUFFIXES, decode_image


@dataclass(frozen=True)
class BatchItem:
    """A photo and the folder for its results."""

    photo: Path
    folder: Path


def expand(inputs: Sequence[str]) -> list[Path]:
    """Return the photos that files, folders and glob patterns name: sorted within each, each one once.

    Args:
        inputs: a folder stands for the files in it with one of PHOTO_SUFFIXES; a file that does not exist is kept, so
            that it is reported with the others.

    Raises:
        ConfigInvalid: a folder or pattern holds no photo.
    """
    photos: dict[Path, None] = {}
    for given in inputs:
        path = Path(given)
        if path.is_dir():
            found = sorted(child for child in path.iterdir() if child.suffix.lower() in PHOTO_SUFFIXES)
        elif not path.exists() and glob.has_magic(given):
            found = sorted(Path(match) for match in glob.glob(given, recursive=True) if Path(match).is_file())
        else:
            found = [path]
        if not found:
            raise ConfigInvalid(f"No photo in {given}.", f"Give files, or folders with {' '.join(PHOTO_SUFFIXES)}.")
        photos.update(dict.fromkeys(photo.absolute() for photo in found))
    return list(photos)


def check_photos(photos: Sequence[Path]) -> None:
    """Check that photos can be decoded, before networks are loaded for them.

    Raises:
        ImageUnreadable, ImageTooLarge: one cannot be used.
    """
    for photo in photos:
        decode_image(photo)


def plan(photos: Sequence[Path], out_dir: Path) -> list[BatchItem]:
    """Give every photo a folder of its own under the output folder, named after its stem.

    Photos of one stem are told apart by their suffixes if that suffices, else by their folders' names, at last by a
    number. Names that differ in case only count as equal, since some file systems say so.
    """
    stems = Counter(photo.stem.casefold() for photo in photos)
    files = Counter(photo.name.casefold() for photo in photos)
    repeated_files = {Path(name).stem for name, count in files.items() if count > 1}
    taken: set[str] = set()
    items = []
    for photo in photos:
        if stems[photo.stem.casefold()] == 1:
            base = photo.stem
        elif photo.stem.casefold() not in repeated_files:
            base = f"{photo.stem}_{photo.suffix[1:].lower()}"
        else:
            base = f"{photo.parent.name}_{photo.stem}"
        names = itertools.chain([base], (f"{base}_{number}" for number in itertools.count(2)))
        name = next(name for name in names if name.casefold() not in taken)
        taken.add(name.casefold())
        items.append(BatchItem(photo, out_dir / name))
    return items
