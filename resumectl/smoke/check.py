"""A check and its result.

A probe makes one attempt at a check: it returns a detail if the site behaves, and raises `Mismatch`
if not. `resumectl.smoke.pace` retries it and turns the outcome into a `Check`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any


class Attempts(IntEnum):
    """How many attempts a kind of failure gets on a site that is not settling after a deploy."""

    FINAL = 0  # retrying cannot help, not even while the site settles
    SETTLING = 1  # retried only while the site settles
    TRANSIENT = 4  # a lost connection or a server error
    CONTENDED = 7  # another smoke test may be counting at the same time


class Mismatch(Exception):
    """The response differs from a working site's."""

    def __init__(self, detail: str, attempts: Attempts = Attempts.SETTLING) -> None:
        super().__init__(detail)
        self.detail = detail
        self.attempts = attempts


class Unreachable(Mismatch):
    """Nothing answered that is known to be the site: the cause can be on this side."""


Probe = Callable[[], str]


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes:
        ok: whether it passed.
        seen: whether there was anything to check; if not, it neither passed nor failed.
    """

    name: str
    ok: bool
    detail: str
    seconds: float
    seen: bool = True

    def as_json(self) -> dict[str, Any]:
        """The check as every JSON document shows it."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}
