"""Plain float TensorFlow Lite graphs as differentiable PyTorch modules, read from their flatbuffers."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import flatbuffers.number_types as flat
import numpy as np
import torch
import torch.nn.functional as F
from flatbuffers import encode
from flatbuffers.table import Table
from torch import Tensor, nn

from facewright.errors import WeightsCorrupt

REMEDY = "remove the weights cache and run: python3 build.py weights, or facewright weights"


class Operator(IntEnum):
    """Builtin operator codes. Source: tensorflow/lite/schema/schema.fbs, BuiltinOperator."""

    ADD = 0
    AVERAGE_POOL = 1
    CONCATENATION = 2
    CONV = 3
    DEPTHWISE_CONV = 4
    DEQUANTIZE = 6
    LOGISTIC = 14
    MAX_POOL = 17
    MUL = 18
    RELU = 19
    RESHAPE = 22
    RESIZE_BILINEAR = 23
    CUSTOM = 32
    PAD = 34
    PRELU = 54
    HARD_SWISH = 117


TRANSPOSED_CONV_WITH_BIAS = "Convolution2DTransposeBias"
TENSOR_TYPES = {0: "<f4", 1: "<f2", 2: "<i4"}
ACTIVATION_NONE, ACTIVATION_RELU = 0, 1


@dataclass(frozen=True)
class Step:
    """One operation of a graph.

    Attributes:
        operator: what it computes.
        inputs: tensor indices, the first one is the data.
        output: tensor index.
        same_padding: whether TensorFlow's SAME padding applies.
        stride: vertical, horizontal.
        window: pooling window, vertical, horizontal.
        activation: code of the fused activation.
        axis: NHWC axis of a concatenation.
        half_pixel: whether a bilinear resize samples at pixel centres.
        align_corners: whether a bilinear resize maps corner onto corner.
    """

    operator: Operator
    inputs: tuple[int, ...]
    output: int
    same_padding: bool = False
    stride: tuple[int, int] = (1, 1)
    window: tuple[int, int] = (1, 1)
    activation: int = ACTIVATION_NONE
    axis: int = 0
    half_pixel: bool = False
    align_corners: bool = False


@dataclass(frozen=True)
class Graph:
    """A graph as the file describes it: tensors in NHWC, convolution weights as (out, height, width, in).

    Attributes:
        names: name per tensor.
        shapes: shape per tensor.
        constants: value per constant tensor.
        steps: operations in order of execution.
        inputs: indices of the input tensors.
        outputs: indices of the output tensors.
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    constants: dict[int, np.ndarray]
    steps: tuple[Step, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class _FlatTable:
    """Access to the numbered fields of one flatbuffer table."""

    def __init__(self, buffer: bytearray, position: int) -> None:
        self.table = Table(buffer, position)

    def _offset(self, field: int) -> int:
        return self.table.Offset(4 + 2 * field)

    def number(self, field: int, kind: type = flat.Int32Flags) -> int:
        offset = self._offset(field)
        return self.table.Get(kind, offset + self.table.Pos) if offset else 0

    def text(self, field: int) -> str:
        offset = self._offset(field)
        return self.table.String(offset + self.table.Pos).decode() if offset else ""

    def vector(self, field: int, kind: type = flat.Int32Flags) -> np.ndarray:
        offset = self._offset(field)
        return self.table.GetVectorAsNumpy(kind, offset) if offset else np.zeros(0, np.int32)

    def integers(self, field: int) -> tuple[int, ...]:
        return tuple(int(value) for value in self.vector(field))

    def tables(self, field: int) -> list["_FlatTable"]:
        offset = self._offset(field)
        if not offset:
            return []
        start, count = self.table.Vector(offset), self.table.VectorLen(offset)
        return [_FlatTable(self.table.Bytes, self.table.Indirect(start + 4 * k)) for k in range(count)]

    def union(self, field: int) -> "_FlatTable | None":
        offset = self._offset(field)
        return _FlatTable(self.table.Bytes, self.table.Indirect(offset + self.table.Pos)) if offset else None


def read_graph(data: bytes) -> Graph:
    """Read the first subgraph of a `.tflite` file.

    Args:
        data: the file's bytes.

    Returns:
        The graph with float16 constants widened to float32.

    Raises:
        WeightsCorrupt: the file is no such graph or needs an operator that is not implemented.

    Source: tensorflow/lite/schema/schema.fbs (field numbers).
    """
    if data[4:8] != b"TFL3":
        raise WeightsCorrupt(f"expected a TensorFlow Lite file, got one that starts with {data[:8]!r}", REMEDY)
    buffer = bytearray(data)
    model = _FlatTable(buffer, encode.Get(flat.UOffsetTFlags.packer_type, buffer, 0))
    codes = [(max(c.number(0, flat.Int8Flags), c.number(3)), c.text(1)) for c in model.tables(1)]
    subgraph, buffers = model.tables(2)[0], model.tables(4)
    tensors = subgraph.tables(0)
    shapes = tuple(t.integers(0) for t in tensors)
    constants = {}
    for index, tensor in enumerate(tensors):
        raw = buffers[tensor.number(2, flat.Uint32Flags)].vector(0, flat.Uint8Flags)
        if len(raw):
            kind = TENSOR_TYPES[tensor.number(1, flat.Int8Flags)]
            constants[index] = np.frombuffer(raw.tobytes(), kind).reshape(shapes[index])
    steps = []
    for entry in subgraph.tables(3):
        step = _read_step(entry, *codes[entry.number(0, flat.Uint32Flags)])
        if step.operator is Operator.DEQUANTIZE:
            constants[step.output] = constants[step.inputs[0]].astype(np.float32)
        else:
            steps.append(step)
    names = tuple(t.text(3) for t in tensors)
    return Graph(names, shapes, constants, tuple(steps), subgraph.integers(1), subgraph.integers(2))


def _read_step(entry: _FlatTable, code: int, custom_name: str) -> Step:
    if code not in Operator._value2member_map_ or custom_name not in ("", TRANSPOSED_CONV_WITH_BIAS):
        raise WeightsCorrupt(f"operator {code} {custom_name} is not implemented", REMEDY)
    operator = Operator(code)
    inputs, output, options = entry.integers(1), entry.integers(2)[0], entry.union(4)
    if operator is Operator.CUSTOM:
        return Step(operator, inputs, output, True, (2, 2))
    if options is None:
        return Step(operator, inputs, output)
    step = _read_options(operator, inputs, output, options)
    if step.activation not in (ACTIVATION_NONE, ACTIVATION_RELU):
        raise WeightsCorrupt(f"activation {step.activation} of {operator.name} is not implemented", REMEDY)
    return step


def _read_options(operator: Operator, inputs: tuple[int, ...], output: int, options: _FlatTable) -> Step:
    byte = flat.Int8Flags
    if operator in (Operator.CONV, Operator.DEPTHWISE_CONV):
        activation = options.number(3 if operator is Operator.CONV else 4, byte)
        stride = (options.number(2), options.number(1))
        return Step(operator, inputs, output, options.number(0, byte) == 0, stride, activation=activation)
    if operator in (Operator.MAX_POOL, Operator.AVERAGE_POOL):
        stride, window = (options.number(2), options.number(1)), (options.number(4), options.number(3))
        return Step(operator, inputs, output, options.number(0, byte) == 0, stride, window, options.number(5, byte))
    if operator in (Operator.ADD, Operator.MUL):
        return Step(operator, inputs, output, activation=options.number(0, byte))
    if operator is Operator.CONCATENATION:
        return Step(operator, inputs, output, axis=options.number(0), activation=options.number(1, byte))
    if operator is Operator.RESIZE_BILINEAR:
        corners, centres = bool(options.number(2, byte)), bool(options.number(3, byte))
        return Step(operator, inputs, output, align_corners=corners, half_pixel=centres)
    return Step(operator, inputs, output)


class TFLiteNetwork(nn.Module):
    """Executes a graph on NCHW tensors; its weights are frozen buffers, its input may require gradients.

    Args:
        graph: what `read_graph` returned.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        for step in graph.steps:
            for position, index in enumerate(step.inputs):
                if index in graph.constants and not hasattr(self, f"constant_{index}"):
                    value = _torch_layout(step, position, graph.constants[index])
                    self.register_buffer(f"constant_{index}", torch.from_numpy(np.array(value)))

    def forward(self, image: Tensor) -> list[Tensor]:
        """Run the graph.

        Args:
            image: (B, C, H, W) float32 in the range that the graph was trained on.

        Returns:
            Its outputs in the file's order: (B, C, H, W) where the file has four axes NHWC, else as in the file.
        """
        values = {self.graph.inputs[0]: image}
        for step in self.graph.steps:
            operands = [values[i] if i in values else getattr(self, f"constant_{i}") for i in step.inputs]
            values[step.output] = _activate(self._run(step, operands), step.activation)
        return [values[index] for index in self.graph.outputs]

    def _run(self, step: Step, operands: list[Tensor]) -> Tensor:
        x = operands[0]
        match step.operator:
            case Operator.CONV | Operator.DEPTHWISE_CONV:
                _, weight, bias = operands
                groups = x.shape[1] if step.operator is Operator.DEPTHWISE_CONV else 1
                return F.conv2d(_pad_same(x, step, weight.shape[2:]), weight, bias, step.stride, groups=groups)
            case Operator.CUSTOM:
                return F.conv_transpose2d(x, operands[1], operands[2], step.stride)
            case Operator.MAX_POOL:
                padded = _pad_same(x, step, step.window, torch.finfo(x.dtype).min)
                return F.max_pool2d(padded, step.window, step.stride)
            case Operator.AVERAGE_POOL:
                return F.avg_pool2d(x, step.window, step.stride)
            case Operator.PAD:
                return F.pad(x, [int(v) for axis in (2, 1, 3) for v in operands[1][axis]])
            case Operator.ADD:
                return x + operands[1]
            case Operator.MUL:
                return x * operands[1]
            case Operator.PRELU:
                return F.prelu(x, operands[1])
            case Operator.RELU:
                return F.relu(x)
            case Operator.LOGISTIC:
                return torch.sigmoid(x)
            case Operator.HARD_SWISH:
                return F.hardswish(x)
            case Operator.CONCATENATION:
                return torch.cat(operands, (0, 2, 3, 1)[step.axis] if x.dim() == 4 else step.axis)
            case Operator.RESHAPE:
                rows = x.permute(0, 2, 3, 1) if x.dim() == 4 else x
                return rows.reshape((x.shape[0], *self.graph.shapes[step.output][1:]))
            case _:
                return _resize(x, self.graph.shapes[step.output][1:3], step)


def _torch_layout(step: Step, position: int, value: np.ndarray) -> np.ndarray:
    """Bring a constant from TensorFlow's layout into PyTorch's."""
    if position == 1 and step.operator is Operator.CONV:
        return value.transpose(0, 3, 1, 2)
    if position == 1 and step.operator is Operator.DEPTHWISE_CONV:
        return value.transpose(3, 0, 1, 2)
    if position == 1 and step.operator is Operator.CUSTOM:
        return value.transpose(3, 0, 1, 2)
    return value.reshape(-1) if step.operator is Operator.PRELU else value


def _pad_same(x: Tensor, step: Step, window: Sequence[int], value: float = 0.0) -> Tensor:
    """Pad as TensorFlow's SAME does: the odd pixel goes to the bottom and the right."""
    if not step.same_padding:
        return x
    total = [
        max((-(-size // stride) - 1) * stride + extent - size, 0)
        for size, stride, extent in zip(x.shape[2:], step.stride, window, strict=True)
    ]
    (height, width) = total
    return F.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2), value=value)


def _activate(x: Tensor, activation: int) -> Tensor:
    return F.relu(x) if activation == ACTIVATION_RELU else x


def _resize(x: Tensor, size: tuple[int, ...], step: Step) -> Tensor:
    """Resize bilinearly with TensorFlow's three conventions of where a pixel is sampled."""
    if step.align_corners or step.half_pixel:
        return F.interpolate(x, size=size, mode="bilinear", align_corners=step.align_corners)
    height, width = x.shape[2:]
    rows = torch.arange(size[0], device=x.device, dtype=x.dtype) * (height / size[0])
    columns = torch.arange(size[1], device=x.device, dtype=x.dtype) * (width / size[1])
    y = (2 * rows + 1) / height - 1
    z = (2 * columns + 1) / width - 1
    grid = torch.stack(torch.meshgrid(z, y, indexing="xy"), -1).expand(len(x), -1, -1, -1)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
