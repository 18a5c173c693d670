"""Terraform's own state lock: an object beside the state. A killed Terraform leaves it behind."""

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
    """The holder of the lock, as Terraform wrote it; empty strings where it wrote nothing."""

    id: str
    operation: str
    who: str
    created: str
    etag: str

    def describe(self) -> str:
        """One line: who, which operation, since when."""
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
        """The current lock; None if the state is not locked."""
        stored = self._store.read(self._key)
        if stored is None:
            return None
        info = json.loads(stored.body)
        return StateLock(
            id=info.get("ID", ""),
            operation=info.get("Operation", ""),
            who=info.get("Who", ""),
            created=info.get("Created", ""),
            etag=stored.etag,
        )

    def release(self, lock: StateLock) -> bool:
        """Delete the lock if it is still this one; returns whether it was."""
        return self._store.delete(self._key, lock.etag)
