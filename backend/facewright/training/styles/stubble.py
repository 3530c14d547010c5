"""Draws beard hair on the skin: stubble, and the roots of longer beards, whose edges are made of hairs."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from facewright.engine.smoothstep import smoothstep
from facewright.training.styles.beard_region import BeardMap
from facewright.training.styles.strokes import draw_hairs

SIDEBURN_TOP_MM = -8.0
"""Height at which a beard's sideburns have faded out."""

STEPS = 4
"""Segments of a drawn hair."""


@dataclass(frozen=True)
class RootStyle:
    """How the hair on the skin looks.

    Attributes:
        per_mm2: hairs a square millimetre where it is densest.
        length_mm: mean length of a drawn hair.
        width_mm: its thickness.
        strength: opacity of the strongest hairs.
        ground: strength of the soft shade between the hairs.
        edge_mm: width of the thinning border.
    """

    per_mm2: float
    length_mm: float
    width_mm: float = 0.14
    strength: float = 0.8
    ground: float = 0.3
    edge_mm: float = 5.0


def root_coverage(
    beard: BeardMap, depth_mm: np.ndarray, style: RootStyle, generator: np.random.Generator
) -> np.ndarray:
    """Return (S, S) float32 coverage of hair on the skin.

    Args:
        beard: the lower face.
        depth_mm: (S, S) mm into the hairy area.
        style: what to draw.
        generator: source of randomness.
    """
    density = growth(beard, depth_mm, style.edge_mm, generator)
    roots = sample_roots(beard, density, style.per_mm2, generator)
    hairs = [_hair(beard, root, style.length_mm, generator) for root in roots]
    strengths = style.strength * generator.uniform(0.45, 1.0, len(roots))
    widths = style.width_mm * beard.per_mm * generator.uniform(0.8, 1.2, len(roots))
    drawn = draw_hairs(beard.surface.side, hairs, strengths, widths, taper=0.6)
    ground = style.ground * gaussian_filter(density, 0.5 * beard.per_mm)
    return (1 - (1 - drawn) * (1 - ground)) * beard.surface.is_face


def growth(beard: BeardMap, depth_mm: np.ndarray, edge_mm: float, generator: np.random.Generator) -> np.ndarray:
    """Return (S, S) how densely hair grows, 0 to 1: thin at edges and on the cheeks, uneven everywhere."""
    side = beard.surface.side
    patches = gaussian_filter(generator.standard_normal((side, side)), 1.6 * beard.per_mm)
    x, up = np.abs(beard.surface.place[..., 0]), beard.surface.place[..., 2]
    # Beards thin out slowly upwards on the cheeks, faster everywhere else.
    edge_mm = edge_mm * (1 + 1.2 * smoothstep(28.0, 40.0, x) * smoothstep(62.0, 52.0, x) * smoothstep(-85.0, -65.0, up))
    density = smoothstep(-0.5 * edge_mm, 0.5 * edge_mm, depth_mm - 0.1 * edge_mm) * smoothstep(0.0, 1.2, beard.allowed)
    density *= smoothstep(SIDEBURN_TOP_MM, SIDEBURN_TOP_MM - 14.0, up)
    density *= np.clip(1 + 0.16 * patches / patches.std(), 0, 1.2)
    # Between lip and chin, beside the soul patch, men grow little.
    bare = smoothstep(5.0, 8.0, x) * smoothstep(19.0, 13.0, x)
    bare = bare * smoothstep(-93.0, -88.0, up) * smoothstep(-76.0, -80.0, up)
    philtrum = smoothstep(2.6, 0.8, x) * smoothstep(-62.0, -58.0, up) * smoothstep(-46.0, -50.0, up)
    return np.clip(density * (1 - 0.4 * bare) * (1 - 0.2 * philtrum), 0, 1).astype(np.float32)


def sample_roots(beard: BeardMap, density: np.ndarray, per_mm2: float, generator: np.random.Generator) -> np.ndarray:
    """Draw places of roots, (n, 2) px, so dense on the skin as `density` (S, S) times `per_mm2` says."""
    slopes = beard.surface.slopes()
    area = np.linalg.norm(np.cross(slopes[..., 0], slopes[..., 1]), axis=-1)  # mm2 a texel
    expected = np.where(beard.surface.is_face, area * density * per_mm2, 0)
    expected[density < 0.01] = 0
    count = generator.poisson(expected.sum())
    flat = generator.choice(expected.size, size=count, p=(expected / expected.sum()).ravel())
    rows, columns = np.divmod(flat, beard.surface.side)
    return np.stack([columns, rows], axis=1) + generator.random((count, 2))


def _hair(beard: BeardMap, root: np.ndarray, length_mm: float, generator: np.random.Generator) -> np.ndarray:
    """Return a polyline (STEPS + 1, 2) px that follows the flow of hair from a root."""
    side = beard.surface.side
    step = length_mm * generator.uniform(0.5, 1.3) * beard.per_mm / STEPS
    turn = generator.normal(0, 0.28)
    points = [root]
    for _ in range(STEPS):
        column, row = np.clip(points[-1].astype(int), 0, side - 1)
        along = beard.flow_px[row, column]
        cosine, sine = np.cos(turn), np.sin(turn)
        turn += generator.normal(0, 0.10)
        move = np.array([along[0] * cosine - along[1] * sine, along[0] * sine + along[1] * cosine])
        points.append(points[-1] + move * step)
    return np.array(points)
