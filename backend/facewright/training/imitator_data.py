"""Draws the imitator's training set: random heads from the front, with part maps as the landmark network sees them."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from tqdm import tqdm

from facewright.datatypes import RenderJob
from facewright.engine.cameras import FACE_FRAME, canonical_camera, project
from facewright.engine.lighting import DEFAULT_LIGHTING
from facewright.engine.opening import Engine
from facewright.fitting.losses import CONTENT_PARTS, content_maps
from facewright.networks.landmarker import Landmarker
from facewright.perception.landmarks import refine_landmarks
from facewright.perception.parts import part_maps
from facewright.rig.anchors import eye_centres, landmark_points
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.looks import CharacterReader, sample_look
from facewright.rig.nouns import Rig
from facewright.rig.parts import prior_of
from facewright.rig.styles import look_vector
from facewright.training.work_folder import open_arrays

BLOCK = 64
RENDER_PX = 256
JITTER_SHARE, JITTER = 0.2, 0.06
"""A fifth of the heads get every parameter moved by itself, so that the imitator knows them apart."""


@dataclass(frozen=True)
class ImitatorData:
    """A training set on disk, memory-mapped.

    Attributes:
        parameters: (M, P) float32.
        looks: (M, A) float32 look vectors.
        images: (M, S, S, 3) uint8.
        parts: (M, N, S, S) uint8, 255 is certain; order of `content_maps`.
    """

    parameters: np.ndarray
    looks: np.ndarray
    images: np.ndarray
    parts: np.ndarray


def open_data(work: Path, count: int, parameter_count: int, look_count: int, side: int) -> ImitatorData:
    """Open the arrays in a folder, creating them when they are not there."""
    shapes = {
        "parameters": ((count, parameter_count), np.float32),
        "looks": ((count, look_count), np.float32),
        "images": ((count, side, side, 3), np.uint8),
        "parts": ((count, len(CONTENT_PARTS) + 1, side, side), np.uint8),
    }
    return ImitatorData(**open_arrays(work, shapes))


def random_parameters(rig: Rig, count: int, generator: np.random.Generator) -> np.ndarray:
    """Draw (count, P) parameters from the prior, a fifth of them with each parameter jittered."""
    prior = prior_of(rig)
    code = generator.standard_normal((count, prior.factors.shape[1])) * generator.uniform(0.7, 1.3, (count, 1))
    parameters = prior.mean + code @ prior.factors.T
    jittered = generator.random((count, 1)) < JITTER_SHARE
    parameters = parameters + jittered * generator.normal(0.0, JITTER, parameters.shape)
    return np.clip(parameters, 0.0, 1.0).astype(np.float32)


def render_data(
    data: ImitatorData, work: Path, rig: Rig, decoder: RigDecoder, engine: Engine, landmarker: Landmarker, seed: int
) -> None:
    """Fill the arrays block by block; a second call goes on where the first stopped.

    Args:
        data: arrays of `open_data`.
        work: their folder; `done.txt` there counts the finished heads.
        rig: a rig with a prior.
        decoder: RigDecoder of the whole mesh.
        engine: what the imitator shall imitate.
        landmarker: landmark network.
        seed: block b is drawn from (seed, b).
    """
    wardrobe, reader, done_file = Wardrobe(rig, decoder), CharacterReader(rig), work / "done.txt"
    done = int(done_file.read_text()) if done_file.exists() else 0
    count, side = len(data.images), data.images.shape[1]
    for start in tqdm(range(done, count, BLOCK), desc="renders", mininterval=10):
        generator = np.random.default_rng([seed, start])
        size = min(BLOCK, count - start)
        parameters = random_parameters(rig, size, generator)
        looks = [sample_look(generator, rig, values, reader) for values in parameters]
        with torch.no_grad():
            vertices = decoder.vertices(torch.from_numpy(parameters)).numpy()
        jobs = [
            RenderJob(
                head,
                canonical_camera(eye_centres(rig, head), FACE_FRAME, RENDER_PX),
                look,
                DEFAULT_LIGHTING,
                wardrobe.dress(values, look.style),
            )
            for head, look, values in zip(vertices, looks, parameters, strict=True)
        ]
        for row, (job, render) in enumerate(zip(jobs, engine.render(jobs), strict=True), start):
            expected, _ = project(job.camera, landmark_points(rig, job.vertices_m))
            landmarks = refine_landmarks(landmarker, render.image, expected).landmarks_px[:, :2] * (side / RENDER_PX)
            data.images[row] = cv2.resize(render.image, (side, side), interpolation=cv2.INTER_AREA)
            data.parts[row] = np.round(content_maps(part_maps(landmarks, side)) * 255)
        data.parameters[start : start + size] = parameters
        data.looks[start : start + size] = [look_vector(look, rig.styles) for look in looks]
        done_file.write_text(str(start + size))
