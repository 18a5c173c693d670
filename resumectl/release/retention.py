"""Which releases are old enough to be pruned, and what only they still need. Pure.

A release goes when it is neither among the last `keep` nor younger than `keep_days`. Failed deploys
do not count for `keep`, and neither do rollbacks and reverts: they are the release that they serve
again. The live release, the last verified one and a pinned one never go. The record that an
environment was destroyed stays as long as an older one: no way back leads past it. What a release
was made of goes only when no kept release needs the very same thing.

What a failed deploy uploaded goes as soon as the part was applied again: until then it may be live.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resumectl.release.record import Need, Release
    from resumectl.settings import Retention

    Needs = Mapping[str, frozenset[Need]]

_COUNTED = ("verified", "unverified")


def needs(releases: Iterable[Release]) -> Needs:
    """Everything that any of these releases was made of, by part."""
    return _joined({p: r.needs() for p, r in release.parts.items()} for release in releases)


def needless(releases: Sequence[Release], old: Iterable[Release]) -> Needs:
    """What goes with the `old` ones: what no other release needs, by part.

    Args:
        releases: all of them, the newest first.
        old: those of them that go.
    """
    going = {release.id for release in old}
    kept = [release for release in releases if release.id not in going and not _failed(release)]
    failed = {release.id for release in takewhile(_failed, releases[1:])} | going
    left = [_left(release, releases) for release in releases if release.id in failed]
    needed = needs(kept)
    gone = _joined([needs(release for release in releases if release.id in going), *left])
    rest = {part: only - needed.get(part, frozenset()) for part, only in gone.items()}
    return {part: only for part, only in rest.items() if only}


def expired(
    newest_first: Sequence[Release], retention: Retention, now: datetime, pinned: int | None
) -> list[Release]:
    """Those to prune, the oldest first."""
    stay = spared(newest_first, pinned)
    last: set[int] = set()
    old = []
    for release in newest_first:
        if release.status in _COUNTED and len(last) < retention.keep:
            last.add(release.origin)
        beyond = len(last) == retention.keep and release.origin not in last
        if beyond and is_old(release, retention, now) and release.id not in stay:
            old.append(release)
    return _up_to_barriers(old[::-1], newest_first)


def is_old(release: Release, retention: Retention, now: datetime) -> bool:
    """Whether it is older than `keep_days`."""
    return datetime.fromisoformat(release.time) < now - timedelta(days=retention.keep_days)


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


def _up_to_barriers(old: list[Release], newest_first: Sequence[Release]) -> list[Release]:
    """Those of the old ones that may go: a destroyed one only if no older one stays."""
    going = {release.id for release in old}
    oldest = min((r.id for r in newest_first if r.id not in going), default=0)
    return [r for r in old if r.status != "destroyed" or r.id < oldest]


def _failed(release: Release) -> bool:
    return release.status == "failed"


def _left(release: Release, newest_first: Sequence[Release]) -> Needs:
    """What a failed deploy uploaded and what is not live any more, by part."""
    since = [r for r in newest_first if r.id > release.id and r.status in _COUNTED]
    applied = {part for later in since for part in later.changes}
    return {
        part: uploaded
        for part, uploaded in release.uploaded.items()
        if release.taken_back_to is not None or part in applied
    }


def _joined(each: Iterable[Needs]) -> Needs:
    joined: dict[str, frozenset[Need]] = {}
    for rows in each:
        for part, needed in rows.items():
            joined[part] = joined.get(part, frozenset()) | needed
    return joined
