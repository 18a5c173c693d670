"""The deploy lock: one writing command at a time for each environment, also across machines.

The lock is an object written with If-None-Match, so S3 itself decides who wins. The holder writes it again every
`HEARTBEAT` seconds with If-Match; how old the last sign of life is, is told by S3's own clock alone.
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from resumectl import process
from resumectl.errors import Locked
from resumectl.store import NEW, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from resumectl.aws import Client

HEARTBEAT: Final = 15.0
DEAD_AFTER: Final = 90.0
"""Seconds without a sign of life after which a holder on another machine is called dead."""

_POLL: Final = 1.0
_MINUTE: Final = 60
_HOUR: Final = 3600


@dataclass(frozen=True)
class Holder:
    """Who holds a lock, as the lock itself says."""

    id: str
    actor: Mapping[str, str]
    command: str
    time: str
    pid: int
    started: str
    """The start of the process as its kernel counts it: tells a living process from a new one with the same pid."""


@dataclass(frozen=True)
class Held:
    """A lock as it is found: the holder, and what is known of its life."""

    holder: Holder
    etag: str
    age: float
    """Seconds since the last sign of life."""
    gone: bool
    """The holder's process ran on this machine, and is no more."""

    @property
    def dead(self) -> bool:
        """Whether the holder can no longer be working."""
        return self.gone or self.age > DEAD_AFTER

    def describe(self) -> str:
        """One line: who, where, what, since when."""
        run = f", {self.holder.actor['run']}" if self.holder.actor.get("run") else ""
        who = f"{self.holder.actor.get('name')} on {self.holder.actor.get('host')}"
        return f"{who} ({self.holder.command}, since {self.holder.time}, last sign {_ago(self.age)} ago{run})"


class Lock:
    """The lock of one environment.

    Args:
        s3: a boto3 S3 client.
        bucket: the project bucket.
        env: the environment's name.
    """

    def __init__(self, s3: Client, bucket: str, env: str) -> None:
        self._store = Store(s3, bucket)
        self._key = f"locks/{env}.json"
        self._env = env

    def read(self) -> Held | None:
        """Who holds the lock, or None."""
        found = self._store.read(self._key)
        if found is None:
            return None
        holder = Holder(**json.loads(found.body))
        return Held(holder, found.etag, found.age, gone=_is_gone(holder))

    @contextmanager
    def held(
        self,
        command: str,
        actor: Mapping[str, str],
        now: datetime,
        note: Callable[[str], None],
        wait: float = 0.0,
    ) -> Iterator[Holder | None]:
        """Hold the lock while the block runs; gives the dead process of this machine that lost it, if there was one.

        Args:
            command: what is being done, for whoever finds the lock taken.
            actor: as `actor.actor()` gives it.
            now: the time of day.
            note: told when a dead process of this machine lost its lock, when there is somebody to wait for, and when
                the lock could not be given back.
            wait: seconds to wait for a lock that somebody else holds.

        Raises:
            Locked: somebody else holds it.
        """
        holder = Holder(
            uuid.uuid4().hex,
            dict(actor),
            command,
            now.isoformat(timespec="seconds"),
            os.getpid(),
            process.started(os.getpid()),
        )
        etag, dead = self._acquire(holder, note, wait)
        beat = _Heartbeat(lambda etag: self._renew(holder, etag), etag)
        beat.start()
        try:
            yield dead
        finally:
            beat.stop()
            self._give_back(beat.etag, note)

    def release(self, etag: str) -> bool:
        """Delete the lock if it is still the one with that ETag."""
        return self._store.delete(self._key, etag)

    def _give_back(self, etag: str, note: Callable[[str], None]) -> None:
        """Release our own lock; that it cannot be released changes nothing about what was done."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self.release(etag)
        except (BotoCoreError, ClientError) as error:
            note(
                f"The lock could not be given back ({error}); later: resumectl unlock --env {self._env}"
            )

    def _acquire(
        self, holder: Holder, note: Callable[[str], None], wait: float
    ) -> tuple[str, Holder | None]:
        end = time.monotonic() + wait
        told, dead = False, None
        while True:
            etag, held = self._try(holder, note)
            if etag:
                return etag, dead
            if held and held.gone:
                dead = held.holder
                continue
            if held and time.monotonic() >= end:
                raise self._locked(held)
            if held and not told:
                note(f"Waiting for the lock of {held.describe()}.")
                told = True
            time.sleep(min(_POLL, wait))

    def _try(self, holder: Holder, note: Callable[[str], None]) -> tuple[str | None, Held | None]:
        """One attempt: the ETag of our lock; or who holds it, or held it and is gone; or neither: it is free by now."""
        etag = self._put(holder, **NEW)
        if etag:
            return etag, None
        held = self.read()
        if held and held.holder.id == holder.id:
            return held.etag, None  # the first try did write it: only its answer was lost
        if held and held.gone:
            note(f"Took over the lock of {held.describe()}: that process has ended.")
            self.release(held.etag)
        return None, held

    def _renew(self, holder: Holder, etag: str) -> str | None:
        """Write the lock again; its new ETag, or None when it is no longer ours."""
        renewed = self._put(holder, IfMatch=etag)
        if renewed:
            return renewed
        held = self.read()
        return held.etag if held and held.holder.id == holder.id else None

    def _locked(self, held: Held) -> Locked:
        hint = (
            f"It shows no sign of life: resumectl unlock --env {self._env}"
            if held.dead
            else "Wait for it to end."
        )
        return Locked(f"Environment {self._env} is locked by {held.describe()}.", hint=hint)

    def _put(self, holder: Holder, **condition: str) -> str | None:
        return self._store.write(self._key, json.dumps(asdict(holder)).encode(), **condition)


class _Heartbeat(threading.Thread):
    """Writes the lock again and again until it is told to stop, or until the lock is no longer ours."""

    def __init__(self, renew: Callable[[str], str | None], etag: str) -> None:
        super().__init__(name="lock-heartbeat", daemon=True)
        self._renew = renew
        self._stopped = threading.Event()
        self.etag = etag

    def run(self) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        while not self._stopped.wait(HEARTBEAT):
            with suppress(BotoCoreError, ClientError):  # made up for by the next beat
                etag = self._renew(self.etag)
                if etag is None:
                    return
                self.etag = etag

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def _is_gone(holder: Holder) -> bool:
    import socket

    return holder.actor.get("host") == socket.gethostname() and not process.alive(
        holder.pid, holder.started
    )


def _ago(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < _HOUR else f"{seconds / _HOUR:.1f} h"
