"""Paints the masks of the MakeHuman head: lips, brows, scalp, blush, pores, eyes, mouth and lashes, all by rule and seed."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.interpolate import LinearNDInterpolator, PchipInterpolator
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

from facewright.datatypes import PART_NAMES
from facewright.rig.appearance import MASK_CHANNELS
from facewright.training import atlas
from facewright.training.head_layout import BOXES_PX, EYE_RIM, EYE_RIM_DEGREES, MARGIN_PX, SIDE, Layout

UPPER_LIP_MM = ((0, -57.8), (2.5, -57.3), (5.5, -56.7), (9, -57.5), (13, -59.6), (17, -62.4), (20, -65.2), (22.6, -67.8))
LOWER_LIP_MM = ((0, -79.0), (5, -78.8), (10, -77.8), (14, -75.9), (18, -72.9), (20.5, -70.4), (22.6, -67.8))
"""Vermilion border of the left half, x and up from the middle between the eyes."""

BROW_MM = ((11.5, 12.4, 5.2), (17, 14.0, 6.2), (26, 16.6, 6.0), (35, 18.3, 4.8), (43, 17.0, 3.3), (50, 13.4, 1.4))
"""Centre line (x, up) and height of the left brow."""

NOSE_MM = ((0, 0), (6.5, -2), (7.5, -12), (9.5, -24), (15, -31), (18.6, -36), (18.2, -42), (13, -45.5), (0, -48.5))
"""Outline of the nose's left half seen from the front."""

HAIRLINE = (
    (0, 70), (12, 71), (24, 70), (33, 64), (40, 50), (47, 32), (55, 12), (61, -4), (66, -18), (72, -19), (78, -4),
    (84, 14), (96, 13), (106, -6), (113, -32), (124, -56), (150, -70), (180, -74),
)  # fmt: skip
"""Lower edge of the scalp hair of the left half: azimuth in degrees about the skull's axis, height in mm."""

JAWLINE_MM = ((-170, -60), (-110, -46), (-72, -46), (-60, -62), (-45, -82), (-20, -98), (0, -105), (12, -107), (60, -107))
"""Lower edge of the face seen from the side: forward, height."""

SKULL_FORWARD_MM = -68.0
IRIS_DEGREES = 21.5
PUPIL = 0.36


@dataclass(frozen=True)
class Texels:
    """What is known of every texel: (S, S) arrays, places in mm from the middle between the eyes."""

    chart: np.ndarray
    x: np.ndarray
    forward: np.ndarray
    up: np.ndarray
    depth: np.ndarray
    openness: np.ndarray
    ear: np.ndarray
    known: np.ndarray

    def on(self, *names: str) -> np.ndarray:
        """Return (S, S) whether a texel belongs to one of the named charts."""
        return self.known & np.isin(self.chart, [list(BOXES_PX).index(name) for name in names])


def paint(layout: Layout, ear_share: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Paint the atlas.

    Args:
        layout: The atlas.
        ear_share: (V,) how much each mesh vertex belongs to an ear, 0 to 1.
        seed: Seed of every random stroke and of the noise.

    Returns:
        (S, S, 12) uint8 masks in the order of MASK_CHANNELS and (S, S) uint8 labels.
    """
    generator = np.random.default_rng(seed)
    texels = _texels(layout, ear_share)
    noise = _Noise(generator)
    mask = {name: np.zeros((SIDE, SIDE), np.float32) for name in MASK_CHANNELS}
    mask["detail"] += 0.5
    mask["opacity"] += 1.0
    paint_rgb = np.zeros((SIDE, SIDE, 3), np.float32)
    _paint_skin(texels, layout, noise, mask)
    _paint_brows(layout, generator, mask)
    _paint_mouth(texels, layout, noise, mask, paint_rgb)
    _paint_lids(texels, layout, mask, paint_rgb)
    for name in ("helper-l-eye", "helper-r-eye"):
        _paint_eye(name, generator, mask, paint_rgb)
    for name in BOXES_PX:
        if "eyelashes" in name:
            _paint_lashes(name, texels, generator, mask, paint_rgb)
    for k, name in enumerate(("paint_r", "paint_g", "paint_b")):
        mask[name] = paint_rgb[..., k]
    stack = np.stack([np.clip(mask[name], 0, 1) for name in MASK_CHANNELS], axis=-1)
    painted = texels.known | texels.on(*(name for name in BOXES_PX if name.endswith("-eye")))
    boxes = _in_boxes([name for name in BOXES_PX if name.startswith("helper") and "teeth" not in name])
    stack = atlas.spread(stack, painted | boxes)
    labels = atlas.spread(_labels(texels, layout, mask), painted | boxes)
    return (stack * 255 + 0.5).astype(np.uint8), labels


class _Noise:
    """Smooth noise in space: the same place has the same value in every chart."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.lattice = generator.random((48, 48, 48)).astype(np.float32) * 2 - 1

    def __call__(self, texels: Texels, cell_mm: float | tuple[float, float, float]) -> np.ndarray:
        cell = np.broadcast_to(np.asarray(cell_mm, float), 3)
        place = np.stack([texels.x / cell[0], texels.forward / cell[1], texels.up / cell[2]])
        return map_coordinates(self.lattice, place, order=1, mode="grid-wrap")


def _smooth(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """Return 0 below `low`, 1 above `high`, smoothly between; `low` may be the larger."""
    x = np.clip((value - low) / (high - low), 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def _texels(layout: Layout, ear_share: np.ndarray) -> Texels:
    columns = [layout.chart, *layout.place_mm.T, layout.depth_mm, layout.openness, ear_share[layout.render_vertex]]
    attributes = np.stack([np.asarray(column, np.float64) for column in columns], axis=1)
    corners = layout.uv[layout.render_triangles]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    turned = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] < 0
    order = np.argsort(~turned, kind="stable")
    values, owner = atlas.rasterise(layout.uv, layout.render_triangles[order], attributes, SIDE)
    filled = atlas.spread(values, owner >= 0)
    return Texels(np.round(filled[..., 0]).astype(int), *np.moveaxis(filled[..., 1:], -1, 0), known=owner >= 0)


def _in_boxes(names: list[str]) -> np.ndarray:
    inside = np.zeros((SIDE, SIDE), bool)
    for name in names:
        left, top, right, bottom = BOXES_PX[name]
        inside[top:bottom, left:right] = True
    return inside


def _polygon_distance(points: np.ndarray, x: np.ndarray, y: np.ndarray, step: float) -> np.ndarray:
    """Return the distance of (x, y) into a polygon, negative outside, from a grid of the given step."""
    low = np.minimum(points.min(0), [x.min(), y.min()]) - 2 * step
    high = np.maximum(points.max(0), [x.max(), y.max()]) + 2 * step
    shape = np.ceil((high - low) / step).astype(int) + 1
    grid = np.zeros(shape[::-1], np.uint8)
    cv2.fillPoly(grid, [np.round((points - low) / step * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    inside = cv2.distanceTransform(grid, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - grid, cv2.DIST_L2, 5)
    at = np.stack([(y - low[1]) / step, (x - low[0]) / step])
    return map_coordinates(inside * step, at, order=1, mode="nearest")


def _mirrored_outline(half: tuple[tuple[float, float], ...]) -> np.ndarray:
    points = np.array(half, float)
    return np.concatenate([points, points[::-1] * [-1, 1]])


def _hair_depth(texels: Texels) -> np.ndarray:
    """Return the distance (mm) into the hairy scalp, negative on bare skin."""
    radius = 75.0
    azimuth = np.abs(np.arctan2(texels.x, texels.forward - SKULL_FORWARD_MM)) * radius
    line = np.array(HAIRLINE, float) * [np.pi / 180 * radius, 1.0]
    fine = np.linspace(line[0, 0], line[-1, 0], 600)
    curve = np.stack([fine, PchipInterpolator(line[:, 0], line[:, 1])(fine)], axis=1)
    outline = np.concatenate([[[-80.0, curve[0, 1]]], curve, [[320.0, curve[-1, 1]], [320.0, 300.0], [-80.0, 300.0]]])
    depth = _polygon_distance(outline, azimuth, texels.up, 0.5)
    return np.where(texels.on("face"), depth, -99.0) - 60.0 * texels.ear


def _lip_depth(texels: Texels) -> np.ndarray:
    """Return the distance (mm) inside the vermilion border seen from the front, negative outside."""
    halves = []
    for line in (UPPER_LIP_MM, LOWER_LIP_MM):
        points = np.array(line, float)
        fine = np.linspace(0, points[-1, 0], 120)
        halves.append(np.stack([fine, PchipInterpolator(points[:, 0], points[:, 1])(fine)], axis=1))
    outline = np.concatenate([halves[0], halves[1][::-1]])
    outline = np.concatenate([outline, (outline * [-1, 1])[::-1]])
    near = texels.on("face") & (texels.forward > 0) & (np.abs(texels.x) < 35) & (np.abs(texels.up + 68) < 25)
    depth = np.full(texels.x.shape, -99.0)
    depth[near] = _polygon_distance(outline, texels.x[near], texels.up[near], 0.1)
    return depth


def _nose_depth(texels: Texels) -> np.ndarray:
    near = texels.on("face") & (texels.forward > 0)
    return np.where(near, _polygon_distance(_mirrored_outline(NOSE_MM), texels.x, texels.up, 0.25), -99.0)


def _rim(layout: Layout, texels: Texels, *names: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance (mm) of each texel to the rims of pockets and the place of the nearest rim point."""
    rims = np.concatenate([_dense(layout.rims_mm[name]) for name in names])
    distance, nearest = cKDTree(rims).query(np.stack([texels.x, texels.forward, texels.up], axis=-1))
    return distance.astype(np.float32), rims[nearest]


def _dense(loop: np.ndarray) -> np.ndarray:
    share = np.linspace(0, 1, 8, endpoint=False)[:, None, None]
    return (loop * (1 - share) + np.roll(loop, -1, axis=0) * share).reshape(-1, 3)


def _paint_skin(texels: Texels, layout: Layout, noise: _Noise, mask: dict[str, np.ndarray]) -> None:
    """Scalp, blush, mottling, pores and the shade of creases."""
    skin = texels.on("face", "mouth", "socket.L", "socket.R")
    x, up, forward = np.abs(texels.x), texels.up, texels.forward
    depth = _hair_depth(texels) + 3.0 * noise(texels, 17.0) + 2.5 * noise(texels, 7.0) + 1.5 * noise(texels, 2.2)
    stubble = 0.5 + 0.5 * noise(texels, (0.9, 0.9, 1.5))
    mask["hair"] = _smooth(-3.5, 6.0, depth) * (0.62 + 0.26 * stubble)
    cheek = np.exp(-(((x - 40) / 20) ** 2) - ((up + 30) / 17) ** 2) * (forward > -40)
    tip = np.exp(-((x / 13) ** 2) - ((up + 37) / 9) ** 2) * (forward > 24)
    chin = np.exp(-((x / 16) ** 2) - ((up + 97) / 9) ** 2) * (forward > 5) * 0.45
    under_eye = np.exp(-(((x - 29) / 13) ** 2) - ((up + 10) / 5) ** 2) * (forward > 0) * 0.35
    mottle = 1.0 + 0.35 * noise(texels, 9.0) + 0.2 * noise(texels, 3.0)
    red = 0.36 * cheek + 0.34 * tip + 0.6 * chin + 0.3 * under_eye + 0.34 * texels.ear
    mask["redness"] = np.clip(red * mottle + 0.10 + 0.07 * noise(texels, 5.0), 0, 1) * skin * texels.on("face")
    fine = noise(texels, 0.55) * 0.5 + noise(texels, 0.95) * 0.5
    broad = 0.6 * noise(texels, 12.0) + 0.4 * noise(texels, 4.0)
    pores = 0.6 + 0.4 * np.clip(tip + cheek, 0, 1)
    mask["detail"] += (0.026 * fine * pores + 0.018 * broad) * skin
    closed = _smooth(0.45, 0.05, texels.openness)
    mask["shade"] = np.where(texels.on("face"), 0.30 * closed, 0.0)
    lid, _ = _rim(layout, texels, "socket.L", "socket.R")
    mask["shade"] = np.maximum(mask["shade"] * _smooth(0.0, 6.0, lid), 0.0) * skin


def _paint_brows(layout: Layout, generator: np.random.Generator, mask: dict[str, np.ndarray]) -> None:
    """Draw both brows hair by hair, four times finer than the atlas."""
    fine = 4
    canvas = np.zeros((SIDE * fine, SIDE * fine), np.uint8)
    face = layout.chart == list(BOXES_PX).index("face")
    place = layout.place_mm
    near = face & (place[:, 1] > -40) & (np.abs(place[:, 0]) < 75) & (place[:, 2] > 4) & (place[:, 2] < 50)
    texel = np.stack([layout.uv[:, 0], 1 - layout.uv[:, 1]], axis=1)[near] * SIDE * fine
    to_texel = LinearNDInterpolator(place[near][:, [0, 2]], texel)
    for side in (1, -1):
        for stroke, strength in _brow_hairs(generator):
            pixels = np.round((to_texel(stroke * [side, 1]) - 0.5) * 16)
            thick = np.array([2, 3, 2, 2, 1])
            for k in range(len(pixels) - 1):
                layer = [pixels[k : k + 2].astype(np.int32)]
                cv2.polylines(canvas, layer, False, int(strength * 255), int(thick[min(k, 4)]), cv2.LINE_AA, 4)
    hairs = cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    under = gaussian_filter(hairs, 3.0)
    mask["brow"] = np.maximum(mask["brow"], np.clip(hairs * 0.80 + 0.35 * under, 0, 0.92))


def _brow_hairs(generator: np.random.Generator) -> list[tuple[np.ndarray, float]]:
    """Return the hairs of the left brow: (n, 2) x and up in mm, and strength 0 to 1."""
    line = np.array(BROW_MM, float)
    along = np.linspace(0, 1, len(line))
    centre, height = PchipInterpolator(along, line[:, :2]), PchipInterpolator(along, line[:, 2])
    hairs = []
    for _ in range(520):
        t = generator.random() ** 0.9
        across = np.clip(generator.normal(0, 0.27), -0.55, 0.55)
        tangent = centre(min(t + 0.02, 1.0)) - centre(max(t - 0.02, 0.0))
        tangent /= np.linalg.norm(tangent)
        normal = np.array([-tangent[1], tangent[0]])
        root = centre(t) + normal * across * height(t)
        upward = np.interp(t, [0.0, 0.12, 0.35, 0.65, 1.0], [80.0, 58.0, 34.0, 18.0, 6.0])
        lean = upward - 62.0 * (across + 0.12) * np.interp(t, [0, 0.3, 1], [0.3, 1.0, 0.8]) + generator.normal(0, 7.0)
        length = np.interp(t, [0, 0.15, 0.6, 1], [4.5, 6.5, 7.0, 4.5]) * generator.uniform(0.7, 1.15)
        bend = generator.normal(-14.0, 8.0)
        steps = np.radians(lean + bend * np.linspace(0, 1, 5))
        moves = tangent * np.cos(steps)[:, None] + normal * np.sin(steps)[:, None]
        stroke = root + np.concatenate([[[0.0, 0.0]], np.cumsum(moves * length / 5, axis=0)])
        fade = np.interp(t, [0, 0.1, 0.9, 1], [0.35, 0.8, 1.0, 0.8])
        hairs.append((stroke - moves[0] * length * 0.3, fade * generator.uniform(0.45, 1.0)))
    return hairs


def _paint_mouth(texels, layout, noise, mask, paint_rgb) -> None:
    """Lips with a soft border and fine creases, the line between them, mouth bag, gums, teeth and tongue."""
    lip = _lip_depth(texels)
    distance, _ = _rim(layout, texels, "mouth")
    bag = texels.on("mouth")
    inner = np.where(bag, _smooth(1.5, 7.0, distance), 0.0)
    ragged = lip + 0.30 * noise(texels, (1.6, 1.6, 3.0))
    mask["lip"] = np.where(bag, 1.0, _smooth(-1.3, 1.6, ragged)) * 0.86
    inside_lip = _smooth(-0.5, 1.5, lip) * texels.on("face")
    creases = noise(texels, (0.75, 3.0, 5.0))
    mask["detail"] += inside_lip * (0.035 * creases + 0.015 * noise(texels, 0.6))
    near_line = _smooth(2.4, 0.2, distance) * (np.abs(texels.x) < 24) * (texels.forward > 0)
    mask["shade"] = np.maximum(mask["shade"], 0.55 * near_line * texels.on("face"))
    corner = np.exp(-(((np.abs(texels.x) - 22.5) / 2.2) ** 2) - ((texels.up + 67.8) / 1.4) ** 2)
    mask["shade"] = np.maximum(mask["shade"], 0.45 * corner * texels.on("face"))
    mask["shade"] = np.where(bag, 0.45 + 0.45 * _smooth(2.0, 25.0, texels.depth), mask["shade"])
    _fill(mask, paint_rgb, bag, (0.50, 0.20, 0.19), inner)
    tongue = texels.on("helper-tongue")
    _fill(mask, paint_rgb, tongue, (0.70, 0.38, 0.36), np.ones_like(lip))
    mask["detail"] += tongue * 0.05 * noise(texels, 1.0)
    mask["shade"] = np.where(tongue, 0.15 + 0.5 * _smooth(20.0, -20.0, texels.forward), mask["shade"])
    for name, sign in (("helper-upper-teeth", 1.0), ("helper-lower-teeth", -1.0)):
        teeth = texels.on(name)
        edge = texels.up[teeth].min() if sign > 0 else texels.up[teeth].max()
        height = sign * (texels.up - edge)
        angle = np.degrees(np.arctan2(texels.x, texels.forward - texels.forward[teeth].min() + 12.0))
        tooth = np.abs((angle / 11.0 * (1.0 if sign > 0 else 1.25) + 0.5) % 1.0 - 0.5)
        line = 10.0 + 1.2 * np.cos(tooth * 2 * np.pi)
        gum = _smooth(line - 0.5, line + 0.5, height)
        colour = np.array([0.90, 0.86, 0.78]) * (1 - gum[..., None]) + np.array([0.72, 0.40, 0.39]) * gum[..., None]
        paint_rgb[teeth] = colour[teeth]
        mask["paint"] = np.where(teeth, 1.0, mask["paint"])
        tips = 0.5 * _smooth(1.6, 0.2, height) if sign > 0 else 0.0
        gap = tips + _smooth(0.44, 0.5, tooth) * 0.5 + 0.35 * _smooth(15.0, -12.0, texels.forward)
        mask["shade"] = np.where(teeth, gap, mask["shade"])


def _fill(mask, paint_rgb, where, colour, strength) -> None:
    """Set a fixed colour and its strength where `where`."""
    paint_rgb[where] = colour
    mask["paint"] = np.where(where, strength, mask["paint"])


def _paint_lids(texels, layout, mask, paint_rgb) -> None:
    """Lid margins: a moist pink rim, the caruncle in the inner corner and the soft line of the lash roots."""
    distance, nearest = _rim(layout, texels, "socket.L", "socket.R")
    eyes = texels.on("face") & (np.abs(np.abs(texels.x) - 30) < 22) & (np.abs(texels.up) < 20)
    upper = nearest[..., 2] > np.interp(np.abs(nearest[..., 0]), [17, 42], [-3.5, -1.0])
    roots = _smooth(1.5, 0.5, np.abs(distance - 0.4)) * np.where(upper, 0.62, 0.30)
    mask["shade"] = np.maximum(mask["shade"], roots * eyes * _smooth(18.0, 21.0, np.abs(texels.x)))
    crease_line = np.interp(np.abs(texels.x), [16, 22, 30, 38, 44, 48], [0.5, 5.2, 7.0, 6.0, 3.2, 0.5])
    crease = np.exp(-(((texels.up - crease_line) / 0.9) ** 2)) * _smooth(15, 21, np.abs(texels.x))
    mask["shade"] = np.maximum(mask["shade"], 0.28 * crease * _smooth(48, 40, np.abs(texels.x)) * eyes)
    mask["redness"] = np.maximum(mask["redness"], 0.55 * _smooth(7.0, 1.0, distance) * eyes)
    socket = texels.on("socket.L", "socket.R")
    _fill(mask, paint_rgb, socket, (0.80, 0.53, 0.50), np.full(texels.x.shape, 0.55, np.float32))
    mask["shade"] = np.where(socket, 0.15 + 0.7 * _smooth(1.0, 5.0, texels.depth), mask["shade"])
    caruncle = _smooth(20.0, 17.5, np.abs(texels.x)) * _smooth(3.0, 1.5, distance) * (eyes | socket)
    paint_rgb[eyes] = (0.78, 0.45, 0.43)
    mask["paint"] = np.maximum(mask["paint"], 0.7 * caruncle)


def _paint_eye(name: str, generator: np.random.Generator, mask, paint_rgb) -> None:
    """Iris with fibres, limbus and pupil; sclera with a warm edge and faint veins."""
    left, top, right, bottom = BOXES_PX[name]
    y, x = np.mgrid[top:bottom, left:right] + 0.5
    half = (right - left) / 2 - MARGIN_PX
    x, y = (x - (left + right) / 2) / half, ((top + bottom) / 2 - y) / half
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    r = radius * EYE_RIM_DEGREES / EYE_RIM / IRIS_DEGREES  # 1 at the limbus
    box = np.s_[top:bottom, left:right]
    edge = EYE_RIM_DEGREES / EYE_RIM / IRIS_DEGREES / half
    pupil = _smooth(PUPIL + edge, PUPIL - edge, r)
    iris = _smooth(1.0 + 2.0 * edge, 1.0 - 2.0 * edge, r)
    mask["iris"][box] = iris
    mask["paint"][box] = np.maximum(1.0 - iris, pupil)
    sclera = np.array([0.90, 0.87, 0.84]) + _smooth(1.2, 2.6, r)[..., None] * np.array([-0.06, -0.16, -0.17])
    veins = _veins(r, angle, generator)
    sclera = sclera * (1 - veins[..., None] * np.array([0.10, 0.35, 0.35]))
    paint_rgb[box] = np.where((r < 0.7)[..., None], 0.015, sclera)
    ring = np.linspace(-np.pi, np.pi, 257)
    fibre = sum(np.interp(angle, ring, _ring_noise(generator, n)) * w for n, w in ((90, 0.5), (48, 0.35), (20, 0.3)))
    collarette = np.exp(-(((r - 0.52 - 0.04 * np.sin(9 * angle)) / 0.10) ** 2))
    light = 0.14 * fibre * _smooth(0.30, 0.55, r) + 0.16 * collarette + 0.05
    mask["detail"][box] = 0.5 + iris * (1 - pupil) * light
    limbus = np.exp(-(((r - 0.97) / 0.13) ** 2))
    lid = 0.42 * _smooth(0.25, 1.25, y * EYE_RIM_DEGREES / EYE_RIM / IRIS_DEGREES)
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
        total = np.maximum(total, _smooth(0.055, 0.01, away) * _smooth(reach, reach + 0.7, r) * generator.uniform(0.2, 0.5))
    return total


def _paint_lashes(name: str, texels: Texels, generator: np.random.Generator, mask, paint_rgb) -> None:
    """Draw separate tapered lashes on a card: u along the lid, roots at the bottom of the box, tips at its top."""
    left, top, right, bottom = BOXES_PX[name]
    width, height, fine = right - left, bottom - top, 4
    canvas = np.zeros((height * fine, width * fine), np.uint8)
    is_upper = name.endswith("-2")
    count = 64 if is_upper else 44
    for k in range(count):
        u = (k + generator.uniform(0.1, 0.9)) / count
        fan = (u - 0.42) * 0.16 + generator.normal(0, 0.016)
        clump = 0.012 * np.sin(u * 45.0)
        reach = generator.uniform(0.55, 0.98) * np.interp(u, [0, 0.15, 0.5, 0.78, 0.9, 1], [0.35, 0.7, 0.95, 0.9, 0.5, 0.2])
        reach *= 1.0 if is_upper else 0.62
        v = np.linspace(0, 1, 9)
        points = np.stack([u + (fan + clump) * v**1.5, v * reach], axis=1)
        pixels = np.stack([points[:, 0] * width, height - MARGIN_PX - points[:, 1] * (height - 2 * MARGIN_PX)], axis=1)
        for i in range(len(v) - 1):
            segment = np.round((pixels[i : i + 2] * fine - 0.5) * 16).astype(np.int32)
            thickness = max(1, round((1.25 if is_upper else 1.0) * fine * (1 - v[i]) ** 0.6))
            cv2.polylines(canvas, [segment], False, 255, thickness, cv2.LINE_AA, 4)
    box = np.s_[top:bottom, left:right]
    strands = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    mask["opacity"][box] = strands
    mask["brow"][box] = 1.0
    paint_rgb[box] = (0.06, 0.045, 0.04)
    mask["paint"][box] = 0.72
    mask["detail"][box] = 0.5


def _labels(texels: Texels, layout: Layout, mask: dict[str, np.ndarray]) -> np.ndarray:
    part = {name: index for index, name in enumerate(PART_NAMES)}
    labels = np.full(texels.x.shape, part["skin"], np.uint8)
    face = texels.on("face")
    jaw = np.array(JAWLINE_MM, float)
    below = texels.up < np.interp(texels.forward, jaw[:, 0], jaw[:, 1])
    labels[face & below] = part["neck"]
    labels[face & (_hair_depth(texels) > 0)] = part["hair"]
    labels[face & (texels.ear > 0.5)] = part["ears"]
    labels[face & (_nose_depth(texels) > 0)] = part["nose"]
    labels[face & (gaussian_filter(mask["brow"], 2.0) > 0.28)] = part["brows"]
    distance, nearest = _rim(layout, texels, "mouth")
    middle = np.interp(nearest[..., 0], *_rim_middle(layout.rims_mm["mouth"]))
    is_upper = np.where(texels.on("mouth"), _bag_is_upper(layout), texels.up > middle)
    lips = (face & (_lip_depth(texels) > 0)) | (texels.on("mouth") & (distance < 3.0))
    labels[lips & is_upper] = part["upper_lip"]
    labels[lips & ~is_upper] = part["lower_lip"]
    labels[texels.on("mouth") & (distance >= 3.0)] = part["inner_mouth"]
    labels[texels.on("helper-tongue", "helper-upper-teeth", "helper-lower-teeth")] = part["inner_mouth"]
    for name in BOXES_PX:
        left, top, right, bottom = BOXES_PX[name]
        if name.endswith("-eye"):
            iris = mask["iris"][top:bottom, left:right] > 0.5
            labels[top:bottom, left:right] = np.where(iris, part["iris"], part["eyes"])
        if "eyelashes" in name:
            labels[top:bottom, left:right] = part["lashes"]
    return labels


def _bag_is_upper(layout: Layout) -> np.ndarray:
    """Return (S, S) whether the mouth bag's chart, whose border is the rim, lies beside the upper lip at a texel."""
    left, top, right, bottom = BOXES_PX["mouth"]
    rim = layout.rims_mm["mouth"]
    member = np.flatnonzero((layout.chart == list(BOXES_PX).index("mouth")) & (layout.depth_mm < 1e-6))
    uv = layout.uv[member] * SIDE - [(left + right) / 2, SIDE - (top + bottom) / 2]
    angle = np.arctan2(uv[:, 1], uv[:, 0])
    place = layout.place_mm[member]
    corners = angle[[np.argmin(place[:, 0]), np.argmax(place[:, 0])]]
    y, x = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    at = np.arctan2((top + bottom) / 2 - y, x - (left + right) / 2)
    between = np.mod(at - corners[0], 2 * np.pi) < np.mod(corners[1] - corners[0], 2 * np.pi)
    on_arc = np.mod(angle - corners[0], 2 * np.pi) < np.mod(corners[1] - corners[0], 2 * np.pi)
    first_is_upper = place[on_arc, 2].mean() > place[~on_arc, 2].mean()
    assert len(member) == len(rim)
    return between if first_is_upper else ~between


def _rim_middle(rim: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return x and the height half way between the upper and the lower rim of the mouth."""
    x = np.linspace(rim[:, 0].min(), rim[:, 0].max(), 25)
    near = np.abs(rim[None, :, 0] - x[:, None]) < 4.0
    high = np.where(near, rim[None, :, 2], -np.inf).max(1)
    low = np.where(near, rim[None, :, 2], np.inf).min(1)
    return x, (high + low) / 2
