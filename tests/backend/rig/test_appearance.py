"""Masks and colours make a head's albedo by the formula in rig/appearance.py."""

import numpy as np
import pytest
from PIL import Image

from facewright.datatypes import PART_NAMES, FaceColours, Look, PhotoSkin, SkinShares
from facewright.errors import RigInvalid
from facewright.rig.appearance import CHANNELS, MASK_CHANNELS, MASK_FILES, compose, joined_channels, read_masks
from facewright.rig.installed import RIGS_DIR
from facewright.rig.nouns import Appearance

WORN = ("beard", "glasses", "hair", "brows")
"""Parts that layers and pieces of styles make."""
COLOURS = FaceColours(*np.random.default_rng(0).uniform(0.1, 0.9, (6, 3)).astype(np.float32))


def masks_of(**channels: float) -> np.ndarray:
    """One texel: detail 0.5, opacity 1, the rest 0, but for the named channels."""
    values = dict.fromkeys(MASK_CHANNELS, 0.0) | {"detail": 0.5, "opacity": 1.0} | channels
    return np.array([values[name] for name in MASK_CHANNELS])


def appearance_of(masks: np.ndarray) -> Appearance:
    nothing = np.zeros((0, 3))
    return Appearance(nothing, nothing, nothing, masks, masks[..., 0])


def by_hand(m: np.ndarray, colours: FaceColours) -> list[float]:
    """The formula, one channel after the other, for one texel."""
    lip, brow, hair, iris, redness, detail, shade, opacity, *paint_rgb, paint = (float(value) for value in m)
    out = []
    for k in range(3):
        value = float(colours.skin[k])
        value = value * (1 - redness) + value * (1.04, 0.82, 0.78)[k] * redness
        for share, layer in ((lip, colours.lip), (hair, colours.hair), (brow, colours.brow), (iris, colours.iris)):
            value = value * (1 - share) + float(layer[k]) * share
        value = value * (1 - paint) + paint_rgb[k] * paint
        value = value * 2 * detail * (1 - shade + (0.42, 0.28, 0.25)[k] * shade)
        out.append(min(max(value, 0.0), 1.0))
    return [*out, opacity]


def test_compose_agrees_with_the_formula_by_hand():
    masks = np.random.default_rng(1).uniform(0, 1, (40, 12))
    expected = [by_hand(row, COLOURS) for row in masks]
    np.testing.assert_allclose(compose(masks, Look(COLOURS)), expected, atol=1e-6)


def test_how_channels_lie_in_memory_does_not_matter():
    first, second = np.random.default_rng(6).uniform(0, 1, (2, 5, 5, 9)).astype(np.float32)
    joined = joined_channels(first, second)
    assert joined[..., 0].flags.c_contiguous
    np.testing.assert_array_equal(joined, np.concatenate([first, second], axis=-1))
    colours = compose(joined, Look(COLOURS))
    assert colours.flags.c_contiguous
    np.testing.assert_array_equal(colours, compose(np.ascontiguousarray(joined), Look(COLOURS)))
    np.testing.assert_array_equal(colours[3, 1], compose(joined[3, 1], Look(COLOURS)))


@pytest.mark.parametrize("layer", ["lip", "hair", "brow", "iris"])
def test_a_full_mask_shows_its_colour_and_none_shows_skin(layer):
    np.testing.assert_allclose(compose(masks_of(**{layer: 1.0}), Look(COLOURS))[:3], getattr(COLOURS, layer), atol=1e-6)
    np.testing.assert_allclose(compose(masks_of(), Look(COLOURS)), [*COLOURS.skin, 1.0], atol=1e-6)


def test_later_layers_cover_earlier_ones():
    everything = masks_of(lip=1, hair=1, brow=1, iris=1, paint=1, paint_r=0.1, paint_g=0.2, paint_b=0.3)
    np.testing.assert_allclose(compose(everything, Look(COLOURS))[:3], [0.1, 0.2, 0.3], atol=1e-6)


def test_compose_of_a_picture_equals_compose_of_its_texels():
    masks = np.random.default_rng(2).uniform(0, 1, (3, 5, 12))
    whole = compose(masks, Look(COLOURS))
    singles = np.array([[compose(texel, Look(COLOURS)) for texel in row] for row in masks])
    np.testing.assert_allclose(whole, singles, atol=1e-7)


def write_files(folder, names=MASK_FILES, side=4):
    for value, name in enumerate(names):
        picture = np.full((side, side, 4), 10 * value, np.uint8) + np.arange(4, dtype=np.uint8)
        Image.fromarray(picture, "RGBA").save(folder / name)


def test_mask_files_follow_one_another(tmp_path):
    write_files(tmp_path)
    masks = read_masks(tmp_path)
    assert masks.shape == (4, 4, 12)
    assert masks[2, 1].tolist() == [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]


def test_only_the_first_mask_file_is_required(tmp_path):
    write_files(tmp_path, MASK_FILES[:1])
    assert read_masks(tmp_path).shape == (4, 4, 4)
    (tmp_path / MASK_FILES[0]).unlink()
    with pytest.raises(RigInvalid, match=r"masks.png could not be read"):
        read_masks(tmp_path)


def test_mask_files_of_different_sizes_are_refused(tmp_path):
    write_files(tmp_path)
    Image.new("RGBA", (5, 5)).save(tmp_path / "paint.png")
    with pytest.raises(RigInvalid, match=r"paint.png: expected a square colour picture of 4 px, found \(5, 5, 4\)"):
        read_masks(tmp_path)


def test_a_grey_mask_file_is_refused(tmp_path):
    write_files(tmp_path)
    Image.new("L", (4, 4)).save(tmp_path / "masks.png")
    with pytest.raises(RigInvalid, match="masks.png"):
        read_masks(tmp_path)


def test_the_default_rigs_files_are_small_and_name_every_part():
    folder = RIGS_DIR / "makehuman"
    pictures = [*MASK_FILES, "labels.png", "marks.png", "relief.png"]
    assert sum((folder / name).stat().st_size for name in pictures) < 3e6
    assert read_masks(folder).shape == (1024, 1024, 12)
    with Image.open(folder / "labels.png") as picture:
        labels = np.asarray(picture)
    assert labels.shape == (1024, 1024)
    assert {PART_NAMES[index] for index in np.unique(labels)} == set(PART_NAMES) - {"background", *WORN}


def with_photo(cover: float, **channels: float) -> np.ndarray:
    """One texel of all channels with a photo skin of colour (0.9, 0.4, 0.1)."""
    values = dict.fromkeys(CHANNELS, 0.0) | {"detail": 0.5, "opacity": 1.0} | channels
    values |= {"photo_r": 0.9, "photo_g": 0.4, "photo_b": 0.1, "photo": cover}
    return np.array([values[name] for name in CHANNELS])


def photographed(share: float = 1.0, keeps_brows: bool = True, keeps_beard: bool = True) -> Look:
    empty = np.zeros((2, 2, 4), np.uint8)
    skin = PhotoSkin(empty, empty[..., :3], keeps_brows, keeps_beard, SkinShares(1, 0, 0, 0))
    return Look(COLOURS, photo_skin=skin, photo_share=share)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_photo_skin_lies_over_the_painted_skin_by_its_share(share):
    painted = {"redness": 0.7, "detail": 0.6, "shade": 0.4, "lip": 0.5}
    plain = compose(with_photo(0.0, **painted), Look(COLOURS))
    found = compose(with_photo(1.0, **painted), photographed(share))
    if share in (0.0, 1.0):
        np.testing.assert_allclose(found[:3], plain[:3] if share == 0 else [0.9, 0.4, 0.1], atol=1e-6)
    else:
        between = np.sort([plain[:3], [0.9, 0.4, 0.1]], axis=0)
        assert (found[:3] >= between[0] - 0.05).all() and (found[:3] <= between[1] + 0.05).all()
    assert found[3] == plain[3]


def test_hair_and_make_up_lie_over_a_photo_skin_and_brows_by_what_it_keeps():
    np.testing.assert_allclose(compose(with_photo(1.0, hair=1.0), photographed())[:3], COLOURS.hair, atol=1e-6)
    for name, flag in (("brow", "keeps_brows"), ("beard", "keeps_beard")):
        kept = compose(with_photo(1.0, **{name: 1.0}), photographed(**{flag: True}))[:3]
        styled = compose(with_photo(1.0, **{name: 1.0}), photographed(**{flag: False}))[:3]
        np.testing.assert_allclose(kept, [0.9, 0.4, 0.1], atol=1e-6)
        np.testing.assert_allclose(styled, getattr(COLOURS, name), atol=1e-6)


def test_where_a_photo_skin_does_not_cover_nothing_changes():
    texel = with_photo(0.0, iris=0.6, paint=0.3, detail=0.7)
    np.testing.assert_array_equal(compose(texel, photographed()), compose(texel, Look(COLOURS)))
