"""Unwraps a photo onto the face texture through the fitted camera, pose and expression, with a confidence per texel."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from facewright.datatypes import Camera
from facewright.engine.cameras import project
from facewright.engine.smoothstep import smoothstep
from facewright.rig.colours import linear_from_srgb
from facewright.rig.normals import smooth_normals
from facewright.rig.nouns import Rig
from facewright.texture.atlas import SkinAtlas, texel_values

DEPTH_MARGIN_M = 0.004
"""A texel this much behind what the camera sees is hidden; lashes and rounding stay within."""

GRAZING_COSINES = (0.30, 0.70)
"""Cosines of the viewing angle at which a texel is not believed at all, and fully."""

WARP_GRID_PX = 16
WARP_SMOOTHING = 2.0
WARP_LIMIT_EYES = 0.3
"""Longest correction of a landmark's place, in eye distances; beyond it the landmark is not believed."""

CLIPPED = 250
"""Values from here on are burnt out."""


@dataclass(frozen=True, eq=False)
class PhotoView:
    """One photo around the face, ready to be unwrapped; C is the side of the upright crop.

    Attributes:
        image: (C, C, 3) RGB uint8.
        camera: draws the head straight into the crop.
        vertices_m: (V, 3) posed, with the photo's expression.
        depth_m: (C, C) of the head as the engine draws it, inf where nothing is.
        landmarks_px: (K, 2) of the photo.
        shown_px: (K, 2) where the same landmarks are on the fitted head.
        accepted: (C, C) float32 probability that a pixel shows what belongs on the texture.
        own_dark: (C, C) float32 probability that it shows lips, brows or beard, whose darkness is their own.
        inside: (C, C) float32, 0 beyond the photo's border.
        sharpness: photo px for each px of the crop, along a side.
        is_grey: whether the photo has no colours of its own.
    """

    image: np.ndarray
    camera: Camera
    vertices_m: np.ndarray
    depth_m: np.ndarray
    landmarks_px: np.ndarray
    shown_px: np.ndarray
    accepted: np.ndarray
    own_dark: np.ndarray
    inside: np.ndarray
    sharpness: float
    is_grey: bool


@dataclass(frozen=True, eq=False)
class TexelView:
    """What a photo shows of each texel; T is the side of the texture.

    Attributes:
        linear: (T, T, 3) float32 linear RGB.
        normals: (T, T, 3) float32 unit, camera space.
        seen: (T, T) float32 in [0, 1]: in sight of the camera, at a fair angle, within the photo.
        accepted: (T, T) float32 in [0, 1]: not hidden by hair, glasses or other things.
        own_dark: (T, T) float32 in [0, 1]: lips, brows, beard.
        sharpness: photo px for each texel, along a side.
        is_grey: whether the photo has no colours of its own.
    """

    linear: np.ndarray
    normals: np.ndarray
    seen: np.ndarray
    accepted: np.ndarray
    own_dark: np.ndarray
    sharpness: float
    is_grey: bool

    @property
    def confidence(self) -> np.ndarray:
        """(T, T) how far the texel's colour is the skin's."""
        return self.seen * self.accepted


def unwrap(rig: Rig, atlas: SkinAtlas, view: PhotoView) -> TexelView:
    """Read the colour of every texel off a photo.

    A texel is a point of the skin; it is looked up where the posed head with the photo's expression shows it, moved by
    the smooth correction that brings the head's landmarks onto the photo's.

    Args:
        rig: the rig.
        atlas: of the rig.
        view: the photo.
    """
    vertices = view.vertices_m.astype(np.float64)
    rotation = np.asarray(view.camera.camera_from_world)[:3, :3]
    places, depth = project(view.camera, vertices)
    towards = -(vertices @ rotation.T + np.asarray(view.camera.camera_from_world)[:3, 3])
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    normals = smooth_normals(vertices, rig.mesh.triangles) @ rotation.T
    cosine = (normals * towards).sum(1, keepdims=True)
    values = np.concatenate([places, depth[:, None], normals, cosine], 1)
    texels = texel_values(atlas, rig, values)  # (T, T, 7)
    drawn_px, depth, normal, cosine = texels[..., :2], texels[..., 2], texels[..., 3:6], texels[..., 6]
    nearest = np.where(np.isfinite(view.depth_m), view.depth_m, 9.0).astype(np.float32)
    behind = depth - sample(nearest, drawn_px)
    in_sight = np.clip(2.0 - behind / DEPTH_MARGIN_M, 0, 1)
    photo_px = drawn_px + sample(residual_warp(view), drawn_px)
    linear = linear_from_srgb(sample(view.image.astype(np.float32) / 255, photo_px))
    burnt = (view.image.max(-1) >= CLIPPED).astype(np.float32)
    facing = smoothstep(*GRAZING_COSINES, cosine)
    seen = in_sight * facing * sample(view.inside, photo_px) * (1 - 0.7 * sample(burnt, photo_px)) * atlas.is_skin
    size_px = float(view.camera.focal_px) / float(np.median(depth[atlas.trust > 0])) * atlas.texel_m
    return TexelView(
        linear,
        normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6),
        seen.astype(np.float32),
        sample(view.accepted, photo_px),
        sample(view.own_dark, photo_px),
        view.sharpness * size_px,
        view.is_grey,
    )


def residual_warp(view: PhotoView) -> np.ndarray:
    """Return (C, C, 2) px: a smooth shift from where the fitted head shows a point to where the photo does.

    Source: thin plate splines, Duchon 1977, through scipy.
    """
    side = len(view.image)
    shifts = view.landmarks_px - view.shown_px
    eye_px = np.linalg.norm(view.landmarks_px[263] - view.landmarks_px[33])
    held = np.linalg.norm(shifts, axis=1) < WARP_LIMIT_EYES * eye_px
    _, unique = np.unique(np.rint(view.shown_px * 4), axis=0, return_index=True)
    held = held & np.isin(np.arange(len(shifts)), unique)
    if held.sum() < 20:
        return np.zeros((side, side, 2), np.float32)
    ticks = (np.arange(side // WARP_GRID_PX) + 0.5) * WARP_GRID_PX
    grid = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    scale = 1.0 / eye_px
    spline = RBFInterpolator(view.shown_px[held] * scale, shifts[held], smoothing=WARP_SMOOTHING * 1e-3, neighbors=60)
    field = np.clip(spline(grid * scale), -WARP_LIMIT_EYES * eye_px, WARP_LIMIT_EYES * eye_px)
    field = field.reshape(len(ticks), len(ticks), 2).astype(np.float32)
    return cv2.resize(field, (side, side), interpolation=cv2.INTER_CUBIC)


def sample(picture: np.ndarray, places_px: np.ndarray, border: int = cv2.BORDER_REPLICATE) -> np.ndarray:
    """Look a picture (C, C, ...) up at continuous places (T, T, 2); beyond the border its edge repeats by default."""
    grid = (places_px - 0.5).astype(np.float32)
    return cv2.remap(
        np.ascontiguousarray(picture, np.float32), grid[..., 0], grid[..., 1], cv2.INTER_LINEAR,
        borderMode=border,
    )  # fmt: skip
