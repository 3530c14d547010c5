"""Dresses a fitted head as its photo shows it: hair, glasses, beard and brows by comparing renders with the photo."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from facewright.config import FittingConfig
from facewright.datatypes import Look, Observations, Style
from facewright.engine.opening import Engine
from facewright.errors import ConfigInvalid
from facewright.fitting.style_choice import READING_PASSES, CueMetric, choice_probabilities, common_choices, decide
from facewright.perception.parsing import frames_share
from facewright.perception.style_renders import HeadInPhoto, candidate_cues
from facewright.pipelines.heartbeat import no_beat
from facewright.rig.looks import CharacterReader, melanin_of
from facewright.rig.nouns import Rig
from facewright.rig.parts import group_of

STYLE_READER = "style_reader"
"""Name of the file with the metrics in the rig's folder."""


FRAMES_SEEN, UNLIKELY_BARE = 0.14, 0.02
"""Share of frames around the eyes from which a face wears glasses, and what is left of the chance that it does not."""


class Stylist:
    """Reads the choices of a head off its photo.

    Args:
        rig: a rig with a prior.
        engine: draws the rig.
        metrics: of each group that is read; others keep what the look says.
        config: how sure a choice must be.
        forced: choices that are asked for; a group with one is not read.
    """

    def __init__(
        self, rig: Rig, engine: Engine, metrics: dict[str, CueMetric], config: FittingConfig, forced: Style
    ) -> None:
        self._rig, self._engine, self._metrics, self._config, self._forced = rig, engine, metrics, config, forced
        self._reader = CharacterReader(rig)

    def __call__(
        self,
        head: HeadInPhoto,
        parameters: np.ndarray,
        observations: Observations,
        beat: Callable[[], None] = no_beat,
    ) -> tuple[Look, dict[str, dict[str, float]]]:
        """Choose a style.

        Args:
            head: the fitted head as its photo shows it.
            parameters: (P,) of the head.
            observations: the photo's.
            beat: called between two passes; what it raises ends the reading.

        Returns:
            The look with the choices, and the probability of each choice of the groups that were read.
        """
        style = merged(head.look.style, self._forced)
        femininity, years = self._reader.femininity(parameters), self._reader.years(parameters)
        melanin = melanin_of(head.look.colours.skin)
        found: dict[str, dict[str, float]] = {}
        for groups in READING_PASSES:
            beat()
            wanted = [name for name in groups if name in self._metrics and not self._forced.choice(name)]
            drawn = candidate_cues(self._engine, self._rig, head, style, wanted) if wanted else {}
            for name, cues in drawn.items():
                group = group_of(self._rig, name)
                probabilities = choice_probabilities(
                    getattr(observations.style_cues, name),
                    cues,
                    self._metrics[name],
                    common_choices(group, femininity, years, melanin),
                    observations.style_cues.hair_seen if name == "hair" else None,
                )
                if name == "glasses" and observations.parse and frames_share(observations.parse) > FRAMES_SEEN:
                    bare = [choice.piece is None for choice in group.choices]
                    probabilities = np.where(bare, UNLIKELY_BARE * probabilities, probabilities)
                    probabilities = probabilities / probabilities.sum()
                style = replace(
                    style,
                    **{name: decide(group, probabilities, cues, self._metrics[name], self._config.style_certainty)},
                )
                names = (choice.name for choice in group.choices)
                found[name] = {choice: float(share) for choice, share in zip(names, probabilities, strict=True)}
        return replace(head.look, style=style), found


def merged(style: Style, forced: Style) -> Style:
    """Return a style with the choices that are asked for in place of its own."""
    return Style(*(wanted or own for own, wanted in zip(vars(style).values(), vars(forced).values(), strict=True)))


def checked_style(rig: Rig, forced: Style) -> Style:
    """Return choices that are asked for.

    Raises:
        ConfigInvalid: the rig has no such group or choice.
    """
    known = {group.name: [choice.name for choice in group.choices] for group in rig.styles}
    for name, wanted in vars(forced).items():
        if wanted and name not in known:
            raise ConfigInvalid(f"rig {rig.id} has no {name} styles", f"leave {name}={wanted} out, or take another rig")
        if wanted and wanted not in known[name]:
            choices = ", ".join(known[name])
            raise ConfigInvalid(f"rig {rig.id} has no {name} style {wanted!r}", f"choose one of: {choices}")
    return forced
