"""The identity embedding of a photo: averaged over a few crops, so that it does not depend on one alignment."""

import numpy as np
import torch

from facewright.networks.embedder import SIZE_PX, Embedder
from facewright.perception.alignment import embedder_from_photo, to_tensor, warp

JITTERS = ((0.0, 0.0, 0.0), (2.0, -1.5, 0.03), (-2.0, 1.5, -0.03))
"""Shift right and down in px of the crop, and relative change of its scale."""


def embed_identity(embedder: Embedder, photo: np.ndarray, landmarks_px: np.ndarray) -> np.ndarray:
    """Embed the face of a photo.

    Args:
        embedder: on any device.
        photo: (H, W, 3) RGB uint8.
        landmarks_px: (K, 2) or (K, 3).

    Returns:
        (D,) float32 unit vector: the mean direction over jittered crops and their mirror images.
    """
    crop_from_photo = embedder_from_photo(landmarks_px)
    centre = np.full(2, SIZE_PX / 2)
    crops = []
    for right, down, growth in JITTERS:
        jittered = crop_from_photo * (1 + growth)
        jittered[:, 2] += (right, down) - growth * centre
        crops.append(warp(photo, jittered, (SIZE_PX, SIZE_PX)))
    batch = np.stack(crops + [crop[:, ::-1] for crop in crops])
    with torch.inference_mode():
        mean = embedder(to_tensor(batch, embedder.mean.device)).mean(0).cpu().numpy()
    return (mean / np.linalg.norm(mean)).astype(np.float32)
