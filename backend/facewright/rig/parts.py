"""What a rig may lack, for those who cannot do without it: the prior, the landmark map, the paint, a style group."""

from facewright.errors import RigInvalid
from facewright.rig.nouns import Appearance, LandmarkMap, Prior, Rig, StyleGroup
from facewright.rig.styles import find_group

_REMEDY = "build it as rigs/README.md describes"


def prior_of(rig: Rig) -> Prior:
    """Return a rig's distribution of real heads.

    Raises:
        RigInvalid: it has none.
    """
    if rig.prior is None:
        raise RigInvalid(f"rig {rig.id} has no prior", _REMEDY)
    return rig.prior


def landmarks_of(rig: Rig) -> LandmarkMap:
    """Return a rig's landmark map.

    Raises:
        RigInvalid: it has none.
    """
    if rig.landmarks is None:
        raise RigInvalid(f"rig {rig.id} has no landmark map", _REMEDY)
    return rig.landmarks


def appearance_of(rig: Rig) -> Appearance:
    """Return a rig's paint.

    Raises:
        RigInvalid: it has none.
    """
    if rig.appearance is None:
        raise RigInvalid(f"rig {rig.id} has no appearance", _REMEDY)
    return rig.appearance


def group_of(rig: Rig, name: str) -> StyleGroup:
    """Return a rig's style group of a name.

    Raises:
        RigInvalid: it has no such group.
    """
    found = find_group(rig.styles, name)
    if found is None:
        raise RigInvalid(f"rig {rig.id} has no {name} styles", _REMEDY)
    return found
