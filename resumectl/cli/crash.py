"""A bug of ours: one line for the user, and a log file for the report.

The log has the traceback with its source lines, and no message that could quote a value: it is
meant to be sent to us.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from resumectl.aws import error_code

_ABOUT_CODE: Final = (ArithmeticError, AttributeError, ImportError, NameError, RecursionError)
"""Their messages come from Python and name code, never a value."""


def describe(error: BaseException) -> str:
    """The type of an exception, and its message if that cannot quote a value."""
    name = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}"
    if isinstance(error, _ABOUT_CODE):
        return f"{name}: {error}"
    code = error_code(error) if isinstance(error, Exception) else ""
    return f"{name}: {code}" if code else name


def write(error: BaseException, folder: Path) -> Path:
    """Write the log; returns its path.

    Raises:
        OSError: it cannot be written.
    """
    file = folder / f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S}.log"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as log:
        log.writelines(_lines(error))
    return file


def _lines(error: BaseException) -> Iterator[str]:
    """The exceptions that led to it, first the oldest."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from _lines(earlier)
        yield "\nThat led to:\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{describe(error)}\n"
