"""Knows where on the neutral head each texel of the face chart lies, and finds the texels of places on the face."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.interpolate import LinearNDInterpolator
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from facewright.rig.anchors import eye_centres
from facewright.rig.baking import rasterise
from facewright.rig.nouns import Rig
from facewright.rig.parts import appearance_of
from facewright.training.appearance.atlas import border_loops, spread

REFERENCE_EYES_MM = 57.7
"""Distance between the eye centres for which the outlines of styles are written down; they scale with the rig's."""


@dataclass(frozen=True, eq=False)
class FaceSurface:
    """The chart of the outer skin. Places are in mm from the middle between the eyes, scaled to REFERENCE_EYES_MM.

    Attributes:
        side: S of the face texture, px.
        place: (S, S, 3) x, forward and up at each texel; outside the chart those of the nearest texel.
        is_face: (S, S) bool, whether a texel lies in the chart.
        vertex_place: (n, 3) places of the chart's vertices.
        vertex_px: (n, 2) their texture places, x right and y down, px.
        triangles: (m, 3) the chart's triangles, rows of the two above.
        origin_m: (3,) the middle between the eyes, world space.
        per_m: units of a place in a metre.
    """

    side: int
    place: np.ndarray
    is_face: np.ndarray
    vertex_place: np.ndarray
    vertex_px: np.ndarray
    triangles: np.ndarray
    origin_m: np.ndarray
    per_m: float

    def world_m(self, place: np.ndarray) -> np.ndarray:
        """Turn places (..., 3) into world space, m."""
        return self.origin_m + place * [1, -1, 1] / self.per_m

    def normals(self) -> np.ndarray:
        """Return (S, S, 3) unit normals, as places, that point out of the head."""
        slopes = self.slopes()
        normals = np.cross(slopes[..., 1], slopes[..., 0])
        normals = np.stack([gaussian_filter(normals[..., k], 2.0) for k in range(3)], axis=-1)
        normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
        at_nose = np.linalg.norm(
            self.place - self.place[self.is_face][self.place[self.is_face][:, 1].argmax()], axis=-1
        )
        return normals * np.sign(normals[at_nose < 8.0][:, 1].mean())

    def texels_at(self, points: np.ndarray) -> np.ndarray:
        """Find the texture places of points seen from the front.

        Args:
            points: (n, 2) x and up on the front of the face.

        Returns:
            (n, 2) px, nan beside the face.
        """
        front = self.vertex_place[:, 1] > -45.0
        return LinearNDInterpolator(self.vertex_place[front][:, [0, 2]], self.vertex_px[front])(points)

    def slopes(self) -> np.ndarray:
        """Return (S, S, 3, 2) by how much a place changes from one texel to the next to the right and downwards."""
        return np.stack([np.gradient(self.place, axis=1), np.gradient(self.place, axis=0)], axis=-1)

    def eye_rims(self) -> list[np.ndarray]:
        """Return the places of the lid margins of the left and the right eye, (k, 3) each, in order round the eye."""
        holes = [self.vertex_place[loop] for loop in border_loops(self.triangles)[1:]]
        eyes = sorted(holes, key=lambda hole: -hole[:, 2].mean())[:2]
        return sorted(eyes, key=lambda hole: -hole[:, 0].mean())


def face_surface(rig: Rig) -> FaceSurface:
    """Find the outer skin's chart and the place of each of its texels on a rig's neutral head."""
    look, vertices = appearance_of(rig), rig.mesh.vertices_m.astype(np.float64)
    eyes = eye_centres(rig, vertices)
    scale = REFERENCE_EYES_MM / np.linalg.norm(eyes[1] - eyes[0])
    place = (vertices - eyes.mean(0)) * [1, -1, 1] * scale
    edges = look.render_triangles[:, [0, 1, 1, 2]].reshape(-1, 2)
    count, side = len(look.uv), len(look.labels)
    _, piece = connected_components(coo_matrix((np.ones(len(edges)), edges.T), (count, count)), directed=False)
    nose = np.flatnonzero(look.render_vertex == rig.anchors["nose_tip"][0])[0]
    triangles = look.render_triangles[piece[look.render_triangles[:, 0]] == piece[nose]]
    used, local = np.unique(triangles, return_inverse=True)
    local, uv = local.reshape(-1, 3), look.uv[used].astype(np.float64)
    attributes = place[look.render_vertex[used]]
    values, owner = rasterise(uv, local, attributes, side)
    pixels = np.stack([uv[:, 0], 1 - uv[:, 1]], axis=1) * side
    return FaceSurface(
        side, spread(values, owner >= 0), owner >= 0, attributes, pixels, local, eyes.mean(0), float(scale)
    )


def save_layer(coverage: np.ndarray, path: Path) -> None:
    """Write a layer, (S, S) in [0, 1], as a grey picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    levels = np.clip(coverage * 255.0 + 0.5, 0, 255).astype(np.uint8)
    Image.fromarray(levels, "L").save(path, optimize=True)
