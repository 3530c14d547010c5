"""Keeps what was drawn on one version of a rig from being mixed with what is drawn on another."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from facewright.errors import ConfigInvalid, FacewrightError
from facewright.rig.nouns import Rig

STAMP = "rig.txt"


def claim_work_folder(work: Path, rig: Rig) -> None:
    """Make a work folder for a rig, or make sure that the one that is there was begun on the same version of it.

    Args:
        work: folder of renders, measurements and checkpoints.
        rig: the rig that they are made of.

    Raises:
        ConfigInvalid: the folder holds work on another rig or version.
    """
    work.mkdir(parents=True, exist_ok=True)
    stamp, wanted = work / STAMP, f"{rig.id} {rig.version}"
    if not stamp.is_file():
        if any(work.iterdir()):
            raise ConfigInvalid(f"{work} holds files that do not say which rig they are of", "give an empty folder")
        stamp.write_text(wanted, encoding="utf-8")
    found = stamp.read_text(encoding="utf-8")
    if found != wanted:
        raise ConfigInvalid(f"{work} holds work on rig {found}, the rig is {wanted}", "give an empty folder")


def open_arrays(work: Path, shapes: Mapping[str, tuple[tuple[int, ...], type]]) -> dict[str, np.ndarray]:
    """Open memory-mapped arrays in a work folder, creating them when they are not there.

    Args:
        work: the folder; each array is `<name>.npy`.
        shapes: shape and type of each array by name.

    Raises:
        FacewrightError: an array that is there has another shape.
    """
    arrays: dict[str, np.ndarray] = {}
    for name, (shape, kind) in shapes.items():
        path = work / f"{name}.npy"
        arrays[name] = open_memmap(path, "r+") if path.exists() else open_memmap(path, "w+", kind, shape)
        if arrays[name].shape != shape:
            raise FacewrightError(
                f"{path.name} has shape {arrays[name].shape}, expected {shape}.", "Empty the work folder."
            )
    return arrays
