"""Draws the expression reader's training set: people at rest and in many expressions, as a live stream crops them."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from tqdm import tqdm

from facewright.datatypes import ARKIT_52, Camera, Look, RenderJob
from facewright.engine.cameras import project
from facewright.engine.opening import Engine
from facewright.networks.landmarker import LANDMARKS, SIZE_PX, Landmarker
from facewright.perception.alignment import to_tensor, warp
from facewright.perception.landmarks import landmark_crop
from facewright.rig.anchors import eye_centres, landmark_points
from facewright.rig.colours import sample_colours
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.looks import CharacterReader, sample_look
from facewright.rig.nouns import Rig
from facewright.rig.parts import prior_of
from facewright.training.performances import sample_performance
from facewright.training.style_scenes import compose_scene
from facewright.training.synthetic_photos import PhotoRecipe, random_camera, random_lighting
from facewright.training.work_folder import open_arrays

RESTING, ACTING = 4, 28
FRAMES = RESTING + ACTING
"""Frames of each person: at rest, then in expressions."""

REST_RECIPE = PhotoRecipe(size_px=256, yaw_deg=6.0, pitch_deg=4.0, roll_deg=4.0)
ACTING_RECIPE = PhotoRecipe(size_px=256, yaw_deg=16.0, pitch_deg=9.0, roll_deg=7.0)
BARE_SHARE = 0.15
"""People without hair, beard and glasses."""

NEARER = (0.5, 1.0)
"""How much nearer than a photographer a webcam stands: 0.4 to 1.8 m in all."""

CROP_SHIFT, CROP_SCALE, CROP_TURN_DEG = 0.04, 0.04, 3.0
"""Standard deviations of how the frame before mispredicts the crop: shares of the face's size, and its tilt."""


@dataclass(frozen=True)
class ExpressionData:
    """A training set on disk, memory-mapped; M people of FRAMES frames.

    Attributes:
        crops: (M, F, S, S, 3) uint8, S is the landmark network's crop.
        landmarks: (M, F, K, 3) float32 px of the crop, as the network sees them.
        expected: (M, F, K, 2) float32 px of the crop, where the rig's landmark points are.
        turns: (M, F, 3, 3) float32 camera-from-world rotation, with the crop's tilt taken out.
        expressions: (M, F, E) float32.
        parameters: (M, P) float32.
    """

    crops: np.ndarray
    landmarks: np.ndarray
    expected: np.ndarray
    turns: np.ndarray
    expressions: np.ndarray
    parameters: np.ndarray


def open_data(work: Path, people: int, parameter_count: int) -> ExpressionData:
    """Open the arrays in a folder, creating them when they are not there.

    Raises:
        FacewrightError: the folder holds a set of another size.
    """
    shapes = {
        "crops": ((people, FRAMES, SIZE_PX, SIZE_PX, 3), np.uint8),
        "landmarks": ((people, FRAMES, LANDMARKS, 3), np.float32),
        "expected": ((people, FRAMES, LANDMARKS, 2), np.float32),
        "turns": ((people, FRAMES, 3, 3), np.float32),
        "expressions": ((people, FRAMES, len(ARKIT_52)), np.float32),
        "parameters": ((people, parameter_count), np.float32),
    }
    return ExpressionData(**open_arrays(work, shapes))


class PersonMaker:
    """Draws one person after another.

    Args:
        rig: a rig with prior, appearance, styles and landmark map.
        engine: draws the rig.
        landmarker: as the live pipeline uses it.
    """

    def __init__(self, rig: Rig, engine: Engine, landmarker: Landmarker) -> None:
        self._rig, self._engine, self._landmarker = rig, engine, landmarker
        self._decoder, self._reader = RigDecoder(rig), CharacterReader(rig)
        self._wardrobe = Wardrobe(rig, self._decoder)

    def __call__(self, data: ExpressionData, row: int, generator: np.random.Generator) -> None:
        """Fill one row of the data."""
        rig = self._rig
        prior = prior_of(rig)
        code = generator.standard_normal(prior.factors.shape[1])
        parameters = np.clip(prior.mean + prior.factors @ code, 0.0, 1.0).astype(np.float32)
        look = sample_look(generator, rig, parameters, self._reader)
        if generator.random() < BARE_SHARE:
            look = Look(sample_colours(generator))
        lighting = random_lighting(generator)
        rest = 0.04 * np.abs(generator.standard_normal((RESTING, len(ARKIT_52))))
        acted = np.stack([sample_performance(generator) for _ in range(ACTING)])
        expressions = np.concatenate([rest, acted]).astype(np.float32)
        with torch.no_grad():
            vertices = self._decoder.vertices(
                torch.from_numpy(parameters)[None].expand(FRAMES, -1), torch.from_numpy(expressions)
            ).numpy()
        for frame in range(FRAMES):
            recipe = REST_RECIPE if frame < RESTING else ACTING_RECIPE
            camera = random_camera(eye_centres(rig, vertices[frame]), recipe, generator)
            camera = nearer(camera, generator.uniform(*NEARER))
            pieces = self._wardrobe.dress(parameters, look.style, expressions[frame])
            job = RenderJob(vertices[frame], camera, look, lighting, pieces)
            self._measure(data, (row, frame), job, generator)
        data.expressions[row], data.parameters[row] = expressions, parameters

    def _measure(
        self, data: ExpressionData, place: tuple[int, int], job: RenderJob, generator: np.random.Generator
    ) -> None:
        """Draw a frame, spoil it as cameras do, and look at it as a live stream does."""
        render = self._engine.render([job])[0]
        image = spoil(generator, compose_scene(generator, render.image, render.labels))
        true_px = project(job.camera, landmark_points(self._rig, job.vertices_m))[0]
        crop_from_photo = landmark_crop(mispredicted(generator, true_px))
        crop = warp(image, crop_from_photo, (SIZE_PX, SIZE_PX))
        with torch.inference_mode():
            data.landmarks[place] = self._landmarker(to_tensor(crop[None]))[0][0].numpy()
        data.crops[place] = crop
        data.expected[place] = true_px @ crop_from_photo[:, :2].T + crop_from_photo[:, 2]
        tilt = crop_from_photo[:, :2] / np.sqrt(np.linalg.det(crop_from_photo[:, :2]))
        upright = np.eye(3)
        upright[:2, :2] = tilt
        data.turns[place] = upright @ np.asarray(job.camera.camera_from_world)[:3, :3]


def nearer(camera: Camera, factor: float) -> Camera:
    """Return a camera at `factor` times the distance that shows the head as large, so with stronger perspective."""
    transform = np.array(camera.camera_from_world)
    transform[2, 3] *= factor
    return replace(camera, camera_from_world=transform, focal_px=camera.focal_px * factor)


def mispredicted(generator: np.random.Generator, landmarks_px: np.ndarray) -> np.ndarray:
    """Return landmarks (K, 2) as a frame before would have left them: a little beside, smaller or larger, tilted."""
    middle, size = landmarks_px.mean(0), np.ptp(landmarks_px[:, 0])
    angle = np.radians(CROP_TURN_DEG) * generator.standard_normal()
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    scale = np.exp(CROP_SCALE * generator.standard_normal())
    shift = CROP_SHIFT * size * generator.standard_normal(2)
    return (landmarks_px - middle) @ (scale * turn).T + middle + shift


def spoil(generator: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """Return an image with the faults of cheap cameras: motion blur, uneven exposure, compression, or none of them."""
    if generator.random() < 0.35:
        length, angle = generator.uniform(2.0, 7.0), generator.uniform(0.0, np.pi)
        image = motion_blur(image, length * np.array([np.cos(angle), np.sin(angle)]))
    if generator.random() < 0.5:
        gain, gamma = generator.uniform(0.5, 1.3), generator.uniform(0.8, 1.25)
        image = np.clip(255.0 * gain * (image / 255.0) ** gamma, 0, 255).astype(np.uint8)
    if generator.random() < 0.5:
        quality = int(generator.uniform(30, 90))
        packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))
    return image


def motion_blur(image: np.ndarray, way_px: np.ndarray) -> np.ndarray:
    """Blur an image along a straight (2,) way in px."""
    steps = max(2, int(np.ceil(np.abs(way_px).max() * 2)))
    side = 2 * int(np.ceil(np.abs(way_px).max() / 2)) + 3
    kernel = np.zeros((side, side), np.float32)
    for share in np.linspace(-0.5, 0.5, steps):
        x, y = side / 2 - 0.5 + share * way_px
        left, top = int(np.floor(x)), int(np.floor(y))
        across, down = x - left, y - top
        weight = np.outer([1 - down, down], [1 - across, across])
        rows, columns = weight.shape
        kernel[top : top + rows, left : left + columns] += weight[: side - top, : side - left]
    return cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


def render_data(data: ExpressionData, work: Path, maker: PersonMaker, seed: int, rows: range) -> None:
    """Fill rows of the arrays; a second call goes on where the first stopped.

    Args:
        data: arrays of `open_data`.
        work: their folder; a file there for each part counts the finished people.
        maker: draws them.
        seed: person n is drawn from (seed, n).
        rows: which.
    """
    done_file = work / f"done-{rows.start}-{rows.step}.txt"
    done = int(done_file.read_text()) if done_file.exists() else 0
    for number, row in enumerate(tqdm(rows, desc="people", mininterval=10)):
        if number < done:
            continue
        maker(data, row, np.random.default_rng((seed, row)))
        done_file.write_text(str(number + 1))
