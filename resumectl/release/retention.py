"""Which releases are old enough to be pruned, and what only they still need. Pure.

A release goes when it is neither among the last `keep` nor younger than `keep_days`. The live one,
the last verified one and a pinned one never go. What a release was made of goes only when no kept
release needs the very same thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resumectl.release.record import Need, Release
    from resumectl.settings import Retention


def needs(releases: Iterable[Release]) -> dict[str, frozenset[Need]]:
    """Everything that any of these releases was made of, by part."""
    needed: dict[str, frozenset[Need]] = {}
    for release in releases:
        for part, record in release.parts.items():
            needed[part] = needed.get(part, frozenset()) | record.needs()
    return needed


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
    """The numbers that never go: of the live release, the last verified one and the pinned one."""
    live = verified = None
    for release in newest_first:
        if live is None and release.status != "failed":
            live = release.id
        if release.status == "verified":
            verified = release.id
            break
    return frozenset(number for number in (pinned, live, verified) if number)


def candidates(numbers: Sequence[int], retention: Retention) -> list[int]:
    """Of all numbers, newest first, those beyond the last `keep`; oldest first."""
    return sorted(numbers[retention.keep :])
