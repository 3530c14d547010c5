"""Hands a character to Blender, in a process of its own, which saves it as .blend or .fbx."""

import dataclasses
import json
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from facewright.datatypes import ARKIT_52
from facewright.errors import BlenderFailed, BlenderUnavailable
from facewright.export.character import Character, Part
from facewright.export.files import atomic_write
from facewright.export.png import save_png

SCRIPT, GALLERY_SCRIPT = (Path(__file__).with_name(name) for name in ("blender_scene.py", "blender_gallery.py"))
ENVIRONMENT = Path(__file__).resolve().parents[3] / ".venv-blender"
"""Where `python3 build.py blender` installs the module bpy."""

TIME_LIMIT_S = 600.0
_FETCH = "run `python3 build.py blender`, which fetches Blender as a Python module (some 400 MB)"


def find_blender(path: Path | None = None, environment: Path = ENVIRONMENT) -> list[str]:
    """Return the words that start a script in Blender; the script's name and its arguments follow.

    Args:
        path: The user's Blender, or a Python that has the module bpy; the project's own environment when None.
        environment: The virtual environment that has the module.

    Raises:
        BlenderUnavailable: There is no such program, or the environment has not been made.
    """
    if path is None:
        candidates = [environment / "bin" / "python", environment / "Scripts" / "python.exe"]
        python = next((candidate for candidate in candidates if candidate.is_file()), None)
        if python is None:
            remedy = f"{_FETCH}, or name your own Blender 4.2 or newer with --blender PATH"
            raise BlenderUnavailable("this format is written by Blender, which is not installed here", remedy)
        return [str(python), "-I"]
    if not path.is_file():
        raise BlenderUnavailable(f"{path} is not a program", f"give the path of the Blender executable, or {_FETCH}")
    if path.stem.lower().startswith("python"):
        return [str(path), "-I"]
    return [str(path), "--background", "--factory-startup", "--python-exit-code", "3", "--python"]


def write_with_blender(path: Path, character: Character, blender: list[str]) -> None:
    """Write a character as .blend or .fbx.

    Args:
        path: The file; its suffix says which.
        character: The character; the bones are posed, the meshes stay at rest under their skin.
        blender: As `find_blender` returns it.

    Raises:
        BlenderFailed: Blender did not write the file.
        OutputNotWritable: The file cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="facewright-") as temporary:
        folder = Path(temporary)
        write_scene_folder(folder, character)
        _build(path, folder / f"made{path.suffix.lower()}", blender, SCRIPT)


def write_gallery_with_blender(path: Path, characters: Iterable[tuple[str, Character]], blender: list[str]) -> None:
    """Write many characters into one .blend: a collection each, in a grid, with their names.

    Args:
        path: The file.
        characters: Name and character of each; taken one by one.
        blender: As `find_blender` returns it.

    Raises:
        BlenderFailed: Blender did not write the file.
        OutputNotWritable: The file cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="facewright-") as temporary:
        folder, entries = Path(temporary), list[dict[str, str]]()
        for name, character in characters:
            entries.append({"name": name, "folder": f"{len(entries):04d}"})
            (folder / entries[-1]["folder"]).mkdir()
            write_scene_folder(folder / entries[-1]["folder"], character)
        (folder / "gallery.json").write_text(json.dumps(entries), encoding="utf-8")
        _build(path, folder / "made.blend", blender, GALLERY_SCRIPT)


def run_script(blender: list[str], script: Path, arguments: list[str]) -> str:
    """Run a script in Blender.

    Args:
        blender: As `find_blender` returns it.
        script: The script.
        arguments: Its arguments.

    Returns:
        What it printed.

    Raises:
        BlenderFailed: It could not be started, took too long or ended with an error.
    """
    separator = ["--"] if "--background" in blender else []
    command = [*blender, str(script), *separator, *arguments]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BlenderFailed(f"Blender could not be run: {error}", "try another Blender with --blender PATH") from error
    if ended.returncode:
        lines = [line for line in (ended.stdout + ended.stderr).splitlines() if line.strip()]
        reason = lines[-1].strip() if lines else "no message"
        raise BlenderFailed(
            f"Blender ended with exit code {ended.returncode}: {reason}",
            "Blender 4.2 or newer is needed; try another with --blender PATH",
        )
    return ended.stdout


def write_scene_folder(folder: Path, character: Character) -> None:
    """Write what `blender_scene.py` reads: scene.json, arrays.npz (nothing pickled) and one PNG a picture.

    Args:
        folder: An existing folder.
        character: The character.
    """
    arrays = {"channels": character.channels}
    for index, part in enumerate(character.parts):
        for name in _ARRAYS:
            values = getattr(part, name)
            if values is not None:
                arrays[f"{index}.{name}"] = np.ascontiguousarray(values, _ARRAYS[name])
    np.savez(folder / "arrays.npz", **arrays)  # type: ignore[arg-type]  # numpy types what `allow_pickle` takes
    pictures = character.pictures | character.layers
    for name, picture in pictures.items():
        save_png(picture, folder / f"{name}.png")
    open_materials = {int(number) for part in character.parts if part.openness is not None for number in part.material}
    scene = {
        "rig": character.rig_id,
        "rig_version": character.rig_version,
        "shape_names": list(ARKIT_52),
        "pictures": list(pictures),
        "skin_layers": list(character.layers),
        "photo_share": character.photo_share,
        "bones": [
            {
                "name": bone.name,
                "parent": int(bone.parent),
                "head": [float(value) for value in bone.head],
                "tail": [float(value) for value in bone.tail],
                "roll": float(bone.roll),
                "region": bone.region,
            }
            for bone in character.bones
        ],
        "materials": [
            dataclasses.asdict(material) | {"uses_openness": number in open_materials}
            for number, material in enumerate(character.materials)
        ],
        "parts": [_part_entry(part, is_piece=index > 0) for index, part in enumerate(character.parts)],
    }
    (folder / "scene.json").write_text(json.dumps(scene), encoding="utf-8")


_ARRAYS = {
    "vertices_m": np.float32,
    "normals": np.float32,
    "triangles": np.int32,
    "material": np.int32,
    "uv": np.float32,
    "uv_triangles": np.int32,
    "indices": np.int32,
    "weights": np.float32,
    "blendshapes": np.float32,
    "openness": np.float32,
}
"""Arrays of a part that Blender gets, with their types."""


def _build(path: Path, made: Path, blender: list[str], script: Path) -> None:
    """Let a script of ours make a file beside what it reads, and put it in its place once it is whole."""
    run_script(blender, script, [str(made.parent), str(made)])
    if not made.is_file():
        raise BlenderFailed("Blender ended without writing the file", "try another Blender with --blender PATH")
    atomic_write(path, lambda target: target.write_bytes(made.read_bytes()))


def _part_entry(part: Part, is_piece: bool) -> dict[str, object]:
    return {
        "name": part.name,
        "has_uv": part.uv is not None,
        "has_blendshapes": part.blendshapes is not None,
        "has_openness": part.openness is not None,
        "has_own_normals": is_piece,
    }
