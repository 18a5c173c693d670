"""What releases were made of, kept by digest: the function's zip, Terraform's configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl.release.bucket import NEW

if TYPE_CHECKING:
    from resumectl.release.bucket import ProjectBucket


class Artifacts:
    """The kept artifacts of one part in one environment.

    Args:
        bucket: the project bucket.
        part: the part's name.
    """

    def __init__(self, bucket: ProjectBucket, part: str) -> None:
        self._bucket = bucket
        self._prefix = f"artifacts/{bucket.env}/{part}/"

    def keep(self, digest: str, data: bytes) -> None:
        """Store an artifact, unless it is kept already; other bytes in its place are damaged."""
        key = self._key(digest)
        if self._bucket.write(key, data, "application/zip", **NEW):
            return
        if self.read(digest) != data:
            self._bucket.write(key, data, "application/zip")

    def read(self, digest: str) -> bytes | None:
        """An artifact, or None if it is not kept."""
        stored = self._bucket.read(self._key(digest))
        return stored.body if stored else None

    def has(self, digest: str) -> bool:
        """Whether an artifact is kept."""
        return self._key(digest) in self._bucket.keys(self._key(digest))

    def delete(self, digest: str) -> None:
        """Delete an artifact that no kept release needs."""
        self._bucket.delete(self._key(digest))

    def _key(self, digest: str) -> str:
        return f"{self._prefix}{digest}.zip"
