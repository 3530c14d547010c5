"""Colours of skin, lips, brows, irises, hair and beard, with the light and its colour taken off."""

from dataclasses import dataclass

import cv2
import numpy as np

from facewright.datatypes import PART_NAMES, FaceColours, Lighting
from facewright.engine.cameras import FACE_FRAME
from facewright.perception.alignment import apply_transform, face_from_photo, warp
from facewright.perception.hair import HairMap
from facewright.perception.illumination import (
    Shading,
    chroma,
    colour_of,
    estimate_exposure,
    estimate_illuminant,
    fit_shading,
    landmark_normals,
    skin_locus,
)
from facewright.perception.parts import LEFT_EYE, RIGHT_EYE, iris_circle, part_maps
from facewright.perception.person import PersonCrop
from facewright.rig.colours import LUMINANCE, linear_from_srgb, srgb_from_linear

SIDE_PX = 256
BLUR_PX = 2.0
MONOCHROME_SPREAD = 0.035
"""Below this spread of log(R/G) and log(B/G) over a face the photo has no colours of its own."""

EYE_SHADE = 0.8
"""Light in the eye's opening, under the lids, over the light on the face."""

LIP_FROM_SKIN_CHROMA = np.array([0.28, 0.02])
BROWN_CHROMA = np.array([0.55, -0.50])
"""Hair and irises of unknown hue: brown."""

SMALLEST_HAIR_PX = 40
"""Pixels of the hair map below which the colour of hair is not read."""

HAIR_DEPTH, BEARD_DEPTH, BROW_DEPTH = (0.85, 1.12, 1.6), (1.5, 1.25, 1.3), (0.5, 1.0, 1.0)
"""Factor and power that turn the luminance which strands show into that of their colour, and factor on its chroma:
highlights brighten and bleach hair, skin shines through brows and beards. Measured on renders."""

BEARD_DARKER, BEARD_HUE, BEARD_SHARE = 0.5, 0.45, 0.06
"""How much darker than skin or how different in hue hair below the nose is, and what share of the skin is a beard."""

SKIN_HUE_BELIEF, SKIN_HUE_RANGE = 0.5, 0.07
"""How much of a skin's distance from the usual hue of skin as light is its own and not the light's, and the most."""

SKIN_LUMINANCE_RANGE = (0.025, 0.62)
LIP_OVER_SKIN = 0.55
"""Usual luminance of lips over that of skin."""

LIP_OVER_SKIN_RANGE = (0.4, 1.0)
BROW_LUMINANCE_RANGE = (0.006, 0.35)
IRIS_LUMINANCE_RANGE = (0.012, 0.25)
HAIR_LUMINANCE_RANGE = (0.006, 0.65)


@dataclass(frozen=True)
class FaceSample:
    """The upright crop that colours are read from.

    Attributes:
        linear: (S, S, 3) linear RGB, S = SIDE_PX.
        landmarks_px: (K, 3) in the crop.
        parts: (N, S, S) part maps.
        irises_px: (2, 5, 2) in the crop.
    """

    linear: np.ndarray
    landmarks_px: np.ndarray
    parts: np.ndarray
    irises_px: np.ndarray

    def part(self, name: str) -> np.ndarray:
        """Return the (M, 3) linear colours of the pixels that lie wholly in a part."""
        return self.linear[self.parts[PART_NAMES.index(name)] > 0.95]


def estimate_colours(
    photo: np.ndarray, landmarks_px: np.ndarray, irises_px: np.ndarray, person: PersonCrop, hair_map: HairMap
) -> tuple[FaceColours, Lighting]:
    """Estimate albedo colours and light.

    Args:
        photo: (H, W, 3) RGB uint8.
        landmarks_px: (K, 3) in photo px.
        irises_px: (2, 5, 2) in photo px, the person's right eye first.
        person: crop around the same face.
        hair_map: of that crop.

    Returns:
        The colours, within the range of human ones, and the light in camera space.
    """
    sample = _sample_face(photo, landmarks_px, irises_px)
    shading, skin_seen = _fit_skin(sample)
    sclera = _sclera(sample)
    surround, is_monochrome = _surround(person), _is_monochrome(sample)
    grey = np.full(3, skin_seen @ LUMINANCE)
    exposure = estimate_exposure(grey if is_monochrome else skin_seen, sclera, surround)
    skin_luminance = float(np.clip(skin_seen @ LUMINANCE / exposure, *SKIN_LUMINANCE_RANGE))
    exposure = float(skin_seen @ LUMINANCE) / skin_luminance
    seen = {
        "lip": _trimmed_mean(np.concatenate([sample.part("upper_lip"), sample.part("lower_lip")]), 0.15, 0.75),
        "brow": _trimmed_mean(sample.part("brows"), 0.02, 0.30),
        "iris": _iris(sample),
        "hair": _hair(person, landmarks_px, hair_map),
        "beard": _beard(sample, skin_seen),
    }
    illuminant = np.zeros(2)
    if not is_monochrome:
        illuminant = estimate_illuminant(skin_seen, skin_luminance, sclera, surround)
    tint = colour_of(illuminant, 1.0)
    albedo = {name: None if value is None else value / (exposure * tint) for name, value in seen.items()}
    for name, depth in (("hair", HAIR_DEPTH), ("beard", BEARD_DEPTH), ("brow", BROW_DEPTH)):
        albedo[name] = _deepened(albedo[name], *depth)
    colours = _plausible_colours(skin_seen / (exposure * tint), skin_luminance, albedo, is_monochrome)
    light = exposure * tint
    lighting = Lighting(
        shading.direction.astype(np.float32),
        (shading.key * light).astype(np.float32),
        (shading.ambient * light).astype(np.float32),
    )
    return colours, lighting


def _sample_face(photo: np.ndarray, landmarks_px: np.ndarray, irises_px: np.ndarray) -> FaceSample:
    transform = face_from_photo(landmarks_px, FACE_FRAME, SIDE_PX)
    crop = warp(photo, transform, (SIDE_PX, SIDE_PX))
    landmarks, irises = apply_transform(transform, landmarks_px), apply_transform(transform, irises_px)
    return FaceSample(linear_from_srgb(crop / 255.0), landmarks, part_maps(landmarks, SIDE_PX, irises), irises)


def _fit_skin(sample: FaceSample) -> tuple[Shading, np.ndarray]:
    """Fit the light to the skin at the landmarks; returns it and the (3,) colour that frontal skin shows."""
    smooth = cv2.GaussianBlur(sample.linear.astype(np.float32), (0, 0), BLUR_PX)
    skin = sample.parts[PART_NAMES.index("skin")] + sample.parts[PART_NAMES.index("nose")]
    eroded = cv2.erode(skin, np.ones((9, 9), np.uint8))
    at = np.floor(sample.landmarks_px[:, :2]).astype(int)
    inside = ((at >= 0) & (at < SIDE_PX)).all(1)
    at = np.clip(at, 0, SIDE_PX - 1)
    normals = landmark_normals(sample.landmarks_px)
    usable = inside & (eroded[at[:, 1], at[:, 0]] > 0.9) & (normals[:, 2] < -0.2)
    if usable.sum() < 20:
        usable = inside & (normals[:, 2] < -0.2)
    colours, normals = smooth[at[usable, 1], at[usable, 0]].astype(np.float64), normals[usable]
    below_nose = sample.landmarks_px[usable, 1] > sample.landmarks_px[2, 1]  # where beards grow
    weights = np.where(below_nose, 0.35, 1.0) * -normals[:, 2]
    shading = fit_shading(colours @ LUMINANCE, normals, weights)
    flattened = colours / np.maximum(shading.at(normals), 0.15)[:, None]
    upper = flattened[~below_nose] if (~below_nose).sum() > 20 else flattened
    return shading, np.maximum(_middle_mean(upper, 0.3, 0.8), 1e-3)


def _trimmed_mean(colours: np.ndarray, low: float, high: float) -> np.ndarray | None:
    """Return the mean (3,) of the colours (M, 3) between two quantiles of luminance, None when there are too few."""
    return None if len(colours) < 6 else _middle_mean(colours, low, high)


def _middle_mean(colours: np.ndarray, low: float, high: float) -> np.ndarray:
    order = np.argsort(colours @ LUMINANCE)
    chosen = order[int(low * len(order)) : max(int(high * len(order)), int(low * len(order)) + 3)]
    return colours[chosen].mean(0)


def _sclera(sample: FaceSample) -> np.ndarray | None:
    """Return the (3,) colour of the whites of the eyes, None when too little of them shows."""
    white = sample.parts[PART_NAMES.index("eyes")] > 0.95
    rows, columns = np.nonzero(white)
    if len(rows) < 30:
        return None
    places = np.stack([columns, rows], 1) + 0.5
    for side, eye in enumerate((RIGHT_EYE, LEFT_EYE)):
        centre, radius = iris_circle(sample.landmarks_px[:, :2], eye, sample.irises_px[side])
        away = np.linalg.norm(places - centre, axis=1) > 1.15 * radius
        rows, columns, places = rows[away], columns[away], places[away]
    return _trimmed_mean(sample.linear[rows, columns], 0.6, 0.92) if len(rows) >= 20 else None


def _iris(sample: FaceSample) -> np.ndarray | None:
    """Return the (3,) colour of the irises between pupil and rim, without highlights, None when they do not show."""
    shown = sample.parts[PART_NAMES.index("iris")] > 0.6
    rows, columns = np.nonzero(shown)
    places = np.stack([columns, rows], 1) + 0.5
    chosen = np.zeros(len(rows), bool)
    for side, eye in enumerate((RIGHT_EYE, LEFT_EYE)):
        centre, radius = iris_circle(sample.landmarks_px[:, :2], eye, sample.irises_px[side])
        distance = np.linalg.norm(places - centre, axis=1)
        below_lid = places[:, 1] > centre[1] - 0.35 * radius
        chosen |= (distance > 0.4 * radius) & (distance < 0.92 * radius) & below_lid
    seen = _trimmed_mean(sample.linear[rows[chosen], columns[chosen]], 0.2, 0.75)
    return None if seen is None else seen / EYE_SHADE


def _surround(person: PersonCrop) -> np.ndarray | None:
    """Return the mean (3,) colour of what is behind the person, None when too little shows."""
    behind = person.probability < 0.1
    if behind.mean() < 0.1:
        return None
    seen = linear_from_srgb(person.image[behind] / 255.0)
    return _trimmed_mean(seen, 0.2, 0.9)


def _hair(person: PersonCrop, landmarks_px: np.ndarray, hair_map: HairMap) -> np.ndarray | None:
    """Return the (3,) colour of the hair above the mouth, without what strands shade, None for a head without."""
    side = len(hair_map.hair)
    image = cv2.resize(person.image, (side, side), interpolation=cv2.INTER_AREA)
    mouth = apply_transform(person.crop_from_photo * (side / len(person.image)), landmarks_px)[13, 1]
    is_hair = (hair_map.hair > 0.6) & (np.arange(side)[:, None] < mouth)
    if is_hair.sum() < SMALLEST_HAIR_PX:
        return None
    return _trimmed_mean(linear_from_srgb(image[is_hair] / 255.0), 0.35, 0.92)


def _beard(sample: FaceSample, skin_seen: np.ndarray) -> np.ndarray | None:
    """Return the (3,) colour of what grows below the nose, None where all is skin."""
    rows = np.arange(SIDE_PX)[:, None] + 0.5
    below = (sample.parts[PART_NAMES.index("skin")] > 0.95) & (rows > sample.landmarks_px[2, 1])
    colours = sample.linear[below]
    if len(colours) == 0:
        return None
    darker = np.log(skin_seen @ LUMINANCE) - np.log(np.maximum(colours @ LUMINANCE, 1e-4))
    hue = np.linalg.norm(chroma(colours) - chroma(skin_seen), axis=1)
    differs = (darker > BEARD_DARKER) | ((hue > BEARD_HUE) & (darker > 0))
    return _trimmed_mean(colours[differs], 0.1, 0.7) if differs.mean() > BEARD_SHARE else None


def _deepened(seen: np.ndarray | None, factor: float, power: float, vividness: float) -> np.ndarray | None:
    """Return a colour (3,) whose luminance is a factor times a power of that which is seen, with more of its chroma."""
    if seen is None:
        return None
    luminance = max(float(seen @ LUMINANCE), 1e-4)
    return colour_of(vividness * chroma(seen), factor * luminance**power)


def _is_monochrome(sample: FaceSample) -> bool:
    face = sample.parts[1:].sum(0) > 0.95
    return is_monochrome(sample.linear[face])


def is_monochrome(linear: np.ndarray) -> bool:
    """Tell whether linear colours (M, 3) of a face have a single hue, as in greyscale and toned photos."""
    colours = linear[linear.min(-1) > 0.004]
    return len(colours) > 0 and float(np.std(chroma(colours), axis=0).max()) < MONOCHROME_SPREAD


def _plausible_colours(
    skin: np.ndarray, skin_luminance: float, albedo: dict[str, np.ndarray | None], is_monochrome: bool
) -> FaceColours:
    """Keep every colour within what people have; where nothing was seen, take what goes with the rest."""
    locus = skin_locus(skin_luminance)
    apart = np.clip(SKIN_HUE_BELIEF * (chroma(skin) - locus), -SKIN_HUE_RANGE, SKIN_HUE_RANGE)
    skin_hue = locus if is_monochrome else locus + apart
    skin_colour = colour_of(skin_hue, skin_luminance)

    lip = albedo["lip"]
    lip_ratio = LIP_OVER_SKIN if lip is None else np.clip(lip @ LUMINANCE / skin_luminance, *LIP_OVER_SKIN_RANGE)
    lip_ratio = (lip_ratio + LIP_OVER_SKIN) / 2
    lip_hue = LIP_FROM_SKIN_CHROMA if lip is None or is_monochrome else chroma(lip) - skin_hue
    # Teeth, gloss and shadow wash the measured lips out: half of what is taken is the usual.
    lip_hue = skin_hue + np.clip((lip_hue + LIP_FROM_SKIN_CHROMA) / 2, (0.18, -0.2), (1.0, 0.1))

    brow_colour = _dark_colour(albedo["brow"], BROW_LUMINANCE_RANGE, 0.15 * skin_luminance, is_monochrome)
    brow_luminance = min(float(brow_colour @ LUMINANCE), 0.8 * skin_luminance)
    brow_colour = colour_of(chroma(brow_colour), brow_luminance)

    iris = albedo["iris"]
    iris_luminance = 0.04 if iris is None else np.clip(iris @ LUMINANCE, *IRIS_LUMINANCE_RANGE)
    iris_hue = BROWN_CHROMA if iris is None or is_monochrome else _iris_hue(iris)

    hair = albedo["hair"]
    hair_colour = brow_colour if hair is None else _dark_colour(hair, HAIR_LUMINANCE_RANGE, 0.03, is_monochrome)
    if hair is not None and not is_monochrome and (chroma(hair)[0] < -0.12 or chroma(hair)[1] > 0.25):
        hair_colour = brow_colour  # blue or green: a cap, not hair
    beard = albedo["beard"]
    beard_colour = brow_colour if beard is None else _dark_colour(beard, HAIR_LUMINANCE_RANGE, 0.03, is_monochrome)
    linear = (skin_colour, colour_of(lip_hue, skin_luminance * lip_ratio), brow_colour,
              colour_of(iris_hue, float(iris_luminance)), hair_colour, beard_colour)  # fmt: skip
    return FaceColours(*(np.clip(srgb_from_linear(value), 0, 1).astype(np.float32) for value in linear))


def _dark_colour(
    seen: np.ndarray | None, luminance_range: tuple[float, float], unknown: float, is_monochrome: bool
) -> np.ndarray:
    """Return a hair colour: hues from ash to red; the darker it is, the less its measured hue is believed."""
    if seen is None:
        return colour_of(BROWN_CHROMA, unknown)
    luminance = float(np.clip(seen @ LUMINANCE, *luminance_range))
    if is_monochrome:
        return colour_of(BROWN_CHROMA * np.clip((0.3 - luminance) / 0.3, 0, 1), luminance)
    belief = luminance / (luminance + 0.012)
    hue = belief * chroma(seen) + (1 - belief) * np.array([0.25, -0.2])
    return colour_of(np.clip(hue, (0.02, -1.6), (1.4, 0.02)), luminance)


def _iris_hue(seen: np.ndarray) -> np.ndarray:
    """Return a plausible (2,) iris chroma: on the way from blue over grey and green to brown there is no purple."""
    luminance = seen @ LUMINANCE
    belief = luminance / (luminance + 0.015)
    redness, blueness = belief * chroma(seen) + (1 - belief) * BROWN_CHROMA
    redness = np.clip(redness, -0.8, 1.2)
    return np.array([redness, np.clip(blueness, -1.6, min(0.7, 0.3 - 0.9 * redness))])
