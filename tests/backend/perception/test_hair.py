"""Hair is told from skin, clothes and background by colours that are learnt on the picture."""

import numpy as np
import pytest

from facewright import weights
from facewright.perception.alignment import apply_transform
from facewright.perception.hair import SIDE_PX, map_hair
from facewright.perception.person import PersonCrop, segment_person


@pytest.fixture(scope="module")
def found(observations, photo):
    """Return the photo's crop and hair map."""
    person = segment_person(weights.load_segmenter(), photo, observations.landmarks_px)
    return person, map_hair(person, observations.landmarks_px)


def at(person, values, x: float, y: float) -> float:
    """Return a value of the map at a place of the photo."""
    column, row = np.floor(apply_transform(person.crop_from_photo, np.array([x, y])) * SIDE_PX / 256).astype(int)
    return float(values[row, column])


def test_hair_is_hair_and_the_face_is_skin(found):
    person, maps = found
    for x, y in ((222, 25), (180, 60), (268, 70)):
        assert at(person, maps.hair, x, y) > 0.5
    for x, y in ((200, 125), (245, 125), (222, 90)):
        assert at(person, maps.skin, x, y) > 0.6 > 0.2 > at(person, maps.hair, x, y)


def test_suit_and_background_are_neither(found):
    person, maps = found
    for x, y in ((130, 225), (310, 225), (90, 60)):
        assert at(person, maps.hair, x, y) < 0.3


def drawn_head(observations, has_hair: bool, collar: tuple[int, int, int]) -> tuple[PersonCrop, np.ndarray]:
    """Return a drawn crop: an oval face, hair around its top if wanted, shoulders of one colour."""
    landmarks = apply_transform(observations.aligned.crop_from_photo, observations.landmarks_px)
    scale = 0.14 / 0.30
    points = landmarks * scale + np.array([0.5 - 0.5 * scale, 0.44 - 0.42 * scale, 0.0]) * 256
    rows, columns = np.mgrid[:256, :256] + 0.5
    middle, top = points[:, 0].mean(), points[10, 1]
    skull = np.hypot((columns - middle) / 48, (rows - (top + 30)) / 62) < 1
    body = rows > points[152, 1] + 22
    generator = np.random.default_rng(0)
    image = np.full((256, 256, 3), 200.0)
    image[body] = collar
    image[skull | (np.hypot((columns - middle) / 38, (rows - points[:, 1].mean()) / 62) < 1)] = (205, 160, 135)
    if has_hair:
        image[skull & (rows < top + 4)] = (60, 40, 30)
    person = ((image != 200).any(-1)).astype(np.float32)
    noisy = np.clip(image + generator.normal(0, 4, image.shape), 0, 255).astype(np.uint8)
    return PersonCrop(noisy, person, np.eye(2, 3)), points


def test_a_bald_head_has_no_hair(observations):
    hairy, bald = (
        map_hair(*drawn_head(observations, has_hair, (90, 90, 160))).hair.sum() for has_hair in (True, False)
    )
    assert hairy > 300 and bald < 0.15 * hairy


def test_a_collar_of_the_hairs_colour_is_not_hair(observations):
    person, points = drawn_head(observations, True, (60, 40, 30))
    hair = map_hair(person, points).hair
    assert hair[int(points[152, 1] / 2) + 15 :].mean() < 0.1
