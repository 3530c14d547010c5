"""What a rig may lack, for those who cannot do without it: the prior, the landmark map, the paint, a style group."""

from typing import TypeVar

from facewright.errors import RigInvalid
from facewright.rig.nouns import Appearance, LandmarkMap, Prior, Rig, StyleGroup
from facewright.rig.styles import find_group

T = TypeVar("T")


def prior_of(rig: Rig) -> Prior:
    """Return a rig's distribution of real heads; without one it is RigInvalid."""
    return _there(rig, "prior", rig.prior)


def landmarks_of(rig: Rig) -> LandmarkMap:
    """Return a rig's landmark map; without one it is RigInvalid."""
    return _there(rig, "landmark map", rig.landmarks)


def appearance_of(rig: Rig) -> Appearance:
    """Return a rig's paint; without any it is RigInvalid."""
    return _there(rig, "appearance", rig.appearance)


def group_of(rig: Rig, name: str) -> StyleGroup:
    """Return a rig's style group of a name; without it it is RigInvalid."""
    return _there(rig, f"{name} styles", find_group(rig.styles, name))


def _there(rig: Rig, name: str, part: T | None) -> T:
    if part is None:
        raise RigInvalid(f"rig {rig.id} has no {name}", "build it as rigs/README.md describes")
    return part
