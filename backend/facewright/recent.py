"""A store that keeps what was asked for last and lets go of the rest."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Values by key, at most `limit` of them, those that were used longest ago go first.

    Args:
        limit: How many values are kept.
        release: Called with each value that goes.
    """

    def __init__(self, limit: int, release: Callable[[Value], None] | None = None) -> None:
        self._limit, self._release = limit, release
        self._kept: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key, build: Callable[[], Value]) -> Value:
        """Return the value of a key, building it where there is none."""
        if key not in self._kept:
            value = build()
            while len(self._kept) >= self._limit:
                self._drop()
            self._kept[key] = value
        self._kept.move_to_end(key)
        return self._kept[key]

    def clear(self) -> None:
        """Let go of everything."""
        while self._kept:
            self._drop()

    def _drop(self) -> None:
        _, value = self._kept.popitem(last=False)
        if self._release is not None:
            self._release(value)
