"""Rasterising in NumPy: which triangle covers which sample, and how textures are sampled."""

from collections.abc import Iterator

import numpy as np

CANDIDATES = 1 << 19
"""Samples of bounding boxes that are tested at a time."""


def covered_samples(
    xy: np.ndarray, depth: np.ndarray, drawn: np.ndarray, width: int, height: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield the samples that triangles cover, in pieces.

    Args:
        xy: (F, 3, 2) corners in samples.
        depth: (F, 3) depth of the corners.
        drawn: indices of the triangles to draw.
        width: samples in a row.
        height: rows.

    Yields:
        triangle (M,), pixel (M,) row by row, perspective-correct barycentric weights (M, 3).
    """
    low = np.clip(np.ceil(xy[drawn].min(axis=1) - 0.5), 0, (width, height)).astype(np.int64)
    high = np.clip(np.floor(xy[drawn].max(axis=1) - 0.5) + 1, 0, (width, height)).astype(np.int64)
    extent = np.maximum(high - low, 0)
    count = extent[:, 0] * extent[:, 1]
    drawn, low, extent, count = (array[count > 0] for array in (drawn, low, extent, count))
    for piece in np.split(np.arange(len(drawn)), np.flatnonzero(np.diff(np.cumsum(count) // CANDIDATES)) + 1):
        repeated = np.repeat(piece, count[piece])
        start = np.cumsum(count[piece]) - count[piece]
        offset = np.arange(len(repeated)) - np.repeat(start, count[piece])
        x = low[repeated, 0] + offset % extent[repeated, 0]
        y = low[repeated, 1] + offset // extent[repeated, 0]
        triangle = drawn[repeated]
        a, b, c = (xy[triangle, i] for i in range(3))
        p = np.stack([x, y], axis=1).astype(xy.dtype) + xy.dtype.type(0.5)
        area = cross(b - a, c - a)
        with np.errstate(divide="ignore", invalid="ignore"):
            flat = np.stack([cross(c - b, p - b), cross(a - c, p - c), cross(b - a, p - a)], axis=1) / area[:, None]
        inside = (flat >= 0).all(axis=1)  # false for triangles without an area
        triangle, flat = triangle[inside], flat[inside]
        weights = flat / depth[triangle]
        weights /= weights.sum(axis=1, keepdims=True)
        yield triangle, (y * width + x)[inside], weights.astype(np.float32)


def cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the planar cross products (M,) of (M, 2) vectors."""
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]


def detail_levels(xy: np.ndarray, uv: np.ndarray, side: int | np.ndarray) -> np.ndarray:
    """Return the level of detail of each triangle, (F,): log2 of texels per sample along the faster image axis.

    Args:
        xy: (F, 3, 2) corners in samples.
        uv: (F, 3, 2) corners in the texture.
        side: texels along the texture's side, a number or (F,).
    """
    e, f = xy[:, 1] - xy[:, 0], xy[:, 2] - xy[:, 0]
    s, t = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    area = cross(e, f)
    area = np.where(np.abs(area) < 1e-9, 1e-9, area)[:, None]
    along = (s * f[:, 1:] - t * e[:, 1:]) / area
    across = (t * e[:, :1] - s * f[:, :1]) / area
    fastest = np.maximum((along**2).sum(axis=1), (across**2).sum(axis=1))
    return 0.5 * np.log2(np.maximum(fastest, 1e-12)) + np.log2(side)


def mip_levels(masks: np.ndarray) -> list[np.ndarray]:
    """Return a picture (H, W, C) and its halvings, until a side is one texel, uint8."""
    levels = [masks]
    while min(levels[-1].shape[:2]) > 1:
        height, width, channels = levels[-1].shape
        blocks = levels[-1][: height // 2 * 2, : width // 2 * 2].reshape(height // 2, 2, width // 2, 2, channels)
        levels.append(((blocks.sum(axis=(1, 3), dtype=np.uint16) + 2) // 4).astype(np.uint8))
    return levels


def bilinear(texture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Sample a uint8 texture (T, T, C) at uv (M, 2), its edge texels going on outside; (M, C) in [0, 1]."""
    height, width = texture.shape[:2]
    x, y = uv[:, 0] * width - 0.5, uv[:, 1] * height - 0.5
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    across, down = (x - left)[:, None].astype(np.float32), (y - top)[:, None].astype(np.float32)
    rows = np.clip(top, 0, height - 1), np.clip(top + 1, 0, height - 1)
    columns = np.clip(left, 0, width - 1), np.clip(left + 1, 0, width - 1)
    upper = texture[rows[0], columns[0]] * (1 - across) + texture[rows[0], columns[1]] * across
    lower = texture[rows[1], columns[0]] * (1 - across) + texture[rows[1], columns[1]] * across
    return (upper * (1 - down) + lower * down) / np.float32(255)


def sample_levels(levels: list[np.ndarray], uv: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Sample bilinearly at the nearest level of detail.

    Args:
        levels: as `mip_levels` makes them.
        uv: (M, 2) row 0 at 0.
        level: (M,) wanted levels.

    Returns:
        (M, C) float32 in [0, 1].
    """
    chosen = np.clip(np.ceil(level + 0.5) - 1, 0, len(levels) - 1).astype(np.int64)
    values = np.empty((len(uv), levels[0].shape[2]), np.float32)
    for number in np.unique(chosen):
        here = np.flatnonzero(chosen == number)
        values[here] = bilinear(levels[number], uv[here])
    return values
