"""The person is told from the background."""

import numpy as np
import pytest

from facewright import weights
from facewright.perception.alignment import apply_transform, invert_transform
from facewright.perception.person import segment_person


@pytest.fixture(scope="module")
def person(observations, photo):
    """Return the crop of the person in the photo."""
    return segment_person(weights.load_segmenter(), photo, observations.landmarks_px)


def at(person, x: float, y: float) -> float:
    """Return the probability at a place of the photo."""
    column, row = np.floor(apply_transform(person.crop_from_photo, np.array([x, y]))).astype(int)
    return float(person.probability[row, column])


def test_face_hair_and_suit_belong_to_the_person_and_flag_and_rocket_do_not(person):
    for place in ((222, 130), (130, 225), (222, 20)):
        assert at(person, *place) > 0.8
    for place in ((90, 60), (290, 30)):
        assert at(person, *place) < 0.3


def test_nothing_beyond_the_photos_border_belongs_to_the_person(person, photo):
    rows, columns = np.mgrid[:256, :256] + 0.5
    places = apply_transform(invert_transform(person.crop_from_photo), np.stack([columns, rows], -1))
    outside = (places < 0).any(-1) | (places >= photo.shape[0]).any(-1)
    assert outside.any() and person.probability[outside].max() == 0
