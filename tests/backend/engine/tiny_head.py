"""A small head for the engine tests: a bumpy ball with two eyes, a row of teeth and a lash card, painted unevenly."""

from types import SimpleNamespace

import numpy as np

from facewright.datatypes import PART_NAMES, Camera, FaceColours, Lighting, Look, RenderJob
from facewright.engine.mesh import EYE, LASH, SKIN, TEETH
from facewright.rig.nouns import Appearance, Mesh

SIDE = 64
COLOURS = FaceColours.from_vector(
    np.array([0.8, 0.6, 0.5, 0.7, 0.3, 0.3, 0.3, 0.2, 0.1, 0.2, 0.4, 0.6, 0.2, 0.2, 0.1, 0.5, 0.4, 0.1], np.float32)
)
LIGHT = Lighting(np.array([-0.5, -0.6, -0.62]), np.array([0.9, 0.8, 0.7]), np.array([0.3, 0.35, 0.4]))


def ball(centre: tuple[float, float, float], radius: float, rows: int, columns: int) -> tuple[np.ndarray, ...]:
    """Return a UV sphere whose seam is split: positions, triangles (outside counter-clockwise), uv, shared vertex."""
    v, u = np.meshgrid(np.linspace(0, 1, rows + 1), np.linspace(0, 1, columns + 1), indexing="ij")
    azimuth, polar = 2 * np.pi * u, np.pi * (1 - v)
    points = np.stack([np.sin(polar) * np.sin(azimuth), np.sin(polar) * np.cos(azimuth), np.cos(polar)], axis=-1)
    index = np.arange(points[..., 0].size).reshape(rows + 1, columns + 1)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    triangles = np.concatenate([np.stack([a, c, b], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)])
    shared = index.copy()
    shared[:, -1] = shared[:, 0]
    return points.reshape(-1, 3) * radius + centre, triangles, np.stack([u, v], -1).reshape(-1, 2), shared.ravel()


def card(left: float, right: float, bottom: float, top: float, y: float) -> tuple[np.ndarray, ...]:
    """Return a quad that faces -Y, as `ball` does."""
    points = np.array([[left, y, bottom], [right, y, bottom], [right, y, top], [left, y, top]])
    return points, np.array([[0, 1, 2], [0, 2, 3]]), np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float), np.arange(4)


def tiny_rig() -> SimpleNamespace:
    """Return what the engines ask of a rig: id, mesh and appearance."""
    pieces = [
        (SKIN, ball((0, 0, 1.5), 0.10, 16, 24), (0.0, 0.5, 1.0, 1.0)),
        (EYE, ball((-0.03, -0.088, 1.52), 0.018, 10, 12), (0.05, 0.05, 0.35, 0.40)),
        (EYE, ball((0.03, -0.088, 1.52), 0.018, 10, 12), (0.05, 0.05, 0.35, 0.40)),
        (TEETH, card(-0.02, 0.02, 1.455, 1.47, -0.105), (0.4, 0.05, 0.6, 0.3)),
        (LASH, card(-0.05, -0.01, 1.535, 1.56, -0.11), (0.7, 0.05, 0.95, 0.4)),
    ]
    points, surfaces, triangles, uvs, shared, count = [], [], [], [], [], 0
    for surface, (place, corners, uv, own), (u0, v0, u1, v1) in pieces:
        points.append(place)
        surfaces.append(np.full(len(place), surface, np.uint8))
        triangles.append(corners + count)
        uvs.append(uv * (u1 - u0, v1 - v0) + (u0, v0))
        shared.append(own + count)
        count += len(place)
    used, render_vertex = np.unique(np.concatenate(shared), return_inverse=True)
    render_triangles = np.concatenate(triangles).astype(np.int32)
    mesh = Mesh(
        np.concatenate(points)[used].astype(np.float32),
        render_vertex[render_triangles].astype(np.int32),
        np.concatenate(surfaces)[used],
    )
    masks, labels = paint()
    look = Appearance(
        np.concatenate(uvs).astype(np.float32), render_vertex.astype(np.int32), render_triangles, masks, labels
    )
    return SimpleNamespace(id="tiny", mesh=mesh, appearance=look, bones=(), styles=())


def paint() -> tuple[np.ndarray, np.ndarray]:
    """Return masks (SIDE, SIDE, 12) and labels: smooth waves on the skin, an iris, white teeth, striped lashes."""
    row, column = np.mgrid[:SIDE, :SIDE] / SIDE
    masks = np.zeros((SIDE, SIDE, 12), np.uint8)
    labels = np.zeros((SIDE, SIDE), np.uint8)
    for channel in (0, 1, 2, 4):
        wave = 0.5 + 0.5 * np.sin(2 * np.pi * ((channel + 1) * column + (channel + 2) * row))
        masks[..., channel] = 120 * wave * (row < 0.5)
    masks[..., 5], masks[..., 6], masks[..., 7] = 128, 60 * column, 255
    below = row > 0.5
    masks[below, 8:11], masks[below, 11] = 230, 255
    iris = below & (np.hypot(column - 0.2, 1 - row - 0.22) < 0.06)
    masks[iris, 3], masks[iris, 11] = 255, 0
    masks[below & (column > 0.65), 8:11] = 20
    masks[below & (column > 0.65), 7] = (
        255 * (np.arange(SIDE)[None, :].repeat(SIDE, 0) // 2 % 2)[below & (column > 0.65)]
    )
    labels[row < 0.5] = PART_NAMES.index("skin")
    labels[row < 0.15] = PART_NAMES.index("hair")
    labels[iris] = PART_NAMES.index("iris")
    return masks, labels


def camera(yaw_rad: float = 0.0, size_px: tuple[int, int] = (96, 80), focal_px: float = 330.0) -> Camera:
    """Return a camera 1 m from the tiny head's middle, turned about the vertical, off its own centre."""
    forward = np.array([-np.sin(yaw_rad), np.cos(yaw_rad), 0.0])
    right = np.array([np.cos(yaw_rad), np.sin(yaw_rad), 0.0])
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, [0, 0, -1], forward])
    matrix[:3, 3] = -matrix[:3, :3] @ (np.array([0.0, 0.0, 1.5]) - forward)
    return Camera(matrix, focal_px, np.array([size_px[0] * 0.52, size_px[1] * 0.47]), size_px)


def job(view: Camera | None = None, colours: FaceColours = COLOURS, lighting: Lighting = LIGHT) -> RenderJob:
    """Return a job that draws the neutral tiny head."""
    return RenderJob(tiny_rig().mesh.vertices_m, view or camera(), Look(colours), lighting)
