"""The default rig and its atlas at a small side, for all texture tests."""

import numpy as np
import pytest

from facewright.datatypes import Camera
from facewright.rig.installed import load_rig
from facewright.rig.nouns import Rig
from facewright.texture.atlas import SkinAtlas, build_atlas
from facewright.texture.unwrap import PhotoView

SIDE = 256


@pytest.fixture(scope="session")
def rig() -> Rig:
    """Return the default rig."""
    return load_rig("makehuman")


@pytest.fixture(scope="session")
def atlas(rig) -> SkinAtlas:
    """Return its atlas, small."""
    return build_atlas(rig, SIDE)


@pytest.fixture
def camera(rig) -> Camera:
    """Return a camera straight in front of the neutral head."""
    return facing_camera(rig)


def facing_camera(rig: Rig, yaw_rad: float = 0.0, side: int = 200) -> Camera:
    """Return a camera 1 m away that shows the neutral head, turned about the vertical."""
    middle = rig.mesh.vertices_m[rig.mesh.surfaces == 1].mean(0)
    c, s = np.cos(yaw_rad), np.sin(yaw_rad)
    turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    rotation = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]]) @ turn
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, np.array([0, 0, 1.0]) - rotation @ middle
    return Camera(matrix, 4.0 * side, np.full(2, side / 2), (side, side))


def view_of(rig: Rig, camera: Camera, image: np.ndarray, **changes) -> PhotoView:
    """Return a view of the neutral head in which everything is accepted and nothing is hidden by depth."""
    side = len(image)
    landmarks = np.random.default_rng(0).uniform(40, side - 40, (468, 2))
    values = {
        "image": image,
        "camera": camera,
        "vertices_m": rig.mesh.vertices_m,
        "depth_m": np.full((side, side), np.inf, np.float32),
        "landmarks_px": landmarks,
        "shown_px": landmarks,
        "accepted": np.ones((side, side), np.float32),
        "own_dark": np.zeros((side, side), np.float32),
        "inside": np.ones((side, side), np.float32),
        "sharpness": 1.0,
        "is_grey": False,
    }
    return PhotoView(**(values | changes))
