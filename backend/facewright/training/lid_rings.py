"""Finds the nested closed rows of quads around an eye, from behind the lids' edge to the cheek."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from facewright.errors import RigInvalid
from facewright.rig.nouns import Rig

BEHIND, BEFORE = 3, 8
"""Rings kept behind and before the one through the outer corner of the eye, the lids' front edge."""

CORNERS = (0, 14)
"""Columns of the outer and the inner corner in rings of 28, as MakeHuman's head has them."""


@dataclass(frozen=True, eq=False)
class Lids:
    """One eye and the skin around its opening.

    Attributes:
        rings: (BEHIND + 1 + BEFORE, N) vertices; column 0 is at the outer corner, then follow the upper lid, the inner
            corner and the lower lid.
        eyeball: (M,) vertices.
        eyeball_triangles: (F, 3) rows of `eyeball`, counter-clockwise from outside.
    """

    rings: np.ndarray
    eyeball: np.ndarray
    eyeball_triangles: np.ndarray

    @property
    def rim(self) -> np.ndarray:
        """(N,) vertices of the lids' front edge."""
        return self.rings[BEHIND]

    def surface(self, first: int, last: int) -> np.ndarray:
        """Return (T, 3) triangles of the skin between two rings, counted from behind."""
        inner, outer = self.rings[first:last], self.rings[first + 1 : last + 1]
        a, b, c, d = inner, np.roll(inner, -1, 1), np.roll(outer, -1, 1), outer
        return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


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
        raise RigInvalid(f"rig {rig.id}: no closed row of quads around eye {side}", "use a head with such a topology")
    rim = max(around, key=lambda row: vertices[row[1], 2] - vertices[row[-1], 2])
    columns = []
    for i, vertex in enumerate(rim):
        across = walk.neighbours[vertex] - {rim[i - 1], rim[(i + 1) % len(rim)]}
        near, far = sorted(across, key=lambda n: np.linalg.norm(vertices[n] - centre))
        behind, before = walk.line(vertex, near, BEHIND), walk.line(vertex, far, BEFORE)
        columns.append(behind[::-1] + [vertex] + before)
    number = np.full(len(vertices), -1)
    number[eyeball] = np.arange(len(eyeball))
    triangles = number[rig.mesh.triangles]
    return Lids(np.array(columns).T, eyeball, triangles[(triangles >= 0).all(1)])


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

    def line(self, start: int, towards: int, count: int) -> list[int]:
        """Return `count` vertices of the straight line from `start`, without it."""
        line = [start, towards]
        while len(line) <= count:
            line.append(self._ahead(line[-2], line[-1]))
        return line[1:]

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
