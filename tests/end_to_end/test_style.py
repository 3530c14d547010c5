"""A dressed character is photographed, and a fit reads off the picture what it wears."""

import dataclasses

import numpy as np
import pytest
import torch

from facewright.config import FacewrightConfig, with_overrides
from facewright.datatypes import RenderJob, Style
from facewright.engine.cameras import canonical_camera
from facewright.engine.lighting import DEFAULT_LIGHTING
from facewright.perception.person import BUST_FRAME
from facewright.pipelines.photo import PhotoPipeline
from facewright.rig.anchors import eye_centres
from facewright.rig.looks import sample_look

PLAIN = ["fitting.imitator_stage=false", "fitting.learnt_correction=false", "fitting.detection_rounds=0"]


@pytest.fixture(scope="module")
def pipeline() -> PhotoPipeline:
    """Return a pipeline that reads styles and does without the slower stages."""
    torch.set_num_threads(1)
    return PhotoPipeline.from_config(with_overrides(FacewrightConfig(), [*PLAIN, "fitting.choose_styles=true"]))


def portrait(pipeline: PhotoPipeline, style: Style) -> np.ndarray:
    """Draw the mean head with a style, head and shoulders."""
    head = pipeline.rig.prior.mean
    look = dataclasses.replace(sample_look(np.random.default_rng(8), pipeline.rig, head), style=style)
    vertices = pipeline.vertices(head)
    camera = canonical_camera(eye_centres(pipeline.rig, vertices), BUST_FRAME, 512)
    pieces = pipeline.pieces(head, style)
    return pipeline.engine.render([RenderJob(vertices, camera, look, DEFAULT_LIGHTING, pieces)])[0].image


@pytest.mark.parametrize(
    "style", [Style(hair="long_straight", glasses="thick"), Style(hair="short", beard="full")], ids=["long", "bearded"]
)
def test_hair_beard_and_glasses_are_read_off_a_picture(pipeline, style):
    result, observations = pipeline(portrait(pipeline, style))
    read = result.look.style
    assert read.hair.split("_")[0] == style.hair.split("_")[0]
    assert (read.beard, read.glasses) == (style.beard or "none", style.glasses or "none")
    assert set(result.choices) == {"hair", "brows", "beard", "glasses"}
    for shares in result.choices.values():
        assert sum(shares.values()) == pytest.approx(1.0)
    assert observations.style_cues.hair.max() > 0.9


def test_a_forced_choice_is_worn_and_not_read(pipeline):
    config = with_overrides(FacewrightConfig(), [*PLAIN, "fitting.choose_styles=true", "style.hair=bob"])
    forced = PhotoPipeline.from_config(config)
    result, _ = forced(portrait(pipeline, Style(hair="short")))
    assert result.look.style.hair == "bob" and "hair" not in result.choices


def test_reading_can_be_switched_off():
    config = with_overrides(FacewrightConfig(), [*PLAIN, "fitting.choose_styles=false"])
    pipeline = PhotoPipeline.from_config(config)
    result, _ = pipeline(portrait(pipeline, Style(hair="long_wavy")))
    assert result.choices == {} and result.look.style == Style()
