"""What light a face stands in: direction and strength from its shading, exposure and white balance from priors."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from facewright.rig.colours import LUMINANCE

NEIGHBOURS = 10
"""Landmarks through which the surface at one of them is laid, itself among them."""

WRAP = 0.2
"""Share by which diffuse light reaches around the terminator, as the engine's skin does (mean over the channels)."""

SKY_ABOVE, SKY_BELOW = 1.05, 0.58
"""Ambient light from straight above and straight below, nearly as the engine's sky (mean over the channels)."""

DIRECTIONS = 240
"""Directions of the key light that are tried."""

AMBIENT_SHARE, AMBIENT_PULL = 0.45, 0.3
"""Expected share of the ambient light in the frontal light, and how much that counts, as a share of the data."""

FRONTAL_LIGHT_PULL = 0.15
"""Extra cost, relative to the spread of the samples, of light that comes from below or behind."""

SKIN_LOCUS = np.array([
    (0.020, 0.62, -0.40), (0.050, 0.85, -0.55), (0.12, 0.95, -0.62), (0.22, 0.84, -0.50), (0.35, 0.70, -0.36),
    (0.50, 0.58, -0.27), (0.70, 0.36, -0.17),
])  # fmt: skip
"""Luminance of skin with its mean log(R/G) and log(B/G), linear, as well balanced portraits show it."""

SKIN_LOCUS_SIGMA = np.array([0.16, 0.16])
"""Standard deviations of skin around its locus."""

SCLERA_RATIOS, SCLERA_REDNESS, SCLERA_BLUENESS = (0.3, 1.4), (0.55, 0.10), -0.12
"""log(R/G) at two luminances over the skin: the darker the white of the eye, the redder the light it gets."""

SCLERA_SIGMA, SURROUND_SIGMA = 0.25, 0.6
"""Standard deviations of the hue (logarithms) of whites of eyes and of surroundings around what is expected."""

ILLUMINANT_AXIS = np.array([0.62, -0.785])
"""Direction in (log R/G, log B/G) along which warm and cold lights differ: the Planckian locus."""

ILLUMINANT_SIGMA_ALONG, ILLUMINANT_SIGMA_ACROSS = 0.22, 0.08
"""Standard deviations of the light's hue along that axis and across it."""

EXPOSURE_SIGMA = 0.45
"""Standard deviation of the logarithm of the light on faces in photos, whose mean is 0."""

SKIN_LUMINANCE, SKIN_LOG_SIGMA = 0.33, 0.8
"""Usual luminance of the skin's albedo, and the standard deviation of its logarithm."""

SKIN_LUMINANCE_LIMITS, LIGHTNESS_STEPS = (0.02, 0.75), 48
"""Luminances of the skin's albedo that are tried, and how many."""

GREY_CHROMA, HUE_TRUST = 0.02, 0.6
"""Chroma up to which skin may have no hue of its own, and how much an odd colour of the light counts."""

MELANIN_LUMINANCE, MELANIN_SLOPE, MELANIN_LOG_SIGMA = 0.62, 0.95, 0.6
"""Skin as colourless as the white of the eye is the lightest; each unit of extra colour darkens it by a factor of e."""

SCLERA_LUMINANCE = 0.48
"""Luminance that the white of a wide open eye shows, in the shade of its lids, under unit light."""


@dataclass(frozen=True)
class Shading:
    """Light on a surface of unknown albedo: `key` and `ambient` are luminances, a frontal surface receives 1.

    Attributes:
        direction: (3,) unit vector towards the key light, camera space.
        key: luminance of the key light.
        ambient: luminance of the sky.
    """

    direction: np.ndarray
    key: float
    ambient: float

    def at(self, normals: np.ndarray) -> np.ndarray:
        """Return the light (N,) that surfaces with normals (N, 3) receive."""
        return self.key * diffuse(normals @ self.direction) + self.ambient * sky(normals)


def diffuse(toward: np.ndarray) -> np.ndarray:
    """Return the wrapped diffuse factor of n.l. Source: engine/shading.py."""
    return np.clip((toward + WRAP) / (1 + WRAP), 0, 1)


def sky(normals: np.ndarray) -> np.ndarray:
    """Return the ambient factor of (..., 3) normals. Source: engine/shading.py."""
    return SKY_ABOVE + (SKY_BELOW - SKY_ABOVE) * (1 + normals[..., 1]) / 2


def landmark_normals(landmarks_px: np.ndarray) -> np.ndarray:
    """Estimate surface normals from the landmarks' depth.

    Args:
        landmarks_px: (K, 3).

    Returns:
        (K, 3) unit normals in camera space, pointing out of the head: the direction in which a landmark's nearest
        neighbours vary least.
    """
    points = landmarks_px.astype(np.float64)
    _, nearest = cKDTree(points).query(points, NEIGHBOURS)
    patches = points[nearest] - points[nearest].mean(1, keepdims=True)  # (K, NEIGHBOURS, 3)
    _, _, axes = np.linalg.svd(patches)
    normals = axes[:, 2]
    size = np.ptp(points[:, 1])
    inside = points.mean(0) + (0, 0, 0.35 * size)
    outward = np.sign(np.einsum("ij,ij->i", normals, points - inside))
    return normals * np.where(outward == 0, 1, outward)[:, None]


def fit_shading(luminance: np.ndarray, normals: np.ndarray, weights: np.ndarray) -> Shading:
    """Fit a key light and a sky to the luminance of a surface of one albedo.

    Every direction of a grid is tried; for each, the strengths follow from robust least squares with a weak pull
    towards the usual share of ambient light.

    Args:
        luminance: (N,) linear luminance.
        normals: (N, 3) unit, camera space.
        weights: (N,) trust in each sample.

    Returns:
        The light, scaled so that a surface that faces the camera receives 1.
    """
    directions = _hemisphere(DIRECTIONS)
    lit = diffuse(normals @ directions.T).T  # (M, N)
    ambient = np.broadcast_to(sky(normals), lit.shape)
    frontal = np.array([0.0, 0.0, -1.0])
    lit_front, sky_front = diffuse(directions @ frontal), float(sky(frontal))
    level = np.average(luminance, weights=weights)
    pull = AMBIENT_PULL * weights.sum()
    trust = np.broadcast_to(weights, lit.shape)
    for _ in range(6):
        # Normal equations of the two strengths, one system per direction.
        kk = (trust * lit * lit).sum(1) + pull * (AMBIENT_SHARE * lit_front) ** 2
        ka = (trust * lit * ambient).sum(1) - pull * AMBIENT_SHARE * (1 - AMBIENT_SHARE) * lit_front * sky_front
        aa = (trust * ambient * ambient).sum(1) + pull * ((1 - AMBIENT_SHARE) * sky_front) ** 2
        ky, ay = (trust * lit * luminance).sum(1), (trust * ambient * luminance).sum(1)
        determinant = np.maximum(kk * aa - ka * ka, 1e-12)
        key = np.clip((aa * ky - ka * ay) / determinant, 0, None)
        base = np.clip((ay - ka * key) / aa, 0, None)
        residual = luminance - key[:, None] * lit - base[:, None] * ambient
        spread = 1.48 * np.median(np.abs(residual), axis=1, keepdims=True) + 1e-4
        trust = weights / np.maximum(1, np.abs(residual) / (1.5 * spread))
    cost = np.minimum(np.abs(residual), 3 * spread)
    scatter = np.median(np.abs(luminance - level)) + 1e-4
    unusual = np.clip(directions[:, 1], 0, None) + np.clip(directions[:, 2] + 0.2, 0, None)
    total = np.average(cost, axis=1, weights=weights) + FRONTAL_LIGHT_PULL * scatter * unusual
    likely = np.exp(-(total - total.min()) / (0.05 * scatter))
    direction = likely @ directions
    direction /= np.linalg.norm(direction)
    key_mean, base_mean = (float(likely @ strength / likely.sum()) for strength in (key, base))
    front = key_mean * float(diffuse(direction @ frontal)) + base_mean * sky_front
    return Shading(direction, key_mean / max(front, 1e-6), base_mean / max(front, 1e-6))


def _hemisphere(count: int) -> np.ndarray:
    """Return (M, 3) directions spread evenly over the side of the camera and a little beyond."""
    index = np.arange(count) + 0.5
    z = -1 + 1.3 * index / count
    angle = np.pi * (1 + 5**0.5) * index
    radius = np.sqrt(1 - z * z)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], 1)


def estimate_exposure(skin: np.ndarray, sclera: np.ndarray | None, surround: np.ndarray | None = None) -> float:
    """Estimate the light on a frontal surface from what skin and the whites of the eyes show.

    Opinions are averaged by their certainty: photos are exposed so that the light is about 1; skin has the albedo of
    skin; the more skin is coloured beyond the white of the eye, the more melanin darkens it. The white of the eye is
    no brighter than white, which bounds the light from below. And the lightness of skin goes with its hue: a lightness
    counts the less the odder the light's colour would have to be.

    Args:
        skin: (3,) linear colour of frontal skin; without a hue of its own, hue says nothing.
        sclera: (3,) linear colour of the whites of the eyes, or None.
        surround: (3,) mean linear colour of what surrounds the person, or None.

    Returns:
        The light; skin albedo is its luminance over the light.
    """
    luminance = np.log(skin @ LUMINANCE)
    opinions = [(0.0, EXPOSURE_SIGMA), (luminance - np.log(SKIN_LUMINANCE), SKIN_LOG_SIGMA)]
    if sclera is not None:
        redder, bluer = chroma(skin) - chroma(sclera)
        melanin = np.clip(redder - bluer, 0.0, 1.5)
        opinions.append((luminance - np.log(MELANIN_LUMINANCE) + MELANIN_SLOPE * melanin, MELANIN_LOG_SIGMA))
    lightness = np.linspace(np.log(SKIN_LUMINANCE_LIMITS[0]), np.log(SKIN_LUMINANCE_LIMITS[1]), LIGHTNESS_STEPS)
    costs = sum(((luminance - lightness - value) / sigma) ** 2 for value, sigma in opinions)
    if np.ptp(chroma(skin)) > 1e-3 or np.abs(chroma(skin)).max() > GREY_CHROMA:
        costs = costs + HUE_TRUST * np.array(
            [illuminant_cost(skin, float(np.exp(one)), sclera, surround) for one in lightness]
        )
    likely = np.exp(-(costs - costs.min()) / 2)
    light = float(np.exp(luminance - likely @ lightness / likely.sum()))
    return light if sclera is None else max(light, float(sclera @ LUMINANCE) / SCLERA_LUMINANCE)


def estimate_illuminant(
    skin: np.ndarray, skin_luminance: float, sclera: np.ndarray | None, surround: np.ndarray | None
) -> np.ndarray:
    """Estimate the colour of the light, so that it can be taken off the colours of the face.

    Args:
        skin: (3,) linear colour of frontal skin as photographed.
        skin_luminance: of its albedo.
        sclera: (3,) linear colour of the whites of the eyes, or None.
        surround: (3,) mean linear colour of what surrounds the person, or None.

    Returns:
        (2,) log(R/G), log(B/G) of the light: the most probable one when the light lies near the Planckian locus, skin
        near the skin locus, the whites of the eyes near white, and surroundings are grey on average.
    """
    observations = [(chroma(skin), skin_locus(skin_luminance), SKIN_LOCUS_SIGMA)]
    if sclera is not None:
        ratio = (sclera @ LUMINANCE) / (skin @ LUMINANCE)
        white = np.array([np.interp(ratio, SCLERA_RATIOS, SCLERA_REDNESS), SCLERA_BLUENESS])
        observations.append((chroma(sclera), white, np.full(2, SCLERA_SIGMA)))
    if surround is not None:
        observations.append((np.clip(chroma(surround), -1, 1), np.zeros(2), np.full(2, SURROUND_SIGMA)))
    across = np.array([-ILLUMINANT_AXIS[1], ILLUMINANT_AXIS[0]])
    precision = np.outer(ILLUMINANT_AXIS, ILLUMINANT_AXIS) / ILLUMINANT_SIGMA_ALONG**2
    precision += np.outer(across, across) / ILLUMINANT_SIGMA_ACROSS**2
    pulled = np.zeros(2)
    for seen, expected, sigma in observations:
        precision += np.diag(sigma**-2.0)
        pulled += (seen - expected) / sigma**2
    return np.linalg.solve(precision, pulled)


def illuminant_cost(
    skin: np.ndarray, skin_luminance: float, sclera: np.ndarray | None, surround: np.ndarray | None
) -> float:
    """Return the squared Mahalanobis distance of the likeliest light's colour, as `estimate_illuminant` finds it."""
    colour = estimate_illuminant(skin, skin_luminance, sclera, surround)
    across = np.array([-ILLUMINANT_AXIS[1], ILLUMINANT_AXIS[0]])
    odd = (colour @ ILLUMINANT_AXIS / ILLUMINANT_SIGMA_ALONG) ** 2 + (colour @ across / ILLUMINANT_SIGMA_ACROSS) ** 2
    return float(odd + (((chroma(skin) - skin_locus(skin_luminance) - colour) / SKIN_LOCUS_SIGMA) ** 2).sum())


def skin_locus(albedo_luminance: float) -> np.ndarray:
    """Return the mean (log R/G, log B/G) of skin with that albedo luminance."""
    place = np.log(max(albedo_luminance, 1e-4))
    return np.array([np.interp(place, np.log(SKIN_LOCUS[:, 0]), SKIN_LOCUS[:, k]) for k in (1, 2)])


def chroma(linear: np.ndarray) -> np.ndarray:
    """Return log(R/G) and log(B/G) of (..., 3) linear colours."""
    safe = np.log(np.maximum(linear, 1e-4))
    return safe[..., [0, 2]] - safe[..., 1:2]


def colour_of(chroma_value: np.ndarray, luminance: float) -> np.ndarray:
    """Return the (3,) linear colour with that (2,) chroma and luminance."""
    shape = np.exp(np.array([chroma_value[0], 0.0, chroma_value[1]]))
    return shape * luminance / (shape @ LUMINANCE)
