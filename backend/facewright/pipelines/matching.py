"""The detection stage of a fit: the head moves until the landmark network sees on its render what the photo showed."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from facewright.datatypes import Camera, Look, Observations, RenderJob
from facewright.engine.cameras import project
from facewright.fitting.landmark_fit import LandmarkFit, LandmarkFitConfig, fit_landmarks
from facewright.perception.landmarks import refine_landmarks
from facewright.rig.anchors import landmark_points

if TYPE_CHECKING:
    from facewright.pipelines.photo import PhotoPipeline

DETECT_PX = 256
"""Side of the renders on which the landmark network is compared with the photo."""

MATCHING = LandmarkFitConfig(sigma_ratio=0.03, iterations=4, code_scale=0.5)
"""Differences of detections are trusted more than detections, and the head stays near the one they were measured on."""


def match_detection(
    pipeline: "PhotoPipeline", fit: LandmarkFit, observations: Observations, look: Look
) -> tuple[LandmarkFit, np.ndarray]:
    """Move a head until the landmark network sees on its render what it saw on the photo.

    The network's errors depend on the face; on a render of nearly the same face in the same pose they are nearly the
    same, so that the difference of the two detections is free of them.

    Args:
        pipeline: rig, engine and landmark network.
        fit: the head so far.
        observations: the photo's.
        look: how the head is painted and what it wears.

    Returns:
        The head, its residual measured against the photo's landmarks as they were seen; and the photo's landmarks
        (K, 3) without the network's errors.
    """
    wanted = observations.landmarks_px
    for _ in range(pipeline.config.fitting.detection_rounds):
        shown, seen = _detect_as_photo(pipeline, fit, observations, look)
        wanted = observations.landmarks_px.astype(np.float64)
        wanted[:, :2] += shown - seen
        fit = fit_landmarks(pipeline.model, wanted, MATCHING, fit.code)
    errors_px = observations.landmarks_px[:, :2] - wanted[:, :2]
    return replace(fit, residual_px=fit.residual_px + errors_px), wanted


def _detect_as_photo(
    pipeline: "PhotoPipeline", fit: LandmarkFit, observations: Observations, look: Look
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the head as in the photo; return where its landmarks are and where they are seen, (K, 2) photo px."""
    parameters = pipeline.model.parameters(fit.code)
    vertices = pipeline.vertices(parameters, fit.expression)
    pieces = pipeline.pieces(parameters, look.style, fit.expression)
    photo_camera = fit.camera(observations.photo.shape[1::-1])
    shown, _ = project(photo_camera, landmark_points(pipeline.rig, vertices))
    factor = 0.6 * DETECT_PX / np.ptp(shown, axis=0).max()
    shift = DETECT_PX / 2 - factor * (shown.min(0) + shown.max(0)) / 2
    camera = Camera(
        photo_camera.camera_from_world,
        photo_camera.focal_px * factor,
        photo_camera.centre_px * factor + shift,
        (DETECT_PX, DETECT_PX),
    )
    job = RenderJob(vertices, camera, look, observations.lighting, pieces)
    image = pipeline.engine.render([job])[0].image
    located = refine_landmarks(pipeline.landmarker, image, shown * factor + shift)
    return shown, (located.landmarks_px[:, :2] - shift) / factor
