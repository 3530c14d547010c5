"""Checks of what clients send: every number finite and in range, every name known, every list of sane length."""

import difflib
import math
from collections.abc import Collection, Iterable
from typing import TypeVar

from facewright.errors import RequestInvalid

EnumValue = TypeVar("EnumValue", bound=int)

LONGEST_NAME = 128
"""Longer names are cut where an error repeats them."""


def in_range(field: str, value: float, minimum: float, maximum: float) -> float:
    """Return a number that lies within its limits, which a rounding error may not leave.

    Raises:
        RequestInvalid: it does not, or is not finite.
    """
    slack = 1e-6 * max(1.0, abs(maximum - minimum))
    if not math.isfinite(value) or not minimum - slack <= value <= maximum + slack:
        raise RequestInvalid(field, f"expected {minimum:g} to {maximum:g}, found {value:g}", "send a value in range")
    return min(max(value, minimum), maximum)


def known_name(field: str, name: str, names: Collection[str], what: str) -> str:
    """Return a name that is one of some.

    Raises:
        RequestInvalid: it is none; the remedy suggests the nearest.
    """
    if name in names:
        return name
    near = difflib.get_close_matches(name[:LONGEST_NAME], names, 3)
    remedy = f"did you mean {' or '.join(near)}?" if near else f"one of {', '.join(sorted(names)[:12])}, ..."
    raise RequestInvalid(field, f"no {what} {shortened(name)!r}", remedy)


def known_enum(field: str, value: EnumValue, names: dict[EnumValue, str]) -> str:
    """Return what an enum's value stands for.

    Raises:
        RequestInvalid: the value is unknown.
    """
    if value not in names:
        raise RequestInvalid(field, f"unknown value {value}", "use the enum of the protocol facewright.v1")
    return names[value]


def at_most(field: str, count: int, limit: int, what: str) -> None:
    """Refuse lists that are too long.

    Raises:
        RequestInvalid: this one is.
    """
    if count > limit:
        raise RequestInvalid(field, f"expected at most {limit} {what}, found {count}", "send fewer")


def all_different(field: str, names: Iterable[str]) -> None:
    """Refuse lists that name something twice.

    Raises:
        RequestInvalid: this one does.
    """
    seen = set()
    for name in names:
        if name in seen:
            raise RequestInvalid(field, f"{shortened(name)!r} stands there twice", "send each name once")
        seen.add(name)


def shortened(text: str) -> str:
    """Return text that fits into a message."""
    return text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME] + "..."
