"""What a release recorded about the site, and what is live: one entry per object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

NO_VERSION: Final = "null"
"""The version id in a bucket without versioning: such an object can be overwritten in place."""


class Described(Protocol):
    """Anything with the bytes and headers of an object: a file, a record, a live object."""

    @property
    def size(self) -> int:
        """How many bytes."""

    @property
    def sha256(self) -> str:
        """Of the bytes, in hex."""

    @property
    def content_type(self) -> str:
        """The header."""

    @property
    def cache_control(self) -> str:
        """The header."""


@dataclass(frozen=True)
class ReleasedObject:
    """One object as a release recorded it; `version_id` brings it back."""

    sha256: str
    size: int
    content_type: str
    cache_control: str
    version_id: str

    @classmethod
    def of(cls, wanted: Described, version_id: str) -> ReleasedObject:
        """The record of an object that is now live as `version_id`."""
        return cls(
            wanted.sha256, wanted.size, wanted.content_type, wanted.cache_control, version_id
        )

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> ReleasedObject:
        """The entry as the ledger holds it; unknown keys of a later version are ignored."""
        return cls(**{name: entry[name] for name in cls.__dataclass_fields__})

    def as_json(self) -> dict[str, Any]:
        """The entry for the ledger."""
        return asdict(self)


@dataclass(frozen=True)
class LiveObject:
    """One object as it is served now.

    Attributes:
        fields: also shows headers that we never set, when somebody did.
        etag: of its bytes; a write can be made to depend on it.
        modified: since when (ISO 8601), if it is not what the last release recorded.
    """

    fields: Mapping[str, Any]
    size: int
    version_id: str
    etag: str
    modified: str | None = None
