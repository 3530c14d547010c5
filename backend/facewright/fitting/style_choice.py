"""Relaxed choices: how probable each choice of a style group is, by how little its render differs from the photo."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open

from facewright.errors import RigInvalid
from facewright.rig.looks import curl_share
from facewright.rig.nouns import StyleGroup
from facewright.rig.reading import read_tensors

REMEDY = "run python -m facewright.training.train_style_reader, or fit with --set fitting.choose_styles=false"

READ_GROUPS = ("hair", "brows", "beard", "glasses")
"""Groups that are read off photos; make-up is not."""

READING_PASSES = (("hair",), ("glasses",), ("beard", "brows"))
"""The same groups in the order in which they are read; what is known by then is worn in the renders of the next ones.
Choices of one pass are drawn together: they must not hide each other."""


@dataclass(frozen=True, eq=False)
class CueMetric:
    """How the cues of one group differ between a picture and the render of the right choice.

    Attributes:
        bias: (n,) mean difference.
        precision: (n, n) inverse covariance of the difference.
        steepness: how much a choice loses when its distance grows by a factor of e.
    """

    bias: np.ndarray
    precision: np.ndarray
    steepness: float


def read_metrics(path: Path, rig_version: str) -> dict[str, CueMetric]:
    """Read the metrics that `training.train_style_reader` learnt.

    Args:
        path: the file.
        rig_version: version of the rig; metrics that were learnt on another are refused.

    Raises:
        RigInvalid: the file is missing or damaged, or was learnt on another version.
    """
    if not path.is_file():
        raise RigInvalid(f"{path} is missing", REMEDY)
    shapes: dict[str, tuple[int | None, ...]] = {}
    for group in READ_GROUPS:
        shapes |= {f"{group}.bias": (None,), f"{group}.precision": (None, None), f"{group}.steepness": (1,)}
    arrays = read_tensors(path, shapes)
    with safe_open(path, "numpy") as stream:
        learnt_on = (stream.metadata() or {}).get("rig_version", "an older version")
    if learnt_on != rig_version:
        raise RigInvalid(f"{path} was learnt on rig version {learnt_on}, the rig is {rig_version}", REMEDY)
    return {
        group: CueMetric(
            arrays[f"{group}.bias"].astype(np.float64),
            arrays[f"{group}.precision"].astype(np.float64),
            float(arrays[f"{group}.steepness"][0]),
        )
        for group in READ_GROUPS
    }


def choice_probabilities(
    seen: np.ndarray, drawn: np.ndarray, metric: CueMetric, prior: np.ndarray, trust: np.ndarray | None = None
) -> np.ndarray:
    """Compare a picture with the renders of all choices of a group.

    Distances count by their ratio, so that a photo which no choice fits well is not judged too surely.

    Args:
        seen: (n,) cues of the picture.
        drawn: (C, n) cues of the renders.
        metric: of this group.
        prior: (C,) how common each choice is.
        trust: (n,) in [0, 1], 0 where the picture shows nothing.

    Returns:
        (C,) probabilities.
    """
    logits = -metric.steepness * np.log(distances(seen, drawn, metric, trust)) + np.log(prior / prior.sum() + 1e-4)
    relaxed = np.exp(logits - logits.max())
    return relaxed / relaxed.sum()


def distances(seen: np.ndarray, drawn: np.ndarray, metric: CueMetric, trust: np.ndarray | None = None) -> np.ndarray:
    """Return (C,) mean squared differences in standard deviations, never below a hundredth."""
    missing = seen - drawn - metric.bias
    if trust is not None:
        missing = missing * np.sqrt(trust)
    squared = np.einsum("ci,ij,cj->c", missing, metric.precision, missing) / len(seen)
    return np.maximum(squared, 0.01)


def common_choices(group: StyleGroup, femininity: float, years: float, melanin: float) -> np.ndarray:
    """Return (C,) relative frequencies of a group's choices for a head of that look, age and skin."""
    share = np.clip(femininity, 0.05, 0.95)
    fits = np.array([1.0 if choice.ages[0] - 10 <= years <= choice.ages[1] + 10 else 0.3 for choice in group.choices])
    curls = np.array([curl_share(choice, melanin) for choice in group.choices])
    frequency = np.array([choice.frequency for choice in group.choices])
    sums = np.maximum(frequency.sum(0), 1e-9)
    return curls * fits * ((frequency / sums) @ [share, 1 - share]) + 1e-3


def decide(group: StyleGroup, probabilities: np.ndarray, drawn: np.ndarray, metric: CueMetric, certainty: float) -> str:
    """Return the most probable choice; when none is probable enough, a compromise.

    Args:
        group: the group.
        probabilities: (C,) of its choices.
        drawn: (C, n) cues of their renders.
        metric: of this group.
        certainty: probability from which on a choice is believed.

    Returns:
        The name of the most probable choice; below `certainty` of the one that differs least from all, as far as they
        are probable.
    """
    best = int(np.argmax(probabilities))
    if probabilities[best] < certainty:
        apart = drawn[:, None] - drawn[None]
        squared = np.einsum("abi,ij,abj->ab", apart, metric.precision, apart)
        best = int(np.argmin(np.sqrt(np.maximum(squared, 0.0)) @ probabilities))
    return group.choices[best].name
