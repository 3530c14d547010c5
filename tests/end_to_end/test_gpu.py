"""On a CUDA device the networks say what they say on the CPU, and a fit gives the same head."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from skimage import data
from torch import nn

from facewright import weights
from facewright.config import FacewrightConfig, with_overrides
from facewright.networks import detector, embedder, iris, landmarker, segmenter
from facewright.pipelines.photo import PhotoPipeline

GPU = "cuda"
pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")]


@pytest.mark.parametrize(
    ("load", "side_px"),
    [
        (weights.load_detector, detector.SIZE_PX),
        (weights.load_landmarker, landmarker.SIZE_PX),
        (weights.load_iris_landmarker, iris.SIZE_PX),
        (weights.load_segmenter, segmenter.SIZE_PX),
        (weights.load_embedder, embedder.SIZE_PX),
    ],
)
def test_a_network_says_the_same_on_both_devices(load: Callable[[str], nn.Module], side_px: int):
    face = torch.from_numpy(np.ascontiguousarray(data.astronaut()[:256, 96:352])).permute(2, 0, 1)[None] / 255.0
    image = nn.functional.interpolate(face, (side_px, side_px), mode="area")
    with torch.inference_mode():
        answers = [load(device)(image.to(device)) for device in ("cpu", GPU)]
    there, here = ([one] if torch.is_tensor(one) else list(one) for one in answers)
    for expected, found in zip(there, here, strict=True):
        assert found.device.type == GPU
        scale = float(expected.abs().max())
        np.testing.assert_allclose(found.cpu(), expected, atol=0.01 * scale)  # convolutions round to TF32 there


def test_a_fit_gives_the_same_head_on_both_devices():
    settings = ["skin.share=0", "fitting.choose_styles=false"]
    photo, heads_m = np.ascontiguousarray(data.astronaut()), []
    for device in ("cpu", GPU):
        pipeline = PhotoPipeline.from_config(with_overrides(FacewrightConfig(device=device), settings))
        assert pipeline.device == device
        result, _ = pipeline(photo)
        heads_m.append(pipeline.vertices(result.parameters))
    apart_mm = 1000 * np.linalg.norm(heads_m[1] - heads_m[0], axis=1)
    assert apart_mm.mean() < 0.5, f"{apart_mm.mean():.3f} mm apart, at most {apart_mm.max():.3f}"
