"""Random but plausible looks: what goes with a head's shape, with its skin and with its age."""

import math
from dataclasses import replace

import numpy as np
import torch

from facewright.datatypes import STYLE_GROUPS, FaceColours, Look, SkinDetail, Style
from facewright.rig.colours import GREY_HAIR, WHITE_HAIR, melanin_redness, sample_colours
from facewright.rig.decoder import RigDecoder
from facewright.rig.nouns import SURFACES, Choice, Rig, StyleGroup
from facewright.rig.parts import prior_of
from facewright.rig.styles import ADULT_AGES

MASCULINE_PARAMETER, AGE_PARAMETER = "sex", "age"
"""Parameters of a rig whose upper ends are masculine and old; a rig without them has heads of neither sex, aged 36."""

VERTEX_STEP = 5
"""Every so many vertices of the skin are looked at."""

PARAMETER_STEP = 0.3
FEMININITY_SLOPE = 2.4
"""Slope of the logistic map from standard deviations among random heads to femininity."""

AGE_QUANTILES, AGE_YEARS = (0.0, 0.2, 0.5, 0.75, 0.95, 1.0), (18.0, 25.0, 36.0, 48.0, 68.0, 85.0)
"""Ages of a crowd: how many are younger. The oldest looking heads are the oldest."""

AGE_SPREAD_YEARS = 4.0
"""How much a drawn age differs from the one that the shape of the head suggests."""

CURL_SLOPE = 3.0
"""How strongly the curl of hair goes with melanin."""

GREY_AGE_YEARS, GREY_SPREAD_YEARS, GREY_RAMP_YEARS = 58.0, 9.0, 24.0
"""Age at which hair is half grey, how much it differs between people, and how long greying takes."""

DYED_SHARE = 0.55
"""Share of the feminine heads that show no grey."""

LIGHTNESS = (0.3, 0.59, 0.11)
"""Share of red, green and blue in the lightness of a colour, which here is that of its sRGB values."""

LIP_LIGHTNESS, LIGHTER_LIPS = (0.58, 0.24), 0.08
"""Lightness of bare lips without and with all melanin, and how much lighter make-up seldom is."""


class CharacterReader:
    """Reads from the shape of heads how feminine and how old they look; made once for a rig.

    What the parameters of sex and age do to the skin are two directions; a head's place along them, in standard
    deviations among the prior's random heads, is what is read. So it does not matter which parameters shape the head.

    Args:
        rig: a rig with a prior.
    """

    def __init__(self, rig: Rig) -> None:
        skin = np.flatnonzero(rig.mesh.surfaces == SURFACES.index("skin"))
        self._decoder = RigDecoder(rig, vertex_subset=skin[::VERTEX_STEP])
        prior = prior_of(rig)
        mean, factors = prior.mean, prior.factors
        self._mean = self._vertices(mean[None])[0]
        spread = self._vertices(mean + 0.5 * factors.T) - self._mean  # (R, 3 v)
        names = [parameter.name for parameter in rig.parameters]
        self._readouts = {}
        for name in (MASCULINE_PARAMETER, AGE_PARAMETER):
            if name in names:
                step = np.zeros(len(names), np.float32)
                step[names.index(name)] = PARAMETER_STEP
                low, high = self._vertices(np.stack([mean - step, mean + step]))
                self._readouts[name] = (high - low) / np.linalg.norm(spread @ (high - low) / 0.5)

    def femininity(self, parameters: np.ndarray) -> float:
        """Return how feminine a head with (P,) parameters looks, from 0 (masculine) to 1."""
        return float(1.0 / (1.0 + np.exp(FEMININITY_SLOPE * self._deviation(MASCULINE_PARAMETER, parameters))))

    def years(self, parameters: np.ndarray) -> float:
        """Return the age, in years, that a head with (P,) parameters looks like within a crowd of adults."""
        quantile = 0.5 * (1.0 + math.erf(self._deviation(AGE_PARAMETER, parameters) / math.sqrt(2.0)))
        return float(np.interp(quantile, AGE_QUANTILES, AGE_YEARS))

    def _deviation(self, name: str, parameters: np.ndarray) -> float:
        """Return a head's place along a direction in standard deviations of the prior."""
        if name not in self._readouts:
            return 0.0
        return float((self._vertices(np.asarray(parameters)[None])[0] - self._mean) @ self._readouts[name])

    def _vertices(self, parameters: np.ndarray) -> np.ndarray:
        """Decode (B, P) parameters to (B, 3 v) vertices whose mean is the origin."""
        with torch.no_grad():
            vertices = self._decoder.vertices(torch.from_numpy(parameters.astype(np.float32))).double().numpy()
        return (vertices - vertices.mean(1, keepdims=True)).reshape(len(vertices), -1)


def sample_look(
    generator: np.random.Generator, rig: Rig, parameters: np.ndarray, reader: CharacterReader | None = None
) -> Look:
    """Draw a whole plausible look for a head.

    Args:
        generator: source of randomness.
        rig: a rig with a prior.
        parameters: (P,) of the head.
        reader: of the same rig; who draws many looks makes it once.

    Returns:
        Skin and hair that go together and with the age, and choices as often as the rig says that people wear them.
    """
    reader = reader or CharacterReader(rig)
    is_feminine = bool(generator.uniform() < reader.femininity(parameters))
    years = float(np.clip(reader.years(parameters) + generator.normal(0.0, AGE_SPREAD_YEARS), *ADULT_AGES))
    colours = sample_colours(generator)
    melanin = melanin_of(colours.skin)
    colours = _aged_colours(generator, colours, years, is_feminine)
    return Look(
        colours, _sample_skin(generator, melanin, years), sample_style(generator, rig, is_feminine, years, melanin)
    )


def sample_style(generator: np.random.Generator, rig: Rig, is_feminine: bool, years: float, melanin: float) -> Style:
    """Draw a choice of each group by the rig's frequencies.

    Args:
        generator: source of randomness.
        rig: the rig; without styles every choice is the default.
        is_feminine: which of the two frequencies counts.
        years: choices of other ages are left out.
        melanin: of the skin, in [0, 1]; curls go with it, never exclusively.
    """
    drawn = {group.name: _sample_choice(generator, group, is_feminine, years, melanin) for group in rig.styles}
    return replace(Style(), **{name: drawn.get(name, "") for name in STYLE_GROUPS})


def melanin_of(skin: np.ndarray) -> float:
    """Estimate melanin, from 0 (pale) to 1 (dark), of an (3,) sRGB skin colour."""
    return melanin_redness(skin)[0]


def curl_share(choice: Choice, melanin: float) -> float:
    """Return how much more common a choice is with that melanin, by the curl of its hair."""
    return math.exp(CURL_SLOPE * (choice.curl - 0.5) * (2.0 * melanin - 0.9))


def lip_share(choice: Choice, melanin: float) -> float:
    """Return how much rarer lip make-up is where it would be lighter than the bare lips."""
    if choice.colour is None:
        return 1.0
    bare = LIP_LIGHTNESS[0] + melanin * (LIP_LIGHTNESS[1] - LIP_LIGHTNESS[0])
    return math.exp(-((max(np.dot(LIGHTNESS, choice.colour) - bare, 0.0) / LIGHTER_LIPS) ** 2))


def _sample_choice(
    generator: np.random.Generator, group: StyleGroup, is_feminine: bool, years: float, melanin: float
) -> str:
    weights = []
    for choice in group.choices:
        fits = choice.ages[0] <= years <= choice.ages[1]
        likely = choice.frequency[0 if is_feminine else 1] * fits
        share = lip_share(choice, melanin) if group.name == "lips" else curl_share(choice, melanin)
        weights.append(likely * share)
    if sum(weights) == 0:
        return group.default
    return group.choices[generator.choice(len(weights), p=np.array(weights) / sum(weights))].name


def _aged_colours(generator: np.random.Generator, colours: FaceColours, years: float, is_feminine: bool) -> FaceColours:
    """Let hair grey with age; brows follow late, a beard early and a little redder than the hair."""
    hair = colours.hair
    greying = (years - generator.normal(GREY_AGE_YEARS, GREY_SPREAD_YEARS)) / GREY_RAMP_YEARS + 0.5
    grey = float(np.clip(greying, 0.0, 1.0)) ** 1.5
    is_dyed = is_feminine and generator.uniform() < DYED_SHARE
    faded = GREY_HAIR + (WHITE_HAIR - GREY_HAIR) * np.clip(2.0 * hair.mean() + (years - 65.0) / 40.0, 0.0, 1.0)
    shades = {
        "hair": (hair, 0.0 if is_dyed else grey),
        "beard": (0.85 * hair + [0.03, 0.01, 0.0], min(1.2 * grey, 1.0)),
        "brow": (colours.brow, 0.5 * grey),
    }
    mixed = {name: shade + (faded - shade) * share for name, (shade, share) in shades.items()}
    return replace(colours, **{name: np.clip(shade, 0.02, 0.98).astype(np.float32) for name, shade in mixed.items()})


def _sample_skin(generator: np.random.Generator, melanin: float, years: float) -> SkinDetail:
    """Wrinkles come with age and later on dark skin; freckles only on pale skin."""
    lined = (years - 30.0 - 8.0 * melanin) / 45.0 + generator.normal(0.0, 0.06)
    has_freckles = generator.uniform() < 0.4 * max(0.0, 1.0 - 2.5 * melanin)
    return SkinDetail(
        pores=float(np.clip(generator.normal(0.42, 0.12) + 0.003 * (years - 30.0), 0.1, 1.0)),
        redness=float(np.clip(generator.normal(0.5, 0.14), 0.1, 1.0)),
        freckles=float(generator.uniform(0.25, 0.9)) if has_freckles else 0.0,
        wrinkles=float(np.clip(lined, 0.0, 1.0)),
    )
