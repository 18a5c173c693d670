"""The deploy lock: one writing command at a time per environment, also across machines.

The lock is an object written with If-None-Match, so S3 decides who wins. The holder rewrites it
every `HEARTBEAT` seconds with If-Match and a beat that counts up: the body, and so its ETag,
changes with each sign of life. How old the last sign is follows from S3's clock alone. A holder
that lost its lock is stopped by the fence before its next write.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from resumectl import interrupts, process
from resumectl.errors import CloudError, Locked
from resumectl.fence import Fence
from resumectl.process import Process
from resumectl.release.bucket import NEW, UNREADABLE
from resumectl.release.lease import HEARTBEAT, Heartbeat, Lease

if TYPE_CHECKING:
    from resumectl.release.bucket import ProjectBucket

DEAD_AFTER: Final = 90.0
"""Seconds without a sign of life after which a holder that we cannot see is called dead."""

_POLL: Final = 1.0
_MINUTE: Final = 60
_HOUR: Final = 3600


@dataclass(frozen=True)
class Holder:
    """Who holds a lock, as the lock itself says.

    Attributes:
        id: made anew for each command.
        beat: how often the lock was rewritten.
    """

    id: str
    actor: Mapping[str, str]
    command: str
    time: str
    process: Process
    beat: int = 0

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Holder:
        """Read a stored holder; keys that a newer resumectl added are left alone."""
        values = {item.name: document[item.name] for item in fields(cls) if item.name in document}
        known = {item.name for item in fields(Process)}
        place = {key: value for key, value in document["process"].items() if key in known}
        place["pid"] = int(place["pid"])
        actor = dict(document["actor"])
        return cls(**{**values, "actor": actor, "process": Process(**place)})


_UNKNOWN: Final = Holder("", {}, "", "", Process("", 0))
"""The holder of a lock that cannot be read."""


@dataclass(frozen=True)
class Held:
    """A lock as it was read: the holder, and what is known of its life.

    Attributes:
        age: seconds since the last sign of life.
        gone: the holder's process ran here and has exited.
    """

    holder: Holder
    etag: str
    age: float
    gone: bool

    @property
    def dead(self) -> bool:
        """Whether the holder can no longer be working."""
        return self.gone or self.age > DEAD_AFTER

    def describe(self) -> str:
        """One line: who, where, what, since when."""
        seen = f"last sign of life {_ago(self.age)} ago"
        if self.holder is _UNKNOWN:
            return f"an unknown holder (the lock cannot be read, {seen})"
        run = f", {self.holder.actor['run']}" if self.holder.actor.get("run") else ""
        who = f"{self.holder.actor.get('name')} on {self.holder.actor.get('host')}"
        return f"{who} ({self.holder.command}, since {self.holder.time}, {seen}{run})"


class Lock:
    """The lock of one environment.

    Args:
        bucket: the project bucket, through a client that the fence does not stop.
        me: this process.
        fence: stops the writes of this process once its lock is lost.
        alive: whether a process that we can see still runs, by pid and start.
        clock: seconds, also those while the machine sleeps.
        heartbeat: seconds between two signs of life.
        poll: seconds between two attempts to get a lock that somebody else holds.
    """

    def __init__(  # noqa: PLR0913 - collaborators
        self,
        bucket: ProjectBucket,
        me: Process,
        fence: Fence | None = None,
        *,
        alive: Callable[[int, str], bool] = process.alive,
        clock: Callable[[], float] = process.uptime,
        heartbeat: float = HEARTBEAT,
        poll: float = _POLL,
    ) -> None:
        self._bucket = bucket
        self._key = f"locks/{bucket.env}.json"
        self._env = bucket.env
        self._me = me
        self._fence = fence or Fence()
        self._alive = alive
        self._clock = clock
        self._heartbeat = heartbeat
        self._poll = poll

    def read(self) -> Held | None:
        """Who holds the lock, or None. A lock that cannot be read is held by an unknown holder."""
        stored = self._bucket.read(self._key)
        if stored is None:
            return None
        try:
            holder = Holder.from_json(json.loads(stored.body))
        except UNREADABLE:
            holder = _UNKNOWN
        return Held(holder, stored.etag, stored.age, gone=self._is_gone(holder.process))

    @contextmanager
    def held(
        self,
        command: str,
        actor: Mapping[str, str],
        now: datetime,
        note: Callable[[str], None],
        wait: float = 0.0,
    ) -> Iterator[Holder | None]:
        """Hold the lock while the block runs; gives the crashed holder it was taken from, if any.

        Args:
            command: what is being done, for whoever finds the lock taken.
            actor: as `actor.actor()` gives it.
            now: the time of day.
            note: told when the lock of a crashed process is taken over, when there is somebody to
                wait for, and when the lock could not be released.
            wait: seconds to wait for a lock that somebody else holds.

        Raises:
            Locked: somebody else holds it, or took it while the block was running.
        """
        began = now.isoformat(timespec="seconds")
        holder = Holder(uuid.uuid4().hex, dict(actor), command, began, self._me)
        try:
            lease, crashed = self._acquire(holder, note, wait)
        except Locked:
            raise
        except BaseException:
            self._give_up(holder)
            raise
        beat = Heartbeat(lease, self._heartbeat)
        beat.start()
        try:
            with self._fence.around(lease):
                yield crashed
        except Exception:  # what others did meanwhile may be the reason
            with suppress(CloudError):
                lease.prove()
            raise
        finally:
            beat.stop()
            self._give_back(lease.etag, note)

    def release(self, etag: str) -> bool:
        """Delete the lock if it is still the one with that ETag."""
        return self._bucket.delete(self._key, etag)

    def _give_up(self, holder: Holder) -> None:
        """Release our own lock if it was written, but its response was lost or interrupted."""
        with interrupts.held_back(), suppress(Exception):
            held = self.read()
            if held and held.holder.id == holder.id:
                self.release(held.etag)

    def _give_back(self, etag: str, note: Callable[[str], None]) -> None:
        """Release our own lock. If that fails, what was done is still done."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            with interrupts.held_back():
                self.release(etag)
        except (BotoCoreError, ClientError) as error:
            note(f"Could not release the lock ({error}). Later: resumectl unlock --env {self._env}")

    def _acquire(
        self, holder: Holder, note: Callable[[str], None], wait: float
    ) -> tuple[Lease, Holder | None]:
        end = time.monotonic() + wait
        waiting, crashed = False, None
        while True:
            lease, held = self._try(holder, note)
            if lease:
                return lease, crashed
            if held and held.gone:
                crashed = held.holder
                continue
            if held and time.monotonic() >= end:
                raise self._locked(held)
            if held and not waiting:
                note(f"Waiting for the lock of {held.describe()}.")
                waiting = True
            time.sleep(min(self._poll, wait))

    def _try(self, holder: Holder, note: Callable[[str], None]) -> tuple[Lease | None, Held | None]:
        """Returns our lease, or the current holder; None if the lock was freed meanwhile."""
        began = self._clock()
        etag = self._put(holder, **NEW)
        if etag:
            return self._lease(holder, etag, began), None
        held = self.read()
        if held and held.holder.id == holder.id:  # our write did succeed: its response was lost
            return self._lease(holder, held.etag, began), None
        if held and held.gone:
            note(f"Took over the lock of {held.describe()}: that process has exited.")
            self.release(held.etag)
        return None, held

    def _lease(self, holder: Holder, etag: str, began: float) -> Lease:
        return Lease(etag, began, lambda etag, beat: self._renew(holder, etag, beat), self._clock)

    def _renew(self, holder: Holder, etag: str, beat: int) -> str:
        """Rewrite the lock; its new ETag."""
        renewed = self._put(replace(holder, beat=beat), IfMatch=etag)
        if renewed:
            return renewed
        held = self.read()
        if held and held.holder.id == holder.id:
            return held.etag
        now = f"it is held by {held.describe()}" if held else "somebody released it"
        raise Locked(
            f"This {holder.command} lost the lock of environment {self._env}: {now}.",
            hint=f"It stopped before its next write. See what is live, then run it again:"
            f" resumectl status --env {self._env}",
            code="lock-lost",
        )

    def _locked(self, held: Held) -> Locked:
        hint = "Wait for it to finish (deploy and rollback: add --wait 600)."
        if held.dead:
            hint = f"It shows no sign of life: resumectl unlock --env {self._env}"
        return Locked(f"Environment {self._env} is locked by {held.describe()}.", hint=hint)

    def _put(self, holder: Holder, **condition: str) -> str | None:
        return self._bucket.write(self._key, json.dumps(asdict(holder)).encode(), **condition)

    def _is_gone(self, other: Process) -> bool:
        return self._me.can_see(other) and not self._alive(other.pid, other.started)


def _ago(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < _HOUR else f"{seconds / _HOUR:.1f} h"
