"""Builds solid parts of frames: profiles swept along curves, and lenses."""

import numpy as np

from facewright.training.styles.cards import HAIR, LENS, PieceMesh


def rounded_box(across: float, along: float, roundness: float = 0.5, points: int = 8) -> np.ndarray:
    """Return a closed profile (points, 2) between an ellipse (roundness 1) and a box (0) of the given half sizes."""
    angle = 2 * np.pi * (np.arange(points) + 0.5) / points
    cosine, sine = np.cos(angle), np.sin(angle)
    exponent = 0.35 + 0.65 * roundness
    unit = np.stack([np.sign(cosine) * np.abs(cosine) ** exponent, np.sign(sine) * np.abs(sine) ** exponent], axis=1)
    return unit * [across, along]


def sweep(
    curve: np.ndarray, side: np.ndarray, profiles: np.ndarray, is_loop: bool, openness: np.ndarray | float = 1.0
) -> PieceMesh:
    """Sweep a profile along a curve.

    Args:
        curve: (m, 3) points, m.
        side: (m, 3) directions of the profiles' first axis, roughly at right angles to the curve.
        profiles: (m, k, 2) or (k, 2) closed profiles, m.
        is_loop: whether the last point is joined to the first; otherwise the ends are closed.
        openness: (m,) or a number.

    Returns:
        The solid, with smooth normals.
    """
    count, profiles = len(curve), np.broadcast_to(profiles, (len(curve), *np.shape(profiles)[-2:]))
    ahead = np.roll(curve, -1, axis=0) - np.roll(curve, 1, axis=0) if is_loop else np.gradient(curve, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    first = side - (side * ahead).sum(1, keepdims=True) * ahead
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(ahead, first)
    ring = profiles.shape[1]
    offset = profiles[..., :1] * first[:, None] + profiles[..., 1:] * second[:, None]  # (m, k, 3)
    edge = np.roll(profiles, -1, axis=1) - np.roll(profiles, 1, axis=1)
    normal = edge[..., 1:] * first[:, None] - edge[..., :1] * second[:, None]
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-12)
    index = np.arange(count * ring).reshape(count, ring)
    a = index if is_loop else index[:-1]
    b = np.roll(index, -1, axis=0) if is_loop else index[1:]
    quads = np.stack([a, np.roll(a, -1, axis=1), np.roll(b, -1, axis=1), b], axis=-1).reshape(-1, 4)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    vertices, normals = (curve[:, None] + offset).reshape(-1, 3), normal.reshape(-1, 3)
    shade = np.repeat(np.broadcast_to(np.asarray(openness, float), count), ring)
    if not is_loop:
        for end, sign in ((0, -1), (count - 1, 1)):
            cap = np.arange(ring) + len(vertices)
            vertices = np.concatenate([vertices, curve[end] + offset[end]])
            normals = np.concatenate([normals, np.broadcast_to(sign * ahead[end], (ring, 3))])
            shade = np.concatenate([shade, shade[:1].repeat(ring)])
            fan = np.stack([cap[:1].repeat(ring - 2), cap[1:-1], cap[2:]], axis=1)
            triangles = np.concatenate([triangles, fan if sign > 0 else fan[:, ::-1]])
    return solid(vertices, normals, triangles, HAIR, shade)


def lens(outline: np.ndarray, middle: np.ndarray, bulge_m: float, forward: np.ndarray, rings: int = 3) -> PieceMesh:
    """Fill a closed outline with a bulging sheet.

    Args:
        outline: (m, 3) points, counter-clockwise seen from the front.
        middle: (3,) its middle.
        bulge_m: how far its middle stands out.
        forward: (3,) unit direction in which it does.
        rings: rings of triangles.
    """
    share = np.arange(1, rings + 1)[:, None, None] / rings
    grid = middle + (outline - middle) * share + forward * bulge_m * (1 - share**2)
    vertices = np.concatenate([[middle + forward * bulge_m], grid.reshape(-1, 3)])
    radial = np.concatenate([[np.zeros(3)], ((outline - middle) * share).reshape(-1, 3)])
    span = np.linalg.norm(outline - middle, axis=1).mean()
    normals = forward + 2 * bulge_m / span**2 * radial
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    count = len(outline)
    index = np.arange(rings * count).reshape(rings, count) + 1
    following = np.roll(index, -1, axis=1)
    fan = np.stack([np.zeros(count, int), index[0], following[0]], axis=1)
    inner, outer = index[:-1].ravel(), index[1:].ravel()
    inner_next, outer_next = following[:-1].ravel(), following[1:].ravel()
    triangles = [fan, np.stack([inner, outer, outer_next], 1), np.stack([inner, outer_next, inner_next], 1)]
    return solid(vertices, normals, np.concatenate(triangles), LENS, np.ones(len(vertices)))


def solid(
    vertices: np.ndarray, normals: np.ndarray, triangles: np.ndarray, material: int, openness: np.ndarray
) -> PieceMesh:
    """Return a piece without texture."""
    uv, materials = np.full((len(vertices), 2), 0.5), np.full(len(triangles), material, np.uint8)
    return PieceMesh(vertices, normals, triangles, uv, openness, materials)
