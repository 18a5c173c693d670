"""A pin: after a rollback, deploy leaves the environment alone until somebody unpins it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from resumectl.release.bucket import UNREADABLE

if TYPE_CHECKING:
    from resumectl.release.bucket import ProjectBucket


@dataclass(frozen=True)
class Pin:
    """Why an environment is pinned.

    Attributes:
        release: the release that was rolled back to; None if the pin cannot be read.
        actor: who rolled back.
        time: when (ISO 8601).
        reason: why, as that person wrote it.
    """

    release: int | None
    actor: Mapping[str, str]
    time: str
    reason: str

    def describe(self) -> str:
        """One line: which release, who, when, why."""
        why = f": {self.reason}" if self.reason else ""
        if self.release is None:
            return f"pinned{why}"
        return f"pinned to release #{self.release} by {self.actor.get('name')} at {self.time}{why}"


class Pins:
    """The pin of one environment."""

    def __init__(self, bucket: ProjectBucket) -> None:
        self._bucket = bucket
        self._key = f"pins/{bucket.env}.json"

    def read(self) -> Pin | None:
        """The pin, or None. One that cannot be read is a pin, too."""
        stored = self._bucket.read(self._key)
        if stored is None:
            return None
        try:
            return _parse(json.loads(stored.body))
        except UNREADABLE:
            return Pin(None, {}, "", f"{self._key} cannot be read")

    def set(self, pin: Pin) -> None:
        """Pin the environment."""
        self._bucket.write(self._key, json.dumps(asdict(pin)).encode())

    def remove(self) -> None:
        """Unpin the environment."""
        self._bucket.delete(self._key)


def _parse(document: Mapping[str, Any]) -> Pin:
    who, time, why = dict(document["actor"]), str(document["time"]), str(document["reason"])
    return Pin(int(document["release"]), who, time, why)
