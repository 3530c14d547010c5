"""Draws the picture book: `python -m facewright.training.picture_book` shows every parameter of a rig at work."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from facewright.datatypes import BONE_CHANNELS, Camera, Look, RenderJob, Style
from facewright.engine.cameras import orbit_camera, project
from facewright.engine.lighting import DEFAULT_LIGHTING
from facewright.engine.opening import open_engine
from facewright.rig.anchors import eye_centres
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import load_rig
from facewright.rig.nouns import Parameter, Rig
from facewright.training.registration import seen_points, vertex_normals

BOOK_DIR = Path(__file__).parents[3] / "docs" / "parameters"
PICTURE_PX = 104
COLUMNS = 4
CAPTION_PX, GAP_PX = 16, 10
PAPER, INK = (246, 246, 244), (40, 42, 46)
YAWS_DEG = {"front": 0.0, "three-quarter": 40.0, "profile": 90.0}
ENDS = (0.0, 0.5, 1.0)
OUTLINE = 0.3
"""How far a vertex on the outline counts against one that faces the camera."""

PREFERENCE = {"three-quarter": 1.25}
"""The view that shows width, height and depth at once wins unless another shows so much more of the motion."""

ASYMMETRY_PREFERENCE = {"front": 3.0}
"""Sides that differ are shown side by side."""

ALL_OVER_M, ALL_OVER_SHARE = 5e-4, 0.15
"""A parameter that moves this share of the vertices by this much, in sight, is shown on the whole head."""

PAIR_APART_M = 0.012
"""What moves no vertex so near to the middle plane moves a pair: only the left one is shown."""

MOVED_SHARE = 0.3
"""Vertices that move by more than this share of the largest motion must lie in the picture."""

CLOSEST = 0.3
"""A picture shows at least this share of the view of the whole head."""

MARGIN = 1.7
"""A picture's side over the extent of what moves."""

BONES_NAMED = 6
LEVER_M = 0.012
"""Radius at which a rotation or a scale counts as a motion, to find the bones that a parameter drives most."""


@dataclass(frozen=True, eq=False)
class View:
    """One side of the neutral head.

    Attributes:
        camera: shows the whole head in a square picture.
        sight: (V,) in [0, 1], how well each vertex is seen; 0 for what is hidden.
    """

    camera: Camera
    sight: np.ndarray


@dataclass(frozen=True, eq=False)
class Row:
    """One parameter in the book.

    Attributes:
        parameter: which.
        view: name of the view that shows it best.
        jobs: what to draw, at its minimum, neutral and maximum.
    """

    parameter: Parameter
    view: str
    jobs: tuple[RenderJob, ...]


def make_view(camera: Camera, vertices_m: np.ndarray, triangles: np.ndarray) -> View:
    """Find out what a camera sees of the neutral head (V, 3) with triangles (F, 3)."""
    across, forward = camera.camera_from_world[:2, :3], camera.camera_from_world[2, :3]
    facing = np.clip(vertex_normals(vertices_m, triangles) @ -forward + OUTLINE, 0, 1)
    return View(camera, facing * seen_points(vertices_m, triangles, across * [[1.0], [-1.0]], forward))


def best_view(views: dict[str, View], motion_m: np.ndarray, preference: dict[str, float]) -> str:
    """Return the name of the view that sees most of a motion (V, 3) across its picture, times its preference."""
    seen = {}
    for name, view in views.items():
        forward = view.camera.camera_from_world[2, :3]
        across = motion_m - (motion_m @ forward)[:, None] * forward
        seen[name] = ((across**2).sum(1) * view.sight).sum() * preference.get(name, 1.0)
    return max(seen, key=lambda name: seen[name])


def close_camera(view: View, vertices_m: np.ndarray, motion_m: np.ndarray) -> Camera:
    """Move a view's window onto what a motion moves in it; the perspective stays.

    Args:
        view: square, of the whole head.
        vertices_m: (V, 3) neutral head.
        motion_m: (V, 3).
    """
    camera, size = view.camera, view.camera.size_px[0]
    length = np.linalg.norm(motion_m, axis=1) * (view.sight > 0)
    moved = length > MOVED_SHARE * length.max()
    if not moved.any() or (length > ALL_OVER_M).mean() > ALL_OVER_SHARE:
        return camera
    points = np.clip(project(camera, vertices_m[moved])[0], 0, size)
    extent = float(np.ptp(points, axis=0).max())
    side = float(np.clip(MARGIN * extent, CLOSEST * size, size))
    middle = (points.max(0) + points.min(0)) / 2
    corner = np.clip(middle - side / 2, 0, size - side)
    factor = size / side
    centre = (camera.centre_px - corner) * factor
    return Camera(camera.camera_from_world, camera.focal_px * factor, centre, (size, size))


def shown_motion(motion_m: np.ndarray, vertices_m: np.ndarray, parameter: Parameter) -> np.ndarray:
    """Return the motion (V, 3) without its right half where both halves are alike and nothing moves between them."""
    length = np.linalg.norm(motion_m, axis=1)
    moved = length > MOVED_SHARE * length.max()
    if parameter.asymmetry or (moved & (np.abs(vertices_m[:, 0]) < PAIR_APART_M)).any():
        return motion_m
    return motion_m * (vertices_m[:, :1] > 0)


def make_rows(rig: Rig, decoder: RigDecoder) -> list[Row]:
    """Choose view and window of every parameter, all others at their neutral value."""
    count = len(rig.parameters)
    neutral = decoder.vertices(torch.full((1, count), 0.5))[0].numpy()
    eyes = eye_centres(rig, neutral)
    views = {
        name: make_view(orbit_camera(eyes, np.radians(yaw), 0.0, PICTURE_PX), neutral, rig.mesh.triangles)
        for name, yaw in YAWS_DEG.items()
    }
    bald = any(group.name == "hair" and any(c.name == "bald" for c in group.choices) for group in rig.styles)
    look = Look(NEUTRAL_COLOURS, style=Style(hair="bald") if bald else Style())
    rows = []
    for index, parameter in enumerate(rig.parameters):
        values = torch.full((len(ENDS), count), 0.5)
        values[:, index] = torch.tensor(ENDS)
        heads = decoder.vertices(values).numpy()
        motion = shown_motion(heads[-1] - heads[0], neutral, parameter)
        view = best_view(views, motion, ASYMMETRY_PREFERENCE if parameter.asymmetry else PREFERENCE)
        camera = close_camera(views[view], neutral, motion)
        rows.append(Row(parameter, view, tuple(RenderJob(head, camera, look, DEFAULT_LIGHTING) for head in heads)))
    return rows


def draw_group(rows: list[Row], pictures: list[np.ndarray]) -> Image.Image:
    """Lay out a group: for each parameter its label over its three pictures.

    Args:
        rows: the group's parameters.
        pictures: three for each row, (PICTURE_PX, PICTURE_PX, 3) RGB uint8.
    """
    columns = min(COLUMNS, len(rows))
    width, height = len(ENDS) * PICTURE_PX, PICTURE_PX + CAPTION_PX
    size = (columns * (width + GAP_PX) + GAP_PX, -(-len(rows) // columns) * (height + GAP_PX) + GAP_PX)
    sheet = Image.new("RGB", size, PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for index, row in enumerate(rows):
        left = GAP_PX + index % columns * (width + GAP_PX)
        top = GAP_PX + index // columns * (height + GAP_PX)
        draw.text((left, top + CAPTION_PX / 2), row.parameter.label, INK, font, anchor="lm")
        draw.text((left + width, top + CAPTION_PX / 2), physical_range(row.parameter), INK, font, anchor="rm")
        for place in range(len(ENDS)):
            picture = Image.fromarray(pictures[len(ENDS) * index + place])
            sheet.paste(picture, (left + place * PICTURE_PX, top + CAPTION_PX))
    return sheet


def physical_range(parameter: Parameter) -> str:
    """Return a parameter's ends in its unit."""
    unit = {"degree": "°", "ratio": " x", "amount": ""}.get(parameter.unit, f" {parameter.unit}")
    return f"{parameter.minimum:g} to {parameter.maximum:g}{unit}"


def driven_bones(rig: Rig, index: int) -> list[str]:
    """Return the bones that a parameter drives, the strongest first; a pair is named once, without its side."""
    channels = np.maximum(np.abs(rig.channel_minimum[index]), np.abs(rig.channel_maximum[index]))  # (J, 9)
    reach = (channels * np.where(np.arange(len(BONE_CHANNELS)) < 3, 1.0, LEVER_M)).max(1)
    order = np.argsort(-reach, kind="stable")
    named = [rig.bones[j].name.removesuffix(".L").removesuffix(".R") for j in order if reach[j] > 0]
    return list(dict.fromkeys(named))


def index_page(rig: Rig, rows: list[Row]) -> str:
    """Write the index of the book as Markdown."""
    lines = [
        f"# The parameters of `{rig.id}` {rig.version}",
        "",
        "Made by `python -m facewright.training.picture_book`. Each parameter at its minimum (0), neutral (0.5) and",
        "maximum (1), all others neutral, nothing exaggerated; view and window are those that show most of the motion.",
        f"What lies behind closed lips stays hidden. {len(rows)} parameters,",
        f"{sum(row.parameter.asymmetry for row in rows)} of them asymmetric. Bones are named without their side,",
        f"the strongest {BONES_NAMED} first.",
    ]
    for group in dict.fromkeys(row.parameter.group for row in rows):
        lines += ["", f"## {group.capitalize()}", "", f"![{group}]({group}.webp)", ""]
        lines += ["| name | label | unit | range | view | bones |", "|---|---|---|---|---|---|"]
        for index, row in enumerate(rows):
            parameter = row.parameter
            if parameter.group != group:
                continue
            bones = driven_bones(rig, index)
            named = ", ".join(bones[:BONES_NAMED])
            more = f" and {len(bones) - BONES_NAMED} more" if len(bones) > BONES_NAMED else ""
            ends = f"{parameter.minimum:g} to {parameter.maximum:g}"
            lines.append(
                f"| `{parameter.name}` | {parameter.label} | {parameter.unit} | {ends} | {row.view} | {named}{more} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Draw the book and print the size of each sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rig", default="makehuman", help="rig id")
    parser.add_argument("--out", type=Path, default=BOOK_DIR, help="folder of the book")
    parser.add_argument("--quality", type=int, default=78, help="of the WebP pictures, 1 to 100")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rig = load_rig(options.rig)
    engine, rows = open_engine(rig), make_rows(rig, RigDecoder(rig))
    options.out.mkdir(parents=True, exist_ok=True)
    for group in dict.fromkeys(row.parameter.group for row in rows):
        chosen = [row for row in rows if row.parameter.group == group]
        pictures = [drawn.image for row in chosen for drawn in engine.render(row.jobs)]
        path = options.out / f"{group}.webp"
        draw_group(chosen, pictures).save(path, quality=options.quality, method=6)
        print(f"{path.name:20} {len(chosen):4} parameters {path.stat().st_size / 1000:6.0f} kB")
    (options.out / "README.md").write_text(index_page(rig, rows), encoding="utf-8")


if __name__ == "__main__":
    main()
