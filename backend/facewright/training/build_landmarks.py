"""Find every landmark's surface point by detection on renders: `python -m facewright.training.build_landmarks`."""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from tqdm import tqdm

from facewright import weights
from facewright.datatypes import ARKIT_52
from facewright.engine.cameras import project
from facewright.engine.opening import open_engine
from facewright.errors import FacewrightError
from facewright.export.files import atomic_write
from facewright.perception.observe import LandmarkReader
from facewright.rig.decoder import RigDecoder
from facewright.rig.installed import RIGS_DIR, load_rig
from facewright.rig.nouns import Rig
from facewright.training.face_region import shown_skin
from facewright.training.synthetic_photos import PhotoRecipe, draw_heads

RECIPE = PhotoRecipe(size_px=384, yaw_deg=4.0, pitch_deg=4.0, roll_deg=2.0, is_dressed=False)
JAW_OPEN = (0.08, 0.3)
"""Mouths stand ajar, so that the landmarks of the inner lips fall on the right lip."""

SPREAD_TRUST_M = 0.004
"""A landmark whose surface points spread this much counts half."""


def surface_points(
    rig: Rig, candidates: np.ndarray, vertices_px: np.ndarray, depth_m: np.ndarray, landmarks_px: np.ndarray
) -> np.ndarray:
    """Find the triangle in front under each landmark.

    Args:
        rig: the rig.
        candidates: (C,) numbers of the triangles that may carry landmarks.
        vertices_px: (V, 2) projected vertices.
        depth_m: (V,) their distances from the camera.
        landmarks_px: (K, 2).

    Returns:
        (K, 4) triangle number and barycentric coordinates; triangle -1 where none lies under the landmark.
    """
    corners = vertices_px[rig.mesh.triangles[candidates]]  # (C, 3, 2)
    low, high = corners.min(1), corners.max(1)
    found = np.full((len(landmarks_px), 4), -1.0)
    for index, point in enumerate(landmarks_px):
        near = np.flatnonzero(((low <= point) & (high >= point)).all(1))
        a, b, c = corners[near].transpose(1, 0, 2)
        area = _cross(b - a, c - a)
        near, a, b, c, area = (part[np.abs(area) > 1e-9] for part in (near, a, b, c, area))
        weights = np.stack(
            [_cross(b - point, c - point), _cross(c - point, a - point), _cross(a - point, b - point)], 1
        )
        weights = weights / area[:, None]
        inside = (weights >= -1e-6).all(1)
        if inside.any():
            depths = (depth_m[rig.mesh.triangles[candidates[near[inside]]]] * weights[inside]).sum(1)
            front = np.flatnonzero(inside)[np.argmin(depths)]
            found[index] = candidates[near[front]], *weights[front]
    return found


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]


def aggregate(rig: Rig, samples: np.ndarray) -> dict[str, np.ndarray]:
    """Choose for each landmark the sample nearest to the median of its surface points on the neutral head.

    Args:
        rig: the rig.
        samples: (M, K, 4) of `surface_points`.

    Returns:
        The arrays of landmarks.safetensors, and `spread_m` (K,) for the report.
    """
    count = samples.shape[1]
    triangles, barycentric = np.zeros(count, np.int32), np.zeros((count, 3), np.float32)
    spread = np.zeros(count)
    for index in range(count):
        valid = samples[samples[:, index, 0] >= 0, index]
        if len(valid) == 0:
            raise FacewrightError(f"Landmark {index} fell on the skin in no render.", "Look at the renders.")
        rest = rig.mesh.vertices_m[rig.mesh.triangles[valid[:, 0].astype(int)]]  # (M, 3, 3)
        points = (rest * valid[:, 1:, None]).sum(1)
        distance = np.linalg.norm(points - np.median(points, 0), axis=1)
        best = np.argmin(distance)
        triangles[index], barycentric[index], spread[index] = valid[best, 0], valid[best, 1:], np.median(distance)
    weight = 1.0 / (1.0 + (spread / SPREAD_TRUST_M) ** 2)
    return {
        "triangles": triangles,
        "barycentric": barycentric / barycentric.sum(1, keepdims=True),
        "weight": weight.astype(np.float32),
        "spread_m": spread.astype(np.float32),
    }


def main() -> None:
    """Write rigs/<rig>/landmarks.safetensors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rig", default="makehuman")
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rig = load_rig(options.rig)
    decoder, engine, reader = (
        RigDecoder(rig),
        open_engine(rig),
        LandmarkReader(weights.load_detector(), weights.load_landmarker()),
    )
    generator = np.random.default_rng(options.seed)
    expressions = np.zeros((options.count, len(ARKIT_52)))
    expressions[:, ARKIT_52.index("jawOpen")] = generator.uniform(*JAW_OPEN, options.count)
    # Under the lips of an open mouth lies its inside, which no landmark means.
    candidates = np.flatnonzero(shown_skin(rig)[rig.mesh.triangles].any(1))
    samples = []
    for start in tqdm(range(0, options.count, 8), desc="renders"):
        batch = expressions[start : start + 8]
        heads = draw_heads(rig, decoder, RECIPE, len(batch), generator, batch)
        for head, render in zip(heads, engine.render([head.job for head in heads]), strict=True):
            try:
                landmarks = reader(render.image)
            except FacewrightError:
                continue
            pixels, depth = project(head.job.camera, head.job.vertices_m)
            samples.append(surface_points(rig, candidates, pixels, depth, landmarks[:, :2]))
    arrays = aggregate(rig, np.stack(samples))
    spread = arrays.pop("spread_m") * 1000
    path = RIGS_DIR / options.rig / "landmarks.safetensors"
    atomic_write(path, lambda temporary: save_file(arrays, temporary))
    print(
        f"{len(samples)} of {options.count} renders used; "
        f"spread median {np.median(spread):.2f} mm, max {spread.max():.2f} mm"
    )
    print(f"wrote {Path(path).name}")


if __name__ == "__main__":
    main()
