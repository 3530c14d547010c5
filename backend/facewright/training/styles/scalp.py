"""Knows the head as a body that hair grows on and falls over: distances, smooth normals, the hairy part, roots."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

from facewright.datatypes import PART_NAMES
from facewright.rig.anchors import anchor_points
from facewright.rig.nouns import SURFACES, Rig
from facewright.rig.parts import appearance_of
from facewright.training.appearance.features import HAIRLINE, SKULL_FORWARD_MM
from facewright.training.appearance.texels import polygon_distance

CELL_M = 0.004
MARGIN_M = 0.13
SAMPLES = 60000
AZIMUTH_RADIUS_MM = 75.0
SKULL_CENTRE_MM = (0.0, -70.0, 22.0)
"""Middle of the skull: x, forward, up from the middle between the eyes."""


@dataclass(frozen=True, eq=False)
class Field:
    """A signed distance to a surface on a grid, negative inside.

    Attributes:
        low_m: (3,) place of the first cell.
        distance_m: (a, b, c) at the cells.
        gradient: (3, a, b, c) its smooth unit gradient.
    """

    low_m: np.ndarray
    distance_m: np.ndarray
    gradient: np.ndarray

    def distance(self, points_m: np.ndarray) -> np.ndarray:
        """Return the signed distance in m at points (..., 3)."""
        return self._sample(self.distance_m, points_m)

    def normal(self, points_m: np.ndarray) -> np.ndarray:
        """Return unit directions (..., 3) away from the surface."""
        found = np.stack([self._sample(axis, points_m) for axis in self.gradient], axis=-1)
        return found / np.maximum(np.linalg.norm(found, axis=-1, keepdims=True), 1e-9)

    def _sample(self, values: np.ndarray, points_m: np.ndarray) -> np.ndarray:
        place = np.moveaxis((np.asarray(points_m) - self.low_m) / CELL_M, -1, 0)
        return map_coordinates(values, place, order=1, mode="nearest")


@dataclass(frozen=True, eq=False)
class Scalp:
    """The head that hair is made for.

    Attributes:
        rig: the rig.
        origin_m: (3,) middle between the eyes.
        body: distance to the whole head, neck and bust.
        skull: the same without ears.
        smooth: as `body`, so blurred that its gradient is the normal of a mass of hair.
        triangles: (t, 3) skin outside the ears.
        ear_vertices: (V,) bool.
    """

    rig: Rig
    origin_m: np.ndarray
    body: Field
    skull: Field
    smooth: Field
    triangles: np.ndarray
    ear_vertices: np.ndarray

    def place_mm(self, points_m: np.ndarray) -> np.ndarray:
        """Return x, forward and up (..., 3) in mm from the middle between the eyes."""
        return (np.asarray(points_m) - self.origin_m) * [1000.0, -1000.0, 1000.0]

    def world_m(self, places_mm: np.ndarray) -> np.ndarray:
        """Return world points (..., 3) of places in mm from the middle between the eyes."""
        return np.asarray(places_mm, float) * [0.001, -0.001, 0.001] + self.origin_m

    def mass_normal(self, points_m: np.ndarray) -> np.ndarray:
        """Return the unit normals (..., 3) of a mass of hair around head and neck."""
        place = self.place_mm(points_m)
        axis = np.stack([0 * place[..., 0], 0 * place[..., 0] - 75.0, np.clip(place[..., 2], -200.0, 20.0)], axis=-1)
        round_ = (place - axis) * [1.0, -1.0, 1.0]
        round_ /= np.maximum(np.linalg.norm(round_, axis=-1, keepdims=True), 1e-9)
        mean = round_ + 0.8 * self.smooth.normal(points_m)
        return mean / np.maximum(np.linalg.norm(mean, axis=-1, keepdims=True), 1e-9)


def read_scalp(rig: Rig) -> Scalp:
    """Measure the head of a rig.

    Raises:
        RigInvalid: the rig has no labels that tell ears from skin.
    """
    vertices = np.asarray(rig.mesh.vertices_m, np.float64)
    origin = np.mean([anchor_points(rig, vertices)[name] for name in ("eye_centre.L", "eye_centre.R")], axis=0)
    is_ear = _labelled(rig, "ears")
    is_outside = (rig.mesh.surfaces == SURFACES.index("skin")) & ~_labelled(rig, "inner_mouth")
    is_skin = is_outside[rig.mesh.triangles].all(axis=1)
    skin = rig.mesh.triangles[is_skin]
    bald = skin[~is_ear[skin].any(axis=1)]
    generator = np.random.default_rng(7)
    body = _field(*sample_surface(vertices, skin, SAMPLES, generator), 0.8)
    skull = _field(*sample_surface(vertices, bald, SAMPLES, generator), 0.8)
    blurred = gaussian_filter(body.distance_m, 5.0)
    smooth = Field(body.low_m, body.distance_m, _unit_gradient(blurred))
    return Scalp(rig, origin, body, skull, smooth, bald, is_ear)


def sample_surface(
    vertices_m: np.ndarray, triangles: np.ndarray, count: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Scatter points evenly over a surface.

    Args:
        vertices_m: (V, 3).
        triangles: (t, 3).
        count: how many points.
        generator: source of randomness.

    Returns:
        (count, 3) points and (count, 3) smooth unit normals.
    """
    corners = vertices_m[triangles]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices_m)
    for k in range(3):
        np.add.at(normals, triangles[:, k], areas)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    size = np.linalg.norm(areas, axis=1)
    chosen = np.searchsorted(np.cumsum(size) / size.sum(), (np.arange(count) + generator.random(count)) / count)
    chosen = np.minimum(chosen, len(triangles) - 1)
    share = generator.dirichlet(np.ones(3), count)
    normal = np.einsum("nk,nkd->nd", share, normals[triangles[chosen]])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    return np.einsum("nk,nkd->nd", share, corners[chosen]), normal


def hair_depth_mm(
    scalp: Scalp, points_m: np.ndarray, hairline: tuple[tuple[float, float], ...] = HAIRLINE
) -> np.ndarray:
    """Return how far points lie inside the hairy part of the head.

    Args:
        scalp: the head.
        points_m: (..., 3) on the skin or above it.
        hairline: (azimuth in degrees, height in mm) of its lower edge, as HAIRLINE.

    Returns:
        (...) mm, negative on bare skin.
    """
    place = scalp.place_mm(points_m)
    azimuth = np.abs(np.arctan2(place[..., 0], place[..., 1] - SKULL_FORWARD_MM)) * AZIMUTH_RADIUS_MM
    line = np.array(hairline, float) * [np.pi / 180 * AZIMUTH_RADIUS_MM, 1.0]
    fine = np.linspace(line[0, 0], line[-1, 0], 600)
    curve = np.stack([fine, PchipInterpolator(line[:, 0], line[:, 1])(fine)], axis=1)
    outline: list[ArrayLike] = [[[-80.0, curve[0, 1]]], curve, [[320.0, curve[-1, 1]], [320.0, 300.0], [-80.0, 300.0]]]
    depth = polygon_distance(
        np.concatenate([np.asarray(part) for part in outline]), azimuth.ravel(), place[..., 2].ravel(), 0.5
    )
    return depth.reshape(azimuth.shape)


def scatter_roots(
    scalp: Scalp,
    spacing_m: float,
    generator: np.random.Generator,
    hairline: tuple[tuple[float, float], ...] = HAIRLINE,
    least_depth_mm: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Scatter roots over the hairy part of the head, none nearer to another than the spacing.

    Returns:
        (k, 3) points on the skin and (k, 3) unit normals.
    """
    points, normals = sample_surface(
        np.asarray(scalp.rig.mesh.vertices_m, np.float64), scalp.triangles, SAMPLES, generator
    )
    hairy = hair_depth_mm(scalp, points, hairline) > least_depth_mm
    points, normals = points[hairy], normals[hairy]
    tree, is_free, chosen = cKDTree(points), np.ones(len(points), bool), []
    for index in generator.permutation(len(points)):
        if is_free[index]:
            chosen.append(index)
            is_free[tree.query_ball_point(points[index], spacing_m)] = False
    return points[chosen], normals[chosen]


def cast_on_skull(scalp: Scalp, directions: np.ndarray, start_m: float = 0.16) -> np.ndarray:
    """Return the points (..., 3) in which rays (..., 3) from the skull's middle leave it, ears left out."""
    centre = scalp.world_m(np.array(SKULL_CENTRE_MM))
    reach = np.full(directions.shape[:-1], start_m)
    for _ in range(24):
        reach = np.maximum(reach - 0.9 * scalp.skull.distance(centre + directions * reach[..., None]), 0.02)
    return centre + directions * reach[..., None]


def _field(points_m: np.ndarray, normals: np.ndarray, blur_cells: float) -> Field:
    """Measure the signed distance to a surface that is given by points and normals."""
    low, high = points_m.min(axis=0) - MARGIN_M, points_m.max(axis=0) + MARGIN_M
    counts = np.ceil((high - low) / CELL_M).astype(int)
    cell = np.ravel_multi_index(np.round((points_m - low) / CELL_M).astype(int).T, counts)
    held = np.bincount(cell, minlength=counts.prod())
    total = [np.bincount(cell, values, counts.prod()) for values in (*points_m.T, *normals.T)]
    mean = np.stack(total, axis=-1) / np.maximum(held, 1)[:, None]  # (cells, 6)
    nearest = distance_transform_edt(held.reshape(counts) == 0, return_distances=False, return_indices=True)
    found = mean[np.ravel_multi_index(nearest, counts)]  # (a, b, c, 6)
    offset = np.stack(list(np.indices(counts)), axis=-1) * CELL_M + low - found[..., :3]
    away = np.einsum("abcd,abcd->abc", offset, found[..., 3:])
    across = np.linalg.norm(offset, axis=-1)
    signed = np.where(across < 2 * CELL_M, away, np.sign(away) * across)
    smooth = gaussian_filter(signed, blur_cells)
    return Field(low, smooth, _unit_gradient(gaussian_filter(signed, 1.5)))


def _unit_gradient(values: np.ndarray) -> np.ndarray:
    gradient = np.stack(np.gradient(values))
    return gradient / np.maximum(np.linalg.norm(gradient, axis=0, keepdims=True), 1e-9)


def _labelled(rig: Rig, part: str) -> np.ndarray:
    """Return (V,) which vertices of the skin the labels call by the name of a part."""
    look = appearance_of(rig)
    labels, side = look.labels, len(look.labels)
    texel = np.clip((look.uv * (1, -1) + (0, 1)) * side, 0, side - 1).astype(np.int64)
    found = np.zeros(len(rig.mesh.vertices_m), bool)
    found[look.render_vertex] = labels[texel[:, 1], texel[:, 0]] == PART_NAMES.index(part)
    return found & (rig.mesh.surfaces == SURFACES.index("skin"))
