"""A lock that we hold: renewed in the background, proven before each write.

It is proven by renewing it, which is one conditional write. How long ago that was is measured on a
clock that also counts while the machine sleeps or the process is suspended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from resumectl import aws
from resumectl.errors import Locked, ResumectlError

HEARTBEAT: Final = 15.0
LEASE: Final = 20.0
"""Seconds after which a renewal proves nothing any more. A little more than a heartbeat, so that a
healthy command never waits for a proof; much less than the time after which others may call the
holder dead, so that a request that was just let through has arrived by then."""


class Lease:
    """A lock that we took.

    Args:
        etag: of the lock as we wrote it.
        proven: when we began to write it, on `clock`.
        renew: rewrites the lock, given its ETag and the number of the beat; returns the new ETag.
            Raises `Locked` if it is no longer ours.
        clock: seconds, also those while the machine sleeps.

    Attributes:
        lost: set once the lock is known to be no longer ours. It never becomes ours again.
    """

    def __init__(
        self,
        etag: str,
        proven: float,
        renew: Callable[[str, int], str],
        clock: Callable[[], float],
    ) -> None:
        self.etag = etag
        self.lost = threading.Event()
        self._proven = proven
        self._renew = renew
        self._clock = clock
        self._beat = 0
        self._reason = Locked("")
        self._turn = threading.Lock()

    def renew(self) -> None:
        """Rewrite the lock, and learn whether it is still ours. Raises botocore's errors.

        Raises:
            Locked: it is lost.
        """
        with self._turn:
            self._renew_now()

    def prove(self) -> None:
        """Make sure that the lock is still ours; costs nothing if it was renewed a moment ago.

        Raises:
            Locked: it is lost.
            CloudError: it could not be renewed, so nobody knows.
        """
        if not self.lost.is_set() and not self._is_over():
            return
        with self._turn, aws.translated("proving that the deploy lock is still ours"):
            if self._is_over() or self.lost.is_set():
                self._renew_now()

    def _is_over(self) -> bool:
        return self._clock() - self._proven >= LEASE

    def _renew_now(self) -> None:
        if self.lost.is_set():
            raise self._reason
        began = self._clock()
        self._beat += 1
        try:
            self.etag = self._renew(self.etag, self._beat)
        except Locked as reason:
            self._reason = reason
            self.lost.set()
            raise
        self._proven = began


class Heartbeat(threading.Thread):
    """Renews a lease until it is told to stop, or until the lock is lost."""

    def __init__(self, lease: Lease, seconds: float) -> None:
        super().__init__(name="lock-heartbeat", daemon=True)
        self._lease = lease
        self._seconds = seconds
        self._stopped = threading.Event()

    def run(self) -> None:
        """Renew, again and again; the next beat makes up for one that failed."""
        from botocore.exceptions import BotoCoreError, ClientError

        while not self._stopped.wait(self._seconds) and not self._lease.lost.is_set():
            with suppress(BotoCoreError, ClientError, ResumectlError):
                self._lease.renew()

    def stop(self) -> None:
        """End it, and wait until a beat in progress has ended."""
        self._stopped.set()
        self.join()
