"""Writes a posed head as a Wavefront OBJ file, one group per surface, with vertex colours."""

from pathlib import Path

import numpy as np

from facewright.datatypes import FaceColours, Look
from facewright.export.files import atomic_write
from facewright.rig.appearance import compose
from facewright.rig.nouns import SURFACES, Rig


def write_obj(path: Path, rig: Rig, vertices_m: np.ndarray, colours: FaceColours) -> None:
    """Write a head as .obj: metres, Y up, the face along +Z; colours stand behind the coordinates of each `v` line.

    Args:
        path: The file.
        rig: The rig.
        vertices_m: (V, 3) posed vertices in world space.
        colours: The head's colours.

    Raises:
        OutputNotWritable: The file cannot be written.
        ValueError: A wrong number of vertices.
    """
    if vertices_m.shape != rig.mesh.vertices_m.shape:
        raise ValueError(f"vertices_m: expected {rig.mesh.vertices_m.shape}, found {vertices_m.shape}")
    lines = [f"# Facewright, rig {rig.id} {rig.version}", "o head"]
    place = np.asarray(vertices_m, np.float64)[:, [0, 2, 1]] * [1, 1, -1]
    for point, tint in zip(place, _vertex_colours(rig, colours), strict=True):
        lines.append(
            "v " + " ".join(f"{value:.6f}" for value in point) + " " + " ".join(f"{value:.4f}" for value in tint)
        )
    look = rig.appearance
    if look is not None:
        lines += [f"vt {u:.6f} {v:.6f}" for u, v in look.uv]
    surface_of = rig.mesh.surfaces[rig.mesh.triangles[:, 0]]
    for surface, name in enumerate(SURFACES):
        faces = np.flatnonzero(surface_of == surface)
        if not len(faces):
            continue
        lines += [f"g {name}", f"usemtl {name}"]
        for face in faces:
            corners = rig.mesh.triangles[face] + 1
            if look is None:
                lines.append("f " + " ".join(str(corner) for corner in corners))
            else:
                pairs = zip(corners, look.render_triangles[face] + 1, strict=True)
                lines.append("f " + " ".join(f"{corner}/{texture}" for corner, texture in pairs))
    atomic_write(path, lambda temporary: temporary.write_text("\n".join(lines) + "\n", encoding="ascii"))


def _vertex_colours(rig: Rig, colours: FaceColours) -> np.ndarray:
    """Return (V, 3) sRGB colours, composed at one texel of each vertex."""
    look = rig.appearance
    if look is None:
        return np.broadcast_to(np.asarray(colours.skin, np.float64), rig.mesh.vertices_m.shape)
    side = len(look.masks)
    column = np.clip((look.uv[:, 0] * side).astype(int), 0, side - 1)
    row = np.clip(((1 - look.uv[:, 1]) * side).astype(int), 0, side - 1)
    tints = np.empty((len(rig.mesh.vertices_m), 3))
    tints[look.render_vertex] = compose(look.masks[row, column].astype(np.float32) / 255, Look(colours))[:, :3]
    return tints
