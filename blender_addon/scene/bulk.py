"""One property of many items at once."""

import numpy as np


def read_all(items, name: str, width: int) -> np.ndarray:
    """Return (n, width) float32 values of a property of all items of a collection."""
    values = np.empty(width * len(items), np.float32)
    items.foreach_get(name, values)
    return values.reshape(-1, width)


def write_all(items, name: str, values: np.ndarray) -> None:
    """Set a property of all items of a collection to (n, width) values.

    Blender's own way skips, without a word, what is linked from another file or overridden: that is set one by one.
    """
    if len(items) and items[0].is_property_readonly(name):
        for item, row in zip(items, values.tolist(), strict=True):
            setattr(item, name, row if len(row) > 1 else row[0])
    else:
        items.foreach_set(name, np.ascontiguousarray(values, np.float32).ravel())
