"""The quick landmark network is the same network."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from skimage.data import astronaut

from facewright import weights
from facewright.networks.landmarker import QuickLandmarker
from facewright.perception.alignment import to_tensor


def crops() -> torch.Tensor:
    """Return a face, the same face darker, and no face."""
    face = astronaut()[20:212, 130:322]
    return to_tensor(np.stack([face, face // 2, np.zeros_like(face)]))


def test_opencv_and_pytorch_see_the_same():
    plain, quick = weights.load_landmarker(), weights.load_quick_landmarker()
    assert isinstance(quick, QuickLandmarker)
    with torch.inference_mode():
        for one, other in zip(plain(crops()), quick(crops()), strict=True):
            assert one.shape == other.shape
            torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-4)


def test_threads_do_not_get_each_others_faces():
    quick, images = weights.load_quick_landmarker(), crops()
    expected = [quick(images[row : row + 1])[0] for row in range(3)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda row: quick(images[row % 3 : row % 3 + 1])[0], range(24)))
    for row, points in enumerate(found):
        torch.testing.assert_close(points, expected[row % 3], atol=0, rtol=0)
