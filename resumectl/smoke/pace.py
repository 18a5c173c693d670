"""How long a check keeps trying: a lost packet is forgiven, a fresh distribution gets its time to settle."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from resumectl.smoke.check import Check, Mismatch, Probe, Tries, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST_DELAY: Final = 0.25
_LONGEST_DELAY: Final = 10.0
_PATIENCE: Final = 10.0


@dataclass(frozen=True)
class Finding:
    """What one try found."""

    ok: bool
    detail: str
    tries: Tries = Tries.FINAL
    reached: bool = True


@dataclass(frozen=True)
class Pace:
    """When to try again, and when to stop.

    Args:
        settle: seconds that a fresh site may take to come right, counted from `began`; 0 forgives only what is
            transient.
        clock: seconds that only grow.
        jitter: a random number from 0 to 1, so that two runs that met do not meet again.
        wait: waits for the event, or for so many seconds.
    """

    settle: float = 0.0
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    wait: Callable[[threading.Event, float], object] = threading.Event.wait

    def follow(
        self, name: str, probe: Probe, began: float, stop: threading.Event
    ) -> tuple[Check, bool]:
        """Try until the answer is right or another try makes no sense.

        Returns:
            The check, and whether anything answered at the last try.
        """
        start, tries = self.clock(), 1
        while not (finding := _attempt(probe)).ok:
            delay = self._delay(tries)
            if stop.is_set() or not self._again(finding, tries, delay, start, began):
                break
            if self.wait(stop, delay):
                break
            tries += 1
        seconds = self.clock() - start
        return Check(
            name, finding.ok, _told(finding.detail, tries, seconds), seconds
        ), finding.reached

    def _again(
        self, finding: Finding, tries: int, delay: float, start: float, began: float
    ) -> bool:
        if finding.tries is Tries.FINAL:
            return False
        now = self.clock()
        return now + delay < began + self.settle or (
            tries < finding.tries and now < start + _PATIENCE
        )

    def _delay(self, tries: int) -> float:
        return min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** min(tries - 1, 16)) * self.jitter()


def _attempt(probe: Probe) -> Finding:
    try:
        return Finding(ok=True, detail=probe())
    except Mismatch as wrong:
        return Finding(
            ok=False,
            detail=wrong.detail,
            tries=wrong.tries,
            reached=not isinstance(wrong, Unreachable),
        )
    except Exception as bug:  # noqa: BLE001 - one broken check must not hide what the others found
        return Finding(
            ok=False, detail=f"resumectl could not finish this check: {type(bug).__name__}: {bug}"
        )


def _told(detail: str, tries: int, seconds: float) -> str:
    return detail if tries == 1 else f"{detail} ({tries} tries in {seconds:.1f} s)"
