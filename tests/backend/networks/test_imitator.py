"""The imitator's shapes, its file, and that it can learn."""

import pytest
import torch

from facewright.errors import WeightsCorrupt, WeightsMissing
from facewright.networks.imitator import Imitator, ImitatorConfig
from facewright.weights import load_imitator, save_imitator

TINY = ImitatorConfig(5, 3, 4, (8, 6))


def test_image_and_part_maps_have_the_side_of_the_config_and_valid_ranges():
    torch.manual_seed(0)
    image, parts = Imitator(TINY).eval()(torch.rand(3, 5), torch.rand(3, 3))
    assert image.shape == (3, 3, 16, 16)
    assert TINY.side_px == 16
    assert parts.shape == (3, 4, 16, 16)
    assert image.min() >= 0 and image.max() <= 1
    torch.testing.assert_close(parts.sum(1), torch.ones(3, 16, 16))


def test_batch_equals_a_loop_over_singles():
    torch.manual_seed(1)
    network = Imitator(TINY).eval()
    parameters, colours = torch.rand(3, 5), torch.rand(3, 3)
    together, _ = network(parameters, colours)
    singles = torch.cat([network(parameters[i : i + 1], colours[i : i + 1])[0] for i in range(3)])
    torch.testing.assert_close(together, singles, rtol=1e-4, atol=1e-5)


def test_imitator_learns_a_mapping_that_depends_on_its_parameters():
    torch.manual_seed(2)
    network = Imitator(TINY)
    adam = torch.optim.Adam(network.parameters(), lr=5e-3)
    parameters, colours = torch.rand(32, 5), torch.rand(32, 3)
    wanted = (parameters[:, 0, None, None, None] * 0.6 + 0.2).expand(-1, 3, 16, 16)
    for _ in range(150):
        loss = (network(parameters, colours)[0] - wanted).abs().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert loss.item() < 0.3 * (wanted - wanted.mean(0)).abs().mean().item()


def test_saved_imitator_loads_and_draws_the_same(tmp_path):
    torch.manual_seed(3)
    network = Imitator(TINY).eval()
    save_imitator(tmp_path / "imitator.safetensors", network, "1")
    loaded = load_imitator(tmp_path / "imitator.safetensors", "1", 5, 3)
    parameters, colours = torch.rand(2, 5), torch.rand(2, 3)
    torch.testing.assert_close(loaded(parameters, colours)[0], network(parameters, colours)[0], rtol=0, atol=5e-3)
    assert loaded.config == TINY
    assert not any(tensor.requires_grad for tensor in loaded.parameters())


def test_missing_foreign_or_mismatched_imitators_are_refused(tmp_path):
    with pytest.raises(WeightsMissing, match="imitator.safetensors"):
        load_imitator(tmp_path / "imitator.safetensors", "1", 5, 3)
    (tmp_path / "junk.safetensors").write_bytes(b"\x08" + bytes(40))
    with pytest.raises(WeightsCorrupt, match="junk"):
        load_imitator(tmp_path / "junk.safetensors", "1", 5, 3)
    save_imitator(tmp_path / "imitator.safetensors", Imitator(TINY), "1")
    with pytest.raises(WeightsCorrupt, match=r"trained for \(5, 3\) .* the rig has \(6, 3\)"):
        load_imitator(tmp_path / "imitator.safetensors", "1", 6, 3)
    with pytest.raises(WeightsCorrupt, match="trained on rig version 1, the rig is 2"):
        load_imitator(tmp_path / "imitator.safetensors", "2", 5, 3)


def test_half_precision_file_is_half_the_size(tmp_path):
    network = Imitator(TINY)
    save_imitator(tmp_path / "imitator.safetensors", network, "1")
    floats = sum(tensor.numel() for tensor in network.state_dict().values())
    assert (tmp_path / "imitator.safetensors").stat().st_size < 2 * floats + 4000
