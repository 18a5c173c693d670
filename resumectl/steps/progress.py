"""Steps: what an operation is doing, told as it happens and timed.

An operation says `with steps("Upload the site") as tell:`; whoever watches implements `Progress`.
"""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Progress(Protocol):
    """Whoever watches an operation: a terminal, a log, a test. Called from several threads."""

    def start(self, name: str) -> None:
        """A step began."""

    def update(self, name: str, detail: str) -> None:
        """A running step has something new to say."""

    def finish(self, name: str, seconds: float, *, ok: bool) -> None:
        """A step ended."""

    def note(self, line: str) -> None:
        """Something worth knowing that is not a step."""

    def paused(self) -> AbstractContextManager[None]:
        """Leaves the terminal alone while the block runs, so that a question can be asked."""


class Silent:
    """Watches nothing."""

    def start(self, name: str) -> None:
        """Nothing."""

    def update(self, name: str, detail: str) -> None:
        """Nothing."""

    def finish(self, name: str, seconds: float, *, ok: bool) -> None:
        """Nothing."""

    def note(self, line: str) -> None:
        """Nothing."""

    def paused(self) -> AbstractContextManager[None]:
        """Nothing."""
        return nullcontext()


class Steps:
    """Runs steps, tells a `Progress` about them and remembers their times.

    Attributes:
        timings: seconds by step, in the order in which the steps ended.
        failed: the first step that raised, or None.
    """

    def __init__(self, progress: Progress, clock: Callable[[], float] = time.monotonic) -> None:
        self.progress = progress
        self.timings: dict[str, float] = {}
        self.failed: str | None = None
        self._clock = clock
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, name: str) -> Iterator[Callable[[str], None]]:
        """Run the block as the step `name`; the block is given a function that updates the step's detail."""
        began = self._clock()
        self.progress.start(name)
        ok = False
        try:
            yield lambda detail: self.progress.update(name, detail)
            ok = True
        finally:
            self._end(name, self._clock() - began, ok=ok)

    def _end(self, name: str, seconds: float, *, ok: bool) -> None:
        with self._lock:
            self.timings[name] = round(seconds, 3)
            if not ok and self.failed is None:
                self.failed = name
        self.progress.finish(name, seconds, ok=ok)
