"""One real photo with one face, observed once for all perception tests."""

import numpy as np
import pytest
import torch
from skimage.data import astronaut

from facewright import weights
from facewright.perception.observe import Observer


@pytest.fixture(scope="session")
def photo() -> np.ndarray:
    """Return the photo, (512, 512, 3) RGB uint8; the eyes are 45 px apart, level, and look into the camera."""
    return astronaut()


@pytest.fixture(scope="session")
def observer() -> Observer:
    """Return an observer with the real networks."""
    torch.set_num_threads(1)
    return Observer(
        weights.load_detector(),
        weights.load_landmarker(),
        weights.load_iris_landmarker(),
        weights.load_segmenter(),
        weights.load_embedder(),
    )


@pytest.fixture(scope="session")
def observations(observer, photo):
    """Return what is measured on the photo."""
    return observer(photo)
