"""How far something long is: one line that is updated on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

_CLEAR = "\r\033[K"


@dataclass
class Progress:
    """What is done of a number of things.

    Attributes:
        total: how many things there are.
        what: what they are, in the plural.
        pause: seconds between two lines.
    """

    total: int
    what: str
    pause: float = 5.0
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._began = self._last = self.clock()

    def tell(self, done: int, more: str) -> None:
        """Show it, unless that was done a moment ago."""
        now, live = self.clock(), self.stream.isatty()
        if now - self._last < (self.pause / 10 if live else self.pause):
            return
        self._last = now
        speed = done / (now - self._began)
        line = f"{done:,} of {self.total:,} {self.what}, {speed:.1f} per second, {more}"
        self.stream.write(f"{_CLEAR}{line}" if live else f"{line}\n")
        self.stream.flush()

    def clear(self) -> None:
        """Make room for other output."""
        if self.stream.isatty():
            self.stream.write(_CLEAR)
            self.stream.flush()
