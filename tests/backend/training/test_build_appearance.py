"""The atlas and masks of the default rig: what lies where, and that the script makes what is committed."""

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from facewright.datatypes import PART_NAMES
from facewright.rig.appearance import MARK_CHANNELS, MASK_CHANNELS, MASK_FILES, RELIEF_SCALE, read_masks
from facewright.rig.installed import RIGS_DIR
from facewright.rig.nouns import SURFACES
from facewright.rig.sources.makehuman import read_mesh, read_target
from facewright.training.build_appearance import SHAPES, build, lid_gap_mm

FOLDER = RIGS_DIR / "makehuman"


class Atlas:
    """The committed files, looked up at render vertices."""

    def __init__(self):
        self.mesh = read_mesh()
        tensors = load_file(FOLDER / "appearance.safetensors")
        self.uv, self.render_vertex = tensors["uv"], tensors["render_vertex"]
        self.render_triangles = tensors["render_triangles"]
        self.masks = read_masks(FOLDER) / 255.0
        self.labels, marks, relief = (
            np.asarray(Image.open(FOLDER / f"{n}.png")) for n in ("labels", "marks", "relief")
        )
        self.marks = marks / 255.0
        self.slopes = (relief - 128.0) / 127.0 * RELIEF_SCALE
        eyes = self.mesh.vertices_m[self.mesh.parts == SURFACES.index("eye")].mean(0)
        self.place_mm = ((self.mesh.vertices_m - eyes) * [1, -1, 1] * 1000)[self.render_vertex]
        self.surface = self.mesh.parts[self.render_vertex]
        self.column = np.clip((self.uv[:, 0] * 1024).astype(int), 0, 1023)
        self.row = np.clip(((1 - self.uv[:, 1]) * 1024).astype(int), 0, 1023)

    def mask(self, name):
        return self.masks[self.row, self.column, MASK_CHANNELS.index(name)]

    def part(self):
        return np.array(PART_NAMES)[self.labels[self.row, self.column]]

    def skin_near(self, x, forward, up, radius):
        """Render vertices of the skin near a place in mm from the middle between the eyes."""
        distance = np.linalg.norm(self.place_mm - [x, forward, up], axis=1)
        return np.flatnonzero((distance < radius) & (self.surface == SURFACES.index("skin")))


@pytest.fixture(scope="module")
def atlas():
    return Atlas()


def test_render_triangles_are_the_meshs_in_its_order(atlas):
    np.testing.assert_array_equal(atlas.render_vertex[atlas.render_triangles], atlas.mesh.triangles)
    assert set(atlas.render_vertex) == set(range(len(atlas.mesh.vertices_m)))
    assert atlas.uv.min() >= 0
    assert atlas.uv.max() <= 1


def test_hardly_any_triangle_of_the_skin_is_turned_over(atlas):
    corners = atlas.uv[atlas.render_triangles[atlas.mesh.parts[atlas.mesh.triangles[:, 0]] == 0]].astype(float)
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    assert (area < 0).mean() < 0.003
    assert np.abs(area[area < 0]).sum() < 1e-3 * area[area > 0].sum()


def test_the_face_has_more_texels_than_the_back_of_the_head(atlas):
    triangles = atlas.mesh.triangles
    uv, place = atlas.uv[atlas.render_triangles].astype(float), atlas.place_mm[atlas.render_triangles]
    turn = np.cross(place[:, 1] - place[:, 0], place[:, 2] - place[:, 0])
    first, second = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    texels = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) * 1024**2
    density = texels / np.maximum(np.linalg.norm(turn, axis=1), 1e-6)
    middle = place.mean(1)
    skin = atlas.mesh.parts[triangles[:, 0]] == 0
    cheek = skin & (np.linalg.norm(middle - [35, 15, -35], axis=1) < 15)
    nape = skin & (middle[:, 1] < -140) & (middle[:, 2] > -40)
    assert np.median(density[cheek]) > 6.0  # texels per square millimetre
    assert np.median(density[cheek]) > 2.5 * np.median(density[nape])


@pytest.mark.parametrize(
    ("place", "radius", "part"),
    [
        ((0, 42, -36), 8, "nose"),
        ((0, 24, 45), 12, "skin"),
        ((40, 10, -40), 12, "skin"),
        ((0, -100, 104), 25, "skin"),
        ((0, -165, 10), 15, "skin"),
        ((0, -45, -160), 12, "neck"),
        ((0, 20, -102), 8, "skin"),
        ((80, -82, -12), 6, "ears"),
        ((-80, -82, -12), 6, "ears"),
        ((0, 35, -62), 2.5, "upper_lip"),
        ((0, 31, -74), 4, "lower_lip"),
    ],
)
def test_labels_are_where_the_parts_are(atlas, place, radius, part):
    near = atlas.skin_near(*place, radius)
    assert len(near) >= 3
    assert set(atlas.part()[near]) == {part}


def test_hair_and_brows_are_left_to_the_styles(atlas):
    lash = atlas.surface == SURFACES.index("lash")
    assert (atlas.mask("hair") == 0).all()
    assert (atlas.mask("brow")[~lash] == 0).all()
    assert (atlas.mask("brow")[lash] == 1).all()


def test_teeth_tongue_and_mouth_bag_are_inner_mouth_and_not_lip_coloured(atlas):
    inside = np.isin(atlas.surface, [SURFACES.index("teeth"), SURFACES.index("tongue")])
    assert (atlas.part()[inside] == "inner_mouth").all()
    assert (atlas.mask("paint")[inside] == 1).mean() > 0.9
    bag = atlas.skin_near(0, -20, -27, 8)
    assert len(bag) >= 3
    assert set(atlas.part()[bag]) == {"inner_mouth"}
    assert (atlas.mask("paint")[bag] > 0.9).all()


def test_the_iris_is_a_disc_at_the_front_of_each_eyeball(atlas):
    for group in (1, 2):
        vertices = np.flatnonzero(atlas.mesh.groups[atlas.render_vertex] == group)
        centre = (atlas.place_mm[vertices].max(0) + atlas.place_mm[vertices].min(0)) / 2
        direction = atlas.place_mm[vertices] - centre
        angle = np.degrees(np.arccos(direction[:, 1] / np.linalg.norm(direction, axis=1)))
        iris = atlas.mask("iris")[vertices]
        assert (iris[angle < 17] > 0.95).all()
        assert (iris[angle > 26] < 0.05).all()
        assert (atlas.part()[vertices[angle < 17]] == "iris").all()
        assert (atlas.part()[vertices[(angle > 26) & (angle < 60)]] == "eyes").all()


def test_only_lashes_have_holes(atlas):
    lash = atlas.surface == SURFACES.index("lash")
    opacity = atlas.mask("opacity")
    assert (opacity[~lash] == 1).all()
    left, top, right, bottom = (
        atlas.column[lash].min(), atlas.row[lash].min(), atlas.column[lash].max(), atlas.row[lash].max(),
    )  # fmt: skip
    box = atlas.masks[..., MASK_CHANNELS.index("opacity")]
    assert 0.1 < box[:70, 5:175].mean() < 0.6
    assert (atlas.part()[lash] == "lashes").all()
    assert (left, top) >= (0, 0)
    assert max(right, bottom) < 1024


def mean_mark(atlas, name, place, radius):
    near = atlas.skin_near(*place, radius)
    assert len(near) >= 3
    rows, columns = (
        np.s_[int(values[near].min()) : int(values[near].max()) + 1] for values in (atlas.row, atlas.column)
    )
    return atlas.marks[rows, columns, MARK_CHANNELS.index(name)].mean()


def test_freckles_are_thick_on_cheeks_and_nose_and_thin_on_the_chin(atlas):
    chin = mean_mark(atlas, "freckles", (0, 26, -98), 14)
    assert mean_mark(atlas, "freckles", (30, 20, -27), 10) > 2.5 * chin
    assert mean_mark(atlas, "freckles", (0, 38, -26), 10) > 2.5 * chin
    assert mean_mark(atlas, "freckles", (0, 32, -72), 6) < 0.5 * chin


def test_wrinkles_line_the_forehead_and_not_the_crown_nor_what_is_not_skin(atlas):
    assert mean_mark(atlas, "creases", (15, 22, 40), 14) > 0.02
    assert mean_mark(atlas, "creases", (0, -100, 104), 25) < 0.005
    other = atlas.surface != SURFACES.index("skin")
    assert (atlas.slopes[atlas.row[other], atlas.column[other]] == 0).all()


def test_slopes_are_steep_enough_to_be_seen_and_never_cut_off(atlas):
    wrinkles, pores = np.abs(atlas.slopes[..., :2]), np.abs(atlas.slopes[..., 2:])
    assert 0.35 < np.percentile(wrinkles, 99.99) < 0.9
    assert 0.05 < np.percentile(pores, 99.5) < 0.25
    assert wrinkles.max() < RELIEF_SCALE


def test_the_labels_are_the_same_on_both_sides(atlas):
    face = atlas.labels[:700]
    assert (face == face[:, ::-1]).mean() > 0.99


def test_ears_are_what_the_ears_targets_move(atlas):
    moved = np.linalg.norm(read_target("ears/l-ear-trans-up"), axis=1)
    rigid = moved[atlas.render_vertex] > 0.999 * moved.max()
    assert (atlas.part()[rigid] == "ears").mean() > 0.97
    still = (moved[atlas.render_vertex] == 0) & (atlas.place_mm[:, 0] > 0)
    assert not (atlas.part()[still] == "ears").any()


def test_lids_lie_close_to_the_eyes_and_the_nose_does_not(atlas):
    gap = lid_gap_mm(atlas.mesh, SHAPES)
    is_eye = atlas.mesh.parts == SURFACES.index("eye")
    assert np.abs(gap[is_eye]).max() < 1.0
    for side in (1, -1):  # the lower lid, below the middle of the pupil
        lid = atlas.render_vertex[atlas.skin_near(side * 29, 17, -7, 4)]
        assert 0 < gap[lid].min() < 2.5
    assert gap[atlas.render_vertex[atlas.skin_near(0, 42, -36, 8)]].min() > 15


@pytest.mark.slow
def test_the_script_makes_the_committed_files(tmp_path):
    build(tmp_path)
    for name in (*MASK_FILES, "marks.png", "relief.png"):
        with Image.open(tmp_path / name) as made, Image.open(FOLDER / name) as committed:
            difference = np.abs(np.asarray(made, int) - np.asarray(committed, int))
        assert (difference > 2).mean() < 1e-3
    with Image.open(tmp_path / "labels.png") as made, Image.open(FOLDER / "labels.png") as committed:
        assert (np.asarray(made) == np.asarray(committed)).mean() > 0.999
    made, committed = (load_file(folder / "appearance.safetensors") for folder in (tmp_path, FOLDER))
    np.testing.assert_array_equal(made["render_triangles"], committed["render_triangles"])
    np.testing.assert_allclose(made["uv"], committed["uv"], atol=1e-4)
