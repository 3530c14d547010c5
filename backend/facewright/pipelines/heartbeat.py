"""How a fit says that it lives and learns that it shall stop: between two steps, nowhere else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

import numpy as np

from facewright.datatypes import Look, Progress
from facewright.errors import Cancelled

ProgressCallback = Callable[[Progress], None]


class CancelEvent(Protocol):
    """What tells that the work shall stop: an event of threads or one of processes."""

    def is_set(self) -> bool:
        """Whether it shall."""


class Stopped(Cancelled):
    """The work was asked to stop; whoever has a head by then catches it and keeps the head."""

    def __init__(self) -> None:
        super().__init__("stopped before the first head", "start the fit again")


class Heartbeat:
    """Reports the steps of a fit and ends it, between two of them, once it is asked to.

    Args:
        progress: told about every stage and step.
        cancel: the work ends at the next beat once it is set.
    """

    def __init__(self, progress: ProgressCallback | None = None, cancel: CancelEvent | None = None) -> None:
        self._progress = progress or (lambda _: None)
        self._cancel = cancel
        self._now = Progress("", 0, 1)

    @property
    def is_stopping(self) -> bool:
        """Whether the work was asked to stop."""
        return self._cancel is not None and self._cancel.is_set()

    @contextmanager
    def stage(self, stage_ms: dict[str, float], name: str, steps: int = 1) -> Iterator[None]:
        """Begin a stage, and add its duration in ms under its name.

        Raises:
            Stopped: it was asked to before the stage began.
        """
        self.tell(Progress(name, 0, steps))
        self.check()
        with timed(stage_ms, name):
            yield

    def tell(self, progress: Progress) -> None:
        """Say where the work is; the head stays the one that was last shown."""
        self._now = replace(progress, head=self._now.head)
        self._progress(self._now)

    def check(self) -> None:
        """End the work here if it was asked to.

        Raises:
            Stopped: it was.
        """
        if self.is_stopping:
            raise Stopped()

    def show(self, parameters: np.ndarray, look: Look) -> None:
        """Make (P,) parameters and a look the head at which the work is."""
        self._now = replace(self._now, head=(parameters, look))

    def __call__(self) -> None:
        """Say that the work lives, at the same step.

        Raises:
            Stopped: it was asked to.
        """
        self._progress(self._now)
        self.check()


def no_beat() -> None:
    """Stand in for a heartbeat where nobody listens."""


@contextmanager
def timed(stage_ms: dict[str, float], name: str) -> Iterator[None]:
    """Add the duration of a block, in ms, under a stage's name."""
    start = time.perf_counter()
    try:
        yield
    finally:
        stage_ms[name] = stage_ms.get(name, 0.0) + 1000 * (time.perf_counter() - start)
