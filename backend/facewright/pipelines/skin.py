"""Makes the skin of a fitted head from its photos: brings perception, engine and texture together, no maths."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from facewright.config import SkinConfig
from facewright.datatypes import (
    PART_NAMES,
    Camera,
    FaceParse,
    FitResult,
    Look,
    Observations,
    PhotoSkin,
    Progress,
    RenderJob,
)
from facewright.engine.cameras import CanonicalFrame, project
from facewright.errors import FacewrightError
from facewright.fitting.landmark_fit import LandmarkFitConfig, fit_landmarks
from facewright.perception.alignment import apply_transform, face_from_photo, invert_transform, warp
from facewright.perception.colour import is_monochrome
from facewright.perception.landmarks import refine_landmarks
from facewright.perception.parsing import PARSER_CLASSES
from facewright.perception.parts import part_maps
from facewright.perception.style_cues import crop_camera
from facewright.pipelines.heartbeat import Heartbeat, no_beat
from facewright.rig.anchors import landmark_points
from facewright.rig.colours import linear_from_srgb
from facewright.texture.atlas import SkinAtlas, build_atlas
from facewright.texture.skin import SkinOptions, photo_skin
from facewright.texture.unwrap import PhotoView

if TYPE_CHECKING:
    from facewright.pipelines.photo import PhotoPipeline

LOG = logging.getLogger(__name__)

SAME_PERSON = 0.86
"""Cosine of two embeddings below which two photos hardly show one person."""

SKIN_FRAME = CanonicalFrame((0.36, 0.42), (0.64, 0.42))
"""Forehead to chin, ear to ear, as large as can be."""

CROP_SHARE = 0.625
"""Side of the crop over that of the texture: a pixel of the crop is about a texel."""

DETECT_PX, PARTS_PX = 256, 256
HOLES, HOLE_RIM_PX = ("eyes", "iris", "inner_mouth"), 3
DARK_CLASSES = ("lips", "brows", "beard")
COVERED_PARTS = ("eyes", "iris", "upper_lip", "lower_lip", "inner_mouth")


@dataclass(frozen=True, eq=False)
class PosedPhoto:
    """One photo of the head with the pose and expression that were fitted to it.

    Attributes:
        observations: the photo's.
        expression: (E,) ARKit coefficients.
        camera: shows the head as in the photo.
    """

    observations: Observations
    expression: np.ndarray
    camera: Camera


class SkinMaker:
    """Makes skins for heads of one rig.

    Args:
        pipeline: rig, engine and landmark network.
        config: size of the texture and what becomes of brows and beard.
        atlas: of another maker for the same rig, which is used if it has the size; None makes one.
    """

    def __init__(self, pipeline: "PhotoPipeline", config: SkinConfig, atlas: SkinAtlas | None = None) -> None:
        self._pipeline = pipeline
        self._options = SkinOptions(config.side_px, config.brows == "photo", config.beard == "photo")
        fits = atlas is not None and atlas.side == config.side_px
        self.atlas = atlas if atlas is not None and fits else build_atlas(pipeline.rig, config.side_px)

    def __call__(
        self, parameters: np.ndarray, look: Look, photos: list[PosedPhoto], beat: Callable[[], None] = no_beat
    ) -> PhotoSkin:
        """Make the skin of a head.

        Args:
            parameters: (P,) of the head.
            look: colours and style.
            photos: one or more; the first decides the tone.
            beat: called between the steps; what it raises ends the work.
        """
        views = []
        for photo in photos:
            beat()
            views.append(self.view(parameters, look, photo))
        neutral = self._pipeline.vertices(parameters)
        return photo_skin(self._pipeline.rig, self.atlas, views, neutral, look, self._options, beat)

    def view(self, parameters: np.ndarray, look: Look, posed: PosedPhoto) -> PhotoView:
        """Cut one photo of a head with (P,) parameters and a look out, and see what of it can be believed."""
        pipeline, seen = self._pipeline, posed.observations
        side = round(CROP_SHARE * self._options.side)
        crop = face_from_photo(seen.landmarks_px, SKIN_FRAME, side)
        camera = crop_camera(posed.camera, crop, side)
        vertices = pipeline.vertices(parameters, posed.expression)
        render = pipeline.engine.render([RenderJob(vertices, camera, look, seen.lighting)])[0]
        image = warp(seen.photo, crop, (side, side))
        landmarks = apply_transform(crop, seen.landmarks_px)[:, :2]
        accepted, own_dark = self._accepted(seen.parse, crop, landmarks, side)
        face = linear_from_srgb(image[accepted > 0.5] / 255.0)
        return PhotoView(
            image=image,
            camera=camera,
            vertices_m=vertices,
            depth_m=render.depth_m,
            landmarks_px=landmarks,
            shown_px=self._shown_landmarks(render.image, vertices, camera),
            accepted=accepted,
            own_dark=own_dark,
            inside=cv2.warpAffine(np.ones(seen.photo.shape[:2], np.uint8), crop, (side, side)).astype(np.float32),
            sharpness=1.0 / float(np.sqrt(np.linalg.det(crop[:, :2]))),
            is_grey=is_monochrome(face),
        )

    def _shown_landmarks(self, image: np.ndarray, vertices_m: np.ndarray, camera: Camera) -> np.ndarray:
        """Return (K, 2) px of the crop where the landmark network sees the head's landmarks."""
        scale = DETECT_PX / len(image)
        small = cv2.resize(image, (DETECT_PX, DETECT_PX), interpolation=cv2.INTER_AREA)
        expected, _ = project(camera, landmark_points(self._pipeline.rig, vertices_m))
        return refine_landmarks(self._pipeline.landmarker, small, expected * scale).landmarks_px[:, :2] / scale

    def _accepted(
        self, parse: FaceParse | None, crop: np.ndarray, landmarks_px: np.ndarray, side: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (side, side) probabilities that a pixel belongs on the texture, and that it is dark of its own."""
        maps = part_maps(landmarks_px * (PARTS_PX / side), PARTS_PX)
        holes = sum(maps[PART_NAMES.index(name)] for name in HOLES)
        holes = cv2.dilate(holes, np.ones((2 * HOLE_RIM_PX + 1,) * 2, np.uint8))
        covered = sum(maps[PART_NAMES.index(name)] for name in (*COVERED_PARTS, *([] if parse else ["brows"])))
        covered = cv2.dilate(covered, np.ones((5, 5), np.uint8))
        accepted, own_dark = 1 - np.clip(holes, 0, 1), np.clip(covered, 0, 1)
        if not self._options.keeps_brows:
            accepted = accepted * (1 - cv2.dilate(maps[PART_NAMES.index("brows")], np.ones((9, 9), np.uint8)))
        accepted, own_dark = (cv2.resize(one, (side, side)) for one in (accepted, own_dark))
        if parse is None:
            return accepted, own_dark
        kept = ["skin", "lips"] + self._options.keeps_brows * ["brows"] + self._options.keeps_beard * ["beard"]
        parsed = sum(parse.probabilities[PARSER_CLASSES.index(name)] for name in kept)
        parsed = cv2.erode(parsed.astype(np.float32), np.ones((5, 5), np.uint8))
        dark = sum(parse.probabilities[PARSER_CLASSES.index(name)] for name in DARK_CLASSES)
        onto = _composed(crop, invert_transform(parse.crop_from_photo))
        parsed, dark = (_warped(one, onto, side) for one in (parsed, dark))
        return accepted * parsed, np.maximum(own_dark, dark)


def observe_others(
    pipeline: "PhotoPipeline", observations: Observations, photos: Sequence[np.ndarray], beat: Callable[[], None]
) -> list[Observations]:
    """Measure the largest face of each of a person's other photos (H, W, 3); the beat comes before each.

    Raises:
        FacewrightError: one cannot be used; the message says which.
    """
    others = []
    for number, photo in enumerate(photos, 2):
        beat()
        try:
            others.append(pipeline.observe(photo))
        except FacewrightError as error:
            raise type(error)(f"photo {number} of {len(photos) + 1}: {error}", error.remedy) from error
        if others[-1].embedding @ observations.embedding < SAME_PERSON:
            LOG.warning("photo %d of %d looks like another person than the first", number, len(photos) + 1)
    return others


def add_photo_skin(
    pipeline: "PhotoPipeline",
    maker: SkinMaker,
    result: FitResult,
    code: np.ndarray,
    photos: Sequence[Observations],
    beat: Heartbeat,
) -> FitResult:
    """Return a head with the skin of its photos; in each of the others it is posed as there, its shape stays.

    Args:
        pipeline: rig and engine.
        maker: the pipeline's.
        result: the head that was fitted to the first photo.
        code: (R,) its prior code.
        photos: what was measured on each.
        beat: told before each photo and between the steps.

    Raises:
        Stopped: it asked to stop.
    """
    posed = [PosedPhoto(photos[0], result.expression, result.photo_camera)]
    for number, other in enumerate(photos[1:]):
        beat.tell(Progress("skin", number, len(photos)))
        beat.check()
        fit = fit_landmarks(pipeline.model, other.landmarks_px, LandmarkFitConfig(solve_code=False), code)
        posed.append(PosedPhoto(other, fit.expression, fit.camera(other.photo.shape[1::-1])))
    beat.tell(Progress("skin", len(photos) - 1, len(photos)))
    skin = maker(result.parameters, result.look, posed, beat)
    return replace(result, look=replace(result.look, photo_skin=skin, photo_share=pipeline.config.skin.share))


def _composed(second: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return the (2, 3) transform that applies `first` and then `second`."""
    return second[:, :2] @ first + np.array([[0, 0, 1], [0, 0, 1]]) * second[:, 2:]


def _warped(values: np.ndarray, transform: np.ndarray, side: int) -> np.ndarray:
    pixels = transform.copy()
    pixels[:, 2] += pixels[:, :2] @ (0.5, 0.5) - 0.5
    return cv2.warpAffine(values, pixels, (side, side), flags=cv2.INTER_LINEAR)
