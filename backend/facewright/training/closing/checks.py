"""Measures on posed heads whether lids cover the eyeballs and lips the mouth: in space and in label maps."""

from dataclasses import dataclass

import numpy as np
import torch

from facewright.datatypes import ARKIT_52, PART_NAMES, Camera, FaceColours, Look, RenderJob
from facewright.engine import DEFAULT_LIGHTING, open_engine
from facewright.engine.cameras import FACE_FRAME, canonical_camera, orbit_camera, project
from facewright.rig.anchors import eye_centres
from facewright.rig.decoder import RigDecoder
from facewright.rig.nouns import Rig
from facewright.rig.parts import prior_of
from facewright.rig.prior import sample
from facewright.training.closing.lid_rings import BEHIND, Lids, find_lids

BLINKS = (0.0, 0.25, 0.5, 0.75, 1.0)
GAZES = ("eyeLookUp", "eyeLookDown", "eyeLookIn", "eyeLookOut")
VIEWS_RAD = {"front": 0.0, "3/4 left": 0.6, "3/4 right": -0.6}
ORBIT_HEIGHT_M = 0.2
SIDE_PX, BATCH = 256, 20
TOLERANCE_PX = 2
"""So many pixels may be amiss."""

EYE_PARTS = (PART_NAMES.index("eyes"), PART_NAMES.index("iris"))
MOUTH_PART = PART_NAMES.index("inner_mouth")
EDGE_PX = np.array([(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)])
"""A pixel belongs to an opening that any of these steps reaches."""


@dataclass(frozen=True)
class Closing:
    """What one view of a pose shows of what should be hidden.

    Attributes:
        pose, view: names.
        amiss_px: (N,) pixels of each head that should not be seen.
    """

    pose: str
    view: str
    amiss_px: np.ndarray

    @property
    def heads_amiss(self) -> int:
        """Heads with more than TOLERANCE_PX such pixels."""
        return int((self.amiss_px > TOLERANCE_PX).sum())


def expression(coefficients: dict[str, float]) -> np.ndarray:
    """Return (52,) float32 coefficients; a name without a side stands for both."""
    vector = np.zeros(len(ARKIT_52), np.float32)
    for name, value in coefficients.items():
        for full in (name, f"{name}Left", f"{name}Right"):
            if full in ARKIT_52:
                vector[ARKIT_52.index(full)] = value
    return vector


def pose_heads(decoder: RigDecoder, parameters: np.ndarray, coefficients: dict[str, float]) -> np.ndarray:
    """Decode heads (N, P) with one expression; returns (N, V, 3) m."""
    wanted = torch.from_numpy(expression(coefficients)).expand(len(parameters), -1)
    with torch.no_grad():
        return decoder.vertices(torch.from_numpy(parameters), wanted).numpy()


def lid_clearance(lids: Lids, vertices_m: np.ndarray) -> np.ndarray:
    """Measure how far the lids' outer skin lies off the eyeball, which is convex.

    Args:
        lids: the eye.
        vertices_m: (B, V, 3) posed heads.

    Returns:
        (B,) m: the least over the skin's vertices and quads' middles, negative where the eyeball comes through.
    """
    rings = vertices_m[:, lids.rings[BEHIND:-1]]
    middles = (rings + np.roll(rings, -1, 2))[:, :-1] + (rings + np.roll(rings, -1, 2))[:, 1:]
    points = np.concatenate([rings.reshape(len(rings), -1, 3), middles.reshape(len(rings), -1, 3) / 4], axis=1)
    ball = vertices_m[:, lids.eyeball]
    a, b, c = (ball[:, lids.eyeball_triangles[:, i]] for i in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    ahead = points @ normals.transpose(0, 2, 1) - (normals * a).sum(2)[:, None]  # (B, M, F)
    return ahead.max(2).min(1)


def uncovered_points(lids: Lids, vertices_m: np.ndarray) -> np.ndarray:
    """Count the places on the front of the eyeball over which there is no skin.

    Args:
        lids: the eye.
        vertices_m: (B, V, 3) posed heads.

    Returns:
        (B,) vertices and middles of triangles from which the way straight out of the eyeball meets no skin.
    """
    vertices_mm = 1000 * np.asarray(vertices_m, np.float64)
    ball = vertices_mm[:, lids.eyeball]
    centre = ball.mean(1, keepdims=True)
    points = np.concatenate([ball, ball[:, lids.eyeball_triangles].mean(2)], axis=1) - centre
    is_front = points[0, :, 1] < -0.7 * np.linalg.norm(points[0], axis=1)
    points = points[:, is_front]
    corners = vertices_mm[:, lids.skin_triangles] - centre[:, :, None]  # (B, T, 3, 3)
    shares = np.linalg.inv(
        corners.transpose(0, 1, 3, 2) + 1e-12 * np.eye(3)
    )  # rows give the corners' shares of a point
    found = np.einsum("btcx,bmx->bmtc", shares, points)
    hit = (found >= -1e-4).all(3) & (found.sum(3) <= 1)
    return (~hit.any(2)).sum(1)


def eye_pixels_outside(lids: tuple[Lids, Lids], vertices_m: np.ndarray, camera: Camera, labels: np.ndarray) -> int:
    """Count the pixels of eyeball that are not seen between the front edges of the lids, give or take a pixel."""
    rows, columns = np.nonzero(np.isin(labels, EYE_PARTS))
    if not len(rows):
        return 0
    places = np.stack([columns, rows], 1) + 0.5 + EDGE_PX[:, None]  # (5, M, 2)
    inside = np.zeros(len(rows), bool)
    for eye in lids:
        inside |= (np.abs(winding(project(camera, vertices_m[eye.rim])[0], places)) > 0.5).any(0)
    return int((~inside).sum())


def measure_closing(rig: Rig, heads: int = 200, seed: int = 515) -> list[Closing]:
    """Draw random heads and count the pixels that should be hidden.

    Args:
        rig: the rig, with its appearance and prior.
        heads: how many.
        seed: of the heads.

    Returns:
        For every blink the pixels of eyeball through the lids, at the full blink all pixels of eyeball; of the mouth's
        inside with closed lips, neutral and over an open jaw.
    """
    parameters, decoder = sample(prior_of(rig), heads, np.random.default_rng(seed)), RigDecoder(rig)
    lids = (find_lids(rig, "L"), find_lids(rig, "R"))
    found = []
    with open_engine(rig, samples=1) as engine:
        poses = [(f"blink {blink}", {"eyeBlink": blink}) for blink in BLINKS]
        poses += [(name, {name: 1.0}) for name in GAZES]
        poses += [(f"lips over jaw {jaw}", {"jawOpen": jaw, "mouthClose": jaw}) for jaw in (0.0, 0.5, 1.0)]
        for pose, coefficients in poses:
            for view, yaw in VIEWS_RAD.items():
                amiss = []
                for first in range(0, heads, BATCH):
                    posed = pose_heads(decoder, parameters[first : first + BATCH], coefficients)
                    jobs = [_job(rig, head, yaw) for head in posed]
                    for job, render in zip(jobs, engine.render(jobs), strict=True):
                        amiss.append(_amiss(pose, lids, job, render.labels))
                found.append(Closing(pose, view, np.array(amiss)))
    return found


def _amiss(pose: str, lids: tuple[Lids, Lids], job: RenderJob, labels: np.ndarray) -> int:
    if pose.startswith("lips"):
        return int((labels == MOUTH_PART).sum())
    if pose == "blink 1.0":
        return int(np.isin(labels, EYE_PARTS).sum())
    return eye_pixels_outside(lids, job.vertices_m, job.camera, labels)


def _job(rig: Rig, head: np.ndarray, yaw_rad: float) -> RenderJob:
    centres = eye_centres(rig, head)
    if yaw_rad == 0:
        camera = canonical_camera(centres, FACE_FRAME, SIDE_PX)
    else:
        camera = orbit_camera(centres, yaw_rad, 0.0, SIDE_PX, ORBIT_HEIGHT_M)
    return RenderJob(head, camera, Look(FaceColours(*np.full((6, 3), 0.5, np.float32))), DEFAULT_LIGHTING)


def winding(polygon: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return how often a polygon (N, 2) runs around places (..., 2)."""
    start = polygon - places[..., None, :]
    end = np.roll(start, -1, axis=-2)
    turn = np.arctan2(start[..., 0] * end[..., 1] - start[..., 1] * end[..., 0], (start * end).sum(-1))
    return turn.sum(-1) / (2 * np.pi)
