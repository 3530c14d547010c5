"""Makes renders look as varied as photos and hides faces behind things, for the parser: labels follow."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from facewright.networks.landmarker import MIRRORED
from facewright.perception.parsing import PARSER_CLASSES, PARSER_PX
from facewright.training.parser_data import MARGIN_PX
from facewright.training.style_scenes import random_background

BACKGROUND, SKIN, BROWS, EYES, LIPS, INNER_MOUTH, HAIR, BEARD, GLASSES, OCCLUDER = range(len(PARSER_CLASSES))
LEFT_CORNERS, RIGHT_CORNERS = (362, 263), (33, 133)
FOREHEAD, CHIN, JAW_RIGHT, JAW_LEFT, NOSE_TIP, MOUTH = 10, 152, 234, 454, 1, 13


def sample_textures() -> list[np.ndarray]:
    """Return pictures (H, W, 3) uint8 of things that are no faces, as scikit-image brings them: fur, walls, grass."""
    from skimage import data

    pictures = [getattr(data, name)() for name in ("chelsea", "coffee", "brick", "grass", "gravel", "moon", "coins")]
    return [np.repeat(one[..., None], 3, 2) if one.ndim == 2 else one[..., :3] for one in pictures]


class Shot(NamedTuple):
    """A sample on its way; what is put into the picture changes picture and classes in place.

    Attributes:
        generator: source of randomness.
        picture: (S, S, 3) float32 RGB, S = PARSER_PX.
        classes: (S, S) uint8.
        points: (K, 2) landmarks in px.
        eye_px: distance of the eyes.
        textures: as `sample_textures` returns them.
    """

    generator: np.random.Generator
    picture: np.ndarray
    classes: np.ndarray
    points: np.ndarray
    eye_px: float
    textures: Sequence[np.ndarray]


def augment(
    generator: np.random.Generator,
    image: np.ndarray,
    classes: np.ndarray,
    landmarks_px: np.ndarray,
    textures: Sequence[np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn one render into one training sample.

    Args:
        generator: source of randomness.
        image: (D, D, 3) RGB uint8, D = DRAWN_PX.
        classes: (D, D) uint8.
        landmarks_px: (K, 2) in px of the render.
        textures: as `sample_textures` returns them.

    Returns:
        Image (S, S, 3) uint8, classes (S, S) uint8 and noisy landmarks (K, 2), S = PARSER_PX.
    """
    picture, classes, points = _moved(generator, image.astype(np.float32), classes, landmarks_px)
    picture = _retouched_hair(generator, picture, classes, textures)
    picture = _lit(generator, picture, classes)
    behind = cv2.GaussianBlur((classes == BACKGROUND).astype(np.float32), (0, 0), 0.7)[..., None]
    picture += behind * (_surface(generator, textures) - picture)
    classes = classes.copy()
    eye_px = float(np.linalg.norm(points[list(LEFT_CORNERS)].mean(0) - points[list(RIGHT_CORNERS)].mean(0)))
    shot = Shot(generator, picture, classes, points, eye_px, textures)
    steps = (
        (_clothes, 0.5), (_glasses, 0.22), (_strands, 0.3), (_hat, 0.16), (_hand, 0.16), (_stick, 0.12), (_patch, 0.12),
    )  # fmt: skip
    for step, share in steps:
        if generator.uniform() < share:
            step(shot)
    return _photographed(generator, picture), classes, _noisy_landmarks(generator, points, eye_px)


def _moved(
    generator: np.random.Generator, picture: np.ndarray, classes: np.ndarray, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shift, turn, scale and mirror within the margin, as detectors err."""
    middle = np.full(2, PARSER_PX / 2 + MARGIN_PX)
    angle, scale = generator.normal(0.0, 0.06), np.exp(generator.normal(0.02, 0.06))
    shift = generator.normal(0.0, 4.0, 2)
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    offset = PARSER_PX / 2 + shift - linear @ middle
    pixels = np.concatenate([linear, (offset + linear @ (0.5, 0.5) - 0.5)[:, None]], 1)
    size, border = (PARSER_PX, PARSER_PX), cv2.BORDER_REPLICATE
    picture = cv2.warpAffine(picture, pixels, size, flags=cv2.INTER_LINEAR, borderMode=border)
    classes = cv2.warpAffine(classes, pixels, size, flags=cv2.INTER_NEAREST, borderMode=border)
    points = points @ linear.T + offset
    if generator.uniform() < 0.5:
        picture, classes = picture[:, ::-1].copy(), classes[:, ::-1].copy()
        points = points[list(MIRRORED)] * (-1, 1) + (PARSER_PX, 0)
    return picture, classes, points


def _retouched_hair(
    generator: np.random.Generator, picture: np.ndarray, classes: np.ndarray, textures: Sequence[np.ndarray]
) -> np.ndarray:
    """Give hair and beard streaks, another tone, highlights, sometimes the texture of something else."""
    for which in (HAIR, BEARD):
        cover = cv2.GaussianBlur((classes == which).astype(np.float32), (0, 0), 0.8)[..., None]
        if generator.uniform() < 0.25 or not cover.any():
            continue
        noise = generator.normal(0.0, 1.0, (PARSER_PX, PARSER_PX)).astype(np.float32)
        along, across = generator.uniform(2.0, 9.0), generator.uniform(0.5, 1.2)
        streaks = cv2.GaussianBlur(noise, (0, 0), sigmaX=across, sigmaY=along)
        turn = cv2.getRotationMatrix2D((PARSER_PX / 2, PARSER_PX / 2), generator.uniform(-80, 80), 1.6)
        streaks = cv2.warpAffine(streaks, turn, (PARSER_PX, PARSER_PX), borderMode=cv2.BORDER_REFLECT)
        streaks = 1 + generator.uniform(0.0, 0.45) * (streaks / (streaks.std() + 1e-6))[..., None]
        tone = np.exp(generator.normal(0.0, 0.3) + generator.normal(0.0, 0.08, 3))
        changed = picture * np.clip(streaks, 0.2, 2.5) * tone + generator.uniform(0.0, 25.0)
        if generator.uniform() < 0.15:
            changed = 0.5 * changed + 0.5 * _cut(generator, textures) * tone
        picture = picture + cover * (changed - picture)
    return picture


def _lit(generator: np.random.Generator, picture: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Throw soft and hard shadows and coloured light over the head; highlights burn out."""
    light: np.ndarray = np.ones((PARSER_PX, PARSER_PX, 1), np.float32)
    if generator.uniform() < 0.6:
        light = light * np.exp(_smooth_noise(generator, int(generator.integers(2, 5)), generator.uniform(0.1, 0.4)))
    if generator.uniform() < 0.35:  # a hard shadow
        mask = _polygon(generator, generator.uniform(0, PARSER_PX, 2), generator.uniform(60, 200))
        mask = cv2.GaussianBlur(mask, (0, 0), generator.uniform(0.6, 8.0))[..., None]
        light = light * (1 - mask * generator.uniform(0.2, 0.65) * (1 + generator.normal(0.0, 0.05, 3)))
    if generator.uniform() < 0.25:
        centre = generator.uniform(0.25, 0.75, 2) * PARSER_PX
        rows, columns = np.mgrid[:PARSER_PX, :PARSER_PX].astype(np.float32)
        radius = generator.uniform(6, 40)
        spot = np.exp(-(((columns - centre[0]) ** 2 + (rows - centre[1]) ** 2) / radius**2))[..., None]
        picture = picture + spot * generator.uniform(20, 120) * np.isin(classes, (SKIN, LIPS))[..., None]
    return picture * light


def _clothes(shot: Shot) -> None:
    """Dress the bust: cloth is no skin."""
    generator, picture, classes, points, eye_px, textures = shot
    edge = points[CHIN, 1] + eye_px * generator.uniform(0.35, 1.6)
    columns = np.arange(PARSER_PX)
    line = edge - generator.uniform(-0.1, 0.5) * np.abs(columns - points[CHIN, 0])
    cloth = np.isin(classes, (SKIN,)) & (np.arange(PARSER_PX)[:, None] > line)
    _paint(picture, cloth, _surface(generator, textures))
    classes[cloth] = OCCLUDER


def _glasses(shot: Shot) -> None:
    """Draw frames that the rig has not, sunglasses and lenses that mirror."""
    generator, picture, classes, points, eye_px, textures = shot
    right, left = points[list(RIGHT_CORNERS)].mean(0), points[list(LEFT_CORNERS)].mean(0)
    along = (left - right) / max(np.linalg.norm(left - right), 1e-6)
    width, height = eye_px * generator.uniform(0.32, 0.5), eye_px * generator.uniform(0.2, 0.42)
    power = generator.choice([2.0, 3.0, 6.0])
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    shape = np.stack([np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** (2 / power) * width,
                      np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** (2 / power) * height], 1)  # fmt: skip
    drop = eye_px * generator.uniform(-0.02, 0.12)
    down = np.array([-along[1], along[0]])
    rims = [middle + drop * down + shape[:, :1] * along + shape[:, 1:] * down for middle in (right, left)]
    frame, lens = np.zeros((PARSER_PX, PARSER_PX), np.uint8), np.zeros((PARSER_PX, PARSER_PX), np.uint8)
    thick = max(1, round(eye_px * generator.choice([0.022, 0.04, 0.09])))
    for rim in rims:
        cv2.polylines(frame, [_fixed(rim)], True, 1, thick, cv2.LINE_8, 4)
        cv2.fillPoly(lens, [_fixed(rim)], 1, cv2.LINE_8, 4)
    inner, outer = (right + left) / 2, 0.5 * eye_px * along
    bridge = np.stack([inner - 0.35 * outer, inner - 0.1 * eye_px * down, inner + 0.35 * outer])
    cv2.polylines(frame, [_fixed(bridge)], False, 1, thick, cv2.LINE_8, 4)
    for ear, middle in ((points[JAW_RIGHT], right), (points[JAW_LEFT], left)):
        start = middle + np.sign((ear - middle) @ along) * width * along
        cv2.polylines(frame, [_fixed(np.stack([start, ear - 0.1 * eye_px * down]))], False, 1, thick, cv2.LINE_8, 4)
    if generator.uniform() < 0.6:  # their shadow
        shadow = cv2.GaussianBlur(np.roll(frame, round(0.08 * eye_px), 0).astype(np.float32), (0, 0), 1.5)
        picture *= 1 - generator.uniform(0.1, 0.5) * shadow[..., None]
    shine = generator.uniform()
    if shine < 0.25:  # sunglasses
        tint = generator.uniform(5, 70, 3) * (1 + _smooth_noise(generator, 3, 0.4))
        _paint(picture, lens > 0, tint)
        classes[lens > 0] = GLASSES
    elif shine < 0.6:
        glare = (_smooth_noise(generator, 5, 1.0)[..., 0] > generator.uniform(0.5, 1.5)) & (lens > 0)
        picture += cv2.GaussianBlur(glare.astype(np.float32), (0, 0), 1.2)[..., None] * generator.uniform(60, 220)
        classes[glare] = GLASSES
    metal = generator.uniform(10, 90) if generator.uniform() < 0.6 else generator.uniform(90, 230)
    _paint(picture, frame > 0, metal + generator.normal(0, 20, 3) + 20 * _smooth_noise(generator, 8, 1.0))
    classes[frame > 0] = GLASSES


def _strands(shot: Shot) -> None:
    """Let strands or a whole fringe fall over the forehead and the cheeks."""
    generator, picture, classes, points, eye_px, textures = shot
    is_hair = classes == HAIR
    tone = picture[is_hair].mean(0) if is_hair.sum() > 50 else generator.uniform(10, 200) * np.array([1, 0.85, 0.7])
    mask = np.zeros((PARSER_PX, PARSER_PX), np.float32)
    side = generator.choice([-1, 1])
    root = points[FOREHEAD] + eye_px * np.array([side * generator.uniform(0.0, 1.1), generator.uniform(-0.6, 0.0)])
    tip = points[FOREHEAD] + eye_px * np.array([side * generator.uniform(-0.6, 1.3), generator.uniform(0.3, 2.2)])
    for _ in range(int(generator.integers(3, 60))):
        start, end = root + generator.normal(0, 0.22 * eye_px, 2), tip + generator.normal(0, 0.22 * eye_px, 2)
        bow = (start + end) / 2 + generator.normal(0, 0.18 * eye_px, 2)
        t = np.linspace(0, 1, 12)[:, None]
        curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * bow + t**2 * end
        cv2.polylines(mask, [_fixed(curve)], False, 1.0, int(generator.integers(1, 4)), cv2.LINE_AA, 4)
    mask = np.clip(cv2.GaussianBlur(mask, (0, 0), 0.6) * generator.uniform(0.7, 1.2), 0, 1)
    noise = cv2.GaussianBlur(generator.normal(0, 1, mask.shape).astype(np.float32), (0, 0), 1.0)[..., None]
    picture += mask[..., None] * (tone * np.clip(1 + 0.6 * noise, 0.3, 1.8) - picture)
    classes[mask > 0.5] = HAIR


def _hat(shot: Shot) -> None:
    """Put a hat, a cap or a scarf on: a band above the brows and all above it."""
    generator, picture, classes, points, eye_px, textures = shot
    brow = points[FOREHEAD, 1] + eye_px * generator.uniform(-0.15, 0.45)
    columns, rows = np.arange(PARSER_PX), np.arange(PARSER_PX)[:, None]
    bow = generator.uniform(-0.004, 0.006) * (columns - points[FOREHEAD, 0]) ** 2
    tilt = generator.normal(0, 0.12) * (columns - points[FOREHEAD, 0])
    reach = eye_px * generator.uniform(1.15, 2.0)
    top = np.abs(columns - points[FOREHEAD, 0]) < reach
    crown = points[FOREHEAD, 1] - eye_px * generator.uniform(0.8, 1.8) + 0.006 * (columns - points[FOREHEAD, 0]) ** 2
    hat = (rows < brow + bow + tilt) & top & (rows > crown)
    if generator.uniform() < 0.5:
        shadow = cv2.GaussianBlur(np.roll(hat, round(0.25 * eye_px), 0).astype(np.float32), (0, 0), 3.0)
        picture *= 1 - generator.uniform(0.1, 0.5) * shadow[..., None]
    _paint(picture, hat, _surface(generator, textures))
    classes[hat] = OCCLUDER


def _hand(shot: Shot) -> None:
    """Hold fingers in front: soft sticks of skin that come from outside."""
    generator, picture, classes, points, eye_px, textures = shot
    tone = picture[classes == SKIN].mean(0) if (classes == SKIN).any() else np.array([180.0, 140.0, 120.0])
    tone = tone * np.exp(generator.normal(0.0, 0.12) + generator.normal(0, 0.03, 3))
    target = (
        points[generator.choice([CHIN, JAW_LEFT, JAW_RIGHT, MOUTH, FOREHEAD])] + generator.normal(0, 0.3, 2) * eye_px
    )
    away = target - points[NOSE_TIP] + generator.normal(0, 0.5, 2) * eye_px
    away /= max(np.linalg.norm(away), 1e-6)
    across = np.array([-away[1], away[0]])
    mask, shade = np.zeros((PARSER_PX, PARSER_PX), np.float32), np.zeros((PARSER_PX, PARSER_PX), np.float32)
    thick = eye_px * generator.uniform(0.2, 0.3)
    for finger in range(int(generator.integers(1, 5))):
        place = target + across * thick * 1.05 * (finger - 1.5)
        tip = place - away * eye_px * generator.uniform(0.0, 0.5)
        end = place + away * eye_px * generator.uniform(1.0, 3.0)
        line = [_fixed(np.stack([tip, (tip + end) / 2 + across * generator.normal(0, 0.1) * eye_px, end]))]
        own = np.zeros_like(mask)
        cv2.polylines(own, line, False, 1.0, max(2, round(thick)), cv2.LINE_8, 4)
        round_off = cv2.distanceTransform((own > 0).astype(np.uint8), cv2.DIST_L2, 3) / (thick / 2)
        shade = np.where(own > 0, 0.6 + 0.4 * np.clip(round_off, 0, 1), shade)
        mask = np.maximum(mask, own)
    texture = 1 + 0.04 * generator.normal(0, 1, mask.shape)[..., None]
    _paint(picture, mask > 0, tone * shade[..., None] * texture)
    classes[mask > 0] = OCCLUDER


def _stick(shot: Shot) -> None:
    """Hold a microphone, a straw or a cup before the lower face."""
    generator, picture, classes, points, eye_px, textures = shot
    tip = points[MOUTH] + generator.normal(0, 0.45, 2) * eye_px + np.array([0, 0.35 * eye_px])
    end = tip + np.array([generator.normal(0, 1.2), generator.uniform(0.8, 2.5)]) * eye_px
    mask = np.zeros((PARSER_PX, PARSER_PX), np.uint8)
    cv2.polylines(
        mask, [_fixed(np.stack([tip, end]))], False, 1, max(1, round(eye_px * generator.uniform(0.06, 0.3))), 8, 4
    )
    if generator.uniform() < 0.7:
        axes = np.maximum(1, np.rint(eye_px * generator.uniform(0.15, 0.45, 2))).astype(int)
        cv2.ellipse(
            mask, tuple(int(v) for v in tip), tuple(int(v) for v in axes), generator.uniform(0, 180), 0, 360, 1, -1
        )
    _paint(picture, mask > 0, _surface(generator, textures, dark=0.6))
    classes[mask > 0] = OCCLUDER


def _patch(shot: Shot) -> None:
    """Hide something behind an odd thing of any kind."""
    generator, picture, classes, points, eye_px, textures = shot
    centre = points[generator.integers(len(points))] + generator.normal(0, 0.5, 2) * eye_px
    mask = _polygon(generator, centre, eye_px * generator.uniform(0.3, 1.2)) > 0.5
    _paint(picture, mask, _surface(generator, textures))
    classes[mask] = OCCLUDER


def _photographed(generator: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Colour, contrast, blur, noise and compression of cameras."""
    values = np.clip(picture, 0, 255) / 255.0
    gains = np.exp(generator.normal(0.0, 0.10, 3) + generator.normal(0.0, 0.15))
    values = np.clip(values * gains, 0, 1) ** np.exp(generator.normal(0.0, 0.22))
    grey = values @ np.array([0.3, 0.59, 0.11])
    saturation = 0.0 if generator.uniform() < 0.12 else generator.uniform(0.5, 1.35)
    values = grey[..., None] + saturation * (values - grey[..., None])
    middle = values.mean()
    values = middle + np.exp(generator.normal(0.0, 0.18)) * (values - middle)
    if generator.uniform() < 0.5:
        side = int(PARSER_PX * generator.uniform(0.3, 0.95))
        small = cv2.resize(values.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
        values = cv2.resize(small, (PARSER_PX, PARSER_PX), interpolation=cv2.INTER_LINEAR)
    else:
        values = cv2.GaussianBlur(values.astype(np.float32), (0, 0), generator.uniform(0.3, 1.3))
    grain = generator.uniform(0.0, 0.03)
    values = values + generator.normal(0.0, 1.0, values.shape).astype(np.float32) * grain
    shown = np.clip(values * 255 + 0.5, 0, 255).astype(np.uint8)
    if generator.uniform() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(generator.integers(30, 92))]
        shown = cv2.imdecode(cv2.imencode(".jpg", shown, quality)[1], cv2.IMREAD_COLOR)
    return shown


def _noisy_landmarks(generator: np.random.Generator, points: np.ndarray, eye_px: float) -> np.ndarray:
    """Shift the landmarks together and each part by itself, as the landmark network errs."""
    common = generator.normal(0.0, 0.02 * eye_px, 2)
    waves = sum(
        generator.normal(0.0, 0.012 * eye_px, 2)
        * np.sin(points @ generator.normal(0, 2.5 / eye_px, 2) + phase)[:, None]
        for phase in generator.uniform(0, 6.3, 3)
    )
    return (points + common + waves).astype(np.float32)


def _surface(generator: np.random.Generator, textures: Sequence[np.ndarray], dark: float = 0.0) -> np.ndarray:
    """Return (S, S, 3) of something: blotches, a texture, stripes, often one that is near the colour of skin."""
    kind = generator.uniform()
    if kind < 0.35:
        surface = _cut(generator, textures) * np.exp(generator.normal(0.0, 0.3) + generator.normal(0.0, 0.15, 3))
    else:
        surface = random_background(generator, PARSER_PX, generator.uniform(0.1, 1.0))
    if 0.35 < kind < 0.5:
        wave = np.sin(np.mgrid[:PARSER_PX, :PARSER_PX].T @ generator.normal(0, 0.25, 2) + 1)
        surface = surface * (1 + generator.uniform(0.1, 0.5) * np.sign(wave).T[..., None])
    if generator.uniform() < 0.2:
        surface = 0.4 * surface + 0.6 * np.array([200, 150, 125]) * generator.uniform(0.4, 1.1)
    if generator.uniform() < dark:
        surface = surface * generator.uniform(0.05, 0.4)
    return np.clip(surface, 0, 255).astype(np.float32)


def _cut(generator: np.random.Generator, textures: Sequence[np.ndarray]) -> np.ndarray:
    """Return (S, S, 3) a random cut of a random texture."""
    texture = textures[int(generator.integers(len(textures)))]
    side = int(min(texture.shape[:2]) * generator.uniform(0.3, 0.95))
    top, left = (int(generator.integers(0, length - side + 1)) for length in texture.shape[:2])
    cut = texture[top : top + side, left : left + side].astype(np.float32)
    cut = np.rot90(cut, int(generator.integers(4)))
    return cv2.resize(np.ascontiguousarray(cut), (PARSER_PX, PARSER_PX), interpolation=cv2.INTER_AREA)


def _smooth_noise(generator: np.random.Generator, cells: int, strength: float) -> np.ndarray:
    """Return (S, S, 1) smooth noise with that standard deviation at its nodes."""
    nodes = generator.normal(0.0, strength, (int(cells), int(cells))).astype(np.float32)
    return cv2.resize(nodes, (PARSER_PX, PARSER_PX), interpolation=cv2.INTER_CUBIC)[..., None]


def _polygon(generator: np.random.Generator, centre: np.ndarray, radius_px: float) -> np.ndarray:
    """Return (S, S) float32 0 or 1: a ragged blob."""
    count = int(generator.integers(4, 12))
    angle = np.sort(generator.uniform(0, 2 * np.pi, count))
    reach = radius_px * generator.uniform(0.4, 1.0, count)
    mask = np.zeros((PARSER_PX, PARSER_PX), np.float32)
    corners = centre + reach[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    cv2.fillPoly(mask, [_fixed(corners)], 1.0, cv2.LINE_8, 4)
    return mask


def _paint(picture: np.ndarray, mask: np.ndarray, colour: np.ndarray) -> None:
    """Lay a colour or surface over a mask with the soft edge of a picture; changes `picture`."""
    cover = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)[..., None]
    picture += cover * (colour - picture)


def _fixed(points: np.ndarray) -> np.ndarray:
    """Return points as OpenCV takes them with four bits behind the point."""
    return np.rint((points - 0.5) * 16).astype(np.int32)
