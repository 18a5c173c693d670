"""The release ledger: one immutable JSON record per release, in the project bucket.

A record is written last, with a conditional write, so two deploys can never both be number 42. A
deploy that failed is recorded as failed; it is never what "released" means, and never a target to
roll back to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from resumectl.errors import CloudError
from resumectl.release.bucket import NEW, UNREADABLE
from resumectl.release.journal import Journal
from resumectl.release.record import Release

if TYPE_CHECKING:
    from resumectl.release.bucket import ProjectBucket
    from resumectl.release.record import Readers, Record


class Unreadable(CloudError):
    """A record is damaged, missing although it is listed, or written by a newer resumectl."""

    code = "unreadable-record"


@dataclass(frozen=True)
class Heads:
    """The two records that matter most.

    Attributes:
        newest: the newest record, failed or not. The record of a command that lost its lock says
            nothing of what is live, and is left out.
        released: the newest release that did not fail; None before the first one and once
            destroyed.
        unfinished: there is a journal: a command runs, or was killed.
    """

    newest: Release | None = None
    released: Release | None = None
    unfinished: bool = False

    def record(self, part: str) -> Record | None:
        """What the live release remembers of a part."""
        return self.released.parts.get(part) if self.released else None

    def standing(self, part: str) -> Record | None:
        """What was applied last of a part that no rollback moves, maybe by a failed deploy."""
        newest = self.newest.parts.get(part) if self.newest else None
        return newest or self.record(part)


class Ledger:
    """The releases of one environment.

    Args:
        bucket: the project bucket.
        readers: reads the record of each part, by the part's name.
        note: told once about each record that is skipped because it cannot be read.
        unfenced: the bucket through a client that still writes when the deploy lock is lost.

    Attributes:
        journal: of the command that is running; removed with its record.
    """

    def __init__(
        self,
        bucket: ProjectBucket,
        readers: Readers,
        note: Callable[[str], None] = lambda _: None,
        unfenced: ProjectBucket | None = None,
    ) -> None:
        self._bucket = bucket
        self._unfenced = unfenced or bucket
        self._readers = readers
        self._note = note
        self._noted: set[int] = set()
        self._prefix = f"releases/{bucket.env}/"
        self.journal = Journal(bucket, self._unfenced, readers)

    def numbers(self) -> list[int]:
        """The numbers of all records, the newest first."""
        return self._numbers(self._bucket.keys(self._prefix))

    def _numbers(self, keys: Iterable[str]) -> list[int]:
        names = (key.removeprefix(self._prefix).removesuffix(".json") for key in keys)
        return sorted((int(name) for name in names if name.isdecimal()), reverse=True)

    def read(self, number: int) -> Release | None:
        """The release with that number, or None.

        Raises:
            Unreadable: its record cannot be read.
        """
        stored = self._bucket.read(self._key(number))
        if stored is None:
            return None
        try:
            return Release.from_json(json.loads(stored.body), self._readers)
        except UNREADABLE as error:
            reason = f"{type(error).__name__}: {error}"
            hint = "Update resumectl if a newer one wrote it. If it is damaged: aws s3 rm "
            raise self._unreadable(number, reason, hint + self._url(number)) from error

    def newest_first(self) -> Iterator[Release]:
        """The releases, read one by one as they are asked for; unreadable ones are skipped."""
        for number in self.numbers():
            try:
                release = self.read(number)
            except Unreadable as error:
                if number not in self._noted:
                    self._noted.add(number)
                    self._note(f"Skipped: {error.message}")
                continue
            if release:
                yield release

    def heads(self) -> Heads:
        """The newest record and the live release.

        Raises:
            Unreadable: which release is live depends on a record that cannot be read.
        """
        newest, keys = None, self._bucket.keys(self._prefix)
        unfinished = self.journal.key in keys
        for number in self._numbers(keys):
            release = self.read(number)
            if release is None:  # right after S3 made a bucket, a read can miss what is listed
                hint = "S3 may need a few minutes to show it. Run the command again."
                raise self._unreadable(number, "listed, but not found", hint)
            if release.lock_lost:
                continue
            newest = newest or release
            if release.status == "destroyed":
                break
            if release.status != "failed":
                return Heads(newest, release, unfinished)
        return Heads(newest, None, unfinished)

    def append(self, release: Release) -> Release:
        """Store a new record under the next free number, and remove this process's journal.

        Returns:
            The release with the number that it got.
        """
        recorded = self._append(release, self._bucket)
        self.journal.close()
        return recorded

    def append_without_lock(self, release: Release) -> Release:
        """Store that a command lost its lock. The record says nothing of what is live."""
        lost = replace(release, status="failed", parts={}, smoke=(), lock_lost=True)
        return self._append(lost, self._unfenced)

    def _append(self, release: Release, bucket: ProjectBucket) -> Release:
        number = max(self.numbers(), default=0) + 1
        while True:
            numbered = replace(release, id=number)
            document = json.dumps(numbered.as_json(), sort_keys=True, separators=(",", ":"))
            body = document.encode()
            # If the response was lost, the record may be there, and be this one.
            if bucket.write(self._key(number), body, **NEW) or self._is(number, body):
                return numbered
            number += 1

    def forget(self, number: int) -> None:
        """Delete the record with that number."""
        self._bucket.delete(self._key(number))

    def _is(self, number: int, body: bytes) -> bool:
        stored = self._bucket.read(self._key(number))
        return stored is not None and stored.body == body

    def _unreadable(self, number: int, reason: str, hint: str) -> Unreadable:
        where = f"release #{number} ({self._url(number)})"
        return Unreadable(f"The record of {where} cannot be read: {reason}", hint=hint)

    def _url(self, number: int) -> str:
        return f"s3://{self._bucket.name}/{self._key(number)}"

    def _key(self, number: int) -> str:
        return f"{self._prefix}{number:06d}.json"
