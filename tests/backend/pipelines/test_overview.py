"""Sheets of characters: tiles stand in rows, and calm faces look into the camera."""

import numpy as np

from facewright.datatypes import ARKIT_52
from facewright.pipelines.overview import calm_expression, tiled


def test_tiles_stand_in_rows_and_missing_ones_are_white():
    tiles = [np.full((4, 4, 3), value, np.uint8) for value in (10, 20, 30, 40, 50)]
    picture = tiled(tiles, 3)
    assert picture.shape == (8, 12, 3)
    assert [picture[2, x, 0] for x in (2, 6, 10)] == [10, 20, 30]
    assert [picture[6, x, 0] for x in (2, 6, 10)] == [40, 50, 255]


def test_the_eyes_turn_towards_the_camera():
    value = dict(zip(ARKIT_52, calm_expression(np.random.default_rng(0), 20.0), strict=True))
    assert value["eyeLookOutLeft"] == value["eyeLookInRight"] > 0.3
    assert value["eyeLookOutRight"] == value["eyeLookInLeft"] == 0
    other = dict(zip(ARKIT_52, calm_expression(np.random.default_rng(0), -20.0), strict=True))
    assert other["eyeLookOutRight"] == other["eyeLookInLeft"] > 0.3


def test_calm_faces_stay_calm_and_keep_mouth_and_eyes():
    for seed in range(40):
        value = dict(zip(ARKIT_52, calm_expression(np.random.default_rng(seed), 10.0), strict=True))
        assert value["jawOpen"] == 0 and value["eyeBlinkLeft"] == 0
        assert max(value.values()) < 0.8
