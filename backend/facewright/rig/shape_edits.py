"""Edits of the source's head and blendshapes that a rig brings along: `shapes.safetensors`."""

from pathlib import Path

import numpy as np

from facewright.rig import nouns
from facewright.rig.reading import invalid, read_tensors, require_below


def edit_shapes(path: Path, mesh: nouns.Mesh, blendshapes: np.ndarray) -> tuple[nouns.Mesh, np.ndarray]:
    """Add a rig's edits to what its source gave.

    Args:
        path: the file; without it nothing changes.
        mesh: the source's head.
        blendshapes: (E, V, 3) m.

    Returns:
        The edited head and blendshapes.

    Raises:
        RigInvalid: the file is damaged or does not fit the head.
    """
    if not path.is_file():
        return mesh, blendshapes
    shapes = {"vertices": (None,), "base_offset_m": (None, 3), "blendshapes": (None,)}
    arrays = read_tensors(path, shapes | {"blendshape_offset_m": (None, None, 3)})
    vertices, edited = arrays["vertices"], arrays["blendshapes"]
    require_below(path, "vertices", vertices, len(mesh.vertices_m))
    require_below(path, "blendshapes", edited, len(blendshapes))
    for name, indices in (("vertices", vertices), ("blendshapes", edited)):
        if len(np.unique(indices)) != len(indices):
            raise invalid(path, f"array '{name}': an index stands twice")
    for name, want in (
        ("base_offset_m", (len(vertices), 3)),
        ("blendshape_offset_m", (len(edited), len(vertices), 3)),
    ):
        if arrays[name].shape != want:
            raise invalid(path, f"array '{name}': expected shape {want}, found {arrays[name].shape}")
    moved, added = mesh.vertices_m.copy(), blendshapes.copy()
    moved[vertices] += arrays["base_offset_m"].astype(moved.dtype)
    added[edited[:, None], vertices] += arrays["blendshape_offset_m"].astype(added.dtype)
    return nouns.Mesh(moved, mesh.triangles, mesh.surfaces), added
