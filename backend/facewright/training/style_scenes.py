"""Dressed random heads photographed in front of random backgrounds: what reading styles is learnt and measured on."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch

from facewright.datatypes import PART_NAMES, Camera, Look, RenderJob
from facewright.engine.opening import Engine
from facewright.rig.anchors import eye_centres
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.expression_prior import sample_expression
from facewright.rig.looks import CharacterReader, sample_look
from facewright.rig.nouns import Rig
from facewright.rig.parts import prior_of
from facewright.training.synthetic_photos import PhotoRecipe, SyntheticHead, random_camera, random_lighting

SCENE_RECIPE = PhotoRecipe(size_px=512, yaw_deg=12.0, pitch_deg=6.0, roll_deg=5.0, expression_strength=0.7)
EYE_SHARE = 0.55
"""The head is drawn so much smaller than in other synthetic photos, so that long hair fits in."""


@dataclass(frozen=True, eq=False)
class StyleScene:
    """A photo of a dressed random head.

    Attributes:
        image: (H, W, 3) RGB uint8.
        parameters: (P,) of the head.
        look: the head's.
    """

    image: np.ndarray
    parameters: np.ndarray
    look: Look


class SceneMaker:
    """Draws scenes of one rig.

    Args:
        rig: a rig with prior, appearance and styles.
        engine: draws the rig.
        recipe: how varied.
    """

    def __init__(self, rig: Rig, engine: Engine, recipe: PhotoRecipe = SCENE_RECIPE) -> None:
        self._rig, self._engine, self._recipe = rig, engine, recipe
        self._decoder, self._reader = RigDecoder(rig), CharacterReader(rig)
        self._wardrobe = Wardrobe(rig, self._decoder)

    def __call__(self, generator: np.random.Generator) -> StyleScene:
        """Draw one scene."""
        head = self.dressed_head(generator)
        job = replace(head.job, camera=zoomed(head.job.camera, EYE_SHARE))
        render = self._engine.render([job])[0]
        return StyleScene(compose_scene(generator, render.image, render.labels), head.parameters, job.look)

    def dressed_head(self, generator: np.random.Generator) -> SyntheticHead:
        """Pose and dress one random head in front of a random camera and light."""
        rig, recipe = self._rig, self._recipe
        prior = prior_of(rig)
        code = generator.standard_normal((prior.factors.shape[1],)) * recipe.code_scale
        parameters = np.clip(prior.mean + prior.factors @ code, 0.0, 1.0).astype(np.float32)
        expression = sample_expression(generator, recipe.expression_strength).astype(np.float32)
        with torch.no_grad():
            posed = self._decoder.vertices(torch.from_numpy(parameters)[None], torch.from_numpy(expression)[None])
        vertices = posed[0].numpy()
        look = sample_look(generator, rig, parameters, self._reader)
        camera = random_camera(eye_centres(rig, vertices), recipe, generator)
        pieces = self._wardrobe.dress(parameters, look.style, expression)
        return SyntheticHead(
            code, parameters, expression, RenderJob(vertices, camera, look, random_lighting(generator), pieces)
        )


def zoomed(camera: Camera, factor: float) -> Camera:
    """Return a camera whose picture shows the same place smaller (factor below 1), a little above the middle."""
    return replace(camera, focal_px=camera.focal_px * factor, centre_px=camera.centre_px * [1.0, 0.9])


def compose_scene(generator: np.random.Generator, image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Put a render before a random background and dress its bust, with the noise of a camera.

    Args:
        generator: source of randomness.
        image: (H, W, 3) RGB uint8.
        labels: (H, W) indices into PART_NAMES.

    Returns:
        (H, W, 3) RGB uint8.
    """
    behind = cv2.GaussianBlur((labels == 0).astype(np.float32), (0, 0), 0.7)[..., None]
    side, (height, width) = max(labels.shape), labels.shape
    scene = image + behind * (random_background(generator, side)[:height, :width] - image)
    neck = labels == PART_NAMES.index("neck")
    if neck.any():
        top = np.flatnonzero(neck.any(1))[0]
        edge = top + (height - top) * generator.uniform(0.25, 0.6)
        columns = np.arange(image.shape[1])
        middle = np.flatnonzero(neck.any(0)).mean()
        line = edge - generator.uniform(0.0, 0.15) * np.abs(columns - middle)
        cloth = neck & (np.arange(height)[:, None] > line)
        weight = cv2.GaussianBlur(cloth.astype(np.float32), (0, 0), 0.8)[..., None]
        fabric = random_background(generator, side, contrast=0.25)[:height, :width]
        scene = scene + weight * (fabric - scene)
    noise = generator.normal(0.0, generator.uniform(0.0, 4.0), scene.shape)
    blurred = cv2.GaussianBlur(scene, (0, 0), generator.uniform(0.3, 1.0))
    return np.clip(np.rint(blurred + noise), 0, 255).astype(np.uint8)


def random_background(generator: np.random.Generator, side: int, contrast: float = 1.0) -> np.ndarray:
    """Return (side, side, 3) float colours: a muted colour with blotches of all sizes, as out-of-focus rooms have."""
    picture = np.tile(generator.uniform(15, 235) + generator.normal(0, 18, 3), (side, side, 1))
    for cells in (2, 5, 12):
        strength = 60.0 * contrast / np.sqrt(cells)
        blotches = generator.normal(0.0, strength, (cells, cells, 1)) + generator.normal(
            0.0, 0.3 * strength, (cells, cells, 3)
        )
        picture = picture + cv2.resize(blotches, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255)
