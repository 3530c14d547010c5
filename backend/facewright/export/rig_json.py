"""Builds, checks and writes rig.json: a head as named numbers in physical units."""

import dataclasses
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
from scipy.spatial.transform import Rotation

from facewright.datatypes import (
    ARKIT_52,
    BONE_CHANNELS,
    Camera,
    FaceColours,
    FitResult,
    Look,
    SkinDetail,
    Style,
)
from facewright.errors import RigInvalid
from facewright.export.files import atomic_write
from facewright.export.skin_files import SKIN_LAYER_FILE
from facewright.rig.anchors import EYE_CENTRES
from facewright.rig.head_pose import CAMERA_FROM_WORLD_FRONTAL
from facewright.rig.nouns import Rig
from facewright.rig.parameters import rig_channels
from facewright.rig.styles import worn_choice

FORMAT = "facewright.rig/2"

COLOUR_NAMES = tuple(field.name for field in dataclasses.fields(FaceColours))
SKIN_NAMES = tuple(field.name for field in dataclasses.fields(SkinDetail))


def rig_document(
    rig: Rig,
    result: FitResult,
    anchors_m: dict[str, np.ndarray],
    weights_sha256: dict[str, str],
    from_photo: bool = True,
) -> dict[str, Any]:
    """Describe a head.

    Args:
        rig: The rig.
        result: The head.
        anchors_m: (3,) position of each anchor on the neutral head, in world space.
        weights_sha256: Hash of each model file that was used, by name.
        from_photo: Whether a photo was fitted; without one there is no expression, head pose, camera or light.

    Returns:
        A document that rig.schema.json accepts.
    """
    return {
        "format": FORMAT,
        "rig": {"id": rig.id, "version": rig.version, "sha256": rig.digest},
        "units": {"location": "m", "rotation": "rad", "scale": "ratio", "anchors": "m", "colours": "sRGB"},
        "parameters": {
            parameter.name: _number(value) for parameter, value in zip(rig.parameters, result.parameters, strict=True)
        },
        "bones": {
            bone.name: {name: _number(value) for name, value in zip(BONE_CHANNELS, row, strict=True)}
            for bone, row in zip(rig.bones, rig_channels(rig, result.parameters), strict=True)
        },
        "look": _look(rig, result.look, result.choices),
        "anchors": {name: _numbers(point) for name, point in anchors_m.items()},
        "photo": _photo(result, np.mean([anchors_m[name] for name in EYE_CENTRES], axis=0)) if from_photo else None,
        "losses": {name: _number(value) for name, value in result.losses.items()},
        "stage_ms": {name: round(float(value), 2) for name, value in result.stage_ms.items()},
        "weights_sha256": dict(weights_sha256),
    }


def head_pose(camera: Camera, eye_middle_m: np.ndarray) -> dict[str, Any]:
    """Describe how a head is turned and placed in front of a camera.

    Args:
        camera: The camera that shows the head as in the photo.
        eye_middle_m: (3,) middle between the eyes in world space.

    Returns:
        `rotation_wxyz` turns a head that faces the camera into its pose, in camera axes (x right, y down, z forward);
        `translation_m` is the middle between the eyes in camera space; `yaw_deg` is positive when the person looks to
        the image's right, `pitch_deg` when they look up, `roll_deg` when the head's top leans to the image's right.
    """
    matrix = np.asarray(camera.camera_from_world, np.float64)
    rotation = matrix[:3, :3] @ CAMERA_FROM_WORLD_FRONTAL.T
    face, up = rotation @ [0.0, 0.0, -1.0], rotation @ [0.0, -1.0, 0.0]
    yaw = np.arctan2(face[0], -face[2])
    level = np.array([np.cos(yaw), 0.0, np.sin(yaw)])
    return {
        "rotation_wxyz": _numbers(Rotation.from_matrix(rotation).as_quat(canonical=True)[[3, 0, 1, 2]]),
        "translation_m": _numbers(matrix[:3, :3] @ eye_middle_m + matrix[:3, 3]),
        "yaw_deg": _number(np.degrees(yaw)),
        "pitch_deg": _number(np.degrees(np.arcsin(np.clip(-face[1], -1.0, 1.0)))),
        "roll_deg": _number(np.degrees(np.arctan2(up @ level, up @ np.cross(face, level)))),
    }


def validate_rig_document(document: Any, name: str = "rig.json") -> None:
    """Check a document against rig.schema.json.

    Args:
        document: What was read, or shall be written.
        name: What to call it.

    Raises:
        RigInvalid: Something is missing, unknown or of the wrong kind; the message names where.
    """
    error = jsonschema.exceptions.best_match(_validator().iter_errors(document))
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path) or "the top"
        raise RigInvalid(f"{name}, at {place}: {error.message}", "write it again with this version of Facewright")


def write_rig_json(path: Path, document: dict[str, Any]) -> None:
    """Check a document and write it.

    Raises:
        RigInvalid: The document does not follow the schema.
        OutputNotWritable: The file cannot be written.
    """
    validate_rig_document(document)
    text = json.dumps(document, indent=1, allow_nan=False) + "\n"
    atomic_write(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_rig_json(path: Path) -> dict[str, Any]:
    """Read and check a rig.json.

    Raises:
        RigInvalid: It cannot be read or does not follow the schema.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise RigInvalid(f"{path} is not a rig.json: {why}", "give the rig.json of a head's folder") from error
    validate_rig_document(document, str(path))
    return document


def head_from_document(rig: Rig, document: dict[str, Any]) -> tuple[np.ndarray, Look]:
    """Take the head out of a checked document.

    Args:
        rig: The rig that the document names.
        document: As `read_rig_json` returns it.

    Returns:
        (P,) float32 parameters in [0, 1], and the look.

    Raises:
        RigInvalid: The document was written for another version of the rig.
    """
    written, values = document["rig"], document["parameters"]
    names = [parameter.name for parameter in rig.parameters]
    if (written["id"], written["version"]) != (rig.id, rig.version) or set(values) != set(names):
        raise RigInvalid(
            f"the head was written for rig {written['id']} {written['version']}, the one loaded is "
            f"{rig.id} {rig.version}",
            "fit the photo again with this version, or export with the version that wrote the head",
        )
    look = document["look"]
    colours = FaceColours(*(np.array(look["colours"][name], np.float32) for name in COLOUR_NAMES))
    style = Style(**{group: worn["choice"] for group, worn in look["style"].items()})
    return np.array([values[name] for name in names], np.float32), Look(colours, SkinDetail(**look["skin"]), style)


@cache
def _validator() -> jsonschema.Draft202012Validator:
    text = (files("facewright.export") / "rig.schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def _photo(result: FitResult, eye_middle_m: np.ndarray) -> dict[str, Any]:
    camera, lighting = result.photo_camera, result.lighting
    return {
        "expression": {name: _number(value) for name, value in zip(ARKIT_52, result.expression, strict=True)},
        "head_pose": head_pose(camera, eye_middle_m),
        "camera": {
            "camera_from_world": [_numbers(row) for row in np.asarray(camera.camera_from_world)],
            "focal_px": _number(camera.focal_px),
            "centre_px": _numbers(camera.centre_px),
            "size_px": [int(length) for length in camera.size_px],
        },
        "lighting": {
            "direction": _numbers(lighting.direction),
            "key": _numbers(lighting.key),
            "ambient": _numbers(lighting.ambient),
        },
    }


def _look(rig: Rig, look: Look, choices: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Describe colours, skin and the choice of each group that the rig has; a default is written out as its name.

    A group that was read off a photo has the probability of each of its choices beside it.
    """
    worn = {group.name: worn_choice(group, look.style) for group in rig.styles}
    return {
        "colours": {name: _numbers(getattr(look.colours, name)) for name in COLOUR_NAMES},
        "skin": {name: _number(getattr(look.skin, name)) for name in SKIN_NAMES},
        "style": {
            group: {"choice": choice.name, "label": choice.label} | _probabilities(choices.get(group))
            for group, choice in worn.items()
        },
        "photo_skin": _photo_skin(look),
    }


def _photo_skin(look: Look) -> dict[str, Any] | None:
    skin = look.photo_skin
    if skin is None:
        return None
    return {
        "layer": SKIN_LAYER_FILE,
        "share": _number(look.photo_share),
        "side_px": len(skin.layer),
        "keeps_brows": bool(skin.keeps_brows),
        "keeps_beard": bool(skin.keeps_beard),
        **{name: _number(value) for name, value in dataclasses.asdict(skin.shares).items()},
    }


def _probabilities(shares: dict[str, float] | None) -> dict[str, Any]:
    return {"probabilities": {name: _number(share) for name, share in shares.items()}} if shares else {}


def _numbers(values: np.ndarray) -> list[float]:
    return [_number(value) for value in np.asarray(values).ravel()]


def _number(value: float) -> float:
    return round(float(value), 7)
