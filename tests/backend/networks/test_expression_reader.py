"""The expression reader: sizes, what the resting face does and does not change, files, TorchScript."""

import pytest
import torch

from facewright import weights
from facewright.errors import WeightsCorrupt, WeightsMissing
from facewright.networks.expression_reader import (
    EYE_PX,
    MOUTH_PX,
    ExpressionReader,
    ExpressionReaderConfig,
    FaceCrops,
)
from facewright.networks.traced import Traced
from facewright.rig.installed import RIGS_DIR, load_rig

CONFIG = ExpressionReaderConfig(shape_size=30, eye_features=8, mouth_features=12, hidden=16)


@pytest.fixture
def network() -> ExpressionReader:
    """Return a small network with weights of its own."""
    torch.manual_seed(3)
    made = ExpressionReader(CONFIG).eval()
    made.shape_scale.fill_(0.5)
    return made


def crops(count: int) -> FaceCrops:
    """Return noise of the right sizes."""
    torch.manual_seed(4)
    return FaceCrops(
        torch.rand(count, 2, 3, EYE_PX, EYE_PX), torch.rand(count, 3, MOUTH_PX, MOUTH_PX), torch.randn(count, 30)
    )


def test_sizes_and_ranges(network):
    features = network.look(crops(3))
    assert features.shape == (3, network.feature_size) == (3, 2 * 8 + 12 + 30)
    coefficients, turns = network(features, features, torch.ones(3))
    assert coefficients.shape == (3, 52) and turns.shape == (3, 3)
    assert ((coefficients > 0) & (coefficients < 1)).all()


def test_the_turn_is_that_of_the_landmarks_and_a_correction(network):
    looked = crops(2)
    torch.nn.init.zeros_(network.head[-1].weight)
    _, turns = network(network.look(looked), network.look(looked), torch.zeros(2))
    torch.testing.assert_close(turns, looked.shape[:, -3:])


def test_an_unknown_resting_face_changes_nothing_and_a_known_one_does(network):
    features = network.look(crops(1))
    rests = features + 1.0, features - 2.0
    unknown = [network(features, rest, torch.zeros(1))[0] for rest in rests]
    known = [network(features, rest, torch.ones(1))[0] for rest in rests]
    torch.testing.assert_close(*unknown)
    assert (known[0] - known[1]).abs().max() > 1e-3


def test_brightness_and_contrast_of_a_crop_do_not_matter(network):
    plain = crops(1)
    darker = FaceCrops(0.5 * plain.eyes + 0.1, 0.5 * plain.mouth + 0.1, plain.shape)
    assert (network.look(plain) - network.look(darker)).abs().max() < 0.25 * network.look(plain).abs().max()


def test_a_recorded_network_gives_the_same_for_any_batch(network):
    recorded = Traced(network, *(torch.zeros(2, size) for size in (network.feature_size,) * 2), torch.ones(2))
    for count in (1, 2, 5):
        features = network.look(crops(count))
        for one, other in zip(
            recorded(features, features * 0.5, torch.ones(count)),
            network(features, features * 0.5, torch.ones(count)),
            strict=True,
        ):
            torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_a_file_gives_the_network_back_in_half_precision(network, tmp_path):
    path = tmp_path / "reader.safetensors"
    weights.save_expression_reader(path, network, "2.0.0")
    again = weights.load_expression_reader(path, "2.0.0")
    features = network.look(crops(2))
    torch.testing.assert_close(again.look(crops(2)), features, atol=0.01, rtol=0.01)
    with pytest.raises(WeightsCorrupt, match=r"trained on rig version 2\.0\.0, the rig is 3"):
        weights.load_expression_reader(path, "3")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(WeightsCorrupt, match="is no expression reader"):
        weights.load_expression_reader(path, "2.0.0")
    with pytest.raises(WeightsMissing, match="does not exist"):
        weights.load_expression_reader(tmp_path / "none.safetensors", "2.0.0")


def test_the_reader_of_the_default_rig_is_small_and_belongs_to_it():
    path = RIGS_DIR / "makehuman" / "expression_reader.safetensors"
    network = weights.load_expression_reader(path, load_rig("makehuman").version)
    assert path.stat().st_size < 3e6
    assert network.spread.shape == (2, 53) and (network.spread > 0).all() and (network.spread < 0.35).all()
    assert network.template.abs().max() < 3.0 and network.template.std() > 0.1
