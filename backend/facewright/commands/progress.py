"""How commands show what they do, and how Ctrl-C reaches them."""

import math
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facewright.datatypes import Progress

PLAIN_EVERY_S = 5.0
"""Between two status lines where there is no terminal."""


class StageLines:
    """Prints a line when the work enters a new stage or passes a tenth of one."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._shown: tuple[str, int] | None = None

    def __call__(self, progress: "Progress") -> None:
        """Show one progress report."""
        tenth = 10 * progress.step // max(progress.steps, 1)
        if self._shown != (progress.stage, tenth):
            self._shown = (progress.stage, tenth)
            count = f" {progress.step}/{progress.steps}" if progress.steps > 1 else ""
            loss = "" if math.isnan(progress.loss) else f", loss {progress.loss:.4f}"
            self._say(f"{progress.stage}{count}{loss}")


@contextmanager
def stopping_on_interrupt() -> Iterator[Event]:
    """Give an event that the first Ctrl-C sets, so that work ends between two frames; a second one interrupts."""
    stop = Event()
    before = signal.getsignal(signal.SIGINT)

    def ask_to_stop(_signal: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        stop.set()

    signal.signal(signal.SIGINT, ask_to_stop)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


class StatusLine:
    """Shows a status that changes: in place on a terminal, else a line now and then.

    Args:
        say: prints a line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._said_s, self._width = say, -PLAIN_EVERY_S, 0
        self._is_terminal = sys.stderr.isatty()

    def show(self, line: str) -> None:
        """Show the newest status."""
        if self._is_terminal:
            sys.stderr.write("\r" + line.ljust(self._width))
            sys.stderr.flush()
            self._width = len(line)
        elif time.monotonic() - self._said_s >= PLAIN_EVERY_S:
            self._said_s = time.monotonic()
            self._say(line)

    def end(self) -> None:
        """Leave the line."""
        if self._width:
            sys.stderr.write("\n")
            self._width = 0
