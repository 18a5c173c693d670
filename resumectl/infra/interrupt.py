"""Ctrl-C while Terraform runs: the first one is passed on, the second one is held back.

Terraform stops in order when it is interrupted once: it finishes the resources that it works on,
saves its state and releases its lock. A second interrupt makes it exit at once, "data loss may have
occurred". People press Ctrl-C twice, and a CI system that cancels a job sends SIGINT and then
SIGTERM, so only the third one gets through.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from resumectl import interrupts

_STOPS: Final = (
    "Terraform stops: it finishes the resources that it works on and saves its state."
    " This can take minutes."
)
_HELD: Final = (
    "Terraform is still saving what it did. Press Ctrl-C again to kill it: resources that are not"
    " in its state yet would be left behind, and the next deploy would look for them."
)


class Stop:
    """Asks Terraform to stop, at most once unless somebody insists.

    Args:
        send: sends Terraform a signal.
        note: told what the signal does.

    Attributes:
        interrupts: how often Ctrl-C was pressed.
    """

    def __init__(self, send: Callable[[int], None], note: Callable[[str], None]) -> None:
        self._send = send
        self._note = note
        self._asked = self._held = False
        self._seen = 0
        self.interrupts = 0

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Count interrupts while the block runs, so that none of them breaks off the waiting."""
        with interrupts.handled(self._count):
            yield

    def look(self, *, abandoned: bool) -> None:
        """Pass on what happened since the last look.

        Args:
            abandoned: whether nobody needs the result any more.
        """
        if abandoned and not self._asked:
            self._ask()
        while self._seen < self.interrupts:
            self._seen += 1
            self._interrupted()

    def _interrupted(self) -> None:
        if not self._asked:
            self._note(_STOPS)
            self._ask()
        elif not self._held:
            self._held = True
            self._note(_HELD)
        else:
            self._ask()

    def _ask(self) -> None:
        self._asked = True
        self._send(signal.SIGINT)

    def _count(self, *_: Any) -> None:
        self.interrupts += 1
