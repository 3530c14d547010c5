"""Which pixels of a head are hair: colour models of hair, skin and clothes, learnt on the picture itself."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

from facewright.perception.alignment import apply_transform, eye_centres
from facewright.perception.parts import FACE_OVAL, LEFT_BROW, LEFT_EYE, RIGHT_BROW, RIGHT_EYE
from facewright.perception.person import PersonCrop

SIDE_PX = 128
"""Side of the maps; the crop is that of the person."""

BINS = 16
"""Bins of the colour histograms in each channel of CIE Lab."""

LAB_LOW, LAB_HIGH = np.array([0.0, -50.0, -50.0]), np.array([100.0, 70.0, 70.0])
ROUNDS = 4
CLASSES = ("hair", "skin", "clothes")
SMALLEST_SEED_PX = 25
SURE = 0.45
"""Probability above which pixels hang together as hair."""

HAIR_LIKE = 0.3
"""Share of the usual density of the hair's colours from which on clothes may be hair that hangs over them."""

SKIN_LIKE = 0.35
"""A colour that this share of the skin seeds is more unusual than is not taken for skin when hair is looked for."""


@dataclass(frozen=True)
class HairMap:
    """Where a head's hair is.

    Attributes:
        hair: (S, S) float32 probability of hair (not of a beard), S = SIDE_PX.
        skin: (S, S) float32 probability of skin.
    """

    hair: np.ndarray
    skin: np.ndarray


def map_hair(person: PersonCrop, landmarks_px: np.ndarray) -> HairMap:
    """Tell hair, skin and clothes apart.

    Colour histograms start from where hair, skin and clothes usually are and are refined with the maps that they give.

    Args:
        person: head and shoulders.
        landmarks_px: (K, 3) in px of the photo.

    Returns:
        The maps.
    """
    factor = SIDE_PX / len(person.image)
    points = apply_transform(person.crop_from_photo * factor, landmarks_px)
    image = cv2.resize(person.image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    inside = cv2.resize(person.probability, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    bins = _colour_bins(image)
    places = usual_places(points)  # (3, S, S)
    clean = clean_skin(points)
    shares = _seeds(places, inside, bins, clean)
    believed = (1.0, clean, _unlike_hair(shares[0], bins))
    places[0] *= _hairiness(places, shares, inside)
    for _ in range(ROUNDS):
        likely = np.stack([_likelihood(bins, share * part) for share, part in zip(shares, believed, strict=True)])
        joint = places * likely + 1e-9
        shares = joint / joint.sum(0) * inside
        shares = np.stack([cv2.GaussianBlur(share.astype(np.float32), (0, 0), 0.8) for share in shares])
    return HairMap(_attached(shares[0], points), shares[1])


def _hairiness(places: np.ndarray, seeds: np.ndarray, inside: np.ndarray) -> float:
    """Return how much of the skull does not look like skin, as a factor on the expected hair: little on bald heads."""
    skull = (places[0] > 0.6) * (inside > 0.6)
    return float(np.clip(1.6 * (seeds[0] > 0.5).sum() / max(skull.sum(), 1), 0.02, 1.0))


def _attached(hair: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Take away what looks like hair but does not hang together with the hair above the mouth: collars, lapels."""
    count, parts = cv2.connectedComponents((hair > SURE).astype(np.uint8))
    mouth = int(np.clip(points[13, 1], 1, SIDE_PX))
    attached = np.isin(parts, np.setdiff1d(np.unique(parts[:mouth]), [0]))
    near = cv2.dilate(attached.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.where(near, hair, 0.1 * hair).astype(np.float32)


def usual_places(points: np.ndarray) -> np.ndarray:
    """Return (3, S, S) prior probabilities of CLASSES on a person, from landmarks (K, 2 or 3) in px of the map."""
    eyes = eye_centres(points)[:, :2]
    distance = max(float(np.linalg.norm(eyes[1] - eyes[0])), 0.25 * float(np.ptp(points[:, 1])))
    rows, columns = np.mgrid[:SIDE_PX, :SIDE_PX] + 0.5
    oval = _fill(points[list(FACE_OVAL), :2])
    chin, brow = points[152, :2], points[[*RIGHT_BROW, *LEFT_BROW], 1].mean()
    middle = (points[234, 0] + points[454, 0]) / 2
    below = (rows - chin[1]) / distance
    aside = np.abs(columns - (middle + chin[0]) / 2) / distance
    hair, skin, clothes = (np.zeros((SIDE_PX, SIDE_PX)) for _ in CLASSES)
    hair[:], skin[:], clothes[:] = 0.75, 0.25, 0.0005  # above
    _set(rows > brow, (hair, 0.5), (skin, 0.45), (clothes, 0.01))
    _set(below > -0.3, (hair, 0.4), (skin, 0.3), (clothes, 0.2))
    _set(below > 0.7, (hair, 0.25), (skin, 0.25), (clothes, 0.6))
    _set(below > 1.4, (hair, 0.15), (skin, 0.15), (clothes, 0.8))
    _set((below > -0.3) & (aside < 0.6), (hair, 0.01), (skin, 0.8), (clothes, 0.1))
    _set((below > 0.4) & (aside < 0.6), (hair, 0.02), (skin, 0.4), (clothes, 0.5))
    _set(oval & (rows <= brow), (hair, 0.25), (skin, 0.75), (clothes, 0.0))
    _set(oval & (rows > brow - 0.1 * distance), (hair, 0.004), (skin, 0.99), (clothes, 0.0))
    return np.stack([hair, skin, clothes])


def clean_skin(points: np.ndarray) -> np.ndarray:
    """Return (S, S) False where a face is not skin or may not be: eyes, brows and where beards grow."""
    rows = np.mgrid[:SIDE_PX, :SIDE_PX][0] + 0.5
    dark = _fill(points[list(FACE_OVAL), :2]) & (rows > points[2, 1])
    for outline in (RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW):
        dark |= cv2.dilate(_fill(points[list(outline), :2]).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    return ~dark


def _set(where: np.ndarray, *values: tuple[np.ndarray, float]) -> None:
    for target, value in values:
        target[where] = value


def _fill(outline_px: np.ndarray) -> np.ndarray:
    filled = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    cv2.fillPoly(filled, [np.rint(outline_px - 0.5).astype(np.int32)], 1)
    return filled.astype(bool)


def _seeds(places: np.ndarray, inside: np.ndarray, bins: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Return (3, S, S) first guesses: sure places, and for hair only colours that the face does not have."""
    hair, skin, clothes = places
    sure_skin = (skin > 0.98) * inside * clean
    above = (hair > 0.6) * (inside > 0.6)
    unlike = _likelihood(bins, sure_skin)
    usual = np.quantile(unlike[sure_skin > 0.5], SKIN_LIKE) if (sure_skin > 0.5).any() else 0.0
    sure_hair = above * (unlike < 0.5 * usual)
    if sure_hair.sum() < SMALLEST_SEED_PX:
        sure_hair = above * 0.05
    sure_clothes = (clothes > 0.7) * (inside > 0.6) * _unlike_hair(sure_hair, bins)
    return np.stack([sure_hair, sure_skin, sure_clothes])


def _unlike_hair(hair: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """Return (S, S) a weight that is small where a colour is as common in the hair as hair's own colours are."""
    like_hair, known = _likelihood(bins, hair), hair > 0.5
    usual = np.median(like_hair[known]) if known.any() else np.inf
    return np.where(like_hair > HAIR_LIKE * usual, 0.1, 1.0)


def _colour_bins(image: np.ndarray) -> np.ndarray:
    """Return (3, S, S) positions of the colours in a histogram, continuous."""
    lab = cv2.cvtColor(image.astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB)
    return np.clip((lab - LAB_LOW) / (LAB_HIGH - LAB_LOW) * BINS, 0, BINS - 1).transpose(2, 0, 1)


def _likelihood(bins: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return (S, S) density of each pixel's colour among the pixels that `share` (S, S) weighs."""
    index = np.rint(bins).astype(int)
    flat = np.ravel_multi_index(index, (BINS, BINS, BINS))
    counts = np.bincount(flat.ravel(), share.ravel(), BINS**3).reshape(BINS, BINS, BINS)
    smooth = gaussian_filter(counts, 0.8, mode="nearest")
    smooth = (smooth + 1e-6) / (smooth.sum() + 1e-6 * BINS**3)
    return smooth[tuple(index)]
