"""Blender deforms the head and what it wears as our own skinning does."""

import dataclasses

import numpy as np
import pytest
import torch

from blender.conftest import SCRIPTS
from facewright.datatypes import Look, Style
from facewright.export.blender import SCRIPT, run_script, write_scene_folder
from facewright.export.character import build_character
from facewright.rig.colours import NEUTRAL_COLOURS
from facewright.rig.decoder import RigDecoder
from facewright.rig.dressing import Wardrobe
from facewright.rig.prior import sample

HEADS = 20
TOLERANCE_MM = 0.01


@pytest.fixture(scope="module")
def evaluated(blender, rig, worn, tmp_path_factory):
    """Random heads and expressions, and the vertices of each mesh as Blender evaluates them."""
    generator = np.random.default_rng(11)
    parameters = sample(rig.prior, HEADS, generator)
    expressions = generator.uniform(0, 1, (HEADS, 52)) * (generator.uniform(0, 1, (HEADS, 52)) < 0.25)
    unpainted = dataclasses.replace(rig, appearance=None)
    character = build_character(unpainted, parameters[0], Look(NEUTRAL_COLOURS, style=Style(**worn)))
    folder = tmp_path_factory.mktemp("lbs")
    write_scene_folder(folder, character)
    channels = RigDecoder(rig, dtype=torch.float64).channels(torch.tensor(parameters, dtype=torch.float64)).numpy()
    np.savez(folder / "poses.npz", channels=channels, expressions=expressions)
    run_script(blender, SCRIPTS / "evaluate_script.py", [str(SCRIPT), str(folder)])
    return parameters, expressions, np.load(folder / "evaluated.npz")


def test_twenty_random_heads_with_random_expressions_are_the_decoders(rig, evaluated):
    parameters, expressions, found = evaluated
    decoder = RigDecoder(rig, dtype=torch.float64)
    vertices = decoder.vertices(torch.tensor(parameters, dtype=torch.float64), torch.tensor(expressions)).numpy()
    assert np.abs(vertices - rig.mesh.vertices_m).max() > 0.01
    assert np.linalg.norm(vertices - found["head_mesh"], axis=2).max() * 1000 < TOLERANCE_MM


def test_what_they_wear_is_posed_as_by_the_wardrobe(rig, worn, evaluated):
    parameters, expressions, found = evaluated
    wardrobe = Wardrobe(rig, RigDecoder(rig))
    farthest_m = dict.fromkeys(worn, 0.0)
    for index, (values, expression) in enumerate(zip(parameters, expressions, strict=True)):
        for piece in wardrobe.dress(values, Style(**worn), expression):
            away = piece.vertices_m - found[f"{piece.group}_{piece.choice}"][index]
            farthest_m[piece.group] = max(farthest_m[piece.group], np.linalg.norm(away, axis=1).max())
    assert {"hair", "beard"} <= set(farthest_m)
    assert 0 < max(farthest_m.values()) * 1000 < TOLERANCE_MM
