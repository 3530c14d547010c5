"""The shipped rig, and heads of it seen by a camera."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from facewright.fitting.landmark_fit import LandmarkModel
from facewright.rig.head_pose import CAMERA_FROM_WORLD_FRONTAL, HeadPose
from facewright.rig.installed import load_rig
from facewright.rig.nouns import Rig


@pytest.fixture(scope="session")
def rig() -> Rig:
    """Return the shipped rig."""
    return load_rig("makehuman")


@pytest.fixture(scope="session")
def landmark_model(rig) -> LandmarkModel:
    """Return its landmark points."""
    return LandmarkModel(rig)


@pytest.fixture(scope="session")
def code(landmark_model) -> np.ndarray:
    """Return the (R,) prior code of an uncommon head whose rig parameters all lie within [0, 1]."""
    return np.random.default_rng(4).standard_normal(landmark_model.rank) * 0.3


@pytest.fixture(scope="session")
def identity(landmark_model, code) -> np.ndarray:
    """Return the (P,) rig parameters of that head."""
    return landmark_model.parameters(code)


@pytest.fixture(scope="session")
def pose(landmark_model, code) -> HeadPose:
    """Return where the head is: turned and tilted, in a frame of 640 by 480 px."""
    turn = Rotation.from_euler("yxz", [14.0, -7.0, 5.0], degrees=True).as_matrix()
    pivot = landmark_model.points(code, np.zeros(52)).mean(0)
    return HeadPose(turn @ CAMERA_FROM_WORLD_FRONTAL, 1500.0, np.array([330.0, 210.0]), pivot)
