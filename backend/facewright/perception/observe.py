"""The observer: one call measures all that is measured on a photo."""

import numpy as np

from facewright.datatypes import Detection, Observations
from facewright.engine.cameras import FACE_FRAME
from facewright.errors import FaceNotFound
from facewright.networks.detector import Detector
from facewright.networks.embedder import Embedder
from facewright.networks.iris import IrisLandmarker
from facewright.networks.landmarker import Landmarker
from facewright.networks.parser import Parser
from facewright.networks.segmenter import Segmenter
from facewright.perception.alignment import align_face, apply_transform
from facewright.perception.colour import estimate_colours
from facewright.perception.detection import detect_faces
from facewright.perception.hair import map_hair
from facewright.perception.identity import embed_identity
from facewright.perception.landmarks import (
    PRESENCE_THRESHOLD,
    check_measurable,
    locate_irises,
    locate_landmarks,
)
from facewright.perception.parsing import parse_face
from facewright.perception.parts import part_maps
from facewright.perception.person import segment_person
from facewright.perception.style_cues import read_style

ALIGNED_SIDE_PX = 256
PARTS_SIDE_PX = 128


def find_faces(detector: Detector, landmarker: Landmarker, photo: np.ndarray) -> list[tuple[Detection, np.ndarray]]:
    """Find the faces of a photo and drop what the landmark network does not confirm to be one.

    Args:
        detector: on any device.
        landmarker: on any device.
        photo: (H, W, 3) RGB uint8.

    Returns:
        Detections with their landmarks (K, 3) in photo px, the largest first.
    """
    faces = []
    for detection in detect_faces(detector, photo):
        located = locate_landmarks(landmarker, photo, detection)
        if located.presence >= PRESENCE_THRESHOLD:
            faces.append((detection, located.landmarks_px))
    return faces


def choose_face(faces: list[tuple[Detection, np.ndarray]], face_index: int | None) -> tuple[Detection, np.ndarray]:
    """Pick a face by its number.

    Args:
        faces: what `find_faces` returned.
        face_index: 0 is the largest; None means the same.

    Raises:
        FaceNotFound: there are not so many faces.
    """
    index = face_index or 0
    if not faces:
        raise FaceNotFound("no face was found in the photo", "use a photo with a face that is well visible")
    if not 0 <= index < len(faces):
        remedy = f"choose a face from 0 to {len(faces) - 1}" if len(faces) > 1 else "leave the number of the face out"
        raise FaceNotFound(f"face {index} was asked for, the photo shows {len(faces)}", remedy)
    return faces[index]


class LandmarkReader:
    """Reads the landmarks of the largest face, of photos and renders alike.

    Args:
        detector: on any device.
        landmarker: on any device.
    """

    def __init__(self, detector: Detector, landmarker: Landmarker) -> None:
        self._detector, self._landmarker = detector, landmarker

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return (K, 3) landmarks in px of an RGB uint8 image.

        Raises:
            FaceNotFound: there is no face.
        """
        return choose_face(find_faces(self._detector, self._landmarker, image), 0)[1]


class Observer:
    """Measures a photo.

    Args:
        detector: finds faces.
        landmarker: locates 468 landmarks.
        iris_landmarker: locates the irises.
        segmenter: tells the person from the background.
        embedder: tells who it is.
        parser: tells skin from what hides it; None leaves that open.

    Attributes:
        detector, landmarker, embedder: those that were given; renders are measured by the same.
    """

    def __init__(
        self,
        detector: Detector,
        landmarker: Landmarker,
        iris_landmarker: IrisLandmarker,
        segmenter: Segmenter,
        embedder: Embedder,
        parser: Parser | None = None,
    ) -> None:
        self.detector, self.landmarker, self.embedder = detector, landmarker, embedder
        self._iris_landmarker, self._segmenter, self._parser = iris_landmarker, segmenter, parser

    def __call__(self, photo: np.ndarray, face_index: int | None = None) -> Observations:
        """Measure one face of a photo.

        Args:
            photo: (H, W, 3) RGB uint8, upright.
            face_index: which face, 0 is the largest.

        Returns:
            The observations.

        Raises:
            FaceNotFound: no face, or not so many.
            FaceTooSmall: too few pixels.
            FaceNotFrontal: turned too far.
        """
        faces = find_faces(self.detector, self.landmarker, photo)
        _, landmarks_px = choose_face(faces, face_index)
        check_measurable(landmarks_px)
        irises_px = locate_irises(self._iris_landmarker, photo, landmarks_px)
        aligned = align_face(photo, landmarks_px, FACE_FRAME, ALIGNED_SIDE_PX)
        to_parts = aligned.crop_from_photo * (PARTS_SIDE_PX / ALIGNED_SIDE_PX)
        maps = part_maps(apply_transform(to_parts, landmarks_px), PARTS_SIDE_PX, apply_transform(to_parts, irises_px))
        person = segment_person(self._segmenter, photo, landmarks_px)
        hair_map = map_hair(person, landmarks_px)
        colours, lighting = estimate_colours(photo, landmarks_px, irises_px, person, hair_map)
        return Observations(
            photo=photo,
            landmarks_px=landmarks_px,
            aligned=aligned,
            embedding=embed_identity(self.embedder, photo, landmarks_px),
            part_maps=maps,
            colours=colours,
            lighting=lighting,
            style_cues=read_style(photo, landmarks_px, person, hair_map),
            parse=None if self._parser is None else parse_face(self._parser, photo, landmarks_px),
        )
