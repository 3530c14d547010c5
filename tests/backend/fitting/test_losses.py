"""Losses against values computed by hand."""

import numpy as np
import pytest
import torch

from facewright.datatypes import PART_NAMES
from facewright.fitting.losses import CONTENT_PARTS, content_loss, content_maps, identity_loss, prior_loss


def test_identity_loss_is_zero_for_the_same_and_one_for_a_perpendicular_direction():
    target = torch.tensor([0.6, 0.8])
    loss = identity_loss(torch.tensor([[0.6, 0.8], [-0.8, 0.6], [-0.6, -0.8]]), target)
    torch.testing.assert_close(loss, torch.tensor([0.0, 1.0, 2.0]))


def test_content_maps_keep_the_compared_parts_and_sum_to_one():
    maps = np.random.default_rng(0).dirichlet(np.ones(len(PART_NAMES)), (4, 4)).transpose(2, 0, 1)
    reduced = content_maps(maps)
    np.testing.assert_allclose(reduced.sum(0), 1.0, atol=1e-6)
    np.testing.assert_allclose(reduced[1], maps[PART_NAMES.index("brows")], atol=1e-7)


def test_content_loss_weighs_each_part_by_its_own_area():
    target = torch.zeros(len(CONTENT_PARTS) + 1, 4, 4)
    target[0, :2] = 1.0  # eight pixels of skin
    target[1, 2, :2] = 1.0  # two pixels of brow
    drawn = target.clone()[None]
    drawn[0, 1, 2, 0] = 0.0  # half of the brow is missing
    assert content_loss(drawn, target).item() == pytest.approx(0.5 / len(CONTENT_PARTS))


def test_prior_loss_pulls_to_start_and_mean():
    loss = prior_loss(torch.tensor([[1.0, 3.0]]), torch.tensor([1.0, 1.0]), 0.5)
    assert loss.item() == pytest.approx(0.5 * (0 + 4) / 2 + (1 + 9) / 2)
