"""The site as one of the three parts: its snapshots, and the manifest that a release records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resumectl.site.manifest import ReleasedObject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.plan import Snapshot
    from resumectl.site.manifest import Described, LiveObject
    from resumectl.site.scan import SiteFile


def worktree(files: Mapping[str, SiteFile]) -> Snapshot:
    """What the repository wants."""
    return {key: fields(file) for key, file in files.items()}


def released(manifest: Mapping[str, ReleasedObject]) -> Snapshot:
    """What a release recorded."""
    return {key: fields(entry) for key, entry in manifest.items()}


def live(objects: Mapping[str, LiveObject]) -> Snapshot:
    """What the bucket has now."""
    return {key: entry.fields for key, entry in objects.items()}


def fields(described: Described) -> dict[str, Any]:
    """Everything about an object that a visitor can tell, and nothing else."""
    return {
        "sha256": described.sha256,
        "content_type": described.content_type,
        "cache_control": described.cache_control,
    }


def record(
    wanted: Mapping[str, Described], objects: Mapping[str, LiveObject], written: Mapping[str, str]
) -> dict[str, ReleasedObject]:
    """The manifest of a release whose changes have been applied.

    Args:
        wanted: what the site is now: the scanned files, or after a rollback the manifest that was restored.
        objects: what was live before.
        written: key -> version id of what was applied since.
    """
    return {
        key: ReleasedObject.of(entry, written[key] if key in written else objects[key].version_id)
        for key, entry in wanted.items()
    }


def manifest_from_json(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, ReleasedObject]:
    """The site's part of a ledger record."""
    return {key: ReleasedObject.from_json(entry) for key, entry in entries.items()}


def manifest_as_json(manifest: Mapping[str, ReleasedObject]) -> dict[str, dict[str, Any]]:
    """The site's part of a ledger record, as JSON."""
    return {key: entry.as_json() for key, entry in manifest.items()}
