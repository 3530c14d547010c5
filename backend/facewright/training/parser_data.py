"""Draws the parser's training set: dressed random heads in any pose, expression and light, with label and landmarks."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from facewright.datatypes import Camera
from facewright.engine.cameras import project
from facewright.engine.opening import Engine
from facewright.perception.alignment import face_from_photo
from facewright.perception.parsing import PARSER_FRAME, PARSER_PX, class_of_labels
from facewright.perception.style_cues import crop_camera
from facewright.rig.anchors import landmark_points
from facewright.rig.nouns import Rig
from facewright.training.style_scenes import SceneMaker
from facewright.training.synthetic_photos import PhotoRecipe
from facewright.training.work_folder import open_arrays

PARSER_RECIPE = PhotoRecipe(size_px=512, yaw_deg=16.0, pitch_deg=8.0, roll_deg=0.0, expression_strength=1.2)
MARGIN_PX = 18
"""Drawn around the crop, so that it may be shifted, turned and scaled afterwards."""

DRAWN_PX = PARSER_PX + 2 * MARGIN_PX
BLOCK = 32


@dataclass(frozen=True)
class ParserData:
    """A training set on disk, memory-mapped.

    Attributes:
        images: (M, S, S, 3) uint8, S = DRAWN_PX.
        classes: (M, S, S) uint8 indices into PARSER_CLASSES.
        landmarks_px: (M, K, 2) float32.
    """

    images: np.ndarray
    classes: np.ndarray
    landmarks_px: np.ndarray


def open_data(work: Path, count: int, landmark_count: int) -> ParserData:
    """Open the arrays in a folder, creating them when they are not there.

    Raises:
        FacewrightError: the folder holds a set of another size.
    """
    shapes = {
        "images": ((count, DRAWN_PX, DRAWN_PX, 3), np.uint8),
        "classes": ((count, DRAWN_PX, DRAWN_PX), np.uint8),
        "landmarks_px": ((count, landmark_count, 2), np.float32),
    }
    return ParserData(**open_arrays(work, shapes))


def render_data(data: ParserData, work: Path, rig: Rig, engine: Engine, seed: int) -> None:
    """Fill the arrays; a second call goes on where the first stopped.

    Args:
        data: arrays of `open_data`.
        work: their folder; `done.txt` there counts the finished heads.
        rig: a rig with prior, appearance and styles.
        engine: draws it.
        seed: head n is drawn from (seed, n).
    """
    maker, classes, done_file = SceneMaker(rig, engine, PARSER_RECIPE), class_of_labels(), work / "done.txt"
    done, count = int(done_file.read_text()) if done_file.exists() else 0, len(data.images)
    for start in tqdm(range(done, count, BLOCK), desc="renders", mininterval=10):
        for row in range(start, min(start + BLOCK, count)):
            job = maker.dressed_head(np.random.default_rng((seed, row))).job
            camera, landmarks_px = head_camera(rig, job.vertices_m, job.camera)
            render = engine.render([replace(job, camera=camera)])[0]
            data.images[row], data.classes[row] = render.image, classes[render.labels]
            data.landmarks_px[row] = landmarks_px
        done_file.write_text(str(min(start + BLOCK, count)))


def head_camera(rig: Rig, vertices_m: np.ndarray, camera: Camera) -> tuple[Camera, np.ndarray]:
    """Return the camera that draws a head straight into the parser's crop with its margin, and the landmarks there.

    Args:
        rig: a rig with a landmark map.
        vertices_m: (V, 3) posed.
        camera: that looks at the head.
    """
    points = landmark_points(rig, vertices_m)
    places, depth = project(camera, points)
    relative = (depth - depth.mean())[:, None] * (camera.focal_px / depth.mean())
    crop = face_from_photo(np.concatenate([places, relative], 1), PARSER_FRAME, PARSER_PX)
    crop[:, 2] += MARGIN_PX
    straight = crop_camera(camera, crop, DRAWN_PX)
    return straight, project(straight, points)[0].astype(np.float32)
