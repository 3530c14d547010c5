"""The parser's shapes, its file, and that it can learn."""

import pytest
import torch

from facewright.errors import WeightsCorrupt, WeightsMissing
from facewright.networks.parser import Parser, ParserConfig
from facewright.weights import load_parser, save_parser

TINY = ParserConfig(3, 2, 16, (6, 8))


def test_every_pixel_gets_a_logit_for_each_class():
    torch.manual_seed(0)
    logits = Parser(TINY).eval()(torch.rand(2, 3, 16, 16), torch.rand(2, 2, 16, 16))
    assert logits.shape == (2, 3, 16, 16)


def test_batch_equals_a_loop_over_singles():
    torch.manual_seed(1)
    network = Parser(TINY).eval()
    images, hints = torch.rand(3, 3, 16, 16), torch.rand(3, 2, 16, 16)
    singles = torch.cat([network(images[i : i + 1], hints[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(network(images, hints), singles, rtol=1e-4, atol=1e-5)


def test_parser_learns_to_tell_red_from_green():
    torch.manual_seed(2)
    network = Parser(TINY)
    adam = torch.optim.Adam(network.parameters(), lr=1e-2)
    images = torch.rand(16, 3, 16, 16).round()
    truth = (images[:, 0] > images[:, 1]).long()
    before = None
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(network(images, torch.zeros(16, 2, 16, 16)), truth)
        before = before or loss.item()
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert loss.item() < 0.6 * before


def test_saved_parser_loads_and_says_the_same(tmp_path):
    torch.manual_seed(3)
    network = Parser(TINY).eval()
    save_parser(tmp_path / "parser.safetensors", network)
    loaded = load_parser(tmp_path / "parser.safetensors")
    images, hints = torch.rand(1, 3, 16, 16), torch.rand(1, 2, 16, 16)
    torch.testing.assert_close(loaded(images, hints), network(images, hints), rtol=0, atol=2e-2)
    assert loaded.config == TINY
    assert not any(tensor.requires_grad for tensor in loaded.parameters())


def test_missing_and_foreign_files_are_refused(tmp_path):
    with pytest.raises(WeightsMissing, match="parser.safetensors"):
        load_parser(tmp_path / "parser.safetensors")
    (tmp_path / "junk.safetensors").write_bytes(b"\x08" + bytes(40))
    with pytest.raises(WeightsCorrupt, match="junk"):
        load_parser(tmp_path / "junk.safetensors")
