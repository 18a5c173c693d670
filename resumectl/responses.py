"""Repeats reads whose response broke off or cannot be parsed.

boto3 repeats a request until its response begins. What comes after that is ours to repeat: the body
of an object, the error document of a request for an object, and XML or JSON that is corrupt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")

_ATTEMPTS: Final = 3
_READS: Final = ("Get", "Head", "List", "Describe")


def broken() -> tuple[type[Exception], ...]:
    """The errors of a response that broke off or cannot be parsed."""
    from botocore.exceptions import IncompleteReadError, ResponseStreamingError
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    return (ResponseParserError, ResponseStreamingError, IncompleteReadError, HTTPError)


def repeated(read: Callable[[], T]) -> T:
    """The result of a read, which is tried three times if its response is broken."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return read()
        except broken():
            continue
    return read()


class Repeating:
    """A base class of boto3's clients: repeats calls that only read."""

    def _make_api_call(self, operation: str, parameters: dict[str, Any]) -> Any:
        call: Callable[..., Any] = super()._make_api_call  # type: ignore[misc]
        if not operation.startswith(_READS):
            return call(operation, parameters)
        return repeated(lambda: call(operation, parameters))


def add_to(base_classes: list[type], **_: object) -> None:
    """For the event `creating-client-class` of a boto3 session."""
    base_classes.insert(0, Repeating)
