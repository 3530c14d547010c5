"""What the training scripts have made and tests measure: the default rig."""

import pytest

from facewright.rig.installed import load_rig
from facewright.rig.nouns import Rig


@pytest.fixture(scope="session")
def rig() -> Rig:
    """The default rig."""
    return load_rig("makehuman")
