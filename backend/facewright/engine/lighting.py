"""The light and the background that a head gets when nothing else is asked for."""

import numpy as np

from facewright.datatypes import Lighting

BACKGROUND = (0.62, 0.63, 0.65)
"""sRGB colour behind a head."""

DEFAULT_LIGHTING = Lighting(
    np.array([-0.38, -0.46, -0.803]), np.array([0.90, 0.86, 0.81]), np.array([0.40, 0.415, 0.44])
)
"""A soft key from the upper left in front, in a well-lit room."""
