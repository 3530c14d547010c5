"""What the parser learns from: renders with labels that follow every augmentation, batches that repeat."""

import numpy as np
import pytest
import torch

from facewright.engine.opening import open_engine
from facewright.errors import FacewrightError
from facewright.perception.parsing import PARSER_CLASSES, PARSER_FRAME, PARSER_PX
from facewright.rig.installed import load_rig
from facewright.training.parser_augment import GLASSES, HAIR, OCCLUDER, SKIN, augment, sample_textures
from facewright.training.parser_data import DRAWN_PX, MARGIN_PX, open_data, render_data
from facewright.training.train_parser import HELD_OUT, TrainingRecipe, batches, make_batch, tensors


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with six drawn heads."""
    folder, rig = tmp_path_factory.mktemp("parser"), load_rig("makehuman")
    render_data(open_data(folder, 6, 468), folder, rig, open_engine(rig), seed=3)
    return folder


@pytest.fixture(scope="module")
def data(work):
    return open_data(work, 6, 468)


def test_heads_lie_on_the_frame_and_are_labelled(data):
    wanted = np.array([PARSER_FRAME.eye_right, PARSER_FRAME.eye_left]) * PARSER_PX + MARGIN_PX
    for image, classes, points in zip(data.images, data.classes, data.landmarks_px, strict=True):
        eyes = np.stack([points[[33, 133]].mean(0), points[[263, 362]].mean(0)])
        np.testing.assert_allclose(eyes.mean(0), wanted.mean(0), atol=1.0)
        assert {0, SKIN} <= set(np.unique(classes)) and classes.max() < len(PARSER_CLASSES)
        nose = np.rint(points[1]).astype(int)
        assert image.shape == (DRAWN_PX, DRAWN_PX, 3)
        assert np.isin(classes[nose[1], nose[0]], (SKIN, HAIR, GLASSES))


def test_augmented_labels_follow_the_picture(data):
    textures = sample_textures()
    seen = set()
    for seed in range(40):
        row = seed % 6
        drawn = data.images[row], data.classes[row], data.landmarks_px[row].astype(float)
        image, classes, points = augment(np.random.default_rng(seed), *drawn, textures)
        assert image.shape == (PARSER_PX, PARSER_PX, 3) and image.dtype == np.uint8
        seen |= set(np.unique(classes))
        nose = np.clip(np.rint(points[4]).astype(int), 0, PARSER_PX - 1)
        assert classes[nose[1], nose[0]] in (SKIN, HAIR, GLASSES, OCCLUDER)
        assert points[33, 0] < points[263, 0], "right and left stay so in a mirror image"
    assert seen == set(range(len(PARSER_CLASSES)))


def test_an_occluder_is_labelled_where_it_was_painted(data):
    """The same augmentation without photo effects differs from the plain one exactly where the label is new."""
    from facewright.training import parser_augment as steps

    row = 1
    picture = data.images[row][MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX].astype(np.float32)
    classes = data.classes[row][MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX].copy()
    points = data.landmarks_px[row].astype(float) - MARGIN_PX
    before, labels = picture.copy(), classes.copy()
    steps._patch(steps.Shot(np.random.default_rng(5), picture, classes, points, 40.0, sample_textures()))
    painted = classes != labels
    assert painted.sum() > 20 and (classes[painted] == OCCLUDER).all()
    changed = np.abs(picture - before).max(-1)
    assert changed[painted].mean() > 5 * changed[~painted].mean() + 1


def test_a_batch_is_the_same_whenever_it_is_made(work):
    first, second = (make_batch(work, np.array([0, 3]), (1, 2, 3)) for _ in range(2))
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, two)
    images, hints, classes = tensors(*first)
    assert images.shape == (2, 3, PARSER_PX, PARSER_PX) and images.max() <= 1
    assert hints.shape[1] == 5 and hints.max() <= 1
    assert classes.dtype == torch.long


def test_a_folder_of_another_size_is_refused(work):
    with pytest.raises(FacewrightError, match="Empty the work folder|expected"):
        open_data(work, 7, 468)


def test_batches_come_in_order_and_go_on_where_a_run_stopped(work):
    recipe = TrainingRecipe(samples=HELD_OUT + 6, steps=5, batch=2, seed=4)
    whole, rest = (list(batches(work, recipe, first, workers=1)) for first in (0, 3))
    assert len(whole) == 5 and len(rest) == 2
    for one, two in zip(whole[3:], rest, strict=True):
        for first, second in zip(one, two, strict=True):
            np.testing.assert_array_equal(first, second)
    assert not np.array_equal(whole[0][0], whole[1][0])
