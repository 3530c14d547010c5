"""Collects arrays into the one binary buffer of a glTF file, with an accessor for each."""

import numpy as np
import pygltflib

_COMPONENTS = {
    np.dtype(np.uint8): 5121,
    np.dtype(np.uint16): 5123,
    np.dtype(np.uint32): 5125,
    np.dtype(np.float32): 5126,
}

SMALLEST_SHIFT_M = 1e-7
"""A morph target leaves vertices that it moves by less than this out."""


class GltfBuffer:
    """The growing buffer; `data`, `views` and `accessors` go into the document when all arrays are in."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[pygltflib.BufferView] = []
        self.accessors: list[pygltflib.Accessor] = []

    def add_bytes(self, content: bytes, target: int | None = None) -> int:
        """Append bytes at a multiple of four; returns the index of their view."""
        self.data += b"\0" * (-len(self.data) % 4)
        view = pygltflib.BufferView(buffer=0, byteOffset=len(self.data), byteLength=len(content), target=target)
        self.views.append(view)
        self.data += content
        return len(self.views) - 1

    def add(self, values: np.ndarray, kind: str, bounds: bool = False, target: int | None = None) -> int:
        """Append an array; returns the index of its accessor.

        Args:
            values: (n, components) or (n,); floats are stored as float32.
            kind: glTF's accessor type, as "VEC3".
            bounds: Write the least and the largest value of each component.
            target: glTF's buffer target, when it is vertex data or indices.
        """
        array = np.ascontiguousarray(values, np.float32 if values.dtype.kind == "f" else values.dtype)
        accessor = pygltflib.Accessor(
            bufferView=self.add_bytes(array.tobytes(), target),
            byteOffset=0,
            componentType=_COMPONENTS[array.dtype],
            count=len(array),
            type=kind,
        )
        return self._append(accessor, array if bounds else None)

    def add_sparse(self, shifts: np.ndarray) -> int:
        """Append the (n, 3) shifts of a morph target, only those that move a vertex; returns the accessor's index."""
        shifts = np.asarray(shifts, np.float32)
        moved = np.flatnonzero(np.abs(shifts).max(1) > SMALLEST_SHIFT_M)
        if 16 * len(moved) >= 12 * len(shifts):
            return self.add(shifts, "VEC3", bounds=True, target=34962)
        accessor = pygltflib.Accessor(byteOffset=None, componentType=5126, count=len(shifts), type="VEC3")
        stored = np.zeros_like(shifts)
        stored[moved] = shifts[moved]
        if len(moved):
            index_type = np.uint16 if len(shifts) < 65535 else np.uint32
            indices = self.add_bytes(moved.astype(index_type).tobytes())
            values = self.add_bytes(np.ascontiguousarray(shifts[moved]).tobytes())
            accessor.sparse = pygltflib.Sparse(
                count=len(moved),
                indices=pygltflib.AccessorSparseIndices(
                    bufferView=indices, byteOffset=0, componentType=_COMPONENTS[np.dtype(index_type)]
                ),
                values=pygltflib.AccessorSparseValues(bufferView=values, byteOffset=0),
            )
        return self._append(accessor, stored)

    def _append(self, accessor: pygltflib.Accessor, bounded: np.ndarray | None) -> int:
        if bounded is not None:
            accessor.min = [float(value) for value in bounded.min(0)]
            accessor.max = [float(value) for value in bounded.max(0)]
        self.accessors.append(accessor)
        return len(self.accessors) - 1
