"""Finds the nested closed rows of quads around an eye and around the mouth's opening."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from facewright.errors import RigInvalid
from facewright.rig.nouns import SURFACES, Rig

BEHIND, BEFORE = 3, 8
"""Rings kept behind and before the one through the outer corner of the eye, the lids' front edge."""

NEAR_M = 0.045

INSIDE_LIPS = 5
"""Rings kept behind the one through the corners of the mouth."""


@dataclass(frozen=True, eq=False)
class Lids:
    """One eye and the skin around its opening.

    Attributes:
        rings: (BEHIND + 1 + BEFORE, N) vertices; column 0 is at the outer corner, then follow the upper lid, the inner
            corner and the lower lid.
        eyeball: (M,) vertices.
        eyeball_triangles: (F, 3) rows of `eyeball`, counter-clockwise from outside.
        skin_triangles: (T, 3) vertices of the skin within NEAR_M of the eyeball's middle.
    """

    rings: np.ndarray
    eyeball: np.ndarray
    eyeball_triangles: np.ndarray
    skin_triangles: np.ndarray

    @property
    def rim(self) -> np.ndarray:
        """(N,) vertices of the lids' front edge."""
        return self.rings[BEHIND]


def find_lids(rig: Rig, side: str) -> Lids:
    """Walk over the mesh's quads from the outer corner of an eye.

    Args:
        rig: one whose triangles come two by two from quads, with the anchor `eye_outer`.
        side: "L" or "R".

    Raises:
        RigInvalid: the rig's mesh has no closed rows of quads around the eye.
    """
    eyeball, vertices = rig.anchors[f"eye_centre.{side}"], rig.mesh.vertices_m
    corner = int(rig.anchors[f"eye_outer.{side}"][0])
    centre = vertices[eyeball].mean(0)
    walk = _QuadWalk(rig.mesh.triangles)
    rows = (walk.row(corner, neighbour) for neighbour in sorted(walk.neighbours[corner]))
    around = [row for row in rows if row is not None and _turns(vertices[row] - centre) > 0.9]
    if not around:
        raise _no_rows(rig, f"eye {side}")
    rim = max(around, key=lambda row: vertices[row[1], 2] - vertices[row[-1], 2])
    columns = []
    for vertex, (near, far) in zip(rim, walk.sides(rim, vertices, centre), strict=True):
        columns.append(walk.line(vertex, near, BEHIND)[::-1] + [vertex] + walk.line(vertex, far, BEFORE))
    if any(vertex is None for column in columns for vertex in column):
        raise _no_rows(rig, f"eye {side}")
    number = np.full(len(vertices), -1)
    number[eyeball] = np.arange(len(eyeball))
    triangles = number[rig.mesh.triangles]
    is_near = np.linalg.norm(vertices[rig.mesh.triangles].mean(1) - centre, axis=1) < NEAR_M
    is_skin = rig.mesh.surfaces[rig.mesh.triangles[:, 0]] == SURFACES.index("skin")
    rings = np.array(columns).T
    return Lids(rings, eyeball, triangles[(triangles >= 0).all(1)], rig.mesh.triangles[is_near & is_skin])


def find_lips(rig: Rig) -> np.ndarray:
    """Walk over the mesh's quads from a corner of the mouth.

    Args:
        rig: one whose triangles come two by two from quads, with the anchor `mouth_corner.L`, teeth and a tongue.

    Returns:
        (1 + INSIDE_LIPS, N) vertices of nested closed rows, from the one through the corners into the mouth; column 0
        is at the left corner, then follow the upper lip, the right corner and the lower lip.

    Raises:
        RigInvalid: the rig's mesh has no closed row of quads around the mouth.
    """
    vertices, corner = rig.mesh.vertices_m, int(rig.anchors["mouth_corner.L"][0])
    walk = _QuadWalk(rig.mesh.triangles)
    inside = vertices[np.isin(rig.mesh.surfaces, (SURFACES.index("teeth"), SURFACES.index("tongue")))].mean(0)
    rows = [row for n in sorted(walk.neighbours[corner]) if (row := walk.row(corner, n)) is not None]
    if not rows:
        raise _no_rows(rig, "the mouth")
    rim = max(rows, key=lambda row: vertices[row[len(row) // 4], 2] - vertices[row[-len(row) // 4], 2])
    sides = walk.sides(rim, vertices, inside)
    columns = [[vertex, *walk.line(vertex, near, INSIDE_LIPS)] for vertex, (near, _) in zip(rim, sides, strict=True)]
    if any(vertex is None for column in columns for vertex in column):
        raise _no_rows(rig, "the mouth")
    return np.array(columns).T


def _no_rows(rig: Rig, place: str) -> RigInvalid:
    message = f"rig {rig.id}: no closed rows of quads around {place}"
    return RigInvalid(message, "use a head with such a topology, or do without shapes.safetensors")


def _turns(offsets: np.ndarray) -> float:
    """Return how often a closed row of points (N, 3) runs around the axis that looks forward."""
    angle = np.unwrap(np.arctan2(offsets[:, 2], offsets[:, 0]))
    return abs(angle[-1] - angle[0]) / (2 * np.pi)


class _QuadWalk:
    """Steps straight on over the quads whose halves follow each other in a triangle list."""

    def __init__(self, triangles: np.ndarray) -> None:
        self.neighbours: dict[int, set[int]] = defaultdict(set)
        self._beside: dict[frozenset[int], set[int]] = defaultdict(set)
        for first, second in zip(triangles[::2].tolist(), triangles[1::2].tolist(), strict=True):
            quad = [*first, second[2]]
            for a, b in zip(quad, quad[1:] + quad[:1], strict=True):
                self.neighbours[a].add(b)
                self.neighbours[b].add(a)
                self._beside[frozenset((a, b))].update(quad)

    def line(self, start: int, towards: int, count: int) -> list[int | None]:
        """Return `count` vertices of the straight line from `start`, without it; None where it has ended."""
        line: list[int | None] = [start, towards]
        while len(line) <= count:
            before, here = line[-2:]
            line.append(None if before is None or here is None else self._ahead(before, here))
        return line[1:]

    def sides(self, row: list[int], vertices_m: np.ndarray, inside_m: np.ndarray) -> list[list[int]]:
        """Return the neighbours of each vertex of a closed row beside it, the one nearer to a point first."""
        beside = []
        for i, vertex in enumerate(row):
            across = self.neighbours[vertex] - {row[i - 1], row[(i + 1) % len(row)]}
            beside.append(sorted(across, key=lambda n: np.linalg.norm(vertices_m[n] - inside_m))[:2])
        return beside

    def row(self, start: int, towards: int) -> list[int] | None:
        """Return the closed row from `start`, or None if the line does not come back."""
        row = [start, towards]
        while row[-1] != start:
            ahead = self._ahead(row[-2], row[-1])
            if ahead is None or ahead in row[1:]:
                return None
            row.append(ahead)
        return row[:-1]

    def _ahead(self, before: int, here: int) -> int | None:
        ahead = self.neighbours[here] - self._beside[frozenset((before, here))]
        return ahead.pop() if len(ahead) == 1 and len(self.neighbours[here]) == 4 else None
