"""What heads wear in both engines: layers at known texels, cards, frames and lenses, labels, light, errors."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from backend.engine.tiny_head import COLOURS, LIGHT, camera, job, tiny_rig
from backend.engine.tiny_styles import (
    BOXES,
    CARD,
    CARD_Y,
    COVERAGES,
    HEAD_OPENNESS,
    LENS_BOX,
    LIP_MAKE_UP,
    styled_rig,
    texel_point,
    worn_pieces,
)
from facewright.datatypes import PART_NAMES, Lighting, Look, Render, RenderJob, SkinDetail, Style
from facewright.engine.cameras import project
from facewright.engine.mesh import engine_mesh
from facewright.engine.opengl import OpenGLEngine
from facewright.engine.shading import quick_linear_from_srgb
from facewright.engine.software import SoftwareEngine
from facewright.engine.strands import LENS_MAXIMUM, lens_reflection
from facewright.errors import EngineUnavailable, RigInvalid

SKIN, BROWS, HAIR, BEARD, GLASSES = (PART_NAMES.index(name) for name in ("skin", "brows", "hair", "beard", "glasses"))
LARGE = camera(size_px=(288, 240), focal_px=990.0)
SKY_ONLY = Lighting(LIGHT.direction, np.zeros(3), np.full(3, 0.4))
ALL = Style(hair="worn", brows="worn", beard="worn", lips="worn", glasses="worn")
DETAIL = SkinDetail(0.8, 0.7, 0.6, 0.5)


def opened(kind: str, rig: SimpleNamespace, samples: int = 2) -> OpenGLEngine | SoftwareEngine:
    """Open an engine of a kind, or skip the test where there is none."""
    try:
        return (OpenGLEngine if kind == "opengl" else SoftwareEngine)(engine_mesh(rig), samples)
    except EngineUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture
def rig(tmp_path: Path) -> SimpleNamespace:
    return styled_rig(tmp_path)


@pytest.fixture(params=["opengl", "software"])
def engine(request: pytest.FixtureRequest, rig: SimpleNamespace) -> Iterator[OpenGLEngine | SoftwareEngine]:
    with opened(request.param, rig) as one:
        yield one


def dressed(style: Style, view: object = LARGE, light: Lighting = LIGHT, **fields: object) -> RenderJob:
    return replace(job(view, lighting=light), look=Look(COLOURS, style=style), **fields)


def at(render: Render, point_m: np.ndarray) -> tuple[int, int]:
    """Return row and column of the pixel at a world point."""
    (x, y), _ = project(LARGE, point_m)
    return int(y), int(x)


def textured_rig(rig: SimpleNamespace) -> SimpleNamespace:
    """Return the rig with uneven marks and relief."""
    row, column = np.mgrid[: len(rig.appearance.labels), : len(rig.appearance.labels)] / len(rig.appearance.labels)
    waves = [128 + 100 * np.sin(2 * np.pi * (k * column + (k + 1) * row)) for k in range(1, 8)]
    pictures = np.stack(waves, axis=-1).astype(np.uint8)
    look = replace(rig.appearance, marks=pictures[..., :3], relief=pictures[..., 3:])
    return SimpleNamespace(**{**vars(rig), "appearance": look})


@pytest.mark.parametrize("samples", [1, 2])
@pytest.mark.parametrize("yaw", [0.0, 0.6, 2.8])
def test_both_engines_draw_the_same_dressed_head(rig: SimpleNamespace, samples: int, yaw: float) -> None:
    rig = textured_rig(rig)
    look = Look(COLOURS, DETAIL, ALL)
    one = replace(job(camera(yaw)), look=look, pieces=worn_pieces(rig, "hair", "glasses"))
    with opened("opengl", rig, samples) as hardware, opened("software", rig, samples) as software:
        expected, drawn = hardware.render([one])[0], software.render([one])[0]
    difference = np.abs(expected.image.astype(int) - drawn.image)
    assert difference.mean() < 1.0
    assert np.percentile(difference, 99) <= 6
    assert (expected.labels == drawn.labels).mean() > 0.99
    assert yaw > 1 or {HAIR, GLASSES} <= set(expected.labels.flat)


@pytest.mark.parametrize("group", ["hair", "brows", "beard"])
def test_skin_is_labelled_by_the_layer_that_covers_it(engine: OpenGLEngine | SoftwareEngine, group: str) -> None:
    left, top, right, bottom = BOXES[group]
    inside = texel_point((left + right) / 2, (top + bottom) / 2)
    bare, worn = engine.render([dressed(Style()), dressed(replace(Style(), **{group: "worn"}))])
    assert bare.labels[at(bare, inside)] == SKIN
    assert worn.labels[at(worn, inside)] == PART_NAMES.index(group)
    outside = texel_point((left + right) / 2, bottom + 2)
    assert worn.labels[at(worn, outside)] == SKIN


@pytest.mark.parametrize(("group", "channel"), [("hair", 2), ("brows", 1)])
def test_a_layer_paints_as_the_same_mask_would(
    engine: OpenGLEngine | SoftwareEngine, rig: SimpleNamespace, group: str, channel: int
) -> None:
    plain = tiny_rig()
    masks = plain.appearance.masks.copy()
    masks[:32, :, 1:3] = 0
    left, top, right, bottom = BOXES[group]
    masks[top:bottom, left:right, channel] = COVERAGES[group]
    plain.appearance = replace(plain.appearance, masks=masks)
    with type(engine)(engine_mesh(plain)) as reference:
        expected = reference.render([job(LARGE)])[0].image.astype(int)
    drawn = engine.render([dressed(replace(Style(), **{group: "worn"}))])[0].image
    assert np.abs(expected - drawn).max() <= 2


def test_a_layer_does_not_come_in_again_at_its_other_end(rig: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "brows.png"
    coverage = np.asarray(Image.open(path)).copy()
    drawn = {}
    for name in ("upper", "whole"):
        for kind in ("opengl", "software"):
            with opened(kind, rig) as one:
                drawn[name, kind] = one.render([dressed(Style(brows="worn"))])[0].image.astype(int)
        coverage[-6:] = 255  # rows that no skin uses: the box now ends where the texture does
        Image.fromarray(coverage).save(path)
    for kind in ("opengl", "software"):
        assert np.abs(drawn["upper", kind] - drawn["whole", kind]).max() <= 1


def test_lip_make_up_covers_as_paint_of_its_colour_would_and_its_gloss_shines(
    engine: OpenGLEngine | SoftwareEngine, tmp_path: Path
) -> None:
    plain = tiny_rig()
    masks = plain.appearance.masks.copy()
    masks[:32, :, 1:3] = 0
    left, top, right, bottom = BOXES["lips"]
    masks[:32, :, 8:11] = np.round(255 * np.array(LIP_MAKE_UP))
    masks[top:bottom, left:right, 11] = COVERAGES["lips"]
    plain.appearance = replace(plain.appearance, masks=masks)
    with type(engine)(engine_mesh(plain)) as reference:
        expected = reference.render([job(LARGE, lighting=SKY_ONLY)])[0].image.astype(int)
    matt, bare = engine.render([dressed(Style(lips="worn"), light=SKY_ONLY), dressed(Style(), light=SKY_ONLY)])
    assert np.abs(bare.image.astype(int) - matt.image).max() > 25
    pixel = at(matt, texel_point((left + right) / 2, (top + bottom) / 2))
    near = slice(pixel[0] - 6, pixel[0] + 7), slice(pixel[1] - 6, pixel[1] + 7)
    assert np.abs(expected - matt.image)[near].max() <= 2
    with type(engine)(engine_mesh(styled_rig(tmp_path, gloss=1.0))) as other:
        glossy = other.render([dressed(Style(lips="worn"), light=SKY_ONLY)])[0]
    changed = (glossy.image.astype(int) - matt.image).sum(axis=2)
    assert changed[pixel] > 0 and changed.min() >= 0
    assert changed[at(matt, texel_point(32, 8))] == 0


def test_a_card_covers_by_its_opacity_and_is_labelled_as_its_group(
    engine: OpenGLEngine | SoftwareEngine, rig: SimpleNamespace
) -> None:
    (card,) = worn_pieces(rig, "hair")
    away = replace(card, vertices_m=card.vertices_m + np.float32([5, 0, 0]))
    behind, seen = engine.render([dressed(Style(), pieces=(away,)), dressed(Style(), pieces=(card,))])
    solid, thin = np.array([-0.022, CARD_Y, 1.535]), np.array([0.006, CARD_Y, 1.535])
    assert seen.labels[at(seen, solid)] == HAIR
    _, depth = project(LARGE, solid)
    assert seen.depth_m[at(seen, solid)] == pytest.approx(depth, abs=1e-3)
    strands = seen.image[at(seen, solid)].astype(float)
    mixed = (strands + behind.image[at(seen, thin)]) / 2  # opacity 140 / 255: two of four samples
    np.testing.assert_allclose(seen.image[at(seen, thin)], mixed, atol=6)
    assert np.abs(strands - behind.image[at(seen, thin)]).max() > 40
    beside = np.array([CARD[1] + 0.004, CARD_Y, 1.47])
    assert (seen.image[at(seen, beside)] == behind.image[at(seen, beside)]).all()


def test_what_is_worn_shades_the_head_beneath(engine: OpenGLEngine | SoftwareEngine, rig: SimpleNamespace) -> None:
    (card,) = worn_pieces(rig, "hair")
    away = replace(card, vertices_m=card.vertices_m + np.float32([5, 0, 0]))
    light = replace(SKY_ONLY, ambient=np.full(3, 0.6))
    bare, worn = engine.render([dressed(Style(), light=light), dressed(Style(), light=light, pieces=(away,))])
    skin = (bare.labels == SKIN) & (bare.image.min(axis=2) > 60)
    ratio = quick_linear_from_srgb(worn.image[skin] / 255) / quick_linear_from_srgb(bare.image[skin] / 255)
    assert ratio.mean() == pytest.approx(HEAD_OPENNESS, abs=0.02)


def test_a_lens_adds_a_little_light_and_hides_nothing_while_its_frame_is_labelled(
    engine: OpenGLEngine | SoftwareEngine, rig: SimpleNamespace
) -> None:
    (glasses,) = worn_pieces(rig, "glasses")
    away = replace(glasses, vertices_m=glasses.vertices_m + np.float32([5, 0, 0]))
    without, seen = engine.render([dressed(Style(), pieces=(away,)), dressed(Style(), pieces=(glasses,))])
    left, right, bottom, top = LENS_BOX
    inside = at(seen, np.array([(left + right) / 2, CARD_Y, (bottom + top) / 2]))
    rows, columns = slice(inside[0] - 8, inside[0] + 8), slice(inside[1] - 8, inside[1] + 8)
    assert (seen.labels[rows, columns] == without.labels[rows, columns]).all()
    assert (seen.depth_m[rows, columns] == without.depth_m[rows, columns]).all()
    added = seen.image[rows, columns].astype(float) - without.image[rows, columns]
    most = LENS_MAXIMUM * (255 - without.image[rows, columns].astype(float))
    assert (added > 0).mean() > 0.9 and (added <= most + 1).all()
    ray = np.array([[(inside[1] + 0.5 - LARGE.centre_px[0]), (inside[0] + 0.5 - LARGE.centre_px[1]), LARGE.focal_px]])
    dark = (1 - without.image[inside] / 255) * (1 - lens_reflection(np.array([[0, 0, -1.0]]), ray, LIGHT)[0])
    np.testing.assert_allclose(seen.image[inside], 255 * (1 - dark), atol=1.5)
    assert seen.labels[at(seen, np.array([(left + right) / 2, CARD_Y, bottom - 0.01]))] == GLASSES


def test_a_call_with_several_styles_equals_calls_with_one(
    engine: OpenGLEngine | SoftwareEngine, rig: SimpleNamespace
) -> None:
    jobs = [dressed(ALL, pieces=worn_pieces(rig, "hair", "glasses")), dressed(Style()), dressed(Style(beard="worn"))]
    for together, one in zip(engine.render(jobs), jobs, strict=True):
        alone = engine.render([one])[0]
        assert (together.image == alone.image).all() and (together.labels == alone.labels).all()


def test_freckles_darken_the_marks_and_nothing_else(rig: SimpleNamespace) -> None:
    marks = np.zeros((64, 64, 3), np.uint8)
    marks[14:20, 36:42, 0] = 255
    rig.appearance = replace(rig.appearance, marks=marks)
    with opened("opengl", rig) as engine:
        looks = [Look(COLOURS, SkinDetail(freckles=value)) for value in (0.0, 1.0)]
        clear, freckled = engine.render([replace(job(LARGE), look=look) for look in looks])
    changed = clear.image.astype(int).sum(axis=2) - freckled.image.astype(int).sum(axis=2)
    assert changed[at(clear, texel_point(39, 17))] > 30
    assert changed[at(clear, texel_point(32, 8))] == 0


def test_a_piece_or_a_choice_that_the_rig_has_not_is_refused_by_name(
    engine: OpenGLEngine | SoftwareEngine, rig: SimpleNamespace
) -> None:
    (card,) = worn_pieces(rig, "hair")
    wrong = [
        (replace(card, choice="none"), r"job 1: pieces\[0\]: the rig has no piece for 'none' of the group 'hair'"),
        (replace(card, group="lips"), r"no piece for 'worn' of the group 'lips'"),
        (replace(card, vertices_m=np.zeros((3, 3))), r"job 1: pieces\[0\].vertices_m must be finite \(4, 3\)"),
        (replace(card, normals=np.full((4, 3), np.nan)), r"pieces\[0\].normals must be finite"),
    ]
    for piece, words in wrong:
        with pytest.raises(ValueError, match=words):
            engine.render([dressed(Style()), dressed(Style(), pieces=(piece,))])
    with pytest.raises(RigInvalid, match="no beard style 'walrus'"):
        engine.render([dressed(Style(beard="walrus"))])


def test_a_layer_of_another_side_than_the_face_texture_is_refused(rig: SimpleNamespace) -> None:
    look = rig.appearance
    rig.appearance = replace(
        look, masks=look.masks.repeat(2, 0).repeat(2, 1), labels=look.labels.repeat(2, 0).repeat(2, 1)
    )
    with pytest.raises(RigInvalid, match="has 64 px a side, the face texture 128"):
        opened("software", rig).render([dressed(Style(hair="worn"))])
