"""Random heads of a rig drawn as photos, with the truth beside them: for maps, corrections, training and benchmarks."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from facewright.datatypes import Camera, Lighting, Look, RenderJob
from facewright.rig.anchors import eye_centres
from facewright.rig.colours import sample_colours
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.expression_prior import sample_expression
from facewright.rig.head_pose import CAMERA_DISTANCE_M, CAMERA_FROM_WORLD_FRONTAL
from facewright.rig.looks import CharacterReader, sample_look
from facewright.rig.nouns import Rig
from facewright.rig.parts import prior_of


@dataclass(frozen=True)
class PhotoRecipe:
    """How varied synthetic photos are.

    Attributes:
        size_px: side of the square photo.
        yaw_deg: standard deviation of the head's turn.
        pitch_deg: standard deviation of the nod.
        roll_deg: standard deviation of the tilt.
        expression_strength: factor on random expressions; 0 for neutral faces.
        code_scale: factor on the prior's standard deviations.
        is_dressed: whether heads get random hair, brows, beards, make-up and glasses, or only random colours.
    """

    size_px: int = 320
    yaw_deg: float = 12.0
    pitch_deg: float = 7.0
    roll_deg: float = 5.0
    expression_strength: float = 1.0
    code_scale: float = 1.0
    is_dressed: bool = True


@dataclass(frozen=True)
class SyntheticHead:
    """A random head and the way it is shown.

    Attributes:
        code: (R,) prior code.
        parameters: (P,) rig parameters.
        expression: (E,) ARKit-52 coefficients.
        job: what the engine draws.
    """

    code: np.ndarray
    parameters: np.ndarray
    expression: np.ndarray
    job: RenderJob


def draw_heads(
    rig: Rig,
    decoder: RigDecoder,
    recipe: PhotoRecipe,
    count: int,
    generator: np.random.Generator,
    expressions: np.ndarray | None = None,
) -> list[SyntheticHead]:
    """Draw random heads with random expression, head pose, camera, look and light.

    Args:
        rig: a rig with a prior.
        decoder: decoder of the whole mesh.
        recipe: how varied.
        count: how many heads.
        generator: source of randomness.
        expressions: (count, E) coefficients; random ones when None.

    Returns:
        The heads, ready for `engine.render([head.job for head in heads])`.
    """
    prior = prior_of(rig)
    codes = generator.standard_normal((count, prior.factors.shape[1])) * recipe.code_scale
    parameters = np.clip(prior.mean + codes @ prior.factors.T, 0.0, 1.0).astype(np.float32)
    if expressions is None:
        expressions = np.stack([sample_expression(generator, recipe.expression_strength) for _ in range(count)])
    with torch.no_grad():
        vertices = decoder.vertices(
            torch.from_numpy(parameters), torch.from_numpy(expressions.astype(np.float32))
        ).numpy()
    wardrobe, reader, heads = Wardrobe(rig, decoder), CharacterReader(rig) if recipe.is_dressed else None, []
    for index in range(count):
        camera = random_camera(eye_centres(rig, vertices[index]), recipe, generator)
        look = sample_look(generator, rig, parameters[index], reader) if reader else Look(sample_colours(generator))
        pieces = wardrobe.dress(parameters[index], look.style, expressions[index]) if reader else ()
        job = RenderJob(vertices[index], camera, look, random_lighting(generator), pieces)
        heads.append(SyntheticHead(codes[index], parameters[index], expressions[index], job))
    return heads


def random_camera(eyes_m: np.ndarray, recipe: PhotoRecipe, generator: np.random.Generator) -> Camera:
    """Place a camera in front of a head that is turned at random.

    Args:
        eyes_m: (2, 3) eye centres.
        recipe: size and angles.
        generator: source of randomness.
    """
    angles = generator.normal(0.0, [recipe.yaw_deg, recipe.pitch_deg, recipe.roll_deg])
    turn = Rotation.from_euler("yxz", np.clip(angles, -35, 35), degrees=True).as_matrix()
    rotation = turn @ CAMERA_FROM_WORLD_FRONTAL
    pivot = eyes_m.mean(0) + np.array([0.0, 0.02, -0.03])
    distance = CAMERA_DISTANCE_M * generator.uniform(0.7, 1.5)
    transform = np.eye(4)
    transform[:3, :3] = rotation
    transform[:3, 3] = [0.0, 0.0, distance] - rotation @ pivot
    eye_px = recipe.size_px * generator.uniform(0.17, 0.26)
    focal = eye_px / np.linalg.norm(eyes_m[1] - eyes_m[0]) * distance
    centre = recipe.size_px * generator.uniform(0.46, 0.54, 2)
    return Camera(transform, float(focal), centre, (recipe.size_px, recipe.size_px))


def random_lighting(generator: np.random.Generator) -> Lighting:
    """Light a head from the front half space, more or less softly, more or less warm."""
    direction = np.array([generator.normal(0.0, 0.6), generator.normal(-0.5, 0.4), -1.0])
    warmth = generator.normal(0.0, 0.05)
    tint = np.array([1.0 + warmth, 1.0, 1.0 - warmth])
    key = generator.uniform(0.6, 2.2)
    ambient = generator.uniform(0.3, 0.8)
    return Lighting(
        (direction / np.linalg.norm(direction)).astype(np.float32),
        (key * tint).astype(np.float32),
        (ambient * np.ones(3)).astype(np.float32),
    )
