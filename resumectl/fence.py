"""The fence: a command that cannot prove that the deploy lock is still its own writes nothing.

A deploy can be suspended for longer than its lock lives (a closed laptop, SIGSTOP, a paused virtual
machine). While it sleeps, somebody releases the lock and another deploy wins. So everything that
may write asks the fence first: each request of a boto3 client (`aws.Cloud`), and Terraform before
it starts (`infra/workspace.py`). Commands that hold no lock pass.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

_READS: Final = ("Get", "List", "Head", "Describe")
"""How the names of operations begin that pass without asking. Any other may write."""


class HeldLock(Protocol):
    """A lock that this process took.

    Attributes:
        lost: set as soon as it is known that somebody else released or took it.
    """

    lost: threading.Event

    def prove(self) -> None:
        """Make sure that the lock is still ours.

        Raises:
            Locked: it is not.
            CloudError: it could not be looked up.
        """


class Fence:
    """Lets writes through while the lock is provably ours. Thread-safe."""

    def __init__(self) -> None:
        self._lock: HeldLock | None = None
        self._never = threading.Event()

    @contextmanager
    def around(self, lock: HeldLock) -> Iterator[None]:
        """Let each write of the block prove the lock first."""
        self._lock = lock
        try:
            yield
        finally:
            self._lock = None

    def require(self) -> None:
        """Pass if the lock is still ours, or if this command holds none.

        Raises:
            Locked: somebody else released or took the lock.
            CloudError: the lock could not be looked up.
        """
        lock = self._lock
        if lock:
            lock.prove()

    def guard(self, client: Any) -> None:
        """Let a boto3 client ask before each request that may write, also if it is sent again."""

        def before_send(event_name: str, **_: Any) -> None:
            operation = event_name.rpartition(".")[2]
            if not operation.startswith(_READS):
                self.require()

        client.meta.events.register_first("before-send", before_send)

    @property
    def lost(self) -> threading.Event:
        """Set as soon as it is known that the lock is lost."""
        lock = self._lock
        return lock.lost if lock else self._never
