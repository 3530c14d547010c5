"""Draws heads without OpenGL: a z-buffer rasteriser and the shading formula in NumPy, the same picture more slowly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facewright.datatypes import Render, RenderJob
from facewright.engine.lighting import BACKGROUND
from facewright.engine.mesh import LASH, EngineMesh, check_job, vertex_normals
from facewright.engine.raster import bilinear, covered_samples, cross, detail_levels, mip_levels
from facewright.engine.shading import PLAIN_UV, Fragments, fragment_labels, sample_thresholds, shade


@dataclass(frozen=True)
class _Seen:
    """What is seen at each of M samples or pixels.

    Attributes:
        kind: (M,) 0 nothing, else 1 + surface.
        uv: (M, 2) row 0 of the texture at 0.
        normal: (M, 3) unit, camera space.
        depth_m: (M,).
        openness: (M,).
        level: (M,) level of detail.
    """

    kind: np.ndarray
    uv: np.ndarray
    normal: np.ndarray
    depth_m: np.ndarray
    openness: np.ndarray
    level: np.ndarray

    def at(self, index: np.ndarray) -> "_Seen":
        """Return the chosen samples."""
        fields = (self.kind, self.uv, self.normal, self.depth_m, self.openness, self.level)
        return _Seen(*(field[index] for field in fields))


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
        self._levels = mip_levels(mesh.masks)

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
            ValueError: A job has a wrong shape or a value that is not finite.
        """
        for index, job in enumerate(jobs):
            check_job(self._mesh, job, index)
        return [self._render_one(job) for job in jobs]

    def _render_one(self, job: RenderJob) -> Render:
        width, height = job.camera.size_px
        n = self._samples
        seen = self._see(job)  # of height * n * width * n samples
        grid = np.arange(height * n * width * n).reshape(height, n, width, n)
        index = grid.transpose(0, 2, 1, 3).reshape(height * width, n * n)  # samples of each pixel
        kinds, uv = seen.kind[index], seen.uv[index]
        apart = np.abs(uv - uv[:, :1]).max(axis=(1, 2))
        is_plain = (kinds == kinds[:, :1]).all(axis=1) & (apart < PLAIN_UV)
        plain = np.flatnonzero(is_plain & (kinds[:, 0] > 0))
        mixed = np.flatnonzero(~is_plain)

        image = np.tile(np.float32(BACKGROUND), (height * width, 1))
        labels = np.zeros(height * width, np.uint8)
        depth = np.full(height * width, np.inf, np.float32)
        normals = np.zeros((height * width, 3), np.float32)
        mean = _mean(seen, index[plain], n)
        pixels = np.stack([plain % width, plain // width], axis=1) + 0.5
        image[plain], labels[plain] = self._shade(mean, pixels, job)
        normals[plain], depth[plain] = mean.normal, mean.depth_m
        if len(mixed):
            self._resolve(seen, index[mixed], mixed, job, (image, labels, depth, normals))
        shape = (height, width)
        pixels_8bit = (image * 255 + 0.5).astype(np.uint8).reshape(*shape, 3)
        return Render(pixels_8bit, labels.reshape(shape), depth.reshape(shape), normals.reshape(*shape, 3))

    def _see(self, job: RenderJob) -> _Seen:
        """Rasterise a job's mesh at every sample."""
        mesh, camera, n = self._mesh, job.camera, self._samples
        width, height = (side * n for side in camera.size_px)
        rotation = np.asarray(camera.camera_from_world, np.float32)[:3]
        vertices = np.asarray(job.vertices_m, np.float32)
        place = (vertices @ rotation[:, :3].T + rotation[:, 3])[mesh.render_vertex]  # (R, 3)
        normal = (vertex_normals(mesh, vertices) @ rotation[:, :3].T)[mesh.render_vertex]
        depth = np.maximum(place[:, 2], 1e-6)
        xy = (
            place[:, :2] / depth[:, None] * np.float32(camera.focal_px) + np.asarray(camera.centre_px, np.float32)
        ) * n
        corners = mesh.render_triangles
        uv = mesh.uv * np.float32([1, -1]) + np.float32([0, 1])
        level = detail_levels(xy[corners], uv[corners], len(mesh.labels))
        a, b, c = (xy[corners[:, i]] for i in range(3))
        is_front = cross(b - a, c - a) < 0  # counter-clockwise outside is clockwise with y down
        is_lash = mesh.triangle_surfaces == LASH
        drawn = np.flatnonzero((place[:, 2] > 0.01)[corners].all(axis=1) & (is_front | is_lash))
        nearest = np.full(width * height, np.inf, np.float32)
        owner = np.full(width * height, -1, np.int64)
        weights = np.zeros((width * height, 3), np.float32)
        for triangle, pixel, bary in covered_samples(xy[corners], depth[corners], drawn, width, height):
            kept = self._opaque(triangle, pixel, bary, uv, level, width)
            triangle, pixel, bary = triangle[kept], pixel[kept], bary[kept]
            z = np.einsum("ij,ij->i", bary, depth[corners[triangle]])
            np.minimum.at(nearest, pixel, z)
            front = z == nearest[pixel]
            owner[pixel[front]], weights[pixel[front]] = triangle[front], bary[front]
        return self._attributes(owner, weights, nearest, uv, normal, level)

    def _opaque(
        self,
        triangle: np.ndarray,
        pixel: np.ndarray,
        bary: np.ndarray,
        uv: np.ndarray,
        level: np.ndarray,
        width: int,
    ) -> np.ndarray:
        """Tell which covered samples (M,) hide what is behind them: all but those between the strands of lashes."""
        is_opaque = np.ones(len(triangle), bool)
        lash = np.flatnonzero(self._mesh.triangle_surfaces[triangle] == LASH)
        if len(lash):
            at = np.einsum("ij,ijk->ik", bary[lash], uv[self._mesh.render_triangles[triangle[lash]]])
            row, column = np.divmod(pixel[lash], width)
            limit = sample_thresholds(self._samples)[row % self._samples, column % self._samples]
            is_opaque[lash] = self._sample(at, level[triangle[lash]])[:, 7] >= limit
        return is_opaque

    def _attributes(
        self,
        owner: np.ndarray,
        weights: np.ndarray,
        nearest: np.ndarray,
        uv: np.ndarray,
        normal: np.ndarray,
        level: np.ndarray,
    ) -> _Seen:
        """Interpolate the vertices' attributes at the samples that a triangle owns."""
        mesh = self._mesh
        hit = np.flatnonzero(owner >= 0)
        corners = mesh.render_triangles[owner[hit]]
        bary = weights[hit]
        surfaces = mesh.triangle_surfaces
        kind = np.zeros(len(owner), np.int64)
        kind[hit] = 1 + surfaces[owner[hit]]
        fields = []
        for values in (uv, normal, mesh.openness[mesh.render_vertex][:, None]):
            field = np.zeros((len(owner), values.shape[1]), np.float32)
            field[hit] = np.einsum("ij,ijk->ik", bary, values[corners])
            fields.append(field)
        fields[1] /= np.maximum(np.linalg.norm(fields[1], axis=1, keepdims=True), 1e-9)
        levels = np.zeros(len(owner), np.float32)
        levels[hit] = level[owner[hit]]
        return _Seen(kind, fields[0], fields[1], nearest, fields[2][:, 0], levels)

    def _resolve(
        self, seen: _Seen, index: np.ndarray, pixels: np.ndarray, job: RenderJob, pictures: tuple[np.ndarray, ...]
    ) -> None:
        """Shade every sample of mixed pixels; write their means and their winners into the pictures."""
        image, labels, depth, normals = pictures
        width, n = job.camera.size_px[0], self._samples
        flat = index.ravel()
        hit = seen.kind[flat] > 0
        colour = np.tile(np.float32(BACKGROUND), (len(flat), 1))
        label = np.zeros(len(flat), np.uint8)
        row, column = np.divmod(flat[hit], width * n)
        colour[hit], label[hit] = self._shade(seen.at(flat[hit]), (np.stack([column, row], axis=1) + 0.5) / n, job)
        colour, label = colour.reshape(*index.shape, 3), label.reshape(index.shape)
        votes = (label[:, :, None] == label[:, None, :]).sum(axis=2)
        score = votes + np.where(label > 0, 0.5 / (1 + seen.depth_m[index]), 0)
        best = np.take_along_axis(index, score.argmax(axis=1)[:, None], axis=1)[:, 0]
        image[pixels] = colour.mean(axis=1)
        labels[pixels] = np.take_along_axis(label, score.argmax(axis=1)[:, None], axis=1)[:, 0]
        depth[pixels], normals[pixels] = seen.depth_m[best], seen.normal[best]

    def _shade(self, seen: _Seen, pixels: np.ndarray, job: RenderJob) -> tuple[np.ndarray, np.ndarray]:
        """Return colours and labels of samples (all of them seen) at continuous pixel coordinates (M, 2)."""
        camera, side = job.camera, len(self._mesh.labels)
        surfaces = seen.kind - 1
        rays = (pixels - np.asarray(camera.centre_px)) / camera.focal_px
        rays = np.concatenate([rays, np.ones((len(rays), 1))], axis=1).astype(np.float32)
        texel = np.clip((seen.uv * side).astype(np.int64), 0, side - 1)
        parts = self._mesh.labels[texel[:, 1], texel[:, 0]]
        masks = self._sample(seen.uv, seen.level)
        fragments = Fragments(masks, parts, surfaces, seen.normal, rays, seen.openness)
        colour, _ = shade(fragments, job.look.colours, job.lighting)
        return colour, fragment_labels(parts, surfaces)

    def _sample(self, uv: np.ndarray, level: np.ndarray) -> np.ndarray:
        """Sample the masks bilinearly at the nearest level of detail; (M, 12) in [0, 1]."""
        chosen = np.clip(np.ceil(level + 0.5) - 1, 0, len(self._levels) - 1).astype(np.int64)
        values = np.empty((len(uv), self._mesh.masks.shape[2]), np.float32)
        for number in np.unique(chosen):
            here = np.flatnonzero(chosen == number)
            values[here] = bilinear(self._levels[number], uv[here])
        return values


def _mean(seen: _Seen, index: np.ndarray, samples: int) -> _Seen:
    """Average the samples of plain pixels, index (M, samples^2)."""
    normal = seen.normal[index].sum(axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    return _Seen(
        seen.kind[index[:, 0]],
        seen.uv[index].mean(axis=1),
        normal,
        seen.depth_m[index].mean(axis=1),
        seen.openness[index].mean(axis=1),
        seen.level[index].mean(axis=1) + np.log2(samples),
    )
