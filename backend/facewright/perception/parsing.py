"""Tells what each pixel around a face shows: skin, hair, beard, glasses, or something in front of it."""

import cv2
import numpy as np
import torch

from facewright.datatypes import PART_NAMES, FaceParse
from facewright.engine.cameras import CanonicalFrame
from facewright.networks.parser import Parser
from facewright.perception.alignment import apply_transform, face_from_photo, to_tensor, warp
from facewright.perception.parts import part_maps

PARSER_CLASSES = (
    "background", "skin", "brows", "eyes", "lips", "inner_mouth", "hair", "beard", "glasses", "occluder",
)  # fmt: skip
"""What the parser tells apart, in the order of its output; occluder is whatever else hides the face."""

CLASS_OF_PART = {
    "nose": "skin", "ears": "skin", "neck": "skin", "iris": "eyes", "lashes": "eyes", "upper_lip": "lips",
    "lower_lip": "lips",
}  # fmt: skip
"""Class of those parts of label maps that are not classes themselves."""

HINT_PARTS = (("skin", "nose"), ("brows",), ("eyes", "iris"), ("upper_lip", "lower_lip"), ("inner_mouth",))
"""Parts whose maps, drawn from the landmarks, are the parser's hints, one channel each."""

PARSER_FRAME = CanonicalFrame((0.40, 0.43), (0.60, 0.43))
"""The whole head with its hair, and the throat."""

PARSER_PX = 192
HINT_PX = 96


def parse_face(parser: Parser, photo: np.ndarray, landmarks_px: np.ndarray) -> FaceParse:
    """Parse a face of a photo.

    Args:
        parser: on any device.
        photo: (H, W, 3) RGB uint8.
        landmarks_px: (K, 3) in photo px.

    Returns:
        Probabilities of PARSER_CLASSES on the upright crop; beyond the photo's border it is all background.
    """
    crop_from_photo = face_from_photo(landmarks_px, PARSER_FRAME, PARSER_PX)
    crop = warp(photo, crop_from_photo, (PARSER_PX, PARSER_PX))
    hints = landmark_hints(apply_transform(crop_from_photo, landmarks_px))
    device = next(parser.parameters()).device
    with torch.inference_mode():
        logits = parser(to_tensor(crop[None], device), torch.from_numpy(hints[None]).to(device))
        probabilities = torch.softmax(logits[0], dim=0).cpu().numpy()
    inside = cv2.warpAffine(np.ones(photo.shape[:2], np.uint8), crop_from_photo, (PARSER_PX, PARSER_PX))
    probabilities *= inside
    probabilities[PARSER_CLASSES.index("background")] += 1 - inside
    return FaceParse(probabilities, crop_from_photo)


def frames_share(parse: FaceParse) -> float:
    """Return the share of frames of glasses in the band around the eyes: some 0.2 with glasses, under 0.1 without."""
    side = parse.probabilities.shape[-1]
    (right, level), (left, _) = PARSER_FRAME.eye_right, PARSER_FRAME.eye_left
    eyes = (left - right) * side
    rows = slice(round(level * side - 0.45 * eyes), round(level * side + 0.55 * eyes))
    columns = slice(round(0.5 * side - 1.1 * eyes), round(0.5 * side + 1.1 * eyes))
    return float(parse.probabilities[PARSER_CLASSES.index("glasses"), rows, columns].mean())


def landmark_hints(landmarks_px: np.ndarray) -> np.ndarray:
    """Draw the parser's hints.

    Args:
        landmarks_px: (K, 2 or 3) in px of the parser's crop.

    Returns:
        (H, S, S) float32 in [0, 1], S = PARSER_PX.
    """
    maps = part_maps(landmarks_px[:, :2] * (HINT_PX / PARSER_PX), HINT_PX)
    hints = [sum(maps[PART_NAMES.index(part)] for part in parts) for parts in HINT_PARTS]
    return np.stack([cv2.resize(hint, (PARSER_PX, PARSER_PX)) for hint in hints]).astype(np.float32)


def class_of_labels() -> np.ndarray:
    """Return (len(PART_NAMES),) uint8: the class of each label of an engine's label map."""
    return np.array([PARSER_CLASSES.index(CLASS_OF_PART.get(part, part)) for part in PART_NAMES], np.uint8)
