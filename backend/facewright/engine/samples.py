"""What the software engine sees at each sample: a z-buffer over the head and what it wears."""

from dataclasses import dataclass, fields

import numpy as np

from facewright.datatypes import RenderJob
from facewright.engine.mesh import LASH, EngineMesh, vertex_normals
from facewright.engine.raster import covered_samples, cross, detail_levels, sample_levels
from facewright.engine.shading import sample_thresholds
from facewright.engine.wear import LENS, Worn
from facewright.rig.appearance import CHANNEL

NEAR_M = 0.01
"""Triangles that reach nearer to the camera are left out."""

STRAND_OPACITY = 3
"""Channel of a texture of strands, as `read_strands` describes them."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What is seen at each of M samples or groups of samples.

    Attributes:
        kind: (M,) 0 nothing, else 1 + surface.
        uv: (M, 2) row 0 of the texture at 0.
        normal: (M, 3) unit, camera space.
        depth_m: (M,).
        openness: (M,).
        level: (M,) level of detail.
        strand: (M, 3) detail, shade and number of strands.
        turn: (M, 2) cosine and sine of twice their angle to the fall line.
    """

    kind: np.ndarray
    uv: np.ndarray
    normal: np.ndarray
    depth_m: np.ndarray
    openness: np.ndarray
    level: np.ndarray
    strand: np.ndarray
    turn: np.ndarray

    def at(self, index: np.ndarray) -> "Seen":
        """Return the chosen samples."""
        return Seen(*(getattr(self, field.name)[index] for field in fields(self)))


@dataclass(frozen=True, eq=False)
class Scene:
    """Head and pieces in camera space, joined; N vertices, F triangles.

    Attributes:
        place: (N, 3) m, camera space.
        normal: (N, 3) camera space.
        uv: (N, 2) row 0 of the texture at 0.
        openness: (N,).
        turn: (N, 2) of strands.
        triangles: (F, 3).
        surfaces: (F,).
        textures: (F,) index into `levels`; -1 for solid surfaces.
        levels: levels of detail of the face's masks and of the textures of the pieces.
    """

    place: np.ndarray
    normal: np.ndarray
    uv: np.ndarray
    openness: np.ndarray
    turn: np.ndarray
    triangles: np.ndarray
    surfaces: np.ndarray
    textures: np.ndarray
    levels: tuple[list[np.ndarray], ...]


def build_scene(
    mesh: EngineMesh, job: RenderJob, worn: Worn, masks: list[np.ndarray], strands: list[list[np.ndarray] | None]
) -> Scene:
    """Join a job's head and the solid triangles of its pieces.

    Args:
        mesh: The head's mesh.
        job: The job.
        worn: What it wears.
        masks: Levels of detail of the masks.
        strands: Levels of each piece's texture, None for solid pieces.
    """
    rotation = np.asarray(job.camera.camera_from_world, np.float32)[:3]
    vertices, flip = np.asarray(job.vertices_m, np.float32), np.array([1, -1], np.float32)
    places, normals = [vertices[mesh.render_vertex]], [vertex_normals(mesh, vertices)[mesh.render_vertex]]
    uvs, openness = [mesh.uv * flip + (1 - flip) / 2], [(mesh.openness * worn.openness)[mesh.render_vertex]]
    turns = [np.zeros((len(mesh.render_vertex), 2), np.float32)]
    triangles, surfaces = [mesh.render_triangles], [mesh.triangle_surfaces.astype(np.int64)]
    textures, levels, count = [np.zeros(len(mesh.triangles), np.int64)], [masks], len(mesh.render_vertex)
    for piece, own in zip(worn.pieces, strands, strict=True):
        solid = piece.piece.triangles[piece.piece.material != LENS]
        places.append(piece.vertices_m)
        normals.append(piece.normals)
        uvs.append(piece.piece.uv * flip + (1 - flip) / 2)
        openness.append(piece.piece.openness)
        turns.append(piece.turns)
        triangles.append(solid + count)
        surfaces.append(np.full(len(solid), piece.surface))
        textures.append(np.full(len(solid), -1 if own is None else len(levels)))
        levels += [] if own is None else [own]
        count += len(piece.vertices_m)
    place, normal = np.concatenate(places), np.concatenate(normals)
    return Scene(
        place @ rotation[:, :3].T + rotation[:, 3],
        normal @ rotation[:, :3].T,
        np.concatenate(uvs).astype(np.float32),
        np.concatenate(openness).astype(np.float32),
        np.concatenate(turns),
        np.concatenate(triangles),
        np.concatenate(surfaces),
        np.concatenate(textures),
        tuple(levels),
    )


def see(scene: Scene, job: RenderJob, samples: int) -> Seen:
    """Rasterise a scene at every sample, row by row: height * samples rows of width * samples.

    Args:
        scene: What to look at.
        job: Its camera counts.
        samples: Samples per pixel along each side.
    """
    camera = job.camera
    width, height = (side * samples for side in camera.size_px)
    depth = np.maximum(scene.place[:, 2], 1e-6)
    xy = screen(scene.place, job) * samples
    corners = scene.triangles
    sides = np.array([len(levels[0]) for levels in scene.levels])[np.maximum(scene.textures, 0)]
    level = detail_levels(xy[corners], scene.uv[corners], sides)
    a, b, c = (xy[corners[:, i]] for i in range(3))
    is_front = cross(b - a, c - a) < 0  # counter-clockwise outside is clockwise with y down
    has_two_sides = scene.surfaces >= LASH
    drawn = np.flatnonzero((scene.place[:, 2] > NEAR_M)[corners].all(axis=1) & (is_front | has_two_sides))
    nearest = np.full(width * height, np.inf, np.float32)
    owner = np.full(width * height, -1, np.int64)
    weights = np.zeros((width * height, 3), np.float32)
    for triangle, pixel, bary in covered_samples(xy[corners], depth[corners], drawn, width, height):
        kept = _opaque(scene, triangle, pixel, bary, level, (width, samples))
        triangle, pixel, bary = triangle[kept], pixel[kept], bary[kept]
        z = np.einsum("ij,ij->i", bary, depth[corners[triangle]])
        np.minimum.at(nearest, pixel, z)
        front = z == nearest[pixel]
        owner[pixel[front]], weights[pixel[front]] = triangle[front], bary[front]
    return _attributes(scene, owner, weights, nearest, level)


def screen(place: np.ndarray, job: RenderJob) -> np.ndarray:
    """Return the pixel coordinates (N, 2) of camera space points (N, 3)."""
    camera = job.camera
    depth = np.maximum(place[:, 2], 1e-6)
    return place[:, :2] / depth[:, None] * np.float32(camera.focal_px) + np.asarray(camera.centre_px, np.float32)


def _opaque(
    scene: Scene,
    triangle: np.ndarray,
    pixel: np.ndarray,
    bary: np.ndarray,
    level: np.ndarray,
    grid: tuple[int, int],
) -> np.ndarray:
    """Tell which covered samples (M,) hide what is behind them: all but those between strands and lashes."""
    width, samples = grid
    is_opaque = np.ones(len(triangle), bool)
    for texture, levels in enumerate(scene.levels):
        thin = (scene.textures[triangle] == texture) & ((texture > 0) | (scene.surfaces[triangle] == LASH))
        thin = np.flatnonzero(thin)
        if len(thin):
            at = np.einsum("ij,ijk->ik", bary[thin], scene.uv[scene.triangles[triangle[thin]]])
            row, column = np.divmod(pixel[thin], width)
            limit = sample_thresholds(samples)[row % samples, column % samples]
            channel = CHANNEL["opacity"] if texture == 0 else STRAND_OPACITY
            is_opaque[thin] = sample_levels(levels, at, level[triangle[thin]])[:, channel] >= limit
    return is_opaque


def _attributes(scene: Scene, owner: np.ndarray, weights: np.ndarray, nearest: np.ndarray, level: np.ndarray) -> Seen:
    """Interpolate the vertices' attributes at the samples that a triangle owns."""
    hit = np.flatnonzero(owner >= 0)
    corners, bary = scene.triangles[owner[hit]], weights[hit]
    kind, levels = np.zeros(len(owner), np.int64), np.zeros(len(owner), np.float32)
    kind[hit], levels[hit] = 1 + scene.surfaces[owner[hit]], level[owner[hit]]
    found = []
    for values in (scene.uv, scene.normal, scene.openness[:, None], scene.turn):
        field = np.zeros((len(owner), values.shape[1]), np.float32)
        field[hit] = np.einsum("ij,ijk->ik", bary, values[corners])
        found.append(field)
    uv, normal, openness, turn = found
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    strand = np.zeros((len(owner), 3), np.float32)
    for texture in range(1, len(scene.levels)):
        here = hit[scene.textures[owner[hit]] == texture]
        strand[here] = sample_levels(scene.levels[texture], uv[here], levels[here])[:, :3]
    return Seen(kind, uv, normal, nearest, openness[:, 0], levels, strand, turn)
