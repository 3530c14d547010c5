"""The eyeball as a sphere with a cornea that turns about its middle: what the rig's eyeballs are bent to."""

from dataclasses import dataclass

import numpy as np

from facewright.training.closing.posed_lids import SHAPES, Eye

FORWARD = np.array([0.0, -1.0, 0.0])

SCALE = 0.985
"""Of the source's eyeball, which comes through the lids' edges."""

CORNEA_HEIGHT_M, CORNEA_ANGLE_RAD = 0.0009, np.radians(27.0)
"""How far the cornea rises above the sphere, and the angle to the axis at which it ends."""


@dataclass(frozen=True, eq=False)
class Eyeball:
    """A bent eyeball at rest, on the left.

    Attributes:
        vertices_m: (M, 3), with the same mean as the source's.
        centre_m: (3,) middle of the sphere.
        radius_m: of the sphere.
        rotations: (S, 3, 3) turn of each of SHAPES, the identity for those that are no gaze.
    """

    vertices_m: np.ndarray
    centre_m: np.ndarray
    radius_m: float
    rotations: np.ndarray

    def gaze_offsets(self) -> np.ndarray:
        """Return (S, M, 3) m: what each shape adds to the vertices; a turn about the middle, exact at 1."""
        arms = self.vertices_m - self.centre_m
        return np.einsum("sxy,my->smx", self.rotations, arms) - arms


def bend_eyeball(eye: Eye) -> Eyeball:
    """Shrink an eyeball, raise its cornea and let gazes turn it.

    The source's gazes also push the eyeball sideways, through the lids; the iris keeps how far it goes.

    Args:
        eye: the source's eye.
    """
    ball = eye.ball_m.astype(np.float64)
    system = np.concatenate([2 * ball, np.ones((len(ball), 1))], axis=1)
    solution = np.linalg.lstsq(system, (ball**2).sum(1), rcond=None)[0]
    centre, radius = solution[:3], np.sqrt(solution[3] + solution[:3] @ solution[:3])
    arms = ball - centre
    lengths = np.linalg.norm(arms, axis=1, keepdims=True)
    towards = arms / lengths
    bent = centre + towards * (lengths * SCALE + cornea(towards @ FORWARD)[:, None])
    shift = ball.mean(0) - bent.mean(0)
    is_front = np.linalg.norm(ball - centre - FORWARD * radius, axis=1) < radius * 0.4
    rotations = np.stack([
        _turn(offsets[is_front].mean(0), radius) if name.startswith("eyeLook") else np.eye(3)
        for name, offsets in zip(SHAPES, eye.ball_shapes_m.astype(np.float64), strict=True)
    ])  # fmt: skip
    return Eyeball(bent + shift, centre + shift, float(radius * SCALE), rotations)


def cornea(cosine: np.ndarray) -> np.ndarray:
    """Return the height of the cornea in m above the sphere at cosines of the angle to the eyeball's axis."""
    outward = np.clip(np.arccos(np.clip(cosine, -1, 1)) / CORNEA_ANGLE_RAD, 0, 1)
    return CORNEA_HEIGHT_M * (1 - outward**2) ** 2


def _turn(moved_m: np.ndarray, radius_m: float) -> np.ndarray:
    """Return the rotation that moves the front of a sphere as far sideways as `moved_m`."""
    sideways = moved_m * (1, 0, 1)
    axis = np.cross(FORWARD, sideways)
    axis /= np.linalg.norm(axis)
    angle = np.arcsin(np.linalg.norm(sideways) / radius_m)
    cross = np.cross(np.eye(3), axis)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
