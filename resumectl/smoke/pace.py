"""When a check is retried: after a transient failure, or while a fresh site settles."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from resumectl.smoke.check import Attempts, Check, Mismatch, Probe, Unreachable

_FIRST_DELAY: Final = 0.25
_LONGEST_DELAY: Final = 10.0


@dataclass(frozen=True)
class Attempt:
    """The outcome of one attempt, and how many attempts a failure of its kind gets."""

    ok: bool
    detail: str
    allowed: Attempts = Attempts.FINAL
    seen: bool = True


@dataclass(frozen=True)
class Pace:
    """When to retry and when to stop.

    Args:
        settle: seconds that a fresh site may take to settle, counted from `began`; with 0 only
            transient failures are retried.
        patience: seconds after which a transient failure is no longer retried.
        clock: a monotonic clock, in seconds.
        jitter: a random number from 0 to 1, so that two runs that collided do not collide again.
        wait: waits for the event, or for a number of seconds.
    """

    settle: float = 0.0
    patience: float = 10.0
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    wait: Callable[[threading.Event, float], object] = threading.Event.wait

    def follow(self, name: str, probe: Probe, began: float, stop: threading.Event) -> Check:
        """Retry until the probe passes or another attempt makes no sense."""
        start, count = self.clock(), 1
        while not (attempt := _attempt(probe)).ok:
            delay = self._delay(count)
            if stop.is_set() or not self._again(attempt.allowed, count, delay, start, began):
                break
            if self.wait(stop, delay):
                break
            count += 1
        seconds = self.clock() - start
        retried = f" ({count} attempts in {seconds:.1f} s)" if count > 1 else ""
        return Check(name, attempt.ok, f"{attempt.detail}{retried}", seconds, attempt.seen)

    def _again(
        self, allowed: Attempts, count: int, delay: float, start: float, began: float
    ) -> bool:
        if allowed is Attempts.FINAL:
            return False
        now = self.clock()
        settling = now + delay < began + self.settle
        return settling or (count < allowed and now < start + self.patience)

    def _delay(self, count: int) -> float:
        return min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** min(count - 1, 16)) * self.jitter()


def _attempt(probe: Probe) -> Attempt:
    try:
        return Attempt(ok=True, detail=probe())
    except Mismatch as mismatch:
        seen = not isinstance(mismatch, Unreachable)
        return Attempt(ok=False, detail=mismatch.detail, allowed=mismatch.attempts, seen=seen)
    except Exception as bug:  # noqa: BLE001 - a bug in one check must not hide the other results
        return Attempt(ok=False, detail=f"bug in this check: {type(bug).__name__}: {bug}")
