"""A pin: after a rollback, deploy leaves the environment alone until somebody unpins it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.release.bucket import ProjectBucket


@dataclass(frozen=True)
class Pin:
    """Why an environment is pinned.

    Attributes:
        release: the release that was rolled back to.
        actor: who rolled back.
        time: when (ISO 8601).
        reason: why, as that person wrote it.
    """

    release: int
    actor: Mapping[str, str]
    time: str
    reason: str

    def describe(self) -> str:
        """One line: which release, who, when, why."""
        why = f": {self.reason}" if self.reason else ""
        return f"pinned to release #{self.release} by {self.actor.get('name')} at {self.time}{why}"


class Pins:
    """The pin of one environment."""

    def __init__(self, bucket: ProjectBucket) -> None:
        self._bucket = bucket
        self._key = f"pins/{bucket.env}.json"

    def read(self) -> Pin | None:
        """The pin, or None."""
        stored = self._bucket.read(self._key)
        return Pin(**json.loads(stored.body)) if stored else None

    def set(self, pin: Pin) -> None:
        """Pin the environment."""
        self._bucket.write(self._key, json.dumps(asdict(pin)).encode())

    def remove(self) -> None:
        """Unpin the environment."""
        self._bucket.delete(self._key)
