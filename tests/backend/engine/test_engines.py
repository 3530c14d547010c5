"""Both engines: the same picture, in the right place, of the right parts; several engines and sizes; no OpenGL."""

import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.engine.tiny_head import COLOURS, LIGHT, camera, job, tiny_rig
from facewright.datatypes import PART_NAMES, Lighting, PhotoSkin, Render, SkinShares
from facewright.engine import BACKGROUND, open_engine
from facewright.engine.cameras import project
from facewright.engine.mesh import engine_mesh
from facewright.engine.opengl import OpenGLEngine
from facewright.engine.software import SoftwareEngine
from facewright.errors import ConfigInvalid, EngineUnavailable

HAIR, IRIS, LASHES, TEETH = (PART_NAMES.index(name) for name in ("hair", "iris", "lashes", "inner_mouth"))
BACKGROUND_LEVELS = np.round(np.array(BACKGROUND) * 255)


def opengl_engine(samples: int = 2) -> OpenGLEngine:
    """Open OpenGL, or skip the test where there is none."""
    try:
        return OpenGLEngine(engine_mesh(tiny_rig()), samples)
    except EngineUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(params=["opengl", "software"])
def engine(request: pytest.FixtureRequest) -> Iterator[OpenGLEngine | SoftwareEngine]:
    with opengl_engine() if request.param == "opengl" else SoftwareEngine(engine_mesh(tiny_rig())) as opened:
        yield opened


def same(first: Render, second: Render) -> bool:
    """Tell whether two renders agree in every array."""
    names = ("image", "labels", "depth_m", "normals")
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)


@pytest.mark.parametrize("samples", [1, 2])
@pytest.mark.parametrize("yaw", [0.0, 0.7, -1.4, 3.0])
def test_both_engines_draw_the_same_picture(samples: int, yaw: float) -> None:
    with opengl_engine(samples) as hardware:
        expected = hardware.render([job(camera(yaw))])[0]
    drawn = SoftwareEngine(engine_mesh(tiny_rig()), samples).render([job(camera(yaw))])[0]
    difference = np.abs(expected.image.astype(int) - drawn.image)
    assert difference.mean() < 1.0
    assert np.percentile(difference, 99) <= 6
    assert (expected.labels == drawn.labels).mean() > 0.99
    both = (expected.labels > 0) & (drawn.labels > 0)
    assert np.abs(expected.depth_m[both] - drawn.depth_m[both]).mean() < 1e-4
    assert np.abs(expected.normals - drawn.normals)[both].mean() < 0.01


def test_shapes_types_and_background(engine: OpenGLEngine | SoftwareEngine) -> None:
    render = engine.render([job()])[0]
    assert render.image.shape == (80, 96, 3) and render.image.dtype == np.uint8
    assert render.labels.shape == (80, 96) and render.labels.dtype == np.uint8
    assert render.depth_m.shape == (80, 96) and render.depth_m.dtype == np.float32
    assert render.normals.shape == (80, 96, 3) and render.normals.dtype == np.float32
    empty = render.labels == 0
    assert 0.1 < empty.mean() < 0.9
    assert np.isinf(render.depth_m[empty]).all() and np.isfinite(render.depth_m[~empty]).all()
    assert (render.normals[empty] == 0).all()
    np.testing.assert_allclose(np.linalg.norm(render.normals[~empty], axis=1), 1, atol=1e-3)
    np.testing.assert_allclose(render.image[0, 0], BACKGROUND_LEVELS, atol=1)


def test_a_ball_is_drawn_where_the_camera_projects_it_with_its_depth_and_normals(
    engine: OpenGLEngine | SoftwareEngine,
) -> None:
    view = camera(yaw_rad=3.0)  # from behind, where nothing stands before the ball
    render = engine.render([job(view)])[0]
    (x, y), depth = project(view, np.array([0.0, 0.0, 1.5]))
    rows, columns = np.nonzero(render.labels)
    assert (columns.min() + columns.max() + 1) / 2 == pytest.approx(x, abs=0.75)
    assert (rows.min() + rows.max() + 1) / 2 == pytest.approx(y, abs=0.75)
    radius = view.focal_px * 0.1 / np.sqrt(depth**2 - 0.1**2)
    assert (columns.max() + 1 - columns.min()) / 2 == pytest.approx(radius, abs=1.0)
    nearest = render.depth_m[int(y), int(x)]
    assert nearest == pytest.approx(depth - 0.1, abs=1e-3)
    np.testing.assert_allclose(render.normals[int(y), int(x)], [0, 0, -1], atol=0.05)
    left, above = render.normals[int(y), int(x - 0.7 * radius)], render.normals[int(y - 0.7 * radius), int(x)]
    assert left[0] < -0.5 and above[1] < -0.5


def test_parts_come_from_the_labels_texture_and_the_surfaces(engine: OpenGLEngine | SoftwareEngine) -> None:
    render = engine.render([job()])[0]
    assert {HAIR, IRIS, LASHES, TEETH, PART_NAMES.index("eyes"), PART_NAMES.index("skin")} <= set(render.labels.flat)
    (x, y), _ = project(camera(), np.array([0.0, -0.105, 1.4625]))
    assert render.labels[int(y), int(x)] == TEETH
    (x, y), _ = project(camera(), np.array([0.0, 0.0, 1.595]))
    assert render.labels[int(y), int(x)] == HAIR


def test_lashes_let_through_what_lies_behind_their_gaps(engine: OpenGLEngine | SoftwareEngine) -> None:
    render = engine.render([job(camera(size_px=(384, 320), focal_px=1320.0))])[0]
    corners, _ = project(
        camera(size_px=(384, 320), focal_px=1320.0), np.array([[-0.048, -0.11, 1.558], [-0.012, -0.11, 1.537]])
    )
    (left, top), (right, bottom) = corners.astype(int)
    share = (render.labels[top:bottom, left:right] == LASHES).mean()
    assert 0.3 < share < 0.7


def test_light_comes_from_the_side_it_is_said_to_come_from(engine: OpenGLEngine | SoftwareEngine) -> None:
    dark = np.full(3, 0.02)
    sides = []
    for x in (-0.9, 0.9):
        light = Lighting(np.array([x, 0.0, -0.44]), np.ones(3), dark)
        image = engine.render([job(camera(yaw_rad=3.0), lighting=light)])[0].image.astype(float)
        sides.append((image[30:45, 25:40].mean(), image[30:45, 60:75].mean()))
    assert sides[0][0] > sides[0][1] + 40
    assert sides[1][1] > sides[1][0] + 40


def test_colours_change_their_own_parts_only(engine: OpenGLEngine | SoftwareEngine) -> None:
    other = replace(COLOURS, iris=np.float32([0.9, 0.1, 0.1]))
    first, second = engine.render([job(), job(colours=other)])
    teeth = first.labels == TEETH
    assert (first.image[teeth] == second.image[teeth]).all()
    iris = first.labels == IRIS
    assert second.image[iris][:, 0].mean() > first.image[iris][:, 0].mean() + 60


def test_a_call_with_many_jobs_equals_many_calls_with_one(engine: OpenGLEngine | SoftwareEngine) -> None:
    jobs = [
        job(camera(0.2)),
        job(camera(-0.5, (40, 64))),
        job(camera(0.2, (33, 21)), lighting=replace(LIGHT, key=np.ones(3))),
    ]
    together = engine.render(jobs)
    assert [render.image.shape[:2] for render in together] == [(80, 96), (64, 40), (21, 33)]
    assert all(same(a, engine.render([b])[0]) for a, b in zip(together, jobs, strict=True))


def test_more_image_sizes_than_are_kept_are_drawn_alike_again(engine: OpenGLEngine | SoftwareEngine) -> None:
    first = engine.render([job(camera(size_px=(20, 20)))])[0]
    engine.render([job(camera(size_px=(side, side))) for side in range(21, 31)])
    assert same(first, engine.render([job(camera(size_px=(20, 20)))])[0])


def test_supersampling_softens_the_outline(engine: OpenGLEngine | SoftwareEngine) -> None:
    single = type(engine)(engine_mesh(tiny_rig()), 1)
    hard, soft = single.render([job(camera(3.0))])[0], engine.render([job(camera(3.0))])[0]
    single.close()
    edge = np.diff((hard.labels > 0).astype(int), axis=1) != 0
    steps = [np.abs(np.diff(render.image.astype(int), axis=1)).max(axis=2)[edge].mean() for render in (hard, soft)]
    assert steps[1] < 0.9 * steps[0]


def test_two_opengl_engines_draw_in_turns_without_disturbing_each_other() -> None:
    with opengl_engine() as first, opengl_engine(1) as second:
        alone = [engine.render([job(camera(0.3))])[0] for engine in (first, second)]
        for _ in range(3):
            in_turns = [engine.render([job(camera(0.3))])[0] for engine in (first, second)]
            assert all(same(a, b) for a, b in zip(alone, in_turns, strict=True))
        second.close()
        assert same(alone[0], first.render([job(camera(0.3))])[0])


def test_a_closed_engine_refuses_to_draw_and_may_be_closed_again() -> None:
    engine = opengl_engine()
    engine.close()
    engine.close()
    with pytest.raises(ValueError, match="closed"):
        engine.render([job()])


def test_a_bad_job_stops_the_call_before_anything_is_drawn(engine: OpenGLEngine | SoftwareEngine) -> None:
    with pytest.raises(ValueError, match=r"job 1: vertices_m"):
        engine.render([job(), replace(job(), vertices_m=np.zeros((2, 3)))])


def test_without_opengl_auto_falls_back_to_software_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(**_: object) -> None:
        raise Exception("eglInitialize failed")  # what glcontext raises

    monkeypatch.setattr("moderngl.create_context", refuse)
    with pytest.raises(EngineUnavailable, match="eglInitialize failed") as caught:
        open_engine(tiny_rig(), "opengl")
    assert "software" in caught.value.remedy
    with caplog.at_level(logging.WARNING), open_engine(tiny_rig(), "auto") as engine:
        assert isinstance(engine, SoftwareEngine)
        assert engine.render([job()])[0].labels.any()
    assert "software" in caplog.text


def test_triton_is_loaded_before_the_drivers_of_opengl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The other way round ends in a crash of the process where torch has CUDA and Mesa draws."""
    (tmp_path / "triton" / "_C").mkdir(parents=True)
    (tmp_path / "triton" / "__init__.py").touch()
    (tmp_path / "triton" / "_C" / "libtriton.py").touch()
    for name in [name for name in sys.modules if name.partition(".")[0] == "triton"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    loaded = []

    def look(**_: object) -> None:
        loaded.append("triton._C.libtriton" in sys.modules)
        raise Exception("no driver")

    monkeypatch.setattr("moderngl.create_context", look)
    with pytest.raises(EngineUnavailable):
        open_engine(tiny_rig(), "opengl")
    assert loaded == [True, True]
    for name in ("triton._C.libtriton", "triton._C", "triton"):
        del sys.modules[name]


def test_an_unknown_engine_or_sample_count_is_refused() -> None:
    with pytest.raises(ConfigInvalid, match="unknown engine 'vulkan'"):
        open_engine(tiny_rig(), "vulkan")
    for kind in (OpenGLEngine, SoftwareEngine):
        with pytest.raises(ValueError, match="samples must be 1 or 2"):
            kind(engine_mesh(tiny_rig()), 3)


def photo_skin(side: int = 64) -> PhotoSkin:
    """Return a photo skin of blocks of colours that covers the upper half of the texture."""
    blocks = np.random.default_rng(3).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    cover = np.where(np.arange(side) < side // 2, 255, 0)[:, None] * np.ones(side)
    layer = np.dstack([blocks.repeat(side // 8, 0).repeat(side // 8, 1), cover]).astype(np.uint8)
    return PhotoSkin(layer, layer[..., :3], True, False, SkinShares(0.5, 0.0, 0.5, 0.0))


@pytest.mark.parametrize("side", [64, 128])
@pytest.mark.parametrize("share", [0.4, 1.0])
def test_both_engines_draw_a_photo_skin_alike(share: float, side: int) -> None:
    plain = job(camera(0.7))
    shown = replace(plain, look=replace(plain.look, photo_skin=photo_skin(side), photo_share=share))
    with opengl_engine() as hardware:
        expected, without = hardware.render([shown, plain])
    drawn = SoftwareEngine(engine_mesh(tiny_rig())).render([shown])[0]
    difference = np.abs(expected.image.astype(int) - drawn.image)
    assert difference.mean() < 1.0 and np.percentile(difference, 99) <= 20  # the blocks have hard edges
    assert np.abs(expected.image.astype(int) - without.image).mean() > 2.0, "it shows"
    assert np.array_equal(expected.labels, without.labels)


def test_a_photo_skin_with_no_share_changes_nothing(engine: OpenGLEngine | SoftwareEngine) -> None:
    plain = job()
    hidden = replace(plain, look=replace(plain.look, photo_skin=photo_skin(), photo_share=0.0))
    first, second = engine.render([plain, hidden])
    assert np.abs(first.image.astype(int) - second.image).max() <= 1


def test_a_photo_skin_of_a_wrong_shape_or_share_is_refused(engine: OpenGLEngine | SoftwareEngine) -> None:
    plain = job()
    narrow = replace(photo_skin(), layer=np.zeros((8, 4, 4), np.uint8))
    with pytest.raises(ValueError, match=r"job 0: look.photo_skin.layer must be \(T, T, 4\) uint8"):
        engine.render([replace(plain, look=replace(plain.look, photo_skin=narrow))])
    with pytest.raises(ValueError, match="photo_share must be in 0..1, got 1.5"):
        engine.render([replace(plain, look=replace(plain.look, photo_skin=photo_skin(), photo_share=1.5))])
