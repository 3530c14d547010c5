"""What an engine needs of a rig: the render mesh with its masks, vertex normals, and the checks on jobs."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from facewright.datatypes import PART_NAMES, RenderJob
from facewright.engine.occlusion import sky_openness
from facewright.errors import RigInvalid

if TYPE_CHECKING:
    from facewright.rig.nouns import Appearance, Mesh, Rig, StyleGroup

SKIN, EYE, TEETH, TONGUE, LASH = range(5)
"""Surfaces of a mesh vertex, as in `Mesh.surfaces`."""

HAIR, BEARD, FRAME = 5, 6, 7
"""Surfaces of pieces. Lenses are no surface: they lie over the picture."""

MAXIMUM_SIDE_PX = 8192

CORNEA_STEEPNESS = 0.55
"""How much faster the normal turns over the cornea than over the sphere: 12 mm / 7.8 mm - 1."""

CORNEA_COSINE = 0.82
"""Cosine of the angle, seen from the eyeball's middle, at which the cornea ends."""

MOUTH_DEPTH_M = 0.045
"""Behind the front teeth, where the throat's darkness begins."""

LEAST_OPENNESS = (0.1, 0.3, 0.1, 0.1, 0.6)
"""Openness of a wholly covered vertex of each surface; eyelids move and lashes let light through."""


@dataclass(frozen=True)
class Eyeball:
    """One connected piece of eye surface.

    Attributes:
        vertices: (M,) mesh vertices.
        is_iris: (M,) bool, those that the labels texture calls iris.
    """

    vertices: np.ndarray
    is_iris: np.ndarray


@dataclass(frozen=True)
class EngineMesh:
    """The mesh as the engines draw it. Render vertices are mesh vertices split along the UV seams.

    Attributes:
        triangles: (F, 3) int32 into the mesh's vertices.
        surfaces: (V,) uint8 surface of each mesh vertex.
        render_vertex: (R,) int32 mesh vertex of each render vertex.
        render_triangles: (F, 3) int32 into the render vertices, in the order of `triangles`.
        uv: (R, 2) float32 in [0, 1], v up.
        masks: (T, T, 12) uint8 appearance masks, row 0 at v = 1.
        labels: (T, T) uint8 part of each skin and eye texel.
        eyes: the eyeballs.
        openness: (V,) float32 unoccluded share of the sky at the neutral head, 0 to 1.
        triangle_sum: (V, F) sparse 0/1 matrix that adds up the triangles around each vertex.
        marks: (T, T, 3) uint8 freckles, spots and creases; None where the rig has none.
        relief: (T, T, 4) uint8 slopes of wrinkles and pores; None likewise.
        styles: what heads may wear.
        bone_count: J, bones that pieces may follow.
    """

    triangles: np.ndarray
    surfaces: np.ndarray
    render_vertex: np.ndarray
    render_triangles: np.ndarray
    uv: np.ndarray
    masks: np.ndarray
    labels: np.ndarray
    eyes: tuple[Eyeball, ...]
    openness: np.ndarray
    triangle_sum: sparse.csr_matrix
    marks: np.ndarray | None = None
    relief: np.ndarray | None = None
    styles: "tuple[StyleGroup, ...]" = ()
    bone_count: int = 0

    @property
    def vertex_count(self) -> int:
        """V."""
        return len(self.surfaces)

    @property
    def triangle_surfaces(self) -> np.ndarray:
        """(F,) surface of each triangle."""
        return self.surfaces[self.triangles[:, 0]]


def engine_mesh(rig: "Rig") -> EngineMesh:
    """Take from a rig what the engines need.

    Raises:
        RigInvalid: The rig has no appearance, or its arrays contradict each other.
    """
    if rig.appearance is None:
        raise RigInvalid(
            f"rig {rig.id} has no appearance to draw", "build it with facewright.training.build_appearance"
        )
    return replace(build_engine_mesh(rig.mesh, rig.appearance), styles=rig.styles, bone_count=len(rig.bones))


def build_engine_mesh(mesh: "Mesh", look: "Appearance") -> EngineMesh:
    """Join a neutral head and its appearance, and derive what depends on them alone.

    Raises:
        RigInvalid: The arrays contradict each other.
    """
    triangles, render_triangles = np.asarray(mesh.triangles, np.int32), np.asarray(look.render_triangles, np.int32)
    render_vertex, surfaces = np.asarray(look.render_vertex, np.int32), np.asarray(mesh.surfaces, np.uint8)
    uv, masks, labels = look.uv, look.masks, look.labels
    remedy = "rebuild the rig's appearance with facewright.training.build_appearance"
    if triangles.shape != render_triangles.shape or triangles.ndim != 2 or triangles.shape[1] != 3:
        message = f"mesh has triangles {triangles.shape}, appearance {render_triangles.shape}; expected equal (F, 3)"
        raise RigInvalid(message, remedy)
    if render_triangles.max() >= len(render_vertex) or not np.array_equal(render_vertex[render_triangles], triangles):
        raise RigInvalid("the appearance's render triangles do not lead to the mesh's triangles", remedy)
    if len(uv) != len(render_vertex) or triangles.max() >= len(surfaces):
        message = f"{len(uv)} UVs for {len(render_vertex)} render vertices; {len(surfaces)} vertex surfaces"
        raise RigInvalid(message, remedy)
    if masks.ndim != 3 or masks.shape[2] != 12 or masks.shape[:2] != labels.shape:
        raise RigInvalid(f"expected masks (T, T, 12) and labels (T, T), got {masks.shape} and {labels.shape}", remedy)
    for name, picture, channels in (("marks", look.marks, 3), ("relief", look.relief, 4)):
        if picture is not None and picture.shape != (*masks.shape[:2], channels):
            raise RigInvalid(f"expected {name} {(*masks.shape[:2], channels)}, got {picture.shape}", remedy)
    corners = np.arange(triangles.size) // 3
    ones = np.ones(triangles.size, np.float32)
    triangle_sum = sparse.csr_matrix((ones, (triangles.ravel(), corners)), (len(surfaces), len(triangles)))
    built = EngineMesh(
        triangles,
        surfaces,
        render_vertex,
        render_triangles,
        np.asarray(uv, np.float32),
        np.ascontiguousarray(masks, np.uint8),
        np.ascontiguousarray(labels, np.uint8),
        (),
        np.ones(len(surfaces), np.float32),
        triangle_sum,
        look.marks,
        look.relief,
    )
    parts = _vertex_parts(built)
    built = replace(built, eyes=_eyeballs(built, parts))
    return replace(built, openness=_openness(built, np.asarray(mesh.vertices_m), parts))


def vertex_normals(mesh: EngineMesh, vertices_m: np.ndarray) -> np.ndarray:
    """Compute area-weighted normals at mesh vertices; an eyeball's are those of a sphere about its middle.

    Args:
        mesh: The mesh.
        vertices_m: (V, 3) posed vertices.

    Returns:
        (V, 3) float32 unit normals in world space, zero at vertices without a triangle that has an area.
    """
    vertices = np.asarray(vertices_m, np.float32)
    a, b, c = (vertices[mesh.triangles[:, i]] for i in range(3))
    u, v = b - a, c - a
    areas = np.empty_like(u)  # np.cross spends four times as long
    areas[:, 0] = u[:, 1] * v[:, 2] - u[:, 2] * v[:, 1]
    areas[:, 1] = u[:, 2] * v[:, 0] - u[:, 0] * v[:, 2]
    areas[:, 2] = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    normals = mesh.triangle_sum @ areas  # (V, 3)
    for eye in mesh.eyes:
        normals[eye.vertices] = _eye_normals(vertices[eye.vertices], eye.is_iris)
    lengths = np.sqrt(np.einsum("ij,ij->i", normals, normals))
    return normals / np.maximum(lengths, 1e-20)[:, None]


def check_job(mesh: EngineMesh, job: RenderJob, index: int) -> None:
    """Refuse a job that cannot be drawn.

    Args:
        mesh: The mesh that the job's vertices pose.
        job: The job.
        index: Its place in the call, for the message.

    Raises:
        ValueError: A shape, a size or a value is wrong; the message names the job and the field.
    """
    camera, name = job.camera, f"job {index}"
    expected = {
        "vertices_m": (job.vertices_m, (mesh.vertex_count, 3)),
        "camera.camera_from_world": (camera.camera_from_world, (4, 4)),
        "camera.centre_px": (camera.centre_px, (2,)),
        "look.colours": (job.look.colours.vector(), (18,)),
        "look.skin": (job.look.skin.vector(), (4,)),
        "lighting.direction": (job.lighting.direction, (3,)),
        "lighting.key": (job.lighting.key, (3,)),
        "lighting.ambient": (job.lighting.ambient, (3,)),
    }
    for field, (value, shape) in expected.items():
        array = np.asarray(value)
        if array.shape != shape:
            raise ValueError(f"{name}: {field} must have shape {shape}, got {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name}: {field} has values that are not finite")
    if not (np.isfinite(camera.focal_px) and camera.focal_px > 0):
        raise ValueError(f"{name}: camera.focal_px must be positive, got {camera.focal_px}")
    if len(camera.size_px) != 2 or not all(1 <= side <= MAXIMUM_SIDE_PX for side in camera.size_px):
        raise ValueError(f"{name}: camera.size_px must be two sides in 1..{MAXIMUM_SIDE_PX}, got {camera.size_px}")
    if np.linalg.norm(job.lighting.direction) < 1e-6:
        raise ValueError(f"{name}: lighting.direction has no length")
    if job.look.photo_skin is not None:
        layer = job.look.photo_skin.layer
        if layer.dtype != np.uint8 or layer.ndim != 3 or layer.shape != (len(layer), len(layer), 4):
            raise ValueError(f"{name}: look.photo_skin.layer must be (T, T, 4) uint8, got {layer.shape} {layer.dtype}")
        if not 0.0 <= job.look.photo_share <= 1.0:
            raise ValueError(f"{name}: look.photo_share must be in 0..1, got {job.look.photo_share}")


def _vertex_parts(mesh: EngineMesh) -> np.ndarray:
    """Return the part at each vertex, (V,) uint8, read from the labels texture."""
    side = len(mesh.labels)
    texel = np.clip((mesh.uv * (1, -1) + (0, 1)) * side, 0, side - 1).astype(np.int64)
    parts = np.zeros(len(mesh.surfaces), np.uint8)
    parts[mesh.render_vertex] = mesh.labels[texel[:, 1], texel[:, 0]]
    return parts


def _eyeballs(mesh: EngineMesh, parts: np.ndarray) -> tuple[Eyeball, ...]:
    """Return each connected piece of eye surface."""
    count = len(mesh.surfaces)
    edges = mesh.triangles[mesh.triangle_surfaces == EYE][:, [0, 1, 1, 2]].reshape(-1, 2)
    graph = sparse.coo_matrix((np.ones(len(edges)), edges.T), (count, count))
    _, piece = sparse.csgraph.connected_components(graph, directed=False)
    used = np.unique(edges)
    eyes = []
    for number in np.unique(piece[used]):
        vertices = used[piece[used] == number]
        eyes.append(Eyeball(vertices, parts[vertices] == PART_NAMES.index("iris")))
    return tuple(eyes)


def _eye_normals(vertices: np.ndarray, is_iris: np.ndarray) -> np.ndarray:
    """Return the normals (M, 3), of any length, of an eyeball's sphere with the steeper cornea over its iris."""
    outward = vertices - vertices.mean(axis=0)
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    if not is_iris.any():
        return outward
    axis = outward[is_iris].mean(axis=0)
    axis /= np.linalg.norm(axis)
    along = outward @ axis
    bulge = CORNEA_STEEPNESS * np.clip((along - CORNEA_COSINE) / (1 - CORNEA_COSINE), 0, 1) ** 0.5
    return outward + bulge[:, None] * (outward - along[:, None] * axis)


def _openness(mesh: EngineMesh, vertices_m: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Return the openness of each vertex; in the mouth, which the neutral head shuts, it falls with depth instead."""
    casts = ~np.isin(mesh.triangle_surfaces, (LASH, EYE))
    openness = sky_openness(vertices_m, vertex_normals(mesh, vertices_m), mesh.triangles[casts])
    for surface, least in enumerate(LEAST_OPENNESS):
        at = mesh.surfaces == surface
        openness[at] = least + (1 - least) * openness[at]
    is_mouth = np.isin(mesh.surfaces, (TEETH, TONGUE)) | (parts == PART_NAMES.index("inner_mouth"))
    if is_mouth.any():
        depth = vertices_m[is_mouth, 1] - vertices_m[is_mouth, 1].min()
        openness[is_mouth] = 0.06 + 0.70 * np.clip(1 - depth / MOUTH_DEPTH_M, 0, 1)
    return openness
