"""Unfolds a head mesh into charts of one texture atlas and rasterises mesh attributes into its texels."""

import cv2
import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.sparse.linalg import splu

ARAP_ITERATIONS = 60


def visible_from(vertices: np.ndarray, triangles: np.ndarray, directions: np.ndarray, side: int = 640) -> np.ndarray:
    """Find which triangles can be seen from far away in each direction, by painting them from back to front.

    Args:
        vertices: (V, 3) metres.
        triangles: (F, 3), every opaque surface.
        directions: (D, 3) unit vectors towards the viewer.
        side: Side of the pictures in px.

    Returns:
        (D, F) bool.
    """
    seen = np.zeros((len(directions), len(triangles)), bool)
    centre = vertices.mean(0)
    scale = side * 0.48 / np.linalg.norm(vertices - centre, axis=1).max()
    for view, direction in enumerate(directions):
        up = np.array([0.0, 0.0, 1.0]) if abs(direction[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
        right = np.cross(up, direction)
        right /= np.linalg.norm(right)
        axes = np.stack([right, np.cross(direction, right)])
        pixels = np.round(((vertices - centre) @ axes.T * scale + side / 2) * 16).astype(np.int32)
        canvas = np.zeros((side, side), np.int32)
        for face in np.argsort(vertices[triangles].mean(1) @ direction, kind="stable"):
            cv2.fillConvexPoly(canvas, pixels[triangles[face]], int(face) + 1, cv2.LINE_8, 4)
        found = np.unique(canvas)
        seen[view, found[found > 0] - 1] = True
    return seen


def sphere_directions(count: int) -> np.ndarray:
    """Return (count, 3) unit vectors spread evenly over the sphere (Fibonacci lattice)."""
    index = np.arange(count) + 0.5
    z = 1.0 - 2.0 * index / count
    angle = np.pi * (1.0 + 5.0**0.5) * index
    radius = np.sqrt(1.0 - z * z)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


def cut(triangles: np.ndarray, path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut a mesh open along a path of edges that starts on its border.

    Args:
        triangles: (n, 3) vertex indices.
        path: (k,) neighbouring vertices; the last one stays joined.

    Returns:
        (n, 3) chart vertex indices and (m,) the original vertex of each chart vertex.
    """
    edges = {tuple(sorted(pair)) for pair in zip(path[:-1], path[1:], strict=True)}
    sides: dict[tuple[int, int], list[int]] = {}
    for face, corners in enumerate(triangles):
        for a, b in ((0, 1), (1, 2), (2, 0)):
            start, end = sorted((int(corners[a]), int(corners[b])))
            sides.setdefault((start, end), []).append(face)
    corner_count = triangles.size
    parent = np.arange(corner_count)
    joins = []
    for (a, b), faces in sides.items():
        if len(faces) == 2 and (a, b) not in edges:
            for vertex in (a, b):
                first, second = (int(face * 3 + np.flatnonzero(triangles[face] == vertex)[0]) for face in faces)
                joins.append((first, second))
    joined = np.array(joins)
    graph = coo_matrix((np.ones(len(joined)), (joined[:, 0], joined[:, 1])), (corner_count, corner_count))
    _, parent = connected_components(graph, directed=False)
    _, first_corner, chart = np.unique(parent, return_index=True, return_inverse=True)
    return chart.reshape(-1, 3), triangles.ravel()[first_corner]


def border_loops(triangles: np.ndarray) -> list[np.ndarray]:
    """Return the ordered vertices of each border loop of a mesh, the longest loop first."""
    directed = {(int(t[k]), int(t[(k + 1) % 3])) for t in triangles for k in range(3)}
    following = {a: b for a, b in directed if (b, a) not in directed}
    loops = []
    while following:
        start = min(following)
        loop = [start]
        vertex = following.pop(start)
        while vertex != start:
            loop.append(vertex)
            vertex = following.pop(vertex)
        loops.append(np.array(loop))
    return sorted(loops, key=len, reverse=True)


def flatten(corners: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Lay a disc-shaped mesh out in the plane, as rigidly as possible.

    Args:
        corners: (n, 3, 3) wanted shape of each triangle, its corners in space; triangles need not fit together.
        triangles: (n, 3) vertices 0 to m - 1, with one border loop.

    Returns:
        (m, 2) plane points, in the units of `corners`.

    Source: Liu et al. 2008, A Local/Global Approach to Mesh Parameterization (ARAP), from a Tutte embedding.
    """
    count = int(triangles.max()) + 1
    x_axis = corners[:, 1] - corners[:, 0]
    length = np.linalg.norm(x_axis, axis=1, keepdims=True)
    x_axis = x_axis / np.maximum(length, 1e-12)
    normal = np.cross(x_axis, corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    y_axis = np.cross(normal, x_axis)
    offset = corners - corners[:, :1]
    rest = np.stack([np.einsum("fkd,fd->fk", offset, a) for a in (x_axis, y_axis)], axis=-1)  # (n, 3, 2)
    points = tutte(corners, triangles)
    cotangents = np.empty((len(triangles), 3))
    for k in range(3):
        a, b = rest[:, (k + 1) % 3] - rest[:, k], rest[:, (k + 2) % 3] - rest[:, k]
        area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
        cotangents[:, k] = np.clip((a * b).sum(1) / np.maximum(area, 1e-14), 0.05, 20.0)
    solver = splu(_laplacian(triangles, cotangents, count).tocsc())
    area_scale = np.abs(_areas(rest)).sum() / np.abs(_areas(points[triangles])).sum()
    points = points * np.sqrt(area_scale)
    for _ in range(ARAP_ITERATIONS):
        points = solver.solve(_rotated_differences(points, triangles, rest, cotangents, count))
    return points


def fill_holes(vertices: np.ndarray, triangles: np.ndarray, gap_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Make triangles that close every hole but the outer border with a fan around its middle.

    Args:
        vertices: (m, 3) metres.
        triangles: (n, 3).
        gap_m: Least height that a hole is given, so that the rims of a closed slit stay apart in the plane.

    Returns:
        (k, 3, 3) wanted shapes and (k, 3) triangles; each hole's middle is a vertex numbered from m on.
    """
    shapes, fans = [], []
    for hole, loop in enumerate(border_loops(triangles)[1:]):
        rim = vertices[loop] * [1.0, 0.0, 1.0]
        middle = (rim.min(0) + rim.max(0)) / 2
        half_width = np.ptp(rim[:, 0]) / 2
        across = np.sqrt(np.clip(1 - ((rim[:, 0] - middle[0]) / half_width) ** 2, 0, 1)) * gap_m / 2
        ends = np.argsort(rim[:, 0])[[0, -1]]
        first = np.arange(len(loop)) >= ends.min()
        first &= np.arange(len(loop)) < ends.max()
        is_upper = first if rim[first, 2].mean() > rim[~first, 2].mean() else ~first
        height = rim[:, 2] - middle[2]
        rim[:, 2] = middle[2] + np.where(is_upper, np.maximum(height, across), np.minimum(height, -across))
        following = np.roll(np.arange(len(loop)), -1)
        fans.append(np.stack([loop[following], loop, np.full(len(loop), len(vertices) + hole)], axis=1))
        shapes.append(np.stack([rim[following], rim, np.broadcast_to(middle, rim.shape)], axis=1))
    return np.concatenate(shapes), np.concatenate(fans)


def _areas(corners: np.ndarray) -> np.ndarray:
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return 0.5 * (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])


def _rotated_differences(
    points: np.ndarray, triangles: np.ndarray, rest: np.ndarray, cotangents: np.ndarray, count: int
) -> np.ndarray:
    """Return the (count, 2) right side of the global step: rest edges turned by each triangle's best rotation."""
    current = points[triangles]
    covariance = np.zeros((len(triangles), 2, 2))
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        covariance += np.einsum(
            "f,fa,fb->fab", cotangents[:, k], current[:, i] - current[:, j], rest[:, i] - rest[:, j]
        )
    cosine, sine = covariance[:, 0, 0] + covariance[:, 1, 1], covariance[:, 1, 0] - covariance[:, 0, 1]
    norm = np.maximum(np.hypot(cosine, sine), 1e-14)
    rotation = np.stack([np.stack([cosine, -sine], 1), np.stack([sine, cosine], 1)], 1) / norm[:, None, None]
    right = np.zeros((count, 2))
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        edge = np.einsum("fab,fb->fa", rotation, rest[:, i] - rest[:, j]) * cotangents[:, k, None]
        np.add.at(right, triangles[:, i], edge)
        np.add.at(right, triangles[:, j], -edge)
    return right


def _laplacian(triangles: np.ndarray, opposite: np.ndarray, count: int) -> csr_matrix:
    """Return the (count, count) weighted Laplacian, a little regularised so that it can be inverted."""
    rows, columns, values = [], [], []
    for k in range(3):
        i, j = triangles[:, (k + 1) % 3], triangles[:, (k + 2) % 3]
        for a, b, sign in ((i, i, 1), (j, j, 1), (i, j, -1), (j, i, -1)):
            rows.append(a)
            columns.append(b)
            values.append(sign * opposite[:, k])
    matrix = coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (count, count))
    return (matrix + 1e-9 * coo_matrix((np.ones(count), (np.arange(count), np.arange(count))), (count, count))).tocsr()


def tutte(corners: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return an embedding without flipped triangles: the border on a circle, the rest balanced between neighbours."""
    loop = border_loops(triangles)[0]
    count = int(triangles.max()) + 1
    place = np.zeros((count, 3))
    place[triangles] = corners
    step = np.linalg.norm(place[np.roll(loop, -1)] - place[loop], axis=1)
    angle = 2 * np.pi * np.concatenate([[0.0], np.cumsum(step)[:-1]]) / step.sum()
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    laplacian = _laplacian(triangles, np.ones((len(triangles), 3)), count)
    inner = np.setdiff1d(np.arange(count), loop)
    points = np.zeros((count, 2))
    points[loop] = circle
    points[inner] = splu(laplacian[inner][:, inner].tocsc()).solve(-laplacian[inner][:, loop] @ circle)
    return points


def shortest_path(vertices: np.ndarray, triangles: np.ndarray, start: int, end: int, cost: np.ndarray) -> np.ndarray:
    """Return the (k,) vertices of the cheapest edge path; an edge costs its length times its ends' mean `cost`."""
    edges = np.unique(
        np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), 1), axis=0
    )
    length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1) * cost[edges].mean(1)
    graph = coo_matrix((length, (edges[:, 0], edges[:, 1])), (len(vertices), len(vertices)))
    _, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
    path = [end]
    while path[-1] != start:
        path.append(int(before[path[-1]]))
    return np.array(path[::-1])


def spread(image: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Fill the unknown texels with their nearest known one, so that filtering never reaches an empty texel."""
    _, nearest = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    lookup = np.zeros(nearest.max() + 1, np.int64)
    flat = np.flatnonzero(known.ravel())
    lookup[nearest.ravel()[flat]] = flat
    return image.reshape(-1, *image.shape[2:])[lookup[nearest]]
