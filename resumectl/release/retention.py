"""Which releases are old enough to be forgotten, and what only they still need. Pure.

A release goes when it is neither among the last `keep` nor younger than `keep_days`. The live one, the last verified
one and a pinned one never go. Something a release was made of goes only when no kept release needs the very same thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from resumectl.release.ledger import Release
    from resumectl.settings import Retention


@dataclass(frozen=True)
class Needs:
    """What releases were made of.

    Attributes:
        objects: (key, version id) of the site's objects.
        versions: (number, SHA-256) of the function's published versions.
        packages: SHA-256 of the function's zips.
        configurations: digests of Terraform's configurations.
    """

    objects: frozenset[tuple[str, str]] = frozenset()
    versions: frozenset[tuple[str, str]] = frozenset()
    packages: frozenset[str] = frozenset()
    configurations: frozenset[str] = frozenset()

    def __sub__(self, other: Needs) -> Needs:
        return Needs(
            self.objects - other.objects,
            self.versions - other.versions,
            self.packages - other.packages,
            self.configurations - other.configurations,
        )


def needs(releases: Iterable[Release]) -> Needs:
    """Everything that any of these releases was made of."""
    rows = list(releases)
    functions = [release.function for release in rows if release.function]
    return Needs(
        frozenset(
            (key, entry["version_id"]) for release in rows for key, entry in release.site.items()
        ),
        frozenset((found["version"], found["sha256"]) for found in functions),
        frozenset(sha for found in functions for sha in (found["sha256"], found["latest"])),
        frozenset(release.infra["digest"] for release in rows if release.infra.get("digest")),
    )


def expired(
    oldest_first: Iterable[Release], retention: Retention, now: datetime
) -> Iterator[Release]:
    """Those that are too old; stops reading at the first that is not."""
    limit = now - timedelta(days=retention.keep_days)
    for release in oldest_first:
        if datetime.fromisoformat(release.time) >= limit:
            return
        yield release


def spared(newest_first: Iterable[Release], pinned: int | None) -> frozenset[int]:
    """The numbers that never go: the live release, the last verified one, the pinned one and what it stands for."""
    found = {pinned} if pinned else set()
    live = verified = None
    for release in newest_first:
        live = live or (release.id if release.status != "failed" else None)
        verified = verified or (release.id if release.status == "verified" else None)
        if live and verified:
            break
    return frozenset(number for number in (*found, live, verified) if number)


def candidates(numbers: Sequence[int], retention: Retention) -> list[int]:
    """Of all numbers, newest first, those beyond the last `keep`; oldest first."""
    return sorted(numbers[retention.keep :])
