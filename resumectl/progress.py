"""Steps of a command, reported while they run and timed.

A command says `with steps(UPLOAD_SITE) as tell:`; a renderer implements `Progress`.
"""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Step:
    """One step of a command.

    Attributes:
        id: what JSON, the ledger and code know, such as `upload-site`; it never changes.
        label: what people read; it may change.
    """

    id: str
    label: str


class Progress(Protocol):
    """Receives the progress of a command. Called from several threads."""

    def start(self, step: Step) -> None:
        """A step began."""

    def update(self, step: Step, detail: str) -> None:
        """A running step has a new detail."""

    def finish(self, step: Step, seconds: float, *, ok: bool) -> None:
        """A step ended."""

    def note(self, line: str) -> None:
        """Something worth knowing that is not a step."""

    def paused(self) -> AbstractContextManager[None]:
        """Leaves the terminal alone while the block runs, so that a question can be asked."""


class Silent:
    """Shows nothing."""

    def start(self, step: Step) -> None:
        """Nothing."""

    def update(self, step: Step, detail: str) -> None:
        """Nothing."""

    def finish(self, step: Step, seconds: float, *, ok: bool) -> None:
        """Nothing."""

    def note(self, line: str) -> None:
        """Nothing."""

    def paused(self) -> AbstractContextManager[None]:
        """Nothing."""
        return nullcontext()


class Steps:
    """Runs steps, reports them to a `Progress` and records their times.

    Attributes:
        timings: seconds by step id, in the order in which the steps ended.
        failed: the id of the first step that raised, or None.
    """

    def __init__(self, progress: Progress, clock: Callable[[], float] = time.monotonic) -> None:
        self.progress = progress
        self.timings: dict[str, float] = {}
        self.failed: str | None = None
        self._clock = clock
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, step: Step) -> Iterator[Callable[[str], None]]:
        """Run the block as a step; yields a function that updates the step's detail."""
        began = self._clock()
        self.progress.start(step)
        ok = False
        try:
            yield lambda detail: self.progress.update(step, detail)
            ok = True
        finally:
            self._finish(step, self._clock() - began, ok=ok)

    def _finish(self, step: Step, seconds: float, *, ok: bool) -> None:
        with self._lock:
            self.timings[step.id] = round(seconds, 3)
            # An error passes through the steps around it too: the innermost one failed.
            if not ok and self.failed is None:
                self.failed = step.id
        self.progress.finish(step, seconds, ok=ok)
