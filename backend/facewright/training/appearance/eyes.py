"""Paints lid margins, eyeballs and lashes."""

import cv2
import numpy as np

from facewright.engine.smoothstep import smoothstep
from facewright.training.appearance.layout import BOXES_PX, EYE_RIM, EYE_RIM_DEGREES, MARGIN_PX, Layout
from facewright.training.appearance.texels import Texels, fill, rim_distance

IRIS_DEGREES = 21.5


PUPIL = 0.36


LASH_ROOTS = (0.12, 0.77)
"""Where on a lash card, from its inner to its outer end, its lower edge lies on the lid."""


LOWER_START = 0.26
"""Where on a lower lash card, from its edge on the lid, the lashes begin: beyond the lid's margin."""


SCLERA_EDGE = np.array([-0.05, -0.15, -0.15])
"""What the white of the eye loses towards its corners."""


def paint_lids(texels: Texels, layout: Layout, mask: dict[str, np.ndarray], paint_rgb: np.ndarray) -> None:
    """Lid margins: a moist pink rim, the caruncle in the inner corner and the soft line of the lash roots."""
    distance, nearest = rim_distance(layout, texels, "socket.L", "socket.R")
    eyes = texels.on("face") & (np.abs(np.abs(texels.x) - 30) < 22) & (np.abs(texels.up) < 20) & (texels.forward > -40)
    near = eyes * smoothstep(5.0, 3.5, distance)
    upper = nearest[..., 2] > np.interp(np.abs(nearest[..., 0]), [17, 42], [-3.5, -1.0])
    margin = near * smoothstep(1.8, 1.0, texels.lid_gap)
    roots = np.where(upper, 0.60, 0.24) * np.exp(-(((texels.lid_gap - 2.1) / 0.55) ** 2))
    roots = np.maximum(roots * smoothstep(18.0, 21.0, np.abs(texels.x)), np.where(upper, 0.30, 0.10) * margin)
    mask["shade"] = np.maximum(mask["shade"], roots * near)
    crease_line = np.interp(np.abs(texels.x), [16, 22, 30, 38, 44, 48], [0.5, 5.2, 7.0, 6.0, 3.2, 0.5])
    crease = np.exp(-(((texels.up - crease_line) / 0.9) ** 2)) * smoothstep(15, 21, np.abs(texels.x))
    mask["shade"] = np.maximum(mask["shade"], 0.28 * crease * smoothstep(48, 40, np.abs(texels.x)) * eyes)
    mask["redness"] = np.maximum(mask["redness"], 0.55 * smoothstep(7.0, 1.0, distance) * eyes)
    socket = texels.on("socket.L", "socket.R")
    fill(mask, paint_rgb, socket, (0.80, 0.55, 0.51), 0.45 + 0.2 * smoothstep(0.5, 3.0, texels.depth))
    mask["shade"] = np.where(socket, 0.15 + 0.7 * smoothstep(1.0, 5.0, texels.depth), mask["shade"])
    caruncle = smoothstep(20.0, 17.5, np.abs(texels.x)) * smoothstep(3.0, 1.5, distance) * (eyes | socket)
    paint_rgb[eyes] = np.where(caruncle[eyes][:, None] > 0.3, (0.78, 0.45, 0.43), (0.80, 0.55, 0.51))
    mask["paint"] = np.maximum(mask["paint"], np.maximum(0.7 * caruncle, 0.30 * margin))


def paint_eye(name: str, generator: np.random.Generator, mask: dict[str, np.ndarray], paint_rgb: np.ndarray) -> None:
    """Iris with fibres, limbus and pupil; sclera with a warm edge and faint veins."""
    left, top, right, bottom = BOXES_PX[name]
    y, x = np.mgrid[top:bottom, left:right] + 0.5
    half = (right - left) / 2 - MARGIN_PX
    x, y = (x - (left + right) / 2) / half, ((top + bottom) / 2 - y) / half
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    r = radius * EYE_RIM_DEGREES / EYE_RIM / IRIS_DEGREES  # 1 at the limbus
    box = np.s_[top:bottom, left:right]
    edge = EYE_RIM_DEGREES / EYE_RIM / IRIS_DEGREES / half
    pupil = smoothstep(PUPIL + edge, PUPIL - edge, r)
    iris = smoothstep(1.0 + 2.0 * edge, 1.0 - 2.0 * edge, r)
    mask["iris"][box] = iris
    mask["paint"][box] = np.maximum(1.0 - iris, pupil)
    scale = EYE_RIM_DEGREES / EYE_RIM / IRIS_DEGREES
    corner = smoothstep(1.1, 2.3, np.abs(x) * scale)
    sclera = np.array([0.75, 0.715, 0.685]) + np.maximum(corner, smoothstep(1.4, 2.6, r))[..., None] * SCLERA_EDGE
    veins = _veins(r, angle, generator)
    sclera = sclera * (1 - veins[..., None] * np.array([0.10, 0.35, 0.35]))
    paint_rgb[box] = np.where((r < 0.7)[..., None], 0.015, sclera)
    ring = np.linspace(-np.pi, np.pi, 257)
    fibre = sum(np.interp(angle, ring, _ring_noise(generator, n)) * w for n, w in ((90, 0.5), (48, 0.35), (20, 0.3)))
    collarette = np.exp(-(((r - 0.52 - 0.04 * np.sin(9 * angle)) / 0.10) ** 2))
    crescent = 0.12 * smoothstep(0.3, -0.6, y * scale) * smoothstep(0.35, 0.6, r)  # light that the cornea gathers below
    light = 0.17 * fibre * smoothstep(0.30, 0.55, r) + 0.12 * collarette + crescent - 0.10
    mask["detail"][box] = 0.5 + iris * (1 - pupil) * light
    limbus = np.exp(-(((r - 0.97) / 0.13) ** 2))
    lid = 1 - (1 - 0.55 * smoothstep(0.10, 1.15, y * scale)) * (1 - 0.40 * corner)
    lid = 1 - (1 - lid) * (1 - 0.25 * smoothstep(-0.55, -1.2, y * scale))
    inner = 0.35 * np.exp(-(((r - PUPIL) / 0.10) ** 2)) * (r > PUPIL * 0.9)
    mask["shade"][box] = 1 - (1 - 0.72 * limbus) * (1 - lid) * (1 - inner)


def _ring_noise(generator: np.random.Generator, count: int) -> np.ndarray:
    """Return 257 values of periodic noise in [-1, 1] with `count` free values around the ring."""
    values = generator.uniform(-1, 1, count)
    return np.interp(np.linspace(0, count, 257), np.arange(count + 1), np.append(values, values[0]))


def _veins(r: np.ndarray, angle: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return faint branching lines that come from the corners of an eye and stop before the iris."""
    total = np.zeros_like(r)
    for _ in range(14):
        start = generator.choice([0.0, np.pi]) + generator.normal(0, 0.45)
        wobble = generator.normal(0, 0.10) * np.sin(r * generator.uniform(4, 7) + generator.uniform(0, 6))
        away = np.abs(np.angle(np.exp(1j * (angle - start - wobble)))) * r
        reach = generator.uniform(1.25, 1.8)
        total = np.maximum(
            total, smoothstep(0.055, 0.01, away) * smoothstep(reach, reach + 0.7, r) * generator.uniform(0.2, 0.5)
        )
    return total


def paint_lashes(name: str, generator: np.random.Generator, mask: dict[str, np.ndarray], paint_rgb: np.ndarray) -> None:
    """Draw separate tapered lashes on a card: u along the lid, roots at the bottom of the box, tips at its top."""
    left, top, right, bottom = BOXES_PX[name]
    width, height, fine = right - left, bottom - top, 4
    canvas = np.zeros((height * fine, width * fine), np.uint8)
    is_upper = name.endswith("-2")
    count = 72 if is_upper else 34
    for k in range(count):
        along = (k + generator.uniform(0.1, 0.9)) / count  # from the inner to the outer corner
        fan = (along - 0.38) * 0.17 + generator.normal(0, 0.009)
        clump = 0.010 * np.sin(along * 52.0 + 0.8 * np.sin(along * 15.0))
        reach = np.interp(along, [0, 0.15, 0.5, 0.85, 1], [0.42, 0.70, 0.95, 0.98, 0.72])
        reach *= generator.uniform(0.66, 1.0) * (1.0 if is_upper else 0.44)
        start = 0.0 if is_upper else LOWER_START
        v = np.linspace(0, 1, 9)
        u = LASH_ROOTS[0] + (LASH_ROOTS[1] - LASH_ROOTS[0]) * along + (fan + clump) * v**1.5
        pixels = np.stack([u * width, height - MARGIN_PX - (start + v * reach) * (height - 2 * MARGIN_PX)], axis=1)
        for i in range(len(v) - 1):
            segment = np.round((pixels[i : i + 2] * fine - 0.5) * 16).astype(np.int32)
            thickness = max(1, round((1.45 if is_upper else 0.62) * fine * (1 - v[i]) ** 0.7))
            cv2.polylines(canvas, [segment], False, 255, thickness, cv2.LINE_AA, 4)
    box = np.s_[top:bottom, left:right]
    strands = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    y, x = (np.mgrid[0:height, 0:width] + 0.5 - MARGIN_PX) / [[[height - 2 * MARGIN_PX]], [[width - 2 * MARGIN_PX]]]
    line = smoothstep(0.16, 0.03, 1 - y) * smoothstep(0.08, 0.25, x) * smoothstep(0.80, 0.72, x)
    mask["opacity"][box] = np.maximum(strands, 0.62 * line * is_upper)
    mask["brow"][box] = 1.0
    paint_rgb[box] = (0.06, 0.045, 0.04)
    mask["paint"][box] = 0.72
    mask["detail"][box] = 0.5
