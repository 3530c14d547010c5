"""Pictures of many heads: the front views of result folders, and a sheet of random characters."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from facewright.datatypes import ARKIT_52, Lighting, Progress, RenderJob
from facewright.engine.cameras import orbit_camera
from facewright.export.files import atomic_write
from facewright.export.sheet import compose_sheet
from facewright.pipelines.sampling import random_characters
from facewright.rig.anchors import eye_centres

if TYPE_CHECKING:
    from facewright.pipelines.heartbeat import ProgressCallback
    from facewright.pipelines.photo import PhotoPipeline

TILE_PX, COLUMNS = 160, 8
CHARACTER_PX, CHARACTER_COLUMNS = 512, 6
CHARACTER_VIEW_M = 0.315
"""Height of the view of a character: hair to collar bone."""

LARGEST_TURN_DEG, LARGEST_NOD_DEG = 32.0, 6.0
GAZE_DEG = 20.0
"""How far an eye turns at a coefficient of 1."""

SOFT_LIGHTING = Lighting(np.array([-0.56, -0.45, -0.695]), np.array([1.12, 1.06, 0.98]), np.array([0.36, 0.375, 0.40]))
"""A window to the left in a bright room."""

CALM_FACES = (
    {"mouthSmile": 0.12, "eyeSquint": 0.05},
    {"mouthSmile": 0.38, "cheekSquint": 0.20, "eyeSquint": 0.12},
    {"mouthSmile": 0.60, "cheekSquint": 0.35, "eyeSquint": 0.25, "mouthDimple": 0.15},
    {"browInnerUp": 0.20, "browOuterUp": 0.20, "eyeWide": 0.10, "mouthSmile": 0.20},
    {"browDown": 0.18, "eyeSquint": 0.15, "mouthPress": 0.15},
    {"mouthSmile": 0.30, "browOuterUp": 0.15, "mouthRollLower": 0.08},
)
"""Expressions of people who wait: ARKit coefficients, `Left` and `Right` alike."""


def write_overview(folders: Sequence[Path], path: Path) -> None:
    """Write the front views of result folders as one sheet.

    Args:
        folders: in the order of the sheet; one without front.png is left out, and without any nothing is written.
        path: a PNG file.

    Raises:
        OutputNotWritable: the file cannot be written.
    """
    panels = []
    for folder in folders:
        if (folder / "front.png").is_file():
            with Image.open(folder / "front.png") as front:
                small = front.convert("RGB").resize((TILE_PX, TILE_PX), Image.Resampling.LANCZOS)
            panels.append((folder.name, np.asarray(small)))
    if panels:
        sheet = Image.fromarray(compose_sheet(panels, min(COLUMNS, len(panels)), TILE_PX))
        atomic_write(path, sheet.save)


def write_characters(
    pipeline: "PhotoPipeline", count: int, seed: int, path: Path, progress: "ProgressCallback | None" = None
) -> None:
    """Draw random characters, turned a little, with calm faces, and write them as one picture.

    Args:
        pipeline: rig and engine.
        count: how many.
        seed: as for `random_heads`, which draws the same heads.
        path: a PNG file.
        progress: told after each head.

    Raises:
        OutputNotWritable: the file cannot be written.
    """
    tiles = []
    for index, (parameters, look) in enumerate(random_characters(pipeline.rig, count, seed, pipeline.forced_style)):
        generator = np.random.default_rng((seed, index, 1))
        turn_deg = generator.choice([-1, 1]) * generator.uniform(8.0, LARGEST_TURN_DEG)
        expression = calm_expression(generator, turn_deg)
        eyes = eye_centres(pipeline.rig, pipeline.vertices(parameters))
        nod_rad = np.radians(generator.uniform(-0.4 * LARGEST_NOD_DEG, LARGEST_NOD_DEG))
        camera = orbit_camera(eyes, np.radians(turn_deg), nod_rad, CHARACTER_PX, CHARACTER_VIEW_M)
        vertices = pipeline.vertices(parameters, expression)
        pieces = pipeline.pieces(parameters, look.style, expression)
        tiles.append(pipeline.engine.render([RenderJob(vertices, camera, look, SOFT_LIGHTING, pieces)])[0].image)
        if progress:
            progress(Progress("random", index + 1, count))
    picture = Image.fromarray(tiled(tiles, CHARACTER_COLUMNS))
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, picture.save)


def calm_expression(generator: np.random.Generator, turn_deg: float) -> np.ndarray:
    """Draw a calm expression whose eyes meet the camera.

    Args:
        generator: source of randomness.
        turn_deg: how far the camera stands to the character's left.

    Returns:
        (E,) float32 ARKit coefficients.
    """
    expression = np.zeros(len(ARKIT_52), np.float32)
    face = CALM_FACES[generator.integers(len(CALM_FACES))]
    for name, value in face.items():
        for side in ("", "Left", "Right"):
            if name + side in ARKIT_52:
                expression[ARKIT_52.index(name + side)] = value * generator.uniform(0.75, 1.25)
    gaze = 0.85 * abs(turn_deg) / GAZE_DEG
    outer, inner = ("Left", "Right") if turn_deg > 0 else ("Right", "Left")
    expression[ARKIT_52.index(f"eyeLookOut{outer}")] = gaze
    expression[ARKIT_52.index(f"eyeLookIn{inner}")] = gaze
    return np.clip(expression, 0.0, 1.0)


def tiled(tiles: Sequence[np.ndarray], columns: int) -> np.ndarray:
    """Put pictures (S, S, 3) of one size edge to edge in rows; missing ones in the last row are white."""
    columns = min(columns, len(tiles))
    blank = np.full_like(tiles[0], 255)
    padded = [*tiles, *[blank] * (-len(tiles) % columns)]
    rows = [np.concatenate(padded[start : start + columns], 1) for start in range(0, len(padded), columns)]
    return np.concatenate(rows, 0)
