"""The journal: what a command is about to upload, written before it begins to.

Whoever records how the command ended removes it. So what a killed command uploaded is known: the
next one that holds the lock finds its journal and records it as failed, and it is pruned like that
of any failed deploy. The journal lies beside the records, so listing them shows whether there is
one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import CloudError
from resumectl.release.bucket import NEW, UNREADABLE
from resumectl.release.record import Release

if TYPE_CHECKING:
    from resumectl.release.bucket import ProjectBucket
    from resumectl.release.record import Readers

SCHEMA: Final = "resumectl/journal/v1"

Intents = Mapping[str, Mapping[str, Any]]
"""What each part is about to upload, by its name, in its own terms."""


@dataclass(frozen=True)
class Entry:
    """A journal as it was read.

    Attributes:
        draft: the release that the command was about to make; None if it cannot be read.
        newest: the number of the newest record then; 0 if there was none.
    """

    etag: str
    draft: Release | None = None
    newest: int = 0
    intents: Intents = field(default_factory=dict)


class Journal:
    """The journal of one environment.

    Args:
        bucket: the project bucket.
        unfenced: the same through a client that still writes when the deploy lock is lost.
        readers: reads the record of each part, by the part's name.

    Attributes:
        key: of the object in the bucket.
    """

    def __init__(self, bucket: ProjectBucket, unfenced: ProjectBucket, readers: Readers) -> None:
        self.key = f"releases/{bucket.env}/journal.json"
        self._bucket, self._unfenced = bucket, unfenced
        self._readers = readers
        self._etag: str | None = None

    def open(self, draft: Release, newest: int, intents: Intents) -> None:
        """Write it. One that is there already, which nobody expects, stays."""
        document = {
            "schema": SCHEMA,
            "newest": newest,
            "draft": draft.as_json(),
            "intents": {part: dict(intent) for part, intent in intents.items()},
        }
        body = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
        self._etag = self._bucket.write(self.key, body, **NEW)
        if self._etag is None:  # or it is our own, and the response was lost
            stored = self._bucket.read(self.key)
            self._etag = stored.etag if stored and stored.body == body else None

    def close(self) -> None:
        """Remove what this process wrote. If that fails, the next command sees that it is over."""
        from botocore.exceptions import BotoCoreError, ClientError

        etag, self._etag = self._etag, None
        if etag:
            with suppress(BotoCoreError, ClientError, CloudError):
                self._unfenced.delete(self.key, etag)

    def read(self) -> Entry | None:
        """What another process left, or None."""
        stored = self._bucket.read(self.key)
        if stored is None:
            return None
        try:
            document = json.loads(stored.body)
            if document["schema"] != SCHEMA:
                return Entry(stored.etag)
            draft = Release.from_json(document["draft"], self._readers)
            intents = {str(part): dict(intent) for part, intent in document["intents"].items()}
            return Entry(stored.etag, draft, int(document["newest"]), intents)
        except UNREADABLE:
            return Entry(stored.etag)

    def remove(self, entry: Entry) -> None:
        """Remove what was read."""
        self._bucket.delete(self.key, entry.etag)
