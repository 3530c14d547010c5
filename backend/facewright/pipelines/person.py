"""Who is followed: the live pipeline with the identity and the look of a fitted head, or of a stranger."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facewright.config import FacewrightConfig
from facewright.datatypes import Look
from facewright.export.rig_json import head_from_document, read_rig_json
from facewright.pipelines.live import LivePipeline
from facewright.pipelines.rig_export import with_photo_skin
from facewright.rig.colours import NEUTRAL_COLOURS


@dataclass(frozen=True, eq=False)
class Person:
    """Who is followed.

    Attributes:
        parameters: (P,) rig parameters; None for a stranger, whose identity is learnt.
        look: colours, skin and style.
    """

    parameters: np.ndarray | None
    look: Look


def open_for_person(config: FacewrightConfig, rig_json: Path | None) -> tuple[LivePipeline, Person]:
    """Load the live pipeline on the rig of a person's head.

    Args:
        config: names the rig of a stranger.
        rig_json: of the person's fitted head; None for a stranger.

    Raises:
        RigInvalid: the rig.json is damaged or was written for another version of its rig.
        FacewrightError: the rig or a model file is missing or broken.
    """
    if rig_json is None:
        return LivePipeline.from_config(config), Person(None, Look(NEUTRAL_COLOURS))
    document = read_rig_json(rig_json)
    pipeline = LivePipeline.from_config(dataclasses.replace(config, rig=document["rig"]["id"]))
    parameters, look = head_from_document(pipeline.rig, document)
    return pipeline, Person(parameters, with_photo_skin(look, document, rig_json, []))
