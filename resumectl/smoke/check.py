"""What a check is: a name, a verdict and a line that says why.

A probe is a function that asks one question. It returns a detail when the answer is the right one and raises `Mismatch`
when it is not; `resumectl.smoke.pace` repeats it while that makes sense and turns the outcome into a `Check`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Tries(IntEnum):
    """How many tries a wrong answer is worth on a site that is not settling."""

    FINAL = 0  # another try cannot help, not even on a fresh site
    SETTLING = 1  # only a fresh site may still come right
    TRANSIENT = 4  # a lost connection or an error of the server's own
    CONTENDED = 7  # someone else may be counting at the same time


class Mismatch(Exception):
    """The answer is not the one a working site gives."""

    def __init__(self, detail: str, tries: Tries = Tries.SETTLING) -> None:
        super().__init__(detail)
        self.detail = detail
        self.tries = tries


class Unreachable(Mismatch):
    """There was no answer at all."""


Probe = Callable[[], str]


@dataclass(frozen=True)
class Check:
    """The outcome of one check."""

    name: str
    ok: bool
    detail: str
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The check as every JSON document shows it."""
        return {
            "name": self.name,
            "ok": self.ok,
            "detail": self.detail,
            "seconds": round(self.seconds, 3),
        }
