"""Covers a scalp with coats of cards, which a style describes by functions of the place on the head."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from facewright.training.appearance.features import HAIRLINE
from facewright.training.styles.cards import PieceMesh, across
from facewright.training.styles.hair_growth import Comb, Growth, Lay, cut_below, grow, lay_cards
from facewright.training.styles.scalp import Scalp, hair_depth_mm, scatter_roots

WHORL_MM = (9.0, -122.0, 92.0)
"""The crown's whorl, a little off the middle: x, forward, up."""

CLUMPS = 45

Amount = Callable[[np.ndarray], np.ndarray]
"""From places (k, 3) on the scalp, x, forward, up in mm, to a number each (k,)."""


@dataclass(frozen=True, eq=False)
class Coat:
    """Cards of one kind all over the scalp, or over a part of it.

    Attributes:
        spacing_m: distance between roots.
        lay: how cards are laid.
        comb: where strands want to go.
        length_mm, lift_mm: of each strand.
        hairline: as HAIRLINE.
        depth_mm: least and greatest depth of roots inside the hairline.
        where: share of roots that are kept at a place.
        level_mm: height below which strands are cut, None for hair that is not cut level.
        level_spread_mm: its variation.
        stray: spread of directions, of which clumps share the greater part.
        wave_mm: swing and length of waves; neighbours swing together.
        rise_m, pull, weight, hold, start, fend: as Growth.
    """

    spacing_m: float
    lay: Lay
    comb: Comb
    length_mm: Amount
    lift_mm: Amount
    hairline: tuple[tuple[float, float], ...] = HAIRLINE
    depth_mm: tuple[float, float] = (1.0, 999.0)
    where: Amount | None = None
    level_mm: Amount | None = None
    level_spread_mm: float = 9.0
    stray: float = 0.18
    wave_mm: tuple[float, float] = (0.0, 80.0)
    rise_m: float = 0.02
    pull: float = 0.35
    weight: float = 0.3
    hold: float = 0.35
    start: float = 0.35
    fend: Callable[[np.ndarray], np.ndarray] | None = None


def lay_coat(scalp: Scalp, coat: Coat, generator: np.random.Generator) -> PieceMesh:
    """Grow the strands of a coat and lay cards along them."""
    roots, normals = scatter_roots(scalp, coat.spacing_m, generator, coat.hairline, coat.depth_mm[0])
    place = scalp.place_mm(roots)
    kept = hair_depth_mm(scalp, roots, coat.hairline) < coat.depth_mm[1]
    if coat.where is not None:
        kept &= generator.random(len(roots)) < coat.where(place)
    roots, normals, place = roots[kept], normals[kept], place[kept]
    count = len(roots)
    stray = _clumped(place, generator) * coat.stray

    def comb(places: np.ndarray, root_places: np.ndarray, share: float) -> np.ndarray:
        wanted = coat.comb(places, root_places, share)
        return wanted / np.maximum(np.linalg.norm(wanted, axis=1, keepdims=True), 1e-9) + stray

    length = coat.length_mm(place) / 1000 * generator.uniform(0.8, 1.22, count)
    lift = coat.lift_mm(place) / 1000 * generator.uniform(0.82, 1.18, count)
    growth = Growth(comb, length, lift, coat.rise_m, coat.pull, coat.weight, coat.hold, coat.start, coat.fend)
    curves = grow(scalp, roots, normals, growth)
    if coat.level_mm is not None:
        level = coat.level_mm(place) + coat.level_spread_mm * np.clip(generator.normal(0, 1, count), -1.8, 1.8)
        curves = cut_below(curves, scalp, level)
    if coat.wave_mm[0]:
        curves = _waved(scalp, curves, coat.wave_mm, stray, generator)
    return lay_cards(scalp, curves, coat.lay, generator)


def _waved(
    scalp: Scalp, curves: np.ndarray, wave_mm: tuple[float, float], stray: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Swing curves (k, m, 3) to and fro; strands with like `stray` (k, 3) swing alike."""
    steps = np.linalg.norm(np.diff(curves, axis=1), axis=2)
    along = np.concatenate([np.zeros((len(curves), 1)), np.cumsum(steps, axis=1)], axis=1) * 1000
    normals = scalp.mass_normal(curves)
    sideways = across(curves, normals)
    phase = stray[:, :1] * 40 + generator.normal(0, 0.5, (len(curves), 1))
    angle = 2 * np.pi * along / (wave_mm[1] * generator.uniform(0.85, 1.15, phase.shape)) + phase
    swing = (
        wave_mm[0]
        / 1000
        * np.clip((along - 0.4 * wave_mm[1]) / (0.6 * wave_mm[1]), 0, 1)
        * generator.uniform(0.6, 1.2, phase.shape)
    )
    return (
        curves
        + (swing * np.sin(angle))[..., None] * sideways
        + (0.3 * swing * (1 + np.cos(angle)))[..., None] * normals
    )


def radiate(places: np.ndarray, whorl_mm: tuple[float, float, float] = WHORL_MM, spin: float = 0.35) -> np.ndarray:
    """Return directions (k, 3) away from the whorl, spiralling near it."""
    away = places - np.asarray(whorl_mm)
    distance = np.linalg.norm(away, axis=1, keepdims=True)
    around = np.cross([0.0, -0.4, 1.0], away)
    return away / np.maximum(distance, 1) + around / np.maximum(distance, 1) * spin * np.exp(-distance / 35)


def hairs_at_edge(
    comb: Comb, length_mm: float, hairline: tuple[tuple[float, float], ...] = HAIRLINE, where: Amount | None = None
) -> Coat:
    """Return a coat of single hairs along the hairline."""
    lay = Lay(("edge_a", "edge_b"), 0.008, 4, 0.2, root_shade=0.9, taper=0.6)
    return Coat(
        0.0072, lay, comb, constant(length_mm), constant(2.5), hairline, (-1.0, 5.0), where, stray=0.25, rise_m=0.01,
        weight=0.1,
    )  # fmt: skip


def constant(value: float) -> Amount:
    """Return the amount that is the same everywhere."""
    return lambda places: np.full(len(places), value)


def scaled(amount: Amount, factor: float) -> Amount:
    """Return an amount times a factor."""
    return lambda places: factor * amount(places)


def _clumped(places: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return noise (k, 3) that neighbours share for the greater part."""
    centres = places[generator.choice(len(places), min(CLUMPS, len(places)), replace=False)]
    _, nearest = cKDTree(centres).query(places)
    noise = 0.8 * generator.normal(0, 1, centres.shape)[nearest] + 0.6 * generator.normal(0, 1, places.shape)
    return np.clip(noise, -1.6, 1.6)
