"""What an engine needs of a rig: the render mesh with its masks, vertex normals, and the checks on jobs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from facewright.datatypes import RenderJob
from facewright.errors import RigInvalid

if TYPE_CHECKING:
    from facewright.rig.spec import Rig

SKIN, EYE, TEETH, TONGUE, LASH = range(5)
"""Surfaces of a mesh vertex, as in `Mesh.surfaces`."""

MAXIMUM_SIDE_PX = 8192


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
        eyes: vertex indices of each eyeball.
        openness: (V,) float32 unoccluded share of the sky at the neutral head, 0 to 1.
        triangle_sum: (V, F) sparse 0/1 matrix that adds up the triangles around each vertex.
    """

    triangles: np.ndarray
    surfaces: np.ndarray
    render_vertex: np.ndarray
    render_triangles: np.ndarray
    uv: np.ndarray
    masks: np.ndarray
    labels: np.ndarray
    eyes: tuple[np.ndarray, ...]
    openness: np.ndarray
    triangle_sum: sparse.csr_matrix

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
    look = rig.appearance
    return build_engine_mesh(
        rig.mesh.triangles,
        rig.mesh.surfaces,
        look.render_vertex,
        look.render_triangles,
        look.uv,
        look.masks,
        look.labels,
    )


def build_engine_mesh(
    triangles: np.ndarray,
    surfaces: np.ndarray,
    render_vertex: np.ndarray,
    render_triangles: np.ndarray,
    uv: np.ndarray,
    masks: np.ndarray,
    labels: np.ndarray,
) -> EngineMesh:
    """Check the arrays of an EngineMesh (shapes and meanings there) and derive its adjacency.

    Raises:
        RigInvalid: The arrays contradict each other.
    """
    triangles, render_triangles = np.asarray(triangles, np.int32), np.asarray(render_triangles, np.int32)
    render_vertex, surfaces = np.asarray(render_vertex, np.int32), np.asarray(surfaces, np.uint8)
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
    corners = np.arange(triangles.size) // 3
    ones = np.ones(triangles.size, np.float32)
    triangle_sum = sparse.csr_matrix((ones, (triangles.ravel(), corners)), (len(surfaces), len(triangles)))
    return EngineMesh(
        triangles,
        surfaces,
        render_vertex,
        render_triangles,
        np.asarray(uv, np.float32),
        np.ascontiguousarray(masks, np.uint8),
        np.ascontiguousarray(labels, np.uint8),
        _eyeballs(triangles, surfaces),
        np.ones(len(surfaces), np.float32),
        triangle_sum,
    )


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
        normals[eye] = vertices[eye] - vertices[eye].mean(axis=0)
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
        "colours": (job.colours.vector(), (15,)),
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


def _eyeballs(triangles: np.ndarray, surfaces: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the vertex indices of each connected piece of eye surface."""
    edges = triangles[surfaces[triangles[:, 0]] == EYE][:, [0, 1, 1, 2]].reshape(-1, 2)
    graph = sparse.coo_matrix((np.ones(len(edges)), edges.T), (len(surfaces), len(surfaces)))
    _, piece = sparse.csgraph.connected_components(graph, directed=False)
    used = np.unique(edges)
    return tuple(used[piece[used] == number] for number in np.unique(piece[used]))
