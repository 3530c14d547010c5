"""Small pictures for the panels: previews of a fit, variants, presets, photos."""

import bpy.utils.previews

from .preferences import user_folder


class Shelf:
    """Keeps Blender's collection of pictures; a module may not have a variable that changes.

    Attributes:
        pictures: Blender's own collection; None until the first picture.
        versions: how often a picture of this key was shown: a picture once loaded is not loaded again.
    """

    pictures = None

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}


SHELF = Shelf()


def show(key: str, content: bytes, suffix: str = ".jpg") -> None:
    """Make an encoded picture available under a key; it is written into the extension's own folder for that."""
    path = user_folder("pictures") / f"{key}{suffix}"
    path.write_bytes(content)
    show_file(key, str(path))


def show_file(key: str, path: str) -> None:
    """Make a picture file available under a key."""
    if SHELF.pictures is None:
        SHELF.pictures = bpy.utils.previews.new()
    forget(key)
    SHELF.versions[key] = SHELF.versions.get(key, 0) + 1
    SHELF.pictures.load(_name(key), path, "IMAGE", force_reload=True)


def icon(key: str) -> int:
    """Return the number of a picture for `icon_value`; 0 where there is none."""
    if SHELF.pictures is None or _name(key) not in SHELF.pictures:
        return 0
    return SHELF.pictures[_name(key)].icon_id


def forget(key: str) -> None:
    """Take a picture away."""
    if SHELF.pictures is not None and _name(key) in SHELF.pictures:
        del SHELF.pictures[_name(key)]


def clear() -> None:
    """Take all pictures away."""
    if SHELF.pictures is not None:
        bpy.utils.previews.remove(SHELF.pictures)
        SHELF.pictures = None
    SHELF.versions.clear()


def _name(key: str) -> str:
    return f"{key} {SHELF.versions.get(key, 0)}"
