"""Terraform's own state lock: an object beside the state, which a killed Terraform leaves behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resumectl.infra.state import key
from resumectl.store import Store

if TYPE_CHECKING:
    from resumectl.aws import Client


@dataclass(frozen=True)
class StateLock:
    """Who holds the state, in Terraform's words."""

    id: str
    operation: str
    who: str
    created: str
    etag: str

    def describe(self) -> str:
        """One line: who, what, since when."""
        return f"{self.who} ({self.operation}, since {self.created})"


class StateLocks:
    """The state lock of one environment.

    Args:
        s3: a boto3 S3 client.
        bucket: the project bucket.
        env: the environment's name.
    """

    def __init__(self, s3: Client, bucket: str, env: str) -> None:
        self._store = Store(s3, bucket)
        self._key = f"{key(env)}.tflock"

    def read(self) -> StateLock | None:
        """The lock, or None."""
        found = self._store.read(self._key)
        if found is None:
            return None
        info = json.loads(found.body)
        return StateLock(
            info.get("ID", ""),
            info.get("Operation", ""),
            info.get("Who", ""),
            info.get("Created", ""),
            found.etag,
        )

    def release(self, lock: StateLock) -> bool:
        """Delete the lock if it is still that one."""
        return self._store.delete(self._key, lock.etag)
