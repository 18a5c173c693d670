"""Steps: what a command is doing, reported as it happens and timed.

A command says `with steps(UPLOAD) as tell:`; whoever watches implements `Progress`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from resumectl import aws

if TYPE_CHECKING:
    Tell = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One thing that a command does.

    Attributes:
        id: what JSON, the ledger and code know it by, such as `upload-site`; it never changes.
        label: what people read, in the imperative.
    """

    id: str
    label: str


class Progress(Protocol):
    """Whoever watches a command: a terminal, a log, a test. Called from several threads.

    Methods that a watcher does not override do nothing.
    """

    def start(self, step: Step) -> None:
        """A step began."""
        return

    def update(self, step: Step, detail: str) -> None:
        """A running step has news."""
        return

    def finish(self, step: Step, seconds: float, *, ok: bool) -> None:
        """A step ended."""
        return

    def note(self, line: str) -> None:
        """Something worth knowing that is not a step."""
        return

    def paused(self) -> AbstractContextManager[None]:
        """Leave the terminal alone while the block runs, so that a question can be asked."""
        return nullcontext()


class Silent(Progress):
    """Reports nothing."""


class Steps:
    """Runs steps, reports them to a `Progress` and remembers how long they took.

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
    def __call__(self, step: Step) -> Iterator[Tell]:
        """Run the block as `step`; the block gets a function that updates the step's detail.

        Raises:
            CloudError: in place of any botocore error.
        """
        began = self._clock()
        self.progress.start(step)
        ok = False
        try:
            with aws.translated(f"trying to {step.label[:1].lower()}{step.label[1:]}"):
                yield lambda detail: self.progress.update(step, detail)
            ok = True
        finally:
            self._end(step, self._clock() - began, ok=ok)

    def note(self, line: str) -> None:
        """Report something that is not a step."""
        self.progress.note(line)

    def _end(self, step: Step, seconds: float, *, ok: bool) -> None:
        with self._lock:
            self.timings[step.id] = round(seconds, 3)
            if not ok and self.failed is None:
                self.failed = step.id
        self.progress.finish(step, seconds, ok=ok)
