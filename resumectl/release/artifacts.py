"""What a release was made of, kept by its digest: the function's zip, Terraform's configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from resumectl.store import NEW, Store

if TYPE_CHECKING:
    from resumectl.aws import Client

Kind = Literal["function", "infra"]


class Artifacts:
    """The kept artifacts of one environment.

    Args:
        s3: a boto3 S3 client.
        bucket: the project bucket.
        env: the environment's name.
    """

    def __init__(self, s3: Client, bucket: str, env: str) -> None:
        self._store = Store(s3, bucket)
        self._prefix = f"artifacts/{env}/"

    def keep(self, kind: Kind, digest: str, data: bytes) -> None:
        """Store an artifact, unless it is kept already."""
        self._store.write(self._key(kind, digest), data, "application/zip", **NEW)

    def read(self, kind: Kind, digest: str) -> bytes | None:
        """An artifact, or None when it is not kept."""
        found = self._store.read(self._key(kind, digest))
        return found.body if found else None

    def forget(self, kind: Kind, digest: str) -> None:
        """Delete an artifact that no kept release needs any more."""
        self._store.delete(self._key(kind, digest))

    def _key(self, kind: Kind, digest: str) -> str:
        return f"{self._prefix}{kind}/{digest}.zip"
