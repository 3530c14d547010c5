"""The face texture texel by texel: the point of the skin that each shows, its mirror image, how far photos reach."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from facewright.rig.baking import rasterise
from facewright.rig.nouns import SURFACES, Rig
from facewright.rig.parts import appearance_of, landmarks_of

FEATHER_M = 0.010
"""Width of the rim of the landmarks' area in which a photo is believed less and less."""

MIRROR_ERROR_M = 0.004
"""A texel whose mirror image would lie farther off than that has none: seams, and what differs between the sides."""

NOWHERE_PX = -1e4
MIRRORED = np.array([-1, 1, 1], np.float32)


@dataclass(frozen=True, eq=False)
class SkinAtlas:
    """Texels of the outer skin of a rig; T is the side of the texture.

    Attributes:
        is_skin: (T, T) bool, the outer skin; not the mouth's lining, eyes or teeth.
        triangles: (T, T) int32 row of `Mesh.triangles`, 0 off the skin.
        barycentric: (T, T, 3) float32.
        mirror_px: (T, T, 2) float32 place of each texel's mirror image, for `cv2.remap`; far off where there is none.
        trust: (T, T) float32 in [0, 1]: 1 well within the landmarks, 0 where no landmark holds the fit.
        texel_m: mean size of a texel in the face.
    """

    is_skin: np.ndarray
    triangles: np.ndarray
    barycentric: np.ndarray
    mirror_px: np.ndarray
    trust: np.ndarray
    texel_m: float

    @property
    def side(self) -> int:
        """T."""
        return len(self.is_skin)


def build_atlas(rig: Rig, side: int) -> SkinAtlas:
    """Look at a rig's texture texel by texel.

    Args:
        rig: a rig with appearance and landmark map.
        side: T.

    Raises:
        RigInvalid: it has not.
    """
    look = appearance_of(rig)
    faces = np.flatnonzero(_outer_skin(rig))
    corners = look.render_triangles[faces]
    own = np.arange(3 * len(faces)).reshape(-1, 3)
    barycentric, owner = rasterise(look.uv[corners.ravel()], own, np.tile(np.eye(3), (len(faces), 1)), side)
    is_skin = owner >= 0
    triangles = np.where(is_skin, faces[np.maximum(owner, 0)], 0).astype(np.int32)
    mirrored_uv = look.uv[_mirror_vertices(rig, np.unique(corners))]
    places = np.stack([mirrored_uv[:, 0], 1 - mirrored_uv[:, 1]], 1) * side - 0.5
    mirror = interpolate(barycentric, look.render_triangles[triangles], places.astype(np.float32))
    points = interpolate(barycentric, rig.mesh.triangles[triangles], rig.mesh.vertices_m)
    facing = cv2.remap(points, mirror[..., 0], mirror[..., 1], cv2.INTER_LINEAR)
    is_mirrored = is_skin & (np.linalg.norm(facing - points * MIRRORED, axis=-1) < MIRROR_ERROR_M)
    texel_m = _texel_size(rig, faces, side)
    return SkinAtlas(
        is_skin,
        triangles,
        barycentric,
        np.where(is_mirrored[..., None], mirror, NOWHERE_PX).astype(np.float32),
        _trust(rig, is_skin, texel_m),
        texel_m,
    )


def interpolate(barycentric: np.ndarray, corners: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return (T, T, C) of per-vertex values (n, C) at texels whose triangles have these corners (T, T, 3)."""
    return sum(barycentric[..., k, None] * values[corners[..., k]] for k in range(3))


def texel_values(atlas: SkinAtlas, rig: Rig, values: np.ndarray) -> np.ndarray:
    """Return (T, T, C) of values (V, C) at the vertices of a rig's mesh."""
    return interpolate(atlas.barycentric, rig.mesh.triangles[atlas.triangles], values.astype(np.float32))


def _outer_skin(rig: Rig) -> np.ndarray:
    """Return (F,) whether a triangle lies in a chart that has landmarks: linings have charts of theirs."""
    triangles, landmarks = appearance_of(rig).render_triangles, landmarks_of(rig)
    count = len(appearance_of(rig).uv)
    edges = triangles[:, [0, 1, 1, 2]].reshape(-1, 2)
    _, chart = sparse.csgraph.connected_components(
        sparse.coo_matrix((np.ones(len(edges)), edges.T), (count, count)), directed=False
    )
    of_triangle = chart[triangles[:, 0]]
    is_skin = rig.mesh.surfaces[rig.mesh.triangles[:, 0]] == SURFACES.index("skin")
    seen = landmarks.triangles[is_skin[landmarks.triangles]]
    charts, counts = np.unique(of_triangle[seen], return_counts=True)
    return is_skin & np.isin(of_triangle, charts[counts > len(seen) // 10])


def _mirror_vertices(rig: Rig, used: np.ndarray) -> np.ndarray:
    """Return (Vr,) the render vertex, one of those used, nearest to each render vertex's mirror image."""
    points = rig.mesh.vertices_m[appearance_of(rig).render_vertex]
    _, nearest = cKDTree(points[used]).query(points * MIRRORED)
    return used[nearest]


def _texel_size(rig: Rig, faces: np.ndarray, side: int) -> float:
    """Return the mean size of a texel (m) around the landmarks."""
    look, landmarks = appearance_of(rig), landmarks_of(rig)
    held = landmarks.triangles[np.isin(landmarks.triangles, faces)]
    places = rig.mesh.vertices_m[rig.mesh.triangles[held]]
    uv = look.uv[look.render_triangles[held]] * side
    area = np.linalg.norm(np.cross(places[:, 1] - places[:, 0], places[:, 2] - places[:, 0]), axis=1).sum()
    first, second = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    return float(np.sqrt(area / np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum()))


def _trust(rig: Rig, is_skin: np.ndarray, texel_m: float) -> np.ndarray:
    """Return (T, T) 1 within the hull of the landmarks, falling to 0 at its rim."""
    side, look, landmarks = len(is_skin), appearance_of(rig), landmarks_of(rig)
    uv = look.uv[look.render_triangles[landmarks.triangles]]  # (K, 3, 2)
    places = np.einsum("kc,kcd->kd", landmarks.barycentric, uv)
    texels = np.rint(np.stack([places[:, 0], 1 - places[:, 1]], 1) * side).astype(np.int32)
    on_skin = is_skin[np.clip(texels[:, 1], 0, side - 1), np.clip(texels[:, 0], 0, side - 1)]
    hull = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(texels[on_skin]), 1)
    inward_m = cv2.distanceTransform(hull, cv2.DIST_L2, 5) * texel_m
    return (np.clip(inward_m / FEATHER_M, 0, 1) * is_skin).astype(np.float32)
