"""What the OpenGL engine holds on the GL side: framebuffers, textures, buffers of pieces, shader sources, uniforms."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from facewright.datatypes import Camera, Look, Render, RenderJob
from facewright.engine.wear import LAYER_GROUPS, LAYER_LEVELS, LENS, Coverage, Worn, WornPiece

if TYPE_CHECKING:
    import moderngl


@dataclass(frozen=True)
class Target:
    """Framebuffers of one image size: what the first pass sees at each sample, and the picture."""

    samples: "moderngl.Framebuffer"
    seen: "moderngl.Texture"
    pixels: "moderngl.Framebuffer"
    resources: tuple[Any, ...]


@dataclass(frozen=True)
class PieceArrays:
    """One piece on the GL side: its moving vertices, its solid and its clear triangles (None where it has none)."""

    moving: "moderngl.Buffer"
    solid: "moderngl.VertexArray | None"
    clear: "moderngl.VertexArray | None"
    resources: tuple[Any, ...]


def build_target(gl: "moderngl.Context", size: tuple[int, int], samples: int) -> Target:
    """Make the framebuffers of an image size (width, height) in px."""
    large = (size[0] * samples, size[1] * samples)
    seen = gl.texture(large, 4, dtype="u4")
    seen.filter = (gl.NEAREST, gl.NEAREST)
    depth = gl.depth_renderbuffer(large)
    shown = [gl.texture(size, 4), gl.texture(size, 4, dtype="f4")]
    sampled, pixels = gl.framebuffer([seen], depth), gl.framebuffer(shown)
    return Target(sampled, seen, pixels, (sampled, pixels, seen, depth, *shown))


def build_texture(gl: "moderngl.Context", values: np.ndarray, levels: int = 1000) -> "moderngl.Texture":
    """Upload a picture (H, W, C) uint8 of 1 to 4 channels with at most `levels` levels of detail."""
    height, width, channels = values.shape
    texture = gl.texture((width, height), channels, np.ascontiguousarray(values).tobytes(), alignment=1)
    texture.build_mipmaps(0, levels - 1)
    texture.filter = (gl.LINEAR_MIPMAP_NEAREST, gl.LINEAR)
    texture.repeat_x = texture.repeat_y = False
    return texture


def build_layer(gl: "moderngl.Context", layer: Coverage) -> "moderngl.Texture":
    """Upload a painted layer."""
    return build_texture(gl, layer.coverage[..., None], LAYER_LEVELS)


def build_piece(
    gl: "moderngl.Context", worn: WornPiece, program: "moderngl.Program", lens: "moderngl.Program"
) -> PieceArrays:
    """Upload what never moves of a piece; `program` draws its solid triangles, `lens` the clear ones."""
    piece = worn.piece
    fixed = np.column_stack([piece.openness, piece.uv, np.full(len(piece.uv), worn.surface)]).astype(np.float32)
    moving = gl.buffer(reserve=len(piece.uv) * 24, dynamic=True)
    fixed_buffer = gl.buffer(fixed.tobytes())
    resources: list[Any] = [moving, fixed_buffer]
    layout: list[tuple[Any, ...]] = [
        (moving, "3f 3f", "position", "normal"),
        (fixed_buffer, "1f 2f 1f", "openness", "uv", "surface"),
    ]
    if worn.texture is not None:
        resources.append(gl.buffer(worn.turns.tobytes()))
        layout.append((resources[-1], "2f", "turn"))

    def array(chosen: np.ndarray, own: "moderngl.Program", parts: int) -> "moderngl.VertexArray | None":
        if not chosen.any():
            return None
        indices = gl.buffer(np.ascontiguousarray(piece.triangles[chosen], np.int32).tobytes())
        made = gl.vertex_array(own, layout[:parts], indices)
        resources.extend([indices, made])
        return made

    solid, clear = array(piece.material != LENS, program, 3), array(piece.material == LENS, lens, 1)
    return PieceArrays(moving, solid, clear, tuple(resources))


def release(resources: Sequence[Any]) -> None:
    """Release GL objects."""
    for resource in resources:
        resource.release()


def uniforms(job: RenderJob, worn: Worn) -> dict[str, np.ndarray]:
    """Return the values of the uniforms that change from job to job; matrices column by column."""
    camera, colours, lighting = job.camera, job.look.colours, job.lighting
    direction = np.asarray(lighting.direction, np.float64)
    boxes = {name: layer.box for name, layer in worn.layers.items()}
    whole = np.array([0, 0, 1, 1])
    values: dict[str, ArrayLike] = {f"{name}_box": boxes.get(name, whole) for name in LAYER_GROUPS}
    vertices = [np.asarray(job.vertices_m, np.float32), *(piece.vertices_m for piece in worn.pieces)]
    values |= {
        "camera_from_world": np.asarray(camera.camera_from_world).T,
        "clip_from_camera": _clip_from_camera(camera, vertices).T,
        "camera": np.array([*camera.centre_px, camera.focal_px]),
        "world_up": np.asarray(camera.camera_from_world)[:3, 2],
        "skin_colour": colours.skin,
        "lip_colour": colours.lip,
        "brow_colour": colours.brow,
        "iris_colour": colours.iris,
        "hair_colour": colours.hair,
        "beard_colour": colours.beard,
        "lips_make_up": worn.finish.make_up.lips,
        "eyes_make_up": worn.finish.make_up.eyes,
        "lips_gloss": worn.finish.lip_gloss,
        "frame_colour": worn.finish.frame,
        "skin_detail": job.look.skin.vector(),
        "photo_use": _photo_use(job.look, worn),
        "light_direction": direction / np.linalg.norm(direction),
        "light_key": lighting.key,
        "light_ambient": lighting.ambient,
    }
    return {name: np.ascontiguousarray(value, np.float32) for name, value in values.items()}


def _photo_use(look: Look, worn: Worn) -> np.ndarray:
    """Return (4,) share of the photo skin, levels that it is finer by than the masks, whether it keeps brows, beard."""
    if look.photo_skin is None:
        return np.zeros(4)
    finer = np.log2(len(look.photo_skin.layer) / worn.texture_side)
    return np.array([look.photo_share, finer, look.photo_skin.keeps_brows, look.photo_skin.keeps_beard])


def write_uniforms(program: "moderngl.Program", values: dict[str, np.ndarray]) -> None:
    """Hand a program those of the values that it asks for."""
    for name, value in values.items():
        if name in program:
            program[name].write(value.tobytes())  # type: ignore[union-attr]  # all of them are uniforms


def read_render(framebuffer: "moderngl.Framebuffer", size_px: tuple[int, int]) -> Render:
    """Copy a finished picture from the GL side."""
    width, height = size_px
    colours = np.frombuffer(framebuffer.read(components=4, attachment=0, alignment=1), np.uint8)
    geometry = np.frombuffer(framebuffer.read(components=4, attachment=1, alignment=1, dtype="f4"), np.float32)
    colours, geometry = colours.reshape(height, width, 4), geometry.reshape(height, width, 4)
    labels = np.ascontiguousarray(colours[..., 3])
    depth = np.where(labels > 0, geometry[..., 3], np.float32(np.inf))
    return Render(np.ascontiguousarray(colours[..., :3]), labels, depth, np.ascontiguousarray(geometry[..., :3]))


def shader(*names: str, constants: str = "") -> str:
    """Return the shader files of these names one after the other, with constants behind the version's line."""
    folder = files("facewright.engine") / "shaders"
    source = "\n".join((folder / f"{name}.glsl").read_text(encoding="utf-8") for name in names)
    head, version, body = source.partition("#version 330\n")
    return head + version + constants + body


def _clip_from_camera(camera: Camera, groups: Sequence[np.ndarray]) -> np.ndarray:
    """Return the (4, 4) projection whose first row of pixels is the image's top, so that nothing is flipped later."""
    matrix = np.asarray(camera.camera_from_world)
    depths = [vertices @ matrix[2, :3].astype(np.float32) + np.float32(matrix[2, 3]) for vertices in groups]
    near = max(min(float(depth.min()) for depth in depths) - 0.01, 0.01)
    far = max(max(float(depth.max()) for depth in depths) + 0.01, near + 0.01)
    width, height = camera.size_px
    return np.array([
        [2 * camera.focal_px / width, 0, 2 * camera.centre_px[0] / width - 1, 0],
        [0, 2 * camera.focal_px / height, 2 * camera.centre_px[1] / height - 1, 0],
        [0, 0, (far + near) / (far - near), -2 * far * near / (far - near)],
        [0, 0, 1, 0],
    ])  # fmt: skip
