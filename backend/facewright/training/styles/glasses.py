"""Builds glasses: rims, bridge, nose pads, temples that bend behind the ears, and lenses, sized by the rig's head."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from facewright.rig.nouns import Rig
from facewright.training.styles.binding import write_piece
from facewright.training.styles.cards import HAIR, PieceMesh, join
from facewright.training.styles.glasses_binding import bind_glasses
from facewright.training.styles.glasses_fit import TILT, WRAP_MM, Fit, measure, on_front
from facewright.training.styles.surface import FaceSurface, face_surface
from facewright.training.styles.sweeps import lens, rounded_box, solid, sweep

TEMPLE_BOW_MM = 3.4
RIM_POINTS = 44


@dataclass(frozen=True)
class FrameStyle:
    """One frame; all in mm for the reference head.

    Attributes:
        outline: (angle in degrees, radius) of the left lens; 0 points outwards, 90 up.
        middle: how far the lens' middle lies outside and above the pupil.
        rim: half height in the plane of the lens, and half depth, of the rim.
        rim_top: factor on the rim's half height at its top.
        roundness: of rim and temples, 1 for wire.
        bridge: half height and half depth of the bridge, its height above the eyes and its arch.
        temple: half thickness and half height of the temple at the hinge, at the ear and at its tip.
        hinge_up: height of the hinge above the eyes.
    """

    outline: tuple[tuple[float, float], ...]
    middle: tuple[float, float]
    rim: tuple[float, float]
    rim_top: float
    roundness: float
    bridge: tuple[float, float, float, float]
    temple: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    hinge_up: float


def _lens_outline(
    half_width: float, top: tuple[float, float], bottom: tuple[float, float], narrowing: float = 1.0, flare: float = 0.0
) -> tuple[tuple[float, float], ...]:
    """Return an outline of angles and radii.

    Args:
        half_width: at the widest.
        top, bottom: height above and below the middle, and squareness: 2 is an ellipse, more is boxier.
        narrowing: factor on the width at the bottom.
        flare: by how much the upper outer corner reaches further out.
    """
    points = []
    for degrees in range(0, 360, 6):
        cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        height, exponent = top if sine > 0 else bottom
        half = half_width * (1 + (narrowing - 1) * max(-sine, 0.0))
        radius = (abs(cosine / half) ** exponent + abs(sine / height) ** exponent) ** (-1 / exponent)
        points.append((float(degrees), float(radius * (1 + flare * max(cosine, 0.0) * max(sine, 0.0)))))
    return tuple(points)


FRAMES = {
    "round": FrameStyle(
        _lens_outline(19.8, (19.0, 2.1), (19.4, 2.1)), (1.0, -2.4), (0.75, 0.85), 1.0, 1.0, (0.75, 0.75, 1.5, 3.0),
        ((0.8, 1.1), (0.7, 0.8), (1.5, 1.7)), 4.5,
    ),
    "rectangular": FrameStyle(
        _lens_outline(22.8, (13.6, 4.2), (14.2, 3.6), 0.93), (1.6, -2.6), (1.2, 1.5), 1.25, 0.45, (1.5, 1.4, 1.0, 1.2),
        ((1.3, 2.6), (1.2, 1.7), (1.5, 2.7)), 5.0,
    ),
    "thick": FrameStyle(
        _lens_outline(21.4, (15.0, 4.0), (17.0, 2.7), 0.88, 0.10), (1.4, -3.2), (2.1, 1.8), 1.5, 0.35,
        (2.6, 1.7, 1.6, 1.4), ((1.7, 4.6), (1.6, 2.6), (1.8, 3.6)), 6.0,
    ),
}  # fmt: skip


def build(rig: Rig, folder: Path) -> None:
    """Write the mesh of each frame.

    Args:
        rig: the rig.
        folder: the rig's folder.
    """
    surface = face_surface(rig)
    fit = measure(surface, rig)
    for name, style in FRAMES.items():
        mesh = frame_mesh(surface, fit, style)
        write_piece(folder / "styles" / "glasses" / f"{name}.safetensors", bind_glasses(rig, surface, fit, mesh))


def frame_mesh(surface: FaceSurface, fit: Fit, style: FrameStyle) -> PieceMesh:
    """Build a frame with its lenses on the neutral head, world space."""
    left = [*_rim(fit, style), _temple(fit, style), _pad(fit, style)]
    parts = left + [_mirrored(part) for part in left] + [_bridge(fit, style)]
    placed = join(parts)
    vertices, normals = surface.world_m(placed.vertices_m), placed.normals * [1, -1, 1]
    corners = vertices[placed.triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    turned = (facing * normals[placed.triangles].sum(1)).sum(1) < 0
    triangles = np.where(turned[:, None], placed.triangles[:, ::-1], placed.triangles)
    return PieceMesh(vertices, normals, triangles, placed.uv, placed.openness, placed.material)


def _outline(fit: Fit, style: FrameStyle) -> tuple[np.ndarray, np.ndarray]:
    """Return the (RIM_POINTS, 2) outline of the left lens and its (2,) middle: x and up."""
    angle, radius = np.array(style.outline).T
    fine = np.linspace(0, 360, RIM_POINTS, endpoint=False)
    spline = CubicSpline(np.append(angle, 360.0), np.append(radius, radius[0]), bc_type="periodic")
    middle = np.array([fit.eye + style.middle[0], style.middle[1]])
    turn = np.radians(fine)
    return middle + spline(fine)[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1), middle


def _rim(fit: Fit, style: FrameStyle) -> list[PieceMesh]:
    """Return rim and lens of the left side."""
    flat, middle = _outline(fit, style)
    outward = flat - middle
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    top = 1 + (style.rim_top - 1) * np.clip(outward[:, 1], 0, 1) ** 1.5
    curve = on_front(fit, flat + outward * (style.rim[0] * top)[:, None])
    side = np.stack([outward[:, 0], np.zeros(len(flat)), outward[:, 1]], axis=1)
    profile = rounded_box(1.0, style.rim[1], style.roundness)
    profiles = np.stack([profile * [style.rim[0] * factor, 1.0] for factor in top])
    glass = on_front(fit, middle + (flat - middle) * 1.01)
    forward = np.array([WRAP_MM * 2 * middle[0] / fit.hinge**2, 1.0, -TILT])
    forward /= np.linalg.norm(forward)
    sheet = lens(glass, on_front(fit, middle), 1.2, forward)
    return [sweep(curve, side, profiles, True), sheet]


def _bridge(fit: Fit, style: FrameStyle) -> PieceMesh:
    """Return the bridge between the rims."""
    flat, middle = _outline(fit, style)
    half_height, half_depth, up, arch = style.bridge
    inner = flat[flat[:, 0] < middle[0]]
    edge = inner[np.abs(inner[:, 1] - up).argmin()][0] - style.rim[0]
    x = np.linspace(-edge, edge, 11)
    rise = 1 - (x / edge) ** 2
    curve = on_front(fit, np.stack([x, up + arch * rise], axis=1)) + np.array([0, 1, 0]) * (0.8 * rise)[:, None]
    return sweep(curve, np.tile([0.0, 0.0, 1.0], (11, 1)), rounded_box(half_height, half_depth, style.roundness), False)


def _temple(fit: Fit, style: FrameStyle) -> PieceMesh:
    """Return the left temple: from the rim outwards, back to the ear, and down behind it."""
    flat, middle = _outline(fit, style)
    outer = flat[(flat[:, 0] > middle[0]) & (flat[:, 1] > middle[1])]
    start = outer[np.abs(outer[:, 1] - style.hinge_up).argmin()]
    corner = on_front(fit, np.array([fit.hinge, style.hinge_up]))
    from_rim = on_front(fit, np.array([start[0] + style.rim[0], style.hinge_up]))
    lift = style.temple[1][1] + 0.6
    ear = fit.ear_top + [2.8, 2.0, lift]
    places = [from_rim, from_rim * 0.35 + corner * 0.65, corner - [0.3, 2.0, 0]]
    shares = np.array([0.09, 0.2, 0.4, 0.6, 0.8, 0.93, 1.0])[:, None]
    bow = TEMPLE_BOW_MM * np.sin(np.pi * shares**1.4) * [1.0, 0, 0]
    places += [*(corner + (ear - corner) * shares + bow)]
    behind = fit.ear_back + [1.6, -2.2, 0]
    places += [fit.ear_top * 0.35 + behind[0] * 0.65 + [1.2, 0, lift * 0.9], *behind[1:]]
    ways = np.array(places)
    steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(ways, axis=0), axis=1))])
    fine = np.concatenate([np.linspace(0, steps[3], 9), np.linspace(steps[3], steps[-1], 22)[1:]])
    curve = PchipInterpolator(steps, ways)(fine)
    size = PchipInterpolator([0, steps[9], steps[-1]], np.array(style.temple))(fine)
    profile = rounded_box(1.0, 1.0, style.roundness)
    up = np.tile([0.0, 0.15, 1.0], (len(curve), 1))
    return sweep(curve, up, profile[None] * size[:, None, ::-1], False)


def _pad(fit: Fit, style: FrameStyle) -> PieceMesh:
    """Return the left nose pad, on a wire for thin rims and as a wedge of the rim for thick ones."""
    place, normal = fit.nose
    flat, middle = _outline(fit, style)
    inner = flat[(flat[:, 0] < middle[0]) & (flat[:, 1] < place[2] + 4)]
    start = on_front(fit, inner[np.abs(inner[:, 1] - place[2]).argmin()])
    pad = place + normal * 1.3
    if style.roundness == 1.0:
        wire = np.stack([start, start * 0.6 + pad * 0.4 - [0, 1.5, 0], pad])
        steps = np.linspace(0, 1, 3)
        curve = PchipInterpolator(steps, wire)(np.linspace(0, 1, 6))
        arm = sweep(curve, np.tile([0.0, 0.0, 1.0], (6, 1)), rounded_box(0.45, 0.45, 1.0, 5), False)
        return join([arm, _ellipsoid(pad, normal, (1.9, 3.6, 0.9))])
    way = float(np.linalg.norm(start - pad))
    return _ellipsoid(start * 0.7 + pad * 0.3, normal, (max(way * 0.32, style.rim[1]), 3.4, 1.1))


def _ellipsoid(middle: np.ndarray, normal: np.ndarray, half: tuple[float, float, float]) -> PieceMesh:
    """Return a flattened ball: half sizes across, along the height and along the normal."""
    along = np.array([0.0, 0.0, 1.0]) - normal * normal[2]
    along /= np.linalg.norm(along)
    axes = np.stack([np.cross(along, normal), along, normal]) * np.array(half)[:, None]
    levels, turns = np.linspace(-np.pi / 2, np.pi / 2, 7)[1:-1], np.linspace(0, 2 * np.pi, 9)[:-1]
    rows = [[np.cos(a) * np.cos(t), np.sin(a), np.cos(a) * np.sin(t)] for a in levels for t in turns]
    ball = np.array([[0, -1, 0], *rows, [0, 1, 0]])
    inverse = axes / (np.array(half)[:, None] ** 2)
    normals = ball @ inverse
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    index = np.arange(40).reshape(5, 8) + 1
    a, b = index[:-1].ravel(), index[1:].ravel()
    a_next, b_next = np.roll(index, -1, 1)[:-1].ravel(), np.roll(index, -1, 1)[1:].ravel()
    ends = [[0, index[0, (k + 1) % 8], index[0, k]] for k in range(8)]
    ends += [[41, index[4, k], index[4, (k + 1) % 8]] for k in range(8)]
    triangles = np.concatenate([np.stack([a, a_next, b_next], 1), np.stack([a, b_next, b], 1), ends])
    return solid(middle + ball @ axes, normals, triangles, HAIR, np.full(len(ball), 0.8))


def _mirrored(mesh: PieceMesh) -> PieceMesh:
    """Return the right side of a left part."""
    flip = np.array([-1, 1, 1])
    return replace(mesh, vertices_m=mesh.vertices_m * flip, normals=mesh.normals * flip)
