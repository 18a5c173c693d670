"""What a release remembers of the site: its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resumectl.release.record import Record
from resumectl.site import snapshot
from resumectl.site.manifest import ReleasedObject

if TYPE_CHECKING:
    from resumectl.release.record import Need
    from resumectl.site.manifest import Described, LiveObject


@dataclass(frozen=True)
class SiteRecord(Record):
    """The objects that were published, by key."""

    objects: Mapping[str, ReleasedObject]

    def as_json(self) -> dict[str, Any]:
        return {key: entry.as_json() for key, entry in self.objects.items()}

    def summary(self) -> dict[str, Any]:
        """How many objects and bytes: a manifest can have thousands of rows."""
        size = sum(entry.size for entry in self.objects.values())
        return {"objects": len(self.objects), "bytes": size}

    def content(self) -> object:
        return snapshot.described(self.objects)

    def needs(self) -> frozenset[Need]:
        """The (key, version id) of each object."""
        return frozenset((key, entry.version_id) for key, entry in self.objects.items())

    def served(self) -> Mapping[str, str]:
        return {key: entry.sha256 for key, entry in self.objects.items()}

    @classmethod
    def of(
        cls,
        wanted: Mapping[str, Described],
        live: Mapping[str, LiveObject],
        written: Mapping[str, str],
    ) -> SiteRecord:
        """The record of a site that was just applied.

        Args:
            wanted: the files that were uploaded, or the objects of the record that was restored. Of
                these, one that still differs (the settings ignore it) stays as recorded.
            live: the objects before.
            written: the version id of each object that was written, by key.
        """
        described = snapshot.described(wanted)
        versions: dict[str, str] = {}
        for key, entry in wanted.items():
            if isinstance(entry, ReleasedObject):
                versions[key] = entry.version_id
        for key, current in live.items():
            if current.fields == described.get(key):
                versions[key] = current.version_id
        versions |= written
        return cls({key: ReleasedObject.of(entry, versions[key]) for key, entry in wanted.items()})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> SiteRecord:
        return cls({key: ReleasedObject.from_json(entry) for key, entry in document.items()})
