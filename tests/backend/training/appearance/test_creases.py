"""The lines of an ageing face lie where faces fold, on both sides, and are never the same twice."""

import numpy as np

from facewright.training.appearance.creases import STEP_MM, face_creases


def lines_of(seed: int):
    return face_creases(np.random.default_rng(seed))


def test_lines_stay_on_the_face_and_are_evenly_stepped():
    for line in lines_of(1):
        assert np.abs(line.points[:, 0]).max() < 72
        assert -100 < line.points[:, 1].min() <= line.points[:, 1].max() < 72
        steps = np.linalg.norm(np.diff(line.points, axis=0), axis=1)
        assert np.median(steps) < 1.6 * STEP_MM


def test_both_sides_have_as_many_lines_but_are_not_alike():
    left = [line for line in lines_of(2) if line.points[:, 0].min() > 4]
    right = [line for line in lines_of(2) if line.points[:, 0].max() < -4]
    assert abs(len(left) - len(right)) < 0.2 * len(left)
    mirrored = [line.points * [-1, 1] for line in right]
    assert not any(
        len(line.points) == len(other) and np.allclose(line.points, other) for line in left for other in mirrored
    )


def test_flesh_stands_out_over_the_folds_on_the_side_of_the_cheek():
    folds = [line for line in lines_of(3) if line.fold_mm > 1.2 and line.points[:, 1].max() < -30]
    assert len(folds) >= 2
    for line in folds:
        tangent = line.points[-1] - line.points[0]
        left = np.array([-tangent[1], tangent[0]])
        assert left[0] * np.sign(line.points[:, 0].mean()) > 0


def test_the_same_seed_draws_the_same_lines():
    for first, again in zip(lines_of(4), lines_of(4), strict=True):
        np.testing.assert_array_equal(first.points, again.points)
        assert first.depth_mm == again.depth_mm
