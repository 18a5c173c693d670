"""Time in the fake world: one true time, and clocks that are wrong by a constant."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 27, 10, 0, 0, tzinfo=UTC)


@dataclass
class Clock:
    """The true time. It stands still until something sleeps or moves it.

    Attributes:
        start: when the world began.
        ticking: real time passes too, so that code with real pauses sees an increasing clock.
    """

    start: datetime = START
    ticking: bool = False
    _moved: float = 0.0
    _began: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of_this_machine(cls) -> Clock:
        """The real time, for code that reads `time.time()` itself."""
        return cls(datetime.now(UTC), ticking=True)

    def monotonic(self) -> float:
        """Seconds since the world began."""
        return self._moved + (time.monotonic() - self._began if self.ticking else 0.0)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.monotonic())

    def sleep(self, seconds: float) -> None:
        """Let time pass without waiting for it."""
        assert seconds >= 0, "time does not go back"
        with self._lock:
            self._moved += seconds

    advance = sleep


@dataclass(frozen=True)
class SkewedClock:
    """The clock of a machine, `skew` seconds ahead of the true time (negative: behind)."""

    true: Clock
    skew: float = 0.0

    def now(self) -> datetime:
        return self.true.now() + timedelta(seconds=self.skew)

    def monotonic(self) -> float:
        return self.true.monotonic()

    def sleep(self, seconds: float) -> None:
        self.true.sleep(seconds)
