"""Which releases a rollback can go back to, and to which it goes without a number. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resumectl.release.record import Release


def previous(
    newest_first: Iterable[Release], parts: Collection[str], *, left_in_place: bool
) -> Release | None:
    """The last verified release before the live one that would change what visitors get.

    Passed over are releases that serve the same as the live one (only infrastructure changed) or
    as one that a rollback left since, rollbacks and reverts (they serve another release again), and
    what was before the environment was destroyed. Releases are read only as far as needed.

    Args:
        newest_first: all releases.
        parts: the names of those that can be served again.
        left_in_place: a failed deploy is live, so the live release itself is the one to go to.
    """
    live: Release | None = None
    target: int | None = None  # of the rollback that was read just before
    left: list[Release] = []
    for release in newest_first:
        if release.status == "destroyed":
            return None
        if release.status == "failed":
            target = release.rollback_of or target
            continue
        if target is not None and target < release.origin:
            left.append(release)
        target = release.rollback_of
        if live is None:
            live = release
            if left_in_place and release.status == "verified":
                return release
        elif _goes_back(release, live) and all(
            _differ(release, other, parts) for other in (live, *left)
        ):
            return release
    return None


def destroyed_since(newest_first: Iterable[Release], number: int) -> Release | None:
    """The newest destroy after a release, which took what the release was made of."""
    since = takewhile(lambda release: release.id > number, newest_first)
    return next((release for release in since if release.status == "destroyed"), None)


def _goes_back(release: Release, live: Release) -> bool:
    own = release.origin == release.id
    return own and release.status == "verified" and release.id < live.origin


def _differ(release: Release, other: Release, parts: Collection[str]) -> bool:
    """Whether it serves something else than the other one. A part that it lacks would stay."""
    served = {name: record.content() for name, record in release.parts.items() if name in parts}
    now = {name: record.content() for name, record in other.parts.items()}
    return any(now.get(name) != content for name, content in served.items())
