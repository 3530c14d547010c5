"""The skin of a known head from its own render: nearer to the truth than raw projection, and complete."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from backend.texture.conftest import facing_camera, view_of
from facewright.datatypes import Lighting, Look, RenderJob
from facewright.engine.cameras import project
from facewright.engine.opening import open_engine
from facewright.rig.anchors import landmark_points
from facewright.rig.baking import bake_albedo
from facewright.rig.colours import NEUTRAL_COLOURS, srgb_from_linear
from facewright.rig.decoder import RigDecoder
from facewright.rig.prior import sample
from facewright.texture.skin import SkinOptions, photo_skin
from facewright.texture.unwrap import unwrap

SIDE_LIGHT = Lighting(np.array([-0.75, -0.3, -0.6]), np.array([1.2, 1.1, 0.95]), np.array([0.25, 0.26, 0.28]))
OPTIONS = SkinOptions(256)


@pytest.fixture(scope="module")
def neutral(rig):
    """A random head, (V, 3) m."""
    parameters = torch.from_numpy(sample(rig.prior, 1, np.random.default_rng(4)))
    with torch.no_grad():
        return RigDecoder(rig).vertices(parameters)[0].numpy()


@pytest.fixture(scope="module")
def look() -> Look:
    return Look(NEUTRAL_COLOURS)


@pytest.fixture(scope="module")
def view(rig, neutral, look):
    """The head lit from one side, with freckles and wrinkles that the rig's plain skin has not."""
    camera = facing_camera(rig, 0.2, 320)
    marked = replace(look, skin=replace(look.skin, freckles=0.8))
    render = open_engine(rig).render([RenderJob(neutral, camera, marked, SIDE_LIGHT)])[0]
    places, _ = project(camera, landmark_points(rig, neutral))
    accepted = (np.isin(render.labels, (1, 2, 5, 6, 8, 11))).astype(np.float32)
    changes = {"vertices_m": neutral, "depth_m": render.depth_m, "landmarks_px": places, "shown_px": places}
    return view_of(rig, camera, render.image, accepted=accepted, **changes)


def psnr(one: np.ndarray, two: np.ndarray, where: np.ndarray) -> float:
    error = (one[where].astype(float) - two[where]) / 255
    return float(-10 * np.log10((error**2).mean()))


def test_the_albedo_comes_nearer_to_the_truth_than_the_raw_photo(rig, atlas, neutral, look, view):
    skin = photo_skin(rig, atlas, [view], neutral, look, OPTIONS)
    marked = replace(look, skin=replace(look.skin, freckles=0.8))
    truth = bake_albedo(rig.appearance, marked, rig.styles, 256)[..., :3]
    raw = np.rint(255 * srgb_from_linear(np.clip(unwrap(rig, atlas, view).linear, 0, 1)))
    seen = (skin.origin[..., 0] > 200) & (atlas.trust > 0.5)
    assert seen.sum() > 3000
    ours = psnr(skin.layer[..., :3], truth, seen)
    assert ours > psnr(raw, truth, seen) + 6 and ours > 24
    filled = (skin.origin[..., 0] < 50) & (atlas.trust > 0.5)
    assert psnr(skin.layer[..., :3], truth, filled) > 22


def test_freckles_of_the_photo_are_on_the_skin(rig, atlas, neutral, look, view):
    skin = photo_skin(rig, atlas, [view], neutral, look, OPTIONS)
    marked = replace(look, skin=replace(look.skin, freckles=0.8))
    truth, plain = (bake_albedo(rig.appearance, one, rig.styles, 256)[..., 1].astype(float) for one in (marked, look))
    seen = (skin.origin[..., 0] > 200) & (atlas.trust > 0.9)
    freckles = (truth - plain)[seen]
    found = (skin.layer[..., 1].astype(float) - plain)[seen]
    assert np.corrcoef(freckles, found)[0, 1] > 0.25


def test_the_layer_covers_all_skin_and_no_eye(rig, atlas, neutral, look, view):
    skin = photo_skin(rig, atlas, [view], neutral, look, OPTIONS)
    assert skin.layer.shape == (256, 256, 4) and skin.layer.dtype == np.uint8
    assert (skin.layer[..., 3][atlas.is_skin] == 255).all()
    eyes = np.array([rig.appearance.labels[::4, ::4] == 3])[0]
    assert skin.layer[..., 3][eyes].mean() < 30


def test_shares_say_what_was_seen_mirrored_filled_and_rejected(rig, atlas, neutral, look, view):
    shares = photo_skin(rig, atlas, [view], neutral, look, OPTIONS).shares
    assert shares.seen + shares.mirrored + shares.filled == pytest.approx(1.0, abs=1e-5)
    blind = replace(view, accepted=np.zeros_like(view.accepted))
    skin = photo_skin(rig, atlas, [blind], neutral, look, OPTIONS)
    assert skin.shares.seen == 0 and skin.shares.filled == pytest.approx(1.0)
    assert skin.shares.rejected > 0.5
    bald = replace(look, style=replace(look.style, hair="bald"))
    plain = bake_albedo(rig.appearance, bald, rig.styles, 256)[..., :3]
    bare = atlas.is_skin & (atlas.trust == 0)
    assert psnr(skin.layer[..., :3], plain, bare) > 30, "nothing believed: the rig's own skin"


def test_two_half_hidden_photos_show_more_than_one(rig, atlas, neutral, look, view):
    left, right = np.ones_like(view.accepted), np.ones_like(view.accepted)
    left[:, :160], right[:, 160:] = 0, 0
    halves = [replace(view, accepted=view.accepted * half) for half in (left, right)]
    one = photo_skin(rig, atlas, halves[:1], neutral, look, OPTIONS).shares
    both = photo_skin(rig, atlas, halves, neutral, look, OPTIONS).shares
    assert both.seen > 1.3 * one.seen and both.mirrored < one.mirrored


def test_hidden_brows_are_painted_as_the_style_has_them(rig, atlas, neutral, look, view):
    blind = replace(view, accepted=np.zeros_like(view.accepted))
    kept, styled = (
        photo_skin(rig, atlas, [blind], neutral, look, SkinOptions(256, keeps_brows)).layer[..., :3].astype(int)
        for keeps_brows in (True, False)
    )
    darker = (styled - kept).max(-1) > 40
    assert 50 < darker.sum() < 2000
    assert atlas.trust[darker].mean() > 0.5
