"""Looks go with the head's shape, with its skin and its age, and are worn as often as the rig says."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from backend.rig.tiny_rig import write_tiny_rig
from facewright.rig.colours import SKIN_RAMP
from facewright.rig.installed import load_rig
from facewright.rig.looks import CharacterReader, melanin_of, sample_look, sample_style
from facewright.rig.nouns import Choice, Rig, StyleGroup


def choice(name: str, feminine: float, masculine: float, ages=(18.0, 90.0), curl: float = 0.5) -> Choice:
    return Choice(name, name, None, 0.0, (feminine, masculine), ages, None, None, curl)


HAIR = StyleGroup(
    "hair",
    "Hair",
    "bob",
    (choice("bob", 3, 0, curl=0.1), choice("afro", 1, 1, curl=1), choice("bald", 0, 1, (50, 90))),
    None,
)


@pytest.fixture
def rig(tmp_path) -> Rig:
    """Return a rig whose first two parameters are those of sex and age."""
    write_tiny_rig(tmp_path)
    plain = load_rig("tiny", rigs_dir=tmp_path, cache_dir=tmp_path / "cache")
    names = ("sex", "age", "head_tilt")
    parameters = tuple(replace(part, name=name) for part, name in zip(plain.parameters, names, strict=True))
    return replace(plain, parameters=parameters, styles=(HAIR,))


def test_the_average_head_is_of_no_sex_and_in_the_middle_of_the_ages(rig):
    reader = CharacterReader(rig)
    assert reader.femininity(rig.prior.mean) == pytest.approx(0.5, abs=1e-6)
    assert reader.years(rig.prior.mean) == pytest.approx(36.0, abs=1e-3)


def test_femininity_falls_and_years_rise_along_their_parameters(rig):
    reader = CharacterReader(rig)
    heads = np.repeat(rig.prior.mean[None], 3, 0)
    masculine, old = heads.copy(), heads.copy()
    masculine[:, 0] = old[:, 1] = (0.35, 0.5, 0.65)
    assert (np.diff([reader.femininity(head) for head in masculine]) < -0.1).all()
    assert (np.diff([reader.years(head) for head in old]) > 3).all()


def test_a_rig_without_such_parameters_has_average_heads_only(rig):
    plain = replace(rig, parameters=tuple(replace(part, name=f"other_{part.name}") for part in rig.parameters))
    reader = CharacterReader(plain)
    assert reader.femininity(np.array([0.9, 0.9, 0.9])) == 0.5
    assert reader.years(np.array([0.9, 0.9, 0.9])) == 36.0


def test_choices_are_drawn_as_often_as_the_rig_says(rig):
    generator = np.random.default_rng(3)
    even = replace(rig, styles=(replace(HAIR, choices=tuple(replace(part, curl=0.5) for part in HAIR.choices)),))
    drawn = Counter(sample_style(generator, even, True, 30.0, 0.4).hair for _ in range(400))
    assert drawn["bob"] / 400 == pytest.approx(0.75, abs=0.07) and drawn["bald"] == 0
    drawn = Counter(sample_style(generator, even, False, 60.0, 0.4).hair for _ in range(400))
    assert drawn["bald"] / 400 == pytest.approx(0.5, abs=0.08) and drawn["bob"] == 0


def test_nobody_is_bald_before_the_age_of_baldness(rig):
    generator = np.random.default_rng(3)
    assert {sample_style(generator, rig, False, 30.0, 0.4).hair for _ in range(100)} == {"afro"}


def test_curls_go_with_dark_skin_but_not_only(rig):
    generator = np.random.default_rng(3)
    dark, pale = (
        Counter(sample_style(generator, rig, True, 30.0, melanin).hair for _ in range(400)) for melanin in (0.9, 0.1)
    )
    assert dark["afro"] > 4 * pale["afro"] > 0
    assert dark["bob"] > 0


def test_melanin_is_read_in_the_order_of_the_skins():
    amounts = [melanin_of(skin) for skin in SKIN_RAMP]
    np.testing.assert_allclose(amounts, np.linspace(0, 1, len(SKIN_RAMP)), atol=0.03)


def test_old_heads_are_grey_and_wrinkled_and_young_ones_are_not(rig):
    reader = CharacterReader(rig)
    ages = np.repeat(rig.prior.mean[None], 2, 0)
    ages[:, 1] = (0.2, 0.8)
    young, old = ([sample_look(np.random.default_rng(seed), rig, head, reader) for seed in range(60)] for head in ages)
    assert np.mean([look.skin.wrinkles for look in old]) > 0.4 > 0.1 > np.mean([look.skin.wrinkles for look in young])
    assert np.mean([look.colours.beard.mean() for look in old]) > 0.3 + np.mean(
        [look.colours.beard.mean() for look in young]
    )


def test_a_look_follows_its_seed(rig):
    first, again, other = (sample_look(np.random.default_rng(seed), rig, rig.prior.mean) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.colours.vector(), again.colours.vector())
    assert first.style == again.style and first.skin == again.skin
    assert np.abs(first.colours.vector() - other.colours.vector()).max() > 0.02


def test_lip_make_up_that_is_lighter_than_bare_lips_is_rare_and_dark_make_up_is_not(rig):
    light, dark = (
        replace(choice(name, 1, 0), colour=shade)
        for name, shade in (("nude", (0.74, 0.5, 0.45)), ("plum", (0.34, 0.1, 0.18)))
    )
    styled = replace(rig, styles=(StyleGroup("lips", "Lips", "plum", (light, dark), None),))
    worn = {
        melanin: Counter(
            sample_style(np.random.default_rng(seed), styled, True, 30.0, melanin).lips for seed in range(200)
        )
        for melanin in (0.0, 1.0)
    }
    assert worn[0.0]["nude"] > 60
    assert worn[1.0]["nude"] < 5
