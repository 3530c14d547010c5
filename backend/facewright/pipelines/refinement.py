"""What the imitator stage of a fit looks for in a photo, judged by the engine's own renders."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from facewright.datatypes import Look, Observations, RenderJob
from facewright.engine.cameras import FACE_FRAME, canonical_camera, project
from facewright.engine.lighting import DEFAULT_LIGHTING
from facewright.fitting.correction import canonical_landmarks
from facewright.fitting.landmark_fit import LandmarkFit
from facewright.fitting.losses import FittingTarget, content_maps
from facewright.fitting.optimizer import Problem
from facewright.networks.embedder import SIZE_PX
from facewright.perception.alignment import embedder_from_photo, to_tensor
from facewright.perception.differentiable import warp_tensor
from facewright.perception.landmarks import refine_landmarks
from facewright.perception.parts import part_maps
from facewright.pipelines.heartbeat import Heartbeat
from facewright.rig.anchors import eye_centres, landmark_points
from facewright.rig.nouns import StyleGroup
from facewright.rig.parts import prior_of
from facewright.rig.styles import choice_slices, look_from_vector, look_vector

if TYPE_CHECKING:
    from facewright.pipelines.photo import PhotoPipeline

JUDGE_PX = 256
"""Side of the engine's renders that the stage is judged by."""

RELAXED_GROUPS = ("brows",)
"""Groups whose choice may change while the head is refined; hair, beard and glasses are read off the photo."""

SURE = 0.5
"""Share that the worn choice of a relaxed group starts with; what was read off the photo shares the rest."""


def imitation_problem(
    pipeline: "PhotoPipeline",
    side: int,
    fit: LandmarkFit,
    observations: Observations,
    look: Look,
    choices: dict[str, dict[str, float]],
    beat: Heartbeat,
) -> Problem:
    """Say what the imitator stage shall find: a head's prior code and its relaxed choices.

    Args:
        pipeline: rig, engine, networks, config.
        side: of the imitator's images in px.
        fit: the head so far.
        observations: the photo's.
        look: the head's look so far.
        choices: how probable each choice of the groups that were read off the photo is.
        beat: shown each head that is judged.

    Returns:
        The problem for `optimise`.
    """
    rig, config = pipeline.rig, pipeline.config.fitting
    eyes = eye_centres(rig, pipeline.vertices(pipeline.model.parameters(fit.code)))
    camera = canonical_camera(eyes, FACE_FRAME, side)
    photo_landmarks = canonical_landmarks(pipeline.model, fit, camera)
    groups = choice_slices(rig.styles)
    relaxed = tuple(name for name in RELAXED_GROUPS if name in groups and config.relax_choices)
    target = FittingTarget(
        torch.from_numpy(observations.embedding).to(pipeline.device),
        torch.from_numpy(content_maps(part_maps(photo_landmarks, side))).to(pipeline.device),
        torch.from_numpy(_softened(look, rig.styles, relaxed, choices)).to(pipeline.device),
        tuple(groups[name] for name in relaxed),
    )
    _, render_landmarks = _render_canonical(pipeline, fit.code, look)
    crop = embedder_from_photo(render_landmarks)
    crop = crop @ np.diag([JUDGE_PX / side, JUDGE_PX / side, 1.0])  # from the imitator's image
    prior = prior_of(rig)
    mean, factors = (torch.from_numpy(part.astype(np.float32)) for part in (prior.mean, prior.factors))

    def judge(code: Tensor, vector: Tensor) -> tuple[Tensor, Tensor]:
        worn = look_from_vector(vector.cpu().numpy(), rig.styles)
        beat.show(pipeline.model.parameters(code.double().numpy()), worn)
        return _judge(pipeline, code, worn, side)

    return Problem(
        torch.from_numpy(fit.code.astype(np.float32)),
        target,
        lambda codes: (mean + codes @ factors.T).clamp(0.0, 1.0),
        lambda images: pipeline.embedder(warp_tensor(images, crop, SIZE_PX)),
        judge if config.engine_judge else None,
    )


def _softened(
    look: Look, styles: tuple[StyleGroup, ...], relaxed: tuple[str, ...], choices: dict[str, dict[str, float]]
) -> np.ndarray:
    """Return the look vector (A,) with probabilities for the choices of relaxed groups."""
    vector = look_vector(look, styles)
    for group in styles:
        if group.name in relaxed:
            entries = choice_slices(styles)[group.name]
            alike = 1.0 / len(group.choices)
            read = [choices.get(group.name, {}).get(choice.name, alike) for choice in group.choices]
            vector[entries] = SURE * vector[entries] + (1 - SURE) * np.array(read, np.float32) / max(sum(read), 1e-6)
    return vector


def _judge(pipeline: "PhotoPipeline", code: Tensor, look: Look, side: int) -> tuple[Tensor, Tensor]:
    """Measure embedding (1, D) and content maps (1, N, S, S) on the engine's own render of a prior code (R,)."""
    image, landmarks = _render_canonical(pipeline, code.double().numpy(), look)
    crop = warp_tensor(to_tensor(image[None], pipeline.device), embedder_from_photo(landmarks), SIZE_PX)
    maps = content_maps(part_maps(landmarks[:, :2] * (side / JUDGE_PX), side))
    return pipeline.embedder(crop), torch.from_numpy(maps)[None].to(pipeline.device)


def _render_canonical(pipeline: "PhotoPipeline", code: np.ndarray, look: Look) -> tuple[np.ndarray, np.ndarray]:
    """Draw a prior code (R,) in the canonical view; return image and landmarks (K, 3), measured as a photo's."""
    parameters = pipeline.model.parameters(code)
    vertices, pieces = pipeline.vertices(parameters), pipeline.pieces(parameters, look.style)
    camera = canonical_camera(eye_centres(pipeline.rig, vertices), FACE_FRAME, JUDGE_PX)
    image = pipeline.engine.render([RenderJob(vertices, camera, look, DEFAULT_LIGHTING, pieces)])[0].image
    expected, _ = project(camera, landmark_points(pipeline.rig, vertices))
    return image, refine_landmarks(pipeline.landmarker, image, expected).landmarks_px
