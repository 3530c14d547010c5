"""What the expression reader looks at follows the face through shift, scale, turn and mirror."""

import cv2
import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from facewright import weights
from facewright.datatypes import ARKIT_52
from facewright.networks.expression_reader import MIRRORED_COEFFICIENTS, mirrored
from facewright.networks.landmarker import MIRRORED
from facewright.perception.alignment import eye_centres
from facewright.perception.expression_crops import (
    SHAPE_SIZE,
    USED,
    cut_crops,
    describe_shape,
    mirror_matrix,
    to_crops,
)
from facewright.perception.landmarks import refine_landmarks


@pytest.fixture(scope="module")
def face(photo, observations):
    """Return crop and landmarks of a real face."""
    return refine_landmarks(weights.load_landmarker(), photo, observations.landmarks_px, with_mirror=False)


@pytest.fixture(scope="module")
def template(face) -> np.ndarray:
    """Return a symmetric face of the size that `describe_shape` expects."""
    points = face.in_crop - face.in_crop.mean(0)
    points = (points + points[list(MIRRORED)] * [-1.0, 1.0, 1.0]) / 2
    right, left = eye_centres(points)
    return points / np.linalg.norm(left - right)


def test_the_crops_show_eyes_and_mouth(face):
    eyes, mouth = cut_crops(face.crop, face.in_crop)
    assert eyes.shape == (2, 48, 48, 3) and mouth.shape == (64, 64, 3) and eyes.dtype == np.uint8
    middle = eyes[:, 20:36, 16:32].astype(float)
    around = eyes[:, 36:].astype(float)
    assert (middle.std((1, 2)).mean(1) > around.std((1, 2)).mean(1)).all()  # iris and lids, beside plain cheek


def test_the_crops_do_not_depend_on_where_the_face_is_in_the_crop(face):
    turn = cv2.getRotationMatrix2D((96, 96), 12.0, 0.9)
    turned = cv2.warpAffine(face.crop, turn, (192, 192), flags=cv2.INTER_CUBIC)
    landmarks = face.in_crop.copy()
    landmarks[:, :2] = landmarks[:, :2] @ turn[:, :2].T + turn[:, 2]
    landmarks[:, 2] *= 0.9
    for one, other in zip(cut_crops(face.crop, face.in_crop), cut_crops(turned, landmarks), strict=True):
        assert np.abs(one.astype(float) - other).mean() < 6.0


def test_a_shape_depends_on_neither_place_nor_size_nor_turn_of_the_head(face, template):
    plain = describe_shape(face.in_crop, template)
    turn = Rotation.from_euler("yxz", (20, -10, 15), degrees=True).as_matrix()
    moved = describe_shape(1.7 * face.in_crop @ turn.T + [40.0, -9.0, 3.0], template)
    assert plain.shape == (SHAPE_SIZE,)
    np.testing.assert_allclose(moved[:-3], plain[:-3], atol=1e-6)
    first, second = (Rotation.from_rotvec(shape[-3:]) for shape in (plain, moved))
    assert np.degrees((first * second.inv()).magnitude()) == pytest.approx(
        np.degrees(Rotation.from_matrix(turn).magnitude()), abs=1e-3
    )


def test_the_template_itself_is_at_zero(template):
    np.testing.assert_allclose(describe_shape(100 * template + 5, template), 0.0, atol=1e-9)


def test_a_mirrored_picture_gives_the_mirrored_crops_and_shape(face, template):
    flipped = face.in_crop[list(MIRRORED)] * [-1.0, 1.0, 1.0] + [192.0, 0.0, 0.0]
    eyes, mouth = cut_crops(face.crop, face.in_crop)
    shape = describe_shape(face.in_crop, template)
    mirror = np.float32(mirror_matrix())
    expected = mirrored(to_crops(eyes[None], mouth[None], shape[None]), torch.from_numpy(mirror))
    eyes, mouth = cut_crops(np.ascontiguousarray(face.crop[:, ::-1]), flipped)
    found = to_crops(eyes[None], mouth[None], describe_shape(flipped, template)[None])
    for one, other in zip(found, expected, strict=True):
        assert (one - other).abs().max() < 0.02


def test_the_mirror_of_the_coefficients_swaps_sides():
    for index, other in enumerate(MIRRORED_COEFFICIENTS):
        name = ARKIT_52[index]
        swapped = (
            name[:-4] + "Right" if name.endswith("Left") else name[:-5] + "Left" if name.endswith("Right") else name
        )
        assert ARKIT_52[other] == swapped
    assert sorted(USED) == list(USED) and {MIRRORED[index] for index in USED} == set(USED)
