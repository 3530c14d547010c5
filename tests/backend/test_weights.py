"""The networks of the third-party model files load frozen."""

from facewright import weights


def test_the_real_networks_load_frozen():
    loaders = (weights.load_detector, weights.load_landmarker, weights.load_iris_landmarker, weights.load_segmenter)
    for load in (*loaders, weights.load_embedder):
        network = load()
        assert not network.training
        assert not any(parameter.requires_grad for parameter in network.parameters())
