"""The TensorFlow Lite graphs compute what OpenCV's own reader computes, and gradients flow through them."""

import cv2
import numpy as np
import pytest
import torch
from skimage.data import astronaut

from facewright import model_files, weights
from facewright.errors import WeightsCorrupt
from facewright.networks.detector import anchor_centres
from facewright.networks.tflite import Operator, Step, TFLiteNetwork, _pad_same, _resize, read_graph


def photo_tensor(side: int) -> torch.Tensor:
    """Return the (1, 3, S, S) face of a real photo, in [0, 1]."""
    face = cv2.resize(astronaut()[0:256, 100:356], (side, side), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(face).permute(2, 0, 1)[None].float() / 255


@pytest.mark.parametrize(("name", "side"), [("detector", 128), ("landmarker", 192), ("iris", 64), ("segmenter", 256)])
def test_graphs_agree_with_opencv(name, side):
    path = model_files.ensure(name)
    image = photo_tensor(side)
    network = TFLiteNetwork(read_graph(path.read_bytes()))
    ours = {network.graph.names[i]: value for i, value in zip(network.graph.outputs, network(image), strict=True)}
    reader = cv2.dnn.readNetFromTFLite(str(path))
    reader.setInput(image.numpy())
    for output in reader.getUnconnectedOutLayersNames():
        expected = reader.forward(output)
        assert np.ptp(expected) > 0.1 or expected.size == 1
        np.testing.assert_allclose(ours[output].numpy().ravel(), expected.ravel(), atol=1e-3)


def test_a_batch_equals_a_loop_over_single_images():
    landmarker = weights.load_landmarker()
    faces = torch.cat([photo_tensor(192), photo_tensor(192).flip(3).sqrt()])
    together, presence = landmarker(faces)
    for index in range(2):
        alone, alone_presence = landmarker(faces[index : index + 1])
        torch.testing.assert_close(together[index : index + 1], alone, atol=1e-3, rtol=0)
        torch.testing.assert_close(presence[index : index + 1], alone_presence)


def test_the_landmark_gradient_agrees_with_finite_differences():
    landmarker = weights.load_landmarker().double()
    image = photo_tensor(192).double().requires_grad_()
    landmarker(image)[0][0, 13, 1].backward()
    direction = torch.randn(image.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    direction = direction * (image.grad.abs() > 0)
    step = 1e-8  # small, for few activations shall cross their kink
    with torch.no_grad():
        ahead, behind = (landmarker(image + sign * step * direction)[0][0, 13, 1] for sign in (1, -1))
    slope = (image.grad * direction).sum()
    assert abs(slope) > 1e-3
    torch.testing.assert_close((ahead - behind) / (2 * step), slope, rtol=1e-3, atol=1e-6)


def test_same_padding_puts_the_odd_pixel_below_and_to_the_right():
    image = torch.ones(1, 1, 4, 5)
    padded = _pad_same(image, Step(Operator.CONV, (0,), 1, True, (2, 2)), (3, 3))
    assert padded.shape == (1, 1, 5, 7)  # 4 rows need one more, below; 5 columns one on each side
    assert padded[0, 0, :, 3].tolist() == [1, 1, 1, 1, 0]
    assert padded[0, 0, 0].tolist() == [0, 1, 1, 1, 1, 1, 0]


def test_resizing_samples_where_tensorflow_samples():
    ramp = torch.tensor([0.0, 3.0, 9.0]).view(1, 1, 1, 3)
    plain = Step(Operator.RESIZE_BILINEAR, (0,), 1)
    centred = Step(Operator.RESIZE_BILINEAR, (0,), 1, half_pixel=True)
    torch.testing.assert_close(_resize(ramp, (1, 6), plain).flatten(), torch.tensor([0, 1.5, 3, 6, 9, 9]))
    torch.testing.assert_close(_resize(ramp, (1, 6), centred).flatten(), torch.tensor([0, 0.75, 2.25, 4.5, 7.5, 9]))


def test_the_anchors_are_896_cell_centres_in_the_order_of_the_layers():
    anchors = anchor_centres()
    assert anchors.shape == (896, 2)
    np.testing.assert_allclose(anchors[[0, 1, 2, 32]], [[4, 4], [4, 4], [12, 4], [4, 12]] / np.float64(128))
    np.testing.assert_allclose(anchors[[512, 517, 518, -1]], [[8, 8], [8, 8], [24, 8], [120, 120]] / np.float64(128))


def test_bytes_that_are_no_graph_are_refused():
    with pytest.raises(WeightsCorrupt, match="expected a TensorFlow Lite file"):
        read_graph(b"something else entirely")
