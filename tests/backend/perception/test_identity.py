"""The embedding stays with the person."""

import cv2
import numpy as np

from facewright import weights
from facewright.perception.alignment import apply_transform, warp
from facewright.perception.identity import embed_identity


def test_the_embedding_is_a_unit_vector(observations):
    assert observations.embedding.shape == (128,)
    np.testing.assert_allclose(np.linalg.norm(observations.embedding), 1, atol=1e-5)


def test_a_turned_smaller_darker_copy_is_the_same_person(observations, photo):
    transform = 0.7 * np.array([[0.97, -0.24, 60.0], [0.24, 0.97, 20.0]])
    copy = (warp(photo, transform, (400, 400)) * 0.7).astype(np.uint8)
    again = embed_identity(weights.load_embedder(), copy, apply_transform(transform, observations.landmarks_px))
    assert np.linalg.norm(again - observations.embedding) < 0.2


def test_a_mirror_image_has_the_same_embedding_for_mirrored_landmarks(observations, photo):
    embedder = weights.load_embedder()
    crop = embed_identity(embedder, photo, observations.landmarks_px)
    mirrored = observations.landmarks_px.copy()
    mirrored[:, 0] = photo.shape[1] - mirrored[:, 0]
    pairs = {33: 263, 133: 362, 61: 291, 263: 33, 362: 133, 291: 61}
    mirrored[list(pairs)] = mirrored[list(pairs.values())]
    again = embed_identity(embedder, np.ascontiguousarray(photo[:, ::-1]), mirrored)
    assert np.linalg.norm(again - crop) < 0.1


def test_another_face_is_another_person(observations, photo):
    box = observations.landmarks_px[:, :2]
    middle = box.mean(0)
    stretched = np.array([[1.0, 0.0, 0.0], [0.0, 0.62, 0.38 * middle[1]]])  # a face of other proportions
    other = cv2.warpAffine(photo, stretched, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    moved = observations.landmarks_px.copy()
    moved[:, :2] = box * [1.0, 0.62] + [0.0, 0.38 * middle[1]]
    assert np.linalg.norm(embed_identity(weights.load_embedder(), other, moved) - observations.embedding) > 0.3
