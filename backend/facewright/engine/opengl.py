"""Draws heads with OpenGL: passes into colour, label, normal and depth, off screen, on a GPU or a software GL."""

import importlib
import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facewright.datatypes import PhotoSkin, Render, RenderJob
from facewright.engine.gl_resources import (
    PieceArrays,
    Target,
    build_layer,
    build_piece,
    build_target,
    build_texture,
    read_render,
    release,
    shader,
    uniforms,
    write_uniforms,
)
from facewright.engine.glsl import shader_constants
from facewright.engine.lighting import BACKGROUND
from facewright.engine.mesh import LASH, EngineMesh, vertex_normals
from facewright.engine.wear import KEPT_LAYERS, KEPT_PIECES, LAYER_GROUPS, Coverage, WearStore, Worn, WornPiece
from facewright.errors import EngineUnavailable
from facewright.recent import Recent
from facewright.rig.styles import read_strands

if TYPE_CHECKING:
    import moderngl

_LOG = logging.getLogger(__name__)

MASK_UNITS = ("layers", "shading", "paint")
LAYER_UNITS = tuple(f"{group}_layer" for group in LAYER_GROUPS)
TEXTURE_UNITS = (*MASK_UNITS, "labels", "marks", "relief", *LAYER_UNITS, "samples", "strands", "photo_skin")
"""Samplers of the shaders in the order of their texture units; MASK_UNITS hold four mask channels each."""

KEPT_TARGETS = 6
"""Image sizes whose framebuffers are kept between calls."""

KEPT_PHOTO_SKINS = 4
"""Photo skins that stay on the GL side."""

KEPT_VARIANTS = 32
"""Kinds of picture shader that are kept compiled."""

COLOURS_ONLY: Any = (True, True, True, False), (False, False, False, False)
EVERYTHING: Any = (True,) * 4, (True,) * 4
"""What is written to the picture and to normals with depth; moderngl's annotations know of one attachment only."""

_REMEDY = "install EGL and Mesa (Debian: libegl1 libgl1-mesa-dri), or ask for the software engine"


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
        self._wear = WearStore(mesh)
        self._context, self._is_closed = create_context(), False
        self._targets: Recent[tuple[int, int], Target] = Recent(KEPT_TARGETS, lambda one: release(one.resources))
        self._layers: Recent[Path, Any] = Recent(KEPT_LAYERS, lambda one: one.release())
        self._pieces: Recent[Path, PieceArrays] = Recent(KEPT_PIECES, lambda one: release(one.resources))
        self._pictures: Recent[tuple[str, ...], Any] = Recent(KEPT_VARIANTS, release)
        self._photo_skins: Recent[PhotoSkin, Any] = Recent(KEPT_PHOTO_SKINS, lambda one: one.release())
        self._strands: dict[Path, Any] = {}
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
        if self._is_closed:
            return
        with self._context:
            for kept in (self._targets, self._layers, self._pieces, self._pictures, self._photo_skins):
                kept.clear()
            release([*self._resources, *self._strands.values()])
        self._resources.clear()
        self._strands.clear()
        self._context.release()
        self._is_closed = True

    def render(self, jobs: Sequence[RenderJob]) -> list[Render]:
        """Draw heads.

        Args:
            jobs: What to draw; each has its own camera and image size.

        Returns:
            The pictures, in order.

        Raises:
            RigInvalid: A job wears what the rig does not have.
            ValueError: A job has a wrong shape or a value that is not finite; or the engine is closed.
        """
        if self._is_closed:
            raise ValueError("the engine is closed")
        worn, renders = self._wear.check(jobs), []
        with self._context:
            for job, wear in zip(jobs, worn, strict=True):
                size = (int(job.camera.size_px[0]), int(job.camera.size_px[1]))
                target = self._targets.get(size, partial(build_target, self._context, size, self._samples))
                self._draw(job, wear, target)
                renders.append(read_render(target.pixels, size))
        return renders

    def _build_programs(self) -> None:
        vertex = shader("surface.vert")
        self._head, self._lash, self._strand = (
            self._program(vertex, shader("surface.frag", constants=self._constants(*defines)))
            for defines in ((), ("LASHES",), ("STRANDS",))
        )
        self._lens = self._program(vertex, shader("lens.frag", constants=self._constants()))
        for program in (self._head, self._lash):
            program["texture_side"] = float(len(self._mesh.labels))
        self._resources += [self._head, self._lash, self._strand, self._lens]

    def _build_textures(self) -> None:
        gl, mesh = self._context, self._mesh
        self._blank = build_texture(gl, np.zeros((1, 1, 1), np.uint8))
        pictures = [mesh.masks[..., first : first + 4] for first in (0, 4, 8)]
        self._textures = dict.fromkeys(TEXTURE_UNITS, self._blank)
        for name, picture in zip((*MASK_UNITS, "marks", "relief"), (*pictures, mesh.marks, mesh.relief), strict=True):
            if picture is not None:
                self._textures[name] = build_texture(gl, picture)
        side = len(mesh.labels)
        labels = gl.texture((side, side), 1, mesh.labels.tobytes(), dtype="u1", alignment=1)
        labels.filter = (gl.NEAREST, gl.NEAREST)
        self._textures["labels"] = labels
        self._resources += set(self._textures.values())

    def _build_buffers(self) -> None:
        gl, mesh = self._context, self._mesh
        fixed = np.column_stack([mesh.uv, mesh.surfaces[mesh.render_vertex]]).astype(np.float32)
        self._moving = gl.buffer(reserve=len(fixed) * 28, dynamic=True)
        fixed_buffer = gl.buffer(fixed.tobytes())
        layout = (
            (self._moving, "3f 3f 1f", "position", "normal", "openness"),
            (fixed_buffer, "2f 1f", "uv", "surface"),
        )
        self._resources += [self._moving, fixed_buffer]
        is_lash = mesh.triangle_surfaces == LASH
        self._arrays = []
        for program, chosen, flags in (
            (self._head, ~is_lash, gl.DEPTH_TEST | gl.CULL_FACE),
            (self._lash, is_lash, gl.DEPTH_TEST),
        ):
            if chosen.any():
                indices = gl.buffer(mesh.render_triangles[chosen].astype(np.int32).tobytes())
                self._arrays.append((gl.vertex_array(program, layout, indices), flags))
                self._resources += [indices, self._arrays[-1][0]]

    def _draw(self, job: RenderJob, worn: Worn, target: Target) -> None:
        gl, values = self._context, uniforms(job, worn)
        picture, picture_array = self._picture(job, worn)
        used = [self._head, self._lash, picture, *([self._strand, self._lens] if worn.pieces else [])]
        for program in used:
            write_uniforms(program, values)
        textures = self._textures | {f"{name}_layer": self._layer(layer) for name, layer in worn.layers.items()}
        textures["samples"] = target.seen
        photo_skin = job.look.photo_skin
        if photo_skin is not None:
            textures["photo_skin"] = self._photo_skins.get(photo_skin, lambda: build_texture(gl, photo_skin.layer))
        for unit, name in enumerate(TEXTURE_UNITS):
            textures[name].use(unit)
        self._write_head(job, worn)
        pieces = [self._piece(piece) for piece in worn.pieces]
        gl.front_face = "cw"
        gl.cull_face = "back"
        target.samples.use()
        target.samples.clear(0.0, 0.0, 0.0, 0.0)
        for array, flags in self._arrays:
            gl.enable_only(flags)
            array.render()
        gl.enable_only(gl.DEPTH_TEST)
        for piece, arrays in zip(worn.pieces, pieces, strict=True):
            self._draw_solid(piece, arrays)
        gl.enable_only(gl.NOTHING)
        target.pixels.use()
        picture_array.render(gl.TRIANGLES, 3)
        lenses = [arrays.clear for arrays in pieces if arrays.clear is not None]
        if lenses:
            self._draw_lenses(lenses, target)

    def _write_head(self, job: RenderJob, worn: Worn) -> None:
        mesh = self._mesh
        vertices = np.asarray(job.vertices_m, np.float32)
        openness = (mesh.openness * worn.openness)[:, None]
        moving = np.concatenate([vertices, vertex_normals(mesh, vertices), openness], axis=1, dtype=np.float32)
        self._moving.write(moving[mesh.render_vertex].tobytes())  # (R, 7)

    def _draw_solid(self, piece: WornPiece, arrays: PieceArrays) -> None:
        if arrays.solid is None:
            return
        if piece.texture is not None:
            texture = self._strand_texture(piece.texture)
            texture.use(TEXTURE_UNITS.index("strands"))
            self._strand["texture_side"] = float(texture.width)
        arrays.solid.render()

    def _draw_lenses(self, lenses: list["moderngl.VertexArray"], target: Target) -> None:
        """Blend what lenses mirror over the picture; labels, normals and depth stay."""
        gl = self._context
        gl.enable_only(gl.BLEND)
        gl.blend_func = gl.ONE_MINUS_DST_COLOR, gl.ONE
        target.pixels.color_mask = COLOURS_ONLY
        for array in lenses:
            array.render()
        target.pixels.color_mask = EVERYTHING
        gl.enable_only(gl.NOTHING)

    def _picture(self, job: RenderJob, worn: Worn) -> tuple["moderngl.Program", "moderngl.VertexArray"]:
        """Return the program that shades a job, and no more than it needs, with its empty vertex array."""
        mesh, skin = self._mesh, job.look.skin
        wanted = {
            "STYLED": bool(mesh.styles),
            "BEARD_LAYER": "beard" in worn.layers,
            "MAKE_UP": "lips" in worn.layers or "eyes" in worn.layers,
            "MARKS": mesh.marks is not None and (skin.freckles > 0 or skin.wrinkles > 0),
            "RELIEF": mesh.relief is not None and (skin.pores > 0 or skin.wrinkles > 0),
            "PIECES": bool(worn.pieces),
            "PHOTO_SKIN": job.look.photo_skin is not None,
        }
        defines = tuple(name for name, is_wanted in wanted.items() if is_wanted)
        return self._pictures.get(defines, lambda: self._build_picture(defines))

    def _build_picture(self, defines: tuple[str, ...]) -> tuple["moderngl.Program", "moderngl.VertexArray"]:
        names = ("picture.frag", "strands") if "PIECES" in defines else ("picture.frag",)
        program = self._program(shader("picture.vert"), shader(*names, constants=self._constants(*defines)))
        program["background"] = BACKGROUND
        return program, self._context.vertex_array(program, [])

    def _piece(self, worn: WornPiece) -> PieceArrays:
        """Return the buffers of a piece with its vertices written."""
        program = self._head if worn.texture is None else self._strand
        arrays = self._pieces.get(worn.path, lambda: build_piece(self._context, worn, program, self._lens))
        arrays.moving.write(np.concatenate([worn.vertices_m, worn.normals], axis=1).tobytes())
        return arrays

    def _layer(self, layer: Coverage) -> "moderngl.Texture":
        return self._layers.get(layer.path, lambda: build_layer(self._context, layer))

    def _strand_texture(self, path: Path) -> "moderngl.Texture":
        if path not in self._strands:
            self._strands[path] = build_texture(self._context, read_strands(path))
        return self._strands[path]

    def _constants(self, *defines: str) -> str:
        lines = [f"#define {name}\n" for name in defines]
        return "".join([shader_constants(), f"const int SAMPLES = {self._samples};\n", *lines])

    def _program(self, vertex: str, fragment: str) -> "moderngl.Program":
        program = self._context.program(vertex, fragment)
        for unit, name in enumerate(TEXTURE_UNITS):
            if name in program:
                program[name] = unit
        return program


def create_context() -> "moderngl.Context":
    """Make an off-screen context: through EGL, else through whatever the platform offers.

    Raises:
        EngineUnavailable: No GL context could be made, or it lacks OpenGL 3.3.
    """
    try:
        import moderngl
    except ImportError as error:
        raise EngineUnavailable(f"moderngl cannot be imported: {error}", "pip install moderngl") from error
    with suppress(ImportError):
        # torch with CUDA brings triton, which crashes the process when it is loaded after the LLVM of Mesa's drivers.
        importlib.import_module("triton._C.libtriton")
    failures = []
    attempts: tuple[dict[str, Any], ...] = ({"backend": "egl"}, {})
    for options in attempts:
        try:
            context = moderngl.create_context(require=330, standalone=True, **options)
        except Exception as error:  # moderngl and glcontext raise nothing narrower
            failures.append(str(error).strip())
            continue
        _LOG.info("OpenGL engine on %s", context.info["GL_RENDERER"])
        return context
    raise EngineUnavailable(f"no OpenGL 3.3 context: {'; '.join(failures)}", _REMEDY)
