"""Networks from third-party model files and from our own files of a rig, loaded frozen."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from facewright.errors import WeightsCorrupt, WeightsMissing
from facewright.model_files import ensure
from facewright.networks.detector import Detector
from facewright.networks.embedder import Embedder, read_layers
from facewright.networks.expression_reader import ExpressionReader, ExpressionReaderConfig
from facewright.networks.imitator import Imitator, ImitatorConfig
from facewright.networks.iris import IrisLandmarker
from facewright.networks.landmarker import Landmarker, QuickLandmarker
from facewright.networks.layout import channels_last
from facewright.networks.parser import Parser, ParserConfig
from facewright.networks.segmenter import Segmenter
from facewright.networks.tflite import read_graph

NetworkT = TypeVar("NetworkT", bound=nn.Module)


def load_detector(device: str = "cpu", directory: Path | None = None) -> Detector:
    """Return the face detector, frozen, on a device."""
    return _freeze(Detector(read_graph(ensure("detector", directory).read_bytes())), device)


def load_landmarker(device: str = "cpu", directory: Path | None = None) -> Landmarker:
    """Return the landmark network, frozen, on a device."""
    return _freeze(Landmarker(read_graph(ensure("landmarker", directory).read_bytes())), device)


def load_quick_landmarker(device: str = "cpu", directory: Path | None = None) -> Landmarker | QuickLandmarker:
    """Return the landmark network for one crop after the other: run by OpenCV on a CPU. Raises as `load_landmarker`."""
    if device != "cpu":
        return load_landmarker(device, directory)
    return QuickLandmarker(ensure("landmarker", directory))


def load_iris_landmarker(device: str = "cpu", directory: Path | None = None) -> IrisLandmarker:
    """Return the iris network, frozen, on a device."""
    return _freeze(IrisLandmarker(read_graph(ensure("iris", directory).read_bytes())), device)


def load_segmenter(device: str = "cpu", directory: Path | None = None) -> Segmenter:
    """Return the person segmenter, frozen, on a device."""
    return _freeze(Segmenter(read_graph(ensure("segmenter", directory).read_bytes())), device)


def load_embedder(device: str = "cpu", directory: Path | None = None) -> Embedder:
    """Return the identity embedder, frozen, on a device."""
    return _freeze(Embedder(read_layers(ensure("embedder", directory).read_bytes())), device)


def load_imitator(path: Path, rig_version: str, parameter_count: int, look_count: int, device: str = "cpu") -> Imitator:
    """Return a rig's imitator, frozen, on a device.

    Args:
        path: safetensors file written by `save_imitator`.
        rig_version: version of the rig; one that was trained on another is refused.
        parameter_count: P of the rig.
        look_count: A of the rig.
        device: torch device.

    Raises:
        WeightsMissing: the rig has no imitator.
        WeightsCorrupt: the file is no imitator, or one of another rig.
    """
    network = _load_ours(path, "imitator", Imitator, ImitatorConfig, rig_version)
    found = (network.config.parameter_count, network.config.look_count)
    if found != (parameter_count, look_count):
        message = f"{path} was trained for {found} parameters and look numbers, the rig has"
        raise WeightsCorrupt(f"{message} {(parameter_count, look_count)}", _remedy("imitator"))
    return _freeze(channels_last(network), device)


def save_imitator(path: Path, network: Imitator, rig_version: str) -> None:
    """Write an imitator in half precision with its config in the header.

    Args:
        path: where to; a temporary name that the caller renames.
        network: trained.
        rig_version: version of the rig that it was trained on.
    """
    _save_ours(path, network, {"rig_version": rig_version})


def load_parser(path: Path, device: str = "cpu") -> Parser:
    """Return a face parser, frozen, on a device.

    Args:
        path: safetensors file written by `save_parser`.
        device: torch device.

    Raises:
        WeightsMissing: there is no such file.
        WeightsCorrupt: the file is no parser.
    """
    network = _load_ours(path, "parser", Parser, ParserConfig)
    return _freeze(channels_last(network), device)


def save_parser(path: Path, network: Parser) -> None:
    """Write a face parser in half precision with its config in the header; the caller renames the file."""
    _save_ours(path, network, {})


def load_expression_reader(path: Path, rig_version: str, device: str = "cpu") -> ExpressionReader:
    """Return a rig's expression reader, frozen, on a device.

    Args:
        path: safetensors file written by `save_expression_reader`.
        rig_version: version of the rig; one that was trained on another is refused.
        device: torch device.

    Raises:
        WeightsMissing: the rig has none.
        WeightsCorrupt: the file is no expression reader, or one of another rig.
    """
    network = _load_ours(path, "expression_reader", ExpressionReader, ExpressionReaderConfig, rig_version)
    return _freeze(network, device)


def save_expression_reader(path: Path, network: ExpressionReader, rig_version: str) -> None:
    """Write an expression reader as `save_imitator` writes an imitator."""
    _save_ours(path, network, {"rig_version": rig_version})


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a training checkpoint; nothing but tensors and plain values is accepted."""
    return torch.load(path, weights_only=True)


def _remedy(kind: str) -> str:
    return f"restore the file, or train it with facewright.training.train_{kind}"


def _load_ours(
    path: Path, kind: str, build: Callable[[Any], NetworkT], config: Callable[..., Any], rig_version: str | None = None
) -> NetworkT:
    """Read a network of our own with the config in its header; a rig's must have been trained on that version.

    Raises:
        WeightsMissing: there is no such file.
        WeightsCorrupt: the file is something else, or of another rig.
    """
    name = kind.replace("_", " ")
    if not path.is_file():
        raise WeightsMissing(f"the {name} {path} does not exist", _remedy(kind))
    try:
        with safe_open(path, "pt") as stream:
            metadata = stream.metadata()
            fields = json.loads(metadata["config"])
            tensors = {key: stream.get_tensor(key).float() for key in stream.keys()}  # noqa: SIM118 (no mapping)
        trained_on = metadata.get("rig_version", "an older version")
        if rig_version is not None and trained_on != rig_version:
            message = f"{path} was trained on rig version {trained_on}, the rig is {rig_version}"
            raise WeightsCorrupt(message, _remedy(kind))
        fields = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
        network = build(config(**fields))
        network.load_state_dict(tensors, strict=True)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsCorrupt(f"{path} is no {name}: {error}", _remedy(kind)) from error
    return network


def _save_ours(path: Path, network: Imitator | Parser | ExpressionReader, metadata: dict[str, str]) -> None:
    """Write a network of our own in half precision, whole numbers as they are, with its config beside the metadata."""
    tensors = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in network.state_dict().items()
    }
    save_file(tensors, path, {"config": json.dumps(dataclasses.asdict(network.config))} | metadata)


def _freeze(network: NetworkT, device: str) -> NetworkT:
    return network.requires_grad_(False).eval().to(device)
