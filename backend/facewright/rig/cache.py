"""Keeps compiled rigs in one file each, so that loading one takes milliseconds; a cache that fails is done without."""

import json
import logging
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from facewright.rig.nouns import Appearance, Bone, LandmarkMap, Mesh, Parameter, Prior, Rig

_LOGGER = logging.getLogger(__name__)
_NESTED = ("mesh", "prior", "landmarks", "appearance")
_PLAIN = ("skin_indices", "skin_weights", "blendshapes", "channel_neutral", "channel_minimum", "channel_maximum")


def write_cache(path: Path, rig: Rig) -> None:
    """Write a compiled rig in one step, so that no reader ever sees half of it; only logs if that is impossible.

    Args:
        path: where `read_cache` will look.
        rig: the rig.
    """
    arrays = {name: getattr(rig, name) for name in _PLAIN}
    for group in _NESTED:
        part = getattr(rig, group)
        arrays.update(
            {f"{group}.{name}": values for name, values in vars(part).items() if values is not None} if part else {}
        )
    arrays.update({f"anchors.{name}": indices for name, indices in rig.anchors.items()})
    metadata = {
        "id": rig.id,
        "version": rig.version,
        "digest": rig.digest,
        "bones": json.dumps([vars(bone) | {"head": list(bone.head), "tail": list(bone.tail)} for bone in rig.bones]),
        "parameters": json.dumps([asdict(parameter) for parameter in rig.parameters]),
    }
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        os.close(handle)
        save_file({name: np.ascontiguousarray(values) for name, values in arrays.items()}, temporary, metadata)
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        _LOGGER.warning("the compiled rig %s could not be kept in %s: %s", rig.id, path.parent, error)
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def read_cache(path: Path) -> Rig | None:
    """Read a compiled rig.

    Args:
        path: where `write_cache` put it.

    Returns:
        The rig, or None if there is none or it cannot be read.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata()
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        groups: dict[str, dict[str, np.ndarray]] = {}
        for name, values in arrays.items():
            group, _, member = name.partition(".")
            groups.setdefault(group, {})[member] = values
        return Rig(
            id=metadata["id"],
            version=metadata["version"],
            digest=metadata["digest"],
            bones=tuple(_bone(fields) for fields in json.loads(metadata["bones"])),
            parameters=tuple(Parameter(**fields) for fields in json.loads(metadata["parameters"])),
            mesh=Mesh(**groups["mesh"]),
            anchors=groups.get("anchors", {}),
            prior=Prior(**groups["prior"]) if "prior" in groups else None,
            landmarks=LandmarkMap(**groups["landmarks"]) if "landmarks" in groups else None,
            appearance=Appearance(**groups["appearance"]) if "appearance" in groups else None,
            **{name: arrays[name] for name in _PLAIN},
        )
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        _LOGGER.warning("the compiled rig %s is damaged and will be made again: %s", path, error)
        return None


def _bone(fields: dict) -> Bone:
    return Bone(**(fields | {"head": np.array(fields["head"]), "tail": np.array(fields["tail"])}))
