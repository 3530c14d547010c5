"""What the training scripts have made and tests measure: the default rig."""

import pytest

from facewright.rig.nouns import Rig
from facewright.rig.spec import load_rig


@pytest.fixture(scope="session")
def rig() -> Rig:
    """The default rig."""
    return load_rig("makehuman")
