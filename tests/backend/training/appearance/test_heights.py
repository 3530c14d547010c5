"""Heights drawn in the atlas become slopes per length along the horizontal and the upward axis of the surface."""

import numpy as np
import pytest

from facewright.training.appearance.heights import FINE, Surface, texel_normals
from facewright.training.appearance.layout import BOXES_PX, SIDE, Layout
from facewright.training.appearance.texels import rasterise_texels

TURN, TILT = np.radians(25.0), np.radians(35.0)


@pytest.fixture(scope="module")
def plane() -> tuple[Layout, Surface]:
    """A plane 180 mm wide that leans back by TILT, its texture turned by TURN, at 2.5 texels a millimetre."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 90.0  # mm in the plane
    place = np.stack([corners[:, 0], -np.sin(TILT) * corners[:, 1], np.cos(TILT) * corners[:, 1]], axis=1)
    turned = corners @ np.array([[np.cos(TURN), np.sin(TURN)], [-np.sin(TURN), np.cos(TURN)]])
    triangles = np.array([[0, 1, 2], [0, 2, 3]])
    nothing, ones = np.zeros(4), np.ones(4)
    chart = np.full(4, list(BOXES_PX).index("face"))
    layout = Layout(turned * 2.5 / SIDE + 0.5, np.arange(4), triangles, chart, place, nothing, {}, ones)
    return layout, Surface(layout, rasterise_texels(layout, np.zeros(4), np.zeros(4)))


def test_normals_are_the_planes(plane):
    normal = texel_normals(plane[0])[SIDE // 2, SIDE // 2]
    np.testing.assert_allclose(normal, [0.0, -np.cos(TILT), np.sin(TILT)], atol=1e-5)


def test_a_ramp_has_its_own_slope_however_the_texture_lies(plane):
    surface = plane[1]
    x = surface.place[..., 0]
    along_the_plane = surface.place[..., 2] / np.cos(TILT)
    slopes = surface.slopes(0.3 * x - 0.2 * along_the_plane)[400:600, 400:600]
    np.testing.assert_allclose(slopes, np.broadcast_to([0.3, -0.2], slopes.shape), atol=0.01)


def test_places_seen_from_the_front_are_found_in_the_texture(plane):
    points = np.array([[10.0, 5.0], [-20.0, 30.0], [500.0, 0.0]])
    columns, rows = np.floor(plane[1].pixels_at(points)).astype(int).T
    assert len(rows) == 2
    np.testing.assert_allclose(plane[1].place[rows, columns][:, [0, 2]], points[:2], atol=0.6 / FINE)
