"""Similarities land where they should, and warps keep pixel centres in place."""

import numpy as np
import pytest

from facewright.engine.cameras import FACE_FRAME
from facewright.perception.alignment import (
    EMBEDDER_LANDMARKS,
    EMBEDDER_TEMPLATE_PX,
    apply_transform,
    embedder_from_photo,
    eye_centres,
    face_from_photo,
    fit_similarity,
    invert_transform,
    to_tensor,
    warp,
)

TURN = np.array([[1.2, -0.5, 7.0], [0.5, 1.2, -3.0]])


@pytest.fixture
def landmarks() -> np.ndarray:
    """Return (468, 3) points whose eyes are frontal and tilted."""
    points = np.random.default_rng(8).uniform(50, 200, (468, 3))
    points[[33, 133]] = [[60, 92, 4], [80, 96, 2]]
    points[[362, 263]] = [[120, 104, 2], [140, 108, 4]]
    return points


def test_a_similarity_is_recovered_from_its_own_points():
    source = np.random.default_rng(1).normal(size=(7, 2))
    np.testing.assert_allclose(fit_similarity(source, apply_transform(TURN, source)), TURN, atol=1e-12)


def test_a_similarity_minimises_the_squared_distances():
    generator = np.random.default_rng(2)
    source, target = generator.normal(size=(2, 9, 2))
    best = fit_similarity(source, target)
    cost = np.square(apply_transform(best, source) - target).sum()
    x, y = source.T
    system = np.zeros((18, 4))  # the same problem as linear least squares in a, b, right, down
    system[0::2], system[1::2] = np.stack([x, -y, x**0, 0 * x], 1), np.stack([y, x, 0 * x, x**0], 1)
    assert cost == pytest.approx(np.linalg.lstsq(system, target.ravel(), rcond=None)[1][0])


def test_the_inverse_undoes_a_transform_and_depth_scales_along():
    points = np.random.default_rng(3).normal(size=(5, 3))
    moved = apply_transform(TURN, points)
    np.testing.assert_allclose(apply_transform(invert_transform(TURN), moved), points, atol=1e-12)
    np.testing.assert_allclose(moved[:, 2], points[:, 2] * 1.3)


def test_frontal_eyes_land_on_the_canonical_points(landmarks):
    moved = eye_centres(apply_transform(face_from_photo(landmarks, FACE_FRAME, 200), landmarks))
    np.testing.assert_allclose(moved[:, :2], [[70, 84], [130, 84]], atol=1e-9)


def test_a_turned_head_is_not_enlarged(landmarks):
    turned = landmarks.copy()
    middle = eye_centres(landmarks).mean(0)
    across = np.array([60, 12, 0]) / np.hypot(60, 12)  # the line of the eyes, turned about the upright axis
    along = (turned - middle) @ across
    turned += np.outer(along, np.cos(0.6) * across + [0, 0, np.sin(0.6)] - across)
    scales = [np.linalg.norm(face_from_photo(points, FACE_FRAME, 128)[0, :2]) for points in (landmarks, turned)]
    assert scales[1] == pytest.approx(scales[0])


def test_landmarks_on_the_template_need_no_transform_for_the_embedder(landmarks):
    landmarks[list(EMBEDDER_LANDMARKS), :2] = EMBEDDER_TEMPLATE_PX
    np.testing.assert_allclose(embedder_from_photo(landmarks), [[1, 0, 0], [0, 1, 0]], atol=1e-9)


def test_the_identity_warp_returns_the_image():
    image = np.random.default_rng(4).integers(0, 256, (20, 30, 3), np.uint8)
    np.testing.assert_array_equal(warp(image, np.eye(2, 3), (30, 20)), image)


def test_a_shifted_window_far_from_the_corner_is_cut_out_exactly():
    image = np.random.default_rng(5).integers(0, 256, (120, 200, 3), np.uint8)
    window = warp(image, np.array([[1.0, 0, -140], [0, 1.0, -70]]), (40, 30))
    np.testing.assert_array_equal(window, image[70:100, 140:180])


@pytest.mark.parametrize("is_quick", [False, True])
@pytest.mark.parametrize("scale", [0.125, 0.3, 0.4, 0.6, 1.0, 2.5])
def test_a_warped_spot_lies_where_the_transform_says(scale, is_quick):
    rows, columns = np.mgrid[:160, :200] + 0.5
    spot = np.exp(-((columns - 93.3) ** 2 + (rows - 61.8) ** 2) / (2 * 9.0**2)).astype(np.float32)
    angle = 0.3
    transform = scale * np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0]])
    transform[:, 2] = (31.0 * scale, 20.0 * scale)
    size = (int(200 * scale), int(160 * scale))
    warped = warp(spot, transform, size, is_quick)
    rows, columns = np.mgrid[: size[1], : size[0]] + 0.5
    centre = np.array([(warped * columns).sum(), (warped * rows).sum()]) / warped.sum()
    np.testing.assert_allclose(centre, apply_transform(transform, np.array([93.3, 61.8])), atol=0.05)


@pytest.mark.parametrize("is_quick", [False, True])
def test_shrinking_averages_instead_of_skipping(is_quick):
    stripes = np.zeros((256, 256), np.uint8)
    stripes[:, ::2] = 255
    shrunk = warp(stripes, 0.13 * np.eye(2, 3), (33, 33), is_quick)
    assert np.abs(shrunk[:, 2:-2].astype(int) - 127).max() < 25


def test_a_quick_warp_sees_the_same_pixels_when_its_crop_moves_by_one():
    noise = np.random.default_rng(5).uniform(0, 255, (200, 200)).astype(np.float32)
    first = warp(noise, 0.5 * np.array([[1.0, 0, -40], [0, 1.0, -60]]), (40, 40), is_quick=True)
    second = warp(noise, 0.5 * np.array([[1.0, 0, -42], [0, 1.0, -62]]), (40, 40), is_quick=True)
    np.testing.assert_allclose(first[1:, 1:], second[:-1, :-1], atol=1e-3)
    odd = warp(noise, 0.5 * np.array([[1.0, 0, -41], [0, 1.0, -61]]), (40, 40), is_quick=True)
    halves = (first[1:-1, 1:-1] + first[2:, 1:-1] + first[1:-1, 2:] + first[2:, 2:]) / 4
    np.testing.assert_allclose(odd[1:-1, 1:-1], halves, atol=1e-3)


@pytest.mark.parametrize("is_quick", [False, True])
def test_a_crop_beside_the_image_repeats_the_edge(is_quick):
    image = np.full((90, 70), 40, np.uint8)
    for shift in (-13.5, 13.5):
        crop = warp(image, np.array([[0.1, 0, shift], [0, 0.1, shift]]), (6, 6), is_quick)
        np.testing.assert_array_equal(crop, np.full((6, 6), 40))


def test_tensors_are_channels_first_and_unit():
    image = np.zeros((1, 2, 3, 3), np.uint8)
    image[0, 1, 2] = (255, 51, 0)
    tensor = to_tensor(image)
    assert tensor.shape == (1, 3, 2, 3)
    np.testing.assert_allclose(tensor[0, :, 1, 2].numpy(), [1, 0.2, 0], atol=1e-7)
