"""The files of one head: drawn and written into a temporary folder beside the target, then moved into place."""

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from facewright.datatypes import Camera, FitResult, Look, Observations, Progress, RenderJob
from facewright.engine.cameras import FACE_FRAME, PORTRAIT_FRAME, canonical_camera, orbit_camera
from facewright.engine.lighting import DEFAULT_LIGHTING
from facewright.export.character import build_character
from facewright.export.files import write_folder
from facewright.export.gltf import write_glb
from facewright.export.materials import PROCEDURAL_LAYER
from facewright.export.obj import write_obj
from facewright.export.rig_json import rig_document, write_rig_json
from facewright.export.sheet import bone_ends, compose_sheet, draw_wireframe_with_bones
from facewright.export.skin_files import write_skin_files
from facewright.perception.alignment import warp
from facewright.pipelines.styling import merged
from facewright.rig.anchors import anchor_points, eye_centres
from facewright.rig.looks import CharacterReader, sample_look
from facewright.rig.prior import sample

if TYPE_CHECKING:
    from facewright.pipelines.photo import PhotoPipeline, ProgressCallback

CHARACTER_SPREAD = 0.85
"""Random characters keep this share of the prior's variety: few people in a street are extreme."""

THREE_QUARTER_RAD, PROFILE_RAD = np.radians(40.0), np.radians(90.0)


def render_front(pipeline: "PhotoPipeline", parameters: np.ndarray, look: Look, size_px: int) -> np.ndarray:
    """Draw a head frontally with neutral expression, eyes on the points of PORTRAIT_FRAME.

    Args:
        pipeline: rig and engine.
        parameters: (P,) in [0, 1].
        look: colours, skin and style.
        size_px: side of the picture.

    Returns:
        (size_px, size_px, 3) RGB uint8.
    """
    vertices = pipeline.vertices(parameters)
    camera = canonical_camera(eye_centres(pipeline.rig, vertices), PORTRAIT_FRAME, size_px)
    pieces = pipeline.pieces(parameters, look.style)
    return pipeline.engine.render([RenderJob(vertices, camera, look, DEFAULT_LIGHTING, pieces)])[0].image


def render_as_photo(pipeline: "PhotoPipeline", result: FitResult) -> np.ndarray:
    """Draw the head in the photo's head pose, expression, light and framing: (H, W, 3) RGB uint8."""
    camera = scaled_camera(result.photo_camera, pipeline.config.output.photo_limit_px)
    vertices = pipeline.vertices(result.parameters, result.expression)
    pieces = pipeline.pieces(result.parameters, result.look.style, result.expression)
    return pipeline.engine.render([RenderJob(vertices, camera, result.look, result.lighting, pieces)])[0].image


def scaled_camera(camera: Camera, limit_px: int) -> Camera:
    """Return the camera of the same picture with its longer side at most limit_px."""
    factor = min(1.0, limit_px / max(camera.size_px))
    width, height = (max(1, round(side * factor)) for side in camera.size_px)
    return Camera(camera.camera_from_world, camera.focal_px * factor, camera.centre_px * factor, (width, height))


def write_outputs(
    pipeline: "PhotoPipeline", result: FitResult, observations: Observations | None, out_dir: Path
) -> FitResult:
    """Write all files of a head; they appear together or not at all.

    Args:
        pipeline: rig, engine, imitator.
        result: the head.
        observations: what was measured on the photo; None for a random head, which has no photo.
        out_dir: the folder, made when missing.

    Returns:
        The result with the writing in its stage times.

    Raises:
        OutputNotWritable: the folder cannot be written.
    """
    start = time.perf_counter()
    vertices = pipeline.vertices(result.parameters)
    front = render_front(pipeline, result.parameters, result.look, pipeline.config.output.front_px)
    shown = render_as_photo(pipeline, result) if observations is not None else None
    sheet = draw_sheet(pipeline, result, observations, vertices)
    drawn_ms = 1000 * (time.perf_counter() - start)
    timed = dataclasses.replace(result, stage_ms=result.stage_ms | {"draw": drawn_ms})
    document = rig_document(
        pipeline.rig, timed, anchor_points(pipeline.rig, vertices), pipeline.weight_hashes, observations is not None
    )
    character = build_character(pipeline.rig, result.parameters, result.look)

    def write(folder: Path) -> None:
        write_rig_json(folder / "rig.json", document)
        write_glb(folder / "head.glb", character)
        write_obj(folder / "head.obj", character)
        if result.look.photo_skin is not None:
            write_skin_files(folder, result.look.photo_skin, character.layers[PROCEDURAL_LAYER])
        Image.fromarray(front).save(folder / "front.png")
        if shown is not None:
            Image.fromarray(shown).save(folder / "as_photo.png")
        Image.fromarray(sheet).save(folder / "sheet.png")

    write_folder(out_dir, write)
    written_ms = 1000 * (time.perf_counter() - start) - drawn_ms
    return dataclasses.replace(timed, stage_ms=timed.stage_ms | {"write": written_ms})


def draw_sheet(
    pipeline: "PhotoPipeline", result: FitResult, observations: Observations | None, vertices: np.ndarray
) -> np.ndarray:
    """Draw photo, imitator, front, three-quarter, profile and wireframe side by side.

    Args:
        pipeline: rig, engine, imitator.
        result: the head.
        observations: the photo's; None leaves the photo out.
        vertices: (V, 3) the neutral head.

    Returns:
        (H, W, 3) RGB uint8.
    """
    side = pipeline.config.output.sheet_panel_px
    eyes = eye_centres(pipeline.rig, vertices)
    cameras = [orbit_camera(eyes, yaw, 0.0, side) for yaw in (THREE_QUARTER_RAD, PROFILE_RAD)]
    cameras.insert(0, canonical_camera(eyes, PORTRAIT_FRAME, side))
    pieces = pipeline.pieces(result.parameters, result.look.style)
    jobs = [RenderJob(vertices, camera, result.look, DEFAULT_LIGHTING, pieces) for camera in cameras]
    front, quarter, profile = (render.image for render in pipeline.engine.render(jobs))
    panels = []
    if observations is not None:
        panels.append(("photo", photo_panel(observations, side)))
    drawn = pipeline.imitate(result.parameters, result.look)
    if drawn is not None:
        panels.append(("imitator", cv2.resize(drawn, (side, side), interpolation=cv2.INTER_CUBIC)))
    heads, tails = bone_ends(pipeline.rig, pipeline.pose_matrices(result.parameters))
    wireframe = draw_wireframe_with_bones(pipeline.rig, vertices, heads, tails, cameras[0])
    panels += [("front", front), ("three-quarter", quarter), ("profile", profile), ("bones", wireframe)]
    return compose_sheet(panels)


def photo_panel(observations: Observations, side: int) -> np.ndarray:
    """Cut the photo to a square around the face, (side, side, 3), with the eyes where the portraits have them."""
    crop = observations.aligned.crop_from_photo  # (2, 3) onto FACE_FRAME in a square of the aligned image
    unit = crop / observations.aligned.image.shape[0]
    face = np.array([FACE_FRAME.eye_right, FACE_FRAME.eye_left])
    portrait = np.array([PORTRAIT_FRAME.eye_right, PORTRAIT_FRAME.eye_left])
    scale = (portrait[1, 0] - portrait[0, 0]) / (face[1, 0] - face[0, 0])
    transform = side * scale * unit
    transform[:, 2] += side * (portrait.mean(0) - scale * face.mean(0))
    return warp(observations.photo, transform, (side, side))


def random_heads(
    pipeline: "PhotoPipeline", count: int, seed: int, out_dir: Path, progress: "ProgressCallback | None" = None
) -> list[Path]:
    """Draw random heads from the rig's prior and write the files of each.

    Args:
        pipeline: rig, engine, imitator.
        count: how many.
        seed: the same seed gives the same heads, however many are drawn.
        out_dir: gets one folder a head, `0001` and so on.
        progress: told after each head.

    Returns:
        The folders.
    """
    folders = []
    for index, (parameters, look) in enumerate(random_characters(pipeline, count, seed)):
        vertices = pipeline.vertices(parameters)
        camera = canonical_camera(eye_centres(pipeline.rig, vertices), PORTRAIT_FRAME, pipeline.config.output.front_px)
        neutral = np.zeros(pipeline.rig.blendshapes.shape[0])
        result = FitResult(parameters, neutral, camera, look, DEFAULT_LIGHTING, {}, {})
        folders.append(out_dir / f"{index + 1:04d}")
        write_outputs(pipeline, result, None, folders[-1])
        if progress:
            progress(Progress("random", index + 1, count))
    return folders


def random_characters(pipeline: "PhotoPipeline", count: int, seed: int) -> Iterator[tuple[np.ndarray, Look]]:
    """Draw random heads with looks that go with them; choices that are asked for are worn by all.

    Args:
        pipeline: rig and forced style.
        count: how many.
        seed: head number n of a seed is always the same.

    Yields:
        (P,) parameters and the look of each head.
    """
    reader = CharacterReader(pipeline.rig)
    for index in range(count):
        generator = np.random.default_rng((seed, index))
        mean = pipeline.rig.prior.mean
        parameters = mean + CHARACTER_SPREAD * (sample(pipeline.rig.prior, 1, generator)[0] - mean)
        look = sample_look(generator, pipeline.rig, parameters, reader)
        yield parameters, dataclasses.replace(look, style=merged(look.style, pipeline.forced_style))
