"""One change made outside resumectl."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Finding = tuple[str, str, str]
    Write = Callable[..., Any]


@dataclass(frozen=True)
class Tampering:
    """A change and its opposite.

    Attributes:
        name: what is changed, for the message of a failed test.
        about: what it is done to; two about the same thing are not done together.
        expected: part, key and kind that drift must find; None if nothing differs.
    """

    name: str
    about: str
    expected: Finding | None
    do: Callable[[], object]
    undo: Callable[[], object]


def changed(
    address: str, what: str, write: Write, wrong: Mapping[str, Any], right: Mapping[str, Any]
) -> Tampering:
    """A setting; the same call restores it."""
    expected = ("infra", address, "changed")
    return Tampering(
        f"{address}: {what}", address, expected, partial(write, **wrong), partial(write, **right)
    )


def deleted(address: str, delete: Callable[[], object], make: Callable[[], object]) -> Tampering:
    return Tampering(f"{address}: deleted", address, ("infra", address, "deleted"), delete, make)


def extra(key: str, do: Callable[[], object], undo: Callable[[], object]) -> Tampering:
    """Something that is not part of a release."""
    return Tampering(key, key, ("infra", key, "unmanaged"), do, undo)
