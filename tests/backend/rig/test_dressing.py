"""A piece moves with the bones and shapes of the head as the head itself does."""

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from backend.rig.test_styles import STYLES, tiny_piece
from backend.rig.tiny_rig import write_tiny_rig
from facewright.datatypes import Style
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe, piece_blendshapes
from facewright.rig.installed import load_rig
from facewright.rig.styles import read_piece


@pytest.fixture
def wardrobe(tmp_path) -> Wardrobe:
    """The wardrobe of a tiny rig whose bob is made of vertices of the head itself, its last two turned off."""
    folder = write_tiny_rig(tmp_path / "rigs")
    (folder / "styles.toml").write_text(STYLES)
    (folder / "styles" / "hair").mkdir(parents=True)
    rig = load_rig("tiny", folder.parent, tmp_path / "cache")
    arrays = tiny_piece(len(rig.bones), len(rig.mesh.triangles), len(rig.mesh.vertices_m))
    chosen = rig.mesh.triangles[[3, 8, 11, 20, 31], [0, 1, 2, 0, 1]]
    arrays["vertices_m"] = rig.mesh.vertices_m[chosen]
    arrays["indices"] = rig.skin_indices[chosen].astype(np.uint8)
    arrays["weights"] = rig.skin_weights[chosen]
    arrays["anchor_triangle"] = np.array([3, 8, 11, 20, 31], np.int32)
    arrays["anchor_barycentric"] = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1]]
    arrays["follow"] = np.ones(5, np.float32)
    save_file(arrays, folder / "styles" / "hair" / "bob.safetensors")
    rig = load_rig("tiny", folder.parent, tmp_path / "cache")
    return Wardrobe(rig, RigDecoder(rig))


def test_a_piece_on_the_heads_own_vertices_moves_as_they_do(wardrobe):
    parameters = np.array([0.9, 0.2, 0.7], np.float32)
    expression = np.linspace(0, 0.6, 52).astype(np.float32)
    rig = wardrobe.rig
    (piece,) = wardrobe.dress(parameters, Style(hair="bob"), expression)
    head = RigDecoder(rig).vertices(torch.from_numpy(parameters)[None], torch.from_numpy(expression)[None])[0].numpy()
    chosen = rig.mesh.triangles[[3, 8, 11, 20, 31], [0, 1, 2, 0, 1]]
    np.testing.assert_allclose(piece.vertices_m, head[chosen], atol=2e-6)
    assert (piece.group, piece.choice) == ("hair", "bob")
    assert np.abs(piece.vertices_m - rig.mesh.vertices_m[chosen]).max() > 1e-3
    np.testing.assert_allclose(np.linalg.norm(piece.normals, axis=1), 1, atol=1e-5)


def test_choices_without_a_mesh_dress_nothing(wardrobe):
    assert wardrobe.dress(np.full(3, 0.5), Style(hair="afro", glasses="round")) == ()


def test_a_vertex_follows_the_face_by_its_share(wardrobe):
    rig = wardrobe.rig
    counts = (len(rig.bones), len(rig.mesh.triangles), len(rig.mesh.vertices_m))
    piece = read_piece(rig.styles[0].choices[1].piece, *counts)
    half = piece.__class__(**{**vars(piece), "follow": np.full(5, 0.5, np.float32)})
    np.testing.assert_allclose(piece_blendshapes(rig, half), 0.5 * piece_blendshapes(rig, piece), atol=1e-8)
    corner = rig.mesh.triangles[8, 1]
    np.testing.assert_allclose(piece_blendshapes(rig, piece)[:, 1], rig.blendshapes[:, corner], atol=1e-7)


def test_normals_stay_at_right_angles_to_a_surface_that_is_stretched(wardrobe):
    rig = wardrobe.rig
    piece, _ = wardrobe._read(rig.styles[0].choices[1].piece)
    matrices = torch.eye(4).repeat(len(rig.bones), 1, 1)
    matrices[:, 0, 0], matrices[:, 1, 1] = 2.0, 0.5
    from facewright.rig.dressing import pose_piece

    weights = torch.full((5, len(rig.bones)), 1 / len(rig.bones))
    _, normals = pose_piece(rig, piece, weights, matrices, None)
    along = np.cross(piece.normals, [0.3, 0.5, 0.8]) * [2.0, 0.5, 1.0]
    np.testing.assert_allclose((normals * along).sum(1), 0, atol=1e-5)
