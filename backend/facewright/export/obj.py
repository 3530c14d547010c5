"""Writes a character as a Wavefront OBJ file with its .mtl and textures: the posed head as plain geometry."""

from functools import partial
from pathlib import Path

import numpy as np

from facewright.export.character import Character, bake_pose
from facewright.export.files import atomic_write
from facewright.export.materials import Material
from facewright.export.png import save_png


def write_obj(path: Path, character: Character) -> None:
    """Write a character as .obj: metres, Y up, the face along +Z.

    Materials go into a .mtl of the same name, and each picture into `<name>_<picture>.png` beside it.

    Args:
        path: The .obj file.
        character: The character; its pose is baked in.

    Raises:
        OutputNotWritable: A file cannot be written.
    """
    for name, picture in character.pictures.items():
        target = path.with_name(_picture_file(path, name))
        atomic_write(target, partial(save_png, picture))
    library = "\n\n".join(_material_lines(path, material) for material in character.materials)
    atomic_write(path.with_suffix(".mtl"), lambda temporary: temporary.write_text(library + "\n", encoding="ascii"))
    text = "\n".join(_geometry_lines(path, bake_pose(character)))
    atomic_write(path, lambda temporary: temporary.write_text(text + "\n", encoding="ascii"))


def _geometry_lines(path: Path, character: Character) -> list[str]:
    """Return the lines of the .obj: each part an object, each of its materials a group."""
    lines = [
        f"# Facewright, rig {character.rig_id} {character.rig_version}: metres, Y up, the face along +Z",
        f"mtllib {path.with_suffix('.mtl').name}",
    ]
    point, texture = 1, 1  # numbers go on from part to part
    for part in character.parts:
        lines.append(f"o {part.name}")
        place, normals = (_y_up(rows) for rows in (part.vertices_m, part.normals))
        lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in place]
        lines += [f"vn {x:.4f} {y:.4f} {z:.4f}" for x, y, z in normals]
        if part.uv is not None:
            lines += [f"vt {u:.6f} {v:.6f}" for u, v in part.uv]
        for material in np.unique(part.material):
            name = character.materials[material].name
            lines += [f"g {part.name}_{name}", f"usemtl {name}"]
            for face in np.flatnonzero(part.material == material):
                pairs = zip(part.triangles[face] + point, part.uv_triangles[face] + texture, strict=True)
                if part.uv is None:
                    lines.append("f " + " ".join(f"{corner}//{corner}" for corner, _ in pairs))
                else:
                    lines.append("f " + " ".join(f"{corner}/{place}/{corner}" for corner, place in pairs))
        point += len(part.vertices_m)
        texture += 0 if part.uv is None else len(part.uv)
    return lines


def _y_up(rows: np.ndarray) -> np.ndarray:
    return rows.astype(np.float64)[:, [0, 2, 1]] * [1, 1, -1]


def _material_lines(path: Path, material: Material) -> str:
    """Return a material with the classic keys, and with those of the physically based extension."""
    colour = " ".join(f"{value:.4f}" for value in material.colour)
    lines = [
        f"newmtl {material.name}",
        f"Kd {colour}",
        "Ks 0.0400 0.0400 0.0400",
        f"Ns {1000.0 * (1.0 - material.roughness) ** 2:.1f}",
        f"Pr {material.roughness:.3f}",
        "Pm 0.000",
        f"d {material.opacity:.3f}",
        "illum 2",
    ]
    if material.albedo:
        lines.append(f"map_Kd {_picture_file(path, material.albedo)}")
    if material.albedo and material.cut_out:
        lines.append(f"map_d -imfchan m {_picture_file(path, material.albedo)}")
    if material.normal:
        lines += [f"{key} {_picture_file(path, material.normal)}" for key in ("norm", "map_Bump")]
    if material.roughness_picture:
        lines.append(f"map_Pr {_picture_file(path, material.roughness_picture)}")
    return "\n".join(lines)


def _picture_file(path: Path, name: str) -> str:
    return f"{path.stem}_{name}.png"
