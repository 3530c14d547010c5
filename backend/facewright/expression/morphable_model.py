"""One person's head as landmark points that expressions move."""

from dataclasses import dataclass

import numpy as np
import torch

from facewright.rig.landmark_points import LandmarkPoints


@dataclass(frozen=True, eq=False)
class MorphableModel:
    """A head of fixed identity: its points are `neutral_m + by_expression @ coefficients`, which is exact.

    Attributes:
        neutral_m: (K, 3) landmark points at rest, world space.
        by_expression: (K, 3, E) metres by coefficient, ARKIT_52 order.
        weight: (K,) how far each landmark can be trusted, in [0, 1].
    """

    neutral_m: np.ndarray
    by_expression: np.ndarray
    weight: np.ndarray

    def thinned(self, step: int) -> "MorphableModel":
        """Return the same head with every so many landmark points."""
        return MorphableModel(self.neutral_m[::step], self.by_expression[::step], self.weight[::step])


def morphable_model(landmark_points: LandmarkPoints, identity: np.ndarray) -> MorphableModel:
    """Pose a head's landmark points for good.

    Args:
        landmark_points: the rig's.
        identity: (P,) rig parameters in [0, 1].
    """
    parameters = torch.from_numpy(np.asarray(identity, np.float32))
    return MorphableModel(*landmark_points.neutral_and_jacobian(parameters), landmark_points.weight)
