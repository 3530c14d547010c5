"""Draws heads with OpenGL: one pass into colour, label, normal and depth, off screen, on a GPU or a software GL."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from facewright.datatypes import Camera, Render, RenderJob
from facewright.engine.lighting import BACKGROUND
from facewright.engine.mesh import LASH, EngineMesh, check_job, vertex_normals
from facewright.engine.shading import shader_constants
from facewright.errors import EngineUnavailable

if TYPE_CHECKING:
    import moderngl

_LOG = logging.getLogger(__name__)

TEXTURE_UNITS = ("layers", "shading", "paint", "labels", "samples")
"""Samplers of the shaders in the order of their texture units; the first three hold four mask channels each."""

KEPT_TARGETS = 6
"""Image sizes whose framebuffers are kept between calls."""

_REMEDY = "install EGL and Mesa (Debian: libegl1 libgl1-mesa-dri), or ask for the software engine"


@dataclass(frozen=True)
class _Target:
    """Framebuffers of one image size: what the first pass sees at each sample, and the picture."""

    samples: "moderngl.Framebuffer"
    pixels: "moderngl.Framebuffer"
    resources: tuple[Any, ...]


class OpenGLEngine:
    """Draws one rig. Owns a GL context, made current for each call, so that several engines can take turns.

    Args:
        mesh: What to draw.
        samples: Colour samples per pixel along each side, 1 or 2.

    Raises:
        EngineUnavailable: No GL context could be made, or it lacks OpenGL 3.3.
    """

    name = "opengl"

    def __init__(self, mesh: EngineMesh, samples: int = 2) -> None:
        if samples not in (1, 2):
            raise ValueError(f"samples must be 1 or 2, got {samples}")
        self._mesh = mesh
        self._samples = samples
        self._context = _create_context()
        self._targets: OrderedDict[tuple[int, int], _Target] = OrderedDict()
        with self._context:
            self._resources: list[Any] = []
            self._build_programs()
            self._build_textures()
            self._build_buffers()

    def __enter__(self) -> "OpenGLEngine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release everything that the engine holds on the GL side; a closed engine cannot draw."""
        if self._context is None:
            return
        with self._context:
            for target in self._targets.values():
                _release(target.resources)
            _release(self._resources)
        self._targets.clear()
        self._resources.clear()
        self._context.release()
        self._context = None

    def render(self, jobs: Sequence[RenderJob]) -> list[Render]:
        """Draw heads.

        Args:
            jobs: What to draw; each has its own camera and image size.

        Returns:
            The pictures, in order.

        Raises:
            ValueError: A job has a wrong shape or a value that is not finite.
        """
        if self._context is None:
            raise ValueError("the engine is closed")
        for index, job in enumerate(jobs):
            check_job(self._mesh, job, index)
        renders = []
        with self._context:
            for job in jobs:
                target = self._target(job.camera.size_px)
                self._draw(job, target)
                renders.append(_read(target.pixels, job.camera.size_px))
        return renders

    def _build_programs(self) -> None:
        constants = shader_constants() + f"const int SAMPLES = {self._samples};\n"
        vertex, fragment = _shader("surface.vert"), _shader("surface.frag")
        variants = [_after_version(fragment, constants + define) for define in ("", "#define LASHES\n")]
        self._surface_programs = [self._keep(self._context.program(vertex, variant)) for variant in variants]
        picture = _after_version(_shader("picture.frag"), constants)
        self._picture = self._keep(self._context.program(_shader("picture.vert"), picture))
        self._picture_array = self._keep(self._context.vertex_array(self._picture, []))
        for program in (*self._surface_programs, self._picture):
            for unit, name in enumerate(TEXTURE_UNITS):
                if name in program:
                    program[name] = unit
            if "texture_side" in program:
                program["texture_side"] = float(self._mesh.labels.shape[0])
        self._picture["background"] = BACKGROUND

    def _build_textures(self) -> None:
        gl = self._context
        side = self._mesh.labels.shape[0]
        self._textures = []
        for first in (0, 4, 8):
            channels = np.ascontiguousarray(self._mesh.masks[..., first : first + 4])
            texture = self._keep(gl.texture((side, side), 4, channels.tobytes()))
            texture.build_mipmaps()
            texture.filter = (gl.LINEAR_MIPMAP_NEAREST, gl.LINEAR)
            self._textures.append(texture)
        labels = self._keep(gl.texture((side, side), 1, self._mesh.labels.tobytes(), dtype="u1", alignment=1))
        labels.filter = (gl.NEAREST, gl.NEAREST)
        self._textures.append(labels)

    def _build_buffers(self) -> None:
        gl, mesh = self._context, self._mesh
        count = len(mesh.render_vertex)
        surfaces = mesh.surfaces[mesh.render_vertex].astype(np.float32)
        openness = mesh.openness[mesh.render_vertex]
        fixed = np.column_stack([mesh.uv, surfaces, openness]).astype(np.float32)
        self._moving = self._keep(gl.buffer(reserve=count * 24, dynamic=True))
        fixed_buffer = self._keep(gl.buffer(fixed.tobytes()))
        is_lash = mesh.triangle_surfaces == LASH
        layout = (
            (self._moving, "3f 3f", "position", "normal"),
            (fixed_buffer, "2f 1f 1f", "uv", "surface", "openness"),
        )
        self._arrays = []
        culled, both_sides = gl.DEPTH_TEST | gl.CULL_FACE, gl.DEPTH_TEST
        for program, chosen, flags in zip(
            self._surface_programs, (~is_lash, is_lash), (culled, both_sides), strict=True
        ):
            if chosen.any():
                indices = self._keep(gl.buffer(mesh.render_triangles[chosen].astype(np.int32).tobytes()))
                self._arrays.append((self._keep(gl.vertex_array(program, layout, indices)), flags))

    def _draw(self, job: RenderJob, target: _Target) -> None:
        gl, mesh = self._context, self._mesh
        vertices = np.asarray(job.vertices_m, np.float32)
        moving = np.concatenate([vertices, vertex_normals(mesh, vertices)], axis=1)[mesh.render_vertex]  # (R, 6)
        self._moving.write(moving.tobytes())
        values = _uniforms(job, vertices)
        for program in (*self._surface_programs, self._picture):
            for name, value in values.items():
                if name in program:
                    program[name].write(np.ascontiguousarray(value, np.float32).tobytes())
        for unit, texture in enumerate((*self._textures, *target.samples.color_attachments)):
            texture.use(unit)
        gl.front_face = "cw"
        gl.cull_face = "back"
        target.samples.use()
        target.samples.clear(0.0, 0.0, 0.0, 0.0)
        for array, flags in self._arrays:
            gl.enable_only(flags)
            array.render()
        gl.enable_only(gl.NOTHING)
        target.pixels.use()
        self._picture_array.render(gl.TRIANGLES, 3)

    def _target(self, size_px: tuple[int, int]) -> _Target:
        size = (int(size_px[0]), int(size_px[1]))
        if size not in self._targets:
            if len(self._targets) >= KEPT_TARGETS:
                _release(self._targets.popitem(last=False)[1].resources)
            self._targets[size] = _build_target(self._context, size, self._samples)
        self._targets.move_to_end(size)
        return self._targets[size]

    def _keep(self, resource: Any) -> Any:
        self._resources.append(resource)
        return resource


def _create_context() -> "moderngl.Context":
    """Make an off-screen context: through EGL, else through whatever the platform offers."""
    try:
        import moderngl
    except ImportError as error:
        raise EngineUnavailable(f"moderngl cannot be imported: {error}", "pip install moderngl") from error
    failures = []
    for options in ({"backend": "egl"}, {}):
        try:
            context = moderngl.create_context(require=330, standalone=True, **options)
        except Exception as error:  # moderngl and glcontext raise nothing narrower
            failures.append(str(error).strip())
            continue
        _LOG.info("OpenGL engine on %s", context.info["GL_RENDERER"])
        return context
    raise EngineUnavailable(f"no OpenGL 3.3 context: {'; '.join(failures)}", _REMEDY)


def _build_target(gl: "moderngl.Context", size: tuple[int, int], samples: int) -> _Target:
    large = (size[0] * samples, size[1] * samples)
    seen = gl.texture(large, 4, dtype="u4")
    seen.filter = (gl.NEAREST, gl.NEAREST)
    depth = gl.depth_renderbuffer(large)
    shown = [gl.texture(size, 4), gl.texture(size, 4, dtype="f4")]
    framebuffers = [gl.framebuffer([seen], depth), gl.framebuffer(shown)]
    return _Target(*framebuffers, (*framebuffers, seen, depth, *shown))


def _uniforms(job: RenderJob, vertices: np.ndarray) -> dict[str, np.ndarray]:
    """Return the values of the uniforms that change from job to job; matrices column by column."""
    camera, colours, lighting = job.camera, job.look.colours, job.lighting
    direction = np.asarray(lighting.direction, np.float64)
    return {
        "camera_from_world": np.asarray(camera.camera_from_world).T,
        "clip_from_camera": _clip_from_camera(camera, vertices).T,
        "camera": np.array([*camera.centre_px, camera.focal_px]),
        "skin_colour": colours.skin,
        "lip_colour": colours.lip,
        "brow_colour": colours.brow,
        "iris_colour": colours.iris,
        "hair_colour": colours.hair,
        "light_direction": direction / np.linalg.norm(direction),
        "light_key": lighting.key,
        "light_ambient": lighting.ambient,
    }


def _clip_from_camera(camera: Camera, vertices: np.ndarray) -> np.ndarray:
    """Return the (4, 4) projection whose first row of pixels is the image's top, so that nothing is flipped later."""
    matrix = np.asarray(camera.camera_from_world)
    depth = vertices @ matrix[2, :3].astype(np.float32) + np.float32(matrix[2, 3])
    near = max(float(depth.min()) - 0.01, 0.01)
    far = max(float(depth.max()) + 0.01, near + 0.01)
    width, height = camera.size_px
    return np.array([
        [2 * camera.focal_px / width, 0, 2 * camera.centre_px[0] / width - 1, 0],
        [0, 2 * camera.focal_px / height, 2 * camera.centre_px[1] / height - 1, 0],
        [0, 0, (far + near) / (far - near), -2 * far * near / (far - near)],
        [0, 0, 1, 0],
    ])  # fmt: skip


def _read(framebuffer: "moderngl.Framebuffer", size_px: tuple[int, int]) -> Render:
    width, height = size_px
    colours = np.frombuffer(framebuffer.read(components=4, attachment=0, alignment=1), np.uint8)
    geometry = np.frombuffer(framebuffer.read(components=4, attachment=1, alignment=1, dtype="f4"), np.float32)
    colours, geometry = colours.reshape(height, width, 4), geometry.reshape(height, width, 4)
    labels = np.ascontiguousarray(colours[..., 3])
    depth = np.where(labels > 0, geometry[..., 3], np.float32(np.inf))
    return Render(np.ascontiguousarray(colours[..., :3]), labels, depth, np.ascontiguousarray(geometry[..., :3]))


def _shader(name: str) -> str:
    return (files("facewright.engine") / "shaders" / f"{name}.glsl").read_text(encoding="utf-8")


def _after_version(source: str, addition: str) -> str:
    head, version, body = source.partition("#version 330\n")
    return head + version + addition + body


def _release(resources: Sequence[Any]) -> None:
    for resource in resources:
        resource.release()
