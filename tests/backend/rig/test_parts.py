"""Tests that a rig which lacks a part says so, with a remedy, where the part is needed."""

import dataclasses

import pytest

from facewright.errors import RigInvalid
from facewright.rig.installed import load_rig
from facewright.rig.parts import appearance_of, group_of, landmarks_of, prior_of

PARTS = {
    "prior": (prior_of, "prior"),
    "landmarks": (landmarks_of, "landmark map"),
    "appearance": (appearance_of, "app"),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_given_where_it_is_there_and_its_lack_named_where_it_is_not(name):
    rig, (part_of, word) = load_rig("makehuman"), PARTS[name]
    assert part_of(rig) is getattr(rig, name)
    with pytest.raises(RigInvalid, match=f"rig makehuman has no {word}") as refused:
        part_of(dataclasses.replace(rig, **{name: None}))
    assert "rigs/README.md" in refused.value.remedy


def test_a_style_group_that_is_not_there_is_named():
    rig = load_rig("makehuman")
    assert group_of(rig, "hair") in rig.styles
    with pytest.raises(RigInvalid, match="has no hair styles"):
        group_of(dataclasses.replace(rig, styles=()), "hair")
