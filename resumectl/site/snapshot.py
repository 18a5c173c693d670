"""The snapshots of the site: key -> everything about an object that a visitor can tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from resumectl.plan import Snapshot
    from resumectl.site.manifest import Described, LiveObject


HARMLESS: Final = frozenset(
    {"sha256", "content_type", "cache_control", "content_encoding", "content_language"}
)
"""The fields whose text is shown."""


def described(objects: Mapping[str, Described]) -> Snapshot:
    """What the worktree wants, or what a release recorded."""
    return {key: fields(entry) for key, entry in objects.items()}


def live(objects: Mapping[str, LiveObject]) -> Snapshot:
    """What the bucket has now."""
    return {key: entry.fields for key, entry in objects.items()}


def fields(entry: Described) -> dict[str, Any]:
    """The fields of one object."""
    return {
        "sha256": entry.sha256,
        "content_type": entry.content_type,
        "cache_control": entry.cache_control,
    }
