"""A status stays on its line where there is a terminal, and is a line now and then where there is none."""

import io
import sys

import pytest

from facewright.commands import progress
from facewright.commands.progress import StatusLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_that_is_written_over_and_left_at_the_end(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    line = StatusLine(lambda _: pytest.fail("a terminal gets no lines"))
    line.show("tracking 10 frames")
    line.show("lost")
    line.end()
    line.end()
    assert sys.stderr.getvalue() == "\rtracking 10 frames\rlost              \n"


def test_without_a_terminal_a_status_is_told_now_and_then(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    now_s, said = [100.0], []
    monkeypatch.setattr(progress.time, "monotonic", lambda: now_s[0])
    line = StatusLine(said.append)
    for text, wait_s in (("first", 0.0), ("too soon", 1.0), ("later", progress.PLAIN_EVERY_S)):
        now_s[0] += wait_s
        line.show(text)
    line.end()
    assert said == ["first", "later"] and sys.stderr.getvalue() == ""
