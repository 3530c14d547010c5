"""Draws heads without OpenGL: a z-buffer rasteriser and the shading formulas in NumPy, the same picture more slowly."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from facewright.datatypes import PhotoSkin, Render, RenderJob
from facewright.engine.lighting import BACKGROUND
from facewright.engine.mesh import HAIR, SKIN, EngineMesh
from facewright.engine.raster import covered_samples, mip_levels, sample_levels
from facewright.engine.samples import Scene, Seen, build_scene, screen, see
from facewright.engine.shading import PLAIN_UV, Fragments, fragment_labels, shade
from facewright.engine.strands import PieceFragments, lens_reflection, piece_labels, shade_pieces
from facewright.engine.wear import KEPT_LAYERS, LAYER_LEVELS, LENS, Coverage, WearStore, Worn
from facewright.recent import Recent
from facewright.rig.appearance import (
    CHANNEL,
    CHANNELS,
    LAYER_CHANNELS,
    MARK_CHANNELS,
    MASK_CHANNELS,
    PHOTO_CHANNELS,
)
from facewright.rig.styles import read_strands

MASKS, MARKS, PHOTO = (
    slice(CHANNEL[names[0]], CHANNEL[names[-1]] + 1) for names in (MASK_CHANNELS, MARK_CHANNELS, PHOTO_CHANNELS)
)
"""Columns of texels that are read from masks, marks and photo skin."""

KEPT_PHOTO_SKINS = 2
"""Photo skins whose levels stay in memory."""


class SoftwareEngine:
    """Draws one rig on the processor. Triangles that reach behind the camera are left out, not clipped.

    Args:
        mesh: What to draw.
        samples: Colour samples per pixel along each side, 1 or 2.
    """

    name = "software"

    def __init__(self, mesh: EngineMesh, samples: int = 2) -> None:
        if samples not in (1, 2):
            raise ValueError(f"samples must be 1 or 2, got {samples}")
        self._mesh = mesh
        self._samples = samples
        self._wear = WearStore(mesh)
        self._levels = mip_levels(mesh.masks)
        self._marks = None if mesh.marks is None else mip_levels(mesh.marks)
        self._relief = None if mesh.relief is None else mip_levels(mesh.relief)
        self._layers: Recent[Path, list[np.ndarray]] = Recent(KEPT_LAYERS)
        self._photo_skins: Recent[PhotoSkin, list[np.ndarray]] = Recent(KEPT_PHOTO_SKINS)
        self._strands: dict[Path, list[np.ndarray]] = {}

    def __enter__(self) -> "SoftwareEngine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Do nothing; there for the symmetry with OpenGLEngine."""

    def render(self, jobs: Sequence[RenderJob]) -> list[Render]:
        """Draw heads; as OpenGLEngine.render.

        Args:
            jobs: What to draw; each has its own camera and image size.

        Returns:
            The pictures, in order.

        Raises:
            RigInvalid: A job wears what the rig does not have.
            ValueError: A job has a wrong shape or a value that is not finite.
        """
        worn = self._wear.check(jobs)
        return [self._render_one(job, wear) for job, wear in zip(jobs, worn, strict=True)]

    def _render_one(self, job: RenderJob, worn: Worn) -> Render:
        (width, height), n = job.camera.size_px, self._samples
        strands = [None if piece.texture is None else self._strand_levels(piece.texture) for piece in worn.pieces]
        scene = build_scene(self._mesh, job, worn, self._levels, strands)
        seen = see(scene, job, n)
        grid = np.arange(height * n * width * n).reshape(height, n, width, n)
        index = grid.transpose(0, 2, 1, 3).reshape(height * width, n * n)  # samples of each pixel
        leaders = _leaders(seen, index)
        image: np.ndarray = np.zeros((height * width, 3), np.float32)
        found = np.zeros(index.shape, np.uint8)
        normals, depth = np.zeros((height * width, 3), np.float32), np.full(height * width, np.inf, np.float32)
        for first in range(n * n):
            pixels = np.flatnonzero(leaders[:, first] == first)
            members = leaders[pixels] == first  # (M, n * n)
            mean, offset = _mean(seen, index[pixels], members, n)
            places = np.stack([pixels % width, pixels // width], axis=1) + offset
            colour, label = self._shade(mean, places, job, worn)
            image[pixels] += colour * members.sum(axis=1, keepdims=True) / (n * n)
            found[pixels] = np.where(members, label[:, None], found[pixels])
            whole = members.all(axis=1) & (mean.kind > 0)
            normals[pixels[whole]], depth[pixels[whole]] = mean.normal[whole], mean.depth_m[whole]
        mixed = np.flatnonzero((leaders > 0).any(axis=1))
        labels = found[:, 0].copy()
        labels[mixed], best = _vote(found[mixed], seen.depth_m[index[mixed]])
        best = np.take_along_axis(index[mixed], best[:, None], axis=1)[:, 0]
        normals[mixed], depth[mixed] = seen.normal[best], seen.depth_m[best]
        image = image.reshape(height, width, 3)
        self._add_lenses(image, scene, seen, job, worn)
        pixels_8bit = (image * 255 + 0.5).astype(np.uint8)
        return Render(
            pixels_8bit, labels.reshape(height, width), depth.reshape(height, width), normals.reshape(height, width, 3)
        )

    def _shade(self, seen: Seen, places: np.ndarray, job: RenderJob, worn: Worn) -> tuple[np.ndarray, np.ndarray]:
        """Return colours (M, 3) and labels (M,) of what is seen at continuous pixel coordinates (M, 2)."""
        camera = job.camera
        rays = (places - np.asarray(camera.centre_px)) / camera.focal_px
        rays = np.concatenate([rays, np.ones((len(rays), 1))], axis=1).astype(np.float32)
        up = np.asarray(camera.camera_from_world, np.float32)[:3, 2]
        colour = np.tile(np.array(BACKGROUND, np.float32), (len(rays), 1))
        label = np.zeros(len(rays), np.uint8)
        head = np.flatnonzero((seen.kind > 0) & (seen.kind <= HAIR))
        pieces = np.flatnonzero(seen.kind > HAIR)
        if len(head):
            fragments = self._fragments(seen.at(head), rays[head], worn, job.look.photo_skin)
            colour[head], _ = shade(fragments, job.look, job.lighting, worn.finish, up)
            styled = fragments.texels if self._mesh.styles else None
            label[head] = fragment_labels(fragments.parts, fragments.surfaces, styled)
        if len(pieces):
            one = seen.at(pieces)
            worn_fragments = PieceFragments(one.kind - 1, one.normal, rays[pieces], one.openness, one.strand, one.turn)
            colour[pieces] = shade_pieces(worn_fragments, job.look, job.lighting, worn.finish, up)
            label[pieces] = piece_labels(worn_fragments.surfaces)
        return colour, label

    def _fragments(self, seen: Seen, rays: np.ndarray, worn: Worn, photo_skin: PhotoSkin | None) -> Fragments:
        """Read all textures at what is seen of the head."""
        side, surfaces = len(self._mesh.labels), seen.kind - 1
        texel = np.clip((seen.uv * side).astype(np.int64), 0, side - 1)
        texels = np.zeros((len(surfaces), len(CHANNELS)), np.float32)
        texels[:, MASKS] = sample_levels(self._levels, seen.uv, seen.level)
        if self._marks is not None:
            texels[:, MARKS] = sample_levels(self._marks, seen.uv, seen.level)
        is_skin = surfaces == SKIN
        if self._mesh.styles:
            texels[is_skin, CHANNEL["hair"]] = texels[is_skin, CHANNEL["brow"]] = 0
        for group, layer in worn.layers.items():
            levels = self._layers.get(layer.path, partial(_layer_levels, layer))
            at = (seen.uv - layer.box[:2]) / layer.box[2:]
            inside = np.flatnonzero(is_skin & (np.abs(at - 0.5) < 0.5).all(axis=1))
            texels[inside, CHANNEL[LAYER_CHANNELS[group]]] = sample_levels(levels, at[inside], seen.level[inside])[:, 0]
        if photo_skin is not None:
            levels = self._photo_skins.get(photo_skin, lambda: mip_levels(photo_skin.layer))
            finer = np.log2(len(photo_skin.layer) / side)
            texels[:, PHOTO] = sample_levels(levels, seen.uv, np.maximum(seen.level + finer, 0))
        relief = None if self._relief is None else sample_levels(self._relief, seen.uv, seen.level)
        parts = self._mesh.labels[texel[:, 1], texel[:, 0]]
        return Fragments(texels, parts, surfaces, seen.normal, rays, seen.openness, relief)

    def _add_lenses(self, image: np.ndarray, scene: Scene, seen: Seen, job: RenderJob, worn: Worn) -> None:
        """Blend what lenses mirror over the picture (H, W, 3)."""
        width, height = job.camera.size_px
        n, start = self._samples, len(self._mesh.render_vertex)
        behind = seen.depth_m.reshape(height, n, width, n).transpose(0, 2, 1, 3).reshape(height * width, n * n)
        flat, xy = image.reshape(-1, 3), screen(scene.place, job)
        for piece in worn.pieces:
            corners = piece.piece.triangles[piece.piece.material == LENS] + start
            start += len(piece.vertices_m)
            depth = np.maximum(scene.place[:, 2], 1e-6)[corners]
            drawn = np.flatnonzero((depth > 0.01).all(axis=1))
            for triangle, pixel, bary in covered_samples(xy[corners], depth, drawn, width, height):
                place = np.einsum("ij,ijk->ik", bary, scene.place[corners[triangle]])
                normal = np.einsum("ij,ijk->ik", bary, scene.normal[corners[triangle]])
                normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
                clear = (behind[pixel] > place[:, 2:]).mean(axis=1, keepdims=True)
                light = clear * lens_reflection(normal, place, job.lighting)
                kept = np.ones_like(flat)
                np.multiply.at(kept, pixel, 1 - light)  # screen blending: what is left dark multiplies
                flat[:] = 1 - (1 - flat) * kept

    def _strand_levels(self, path: Path) -> list[np.ndarray]:
        if path not in self._strands:
            self._strands[path] = mip_levels(read_strands(path))
        return self._strands[path]


def _leaders(seen: Seen, index: np.ndarray) -> np.ndarray:
    """Group the samples (M, C) of pixels that see the same; returns the first sample of each one's group, (M, C)."""
    kinds, uv = seen.kind[index], seen.uv[index]
    leaders = np.full(index.shape, -1)
    for j in range(index.shape[1]):
        for i in range(j):
            is_near = (np.abs(uv[:, j] - uv[:, i]) < PLAIN_UV).all(axis=1) | (kinds[:, j] > HAIR)
            joins = (leaders[:, i] == i) & (leaders[:, j] < 0) & (kinds[:, j] == kinds[:, i]) & is_near
            leaders[joins, j] = i
        leaders[leaders[:, j] < 0, j] = j
    return leaders


def _mean(seen: Seen, index: np.ndarray, members: np.ndarray, samples: int) -> tuple[Seen, np.ndarray]:
    """Average the chosen samples (`members`, (M, C) bool) of pixels; also their place in the pixel, (M, 2)."""
    share = (members / members.sum(axis=1, keepdims=True)).astype(np.float32)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.einsum("mc,mc...->m...", share, values[index])

    normal = mean(seen.normal)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    first = np.take_along_axis(index, members.argmax(axis=1)[:, None], axis=1)[:, 0]
    depth = np.where(seen.kind[first] > 0, mean(np.where(np.isfinite(seen.depth_m), seen.depth_m, 0)), np.inf)
    level = mean(seen.level) + 0.5 * np.log2(members.sum(axis=1))
    corner = np.arange(samples * samples)
    offset = share @ (np.stack([corner % samples, corner // samples], axis=1) + 0.5) / samples
    grouped = Seen(
        seen.kind[first], mean(seen.uv), normal, depth.astype(np.float32), mean(seen.openness),
        level.astype(np.float32), mean(seen.strand), mean(seen.turn),
    )  # fmt: skip
    return grouped, offset


def _layer_levels(layer: Coverage) -> list[np.ndarray]:
    return mip_levels(layer.coverage[..., None])[:LAYER_LEVELS]


def _vote(found: np.ndarray, depth_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the label (M,) of pixels from their samples' (M, C), the commonest, and its nearest sample (M,)."""
    votes = (found[:, :, None] == found[:, None, :]).sum(axis=2)
    best = (votes + np.where(found > 0, 0.5 / (1 + depth_m), 0)).argmax(axis=1)
    return np.take_along_axis(found, best[:, None], axis=1)[:, 0], best
