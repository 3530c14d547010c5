"""The embedder reads dlib's stream and computes its network."""

import numpy as np
import pytest
import torch
from scipy.signal import correlate

from facewright import model_files, weights
from facewright.errors import WeightsCorrupt
from facewright.networks.embedder import Embedder, ResidualBlock, read_layers, read_packed_integer


@pytest.fixture(scope="module")
def layers():
    """Return the layers of the real file."""
    return read_layers(model_files.ensure("embedder").read_bytes())


@pytest.mark.parametrize(
    ("packed", "value"),
    [(b"\x01\x05", 5), (b"\x81\x05", -5), (b"\x02\x01\x02", 513), (b"\x84\x00\x00\x00\x01", -(2**24))],
)
def test_packed_integers_have_a_sign_bit_and_little_endian_bytes(packed, value):
    assert read_packed_integer(b"\xff" + packed + b"\xff", 1) == (value, 1 + len(packed))


def test_the_stream_holds_29_convolutions_with_affine_layers_and_one_matrix(layers):
    kinds = [name.split("_")[0] for name, _ in layers]
    assert (kinds.count("con"), kinds.count("affine"), kinds.count("fc")) == (29, 29, 1)
    assert layers[0][1].size == 32 * 3 * 7 * 7 + 32
    assert layers[-1][1].size == 256 * 128
    assert sum(values.size for _, values in layers) == 5_574_720 + 7_104 + 32_768  # convolutions, affine layers, matrix


def test_the_stem_equals_a_plain_correlation_followed_by_the_affine_layer(layers):
    image = np.random.default_rng(2).uniform(0, 1, (3, 150, 150))
    channel = 11
    kernel = layers[0][1][: 32 * 147].reshape(32, 3, 7, 7)[channel]
    bias, gain, shift = layers[0][1][32 * 147 + channel], layers[1][1][channel], layers[1][1][32 + channel]
    scaled = (255 * image - np.array([122.782, 117.001, 104.298])[:, None, None]) / 256
    expected = gain * (correlate(scaled, kernel, mode="valid")[0, ::2, ::2] + bias) + shift
    network = Embedder(layers).double()
    ours = network.stem((torch.from_numpy(image)[None] * 255 - network.mean) / 256)[0, channel]
    np.testing.assert_allclose(ours.detach().numpy(), expected, atol=1e-5)


def test_a_shortcut_with_fewer_channels_and_larger_size_is_zero_padded():
    block = ResidualBlock(1, 2, True)
    for parameter in block.parameters():
        torch.nn.init.zeros_(parameter)
    torch.nn.init.ones_(block.second.bias)
    image = torch.arange(36.0).view(1, 1, 6, 6)
    result = block(image)
    assert result.shape == (1, 2, 3, 3)  # the branch has 2 x 2 pixels, the shortcut 3 x 3
    branch = torch.tensor([[1.0, 1, 0], [1, 1, 0], [0, 0, 0]])
    torch.testing.assert_close(result[0, 0], torch.nn.functional.avg_pool2d(image, 2)[0, 0] + branch)
    torch.testing.assert_close(result[0, 1], branch)


def test_embeddings_are_unit_vectors_and_gradients_reach_the_image():
    embedder = weights.load_embedder()
    faces = torch.rand(2, 3, 150, 150, generator=torch.Generator().manual_seed(1)).requires_grad_()
    embeddings = embedder(faces)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(2))
    embeddings[0, 3].backward()
    assert faces.grad[0].abs().max() > 0 and faces.grad[1].abs().max() == 0


def test_a_file_with_a_missing_layer_is_refused(layers):
    with pytest.raises(WeightsCorrupt, match="expected 29 convolutions with affine layers"):
        Embedder(layers[:-3] + layers[-1:])


def test_a_cut_file_is_refused():
    with pytest.raises(WeightsCorrupt, match="more than the file holds"):
        read_layers(model_files.ensure("embedder").read_bytes()[:500_000])
