"""What `history`, `rollback`, `unpin` and `unlock` print: releases, and the way back to one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from resumectl.report import words

if TYPE_CHECKING:
    from resumectl.report.screen import Screen

_HEAD: Final = ("#", "age", "revision", "who", "changes")


def history(screen: Screen, document: Mapping[str, Any]) -> None:
    """Two lines for each release: a row of a table, and how it ended."""
    if not document["releases"]:
        screen.line("Nothing was released yet.")
        return
    rows = [_cells(screen, release) for release in document["releases"]]
    widths = [max(map(len, column)) + 2 for column in zip(_HEAD, *rows, strict=True)]
    _row(screen, _HEAD, widths, "dim")
    for row, release in zip(rows, document["releases"], strict=True):
        _row(screen, row, widths, _colour(release))
        screen.folded(" " * widths[0], _story(release, document["pin"]))


def rollback(screen: Screen, document: Mapping[str, Any]) -> None:
    """What was, or would be, rolled back, and what was not."""
    release, target = document["release"], document["target"]
    if release:
        ending = words.ending(release)
        screen.line((f"Release #{release['id']}, a rollback to #{target}, {ending}.", "bold"))
        command = f"resumectl unpin --env {document['env']}"
        screen.line(f"The environment is pinned. To allow deploys again: {command}")
    elif document["changes"]:
        screen.line(f"A rollback to release #{target} would do this:")
        screen.changes(document["changes"])
    else:
        screen.line(f"What is live matches release #{target} already.")
    screen.failed(document["checks"])
    staying = document["not_rolled_back"]
    if staying:
        screen.line((f"Not rolled back: {words.staying(staying)}.", "dim"))
    if "infra" in staying and document["revision"]:
        was = f"The infrastructure of release #{target} is in git revision"
        screen.line((f"{was} {document['revision'][:12]}.", "dim"))
    if release:
        screen.urls(document["urls"])


def unpin(screen: Screen, document: Mapping[str, Any]) -> None:
    """Whether there was a pin."""
    if document["unpinned"]:
        release = f" from release #{document['release']}" if document["release"] else ""
        screen.line(f"Unpinned{release}: deploys are allowed again.")
    else:
        screen.line(f"Environment {document['env']} was not pinned.")


def unlock(screen: Screen, document: Mapping[str, Any]) -> None:
    """The locks that were released."""
    for lock in document["released"]:
        screen.line(f"Released {lock}.")
    if not document["released"]:
        screen.line(f"Environment {document['env']} is not locked.")


def revision(release: Mapping[str, Any]) -> str:
    """The git revision, with a plus when the worktree had local changes; empty outside of git."""
    git = release["git"]
    return f"{git['revision'][:9]}{'+' if git['dirty'] else ''}" if git else ""


def _row(screen: Screen, cells: Sequence[str], widths: Sequence[int], style: str) -> None:
    *lead, last = map(str.ljust, cells, widths)
    screen.folded(("".join(lead), style), (last.rstrip(), style))


def _cells(screen: Screen, release: Mapping[str, Any]) -> tuple[str, ...]:
    totals = {part: sum(actions.values()) for part, actions in release["changes"].items()}
    return (
        f"#{release['id']}",
        words.age(release["time"], screen.now),
        revision(release) or "-",
        release["actor"].get("name", ""),
        ", ".join(f"{part} {total}" for part, total in totals.items() if total) or "-",
    )


def _colour(release: Mapping[str, Any]) -> str:
    if release["live"]:
        return "green"
    return "red" if release["status"] == "failed" else ""


def _story(release: Mapping[str, Any], pin: int | None) -> str:
    """`live, pinned, rollback to #41, verified: what its author said`."""
    marks = ", ".join(_marks(release, pin))
    return f"{marks}: {release['message']}" if release["message"] else marks


def _marks(release: Mapping[str, Any], pin: int | None) -> Iterator[str]:
    if release["live"]:
        yield "live"
        if pin:
            yield "pinned"
    if release["kind"] == "rollback":
        yield f"rollback to #{release['rollback_of']}"
    elif release["kind"] == "revert":
        yield f"revert to #{release['revert_of']}"
    elif release["kind"] == "destroy" and release["status"] == "failed":
        yield "destroy"
    yield words.state(release)
