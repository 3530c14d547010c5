"""Lays the MakeHuman head out in one texture atlas: the face large, hidden pockets and the other surfaces beside it."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from facewright.rig.nouns import SURFACES
from facewright.rig.sources.makehuman import GROUPS, SourceMesh
from facewright.training.appearance import atlas

SIDE = 1024
DIRECTIONS = 140
MARGIN_PX = 3
LIP_GAP_M = 0.012

BOXES_PX = {
    "face": (0, 0, 1024, 862),
    "helper-l-eye": (0, 868, 156, 1024),
    "helper-r-eye": (156, 868, 312, 1024),
    "mouth": (312, 868, 460, 1024),
    "socket.L": (460, 868, 550, 946),
    "socket.R": (460, 946, 550, 1024),
    "helper-tongue": (550, 868, 660, 1024),
    "helper-upper-teeth": (660, 868, 840, 946),
    "helper-lower-teeth": (660, 946, 840, 1024),
    "helper-l-eyelashes-1": (840, 868, 1024, 946),
    "helper-r-eyelashes-1": (840, 946, 1024, 1024),
    "helper-l-eyelashes-2": (0, 0, 180, 76),
    "helper-r-eyelashes-2": (844, 0, 1024, 76),
}
"""Left, top, right, bottom of each chart in the atlas."""


@dataclass(frozen=True)
class Layout:
    """The atlas of the head.

    Attributes:
        uv: (Vr, 2) in [0, 1], v up.
        render_vertex: (Vr,) mesh vertex of each render vertex.
        render_triangles: (F, 3) render vertices, in the order of the mesh's triangles.
        chart: (Vr,) index into the keys of BOXES_PX.
        place_mm: (Vr, 3) x, forward and up from the middle between the eyes.
        depth_mm: (Vr,) distance inside a hidden pocket from its rim; 0 on the outside.
        rims_mm: place of the rim of each pocket ("mouth", "socket.L", "socket.R"): (n, 3).
        openness: (Vr,) share of the sky that a place sees, 0 to 1.
    """

    uv: np.ndarray
    render_vertex: np.ndarray
    render_triangles: np.ndarray
    chart: np.ndarray
    place_mm: np.ndarray
    depth_mm: np.ndarray
    rims_mm: dict[str, np.ndarray]
    openness: np.ndarray


def lay_out(mesh: SourceMesh) -> Layout:
    """Unfold every surface of the head into its box of the atlas."""
    vertices, triangles = mesh.vertices_m, mesh.triangles
    origin = vertices[mesh.parts == SURFACES.index("eye")].mean(0)
    place = ((vertices - origin) * [1, -1, 1])[:, :] * 1000.0
    seen, openness = _views(mesh)
    skin = np.flatnonzero(mesh.parts[triangles[:, 0]] == SURFACES.index("skin"))
    inside = _outer_skin(place[triangles[skin]].mean(1), triangles[skin], seen[skin])
    pieces: dict[str, tuple[np.ndarray, ...]] = {"face": (skin[inside], *_unfold_face(place, triangles[skin[inside]]))}
    depth, rims = np.zeros(len(vertices)), {}
    for name, faces in _pockets(place, triangles, skin[~inside]).items():
        pieces[name] = (faces, *_unfold_pocket(vertices, triangles[faces]))
        local, loop = triangles[faces], atlas.border_loops(triangles[faces])[0]
        rims[name] = place[loop]
        inner = np.unique(local)
        depth[inner] = cKDTree(place[loop]).query(place[inner])[0]
    for index, name in enumerate(GROUPS):
        faces = np.flatnonzero(mesh.groups[triangles[:, 0]] == index)
        if name != "body":
            used, local = np.unique(triangles[faces], return_inverse=True)
            pieces[name] = (faces, local.reshape(-1, 3), used, _project(name, place[used], local.reshape(-1, 3)))
    return _pack(pieces, len(triangles), place, depth, rims, openness)


def _pack(
    pieces: dict[str, tuple[np.ndarray, ...]],
    face_count: int,
    place: np.ndarray,
    depth: np.ndarray,
    rims: dict[str, np.ndarray],
    openness: np.ndarray,
) -> Layout:
    uv, owner, charts = [], [], []
    render_triangles, offset = np.zeros((face_count, 3), np.int32), 0
    for index, (name, box) in enumerate(BOXES_PX.items()):
        faces, local, used, points = pieces[name]
        low, high = points.min(0), points.max(0)
        room = np.array([box[2] - box[0], box[3] - box[1]]) - 2.0 * MARGIN_PX
        scale = np.min(room / (high - low)) * np.ones(2)
        if name.startswith("helper") and "eye" not in name.replace("eyelashes", "") or "eyelashes" in name:
            scale = room / (high - low)
        centre = np.array([box[0] + box[2], box[1] + box[3]]) / 2
        pixels = centre + (points - (low + high) / 2) * scale * [1, -1]
        uv.append(np.stack([pixels[:, 0], SIDE - pixels[:, 1]], axis=1) / SIDE)
        owner.append(used)
        charts.append(np.full(len(used), index))
        render_triangles[faces] = local + offset
        offset += len(used)
    vertex = np.concatenate(owner)
    chart = np.concatenate(charts)
    pocket = np.isin(chart, [list(BOXES_PX).index(name) for name in rims])
    return Layout(
        np.concatenate(uv),
        vertex.astype(np.int32),
        render_triangles,
        chart,
        place[vertex],
        np.where(pocket, depth[vertex], 0.0),
        rims,
        openness[vertex],
    )


def _views(mesh: SourceMesh) -> tuple[np.ndarray, np.ndarray]:
    """Return (F,) whether a triangle is seen from anywhere outside and (V,) the share of the sky seen."""
    opaque = np.flatnonzero(mesh.parts[mesh.triangles[:, 0]] != SURFACES.index("lash"))
    triangles = mesh.triangles[opaque]
    directions = atlas.sphere_directions(DIRECTIONS)
    corners = mesh.vertices_m[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    seen = atlas.visible_from(mesh.vertices_m, triangles, directions)  # (D, F)
    cosine = np.clip(normals @ directions.T, 0.0, None).T
    share = (seen * cosine).sum(0) / np.maximum(cosine.sum(0), 1e-9)
    total, count = np.zeros(len(mesh.vertices_m)), np.zeros(len(mesh.vertices_m))
    for k in range(3):
        np.add.at(total, triangles[:, k], share)
        np.add.at(count, triangles[:, k], 1.0)
    is_seen = np.zeros(len(mesh.triangles), bool)
    is_seen[opaque] = seen.any(0)
    return is_seen, total / np.maximum(count, 1.0)


def _neighbours(triangles: np.ndarray) -> csr_matrix:
    """Return the (n, n) matrix of triangles that share an edge."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    face = np.tile(np.arange(len(triangles)), 3)
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    same = (edges[order][1:] == edges[order][:-1]).all(1)
    a, b = face[order][:-1][same], face[order][1:][same]
    ones = np.ones(2 * len(a))
    return coo_matrix((ones, (np.r_[a, b], np.r_[b, a])), (len(triangles), len(triangles))).tocsr()


def _outer_skin(middles: np.ndarray, triangles: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return (n,) which triangles belong to the outside: one disc with smooth holes, the same on both sides."""
    mirrored = cKDTree(middles).query(middles * [-1, 1, 1])[1]
    outside = seen | seen[mirrored]
    near = _neighbours(triangles)
    degree = np.asarray(near.sum(1)).ravel()
    for _ in range(10):
        count = near @ outside.astype(float)
        outside = np.where(count >= 2, True, np.where(degree - count >= 2, False, outside))
    for keep_largest, value in ((True, True), (False, False)):
        members = np.flatnonzero(outside == value)
        _, piece = connected_components(near[members][:, members], directed=False)
        size = np.bincount(piece)
        strays = size < (size.max() if keep_largest else 100)
        outside[members[strays[piece]]] = not value
    return outside


def _pockets(place: np.ndarray, triangles: np.ndarray, faces: np.ndarray) -> dict[str, np.ndarray]:
    """Split the hidden triangles into mouth bag and eye sockets."""
    near = _neighbours(triangles[faces])
    count, piece = connected_components(near, directed=False)
    pockets = {}
    for index in range(count):
        members = faces[piece == index]
        x = place[triangles[members]].mean((0, 1))[0]
        pockets["mouth" if abs(x) < 5 else "socket.L" if x > 0 else "socket.R"] = members
    return pockets


def _unfold_face(place: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut the outer skin at the back and unfold it; returns local triangles, mesh vertices and plane points."""
    used, local = np.unique(triangles, return_inverse=True)
    local, points = local.reshape(-1, 3), place[used]
    on_middle = np.abs(points[:, 0]) < 1e-3
    loop = atlas.border_loops(local)[0]
    start = loop[np.argmin(points[loop, 1] + 1e3 * np.abs(points[loop, 0]))]
    middle = np.flatnonzero(on_middle)
    crown = middle[np.argmin(np.linalg.norm(points[middle] - [0.0, -85.0, 200.0], axis=1))]
    path = atlas.shortest_path(points, local, int(start), int(crown), np.where(on_middle, 1.0, 50.0))
    chart, original = atlas.cut(local, path)
    points = points[original]
    middles = points[chart].mean(1)
    distance = np.linalg.norm((middles - [0.0, 5.0, -32.0]) * [1.0, 0.8, 0.9], axis=1)
    fade = np.clip((distance - 75.0) / 75.0, 0.0, 1.0)
    density = 1.0 - 0.78 * fade * fade * (3.0 - 2.0 * fade)
    shapes, fans = atlas.fill_holes(points * [1, -1, 1], chart, LIP_GAP_M * 1000.0)
    corners = np.concatenate([points[chart] * [1, -1, 1] * density[:, None, None], shapes])
    flat = atlas.flatten(corners, np.concatenate([chart, fans]))[: len(points)]
    front = np.flatnonzero((np.abs(points[:, 0]) < 1e-3) & (points[:, 1] > 0))
    up = np.polynomial.polynomial.polyfit(points[front, 2], flat[front], 1)[1]
    up /= np.linalg.norm(up)
    flat = flat @ np.array([[up[1], up[0]], [-up[0], up[1]]])
    return chart, used[original], flat


def _unfold_pocket(vertices: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unfold a pocket; its rim becomes the border."""
    used, local = np.unique(triangles, return_inverse=True)
    local = local.reshape(-1, 3)
    return local, used, atlas.tutte(vertices[used][local], local)


def _project(name: str, place: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Lay an eye, teeth, the tongue or a lash card out by its own simple projection."""
    if name.endswith("-eye"):
        centre = (place.min(0) + place.max(0)) / 2
        direction = (place - centre) / np.linalg.norm(place - centre, axis=1, keepdims=True)
        angle = np.arccos(np.clip(direction[:, 1], -1, 1))
        radius = np.interp(angle, np.radians([0.0, EYE_RIM_DEGREES, 180.0]), [0.0, EYE_RIM, 1.0])
        across = direction[:, [0, 2]] / np.maximum(np.linalg.norm(direction[:, [0, 2]], axis=1, keepdims=True), 1e-9)
        return across * radius[:, None]
    if "teeth" in name:
        along = np.arctan2(place[:, 0], place[:, 1] - place[:, 1].min() + 12.0)
        return np.stack([along * 30.0, place[:, 2]], axis=1)
    if "tongue" in name:
        return place[:, :2] * [1, 1]
    return _unroll_lashes(place, triangles)


EYE_RIM_DEGREES = 72.0
EYE_RIM = 0.92
"""An eye's texture shows angles up to EYE_RIM_DEGREES from its forward axis within EYE_RIM of its radius."""


def _unroll_lashes(place: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return (m, 2): 0 to 1 from the inner to the outer corner, 0 at the roots to 1 at the tips."""
    loop = atlas.border_loops(triangles)[0]
    side = np.abs(place[loop, 0])
    inner, outer = np.argmin(side), np.argmax(side)
    low, high = sorted((inner, outer))
    halves = [loop[low : high + 1], np.concatenate([loop[high:], loop[: low + 1]])]
    halves = [half if abs(place[half[0], 0]) < abs(place[half[-1], 0]) else half[::-1] for half in halves]
    root, tip = sorted(halves, key=lambda half: place[half, 1].mean())
    position = np.zeros((len(place), 2))
    curves = []
    for half in (root, tip):
        steps = np.linalg.norm(np.diff(place[half], axis=0), axis=1)
        fraction = np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum()
        fine = np.linspace(0, 1, 400)
        curves.append((np.stack([np.interp(fine, fraction, place[half, k]) for k in range(3)], 1), fine))
    to_root, at_root = cKDTree(curves[0][0]).query(place)
    to_tip, at_tip = cKDTree(curves[1][0]).query(place)
    share = to_root / np.maximum(to_root + to_tip, 1e-9)
    position[:, 0] = curves[0][1][at_root] * (1 - share) + curves[1][1][at_tip] * share
    position[:, 1] = share
    return position
