"""A whole landmark fit of the default rig gives the numbers that it gave before: nobody moves them unknowingly."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from facewright.datatypes import ARKIT_52
from facewright.fitting.landmark_fit import LandmarkFitConfig, LandmarkModel, fit_landmarks
from facewright.rig.expression_prior import sample_expression
from facewright.rig.head_pose import CAMERA_FROM_WORLD_FRONTAL, HeadPose, project_with_jacobian
from facewright.rig.installed import load_rig

SEED, NOISE_PX, FOCAL_PX = 5, 0.6, 1800.0
CODE = (-0.1228, -0.3095, 0.1133, 0.3884, 0.1927, -0.2138)
EXPRESSION = {"mouthUpperUpRight": 0.1886, "mouthUpperUpLeft": 0.1881, "cheekSquintRight": 0.1675, "jawOpen": 0.1663}
TURN, RESIDUAL = (-6.024, 13.706, 3.121), 0.011002
"""What the fit said on 2026-11-26; a change that is meant writes them anew."""


@pytest.fixture(scope="module")
def fit():
    """Fit a head at random, turned and smiling somehow, to its landmarks with noise."""
    model = LandmarkModel(load_rig("makehuman"))
    generator = np.random.default_rng(SEED)
    points = model.points(0.7 * generator.standard_normal(model.rank), sample_expression(generator))
    turn = Rotation.from_euler("yxz", [14.0, -6.0, 4.0], degrees=True).as_matrix() @ CAMERA_FROM_WORLD_FRONTAL
    pose = HeadPose(turn, FOCAL_PX, np.array([320.0, 260.0]), points.mean(0))
    seen_px, _ = project_with_jacobian(points, pose, np.zeros((model.count, 3, 0)))
    return fit_landmarks(model, seen_px + NOISE_PX * generator.standard_normal(seen_px.shape), LandmarkFitConfig())


def test_the_fit_is_the_one_of_before(fit):
    np.testing.assert_allclose(fit.code[:6], CODE, atol=2e-3)
    for name, value in EXPRESSION.items():
        assert fit.expression[ARKIT_52.index(name)] == pytest.approx(value, abs=2e-3), name
    turn = Rotation.from_matrix(fit.rotation @ CAMERA_FROM_WORLD_FRONTAL.T).as_rotvec(degrees=True)
    np.testing.assert_allclose(turn, TURN, atol=0.02)
    assert fit.residual_ratio == pytest.approx(RESIDUAL, abs=2e-5)
