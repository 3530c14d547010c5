"""Small pictures for the panels: previews of a fit, variants, presets, photos."""

import bpy.utils.previews
import numpy as np

from .preferences import user_folder

FIT_PREVIEW = "fit preview"
"""Key of the picture that shows how far a fit has come."""

LAMP_SIDE_PX, LAMP_RADIUS_PX = 32, 11.0
LAMP_COLOURS = {
    "OFF": (0.50, 0.50, 0.50),
    "STARTING": (0.95, 0.65, 0.10),
    "LOADING": (0.95, 0.65, 0.10),
    "READY": (0.25, 0.75, 0.30),
    "LOST": (0.90, 0.22, 0.18),
}
"""sRGB by the state of the backend; they are told from both of Blender's themes."""


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
    picture = SHELF.pictures.load(_name(key), path, "IMAGE", force_reload=True)
    tuple(picture.image_size)  # reads the file now: Blender's own job for it may leave a cell of the sheet empty


def icon(key: str) -> int:
    """Return the number of a picture for `icon_value`; 0 where there is none."""
    if SHELF.pictures is None or _name(key) not in SHELF.pictures:
        return 0
    return SHELF.pictures[_name(key)].icon_id


def draw_lamps() -> None:
    """Draw the lamps of all states: a disc with a darker rim; Blender's own icons have the colours of the theme."""
    if SHELF.pictures is None:
        SHELF.pictures = bpy.utils.previews.new()
    across = np.arange(LAMP_SIDE_PX) - (LAMP_SIDE_PX - 1) / 2
    distance = np.hypot(across[:, None], across[None])
    inside, core = (np.clip(radius - distance + 0.5, 0.0, 1.0) for radius in (LAMP_RADIUS_PX, LAMP_RADIUS_PX - 2.0))
    for state, colour in LAMP_COLOURS.items():
        pixels = np.empty((LAMP_SIDE_PX, LAMP_SIDE_PX, 4), np.float32)
        pixels[..., :3] = np.array(colour) * ((0.6 + 0.4 * core) * inside)[..., None]  # Blender wants it premultiplied
        pixels[..., 3] = inside
        picture = SHELF.pictures.new(_name(f"lamp {state}"))
        picture.image_size = picture.icon_size = (LAMP_SIDE_PX, LAMP_SIDE_PX)
        picture.image_pixels_float = picture.icon_pixels_float = pixels.ravel().tolist()


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
