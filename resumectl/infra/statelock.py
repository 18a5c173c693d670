"""Terraform's own state lock: an object beside the state that outlives a killed Terraform."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resumectl.infra.state import key

if TYPE_CHECKING:
    from resumectl.release.bucket import ProjectBucket


@dataclass(frozen=True)
class StateLock:
    """Who holds the state, in Terraform's words."""

    id: str
    operation: str
    who: str
    created: str
    etag: str
    bucket: ProjectBucket

    def describe(self) -> str:
        """One line: who, what, since when."""
        if not self.who:
            return "Terraform: an unknown process"
        return f"Terraform: {self.who} ({self.operation}, since {self.created})"

    def release(self) -> bool:
        """Delete the lock if it is still this one."""
        return self.bucket.delete(_key(self.bucket), self.etag)


def read(bucket: ProjectBucket) -> StateLock | None:
    """The lock of the environment's state, or None."""
    stored = bucket.read(_key(bucket))
    if stored is None:
        return None
    try:
        info = dict(json.loads(stored.body))
    except (ValueError, TypeError):  # it locks all the same
        info = {}
    return StateLock(
        id=info.get("ID", ""),
        operation=info.get("Operation", ""),
        who=info.get("Who", ""),
        created=info.get("Created", ""),
        etag=stored.etag,
        bucket=bucket,
    )


def _key(bucket: ProjectBucket) -> str:
    return f"{key(bucket.env)}.tflock"
