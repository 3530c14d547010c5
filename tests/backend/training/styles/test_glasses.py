"""Glasses of the default rig: solid, straight on any head, in front of the face and over the ears."""

import numpy as np
import pytest
import torch
from scipy.interpolate import LinearNDInterpolator

from backend.training.styles.pieces import committed_piece
from facewright.datatypes import Style
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.nouns import SURFACES
from facewright.rig.prior import sample
from facewright.training.styles.cards import LENS
from facewright.training.styles.glasses import FRAMES, frame_mesh
from facewright.training.styles.glasses_binding import mirrored_bones
from facewright.training.styles.glasses_fit import measure
from facewright.training.styles.surface import face_surface
from facewright.training.styles.sweeps import lens, rounded_box, sweep

HEADS = 6


@pytest.fixture(scope="module")
def fitted(rig):
    surface = face_surface(rig)
    return surface, measure(surface, rig)


@pytest.fixture(scope="module")
def heads(rig):
    """Random heads: parameters, and vertices (HEADS, V, 3)."""
    parameters = sample(rig.prior, HEADS, np.random.default_rng(5))
    with torch.no_grad():
        return parameters, RigDecoder(rig).vertices(torch.from_numpy(parameters)).numpy()


def posed(rig, name, parameters):
    wardrobe = Wardrobe(rig, RigDecoder(rig))
    return [wardrobe.dress(one, Style(hair="bald", glasses=name))[0].vertices_m for one in parameters]


def test_a_swept_ring_has_the_volume_of_a_torus_and_faces_outwards():
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    curve = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    ring = sweep(curve, curve, rounded_box(0.1, 0.1, 1.0, 24), True)
    corners = ring.vertices_m[ring.triangles]
    volume = np.einsum("td,td->t", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
    assert abs(volume) == pytest.approx(2 * np.pi**2 * 0.1**2, rel=0.03)
    middle = curve.repeat(24, axis=0)
    assert np.einsum("nd,nd->n", ring.vertices_m - middle, ring.normals).min() > 0


def test_an_open_sweep_is_closed_at_its_ends():
    curve = np.linspace([0, 0, 0], [0, 1.0, 0], 5)
    rod = sweep(curve, np.tile([1.0, 0, 0], (5, 1)), rounded_box(0.2, 0.1, 0.4), False)
    place = np.round(rod.vertices_m, 9)
    _, same = np.unique(place, axis=0, return_inverse=True)
    edges = np.sort(same[rod.triangles][:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()


def test_a_lens_bulges_to_its_middle():
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    outline = np.stack([np.cos(angle), 0 * angle, np.sin(angle)], axis=1)
    sheet = lens(outline, np.zeros(3), 0.2, np.array([0, -1.0, 0]))
    assert sheet.vertices_m[:, 1].min() == pytest.approx(-0.2)
    half_way = np.abs(np.linalg.norm(sheet.vertices_m[:, [0, 2]], axis=1) - 2 / 3) < 1e-9
    np.testing.assert_allclose(sheet.vertices_m[half_way, 1], -0.2 * (1 - 4 / 9))
    assert (sheet.material == LENS).all()
    np.testing.assert_allclose(sheet.normals[0], [0, -1, 0])


def test_the_head_is_measured_for_glasses(rig, fitted):
    _, fit = fitted
    assert 25 < fit.eye < 35
    assert fit.hinge > fit.eye + 25
    assert fit.ear_top[1] < -50 < 20 < fit.front
    assert (np.diff(fit.ear_back[:, 2]) < 0).all()
    assert fit.nose[1] @ [1, 1, 0] > 0


@pytest.mark.parametrize("name", sorted(FRAMES))
def test_frames_are_mirror_images_of_themselves_and_light(fitted, name):
    mesh = frame_mesh(*fitted, FRAMES[name])
    flipped = mesh.vertices_m * [-1, 1, 1]
    order, mirrored = (np.lexsort(np.round(v, 6).T) for v in (mesh.vertices_m, flipped))
    np.testing.assert_allclose(mesh.vertices_m[order], flipped[mirrored], atol=2e-5)
    assert 500 <= len(mesh.triangles) <= 6000
    corners = mesh.vertices_m[mesh.triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.einsum("td,td->t", facing, mesh.normals[mesh.triangles].sum(1)) >= 0).all()


def test_every_bone_of_a_side_has_its_counterpart(rig):
    mirror = mirrored_bones(rig)
    np.testing.assert_array_equal(mirror[mirror], np.arange(len(mirror)))
    heads = np.array([bone.head for bone in rig.bones])
    assert np.abs(heads[mirror] * [-1, 1, 1] - heads).max() < 0.002


@pytest.mark.parametrize("name", sorted(FRAMES))
def test_lenses_stay_flat_on_random_heads(rig, heads, name):
    piece = committed_piece(rig, "glasses", name)
    left = np.unique(piece.triangles[piece.material == LENS])
    left = left[piece.vertices_m[left, 0] > 0]
    rest = np.c_[piece.vertices_m[left], np.ones(len(left))]
    for vertices in posed(rig, name, heads[0]):
        error = rest @ np.linalg.lstsq(rest, vertices[left], rcond=None)[0] - vertices[left]
        assert np.linalg.norm(error, axis=1).max() < 0.0008


@pytest.mark.parametrize("name", sorted(FRAMES))
def test_lenses_stand_in_front_of_lashes_and_cheeks_of_random_heads(rig, heads, name):
    piece = committed_piece(rig, "glasses", name)
    glass = np.unique(piece.triangles[piece.material == LENS])
    eyes = rig.mesh.vertices_m[rig.anchors["eye_centre.L"]].mean(0)
    near = (rig.mesh.vertices_m[:, 1] < eyes[1] + 0.03) & (np.abs(rig.mesh.vertices_m[:, 2] - eyes[2]) < 0.05)
    skin = near & (rig.mesh.surfaces == SURFACES.index("skin"))
    lash = rig.mesh.surfaces == SURFACES.index("lash")
    for head, vertices in zip(heads[1], posed(rig, name, heads[0]), strict=True):
        sheet = vertices[glass]
        gap = LinearNDInterpolator(head[skin][:, [0, 2]], head[skin, 1])(sheet[:, [0, 2]]) - sheet[:, 1]
        assert np.nanmin(gap) > 0
        gap = head[lash, 1] - LinearNDInterpolator(sheet[:, [0, 2]], sheet[:, 1])(head[lash][:, [0, 2]])
        assert np.nanmin(gap) > 0


@pytest.mark.parametrize("name", sorted(FRAMES))
def test_temples_lie_on_the_ears_of_random_heads(rig, fitted, heads, name):
    surface, fit = fitted
    piece, top = committed_piece(rig, "glasses", name), surface.world_m(fit.ear_top)
    arm = np.linalg.norm(piece.vertices_m - top, axis=1) < 0.012
    vertex = np.linalg.norm(rig.mesh.vertices_m - top, axis=1).argmin()
    assert arm.sum() > 10
    for head, vertices in zip(heads[1], posed(rig, name, heads[0]), strict=True):
        assert np.linalg.norm(vertices[arm] - head[vertex], axis=1).min() < 0.006
