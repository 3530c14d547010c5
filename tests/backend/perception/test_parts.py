"""Part maps are exclusive, soft at their edges and where the features are."""

import numpy as np
import pytest

from facewright.datatypes import PART_NAMES
from facewright.perception.alignment import apply_transform
from facewright.perception.parts import part_maps


@pytest.fixture
def maps(observations):
    """Return the part maps of the photo's canonical crop."""
    return observations.part_maps


@pytest.fixture
def landmarks(observations):
    """Return the photo's landmarks in a canonical crop of 128 px."""
    return apply_transform(observations.aligned.crop_from_photo / 2, observations.landmarks_px)


def area(maps, name):
    """Return the area of a part in px."""
    return maps[PART_NAMES.index(name)].sum()


def test_the_maps_of_a_pixel_sum_to_one(maps):
    assert maps.shape == (len(PART_NAMES), 128, 128) and maps.dtype == np.float32
    np.testing.assert_allclose(maps.sum(0), 1, atol=1e-6)


def test_parts_without_landmarks_are_empty(maps):
    assert all(area(maps, name) == 0 for name in ("ears", "hair", "neck", "lashes", "beard", "glasses"))
    assert all(area(maps, name) > 20 for name in ("brows", "eyes", "iris", "upper_lip", "lower_lip", "nose", "skin"))


def test_edges_are_soft(maps):
    lip = maps[PART_NAMES.index("lower_lip")]
    assert ((lip > 0.05) & (lip < 0.95)).sum() > 20


def test_a_polygon_covers_the_area_that_it_has():
    landmarks = np.zeros((468, 2))
    square = {46: (20.25, 30.5), 53: (20.25, 30.5), 52: (40.75, 30.5), 65: (40.75, 30.5), 55: (40.75, 30.5)}
    square |= {107: (40.75, 44.0), 66: (40.75, 44.0), 105: (20.25, 44.0), 63: (20.25, 44.0), 70: (20.25, 44.0)}
    for index, place in square.items():
        landmarks[index] = place
    brow = part_maps(landmarks, 64)[PART_NAMES.index("brows")]
    assert brow.sum() == pytest.approx(20.5 * 13.5, rel=0.03)
    rows, columns = np.mgrid[:64, :64] + 0.5
    np.testing.assert_allclose(
        [(brow * columns).sum() / brow.sum(), (brow * rows).sum() / brow.sum()], [30.5, 37.25], atol=0.15
    )


def test_the_maps_scale_with_the_crop(landmarks):
    small, large = part_maps(landmarks, 128), part_maps(landmarks * 2, 256)
    shrunk = large.reshape(len(PART_NAMES), 128, 2, 128, 2).mean((2, 4))
    assert np.abs(small - shrunk).mean() < 0.002


def test_an_open_mouth_shows_its_inside(landmarks):
    closed, opened = landmarks.copy(), landmarks.copy()
    upper, lower = (191, 80, 81, 82, 13, 312, 311, 310, 415), (95, 88, 178, 87, 14, 317, 402, 318, 324)
    closed[list(lower)] = closed[list(upper)]
    opened[list(lower), 1] += 6
    assert area(part_maps(closed, 128), "inner_mouth") < 4
    assert area(part_maps(opened, 128), "inner_mouth") > 60


def test_an_iris_shows_only_between_the_lids(landmarks):
    middle = landmarks[[33, 133, 362, 263], :2].reshape(2, 2, 2).mean(1)
    rim = np.array([[0, 0], [3, 0], [0, -3], [-3, 0], [0, 3]])
    shown, hidden = (part_maps(landmarks, 128, middle[:, None] + rim + [0, up]) for up in (0, -7.0))
    assert area(shown, "iris") > 20 and area(hidden, "iris") < 3
    assert area(hidden, "eyes") == pytest.approx(area(shown, "eyes") + area(shown, "iris"), abs=3)


def test_a_located_iris_moves_the_iris_map(landmarks):
    middle = landmarks[[33, 133, 362, 263], :2].reshape(2, 2, 2).mean(1)
    rim = np.array([[0, 0], [3, 0], [0, -3], [-3, 0], [0, 3]])
    columns = np.arange(128) + 0.5
    place = {}
    for shift in (-1.5, 1.5):
        iris = part_maps(landmarks, 128, middle[:, None] + rim + [shift, 0])[PART_NAMES.index("iris")]
        place[shift] = (iris.sum(0) * columns).sum() / iris.sum()
    assert place[1.5] - place[-1.5] == pytest.approx(2.7, abs=0.4)  # a little is lost behind the lids
