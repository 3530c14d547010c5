"""Heads of another topology: reading OBJ, finding which way is up, registration."""

import numpy as np
import pytest

from backend.training.test_registration import ball, lumpy
from facewright.errors import ConfigInvalid
from facewright.training.head_regions import HeadRegions
from facewright.training.surface_heads import read_obj, register_head


def test_polygons_are_fanned_and_indices_may_count_from_the_end(tmp_path):
    path = tmp_path / "head.obj"
    path.write_text("# c\nv 0 0 0\nv 1 0 0\nv 1 2 0\nv 0 2 3.5\nvt 0 0\nf 1/1/1 2/1/1 3/1/1 4/1/1\nf -4 -2 -1\n")
    vertices, triangles = read_obj(path)
    assert vertices.shape == (4, 3) and vertices[3, 2] == 3.5
    assert triangles.tolist() == [[0, 1, 2], [0, 2, 3], [0, 2, 3]]


def test_a_file_without_faces_is_refused(tmp_path):
    path = tmp_path / "points.obj"
    path.write_text("v 0 0 0\n")
    with pytest.raises(ConfigInvalid, match=r"points\.obj"):
        read_obj(path)


def test_a_turned_and_scaled_head_of_another_topology_is_registered():
    points, triangles = ball(600)
    theirs, their_triangles = ball(900, seed=3)
    neutral = lumpy(points)
    regions = HeadRegions(triangles, np.ones(600), np.ones(600, bool), np.zeros(600, bool), np.zeros((0, 2), int), ())
    deeper = np.array([1.0, 1.04, 1.0])
    turn = np.array([[0, 0, 1.0], [1, 0, 0], [0, 1, 0]])  # a quarter turn about each of two axes
    strange = 100.0 * (lumpy(theirs) * deeper) @ turn.T + [3, -50, 8]
    head, surface = register_head(neutral, regions, strange, their_triangles)
    scale = np.linalg.norm(np.ptp(surface, axis=0)) / np.linalg.norm(np.ptp(lumpy(theirs) * deeper, axis=0))
    assert 0.95 < scale < 1.05
    truth = neutral * deeper
    offset = head - truth * scale - (head - truth * scale).mean(0)
    assert np.sqrt((offset**2).sum(1).mean()) < 0.003
    along, before = np.ptp(head[:, 1]) / np.ptp(head[:, 0]), np.ptp(neutral[:, 1]) / np.ptp(neutral[:, 0])
    assert along == pytest.approx(before * 1.04, rel=0.01)
