"""Framing of the pictures that belong to a head."""

import numpy as np
import pytest

from facewright.datatypes import AlignedFace, Camera, Observations
from facewright.engine.cameras import FACE_FRAME, PORTRAIT_FRAME, project
from facewright.perception.alignment import fit_similarity
from facewright.pipelines.outputs import photo_panel, scaled_camera


def test_scaled_camera_shows_the_same_picture_smaller():
    transform = np.eye(4)
    transform[:3, 3] = [0.1, -0.2, 1.5]
    camera = Camera(transform, 1900.0, np.array([800.0, 350.0]), (1600, 900))
    small = scaled_camera(camera, 400)
    assert small.size_px == (400, 225)
    points = np.random.default_rng(0).normal(size=(5, 3)) * 0.1
    np.testing.assert_allclose(project(small, points)[0], project(camera, points)[0] / 4, atol=1e-9)


def test_scaled_camera_never_enlarges():
    camera = Camera(np.eye(4), 500.0, np.array([100.0, 90.0]), (200, 180))
    assert scaled_camera(camera, 1024).size_px == (200, 180)
    assert scaled_camera(camera, 1024).focal_px == 500.0


def test_photo_panel_puts_the_eyes_where_the_portraits_have_them():
    photo = np.zeros((300, 400, 3), np.uint8)
    eyes = np.array([[150.0, 120.0], [210.0, 130.0]])  # the person's right eye first
    for x, y in eyes.astype(int):
        photo[y - 2 : y + 3, x - 2 : x + 3] = 255
    frame = np.array([FACE_FRAME.eye_right, FACE_FRAME.eye_left]) * 256
    aligned = AlignedFace(np.zeros((256, 256, 3), np.uint8), fit_similarity(eyes + 0.5, frame))
    nothing = dict.fromkeys(("landmarks_px", "embedding", "part_maps", "colours", "lighting", "style_cues"), None)
    panel = photo_panel(Observations(photo=photo, aligned=aligned, **nothing), 200)
    rows, columns = np.nonzero(panel[..., 0] > 128)
    left = columns < 100
    wanted = np.array([PORTRAIT_FRAME.eye_right, PORTRAIT_FRAME.eye_left]) * 200
    found = [(columns[side].mean() + 0.5, rows[side].mean() + 0.5) for side in (left, ~left)]
    assert found[0] == pytest.approx(wanted[0], abs=1.0)
    assert found[1] == pytest.approx(wanted[1], abs=1.0)
