"""A pin: after a rollback, deploy leaves the environment alone until somebody says that the cause is mended."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from resumectl.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.aws import Client


@dataclass(frozen=True)
class Pin:
    """Why an environment is pinned.

    Attributes:
        release: the release that was rolled back to.
        actor: who did.
        time: when.
        reason: why, in that person's words.
    """

    release: int
    actor: Mapping[str, str]
    time: str
    reason: str

    def describe(self) -> str:
        """One line: who, when, why."""
        why = f": {self.reason}" if self.reason else ""
        return f"pinned to release #{self.release} by {self.actor.get('name')} at {self.time}{why}"


class Pins:
    """The pin of one environment.

    Args:
        s3: a boto3 S3 client.
        bucket: the project bucket.
        env: the environment's name.
    """

    def __init__(self, s3: Client, bucket: str, env: str) -> None:
        self._store = Store(s3, bucket)
        self._key = f"pins/{env}.json"

    def read(self) -> Pin | None:
        """The pin, or None."""
        found = self._store.read(self._key)
        return Pin(**json.loads(found.body)) if found else None

    def set(self, pin: Pin) -> None:
        """Pin the environment."""
        self._store.write(self._key, json.dumps(asdict(pin)).encode())

    def remove(self) -> None:
        """Unpin the environment."""
        self._store.delete(self._key)
