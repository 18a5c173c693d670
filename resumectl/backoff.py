"""Retry and poll with growing pauses, within a time budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """Attempts with pauses that grow, until the time is up.

    Attributes:
        seconds: the budget; the last attempt starts when it is spent.
        first: the first pause, in seconds.
        longest: the longest pause, in seconds.
        factor: each pause is this much longer than the one before.
        sleep: waits for a number of seconds.
        clock: a monotonic clock, in seconds.
    """

    seconds: float
    first: float = 0.1
    longest: float = 2.0
    factor: float = 1.3
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def attempts(self) -> Iterator[None]:
        """Yield at once, then after each pause.

        Whoever is suspended for longer than the budget still gets one more attempt afterwards.
        """
        end, pause, last = self.clock() + self.seconds, self.first, self.seconds <= 0
        yield
        while not last:
            left = end - self.clock()
            last = left <= pause
            if left > 0:
                self.sleep(min(pause, left))
            pause = min(pause * self.factor, self.longest)
            yield

    def until(self, condition: Callable[[], bool]) -> bool:
        """Poll a condition. Returns whether it became true within the budget."""
        return any(condition() for _ in self.attempts())
