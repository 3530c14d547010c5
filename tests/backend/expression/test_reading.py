"""Lids that are read as nearly shut are shut, and nothing else changes."""

import numpy as np

from facewright.datatypes import ARKIT_52
from facewright.expression.reading import LIDS, shut_lids


def test_lids_that_are_nearly_shut_shut_and_half_open_ones_and_all_else_stay():
    given = np.full(len(ARKIT_52), 0.93)
    given[LIDS] = 0.93, 0.45
    shut = shut_lids(given)
    np.testing.assert_allclose(shut[LIDS], [1.0, 0.45])
    np.testing.assert_array_equal(np.delete(shut, LIDS), 0.93)
    assert given[LIDS[0]] == 0.93


def test_lids_close_steadily():
    rows = np.zeros((101, len(ARKIT_52)))
    rows[:, LIDS[0]] = np.linspace(0.0, 1.0, 101)
    closed = np.array([shut_lids(row)[LIDS[0]] for row in rows])
    assert (np.diff(closed) >= 0).all() and closed.max() == 1.0
    assert np.abs(np.diff(closed)).max() < 0.0126
