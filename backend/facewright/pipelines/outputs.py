"""The files of one head: drawn and written into a temporary folder beside the target, then moved into place."""

import dataclasses
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from facewright.datatypes import Camera, FitResult, Look, Observations, Progress, RenderJob
from facewright.engine.cameras import FACE_FRAME, PORTRAIT_FRAME, canonical_camera, orbit_camera
from facewright.engine.lighting import DEFAULT_LIGHTING
from facewright.export.character import build_character
from facewright.export.files import write_folder
from facewright.export.gltf import write_glb
from facewright.export.materials import PROCEDURAL_LAYER
from facewright.export.obj import write_obj
from facewright.export.png import save_png
from facewright.export.rig_json import rig_document, write_rig_json
from facewright.export.sheet import bone_ends, compose_sheet, draw_wireframe_with_bones
from facewright.export.skin_files import write_skin_files
from facewright.perception.alignment import warp
from facewright.pipelines.heartbeat import no_beat
from facewright.pipelines.sampling import random_characters
from facewright.rig.anchors import anchor_points, eye_centres

if TYPE_CHECKING:
    from facewright.pipelines.heartbeat import ProgressCallback
    from facewright.pipelines.photo import PhotoPipeline

OUTPUTS = ("rig_json", "glb", "obj", "skin", "front", "as_photo", "sheet")
"""What can be written: rig.json, head.glb, head.obj with its pictures, the skin's pictures, and three views."""

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
    pipeline: "PhotoPipeline",
    result: FitResult,
    observations: Observations | None,
    out_dir: Path,
    outputs: Collection[str] = OUTPUTS,
    beat: Callable[[], None] = no_beat,
) -> FitResult:
    """Write the files of a head; they appear together or not at all.

    Args:
        pipeline: rig, engine, imitator.
        result: the head.
        observations: what was measured on the photo; None for a random head, which has no photo.
        out_dir: the folder, made when missing.
        outputs: which of OUTPUTS to write.
        beat: called between the files; what it raises ends the writing, and nothing is written then.

    Returns:
        The result with the writing in its stage times.

    Raises:
        OutputNotWritable: the folder cannot be written.
    """
    start = time.perf_counter()
    vertices = pipeline.vertices(result.parameters)
    pictures = _draw_pictures(pipeline, result, observations, vertices, outputs, beat)
    drawn_ms = 1000 * (time.perf_counter() - start)
    drawn = dataclasses.replace(result, stage_ms=result.stage_ms | {"draw": drawn_ms})
    anchors = anchor_points(pipeline.rig, vertices)
    needs_character = not {"glb", "obj", "skin"}.isdisjoint(outputs)
    character = build_character(pipeline.rig, result.parameters, result.look) if needs_character else None

    def write(folder: Path) -> None:
        if "rig_json" in outputs:
            from_photo = observations is not None
            document = rig_document(pipeline.rig, drawn, anchors, pipeline.weight_hashes, from_photo)
            write_rig_json(folder / "rig.json", document)
        for name, save in (("glb", write_glb), ("obj", write_obj)):
            if character is not None and name in outputs:
                beat()
                save(folder / f"head.{name}", character)
        if character is not None and "skin" in outputs and result.look.photo_skin is not None:
            beat()
            write_skin_files(folder, result.look.photo_skin, character.layers[PROCEDURAL_LAYER])
        for name, picture in pictures.items():
            save_png(picture, folder / f"{name}.png")

    write_folder(out_dir, write)
    written_ms = 1000 * (time.perf_counter() - start) - drawn_ms
    return dataclasses.replace(drawn, stage_ms=drawn.stage_ms | {"write": written_ms})


def _draw_pictures(
    pipeline: "PhotoPipeline",
    result: FitResult,
    observations: Observations | None,
    vertices: np.ndarray,
    outputs: Collection[str],
    beat: Callable[[], None],
) -> dict[str, np.ndarray]:
    """Draw the pictures among the outputs, by name."""
    drawing = {
        "front": lambda: render_front(pipeline, result.parameters, result.look, pipeline.config.output.front_px),
        "as_photo": lambda: render_as_photo(pipeline, result),
        "sheet": lambda: draw_sheet(pipeline, result, observations, vertices),
    }
    if observations is None:
        del drawing["as_photo"]
    pictures = {}
    for name in drawing:
        if name in outputs:
            beat()
            pictures[name] = drawing[name]()
    return pictures


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


def head_without_photo(pipeline: "PhotoPipeline", parameters: np.ndarray, look: Look) -> FitResult:
    """Return (P,) parameters and a look as a result that `write_outputs` takes: neutral, seen from the front."""
    vertices = pipeline.vertices(parameters)
    camera = canonical_camera(eye_centres(pipeline.rig, vertices), PORTRAIT_FRAME, pipeline.config.output.front_px)
    neutral = np.zeros(pipeline.rig.blendshapes.shape[0])
    return FitResult(parameters, neutral, camera, look, DEFAULT_LIGHTING, {}, {})


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
    for index, (parameters, look) in enumerate(random_characters(pipeline.rig, count, seed, pipeline.forced_style)):
        folders.append(out_dir / f"{index + 1:04d}")
        write_outputs(pipeline, head_without_photo(pipeline, parameters, look), None, folders[-1])
        if progress:
            progress(Progress("random", index + 1, count))
    return folders
