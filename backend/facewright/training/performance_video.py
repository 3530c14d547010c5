"""Films performances of random people with a webcam: frames with motion blur and noise, and the truth beside them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from facewright.datatypes import Camera, Lighting, Look, RenderJob
from facewright.engine.cameras import project
from facewright.engine.opening import Engine
from facewright.rig.anchors import eye_centres, landmark_points
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.head_pose import CAMERA_FROM_WORLD_FRONTAL
from facewright.rig.looks import CharacterReader, sample_look
from facewright.rig.nouns import Rig
from facewright.rig.parts import prior_of
from facewright.training.expression_data import motion_blur
from facewright.training.performances import Performance
from facewright.training.style_scenes import compose_scene
from facewright.training.synthetic_photos import random_lighting

DISTANCE_M = (0.5, 0.9)
"""From a webcam to a face."""

FOCAL_SHARE = 1.25
"""Focal length over the frame's height: webcams see some 45 degrees from top to bottom at most."""

SHUTTER = 0.35
"""Share of the time between two frames in which the shutter is open."""

NOISE = (1.0, 5.0)
"""Standard deviation of the sensor's noise, in levels of 255."""


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody before a webcam.

    Attributes:
        parameters: (P,) rig parameters.
        look: hair, skin and glasses.
        lighting: of the room.
        distance_m: from the camera.
        noise: of the camera.
        room: seed of background and clothes.
    """

    parameters: np.ndarray
    look: Look
    lighting: Lighting
    distance_m: float
    noise: float
    room: int


@dataclass(frozen=True, eq=False)
class FilmedFrame:
    """One frame with its truth.

    Attributes:
        image: (H, W, 3) RGB uint8.
        camera: of the frame.
        coefficients: (E,).
        landmarks_px: (K, 2) where the rig's landmark points are.
    """

    image: np.ndarray
    camera: Camera
    coefficients: np.ndarray
    landmarks_px: np.ndarray


def draw_person(rig: Rig, generator: np.random.Generator) -> Person:
    """Draw a random person of the rig's prior.

    Args:
        rig: a rig with a prior.
        generator: source of randomness.
    """
    prior = prior_of(rig)
    code = generator.standard_normal(prior.factors.shape[1])
    parameters = np.clip(prior.mean + prior.factors @ code, 0.0, 1.0).astype(np.float32)
    look = sample_look(generator, rig, parameters, CharacterReader(rig))
    distance, noise = generator.uniform(*DISTANCE_M), generator.uniform(*NOISE)
    return Person(parameters, look, random_lighting(generator), distance, noise, int(generator.integers(1 << 30)))


def film(
    rig: Rig,
    engine: Engine,
    person: Person,
    performance: Performance,
    generator: np.random.Generator,
    size_px: tuple[int, int] = (640, 480),
) -> Iterator[FilmedFrame]:
    """Film a performance.

    Args:
        rig: a rig with landmark map.
        engine: draws it.
        person: who performs.
        performance: what.
        generator: source of the noise.
        size_px: width and height of the frames.

    Yields:
        One frame after the other.
    """
    decoder = RigDecoder(rig)
    wardrobe, before_px = Wardrobe(rig, decoder), None
    parameters = torch.from_numpy(person.parameters)[None]
    with torch.no_grad():
        eyes = eye_centres(rig, decoder.vertices(parameters)[0].numpy())
    for coefficients, turn, place in zip(
        performance.coefficients, performance.turn_deg, performance.place, strict=True
    ):
        with torch.no_grad():
            expression = torch.from_numpy(coefficients.astype(np.float32))[None]
            vertices = decoder.vertices(parameters, expression)[0].numpy()
        camera = webcam(eyes, person.distance_m, turn, place, size_px)
        pieces = wardrobe.dress(person.parameters, person.look.style, coefficients)
        render = engine.render([RenderJob(vertices, camera, person.look, person.lighting, pieces)])[0]
        image = compose_scene(np.random.default_rng(person.room), render.image, render.labels)
        landmarks_px = project(camera, landmark_points(rig, vertices))[0]
        if before_px is not None:
            image = motion_blur(image, SHUTTER * (landmarks_px - before_px).mean(0))
        noisy = image + generator.normal(0.0, person.noise, image.shape)
        yield FilmedFrame(np.clip(np.rint(noisy), 0, 255).astype(np.uint8), camera, coefficients, landmarks_px)
        before_px = landmarks_px


def webcam(
    eyes_m: np.ndarray, distance_m: float, turn_deg: np.ndarray, place: np.ndarray, size_px: tuple[int, int]
) -> Camera:
    """Place a webcam before a head.

    Args:
        eyes_m: (2, 3) eye centres.
        distance_m: from the camera to the head's middle.
        turn_deg: (3,) yaw, pitch, roll of the head.
        place: (2,) of the head, as shares of the frame's height from its middle, x right, y down.
        size_px: width and height.
    """
    rotation = Rotation.from_euler("yxz", turn_deg, degrees=True).as_matrix() @ CAMERA_FROM_WORLD_FRONTAL
    pivot = eyes_m.mean(0) + np.array([0.0, 0.02, -0.03])
    transform = np.eye(4)
    transform[:3, :3] = rotation
    transform[:3, 3] = [0.0, 0.0, distance_m] - rotation @ pivot
    centre = np.array(size_px) / 2 + np.asarray(place) * size_px[1]
    return Camera(transform, float(FOCAL_SHARE * size_px[1]), centre, size_px)
